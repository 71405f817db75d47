//! What differs between two texts of a structured format by value: keys, elements, items, cells;
//! and what differs in form only.
//!
//! ```text
//! base       | hotfix        | planned
//! level: low | id: 7         | id: 7
//! id: 7      | level: "high" | level: high    base to hotfix: `level` changed; order is form
//!            |               |                hotfix to planned: form alone, quotes
//! ```
//!
//! JSON, YAML, TOML and XML are read by the parsers of the verdict, with white space at the ends of
//! values kept; CSV by the `csv` crate. Whatever the parsers drop (order of keys, quotes,
//! indentation, comments) is a difference in form. Nothing is left out silently: a changed line of
//! the text lies in a change that is listed or counted, or is counted as form.
//!
//! ```
//! use rulegate_compare::diff::TextDiff;
//! use rulegate_compare::structured::{Bounds, compare};
//! let diff = TextDiff::new(b"level: low\nid: 1\n", b"id: 1\nlevel: high\n");
//! let found = compare("rule.yaml", &diff, &Bounds::default()).unwrap();
//! assert_eq!(found.changes[0].place, ["level"]);
//! assert_eq!(found.changes[0].after.as_deref(), Some("high"));
//! ```
mod form;
mod hashed;
mod items;
mod sure;
mod table;
mod tree;

use serde::Serialize;

use crate::diff::TextDiff;
use crate::verdict::reading::{self, Budget};
pub use form::{Form, FormKind};
pub use sure::surely_differ;

/// How much a comparison by value may cost and give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Largest text that is read, in bytes.
    pub text_bytes_max: usize,
    /// Steps: a step is about one value read or compared.
    pub steps_max: u64,
    /// Changes that are listed; all are counted.
    pub changes_max: usize,
    /// Characters of a value that are given; the rest is cut around where two values differ.
    pub value_chars_max: usize,
}

impl Default for Bounds {
    /// For one rule on a page of its own: some 0.2 s of one core at the very most.
    fn default() -> Bounds {
        Bounds {
            text_bytes_max: 2 << 20,
            steps_max: 4_000_000,
            changes_max: 500,
            value_chars_max: 400,
        }
    }
}

/// A format whose values can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Format {
    Json,
    Yaml,
    Toml,
    Xml,
    Csv,
}

impl Format {
    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "JSON",
            Format::Yaml => "YAML",
            Format::Toml => "TOML",
            Format::Xml => "XML",
            Format::Csv => "CSV",
        }
    }
}

/// What became of one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// Only the new text has it.
    Added,
    /// Only the old text has it.
    Removed,
    /// Both have it, with another value.
    Changed,
    /// An item of a list, or a column, stands at another place among those that both have.
    Moved,
}

/// One value that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What became of it.
    pub kind: ChangeKind,
    /// Keys, names and numbers from the top of the text down.
    pub place: Vec<String>,
    /// The old value, cut to [`Bounds::value_chars_max`]; of what moved, its old position.
    pub before: Option<String>,
    /// The new value, likewise.
    pub after: Option<String>,
    /// First and last line in the old text, from 1.
    pub old_lines: Option<(u32, u32)>,
    /// First and last line in the new text, from 1.
    pub new_lines: Option<(u32, u32)>,
}

/// Values that differ, counted by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Counts {
    pub added: usize,
    pub removed: usize,
    pub changed: usize,
    pub moved: usize,
}

impl Counts {
    /// All of them.
    pub fn total(&self) -> usize {
        self.added + self.removed + self.changed + self.moved
    }
}

/// Everything in which two texts differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Structured {
    /// How both were read.
    pub format: Format,
    /// Values that differ in the order of the text, at most [`Bounds::changes_max`].
    pub changes: Vec<Change>,
    /// All of them, counted.
    pub counts: Counts,
    /// Differences in form only.
    pub form: Form,
}

impl Structured {
    /// True if both texts say the same.
    pub fn is_form_only(&self) -> bool {
        self.counts.total() == 0
    }
}

/// Why two texts were not compared by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotCompared {
    /// Neither their name nor their start promises a structured format.
    NoStructure,
    /// The old text does not read as the format that its name or start promises.
    OldUnreadable,
    /// The new text does not.
    NewUnreadable,
    /// They are larger, or would take longer, than is allowed here.
    TooLarge,
}

/// Compares two texts that stand under `path` by value.
///
/// Errors: [`NotCompared`] says why there is nothing but the text to look at.
pub fn compare(
    path: &str,
    diff: &TextDiff<'_>,
    bounds: &Bounds,
) -> Result<Structured, NotCompared> {
    let (old, new) = (diff.old_text().bytes(), diff.new_text().bytes());
    let format = promised(path, old, new).ok_or(NotCompared::NoStructure)?;
    if old.len().max(new.len()) > bounds.text_bytes_max {
        return Err(NotCompared::TooLarge);
    }
    let budget = Budget::new(bounds.steps_max);
    let mut found = Found::new(bounds, &budget);
    let unread = |side| match budget.is_spent() {
        true => NotCompared::TooLarge,
        false => side,
    };
    match format {
        Format::Csv => {
            let read = |bytes, side| table::read(path, bytes, &budget).ok_or_else(|| unread(side));
            let old = read(old, NotCompared::OldUnreadable)?;
            let new = read(new, NotCompared::NewUnreadable)?;
            table::compare(&old, &new, &mut found);
        }
        _ => {
            let read = |bytes, side| {
                let text = std::str::from_utf8(bytes).ok();
                text.and_then(|text| reading::exact(as_read(format), text, &budget))
                    .ok_or_else(|| unread(side))
            };
            let old = read(old, NotCompared::OldUnreadable)?;
            let new = read(new, NotCompared::NewUnreadable)?;
            tree::compare(format, &old, &new, &mut found);
        }
    }
    if budget.is_spent() {
        return Err(NotCompared::TooLarge);
    }
    Ok(found.finish(format, diff))
}

fn promised(path: &str, old: &[u8], new: &[u8]) -> Option<Format> {
    let of = |bytes: &[u8]| {
        if matches!(reading::extension(path).as_str(), "csv" | "tsv") {
            return Some(Format::Csv);
        }
        let start = bytes.get(..bytes.len().min(64)).unwrap_or_default();
        match reading::promised(path, &String::from_utf8_lossy(start)) {
            reading::Format::Json => Some(Format::Json),
            reading::Format::Yaml => Some(Format::Yaml),
            reading::Format::Toml => Some(Format::Toml),
            reading::Format::Xml => Some(Format::Xml),
            reading::Format::Text => None,
        }
    };
    of(new).filter(|format| of(old) == Some(*format))
}

fn as_read(format: Format) -> reading::Format {
    match format {
        Format::Json => reading::Format::Json,
        Format::Yaml => reading::Format::Yaml,
        Format::Toml => reading::Format::Toml,
        Format::Xml => reading::Format::Xml,
        Format::Csv => reading::Format::Text,
    }
}

type Lines = (u32, u32);

/// Differences as they are found.
struct Found<'b> {
    bounds: &'b Bounds,
    budget: &'b Budget,
    changes: Vec<Change>,
    counts: Counts,
    /// Keys of one map stand in another order.
    is_reordered: bool,
    /// Lines of both texts in which changes lie.
    old_lines: Vec<Lines>,
    new_lines: Vec<Lines>,
}

impl<'b> Found<'b> {
    fn new(bounds: &'b Bounds, budget: &'b Budget) -> Found<'b> {
        Found {
            bounds,
            budget,
            changes: Vec::new(),
            counts: Counts::default(),
            is_reordered: false,
            old_lines: Vec::new(),
            new_lines: Vec::new(),
        }
    }

    fn add(&mut self, change: Change) {
        let count = match change.kind {
            ChangeKind::Added => &mut self.counts.added,
            ChangeKind::Removed => &mut self.counts.removed,
            ChangeKind::Changed => &mut self.counts.changed,
            ChangeKind::Moved => &mut self.counts.moved,
        };
        *count += 1;
        self.old_lines.extend(change.old_lines);
        self.new_lines.extend(change.new_lines);
        // Twice as many, because they are put in order before the last ones are dropped.
        if self.changes.len() < 2 * self.bounds.changes_max {
            self.changes.push(change);
        }
    }

    fn finish(mut self, format: Format, diff: &TextDiff<'_>) -> Structured {
        let place = |change: &Change| change.new_lines.or(change.old_lines).map_or(0, |l| l.0);
        self.changes.sort_by_key(place);
        self.changes.truncate(self.bounds.changes_max);
        Structured {
            format,
            changes: self.changes,
            counts: self.counts,
            form: form::of(
                format,
                diff,
                &self.old_lines,
                &self.new_lines,
                self.is_reordered,
            ),
        }
    }
}

/// Two values cut down to what is allowed, from a little before the place where they differ.
fn cut(before: &str, after: &str, chars_max: usize) -> (String, String) {
    // A few words: what a reader needs to find the place in the text. It decides nothing.
    const AROUND: usize = 40;
    let longest = before.chars().count().max(after.chars().count());
    let same = before
        .chars()
        .zip(after.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let skip = match longest > chars_max {
        true => same.saturating_sub(AROUND),
        false => 0,
    };
    (clip(before, skip, chars_max), clip(after, skip, chars_max))
}

/// Part of a value; what is cut off is told by `…`.
fn clip(text: &str, skip: usize, chars_max: usize) -> String {
    let mut out = String::new();
    if skip > 0 {
        out.push('…');
    }
    let mut rest = text.chars().skip(skip);
    out.extend(rest.by_ref().take(chars_max));
    if rest.next().is_some() {
        out.push('…');
    }
    out
}
