//! Hotfix and planned aligned on base, line by line.

use std::collections::BTreeSet;

use crate::web::diff_view::{Cell, parts};
use rulegate_compare::ThreeWay;
use rulegate_compare::at_stake::{Contained, Side};
use rulegate_compare::diff::{self, Kind, TextDiff};
use rulegate_compare::same_edits::{self, Edit};
use rulegate_compare::verdict::RuleVerdict;

/// Bytes of one line that are shown.
const LINE_BYTES_MAX: usize = 4_000;

/// A row before gaps are made.
pub(super) struct Line {
    pub cells: ThreeWay<Cell>,
    /// The hotfix did something here.
    pub is_hotfix: bool,
    /// Planned did something here.
    pub is_planned: bool,
    /// What the hotfix did here is no single change of the verdict, and stands on an earlier line in the same words:
    /// the thirtieth new version number of a file.
    pub is_repeated: bool,
}

pub(super) struct Aligner<'d, 'a> {
    ours: &'d TextDiff<'a>,
    theirs: &'d TextDiff<'a>,
    hotfix: Side,
    planned: Side,
    contained: Contained,
    /// Edits of single lines so far.
    edits: BTreeSet<Edit>,
    lost: usize,
    lines: Vec<Line>,
}

impl<'d, 'a> Aligner<'d, 'a> {
    /// Two comparisons with the same base, and what the verdict knows of their lines.
    pub fn new(
        ours: &'d TextDiff<'a>,
        theirs: &'d TextDiff<'a>,
        verdict: Option<&RuleVerdict>,
    ) -> Aligner<'d, 'a> {
        let mut aligner = Aligner {
            hotfix: Side::of(ours),
            planned: Side::of(theirs),
            ours,
            theirs,
            contained: Contained::of(verdict),
            edits: BTreeSet::new(),
            lost: 0,
            lines: Vec::new(),
        };
        aligner.contained.learn(ours, &aligner.hotfix);
        aligner
    }

    /// Lines with what is shown of them, and how many lines of the hotfix planned lacks.
    pub fn align(mut self) -> (Vec<Line>, usize) {
        for index in 0..=self.hotfix.facing.len() {
            self.between(index);
            if index < self.hotfix.facing.len() {
                self.facing(index);
            }
        }
        (self.lines, self.lost)
    }

    fn hotfix_text(&self, cell: &diff::Cell) -> &'a [u8] {
        self.ours.new_text().line(cell.number - 1)
    }

    fn planned_text(&self, cell: &diff::Cell) -> &'a [u8] {
        self.theirs.new_text().line(cell.number - 1)
    }

    /// Lines that only hotfix or planned has, before a base line: equal ones face each other.
    fn between(&mut self, index: usize) {
        let ours = self.hotfix.between.remove(&index).unwrap_or_default();
        let theirs = self.planned.between.remove(&index).unwrap_or_default();
        let mut rest = theirs.into_iter();
        for cell in ours {
            let text = self.hotfix_text(&cell);
            let same = rest
                .clone()
                .position(|other| self.planned_text(&other) == text);
            let planned = match same {
                Some(at) => {
                    for other in rest.by_ref().take(at) {
                        self.only_planned(other);
                    }
                    rest.next().map(kept)
                }
                None if self.contained.has(None, Some(cell.number)) => {
                    self.elsewhere(cell.number, "kept")
                }
                None => {
                    self.lost += 1;
                    let lost = self.elsewhere(cell.number, "gone");
                    Some(lost.unwrap_or_else(gone))
                }
            };
            let cells = ThreeWay {
                base: void(),
                hotfix: hot(cell),
                planned: planned.unwrap_or_else(void),
            };
            self.push(cells, true, same.is_some());
        }
        for other in rest {
            self.only_planned(other);
        }
    }

    /// The line of planned where the verdict found the unit of this hotfix line, if it is another place.
    fn elsewhere(&self, hotfix: u32, kind: &'static str) -> Option<Cell> {
        let number = *self.contained.faces.get(&hotfix)?;
        let (line, _) = self.theirs.new_text().line_and_end(number.checked_sub(1)?);
        (number <= self.theirs.new_text().len()).then(|| Cell {
            kind,
            no: Some(u64::from(number)),
            parts: parts(&diff::segments(line, &[], LINE_BYTES_MAX)),
        })
    }

    fn only_planned(&mut self, cell: diff::Cell) {
        let is_kept = self.contained.planned.contains(&cell.number);
        let cells = ThreeWay {
            base: void(),
            hotfix: void(),
            planned: shown(if is_kept { "kept" } else { "add" }, cell),
        };
        self.push(cells, is_kept, true);
    }

    /// A base line with what became of it on both sides.
    fn facing(&mut self, index: usize) {
        let ours = self.hotfix.facing[index].take();
        let theirs = self.planned.facing[index].take();
        let is_changed =
            |cell: &Option<diff::Cell>| cell.as_ref().is_none_or(|c| c.kind != Kind::Equal);
        let (is_hotfix, is_planned) = (is_changed(&ours), is_changed(&theirs));
        let (painted, kind) = match (is_hotfix, is_planned) {
            (true, _) => (&mut self.hotfix, "hotdel"),
            (false, true) => (&mut self.planned, "del"),
            (false, false) => (&mut self.planned, "same"),
        };
        let base = painted.base[index].take();
        let base = base.map_or_else(void, |cell| shown(kind, cell));
        let planned = match theirs {
            theirs if is_hotfix => self.answer(index, ours.as_ref(), theirs, is_planned),
            None => void(),
            Some(cell) if !is_planned => shown("same", cell),
            Some(cell) if self.contained.planned.contains(&cell.number) => kept(cell),
            Some(cell) => shown("add", cell),
        };
        let is_repeated = is_hotfix && self.is_repeated(index, ours.as_ref());
        let kind = if is_hotfix { "hot" } else { "same" };
        let hotfix = ours.map_or_else(void, |cell| shown(kind, cell));
        self.lines.push(Line {
            cells: ThreeWay {
                base,
                hotfix,
                planned,
            },
            is_hotfix,
            is_planned,
            is_repeated,
        });
    }

    /// What planned has where the hotfix changed a base line.
    fn answer(
        &mut self,
        index: usize,
        ours: Option<&diff::Cell>,
        theirs: Option<diff::Cell>,
        is_planned: bool,
    ) -> Cell {
        let number = u32::try_from(index + 1).ok();
        let known = self.contained.has(number, ours.map(|cell| cell.number))
            || self.is_passed_over(number, ours);
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if self.hotfix_text(ours) == self.planned_text(&theirs) => {
                kept(theirs)
            }
            (_, Some(theirs)) if known => {
                // A version number that both changed, each to its own, is nothing of the hotfix's in planned.
                let is_mark = number.zip(ours).is_some_and(|(base, ours)| {
                    self.contained.is_unnamed(base, ours.number)
                        || self.contained.passes_over(self.ours, base, ours)
                });
                let kind = match is_planned {
                    true if self.contained.is_found(&theirs) && !is_mark => "kept",
                    true => "add",
                    false => "same",
                };
                shown(kind, theirs)
            }
            (_, Some(theirs)) => {
                self.lost += 1;
                shown("gone", theirs)
            }
            // The hotfix took the line out, and so did planned.
            (None, None) => void(),
            (Some(ours), None) if known => self.elsewhere(ours.number, "kept").unwrap_or_else(void),
            (Some(ours), None) => {
                self.lost += 1;
                self.elsewhere(ours.number, "gone").unwrap_or_else(gone)
            }
        }
    }

    /// True if what the hotfix did to this line is a mark that the verdict passes over elsewhere.
    fn is_passed_over(&self, number: Option<u32>, ours: Option<&diff::Cell>) -> bool {
        let both = number.zip(ours);
        both.is_some_and(|(number, ours)| self.contained.passes_over(self.ours, number, ours))
    }

    /// True if the hotfix did to this line only what it did to an earlier one, and no single change is here.
    fn is_repeated(&mut self, index: usize, ours: Option<&diff::Cell>) -> bool {
        let (Some(ours), Ok(index)) = (ours, u32::try_from(index)) else {
            return false;
        };
        let before = self.ours.old_text().line(index);
        let edits = same_edits::edits(&TextDiff::new(before, self.hotfix_text(ours)));
        let is_known = edits.iter().all(|edit| self.edits.contains(edit));
        self.edits.extend(edits);
        is_known && self.contained.is_unnamed(index + 1, ours.number)
    }

    fn push(&mut self, cells: ThreeWay<Cell>, is_hotfix: bool, is_planned: bool) {
        self.lines.push(Line {
            cells,
            is_hotfix,
            is_planned,
            is_repeated: false,
        });
    }
}

fn void() -> Cell {
    Cell {
        kind: "void",
        no: None,
        parts: Vec::new(),
    }
}

/// Planned has nothing where the hotfix wrote something.
fn gone() -> Cell {
    Cell {
        kind: "gone",
        ..void()
    }
}

fn shown(kind: &'static str, cell: diff::Cell) -> Cell {
    Cell {
        kind,
        no: Some(u64::from(cell.number)),
        parts: parts(&cell.segments),
    }
}

fn hot(cell: diff::Cell) -> Cell {
    shown("hot", cell)
}

fn kept(cell: diff::Cell) -> Cell {
    shown("kept", cell)
}
