//! What the verdict knows of single lines: which of the hotfix are in planned, which are lost, which are nothing
//! that it asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::side::Side;
use crate::diff::{self, Kind, TextDiff};
use crate::same_edits::{self, Edit};
use crate::verdict::{RuleVerdict, Unit};

/// What the verdict knows of single lines.
#[derive(Default)]
pub struct Contained {
    everything: bool,
    hotfix: BTreeSet<u32>,
    /// Lines of planned in which the verdict found something of the hotfix.
    pub planned: BTreeSet<u32>,
    /// Lines of base and of the hotfix that some unit names; none without units.
    named: Option<(BTreeSet<u32>, BTreeSet<u32>)>,
    /// Where a unit stands in planned, line by line of the hotfix: what a comparison by lines alone cannot face.
    pub faces: BTreeMap<u32, u32>,
    /// Lines of base and of the hotfix whose change planned lacks; without units, every line may be lost.
    lost: Option<(BTreeSet<u32>, BTreeSet<u32>)>,
    /// The single changes that planned lacks.
    lost_units: Vec<Unit>,
    /// Edits of lines that no single change names: version numbers, dates.
    passed_over: BTreeSet<Edit>,
}

impl Contained {
    /// What a verdict knows; without one nothing is known.
    pub fn of(verdict: Option<&RuleVerdict>) -> Contained {
        let mut contained = Contained {
            everything: verdict.is_some_and(|v| v.verdict.is_contained()),
            ..Contained::default()
        };
        let mut lost = (BTreeSet::new(), BTreeSet::new());
        let mut named = (BTreeSet::new(), BTreeSet::new());
        for unit in verdict.iter().flat_map(|v| &v.units) {
            let lines = |span: Option<(u32, u32)>| span.into_iter().flat_map(|(a, b)| a..=b);
            named.0.extend(lines(unit.base));
            named.1.extend(lines(unit.hotfix));
            contained
                .faces
                .extend(lines(unit.hotfix).zip(lines(unit.planned)));
            if unit.verdict.is_contained() {
                contained.hotfix.extend(lines(unit.hotfix));
                contained.planned.extend(lines(unit.planned));
            } else {
                lost.0.extend(lines(unit.base));
                lost.1.extend(lines(unit.hotfix));
                contained.lost_units.push(unit.clone());
            }
        }
        // A verdict that names no lines leaves it to the lines themselves.
        if !(lost.0.is_empty() && lost.1.is_empty()) {
            contained.lost = Some(lost);
        }
        if !(named.0.is_empty() && named.1.is_empty()) {
            contained.named = Some(named);
        }
        contained
    }

    /// True if the verdict tells single changes apart and none of them is on these lines.
    pub fn is_unnamed(&self, base: u32, hotfix: u32) -> bool {
        self.named.as_ref().is_some_and(|(in_base, in_hotfix)| {
            !in_base.contains(&base) && !in_hotfix.contains(&hotfix)
        })
    }

    /// True if nothing of this line is lost: it stands in planned in some form, or it is a mark (a version
    /// number, a date) that the verdict passes over.
    pub fn has(&self, base: Option<u32>, hotfix: Option<u32>) -> bool {
        if self.everything || hotfix.is_some_and(|number| self.hotfix.contains(&number)) {
            return true;
        }
        self.lost.as_ref().is_some_and(|(in_base, in_hotfix)| {
            base.is_none_or(|number| !in_base.contains(&number))
                && hotfix.is_none_or(|number| !in_hotfix.contains(&number))
        })
    }

    /// Learns from the lines that no single change names what the verdict passes over. `ours` compares base with the
    /// hotfix.
    pub fn learn(&mut self, ours: &TextDiff<'_>, side: &Side) {
        for (index, cell) in side.facing.iter().enumerate() {
            let Some(cell) = cell.as_ref().filter(|cell| cell.kind != Kind::Equal) else {
                continue;
            };
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            if self.is_unnamed(number, cell.number) {
                self.passed_over.extend(edits(ours, number, cell));
            }
        }
    }

    /// True if what the hotfix did to this line is a mark that the verdict passes over elsewhere.
    pub fn passes_over(&self, ours: &TextDiff<'_>, base: u32, cell: &diff::Cell) -> bool {
        self.is_passed_over(&edits(ours, base, cell), base, cell.number)
    }

    /// True if the hotfix did to this line nothing but what it did where no single change is named, and no lost
    /// change on the line speaks of it: the version number that stands in the middle of a rule at stake.
    fn is_passed_over(&self, edits: &BTreeSet<Edit>, base: u32, hotfix: u32) -> bool {
        let holds = |span: Option<(u32, u32)>, number: u32| {
            span.is_some_and(|(from, to)| (from..=to).contains(&number))
        };
        let is_spoken_of = |word: &str| {
            let on_the_line = |unit: &&Unit| holds(unit.base, base) || holds(unit.hotfix, hotfix);
            let mut units = self.lost_units.iter().filter(on_the_line);
            units.any(|unit| unit.what.contains(word))
        };
        let is_mark = |edit: &Edit| match edit {
            Edit::Word { from, to } => {
                self.passed_over.contains(edit) && !is_spoken_of(from) && !is_spoken_of(to)
            }
            Edit::LineOut(_) | Edit::LineIn(_) => false,
        };
        !edits.is_empty() && edits.iter().all(is_mark)
    }

    /// True if the verdict found the hotfix in this line of planned.
    pub fn is_found(&self, planned: &diff::Cell) -> bool {
        self.everything || self.planned.contains(&planned.number)
    }
}

/// What the hotfix did to one base line.
fn edits(ours: &TextDiff<'_>, base: u32, cell: &diff::Cell) -> BTreeSet<Edit> {
    let before = ours.old_text().line(base - 1);
    same_edits::edits(&TextDiff::new(
        before,
        ours.new_text().line(cell.number - 1),
    ))
}
