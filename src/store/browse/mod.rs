//! The ledger page by page: newest first by time, site and number, across all sites.
//!
//! Within a site time never runs back, so its order is that of its numbers. A page is merged from a few
//! *walks*: one a site (and kind, for a family of kinds), each along one index that ends in `seq`. A
//! second filter is checked on the walk of the rarer one. Times become numbers by bisection.

mod bounds;
mod filter;
mod index;
mod page;
mod walk;
mod walk_sql;

use std::cmp::Ordering;

use super::error::StoreError;
use super::{Backend, Store};
use rulegate_ledger::ledger::StoredEntry;

pub use bounds::Bounds;
pub use filter::{KindFilter, LedgerFilter};
use index::Index;
pub use page::{Cursor, Direction, LedgerPage, Listing, SCAN_MAX};
use walk::{WORDS_CHUNK, Walk};

impl Store {
    /// A page of at most `limit` entries that match, beginning beyond `cursor` in `direction` (without a
    /// cursor at the newest, or oldest, entry). Costs the same on every page; never counts.
    ///
    /// Looks in vain at no more than [`SCAN_MAX`] rows: then the page is short (even empty),
    /// `stopped_early` is set, and going on at its cursor continues the search.
    pub async fn browse(
        &self,
        filter: &LedgerFilter,
        cursor: Option<Cursor>,
        direction: Direction,
        limit: u32,
    ) -> Result<LedgerPage, StoreError> {
        self.check_away()?;
        let cursor = cursor.as_ref();
        if let Backend::Memory(memory) = &*self.backend {
            return Ok(memory.browse(filter, cursor, direction, limit));
        }
        let sites = match filter.only_site() {
            Err(()) => Vec::new(),
            Ok(Some(site)) => vec![site.clone()],
            Ok(None) => self.sites().await?,
        };
        let mut walks = Vec::new();
        for site in &sites {
            let (above, below) = self.bounds(site, filter, cursor, direction).await?;
            // The youngest entries may not be in the index yet: they are looked at one by one.
            let indexed_to = self.indexed_to(site).await?;
            let indexed = below.min(indexed_to.saturating_add(1));
            let index = self.rarest(site, filter, above, indexed, direction).await?;
            let mut add = |index, value, above, below| {
                walks.push(Walk {
                    site,
                    index,
                    value,
                    above,
                    below,
                });
            };
            if index == Index::Site {
                add(index, String::new(), above, below);
                continue;
            }
            for value in self.values(site, filter, index).await? {
                add(index, value, above, indexed);
            }
            if indexed < below {
                add(Index::Site, String::new(), above.max(indexed_to), below);
            }
        }
        let budget = (i64::from(SCAN_MAX) / walks.len().max(1) as i64).max(WORDS_CHUNK);
        let mut found = Vec::new();
        let mut horizon: Option<Cursor> = None;
        for walk in walks {
            let walked = self.walk(walk, filter, direction, limit, budget).await?;
            found.extend(walked.entries);
            if let Some(seen_to) = walked.seen_to {
                horizon = Some(match horizon {
                    Some(nearer) if nearer.is_before(&seen_to, direction) => nearer,
                    _ => seen_to,
                });
            }
        }
        found.sort_by(|a, b| {
            let key = |entry: &StoredEntry| (entry.at, entry.seq);
            let order = (a.at, &a.site, a.seq).cmp(&(b.at, &b.site, b.seq));
            debug_assert!(order != Ordering::Equal || key(a) == key(b));
            match direction {
                Direction::Older => order.reverse(),
                Direction::Newer => order,
            }
        });
        Ok(LedgerPage::of(found, horizon, cursor, direction, limit))
    }
}
