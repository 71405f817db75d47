//! Three texts side by side: what was planned before, what the hotfix made of it, what would go live.

use std::collections::{BTreeMap, BTreeSet};

use super::diff_view::{Cell, Sided, parts};
use super::format;
use crate::domain::diff::{self, Kind, Options, SideRow, TextDiff, Window};
use crate::domain::same_edits::{self, Edit};
use crate::domain::verdict::RuleVerdict;

/// Lines of three texts together that a page lays out; beyond this two comparisons are easier to read.
pub const LINES_MAX: usize = 60_000;
/// Unchanged lines shown around what the hotfix did.
const CONTEXT: usize = 3;
/// Bytes of one line that are shown.
const LINE_BYTES_MAX: usize = 4_000;

/// The rows, and what of the hotfix they show.
#[derive(Debug, Clone, Default)]
pub struct ThreeWay {
    /// Rows of three cells: base, hotfix, planned.
    pub rows: Vec<Sided>,
    /// Lines of the hotfix that planned lacks.
    pub lost: usize,
}

/// A row before gaps are made.
struct Line {
    cells: [Cell; 3],
    /// The hotfix did something here.
    is_hotfix: bool,
    /// Planned did something here.
    is_planned: bool,
    /// What the hotfix did here is no single change of the verdict, and stands on an earlier line in the same words:
    /// the thirtieth new version number of a file.
    is_repeated: bool,
}

/// Aligns hotfix and planned on base. Rows more than three away from what the hotfix did are hidden and counted,
/// unless `whole`. `verdict` may know that a change stands in planned in another form: then nothing is marked lost.
/// `None`: the texts are too large for one page.
pub fn three_way(
    base: &[u8],
    hotfix: &[u8],
    planned: &[u8],
    verdict: Option<&RuleVerdict>,
    whole: bool,
) -> Option<ThreeWay> {
    let (ours, theirs) = (TextDiff::new(base, hotfix), TextDiff::new(base, planned));
    let total = ours.old_text().len() + ours.new_text().len() + theirs.new_text().len();
    if total as usize > LINES_MAX {
        return None;
    }
    let lines = Aligner {
        hotfix: Side::of(&ours),
        planned: Side::of(&theirs),
        ours: &ours,
        theirs: &theirs,
        contained: Contained::of(verdict),
        edits: BTreeSet::new(),
        lost: 0,
        lines: Vec::new(),
    };
    let (lines, lost) = lines.align();
    let units = diff::Units::of(ours.old_text());
    let rows = with_gaps(lines, whole, &|number| units.name_at(number));
    Some(ThreeWay { rows, lost })
}

/// One comparison with base, by base line.
struct Side {
    /// What faces each base line: nothing, or a line with its kind.
    facing: Vec<Option<diff::Cell>>,
    /// How base itself is painted against this side.
    base: Vec<Option<diff::Cell>>,
    /// Lines without a base line, by the base line before which they stand.
    between: BTreeMap<usize, Vec<diff::Cell>>,
}

impl Side {
    fn of(diff: &TextDiff<'_>) -> Side {
        let options = Options {
            context: u32::MAX,
            window: Window::ALL,
            ..Options::default()
        };
        let count = diff.old_text().len() as usize;
        let mut side = Side {
            facing: vec![None; count],
            base: vec![None; count],
            between: BTreeMap::new(),
        };
        let mut next = 0;
        for row in diff.side_by_side(&options).rows {
            match row {
                SideRow::Lines {
                    old: Some(old),
                    new,
                } => {
                    let index = old.number as usize - 1;
                    side.facing[index] = new;
                    side.base[index] = Some(old);
                    next = index + 1;
                }
                SideRow::Lines {
                    old: None,
                    new: Some(new),
                } => {
                    side.between.entry(next).or_default().push(new);
                }
                // With nothing changed at all there is one gap, whatever the context.
                SideRow::Gap(gap) => {
                    let hidden = u32::try_from(gap.hidden).unwrap_or(u32::MAX);
                    for row in diff.gap_lines(gap.old, gap.new, hidden, &options) {
                        let diff::Row::Line(line) = row else { continue };
                        let (Some(old), Some(new)) = (line.old, line.new) else {
                            continue;
                        };
                        let cell = |number| diff::Cell {
                            kind: line.kind,
                            number,
                            segments: line.segments.clone(),
                            hotfix: line.hotfix,
                        };
                        let index = old as usize - 1;
                        side.facing[index] = Some(cell(new));
                        side.base[index] = Some(cell(old));
                        next = index + 1;
                    }
                }
                SideRow::Lines { .. } => {}
            }
        }
        side
    }
}

/// What the verdict knows of single lines.
#[derive(Default)]
struct Contained {
    everything: bool,
    hotfix: BTreeSet<u32>,
    planned: BTreeSet<u32>,
    /// Lines of base and of the hotfix that some unit names; none without units.
    named: Option<(BTreeSet<u32>, BTreeSet<u32>)>,
    /// Where a unit stands in planned, line by line of the hotfix: what a comparison by lines alone cannot face.
    faces: BTreeMap<u32, u32>,
    /// Lines of base and of the hotfix whose change planned lacks; without units, every line may be lost.
    lost: Option<(BTreeSet<u32>, BTreeSet<u32>)>,
}

impl Contained {
    fn of(verdict: Option<&RuleVerdict>) -> Contained {
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
    fn is_unnamed(&self, base: u32, hotfix: u32) -> bool {
        self.named.as_ref().is_some_and(|(in_base, in_hotfix)| {
            !in_base.contains(&base) && !in_hotfix.contains(&hotfix)
        })
    }

    /// True if nothing of this line is lost: it stands in planned in some form, or it is a mark (a version
    /// number, a date) that the verdict passes over.
    fn has(&self, base: Option<u32>, hotfix: Option<u32>) -> bool {
        if self.everything || hotfix.is_some_and(|number| self.hotfix.contains(&number)) {
            return true;
        }
        self.lost.as_ref().is_some_and(|(in_base, in_hotfix)| {
            base.is_none_or(|number| !in_base.contains(&number))
                && hotfix.is_none_or(|number| !in_hotfix.contains(&number))
        })
    }

    /// True if the verdict found the hotfix in this line of planned.
    fn is_found(&self, planned: &diff::Cell) -> bool {
        self.everything || self.planned.contains(&planned.number)
    }
}

struct Aligner<'d, 'a> {
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

impl Aligner<'_, '_> {
    fn align(mut self) -> (Vec<Line>, usize) {
        for index in 0..=self.hotfix.facing.len() {
            self.between(index);
            if index < self.hotfix.facing.len() {
                self.facing(index);
            }
        }
        (self.lines, self.lost)
    }

    fn hotfix_text(&self, cell: &diff::Cell) -> &[u8] {
        self.ours.new_text().line(cell.number - 1)
    }

    fn planned_text(&self, cell: &diff::Cell) -> &[u8] {
        self.theirs.new_text().line(cell.number - 1)
    }

    /// Lines that only hotfix or planned has, before a base line: equal ones face each other.
    fn between(&mut self, index: usize) {
        let ours = self.hotfix.between.remove(&index).unwrap_or_default();
        let theirs = self.planned.between.remove(&index).unwrap_or_default();
        let mut rest = theirs.into_iter().peekable();
        for cell in ours {
            let text = self.hotfix_text(&cell).to_vec();
            let ahead: Vec<diff::Cell> = rest.clone().collect();
            let same = ahead
                .iter()
                .position(|c| self.planned_text(c) == text.as_slice());
            match same {
                Some(at) => {
                    for other in rest.by_ref().take(at) {
                        self.only_planned(other);
                    }
                    let facing = rest.next();
                    self.push(
                        [void(), hot(cell), facing.map_or_else(void, kept)],
                        true,
                        true,
                    );
                }
                None if self.contained.has(None, Some(cell.number)) => {
                    let found = self.elsewhere(cell.number, "kept");
                    self.push([void(), hot(cell), found.unwrap_or_else(void)], true, false);
                }
                None => {
                    self.lost += 1;
                    let lost = self.elsewhere(cell.number, "gone");
                    self.push([void(), hot(cell), lost.unwrap_or_else(gone)], true, false);
                }
            }
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
        let kept_form = self.contained.planned.contains(&cell.number);
        let cell = if kept_form {
            kept(cell)
        } else {
            shown("add", cell)
        };
        self.push([void(), void(), cell], kept_form, true);
    }

    /// A base line with what became of it on both sides.
    fn facing(&mut self, index: usize) {
        let (ours, theirs) = (
            self.hotfix.facing[index].take(),
            self.planned.facing[index].take(),
        );
        let is_changed =
            |cell: &Option<diff::Cell>| cell.as_ref().is_none_or(|c| c.kind != Kind::Equal);
        let (is_hotfix, is_planned) = (is_changed(&ours), is_changed(&theirs));
        let base_kind = match (is_hotfix, is_planned) {
            (true, _) => "hotdel",
            (false, true) => "del",
            (false, false) => "same",
        };
        let painted = if is_hotfix {
            &mut self.hotfix
        } else {
            &mut self.planned
        };
        let base = painted.base[index]
            .take()
            .map_or_else(void, |cell| shown(base_kind, cell));
        if !is_hotfix {
            let ours = ours.map_or_else(void, |cell| shown("same", cell));
            let theirs = theirs.map_or_else(void, |cell| {
                let kind = if self.contained.planned.contains(&cell.number) {
                    "kept"
                } else if is_planned {
                    "add"
                } else {
                    "same"
                };
                shown(kind, cell)
            });
            return self.push([base, ours, theirs], false, is_planned);
        }
        let number = u32::try_from(index + 1).ok();
        let known = self
            .contained
            .has(number, ours.as_ref().map(|cell| cell.number));
        let theirs = match (&ours, theirs) {
            (Some(ours), Some(theirs)) if self.hotfix_text(ours) == self.planned_text(&theirs) => {
                kept(theirs)
            }
            (_, Some(theirs)) if known => {
                let kind = match is_planned {
                    true if self.contained.is_found(&theirs) => "kept",
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
        };
        let is_repeated = self.is_repeated(index, ours.as_ref());
        self.push(
            [base, ours.map_or_else(void, hot), theirs],
            true,
            is_planned,
        );
        if let Some(line) = self.lines.last_mut() {
            line.is_repeated = is_repeated;
        }
    }

    /// True if the hotfix did to this line only what it did to an earlier one, and no single change is here.
    fn is_repeated(&mut self, index: usize, ours: Option<&diff::Cell>) -> bool {
        let (Some(ours), Ok(index)) = (ours, u32::try_from(index)) else {
            return false;
        };
        let before = self.ours.old_text().line(index);
        let edits = same_edits::edits(before, self.hotfix_text(ours));
        let is_known = edits.iter().all(|edit| self.edits.contains(edit));
        self.edits.extend(edits);
        is_known && self.contained.is_unnamed(index + 1, ours.number)
    }

    fn push(&mut self, cells: [Cell; 3], is_hotfix: bool, is_planned: bool) {
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

/// Leaves out what lies far from the hotfix's changes, and counts it.
fn with_gaps(lines: Vec<Line>, whole: bool, unit: &dyn Fn(u32) -> Option<String>) -> Vec<Sided> {
    let mut is_near = vec![whole; lines.len()];
    for (index, _) in lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.is_finding())
    {
        let end = (index + CONTEXT + 1).min(lines.len());
        is_near[index.saturating_sub(CONTEXT)..end].fill(true);
    }
    let mut rows = Vec::new();
    let (mut hidden, mut findings, mut was_hotfix) = (Hidden::default(), 0, false);
    // The last base line shown, counted from 1: a gap at the end starts in what follows it.
    let mut last: Option<u64> = None;
    for (line, is_near) in lines.into_iter().zip(is_near) {
        if !is_near {
            hidden.lines += 1;
            hidden.repeated += usize::from(line.is_hotfix);
            hidden.moved += usize::from(line.is_planned && !line.is_hotfix);
            was_hotfix = false;
            continue;
        }
        if hidden.lines > 0 {
            let number = line
                .cells
                .iter()
                .find_map(|cell| cell.no)
                .filter(|_| line.cells[0].no.is_some());
            let name = number
                .and_then(|number| unit(u32::try_from(number).unwrap_or(1).saturating_sub(1)));
            let name = name.map(|name| format!("then {name}"));
            rows.push(std::mem::take(&mut hidden).gap(name));
        }
        let finding = if line.is_finding() && !was_hotfix {
            findings += 1;
            format!("finding-{findings}")
        } else {
            String::new()
        };
        was_hotfix = line.is_finding();
        last = line.cells[0].no.or(last);
        let is_same = line.cells.iter().all(|cell| cell.kind == "same");
        rows.push(Sided {
            kind: if is_same { "same" } else { "change" },
            cells: line.cells.into(),
            finding,
            ..Sided::default()
        });
    }
    if hidden.lines > 0 {
        let name = last.and_then(|number| unit(u32::try_from(number).unwrap_or(0)));
        let name = name.map(|name| format!("from {name} on"));
        rows.push(hidden.gap(name));
    }
    rows
}

impl Line {
    /// `j` and `k` stop here, and the lines around it are shown.
    fn is_finding(&self) -> bool {
        self.is_hotfix && !self.is_repeated
    }
}

/// Lines left out since the last one shown.
#[derive(Default)]
struct Hidden {
    lines: usize,
    /// Of them, changed by planned alone.
    moved: usize,
    /// Of them, changed by the hotfix as on an earlier line.
    repeated: usize,
}

impl Hidden {
    fn gap(self, unit: Option<String>) -> Sided {
        let mut note = match self.repeated {
            0 => format::count(
                self.lines,
                "line that the hotfix left alone",
                "lines that the hotfix left alone",
            ),
            repeated => format!(
                "{} not shown, {} of them changed by the hotfix as shown above",
                format::count(self.lines, "line", "lines"),
                format::thousands(repeated)
            ),
        };
        if self.moved > 0 {
            note.push_str(&format!(
                ", {} changed by the planned version",
                format::thousands(self.moved)
            ));
        }
        if let Some(unit) = unit {
            note.push_str(&format!(" · {unit}"));
        }
        Sided {
            kind: "gap",
            note,
            ..Sided::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, hotfix: &str, planned: &str, expected: &[&str]) {
        let view = three_way(
            base.as_bytes(),
            hotfix.as_bytes(),
            planned.as_bytes(),
            None,
            false,
        )
        .unwrap();
        let rows: Vec<String> = view
            .rows
            .iter()
            .map(|row| match row.kind {
                "gap" => row.note.clone(),
                _ => row
                    .cells
                    .iter()
                    .map(|cell| cell.kind)
                    .collect::<Vec<_>>()
                    .join(" "),
            })
            .collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_hotfix_line_is_kept_or_gone() {
        check(
            "a\nb\n",
            "a\nB\n",
            "a\nb\n",
            &["same same same", "hotdel hot gone"],
        );
        check(
            "a\nb\n",
            "a\nB\n",
            "a\nB\n",
            &["same same same", "hotdel hot kept"],
        );
        check(
            "a\nb\n",
            "a\nb\nc\n",
            "a\nb\nc\n",
            &["same same same", "same same same", "void hot kept"],
        );
        check(
            "a\nb\n",
            "a\nb\nc\n",
            "a\nb\n",
            &["same same same", "same same same", "void hot gone"],
        );
        check(
            "a\nb\n",
            "a\n",
            "a\nb\n",
            &["same same same", "hotdel void gone"],
        );
        check(
            "a\nb\n",
            "a\n",
            "a\n",
            &["same same same", "hotdel void void"],
        );
    }

    #[test]
    fn what_planned_alone_did_far_away_is_hidden_and_counted() {
        let base = "1\n2\n3\n4\n5\n6\n7\n8\n9\nx\n";
        check(
            base,
            &base.replace("x", "X"),
            &base.replace("1", "one"),
            &[
                "6 lines that the hotfix left alone, 1 changed by the planned version",
                "same same same",
                "same same same",
                "same same same",
                "hotdel hot gone",
            ],
        );
    }
}
