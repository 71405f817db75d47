//! Values that differ beside the lines of a text: `templates/macros/structured.html` gets them
//! from here.

use crate::web::diff_view::{Part, parts};
use crate::web::format;
use rulegate_compare::diff::{TextDiff, segments, word_marks};
use rulegate_compare::structured::{
    self, Bounds, Change, ChangeKind, FormKind, NotCompared, Structured,
};

/// Bytes of a value that a page shows.
const VALUE_BYTES_MAX: usize = 1_000;

/// What one page may spend on one rule among many.
pub const AMONG_MANY: Bounds = Bounds {
    text_bytes_max: 256 << 10,
    steps_max: 400_000,
    changes_max: 40,
    value_chars_max: 200,
};

/// One text against another by value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StructuredView {
    /// All of it in a few words, e.g. `YAML values: 2 changed, 1 added`.
    pub headline: String,
    /// The values are the same: the lines may stay folded.
    pub is_form_only: bool,
    /// Shown unfolded.
    pub is_open: bool,
    /// Values that differ.
    pub rows: Vec<ValueRow>,
    /// How many more there are; may be empty.
    pub more: String,
    /// What differs in form only; may be empty.
    pub form: String,
}

/// One value that differs; `kind` is `add`, `del`, `change` or `move`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ValueRow {
    pub kind: &'static str,
    pub sign: &'static str,
    pub words: &'static str,
    pub place: Vec<Part>,
    pub before: Option<Vec<Part>>,
    pub after: Option<Vec<Part>>,
    pub lines: String,
}

/// Compares by value; none of a text without structure, or where one side has no text at all.
pub fn structured_view(path: &str, diff: &TextDiff<'_>, bounds: &Bounds) -> Option<StructuredView> {
    if diff.old_text().is_empty() || diff.new_text().is_empty() || diff.changes().is_empty() {
        return None;
    }
    let headline = match structured::compare(path, diff, bounds) {
        Ok(found) => return Some(view(&found)),
        Err(NotCompared::NoStructure) => return None,
        Err(NotCompared::OldUnreadable) => {
            "By value: not compared, the old text cannot be read as its name promises"
        }
        Err(NotCompared::NewUnreadable) => {
            "By value: not compared, the new text cannot be read as its name promises"
        }
        Err(NotCompared::TooLarge) => "By value: not compared here, the texts are too large",
    };
    Some(StructuredView {
        headline: headline.to_owned(),
        ..StructuredView::default()
    })
}

fn view(found: &Structured) -> StructuredView {
    let counts = [
        (found.counts.changed, "changed"),
        (found.counts.added, "added"),
        (found.counts.removed, "removed"),
        (found.counts.moved, "moved"),
    ];
    let told: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", format::thousands(*count)))
        .collect();
    let form = form(found);
    let name = found.format.name();
    StructuredView {
        headline: match told.is_empty() {
            true => format!("{name}: the same values. {form}"),
            false => format!("{name} values: {}", told.join(", ")),
        },
        is_form_only: found.is_form_only(),
        is_open: false,
        rows: found.changes.iter().map(row).collect(),
        more: match found.counts.total() - found.changes.len() {
            0 => String::new(),
            more => format::count(more, "more value", "more values"),
        },
        form,
    }
}

/// `12 lines differ in form only: order of keys, quotes.`
fn form(found: &Structured) -> String {
    let kinds: Vec<&str> = found
        .form
        .kinds
        .iter()
        .map(|kind: &FormKind| kind.words())
        .collect();
    let lines = found.form.removed.max(found.form.added);
    match (lines, kinds.is_empty()) {
        (0, true) => String::new(),
        (0, false) => format!("In form only: {}.", kinds.join(", ")),
        (_, true) => format!(
            "{} in form only.",
            format::count(lines, "line differs", "lines differ")
        ),
        (_, false) => format!(
            "{} in form only: {}.",
            format::count(lines, "line differs", "lines differ"),
            kinds.join(", ")
        ),
    }
}

fn row(change: &Change) -> ValueRow {
    let (kind, sign, words) = match change.kind {
        ChangeKind::Added => ("add", "+", "added"),
        ChangeKind::Removed => ("del", "−", "removed"),
        ChangeKind::Changed => ("change", "~", "changed"),
        ChangeKind::Moved => ("move", "↕", "moved"),
    };
    let (old_marks, new_marks) = match (change.kind, &change.before, &change.after) {
        (ChangeKind::Changed, Some(before), Some(after)) => {
            word_marks(before.as_bytes(), after.as_bytes())
        }
        _ => Default::default(),
    };
    let shown = |text: &str, marks: &[std::ops::Range<usize>]| {
        parts(&segments(text.as_bytes(), marks, VALUE_BYTES_MAX))
    };
    ValueRow {
        kind,
        sign,
        words,
        place: shown(&change.place.join(" › "), &[]),
        before: change.before.as_ref().map(|text| shown(text, &old_marks)),
        after: change.after.as_ref().map(|text| shown(text, &new_marks)),
        lines: lines(change),
    }
}

/// `old 5, new 7 to 9`.
fn lines(change: &Change) -> String {
    let span = |side: &str, lines: Option<(u32, u32)>| {
        lines.map(|(from, to)| match from == to {
            true => format!("{side} {from}"),
            false => format!("{side} {from} to {to}"),
        })
    };
    let both = [span("old", change.old_lines), span("new", change.new_lines)];
    both.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
