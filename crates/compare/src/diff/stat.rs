//! How much changed: lines added and removed, per rule and in all.

use std::ops::AddAssign;

use serde::Serialize;

use super::text_diff::TextDiff;

/// Counts of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
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

/// One rule before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleChange<'a> {
    /// The path in the new snapshot; of a removed rule, in the old.
    pub path: &'a str,
    /// The path in the old snapshot when it was another.
    pub from: Option<&'a str>,
    /// The content before; `None` of an added rule.
    pub old: Option<&'a [u8]>,
    /// The content after; `None` of a removed rule.
    pub new: Option<&'a [u8]>,
}

impl<'a> RuleChange<'a> {
    /// The two texts compared; an absent one counts as empty.
    pub fn diff(&self) -> TextDiff<'a> {
        TextDiff::new(self.old.unwrap_or_default(), self.new.unwrap_or_default())
    }
}

/// What changed in one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleStat<'a> {
    /// The rule's path.
    pub path: &'a str,
    /// Its lines.
    #[serde(flatten)]
    pub lines: Stat,
}

/// What changed in several rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatTable<'a> {
    /// One row for each change, in the order given.
    pub rules: Vec<RuleStat<'a>>,
    /// The sum of all rows.
    pub total: Stat,
}

/// Counts the lines of every change.
pub fn stat<'a>(changes: impl IntoIterator<Item = RuleChange<'a>>) -> StatTable<'a> {
    let mut total = Stat::default();
    let rules = changes
        .into_iter()
        .map(|change| {
            let lines = change.diff().stat();
            total += lines;
            RuleStat {
                path: change.path,
                lines,
            }
        })
        .collect();
    StatTable { rules, total }
}
