//! The ledger in blocks of entries, read and parsed once: pages without a filter by content are made from
//! these, at whatever place, with the database asked only for blocks that nobody looked at lately.

use std::sync::Arc;

use super::snapshot::BLOCK_ENTRIES;
use super::{App, AppError, Snapshot};
use crate::store::{Cursor, Direction, LedgerFilter, LedgerPage, Listing};
use rulegate_ledger::ids::{SiteName, Timestamp};
use rulegate_ledger::ledger::{Entry, StoredEntry};

/// Blocks kept: some 16,000 entries.
const BLOCKS_MAX: usize = 256;

/// An entry as it is stored, and as it reads.
#[derive(Debug)]
pub struct Listed {
    /// Its bytes, and what it is searched by.
    pub stored: StoredEntry,
    /// What its bytes say, or why they cannot be read.
    pub entry: Result<Entry, String>,
}

impl Listed {
    /// Reads a stored entry.
    pub fn of(stored: StoredEntry) -> Listed {
        let entry = Entry::read(&stored.bytes).map_err(|why| why.to_string());
        Listed { stored, entry }
    }
}

impl Listing for Arc<Listed> {
    fn stored(&self) -> &StoredEntry {
        &self.stored
    }
}

/// The entries of one block that were there when it was read, in order.
type Block = Arc<[Arc<Listed>]>;

pub(super) struct Cache(quick_cache::sync::Cache<(SiteName, u64), Block>);

impl Default for Cache {
    fn default() -> Self {
        Cache(quick_cache::sync::Cache::new(BLOCKS_MAX))
    }
}

impl Cache {
    /// Forgets every block.
    pub fn clear(&self) {
        self.0.clear();
    }
}

/// Whether a page of these entries needs no index: all of a site's or of all sites', perhaps of some days.
fn is_plain(filter: &LedgerFilter) -> bool {
    let plain = LedgerFilter {
        site: filter.site.clone(),
        from: filter.from,
        until: filter.until,
        ..LedgerFilter::default()
    };
    *filter == plain
}

/// Goes through one site's ledger, entry by entry.
struct Walk {
    site: SiteName,
    /// The next number to look at.
    next: u64,
    /// Exclusive bounds.
    above: u64,
    below: u64,
    block: Option<(u64, Block)>,
}

impl App {
    /// A page of the ledger; see [`crate::store::Store::browse`]. Everything that the current snapshot holds is
    /// in it, nothing younger.
    pub async fn browse(
        &self,
        filter: &LedgerFilter,
        cursor: Option<Cursor>,
        direction: Direction,
        limit: u32,
    ) -> Result<LedgerPage<Arc<Listed>>, AppError> {
        if is_plain(filter) {
            return self
                .browse_blocks(filter, cursor.as_ref(), direction, limit)
                .await;
        }
        let page = self.store.browse(filter, cursor, direction, limit).await?;
        Ok(page.map(|stored| Arc::new(Listed::of(stored))))
    }

    async fn browse_blocks(
        &self,
        filter: &LedgerFilter,
        cursor: Option<&Cursor>,
        direction: Direction,
        limit: u32,
    ) -> Result<LedgerPage<Arc<Listed>>, AppError> {
        let snapshot = self.snapshot();
        let mut walks = Vec::new();
        for site in snapshot.state.ledgers.keys() {
            if filter.site.as_ref().is_some_and(|wanted| wanted != site) {
                continue;
            }
            let walk = self.walk(&snapshot, site, filter, cursor, direction);
            walks.push(walk.await?);
        }
        // One more than the page needs tells whether there is another.
        let wanted = limit as usize + 1;
        let mut found: Vec<Arc<Listed>> = Vec::with_capacity(wanted);
        let mut heads = Vec::with_capacity(walks.len());
        for walk in &mut walks {
            heads.push(self.step(&snapshot, walk, direction).await?);
        }
        while found.len() < wanted {
            let first = heads
                .iter()
                .enumerate()
                .filter_map(|(index, head)| Some((index, head.as_ref()?)))
                .max_by(|(_, a), (_, b)| {
                    let order = place(&a.stored).cmp(&place(&b.stored));
                    match direction {
                        Direction::Older => order,
                        Direction::Newer => order.reverse(),
                    }
                });
            let Some((index, _)) = first else {
                break;
            };
            let next = self.step(&snapshot, &mut walks[index], direction).await?;
            found.extend(std::mem::replace(&mut heads[index], next));
        }
        Ok(LedgerPage::of(found, None, cursor, direction, limit))
    }

    /// Where to begin at one site, and how far to go.
    async fn walk(
        &self,
        snapshot: &Snapshot,
        site: &SiteName,
        filter: &LedgerFilter,
        cursor: Option<&Cursor>,
        direction: Direction,
    ) -> Result<Walk, AppError> {
        let head = snapshot.state.head(site).seq;
        let bounds = crate::store::Bounds::of(filter, cursor, site, direction);
        let (mut above, mut below) = (bounds.above, bounds.below.min(head + 1));
        if let Some(from) = bounds.from {
            above = above.max(self.first_at(snapshot, site, from).await? - 1);
        }
        if let Some(until) = bounds.until {
            below = below.min(self.first_at(snapshot, site, until).await?);
        }
        let next = match direction {
            Direction::Older => below.saturating_sub(1),
            Direction::Newer => above + 1,
        };
        Ok(Walk {
            site: site.clone(),
            next,
            above,
            below,
            block: None,
        })
    }

    /// The next entry of a walk; `None` at its end.
    async fn step(
        &self,
        snapshot: &Snapshot,
        walk: &mut Walk,
        direction: Direction,
    ) -> Result<Option<Arc<Listed>>, AppError> {
        let seq = walk.next;
        if seq <= walk.above || seq >= walk.below {
            return Ok(None);
        }
        let number = (seq - 1) / BLOCK_ENTRIES;
        let block = match &walk.block {
            Some((at, block)) if *at == number => block,
            _ => {
                let block = self.block(snapshot, &walk.site, number).await?;
                &walk.block.insert((number, block)).1
            }
        };
        let found = block.get(((seq - 1) % BLOCK_ENTRIES) as usize).cloned();
        walk.next = match direction {
            Direction::Older => seq - 1,
            Direction::Newer => seq + 1,
        };
        let missing = || AppError::broken(format!("{}#{seq} is not in the database", walk.site));
        found.ok_or_else(missing).map(Some)
    }

    /// The number of the first entry at or after an instant, or one beyond the last.
    async fn first_at(
        &self,
        snapshot: &Snapshot,
        site: &SiteName,
        at: Timestamp,
    ) -> Result<u64, AppError> {
        let number = snapshot.blocks_before(site, at);
        let Some(before) = number.checked_sub(1) else {
            return Ok(1);
        };
        let block = self.block(snapshot, site, before).await?;
        let earlier = block.partition_point(|listed| listed.stored.at < at);
        Ok(before * BLOCK_ENTRIES + earlier as u64 + 1)
    }

    /// A block with at least the entries that the snapshot holds.
    async fn block(
        &self,
        snapshot: &Snapshot,
        site: &SiteName,
        number: u64,
    ) -> Result<Block, AppError> {
        let first = number * BLOCK_ENTRIES + 1;
        let last = (first + BLOCK_ENTRIES - 1).min(snapshot.state.head(site).seq);
        let needed = (last + 1).saturating_sub(first) as usize;
        let key = (site.clone(), number);
        let kept = self.blocks.0.get(&key);
        if let Some(block) = kept.as_ref().filter(|block| block.len() >= needed) {
            return Ok(block.clone());
        }
        // Entries never change: only those that came since are read.
        let mut entries = kept.map_or(Vec::new(), |block| block.to_vec());
        let after = first - 1 + entries.len() as u64;
        let limit = BLOCK_ENTRIES as u32 - entries.len() as u32;
        let fresh = self.store.entries_after(site, after, limit).await?;
        entries.extend(fresh.into_iter().map(|stored| Arc::new(Listed::of(stored))));
        let block: Block = entries.into();
        self.blocks.0.insert(key, block.clone());
        Ok(block)
    }
}

/// The order of pages: by time, at one instant by the sites' names, at one site by number.
fn place(stored: &StoredEntry) -> impl Ord + '_ {
    (stored.at, &stored.site, stored.seq)
}
