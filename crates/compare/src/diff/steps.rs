//! Which lines of a comparison a page shows, in which order, and what it hides.

use super::change::Change;
use super::page::{Count, Options};
use super::pairing::Pairing;
use super::text_diff::TextDiff;

/// How changed lines are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    Unified,
    SideBySide,
}

/// One row to be; lines counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Equal {
        old: u32,
        new: u32,
    },
    /// A removed line, an added line, or (side by side) one of each. `pair` is the other side's line to
    /// mark words against; side by side it only says that the two are a pair.
    Changed {
        old: Option<u32>,
        new: Option<u32>,
        pair: Option<u32>,
    },
    Gap(Hidden),
}

/// Equal lines that are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hidden {
    pub old: u32,
    pub new: u32,
    pub lines: u32,
    /// The line of the new text after which the gap is named.
    pub unit_at: u32,
}

/// The rows to be and the lines outside them.
#[derive(Default)]
pub(super) struct Plan {
    pub steps: Vec<Step>,
    pub before: Count,
    pub after: Count,
}

/// Plans a page. Changes outside the window cost one step each, lines outside it none.
pub(super) fn steps(diff: &TextDiff<'_>, options: &Options<'_>, layout: Layout) -> Plan {
    let window = options.window;
    let until = window.skip.saturating_add(window.take);
    let mut plan = Plan::default();
    let mut shown = Count::default();
    // changed lines before the change in hand; where the equal run before it starts
    let (mut counted, mut old_at, mut new_at) = (0, 0, 0);
    // the last row of the page so far is a change that is shown to its end
    let mut open = false;
    for change in diff.changes() {
        let mut run = Run {
            old: old_at,
            new: new_at,
            len: change.old.start - old_at,
            after_change: open,
            before_change: true,
        };
        if counted + change.lines() > window.skip && counted < until {
            let mut start = counted;
            let (mut any, mut cut) = (false, false);
            if start >= window.skip {
                shown.equal += run.steps(&mut plan.steps, options.context);
            } else {
                plan.before.equal += run.len as usize;
            }
            for row in arranged(diff, change, layout) {
                if start < window.skip {
                    plan.before.add(row);
                } else if start < until {
                    shown.add(row);
                    plan.steps.push(row);
                    any = true;
                } else {
                    cut = true;
                }
                start += row.changed();
            }
            open = any && !cut;
        } else if counted < window.skip {
            plan.before.equal += run.len as usize;
            plan.before.removed += change.old.len();
            plan.before.added += change.new.len();
        } else if open {
            run.before_change = false;
            shown.equal += run.steps(&mut plan.steps, options.context);
            open = false;
        }
        counted += change.lines();
        (old_at, new_at) = (change.old.end, change.new.end);
    }
    if open || (diff.changes().is_empty() && window.skip == 0) {
        let rest = Run {
            old: old_at,
            new: new_at,
            len: diff.old_text().len() - old_at,
            after_change: open,
            before_change: false,
        };
        shown.equal += rest.steps(&mut plan.steps, options.context);
    }
    let stat = diff.stat();
    if plan.steps.is_empty() && counted <= window.skip {
        // a window beyond the last change shows nothing, and nothing is left
        plan.before.equal = diff.equal();
    }
    plan.after = Count {
        equal: diff.equal() - shown.equal - plan.before.equal,
        removed: stat.removed - shown.removed - plan.before.removed,
        added: stat.added - shown.added - plan.before.added,
    };
    plan
}

/// A run of equal lines and what it lies next to on the page.
struct Run {
    old: u32,
    new: u32,
    len: u32,
    after_change: bool,
    before_change: bool,
}

impl Run {
    /// Context after the change before, a gap, context before the change after; returns how many lines it stands
    /// for. A gap of one line would take as much room as the line: it is shown.
    fn steps(&self, steps: &mut Vec<Step>, context: u32) -> usize {
        let beside = |is_change: bool, left: u32| if is_change { context.min(left) } else { 0 };
        let mut head = beside(self.after_change, self.len);
        let tail = beside(self.before_change, self.len - head);
        let mut hidden = self.len - head - tail;
        if hidden == 1 {
            (head, hidden) = (head + 1, 0);
        }
        let equal = |offset: u32| Step::Equal {
            old: self.old + offset,
            new: self.new + offset,
        };
        steps.extend((0..head).map(equal));
        if hidden > 0 {
            let named = if self.before_change {
                self.len - tail
            } else {
                head
            };
            steps.push(Step::Gap(Hidden {
                old: self.old + head,
                new: self.new + head,
                lines: hidden,
                unit_at: self.new + named,
            }));
        }
        steps.extend((self.len - tail..self.len).map(equal));
        self.len as usize
    }
}

/// The rows of one change.
fn arranged(diff: &TextDiff<'_>, change: &Change, layout: Layout) -> Vec<Step> {
    let pairing = Pairing::of(diff.old_text(), diff.new_text(), change);
    let (old, new) = (change.old.start, change.new.start);
    match layout {
        Layout::Unified => {
            let removed = (0..change.old.len() as u32).map(|index| Step::Changed {
                old: Some(old + index),
                new: None,
                pair: pairing.added_for(index).map(|added| new + added),
            });
            let added = (0..change.new.len() as u32).map(|index| Step::Changed {
                old: None,
                new: Some(new + index),
                pair: pairing.removed_for(index).map(|removed| old + removed),
            });
            removed.chain(added).collect()
        }
        Layout::SideBySide => pairing
            .rows(change.old.len() as u32, change.new.len() as u32)
            .into_iter()
            .map(|(removed, added)| Step::Changed {
                old: removed.map(|index| old + index),
                new: added.map(|index| new + index),
                pair: removed
                    .filter(|&index| pairing.added_for(index) == added)
                    .and(added),
            })
            .collect(),
    }
}

impl Step {
    /// Changed lines in this row.
    fn changed(self) -> usize {
        match self {
            Step::Changed { old, new, .. } => {
                usize::from(old.is_some()) + usize::from(new.is_some())
            }
            Step::Equal { .. } | Step::Gap(_) => 0,
        }
    }
}

impl Count {
    fn add(&mut self, row: Step) {
        if let Step::Changed { old, new, .. } = row {
            self.removed += usize::from(old.is_some());
            self.added += usize::from(new.is_some());
        }
    }
}
