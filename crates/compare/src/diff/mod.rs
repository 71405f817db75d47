//! What differs: between two snapshots by digest, between two texts by line and word.
//!
//! ```text
//! base       | hotfix      | planned
//! level: low | level: high | level: high    diff of base and hotfix: `- low`, `+ high`
//! limit: 10  | limit: 10   | limit: 25      of hotfix and planned: `- 10`, `+ 25`
//! ```
//!
//! Everything here is a pure function of bytes and digests. Nothing is ever left out silently: a line
//! is shown, counted in a gap, or counted as before or after the page; a character that a screen would
//! not show gets a notation; a byte that is not UTF-8 gets an escape. Work is bounded by sizes and never
//! by time, so the same bytes always give the same diff.
//!
//! ```
//! use rulegate_compare::diff::{Options, Row, TextDiff};
//! let diff = TextDiff::new(b"id: 1\nlevel: low\n", b"id: 1\nlevel: high\n");
//! assert_eq!((diff.stat().removed, diff.stat().added), (1, 1));
//! let page = diff.unified(&Options::default());
//! assert!(matches!(&page.rows[2], Row::Line(line) if line.segments[1].text == "high"));
//! ```
mod align;
mod change;
mod confusable;
mod ends;
mod facts;
mod hotfix_mark;
mod marks;
mod page;
mod pairing;
mod patch;
mod rows;
mod segment;
mod snapshot;
mod steps;
mod text;
mod text_diff;
mod unit;
mod words;

pub use align::{Alignment, align};
pub use change::{Change, Stat};
pub use confusable::confusable;
pub use facts::{Encoding, Facts, LineEnds};
pub use hotfix_mark::{HotfixMark, stretches, written};
pub use page::{Cell, Count, Gap, Highlight, Line, Options, Page, Row, SideRow, Window};
pub use patch::{RuleChange, patch};
pub use rows::excerpt;
pub use segment::{Class, Segment, segments};
pub use snapshot::{Difference, SnapshotDiff, compare};
pub use text::{LineEnd, Text};
pub use text_diff::{DiffLine, Kind, TextDiff};
pub use unit::Units;
pub use words::word_marks;
