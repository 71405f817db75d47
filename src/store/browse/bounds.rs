//! Times and cursors as bounds of one site's numbers.

use std::cmp::Ordering;

use sqlx::query_scalar;

use super::{Cursor, Direction, LedgerFilter};
use crate::store::error::StoreError;
use crate::store::{Store, read};
use rulegate_ledger::ids::{SiteName, Timestamp};

/// A filter's times and a cursor, as exclusive bounds of one site's numbers and as times that still have to
/// become such bounds.
pub struct Bounds {
    /// Only larger numbers.
    pub above: u64,
    /// Only smaller numbers.
    pub below: u64,
    /// From this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
}

impl Bounds {
    /// The bounds of `site`'s entries.
    pub fn of(
        filter: &LedgerFilter,
        cursor: Option<&Cursor>,
        site: &SiteName,
        direction: Direction,
    ) -> Bounds {
        let (mut from, mut until) = (filter.from, filter.until);
        let (mut above, mut below) = (0, u64::MAX);
        if let Some(cursor) = cursor {
            // At the cursor's instant sites stand in order of their names.
            let next = Timestamp(cursor.at.0.saturating_add(1));
            match (direction, site.cmp(&cursor.site)) {
                (Direction::Older, Ordering::Equal) => below = cursor.seq,
                (Direction::Newer, Ordering::Equal) => above = cursor.seq,
                (Direction::Older, Ordering::Less) => until = earliest(until, next),
                (Direction::Older, Ordering::Greater) => until = earliest(until, cursor.at),
                (Direction::Newer, Ordering::Less) => from = latest(from, next),
                (Direction::Newer, Ordering::Greater) => from = latest(from, cursor.at),
            }
        }
        Bounds {
            above,
            below,
            from,
            until,
        }
    }
}

impl Store {
    /// The filter's times and the cursor as exclusive bounds of this site's numbers.
    pub(super) async fn bounds(
        &self,
        site: &SiteName,
        filter: &LedgerFilter,
        cursor: Option<&Cursor>,
        direction: Direction,
    ) -> Result<(i64, i64), StoreError> {
        let Bounds {
            above,
            below,
            from,
            until,
        } = Bounds::of(filter, cursor, site, direction);
        let (mut above, mut below) = (
            crate::store::ledger::seq(above),
            crate::store::ledger::seq(below),
        );
        if let Some(from) = from {
            above = above.max(self.first_at(site, from).await? - 1);
        }
        if let Some(until) = until {
            below = below.min(self.first_at(site, until).await?);
        }
        Ok((above, below))
    }

    /// The number of the first entry at or after an instant, or one beyond the last.
    async fn first_at(&self, site: &SiteName, at: Timestamp) -> Result<i64, StoreError> {
        // Bisection between `low` (before the instant) and `high` (not before): 20 steps in a million.
        // SQLite allows no subquery around the recursion, so the entry in the middle is asked for twice.
        const SQL: &str = "WITH RECURSIVE search (low, high) AS (\
             SELECT CAST(0 AS BIGINT), \
                    COALESCE((SELECT seq FROM entry WHERE site = $1 ORDER BY seq DESC LIMIT 1), 0) + 1 \
             UNION ALL \
             SELECT CASE WHEN (SELECT at_us FROM entry WHERE site = $1 AND seq = (low + high) / 2) < $2 \
                         THEN (low + high) / 2 ELSE low END, \
                    CASE WHEN (SELECT at_us FROM entry WHERE site = $1 AND seq = (low + high) / 2) < $2 \
                         THEN high ELSE (low + high) / 2 END \
             FROM search WHERE high - low > 1) \
             SELECT high FROM search WHERE high - low = 1";
        let first: Option<i64> = read!(self, pool => query_scalar(SQL)
            .bind(site.as_str())
            .bind(at.0)
            .fetch_optional(pool))?;
        Ok(first.unwrap_or(1))
    }
}

fn earliest(bound: Option<Timestamp>, other: Timestamp) -> Option<Timestamp> {
    Some(bound.map_or(other, |bound| bound.min(other)))
}

fn latest(bound: Option<Timestamp>, other: Timestamp) -> Option<Timestamp> {
    Some(bound.map_or(other, |bound| bound.max(other)))
}
