//! Hidden lines of one rule that the address asks to see.

use super::params::Params;
use crate::web::diff_view::{self, Cell, Origins, Row, Shown, Sided};
use rulegate_compare::diff::{Gap, Options, TextDiff};

/// Hidden lines shown at once.
const GAP_LINES: u32 = 500;

/// The lines asked for of a hidden stretch, and the rest of it as a shorter gap.
fn gap_lines(
    diff: &TextDiff<'_>,
    options: &Options<'_>,
    (old, new, hidden): (u32, u32, u32),
) -> (Vec<Row>, Option<Gap>) {
    let count = hidden.min(GAP_LINES);
    let mut rows: Vec<Row> = diff
        .gap_lines(old, new, count, options)
        .iter()
        .map(|line| diff_view::line_row(line, &Origins::default()))
        .collect();
    if let Some(first) = rows.first_mut() {
        first.finding = format!("g{new}");
    }
    let rest = (hidden > count).then(|| Gap {
        hidden: (hidden - count) as usize,
        unit: None,
        old: old + count,
        new: new + count,
    });
    (rows, rest)
}

/// Puts the lines asked for in place of their gap. An address that names no gap of this page changes nothing.
pub(super) fn open_gap(
    diff: &TextDiff<'_>,
    options: &Options<'_>,
    asked: &Params,
    path: &str,
    skip: usize,
    shown: &mut Shown<Row>,
) {
    let Some((at, gap)) = find_gap(asked, path, skip, shown.rows.iter().map(|row| &row.href))
    else {
        return;
    };
    let (mut rows, rest) = gap_lines(diff, options, gap);
    rows.extend(rest.map(|rest| Row {
        kind: "gap",
        note: diff_view::gap_note(&rest),
        href: asked.gap_href(path, skip, &rest),
        ..Row::default()
    }));
    shown.rows.splice(at..=at, rows);
}

/// The same, side by side.
pub(super) fn open_gap_sided(
    diff: &TextDiff<'_>,
    options: &Options<'_>,
    asked: &Params,
    path: &str,
    skip: usize,
    shown: &mut Shown<Sided>,
) {
    let Some((at, gap)) = find_gap(asked, path, skip, shown.rows.iter().map(|row| &row.href))
    else {
        return;
    };
    let (rows, rest) = gap_lines(diff, options, gap);
    let sided = |row: Row| {
        let cell = |no| Cell {
            kind: row.kind,
            no,
            parts: row.parts.clone(),
        };
        Sided {
            kind: if row.kind == "same" { "same" } else { "change" },
            cells: vec![cell(row.old), cell(row.new)],
            finding: row.finding.clone(),
            ..Sided::default()
        }
    };
    let mut rows: Vec<Sided> = rows.into_iter().map(sided).collect();
    rows.extend(rest.map(|rest| Sided {
        kind: "gap",
        note: diff_view::gap_note(&rest),
        href: asked.gap_href(path, skip, &rest),
        ..Sided::default()
    }));
    shown.rows.splice(at..=at, rows);
}

/// The gap that the address names, if the page has it or a longer one from the same line on.
fn find_gap<'r>(
    asked: &Params,
    path: &str,
    skip: usize,
    mut hrefs: impl Iterator<Item = &'r String>,
) -> Option<(usize, (u32, u32, u32))> {
    let (old, new, hidden) = asked.gap.filter(|_| asked.is_alone())?;
    let wanted = Gap {
        hidden: hidden as usize,
        unit: None,
        old,
        new,
    };
    let href = asked.gap_href(path, skip, &wanted);
    let at = hrefs.position(|known| *known == href)?;
    Some((at, (old, new, hidden)))
}
