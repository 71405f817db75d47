//! Comparisons laid out: one column, two columns, or parts of one text, with notes where hotfixes begin.

use super::origins::{Noted, kind};
use super::{Cell, Origins, Row, Shown, Sided, gap_note, parts};
use rulegate_compare::diff::{self, Gap, Options, SideRow, TextDiff};

/// The unified view. Highlighted lines are the hotfix's: `hot` where added, `kept` where in both,
/// `gone` where removed.
pub fn unified(diff: &TextDiff<'_>, options: &Options<'_>) -> Vec<Row> {
    unified_with(diff, options, &Origins::default(), &|_| String::new()).rows
}

/// The side-by-side view, with highlighted lines as in [`unified`].
pub fn side_by_side(diff: &TextDiff<'_>, options: &Options<'_>) -> Vec<Sided> {
    side_by_side_with(diff, options, &Origins::default(), &|_| String::new()).rows
}

/// As [`unified`], with a note where a hotfix's lines begin; `gap_href` says where a gap's lines are
/// shown. `options.highlight` should be [`Origins::highlight`].
pub fn unified_with(
    diff: &TextDiff<'_>,
    options: &Options<'_>,
    origins: &Origins,
    gap_href: &dyn Fn(&Gap) -> String,
) -> Shown<Row> {
    let page = diff.unified(options);
    let mut rows = Vec::with_capacity(page.rows.len());
    let mut noted = Noted::default();
    for row in &page.rows {
        let (old, new) = match row {
            diff::Row::Line(line) => (line.old, line.new),
            diff::Row::Gap(_) => (None, None),
        };
        rows.extend(noted.starts(origins, old, new).map(Row::from));
        rows.push(unified_row(row, origins, gap_href));
    }
    Shown {
        rows,
        before: page.before,
        after: page.after,
        coarse: page.coarse,
    }
}

/// As [`side_by_side`], with notes as in [`unified_with`].
pub fn side_by_side_with(
    diff: &TextDiff<'_>,
    options: &Options<'_>,
    origins: &Origins,
    gap_href: &dyn Fn(&Gap) -> String,
) -> Shown<Sided> {
    let page = diff.side_by_side(options);
    let mut rows = Vec::with_capacity(page.rows.len());
    let mut noted = Noted::default();
    for row in &page.rows {
        let (old, new) = match row {
            SideRow::Lines { old, new } => (
                old.as_ref().map(|cell| cell.number),
                new.as_ref().map(|cell| cell.number),
            ),
            SideRow::Gap(_) => (None, None),
        };
        rows.extend(noted.starts(origins, old, new).map(Sided::from));
        rows.push(sided_row(row, origins, gap_href));
    }
    Shown {
        rows,
        before: page.before,
        after: page.after,
        coarse: page.coarse,
    }
}

/// Rows of three columns (base, hotfix, planned) with a note where a hotfix's lines begin.
pub fn noted(rows: Vec<Sided>, origins: &Origins) -> Vec<Sided> {
    let mut noted = Noted::default();
    let mut with_notes = Vec::with_capacity(rows.len() + origins.new.len());
    for row in rows {
        let number = |column: usize, kind: &str| {
            let cell = row.cells.get(column).filter(|cell| cell.kind == kind)?;
            u32::try_from(cell.no?).ok()
        };
        let (base, hotfix) = (number(0, "hotdel"), number(1, "hot"));
        with_notes.extend(noted.starts(origins, base, hotfix).map(Sided::from));
        with_notes.push(row);
    }
    with_notes
}

/// Parts of one text as a single column, with a note where a hotfix's lines begin.
pub fn excerpt_with(
    text: &diff::Text<'_>,
    spans: &[(u32, u32)],
    options: &Options<'_>,
    origins: &Origins,
) -> Vec<Sided> {
    let mut noted = Noted::default();
    let mut rows = Vec::new();
    for row in diff::excerpt(text, spans, options) {
        let (number, shown) = match row {
            diff::Row::Gap(gap) => {
                let note = gap_note(&gap).replace("equal line", "line");
                (
                    None,
                    Sided {
                        kind: "gap",
                        note,
                        ..Sided::default()
                    },
                )
            }
            diff::Row::Line(line) => {
                let kind = if line.hotfix { "hot" } else { "same" };
                let cell = Cell {
                    kind,
                    no: line.new.map(u64::from),
                    parts: parts(&line.segments),
                };
                (
                    line.new,
                    Sided {
                        kind: if line.hotfix { "change" } else { "same" },
                        cells: vec![cell],
                        ..Sided::default()
                    },
                )
            }
        };
        rows.extend(noted.starts(origins, None, number).map(Sided::from));
        rows.push(shown);
    }
    rows
}

/// A line of a unified view, without notes and links.
pub fn line_row(line: &diff::Line, origins: &Origins) -> Row {
    Row {
        kind: kind(line.kind, line.hotfix, line.old, origins),
        old: line.old.map(u64::from),
        new: line.new.map(u64::from),
        parts: parts(&line.segments),
        ..Row::default()
    }
}

fn unified_row(row: &diff::Row, origins: &Origins, gap_href: &dyn Fn(&Gap) -> String) -> Row {
    match row {
        diff::Row::Line(line) => line_row(line, origins),
        diff::Row::Gap(gap) => Row {
            kind: "gap",
            note: gap_note(gap),
            href: gap_href(gap),
            ..Row::default()
        },
    }
}

fn sided_row(row: &SideRow, origins: &Origins, gap_href: &dyn Fn(&Gap) -> String) -> Sided {
    let (old, new) = match row {
        SideRow::Lines { old, new } => (old, new),
        SideRow::Gap(gap) => {
            return Sided {
                kind: "gap",
                note: gap_note(gap),
                href: gap_href(gap),
                ..Sided::default()
            };
        }
    };
    let cell = |side: &Option<diff::Cell>, is_old: bool| match side {
        None => Cell {
            kind: "void",
            no: None,
            parts: Vec::new(),
        },
        Some(cell) => Cell {
            kind: kind(
                cell.kind,
                cell.hotfix,
                is_old.then_some(cell.number),
                origins,
            ),
            no: Some(u64::from(cell.number)),
            parts: parts(&cell.segments),
        },
    };
    let cells = vec![cell(old, true), cell(new, false)];
    let kind = if cells.iter().all(|cell| cell.kind == "same") {
        "same"
    } else {
        "change"
    };
    Sided {
        kind,
        cells,
        ..Sided::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Origin;
    use super::*;

    fn origins(old: &[u32], new: &[u32]) -> Origins {
        let origin = |lines: &[u32]| Origin {
            lines: lines.iter().copied().collect(),
            note: "theo's".into(),
            href: String::new(),
        };
        Origins {
            old: vec![origin(old)],
            new: vec![origin(new)],
            ..Origins::default()
        }
    }

    #[test]
    fn a_lost_hotfix_line_is_gone_and_its_note_stands_above() {
        let diff = TextDiff::new(b"a\nfixed\nb\n", b"a\nbroken\nb\n");
        let origins = origins(&[2], &[]);
        let highlight = origins.highlight();
        let options = Options {
            highlight: Some(&highlight),
            ..Options::default()
        };
        let shown = unified_with(&diff, &options, &origins, &|_| String::new());
        let kinds: Vec<&str> = shown.rows.iter().map(|row| row.kind).collect();
        assert_eq!(kinds, ["same", "note", "gone", "add", "same"]);
        let sides = side_by_side_with(&diff, &options, &origins, &|_| String::new());
        let kinds: Vec<&str> = sides.rows.iter().map(|row| row.kind).collect();
        assert_eq!(kinds, ["same", "note", "change", "same"]);
    }

    #[test]
    fn a_hotfix_line_of_which_nothing_is_lost_has_merely_changed() {
        let diff = TextDiff::new(b"a\nver 2\nfixed\n", b"a\nver 3\nbroken\n");
        let origins = Origins {
            not_lost: [2].into(),
            ..origins(&[2, 3], &[])
        };
        let highlight = origins.highlight();
        let options = Options {
            highlight: Some(&highlight),
            ..Options::default()
        };
        let shown = unified_with(&diff, &options, &origins, &|_| String::new());
        let kinds: Vec<&str> = shown.rows.iter().map(|row| row.kind).collect();
        assert_eq!(kinds, ["same", "note", "del", "gone", "add", "add"]);
    }

    #[test]
    fn a_hidden_character_is_a_mark() {
        let diff = TextDiff::new(b"a\n", "a\u{202e}b\n".as_bytes());
        let rows = unified(&diff, &Options::default());
        let part = &rows[1].parts;
        assert!(part.iter().any(|part| part.mark == "ctl"), "{part:?}");
        assert!(part.iter().all(|part| !part.text.contains('\u{202e}')));
    }
}
