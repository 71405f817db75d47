//! Two texts compared line by line.

use std::collections::HashMap;
use std::ops::Range;

use serde::Serialize;

use super::align::align;
use super::change::{Change, Stat};
use super::ends::{same_end, same_start};
use super::text::Text;

/// What a line is to the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// In both texts.
    Equal,
    /// Only in the new text.
    Added,
    /// Only in the old text.
    Removed,
}

impl Kind {
    /// The sign of a unified diff: space, `+` or `-`.
    pub fn sign(self) -> char {
        match self {
            Kind::Equal => ' ',
            Kind::Added => '+',
            Kind::Removed => '-',
        }
    }
}

/// Neighbouring changes with the equal lines around and between them. Counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hunk {
    /// Lines of the old text.
    pub old: Range<u32>,
    /// Lines of the new text.
    pub new: Range<u32>,
    /// Which of [`TextDiff::changes`] it holds, never none.
    pub changes: Range<usize>,
}

/// One line of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffLine<'a> {
    /// In which text it is.
    pub kind: Kind,
    /// Number in the old text, from 1.
    pub old: Option<u32>,
    /// Number in the new text, from 1.
    pub new: Option<u32>,
    /// The line with its end.
    pub bytes: &'a [u8],
}

/// Two texts and the changes that lead from the old to the new.
#[derive(Debug, Clone)]
pub struct TextDiff<'a> {
    old: Text<'a>,
    new: Text<'a>,
    changes: Vec<Change>,
    coarse: bool,
}

impl<'a> TextDiff<'a> {
    /// Compares two texts by whole lines, line ends included. Work and memory are bounded by the sizes;
    /// see [`TextDiff::is_coarse`].
    pub fn new(old: &'a [u8], new: &'a [u8]) -> Self {
        let head = common_head(old, new);
        let tail = common_tail(&old[head..], &new[head..]);
        let (old, new) = (Text::new(old), Text::new(new));
        let first = old.line_at(head);
        let old_mid = first..old.line_at(old.bytes().len() - tail);
        let new_mid = first..new.line_at(new.bytes().len() - tail);
        let (old_ids, new_ids) = numbered(&old, old_mid, &new, new_mid);
        let alignment = align(&old_ids, &new_ids);
        let mut changes = alignment.changes;
        for change in &mut changes {
            change.old = change.old.start + first..change.old.end + first;
            change.new = change.new.start + first..change.new.end + first;
        }
        TextDiff {
            old,
            new,
            changes,
            coarse: alignment.coarse,
        }
    }

    /// The old text.
    pub fn old_text(&self) -> &Text<'a> {
        &self.old
    }

    /// The new text.
    pub fn new_text(&self) -> &Text<'a> {
        &self.new
    }

    /// The changes, ascending, with at least one equal line between two of them; empty means equal bytes.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// True when the texts are so large and unlike that a part is shown as replaced whole. The diff is
    /// correct all the same; it may only be longer than necessary, and the page should say so.
    pub fn is_coarse(&self) -> bool {
        self.coarse
    }

    /// Lines added and removed.
    pub fn stat(&self) -> Stat {
        let mut stat = Stat::default();
        for change in &self.changes {
            stat.removed += change.old.len();
            stat.added += change.new.len();
        }
        stat
    }

    /// Equal lines.
    pub fn equal(&self) -> usize {
        self.old.len() as usize - self.stat().removed
    }

    /// Every line of both texts once, in the order of a unified diff: the equal and added ones in order
    /// are the new text, the equal and removed ones the old.
    pub fn lines(&self) -> impl Iterator<Item = DiffLine<'a>> + '_ {
        let mut at = 0;
        let ends = self.changes.iter().map(Some).chain([None]);
        ends.flat_map(move |change| {
            let (from, to) = (at, change.map_or(self.old.len(), |change| change.old.start));
            at = change.map_or(to, |change| change.old.end);
            // both texts end together, so equal lines before a change are as far from it in either
            let new_to = change.map_or(self.new.len(), |change| change.new.start);
            let equal = (from..to).map(move |old| self.equal_line(old, new_to - (to - old)));
            let removed = change
                .map_or(0..0, |change| change.old.clone())
                .map(|index| DiffLine {
                    kind: Kind::Removed,
                    old: Some(index + 1),
                    new: None,
                    bytes: self.old.line(index),
                });
            let added = change
                .map_or(0..0, |change| change.new.clone())
                .map(|index| DiffLine {
                    kind: Kind::Added,
                    old: None,
                    new: Some(index + 1),
                    bytes: self.new.line(index),
                });
            equal.chain(removed).chain(added)
        })
    }

    fn equal_line(&self, old: u32, new: u32) -> DiffLine<'a> {
        DiffLine {
            kind: Kind::Equal,
            old: Some(old + 1),
            new: Some(new + 1),
            bytes: self.old.line(old),
        }
    }

    /// Changes grouped with `context` equal lines around each; two whose surroundings would touch or
    /// overlap share a hunk. Empty when nothing changed.
    pub(super) fn hunks(&self, context: u32) -> Vec<Hunk> {
        let mut hunks: Vec<Hunk> = Vec::new();
        for (index, change) in self.changes.iter().enumerate() {
            let before = context.min(change.old.start).min(change.new.start);
            let after = context.min(self.old.len() - change.old.end);
            let old = change.old.start - before..change.old.end + after;
            let new = change.new.start - before..change.new.end + after;
            match hunks.last_mut() {
                Some(last) if old.start <= last.old.end => {
                    (last.old.end, last.new.end, last.changes.end) = (old.end, new.end, index + 1);
                }
                _ => hunks.push(Hunk {
                    old,
                    new,
                    changes: index..index + 1,
                }),
            }
        }
        hunks
    }
}

/// Length of the common start, cut back to the start of a line.
fn common_head(old: &[u8], new: &[u8]) -> usize {
    let head = same_start(old, new);
    if head == old.len() && head == new.len() {
        return head;
    }
    memchr::memrchr(b'\n', &old[..head]).map_or(0, |at| at + 1)
}

/// Length of the common end, cut back so that it starts after a newline.
fn common_tail(old: &[u8], new: &[u8]) -> usize {
    let tail = &old[old.len() - same_end(old, new)..];
    memchr::memchr(b'\n', tail).map_or(0, |at| tail.len() - at - 1)
}

/// Gives equal lines equal numbers, so that the search compares numbers.
fn numbered<'a>(
    old: &Text<'a>,
    old_lines: Range<u32>,
    new: &Text<'a>,
    new_lines: Range<u32>,
) -> (Vec<u32>, Vec<u32>) {
    if old_lines.is_empty() || new_lines.is_empty() {
        // nothing to find: any numbers will do that differ from each other
        return (vec![0; old_lines.len()], vec![1; new_lines.len()]);
    }
    let mut numbers: HashMap<&'a [u8], u32> = HashMap::with_capacity(old_lines.len());
    let mut number = |line: &'a [u8]| {
        let next = numbers.len() as u32;
        *numbers.entry(line).or_insert(next)
    };
    let old = old_lines.map(|index| number(old.line(index))).collect();
    let new = new_lines.map(|index| number(new.line(index))).collect();
    (old, new)
}
