//! Pages of the ledger, and the places between entries where they begin.

use std::fmt;
use std::str::FromStr;

use crate::store::error::StoreError;
use rulegate_ledger::ids::{SiteName, Timestamp};
use rulegate_ledger::ledger::StoredEntry;

/// Rows that one call looks at in vain before it stops and says where to go on.
pub const SCAN_MAX: u32 = 20_000;

/// A place between entries in the order of pages, written `1763720430123456.57.ipc2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    pub(super) at: Timestamp,
    pub(super) site: SiteName,
    pub(super) seq: u64,
}

impl Cursor {
    /// The place of an entry.
    pub fn at(entry: &StoredEntry) -> Cursor {
        Cursor {
            at: entry.at,
            site: entry.site.clone(),
            seq: entry.seq,
        }
    }

    /// Whether `other` comes after this place when going in `direction`.
    pub(in crate::store) fn is_before(&self, other: &Cursor, direction: Direction) -> bool {
        match direction {
            Direction::Older => other < self,
            Direction::Newer => other > self,
        }
    }

    /// A place such that going the other way begins with the entry at this one.
    fn including(&self, direction: Direction) -> Cursor {
        Cursor {
            seq: match direction {
                Direction::Older => self.seq + 1,
                Direction::Newer => self.seq.saturating_sub(1),
            },
            ..self.clone()
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at.0, self.seq, self.site)
    }
}
impl FromStr for Cursor {
    type Err = StoreError;
    fn from_str(text: &str) -> Result<Cursor, StoreError> {
        let parse = || {
            let mut parts = text.splitn(3, '.');
            Some(Cursor {
                at: Timestamp(parts.next()?.parse().ok()?),
                seq: parts.next()?.parse().ok()?,
                site: parts.next()?.parse().ok()?,
            })
        };
        parse().ok_or_else(|| StoreError::Broken(format!("{text:?} is no place in the ledger")))
    }
}

/// Which way to turn the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards the past: from the newest entry, or from the cursor.
    Older,
    /// Towards the present: from the oldest entry, or from the cursor.
    Newer,
}

/// What stands for a stored entry in a page.
pub trait Listing {
    /// The entry as it is stored.
    fn stored(&self) -> &StoredEntry;
}

impl Listing for StoredEntry {
    fn stored(&self) -> &StoredEntry {
        self
    }
}

/// A page of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerPage<E = StoredEntry> {
    /// Newest first, whichever way the page was reached.
    pub entries: Vec<E>,
    /// Where the next page towards the past begins; `None` if this one reaches the oldest match.
    pub older: Option<Cursor>,
    /// Where the next page towards the present begins; `None` if this one reaches the newest match.
    pub newer: Option<Cursor>,
    /// The search stopped after [`SCAN_MAX`] rows before the page was full: go on at `older` (or `newer`).
    pub stopped_early: bool,
}

impl<E> Default for LedgerPage<E> {
    fn default() -> LedgerPage<E> {
        LedgerPage {
            entries: Vec::new(),
            older: None,
            newer: None,
            stopped_early: false,
        }
    }
}

impl<E: Listing> LedgerPage<E> {
    /// Makes a page of entries that stand in the order of travel, `found` being all of them up to `horizon`.
    pub fn of(
        mut found: Vec<E>,
        horizon: Option<Cursor>,
        cursor: Option<&Cursor>,
        direction: Direction,
        limit: u32,
    ) -> LedgerPage<E> {
        let place = |entry: &E| Cursor::at(entry.stored());
        if let Some(horizon) = &horizon {
            found.retain(|entry| !horizon.is_before(&place(entry), direction));
        }
        let limit = limit as usize;
        let full = found.len() > limit;
        found.truncate(limit);
        let onward = match found.last() {
            Some(last) if full => Some(place(last)),
            _ if full => cursor.cloned(),
            _ => horizon.clone(),
        };
        let back = match (found.first(), cursor) {
            (_, None) => None,
            (Some(first), _) => Some(place(first)),
            (None, Some(cursor)) => Some(cursor.including(match direction {
                Direction::Older => Direction::Newer,
                Direction::Newer => Direction::Older,
            })),
        };
        let stopped_early = !full && horizon.is_some();
        if direction == Direction::Newer {
            found.reverse();
        }
        let (older, newer) = match direction {
            Direction::Older => (onward, back),
            Direction::Newer => (back, onward),
        };
        LedgerPage {
            entries: found,
            older,
            newer,
            stopped_early,
        }
    }

    /// The same page of something else that stands for its entries.
    pub fn map<F>(self, each: impl FnMut(E) -> F) -> LedgerPage<F> {
        LedgerPage {
            entries: self.entries.into_iter().map(each).collect(),
            older: self.older,
            newer: self.newer,
            stopped_early: self.stopped_early,
        }
    }
}
