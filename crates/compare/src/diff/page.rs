//! What a page gets: rows without markup, nothing left out uncounted.

use std::collections::BTreeSet;

use serde::Serialize;

use super::segment::Segment;
use super::text_diff::Kind;

/// Lines, numbered from 1, that belong to something a page points out: a hotfix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Highlight {
    /// Lines of the old text.
    pub old: BTreeSet<u32>,
    /// Lines of the new text.
    pub new: BTreeSet<u32>,
}

/// Which changed lines (added and removed, in the order of the rows) a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Changed lines that earlier pages showed.
    pub skip: usize,
    /// Changed lines on this page. A side-by-side row that starts within counts both its lines, so there
    /// may be one more; the next page's `skip` is this one's plus `take` in either layout.
    pub take: usize,
}

impl Window {
    /// Everything on one page.
    pub const ALL: Window = Window {
        skip: 0,
        take: usize::MAX,
    };

    /// The first so many changed lines.
    pub fn first(take: usize) -> Window {
        Window { skip: 0, take }
    }
}

/// What to show and how much of it.
#[derive(Debug, Clone)]
pub struct Options<'h> {
    /// Equal lines shown around a change. 3 unless told.
    pub context: u32,
    /// The page. Everything unless told.
    pub window: Window,
    /// Bytes of one line that are shown; see [`super::segments`]. 4,000 unless told.
    pub line_bytes_max: usize,
    /// Lines to point out.
    pub highlight: Option<&'h Highlight>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            context: 3,
            window: Window::ALL,
            line_bytes_max: 4_000,
            highlight: None,
        }
    }
}

/// Equal lines not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// How many, never 0.
    pub hidden: usize,
    /// The rule, alert, section or element in which the next shown line lies; of a gap at the end, the one
    /// in which the gap starts. See [`super::Units::name_at`].
    pub unit: Option<String>,
    /// Number of the first hidden line in the old text, from 1.
    pub old: u32,
    /// Number of the first hidden line in the new text, from 1.
    pub new: u32,
}

/// A shown line of a unified view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// In which text it is.
    pub kind: Kind,
    /// Number in the old text, from 1.
    pub old: Option<u32>,
    /// Number in the new text, from 1.
    pub new: Option<u32>,
    /// The line in pieces, its end included where it is not `\n`; empty for an empty line.
    pub segments: Vec<Segment>,
    /// The line is in the [`Highlight`].
    pub hotfix: bool,
}

/// A row of a unified view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "row", rename_all = "kebab-case")]
pub enum Row {
    /// A line.
    Line(Line),
    /// Hidden lines.
    Gap(Gap),
}

/// One side of a side-by-side row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Equal, removed (left) or added (right).
    pub kind: Kind,
    /// Number in that side's text, from 1.
    pub number: u32,
    /// As in [`Line::segments`].
    pub segments: Vec<Segment>,
    /// The line is in the [`Highlight`].
    pub hotfix: bool,
}

/// A row of a side-by-side view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SideRow {
    /// Lines that face each other; not both absent.
    Lines {
        /// The line of the old text.
        old: Option<Cell>,
        /// The line of the new text.
        new: Option<Cell>,
    },
    /// Hidden lines.
    Gap(Gap),
}

/// Numbers of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Lines in both texts.
    pub equal: usize,
    /// Lines only in the old text.
    pub removed: usize,
    /// Lines only in the new text.
    pub added: usize,
}

/// The rows of one page. Lines before, shown, in gaps and after are together all lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<R> {
    /// From the top. Of equal texts one gap; empty when the window lies beyond the last change.
    pub rows: Vec<R>,
    /// Lines before this page's first row.
    pub before: Count,
    /// Lines after this page's last row: what is left to ask for.
    pub after: Count,
    /// See [`super::TextDiff::is_coarse`].
    pub coarse: bool,
}
