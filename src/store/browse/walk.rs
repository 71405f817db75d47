//! One walk along an index, in the order of travel.

use sqlx::{query_as, query_scalar};

use super::filter::contains;
use super::{Cursor, Direction, Index, KindFilter, LedgerFilter};
use crate::store::error::StoreError;
use crate::store::rows::EntryRow;
use crate::store::{Store, read};
use rulegate_ledger::ids::{SiteName, Timestamp};
use rulegate_ledger::ledger::StoredEntry;

/// Rows fetched at a time when words are looked for.
pub(super) const WORDS_CHUNK: i64 = 1_000;

/// One walk: a site, an index with its value, and exclusive bounds of seq.
pub(super) struct Walk<'a> {
    pub(super) site: &'a SiteName,
    pub(super) index: Index,
    pub(super) value: String,
    pub(super) above: i64,
    pub(super) below: i64,
}

/// What a walk brought, in the order of travel.
pub(super) struct Walked {
    pub(super) entries: Vec<StoredEntry>,
    /// The last row looked at, if there are or may be more behind it.
    pub(super) seen_to: Option<Cursor>,
}

impl Store {
    pub(super) async fn walk(
        &self,
        mut walk: Walk<'_>,
        filter: &LedgerFilter,
        direction: Direction,
        limit: u32,
        budget: i64,
    ) -> Result<Walked, StoreError> {
        let sql = self.walk_sql(walk.index, direction);
        let words = filter.words.as_ref().map(|words| words.to_lowercase());
        // One more than the page needs tells whether there is another.
        let wanted = limit as usize + 1;
        let (look_at, take) = match words {
            Some(_) => (WORDS_CHUNK, WORDS_CHUNK),
            None => (budget, wanted as i64),
        };
        let other = |index: Index| walk.index != index;
        let ruleset = filter.ruleset.as_ref().filter(|_| other(Index::RuleSet));
        let lane = filter.lane().filter(|_| other(Index::Lane));
        let actor = filter.actor.as_ref().filter(|_| other(Index::Actor));
        let version = filter.version.as_ref().filter(|_| other(Index::Version));
        let review = filter.review.as_ref().filter(|_| other(Index::Review));
        let review = review.map(|review| review.to_string());
        let kind = filter.kind.as_ref().filter(|_| other(Index::Kind));
        let (kind_from, kind_to) = kind.map(KindFilter::bounds).unzip();
        let kind_to: Option<String> = kind_to.flatten();
        let sifting = ruleset.is_some()
            || lane.is_some()
            || actor.is_some()
            || version.is_some()
            || review.is_some()
            || kind_from.is_some();

        let mut entries: Vec<StoredEntry> = Vec::new();
        let mut looked = 0;
        loop {
            let rows = read!(self, pool => query_as::<_, EntryRow>(sql.rows)
                .bind(walk.site.as_str())
                .bind(walk.value.as_str())
                .bind(walk.above)
                .bind(walk.below)
                .bind(look_at)
                .bind(ruleset.map(|name| name.as_str()))
                .bind(lane.map(|name| name.as_str()))
                .bind(actor.map(|id| id.as_str()))
                .bind(kind_from.as_deref())
                .bind(kind_to.as_deref())
                .bind(version.map(|name| name.as_str()))
                .bind(review.as_deref())
                .bind(take)
                .fetch_all(pool))?;
            let in_order = |pair: &[EntryRow]| match direction {
                Direction::Older => pair[0].seq > pair[1].seq,
                Direction::Newer => pair[0].seq < pair[1].seq,
            };
            if !rows.windows(2).all(in_order) {
                return Err(StoreError::Broken("rows came out of order".to_owned()));
            }
            // Where this look ended: at its last row if it is full, else at the last row it was allowed.
            let mut place = None;
            if rows.len() as i64 == take {
                place = rows.last().map(|row| row.seq);
            } else if sifting {
                place = read!(self, pool => query_scalar::<_, i64>(sql.place)
                    .bind(walk.site.as_str())
                    .bind(walk.value.as_str())
                    .bind(walk.above)
                    .bind(walk.below)
                    .bind(look_at - 1)
                    .fetch_optional(pool))?;
            }
            for row in rows {
                if words
                    .as_ref()
                    .is_none_or(|words| contains(&row.bytes, words))
                {
                    entries.push(row.entry()?);
                    if entries.len() == wanted {
                        let seen_to = entries.last().map(Cursor::at);
                        return Ok(Walked { entries, seen_to });
                    }
                }
            }
            looked += look_at;
            let Some(place) = place else {
                return Ok(Walked {
                    entries,
                    seen_to: None,
                });
            };
            if looked >= budget {
                let seen_to = self.cursor_at(walk.site, place).await?;
                return Ok(Walked { entries, seen_to });
            }
            match direction {
                Direction::Older => walk.below = place,
                Direction::Newer => walk.above = place,
            }
        }
    }

    async fn cursor_at(&self, site: &SiteName, place: i64) -> Result<Option<Cursor>, StoreError> {
        const SQL: &str = "SELECT at_us FROM entry WHERE site = $1 AND seq = $2";
        let at_us: Option<i64> = read!(self, pool => query_scalar(SQL)
            .bind(site.as_str())
            .bind(place)
            .fetch_optional(pool))?;
        Ok(at_us.map(|at_us| Cursor {
            at: Timestamp(at_us),
            site: site.clone(),
            seq: place as u64,
        }))
    }
}
