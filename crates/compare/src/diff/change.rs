//! Lines that came in the place of others, and how many: what aligning two texts gives.

use std::ops::{AddAssign, Range};

/// Lines of the old text replaced by lines of the new; at most one side is empty. Counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Removed lines.
    pub old: Range<u32>,
    /// Added lines.
    pub new: Range<u32>,
}

impl Change {
    /// Removed and added lines together, never 0 of a change between two texts.
    pub(super) fn lines(&self) -> usize {
        self.old.len() + self.new.len()
    }
}

/// Counts of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stat {
    /// Lines that only the new text has.
    pub added: usize,
    /// Lines that only the old text has.
    pub removed: usize,
}

impl Stat {
    /// Added and removed lines together: what a limit on the size of a hotfix counts.
    pub fn changed(self) -> usize {
        self.added + self.removed
    }
}

impl AddAssign for Stat {
    fn add_assign(&mut self, other: Stat) {
        self.added += other.added;
        self.removed += other.removed;
    }
}
