//! Whose hotfix a line is, and where the words about it stand.

use std::collections::BTreeSet;

use super::{Row, Sided};
use rulegate_compare::diff::{Highlight, HotfixMark, Kind};

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
    /// Lines of the old text that a hotfix wrote and of which, by the verdict, nothing is lost where the new text
    /// has them in another form: they changed, and that is all.
    pub not_lost: BTreeSet<u32>,
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

/// The note above the first line of a hotfix.
impl From<&Origin> for Row {
    fn from(origin: &Origin) -> Row {
        Row {
            kind: "note",
            note: origin.note.clone(),
            href: origin.href.clone(),
            ..Row::default()
        }
    }
}

/// The note above the first line of a hotfix.
impl From<&Origin> for Sided {
    fn from(origin: &Origin) -> Sided {
        Sided {
            kind: "note",
            note: origin.note.clone(),
            href: origin.href.clone(),
            ..Sided::default()
        }
    }
}

/// Tells where the lines of another hotfix begin: its note stands above the first of them, not above every
/// run, which would bury the text when a hotfix touched many places.
#[derive(Default)]
pub(super) struct Noted<'o> {
    last: Option<&'o str>,
}

impl<'o> Noted<'o> {
    pub(super) fn starts(
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

/// How a line is painted: as the comparison has it, or as a hotfix's.
pub(super) fn kind(
    kind: Kind,
    is_hotfix: bool,
    old: Option<u32>,
    origins: &Origins,
) -> &'static str {
    let is_replaced = old.is_some_and(|number| origins.replaced.contains(&number));
    let is_not_lost = old.is_some_and(|number| origins.not_lost.contains(&number));
    let mark = HotfixMark::of(kind, is_replaced, is_not_lost).filter(|_| is_hotfix);
    match (mark, kind) {
        (Some(HotfixMark::Wrote), _) => "hot",
        (Some(HotfixMark::Replaced), _) => "hotdel",
        (Some(HotfixMark::Contained), _) => "kept",
        (Some(HotfixMark::Changed), _) => "del",
        (Some(HotfixMark::Lost), _) => "gone",
        (None, Kind::Equal) => "same",
        (None, Kind::Added) => "add",
        (None, Kind::Removed) => "del",
    }
}
