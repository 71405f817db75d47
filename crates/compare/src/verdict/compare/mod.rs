//! Walks base and hotfix side by side and judges every difference by what planned has there.
//!
//! ```text
//! base       | hotfix     | planned
//! - alert: A | - alert: A | - alert: B
//!   for: 1m  |   for: 2m  |   for: 9m
//! - alert: B | - alert: B | - alert: A
//!   for: 9m  |   for: 9m  |   for: 2m     A is judged where planned has it: included
//! ```

mod effect;
mod moved;

use super::doc::{Container, Doc, Fact, STEP};
use super::facts::{self, Draft};
use super::limits::Budget;
use super::locate::{Elsewhere, Found};
use super::pairing::{COMPARISONS_MAX, Pairs, pair};
use super::{Verdict, places, sentences};

use effect::{doubt, without_effect};

/// Three texts that were read in one format, and the rest of planned.
pub(super) struct Comparison<'a> {
    pub(super) path: &'a str,
    /// Where in planned the text as a whole lives.
    pub(super) planned_path: Option<&'a str>,
    pub(super) base: &'a Doc,
    pub(super) hotfix: &'a Doc,
    pub(super) elsewhere: Option<&'a Elsewhere<'a>>,
    pub(super) budget: &'a Budget,
}

impl<'a> Comparison<'a> {
    /// Judges what differs between two containers of which planned has the third; one of the
    /// first two may be missing, and so may the last.
    pub(super) fn judge(
        &self,
        base: Option<usize>,
        hotfix: Option<usize>,
        planned: Option<Found<'a>>,
    ) -> Vec<Draft> {
        let old = base.map(|at| &self.base.containers[at]);
        let new = hotfix.map(|at| &self.hotfix.containers[at]);
        if !self.budget.take(1) {
            return Vec::new();
        }
        match (old, new) {
            (Some(old), Some(new)) if old.content == new.content => Vec::new(),
            (Some(old), None) => vec![self.judge_deleted(old, planned)],
            (_, Some(new)) => self.judge_present(base, old, hotfix.unwrap_or(0), new, planned),
            (None, None) => Vec::new(),
        }
    }

    fn judge_deleted(&self, old: &Container, planned: Option<Found<'a>>) -> Draft {
        let found = planned.or_else(|| self.find(&old.at, &old.id, false).into_iter().next());
        let verdict = match &found {
            None => Verdict::Included,
            Some(there) if !old.id.is_empty() || there.container().content == old.content => {
                Verdict::Overridden
            }
            Some(_) => Verdict::Conflicting,
        };
        let what = match (old.facts.as_slice(), old.children.is_empty()) {
            ([only], true) => sentences::change(
                &sentences::label(&old.at, &old.id),
                &only.addr,
                Some(&only.value),
                None,
            ),
            _ => format!("{} taken out", named(old)),
        };
        draft(what, verdict, Some(old), None, found)
    }

    fn judge_present(
        &self,
        base: Option<usize>,
        old: Option<&'a Container>,
        hotfix: usize,
        new: &'a Container,
        planned: Option<Found<'a>>,
    ) -> Vec<Draft> {
        let label = if new.parent.is_none() {
            String::new()
        } else {
            sentences::label(&new.at, &new.id)
        };
        let mut drafts = Vec::new();
        match planned {
            Some(there) => {
                let other = there.container();
                if old.is_none() && other.id != new.id {
                    let what = format!("{} added", named(new));
                    return vec![draft(what, Verdict::Conflicting, None, Some(new), planned)];
                }
                if old.is_none() && other.content == new.content {
                    let what = format!("{} added", named(new));
                    drafts.push(draft(what, Verdict::Included, None, Some(new), planned));
                } else {
                    drafts.extend(
                        facts::judge(&label, old, new, other, self.budget)
                            .into_iter()
                            .map(|mut d| {
                                d.planned_path = Some(there.path.to_owned());
                                d
                            }),
                    );
                    drafts.extend(self.judge_children(base, Some(hotfix), planned));
                    // A name is what a rule is found by, not something that was done to it.
                    if old.is_none() && drafts.len() > 1 {
                        let name = new.facts.iter().find(|f| {
                            new.id.strip_prefix(&f.addr) == Some(&format!(":{}", f.value))
                        });
                        let lines = name.map(|f| f.lines);
                        let what =
                            name.map(|f| sentences::change(&label, &f.addr, None, Some(&f.value)));
                        drafts.retain(|d| Some(&d.what) != what.as_ref() || d.hotfix != lines);
                    }
                }
                if let Some(reason) = without_effect(new, other) {
                    doubt(&mut drafts, &reason);
                }
                if !new.id.is_empty()
                    && self
                        .elsewhere
                        .is_some_and(|elsewhere| elsewhere.switches_off(&new.id))
                {
                    doubt(&mut drafts, "planned switches the rule off by its number");
                }
            }
            None => {
                let children = self.judge_children(base, Some(hotfix), None);
                let found_some = children.iter().any(|d| d.planned_path.is_some());
                let own_changed = old.is_none_or(|old| !same_facts(&old.facts, &new.facts));
                let verdict = if old.is_some() {
                    Verdict::Removed
                } else {
                    Verdict::Overridden
                };
                // What is gone as a whole is one unit, unless parts of it live on elsewhere.
                if !found_some && (new.parent.is_some() || children.is_empty()) {
                    let what = match (old, new.facts.as_slice(), old.map(|o| o.facts.as_slice())) {
                        (Some(_), [fact], Some([before])) if new.children.is_empty() => {
                            sentences::change(
                                &label,
                                &fact.addr,
                                Some(&before.value),
                                Some(&fact.value),
                            )
                        }
                        (Some(_), _, _) => format!("{} changed", named(new)),
                        (None, [fact], _) if new.children.is_empty() => {
                            sentences::change(&label, &fact.addr, None, Some(&fact.value))
                        }
                        _ => format!("{} added", named(new)),
                    };
                    drafts.push(draft(what, verdict, old, Some(new), None));
                } else {
                    if own_changed && !new.facts.is_empty() {
                        let what = format!(
                            "{} changed",
                            if label.is_empty() { "the text" } else { &label }
                        );
                        drafts.push(draft(what, verdict, old, Some(new), None));
                    }
                    drafts.extend(children);
                }
            }
        }
        drafts
    }

    fn judge_children(
        &self,
        base: Option<usize>,
        hotfix: Option<usize>,
        planned: Option<Found<'a>>,
    ) -> Vec<Draft> {
        let none: &[usize] = &[];
        let olds = base.map_or(none, |at| &self.base.containers[at].children);
        let news = hotfix.map_or(none, |at| &self.hotfix.containers[at].children);
        let between = pair(self.base, olds, self.hotfix, news, true, self.budget);
        let theirs = planned.map_or(none, |there| &there.doc.containers[there.index].children);
        let to_planned =
            planned.map(|there| pair(self.hotfix, news, there.doc, theirs, false, self.budget));
        let from_base = planned.zip(to_planned.as_ref()).map(|(there, taken)| {
            let gone = |at: &&usize| {
                between
                    .by_first
                    .get(at)
                    .is_none_or(|new| !taken.by_first.contains_key(new))
            };
            let olds: Vec<usize> = olds.iter().filter(gone).copied().collect();
            let theirs: Vec<usize> = theirs
                .iter()
                .filter(|at| !taken.by_second.contains_key(at))
                .copied()
                .collect();
            pair(self.base, &olds, there.doc, &theirs, false, self.budget)
        });
        // Rules of the hotfix's that planned has under other names.
        let renamed = planned.zip(to_planned.as_ref()).and_then(|(there, taken)| {
            let added = |at: &&usize| {
                !between.by_second.contains_key(at) && !taken.by_first.contains_key(at)
            };
            let news: Vec<usize> = news.iter().filter(added).copied().collect();
            let theirs: Vec<usize> = theirs
                .iter()
                .filter(|at| !taken.by_second.contains_key(at))
                .copied()
                .collect();
            let is_few = news.len() * theirs.len() <= COMPARISONS_MAX;
            is_few.then(|| pair(self.hotfix, &news, there.doc, &theirs, true, self.budget))
        });
        let mut drafts = Vec::new();
        for new in news {
            let old = between
                .by_second
                .get(new)
                .copied()
                .or_else(|| self.moved_by_hotfix(*new));
            if old.is_some_and(|old| {
                self.base.containers[old].content == self.hotfix.containers[*new].content
            }) {
                continue;
            }
            let index = partner(&to_planned, *new).or_else(|| partner(&from_base, old?));
            let mut there = planned
                .zip(index)
                .map(|(there, index)| Found { index, ..there });
            let entry = &self.hotfix.containers[*new];
            let mut copies = Vec::new();
            let mut wrapped_in = None;
            if there.is_none() {
                copies = self.moved_within(entry, planned);
                copies.extend(self.find(&entry.at, &entry.id, true));
                there = (!copies.is_empty()).then(|| copies.remove(0));
                wrapped_in = there.and_then(|there| self.wrapped_in(entry, &to_planned, there));
            } else if self.only(self.hotfix, entry).is_some() {
                copies = self.copies(entry, planned, &to_planned, &from_base);
                // A statement without an id in the braces of one file is not given again in those of another.
                let place = places::at_line(self.hotfix, entry.lines.0);
                let is_in_braces = place.is_some_and(|place| place.is_in_braces);
                if entry.id.contains(':') || !is_in_braces {
                    copies.extend(self.find(&entry.at, &entry.id, true));
                }
            }
            let mut evidence = self.judge(old, Some(*new), there);
            if let Some(way) = wrapped_in {
                doubt(&mut evidence, &format!("planned has it inside {way}"));
            }
            if there.is_none()
                && old.is_none()
                && let Some(index) = partner(&renamed, *new)
            {
                let twin = planned.map(|there| Found { index, ..there });
                evidence = vec![draft(
                    format!("{} added", named(entry)),
                    Verdict::Conflicting,
                    None,
                    Some(entry),
                    twin,
                )];
            }
            for copy in copies {
                if !evidence.iter().any(|d| d.verdict == Verdict::Included) {
                    break;
                }
                let other = self.judge(old, Some(*new), Some(copy));
                // A copy of a group need not hold all its rules; those it lacks are looked for by name.
                let differs = |d: &Draft| {
                    d.verdict != Verdict::Included && !d.is_marker && d.planned_path.is_some()
                };
                if other.iter().any(differs) {
                    doubt(
                        &mut evidence,
                        &format!(
                            "{} has another form of it at line {}",
                            copy.path,
                            copy.container().lines.0
                        ),
                    );
                }
            }
            drafts.extend(evidence);
        }
        for old in olds
            .iter()
            .filter(|old| !between.by_first.contains_key(old))
        {
            let entry = &self.base.containers[*old];
            if self.only(self.base, entry).is_some() && self.only(self.hotfix, entry).is_some() {
                continue;
            }
            let there = planned
                .zip(partner(&from_base, *old))
                .map(|(there, index)| Found { index, ..there });
            drafts.extend(self.judge(Some(*old), None, there));
        }
        drafts
    }
}

impl<'a> Found<'a> {
    pub(super) fn container(&self) -> &'a Container {
        &self.doc.containers[self.index]
    }
}

fn partner(pairs: &Option<Pairs>, first: usize) -> Option<usize> {
    pairs.as_ref()?.by_first.get(&first).copied()
}

fn named(container: &Container) -> String {
    let label = sentences::label(&container.at, &container.id);
    if !label.is_empty() {
        return label;
    }
    match container.facts.first() {
        Some(fact) => {
            let value: String = fact.value.chars().take(40).collect();
            format!("entry with {} {value}", fact.addr.replace(STEP, "."))
        }
        None => "an entry".to_owned(),
    }
}

fn same_facts(a: &[Fact], b: &[Fact]) -> bool {
    let sorted = |facts: &[Fact]| {
        let mut out: Vec<(String, String)> = facts
            .iter()
            .map(|f| (f.addr.clone(), f.value.clone()))
            .collect();
        out.sort();
        out
    };
    a.len() == b.len() && sorted(a) == sorted(b)
}

fn draft(
    what: String,
    verdict: Verdict,
    old: Option<&Container>,
    new: Option<&Container>,
    there: Option<Found>,
) -> Draft {
    Draft {
        what,
        verdict,
        base: old.map(|c| c.lines),
        hotfix: new.map(|c| c.lines),
        planned: there.map(|f| f.container().lines),
        planned_path: there.map(|f| f.path.to_owned()),
        is_marker: false,
    }
}
