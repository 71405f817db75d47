//! A three-way merge of one text by lines: what the hotfix did to the baseline, done to planned.
//!
//! Built on the bounded comparison of [`crate::diff`], so that no pair of texts can make it slow. Changes of both
//! sides that touch or overlap are a conflict unless they are the same, as with git: lines side by side often
//! belong together.

use std::ops::Range;

use crate::diff::{Change, TextDiff};

/// A place where both sides changed the same lines in different ways. Lines counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Lines of the baseline.
    pub base: Range<u32>,
    /// Lines of the hotfix.
    pub hotfix: Range<u32>,
    /// Lines of planned, which the result keeps.
    pub planned: Range<u32>,
}

/// Planned with the hotfix's changes, as far as they do not meet planned's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The result; at conflicts it holds planned's lines.
    pub bytes: Vec<u8>,
    /// Places where a change of the hotfix was put into planned.
    pub taken: usize,
    /// Places left as planned has them, from the top.
    pub conflicts: Vec<Conflict>,
}

/// Merges what led from `base` to `hotfix` into `planned`.
pub fn merge(base: &[u8], hotfix: &[u8], planned: &[u8]) -> Merged {
    let (ours, theirs) = (TextDiff::new(base, hotfix), TextDiff::new(base, planned));
    let (mut hot, mut plan) = (Walk::new(ours.changes()), Walk::new(theirs.changes()));
    let mut merged = Merged {
        bytes: Vec::with_capacity(planned.len() + hotfix.len().saturating_sub(base.len())),
        taken: 0,
        conflicts: Vec::new(),
    };
    let base_text = ours.old_text();
    let mut at = 0;
    while let Some(start) = [hot.start(), plan.start()].into_iter().flatten().min() {
        let mut end = start;
        // Grow until the next change of either side starts beyond a line that neither touched.
        while hot.take(&mut end) || plan.take(&mut end) {}
        merged.bytes.extend_from_slice(base_text.span(at..start));
        let (hot_side, plan_side) = (hot.close(start, end), plan.close(start, end));
        let hot_lines = hot_side.as_ref().map(|s| ours.new_text().span(s.clone()));
        let plan_lines = plan_side
            .as_ref()
            .map(|s| theirs.new_text().span(s.clone()));
        match (hot_lines, plan_lines) {
            (Some(hot_lines), None) => {
                merged.bytes.extend_from_slice(hot_lines);
                merged.taken += 1;
            }
            (None, Some(plan_lines)) => merged.bytes.extend_from_slice(plan_lines),
            (Some(hot_lines), Some(plan_lines)) => {
                merged.bytes.extend_from_slice(plan_lines);
                if hot_lines != plan_lines {
                    merged.conflicts.push(Conflict {
                        base: start..end,
                        hotfix: hot_side.unwrap_or_default(),
                        planned: plan_side.unwrap_or_default(),
                    });
                }
            }
            (None, None) => {}
        }
        at = end;
    }
    merged
        .bytes
        .extend_from_slice(base_text.span(at..base_text.len()));
    merged
}

/// The changes of one side, from the top.
struct Walk<'c> {
    rest: &'c [Change],
    /// First and last of the changes taken since the last [`Walk::close`].
    open: Option<(&'c Change, &'c Change)>,
}

impl<'c> Walk<'c> {
    fn new(rest: &'c [Change]) -> Walk<'c> {
        Walk { rest, open: None }
    }

    /// Base line at which the next change starts.
    fn start(&self) -> Option<u32> {
        self.rest.first().map(|change| change.old.start)
    }

    /// Takes the next change if it starts at `end` or before, and moves `end` behind it.
    fn take(&mut self, end: &mut u32) -> bool {
        let Some((change, rest)) = self.rest.split_first() else {
            return false;
        };
        if change.old.start > *end {
            return false;
        }
        *end = (*end).max(change.old.end);
        self.open = Some((self.open.map_or(change, |(first, _)| first), change));
        self.rest = rest;
        true
    }

    /// This side's lines for the base lines `start..end`; none if it left them alone.
    fn close(&mut self, start: u32, end: u32) -> Option<Range<u32>> {
        let (first, last) = self.open.take()?;
        let from = first.new.start - (first.old.start - start);
        Some(from..last.new.end + (end - last.old.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, hotfix: &str, planned: &str, expected: &str, conflicts: usize) {
        let merged = merge(base.as_bytes(), hotfix.as_bytes(), planned.as_bytes());
        assert_eq!(String::from_utf8(merged.bytes).unwrap(), expected);
        assert_eq!(merged.conflicts.len(), conflicts);
    }

    #[test]
    fn changes_apart_from_each_other_are_both_taken() {
        check("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n", 0);
        check("a\nb\nc\n", "a\nb\n", "0\na\nb\nc\n", "0\na\nb\n", 0);
        check("a\nb\nc\n", "a\nb\nc\nd", "A\nb\nc\n", "A\nb\nc\nd", 0);
        check(
            "a\r\nb\r\nc\r\n",
            "a\r\nb\r\nC\r\n",
            "A\r\nb\r\nc\r\n",
            "A\r\nb\r\nC\r\n",
            0,
        );
    }

    #[test]
    fn the_same_change_on_both_sides_is_none() {
        check("a\nb\n", "a\nB\n", "a\nB\n", "a\nB\n", 0);
        check("a\nb\n", "a\nB\n", "a\nb\n", "a\nB\n", 0);
        check("", "x\n", "", "x\n", 0);
    }

    #[test]
    fn changes_that_touch_are_a_conflict_and_planned_stays() {
        check("a\nb\n", "a\nX\n", "a\nY\n", "a\nY\n", 1);
        check("a\nb\nc\n", "A\nb\nc\n", "a\nB\nc\n", "a\nB\nc\n", 1);
        check("a\n", "a\nx\n", "a\ny\n", "a\ny\n", 1);
        // One clean place beside a conflict.
        check(
            "a\nb\nc\nd\n",
            "A\nb\nc\nX\n",
            "a\nb\nc\nY\n",
            "A\nb\nc\nY\n",
            1,
        );
        let merged = merge(b"a\nb\n", b"a\nX\n", b"0\na\nY\n");
        let conflict = Conflict {
            base: 1..2,
            hotfix: 1..2,
            planned: 2..3,
        };
        assert_eq!((merged.taken, merged.conflicts), (0, vec![conflict]));
    }
}
