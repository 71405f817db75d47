//! Comparisons as the diff macros show them: `templates/macros/diff.html` gets its rows from here.

use std::collections::BTreeSet;

use crate::domain::diff::{
    self, Class, Count, Gap, Highlight, Kind, Options, Segment, SideRow, TextDiff,
};
use crate::web::format;

/// A piece of a line; `mark` is empty, `word`, `hot`, `ctl`, `odd` or `end`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Part {
    pub mark: &'static str,
    pub text: String,
    pub title: String,
}

/// A row of a unified view; `kind` is `same`, `add`, `del`, `hot`, `hotdel`, `kept`, `gone`, `gap` or `note`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Row {
    pub kind: &'static str,
    pub old: Option<u64>,
    pub new: Option<u64>,
    pub parts: Vec<Part>,
    pub note: String,
    pub href: String,
    /// The element's id where `j` and `k` stop; empty elsewhere.
    pub finding: String,
}

/// One side of a side-by-side row; `void` where that side has no line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Cell {
    pub kind: &'static str,
    pub no: Option<u64>,
    pub parts: Vec<Part>,
}

/// A row of a side-by-side view; `kind` is `same`, `change`, `gap` or `note`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Sided {
    pub kind: &'static str,
    pub cells: Vec<Cell>,
    pub note: String,
    pub href: String,
    /// The element's id where `j` and `k` stop; empty elsewhere.
    pub finding: String,
}

/// The head of a column of a side-by-side view; `tag` is a tag's kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Column {
    pub tag: &'static str,
    pub name: String,
    pub text: String,
}

/// Lines that a hotfix wrote, with the words that stand above them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Numbers of the lines, from 1, in the text that holds the hotfix.
    pub lines: BTreeSet<u32>,
    /// Whose hotfix: name, who, when, incident.
    pub note: String,
    /// Where it is told in full; may be empty.
    pub href: String,
}

/// What hotfixes have to do with the two texts of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    /// Lines of the old text that a hotfix wrote: gone where the new text lacks them.
    pub old: Vec<Origin>,
    /// Lines of the new text that a hotfix wrote.
    pub new: Vec<Origin>,
    /// Lines of the old text that the new text's hotfix took out.
    pub replaced: BTreeSet<u32>,
}

impl Origins {
    /// The lines for [`Options::highlight`].
    pub fn highlight(&self) -> Highlight {
        let lines = |origins: &[Origin]| origins.iter().flat_map(|o| o.lines.clone()).collect();
        let mut old: BTreeSet<u32> = lines(&self.old);
        old.extend(&self.replaced);
        Highlight {
            old,
            new: lines(&self.new),
        }
    }
}

/// Rows of one page with what lies before and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown<R> {
    /// The rows, from the top.
    pub rows: Vec<R>,
    /// Lines before the first row.
    pub before: Count,
    /// Lines after the last row.
    pub after: Count,
    /// A part is shown as replaced whole because the texts are large and unlike.
    pub coarse: bool,
}

/// The lines of `after` that differ from `before`, and the lines of `before` that they replaced: what a
/// hotfix wrote and took out. Numbered from 1.
pub fn written(before: &[u8], after: &[u8]) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let diff = TextDiff::new(before, after);
    let mut lines = (BTreeSet::new(), BTreeSet::new());
    for change in diff.changes() {
        lines.0.extend(change.new.clone().map(|index| index + 1));
        lines.1.extend(change.old.clone().map(|index| index + 1));
    }
    lines
}

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
        if let Some(origin) = noted.starts(origins, old, new) {
            rows.push(Row {
                kind: "note",
                note: origin.note.clone(),
                href: origin.href.clone(),
                ..Row::default()
            });
        }
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
        if let Some(origin) = noted.starts(origins, old, new) {
            rows.push(Sided {
                kind: "note",
                note: origin.note.clone(),
                href: origin.href.clone(),
                ..Sided::default()
            });
        }
        rows.push(sided_row(row, origins, gap_href));
    }
    Shown {
        rows,
        before: page.before,
        after: page.after,
        coarse: page.coarse,
    }
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
        if let Some(origin) = noted.starts(origins, None, number) {
            rows.push(Sided {
                kind: "note",
                note: origin.note.clone(),
                href: origin.href.clone(),
                ..Sided::default()
            });
        }
        rows.push(shown);
    }
    rows
}

/// One row of a unified view or of an excerpt, without notes and links.
pub fn row(row: &diff::Row) -> Row {
    unified_row(row, &Origins::default(), &|_| String::new())
}

fn unified_row(row: &diff::Row, origins: &Origins, gap_href: &dyn Fn(&Gap) -> String) -> Row {
    match row {
        diff::Row::Line(line) => Row {
            kind: kind(line.kind, line.hotfix, line.old, origins),
            old: line.old.map(u64::from),
            new: line.new.map(u64::from),
            parts: parts(&line.segments),
            ..Row::default()
        },
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

fn kind(kind: Kind, is_hotfix: bool, old: Option<u32>, origins: &Origins) -> &'static str {
    let is_replaced = || old.is_some_and(|number| origins.replaced.contains(&number));
    match (kind, is_hotfix) {
        (Kind::Equal, false) => "same",
        (Kind::Equal, true) if is_replaced() => "same",
        (Kind::Equal, true) => "kept",
        (Kind::Added, false) => "add",
        (Kind::Added, true) => "hot",
        (Kind::Removed, false) => "del",
        (Kind::Removed, true) if is_replaced() => "hotdel",
        (Kind::Removed, true) => "gone",
    }
}

/// The pieces of a line. Characters that hide come as a visible mark with their name.
pub fn parts(segments: &[Segment]) -> Vec<Part> {
    segments
        .iter()
        .map(|segment| Part {
            mark: match (segment.class, segment.mark) {
                (Class::Control | Class::Bidi | Class::Invisible | Class::Byte, _) => "ctl",
                (Class::Confusable, _) => "odd",
                (_, true) => "word",
                (Class::Trailing | Class::End | Class::Cut, false) => "end",
                (Class::Plain, false) => "",
            },
            title: segment
                .note
                .clone()
                .unwrap_or_else(|| meaning(segment.class).to_owned()),
            text: segment.text.clone(),
        })
        .collect()
}

fn meaning(class: Class) -> &'static str {
    match class {
        Class::Plain | Class::Confusable => "",
        Class::Control => "control character",
        Class::Bidi => "changes the direction of text",
        Class::Invisible => "shows nothing, or a space that is not plain",
        Class::Byte => "not UTF-8",
        Class::Trailing => "white space at the end of the line",
        Class::End => "how the line ends",
        Class::Cut => "part of a long line",
    }
}

/// `2,140 equal lines not shown, then rule 942361`.
pub fn gap_note(gap: &Gap) -> String {
    let hidden = format::count(gap.hidden, "equal line not shown", "equal lines not shown");
    match &gap.unit {
        Some(unit) => format!("{hidden} · {unit}"),
        None => hidden,
    }
}

/// Tells where the lines of another hotfix begin: its note stands above the first of them, not above every
/// run, which would bury the text when a hotfix touched many places.
#[derive(Default)]
struct Noted<'o> {
    last: Option<&'o str>,
}

impl<'o> Noted<'o> {
    fn starts(
        &mut self,
        origins: &'o Origins,
        old: Option<u32>,
        new: Option<u32>,
    ) -> Option<&'o Origin> {
        let within = |list: &'o [Origin], number: Option<u32>| {
            list.iter()
                .find(|origin| number.is_some_and(|number| origin.lines.contains(&number)))
        };
        let by_line = within(&origins.new, new).or_else(|| within(&origins.old, old));
        // lines that the hotfix took out stand just above what it wrote: one note for both
        let origin = by_line.or_else(|| {
            let is_replaced = old.is_some_and(|number| origins.replaced.contains(&number));
            origins.new.first().filter(|_| is_replaced)
        })?;
        let is_new = self.last != Some(origin.note.as_str());
        self.last = Some(&origin.note);
        is_new.then_some(origin)
    }
}

#[cfg(test)]
mod tests {
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
            replaced: BTreeSet::new(),
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
    fn what_a_hotfix_wrote_and_took_out() {
        let (wrote, took) = written(b"a\nb\n", b"a\nc\nd\n");
        assert_eq!((wrote, took), ([2, 3].into(), [2].into()));
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
