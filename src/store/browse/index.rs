//! Which index a walk follows, and by which values.

use sqlx::query_scalar;

use super::{Direction, KindFilter, LedgerFilter};
use crate::store::error::StoreError;
use crate::store::{Backend, Store, read};
use rulegate_ledger::ids::SiteName;

/// With two filters, how many hits back each index is sounded to find the rarer one.
const SOUNDING: i64 = 256;

/// The index that a walk follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    Site,
    Review,
    Version,
    Actor,
    Kind,
    RuleSet,
    Lane,
}

impl Store {
    /// The last entry that the index knows; without bound where the database keeps indexes itself.
    pub(super) async fn indexed_to(&self, site: &SiteName) -> Result<i64, StoreError> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => {
                let read = crate::store::sqlite::indexed_to(&sqlite.readers, site.as_str());
                Ok(crate::store::error::bounded(read).await?)
            }
            _ => Ok(i64::MAX),
        }
    }

    /// The index to walk: that of the only filter, or of the one whose hits lie furthest apart here.
    pub(super) async fn rarest(
        &self,
        site: &SiteName,
        filter: &LedgerFilter,
        above: i64,
        below: i64,
        direction: Direction,
    ) -> Result<Index, StoreError> {
        let candidates: Vec<(Index, String)> = [
            Index::Review,
            Index::Version,
            Index::Actor,
            Index::Kind,
            Index::RuleSet,
            Index::Lane,
        ]
        .into_iter()
        .filter_map(|index| Some((index, exact_value(filter, index)?)))
        .collect();
        match candidates.as_slice() {
            [] if filter.kind.is_some() => return Ok(Index::Kind),
            [] => return Ok(Index::Site),
            [(only, _)] => return Ok(*only),
            _ => {}
        }
        let mut best: Option<(i64, Index)> = None;
        for (index, value) in candidates {
            let sql = self.walk_sql(index, direction).place;
            let place: Option<i64> = read!(self, pool => query_scalar(sql)
                .bind(site.as_str())
                .bind(value.as_str())
                .bind(above)
                .bind(below)
                .bind(SOUNDING)
                .fetch_optional(pool))?;
            let Some(place) = place else {
                return Ok(index);
            };
            let reach = match direction {
                Direction::Older => -place,
                Direction::Newer => place,
            };
            if best.is_none_or(|(furthest, _)| reach > furthest) {
                best = Some((reach, index));
            }
        }
        Ok(best.map_or(Index::Site, |(_, index)| index))
    }

    /// The values to walk on an index: one, or every kind of a family that the site's ledger holds.
    pub(super) async fn values(
        &self,
        site: &SiteName,
        filter: &LedgerFilter,
        index: Index,
    ) -> Result<Vec<String>, StoreError> {
        // One step along the index a kind.
        const POSTGRES: &str = "WITH RECURSIVE hop (kind) AS (\
             SELECT (SELECT kind FROM entry WHERE site = $1 AND kind >= $2 ORDER BY kind LIMIT 1) \
             UNION ALL SELECT (SELECT e.kind FROM entry e WHERE e.site = $1 AND e.kind > hop.kind \
                               ORDER BY e.kind LIMIT 1) \
             FROM hop WHERE hop.kind < $3) \
             SELECT kind FROM hop WHERE kind < $3";
        const SQLITE: &str = "WITH RECURSIVE hop (kind) AS (\
             SELECT (SELECT MIN(value) FROM entry_index WHERE site = $1 AND facet = 4 AND value >= $2) \
             UNION ALL SELECT (SELECT MIN(value) FROM entry_index \
                               WHERE site = $1 AND facet = 4 AND value > hop.kind) \
             FROM hop WHERE hop.kind < $3) \
             SELECT kind FROM hop WHERE kind < $3";
        match &filter.kind {
            Some(family @ KindFilter::Prefix(_)) if index == Index::Kind => {
                let (from, to) = family.bounds();
                let sql = if self.kind() == "sqlite" {
                    SQLITE
                } else {
                    POSTGRES
                };
                read!(self, pool => query_scalar(sql)
                    .bind(site.as_str())
                    .bind(from.as_str())
                    .bind(to.as_deref())
                    .fetch_all(pool))
            }
            _ => Ok(vec![exact_value(filter, index).unwrap_or_default()]),
        }
    }
}

/// The value an index is asked for, if the filter names exactly one.
fn exact_value(filter: &LedgerFilter, index: Index) -> Option<String> {
    match index {
        Index::Site => None,
        Index::Review => filter.review.as_ref().map(|review| review.to_string()),
        Index::Version => filter.version.as_ref().map(|name| name.to_string()),
        Index::Actor => filter.actor.as_ref().map(|id| id.to_string()),
        Index::Kind => match &filter.kind {
            Some(KindFilter::Exact(kind)) => Some(kind.clone()),
            _ => None,
        },
        Index::RuleSet => filter.ruleset.as_ref().map(|name| name.to_string()),
        Index::Lane => filter.lane().map(|name| name.to_string()),
    }
}
