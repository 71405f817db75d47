//! A three-way merge of one text by lines: what the hotfix did to the baseline, done to planned.
//!
//! ```text
//! base          | hotfix        | planned
//! deny 10.0.0.1 | deny 10.0.0.1 | deny 10.0.0.1
//! limit 10      | limit 20      | limit 10         merged: limit 20
//! log off       | log off       | log off
//! ttl 60        | ttl 30        | ttl 90           a conflict: ttl 90 stays, and is told
//! ```
//!
//! Built on the bounded comparison of [`crate::diff`], so that no pair of texts can make it slow. Changes of both
//! sides that touch or overlap are a conflict unless they are the same, as with git: lines side by side often
//! belong together.

use std::ops::Range;

use crate::ThreeWay;
use crate::diff::{Change, TextDiff};

/// A place where both sides changed the same lines in different ways. Lines counted from 0; those of planned are the
/// ones that the result keeps.
pub type Conflict = ThreeWay<Range<u32>>;

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

/// Merges what led from base to hotfix into planned.
pub fn merge(texts: ThreeWay<&[u8]>) -> Merged {
    let ThreeWay {
        base,
        hotfix,
        planned,
    } = texts;
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
        let hot_lines = |lines: &Range<u32>| ours.new_text().span(lines.clone());
        let plan_lines = |lines: &Range<u32>| theirs.new_text().span(lines.clone());
        match (hot_side, plan_side) {
            (Some(hotfix), None) => {
                merged.bytes.extend_from_slice(hot_lines(&hotfix));
                merged.taken += 1;
            }
            (None, Some(planned)) => merged.bytes.extend_from_slice(plan_lines(&planned)),
            (Some(hotfix), Some(planned)) => {
                merged.bytes.extend_from_slice(plan_lines(&planned));
                if hot_lines(&hotfix) != plan_lines(&planned) {
                    merged.conflicts.push(Conflict {
                        base: start..end,
                        hotfix,
                        planned,
                    });
                }
            }
            (None, None) => {}
        }
        at = end;
    }
    let rest = base_text.span(at..base_text.len());
    merged.bytes.extend_from_slice(rest);
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
