//! Comparisons as the diff macros show them: `templates/macros/diff.html` gets its rows from here.

mod lay;
mod origins;

pub use lay::{
    excerpt_with, line_row, noted, side_by_side, side_by_side_with, unified, unified_with,
};
pub use origins::{Origin, Origins};

use crate::web::format;
use rulegate_compare::diff::{Class, Count, Gap, Segment};

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
