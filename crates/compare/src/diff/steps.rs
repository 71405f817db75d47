//! Which lines of a comparison a page shows, in which order, and what it hides.

use super::page::{Count, Options};
use super::pairing::Pairing;
use super::text_diff::{Change, TextDiff};

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
    /// Hidden equal lines; `unit_at` is the line of the new text after which the gap is named.
    Gap {
        old: u32,
        new: u32,
        hidden: u32,
        unit_at: u32,
    },
}

/// The rows to be and the lines outside them.
pub(super) struct Plan {
    pub steps: Vec<Step>,
    pub before: Count,
    pub after: Count,
}

/// Plans a page. Changes outside the window cost one step each, lines outside it none.
pub(super) fn steps(diff: &TextDiff<'_>, options: &Options<'_>, layout: Layout) -> Plan {
    let window = options.window;
    let until = window.skip.saturating_add(window.take);
    let mut plan = Plan {
        steps: Vec::new(),
        before: Count::default(),
        after: Count::default(),
    };
    let mut shown = Count::default();
    // changed lines before the change in hand; where the equal run before it starts
    let (mut counted, mut old_at, mut new_at) = (0, 0, 0);
    let mut open = false;
    for change in diff.changes() {
        let run = change.old.start - old_at;
        let in_window = counted + change.len() > window.skip && counted < until;
        let mut from_start = false;
        if in_window {
            let rows = arranged(diff, change, layout);
            let (mut start, mut any, mut cut) = (counted, false, false);
            for row in rows {
                if start < window.skip {
                    plan.before.add(row);
                } else if start < until {
                    if start == counted {
                        from_start = true;
                        equal_run(
                            &mut plan.steps,
                            options.context,
                            Run {
                                old: old_at,
                                new: new_at,
                                len: run,
                                after_change: open,
                                before_change: true,
                            },
                        );
                        shown.equal += run as usize;
                    }
                    shown.add(row);
                    plan.steps.push(row);
                    any = true;
                } else {
                    cut = true;
                }
                start += row.changed();
            }
            open = any && !cut;
            if !from_start {
                plan.before.equal += run as usize;
            }
        } else if counted < window.skip {
            plan.before.equal += run as usize;
            plan.before.removed += change.old.len();
            plan.before.added += change.new.len();
        } else if open {
            equal_run(
                &mut plan.steps,
                options.context,
                Run {
                    old: old_at,
                    new: new_at,
                    len: run,
                    after_change: true,
                    before_change: false,
                },
            );
            shown.equal += run as usize;
            open = false;
        }
        counted += change.len();
        (old_at, new_at) = (change.old.end, change.new.end);
    }
    let rest = diff.old_text().len() - old_at;
    if open || (diff.changes().is_empty() && window.skip == 0) {
        equal_run(
            &mut plan.steps,
            options.context,
            Run {
                old: old_at,
                new: new_at,
                len: rest,
                after_change: open,
                before_change: false,
            },
        );
        shown.equal += rest as usize;
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

/// Context after the change before, a gap, context before the change after. A gap of one line would
/// take as much room as the line: it is shown.
fn equal_run(steps: &mut Vec<Step>, context: u32, run: Run) {
    let mut head = if run.after_change {
        context.min(run.len)
    } else {
        0
    };
    let tail = if run.before_change {
        context.min(run.len - head)
    } else {
        0
    };
    let mut hidden = run.len - head - tail;
    if hidden == 1 {
        (head, hidden) = (head + 1, 0);
    }
    let equal = |offset: u32| Step::Equal {
        old: run.old + offset,
        new: run.new + offset,
    };
    steps.extend((0..head).map(equal));
    if hidden > 0 {
        let unit_at = if run.before_change {
            run.new + run.len - tail
        } else {
            run.new + head
        };
        steps.push(Step::Gap {
            old: run.old + head,
            new: run.new + head,
            hidden,
            unit_at,
        });
    }
    steps.extend((run.len - tail..run.len).map(equal));
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
            Step::Equal { .. } | Step::Gap { .. } => 0,
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
