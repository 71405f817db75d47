//! What hotfixes have to do with the lines of a comparison: told in the same words by every diff.

use std::collections::BTreeSet;

use serde::Serialize;

use super::text_diff::{Kind, TextDiff};

/// What a hotfix has to do with one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HotfixMark {
    /// The new text has it because the hotfix wrote it.
    Wrote,
    /// The hotfix took it out: it stands in the old text only.
    Replaced,
    /// The hotfix wrote it, and both texts have it.
    Contained,
    /// The hotfix wrote it, and the new text lacks it.
    Lost,
    /// The hotfix wrote it, the new text has something else, and by the verdict nothing is lost: a version number.
    Changed,
}

impl HotfixMark {
    /// The mark of a line that is highlighted; `is_replaced` if the new text's hotfix took the old line out. None
    /// for a line that both texts have though a hotfix once took it out. `is_not_lost` as [`not_lost`] has it.
    ///
    /// [`not_lost`]: crate::at_stake::not_lost
    pub fn of(kind: Kind, is_replaced: bool, is_not_lost: bool) -> Option<HotfixMark> {
        match (kind, is_replaced) {
            (Kind::Equal, true) => None,
            (Kind::Equal, false) => Some(HotfixMark::Contained),
            (Kind::Added, _) => Some(HotfixMark::Wrote),
            (Kind::Removed, true) => Some(HotfixMark::Replaced),
            (Kind::Removed, false) if is_not_lost => Some(HotfixMark::Changed),
            (Kind::Removed, false) => Some(HotfixMark::Lost),
        }
    }
}

/// The lines of `after` that differ from `before`, and the lines of `before` that they replaced: what a
/// hotfix wrote and took out. Numbered from 1.
pub fn written(before: &[u8], after: &[u8]) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let diff = TextDiff::new(before, after);
    let mut lines = (BTreeSet::new(), BTreeSet::new());
    for change in diff.changes() {
        lines.0.extend(change.new.clone().map(|index| index + 1));
        lines.1.extend(change.old.clone().map(|index| index + 1));
    }
    lines
}

/// Numbers as stretches, first and last, in order: what an answer says instead of every number.
pub fn stretches(lines: &BTreeSet<u32>) -> Vec<(u32, u32)> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for &line in lines {
        match found.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => found.push((line, line)),
        }
    }
    found
}
