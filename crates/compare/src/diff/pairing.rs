//! Which removed line became which added line.

use std::ops::Range;

use super::change::Change;
use super::text::{Text, split_end};
use super::words::words;

/// Removed times added lines of a change up to which every pair is weighed; above, lines are paired by
/// position. 50 lines replaced by 50: beyond that a reader compares blocks, not lines. Half of it marks 1.7 % more
/// letters over the pages of the corpus, as lines meet that are no pair; double marks 0.6 % fewer and sixteen times as
/// many 0.4 %. The time of a page is the same throughout.
const PAIRS_MAX: usize = 2_500;

/// Bytes of a line that are weighed, against up to 50 others: it bounds lines of minified JSON. 200 marks 0.7 % more
/// letters over the pages of the corpus, 800 marks 0.3 % fewer, in the same time.
const LINE_WEIGHED_BYTES_MAX: usize = 400;

/// The pairs of one change, positions within it.
pub(super) enum Pairing {
    /// The first so many of each side, in order.
    ByPosition(u32),
    /// These, ascending on both sides.
    Listed(Vec<(u32, u32)>),
}

impl Pairing {
    /// Pairs the lines of a change so that the most words agree, order kept.
    pub(super) fn of(old: &Text<'_>, new: &Text<'_>, change: &Change) -> Pairing {
        let (removed, added) = (change.old.len(), change.new.len());
        if removed * added > PAIRS_MAX || (removed == 1 && added == 1) {
            return Pairing::ByPosition(removed.min(added) as u32);
        }
        Pairing::Listed(best(
            &bags(old, change.old.clone()),
            &bags(new, change.new.clone()),
        ))
    }

    /// The added line that a removed line became.
    pub(super) fn added_for(&self, removed: u32) -> Option<u32> {
        match self {
            Pairing::ByPosition(count) => (removed < *count).then_some(removed),
            Pairing::Listed(pairs) => pairs
                .binary_search_by_key(&removed, |pair| pair.0)
                .ok()
                .map(|index| pairs[index].1),
        }
    }

    /// The removed line that became an added line.
    pub(super) fn removed_for(&self, added: u32) -> Option<u32> {
        match self {
            Pairing::ByPosition(count) => (added < *count).then_some(added),
            Pairing::Listed(pairs) => pairs
                .binary_search_by_key(&added, |pair| pair.1)
                .ok()
                .map(|index| pairs[index].0),
        }
    }

    /// Rows of a side-by-side view: pairs face each other, and so do left-over lines between two pairs.
    pub(super) fn rows(&self, removed: u32, added: u32) -> Vec<(Option<u32>, Option<u32>)> {
        let listed = match self {
            Pairing::ByPosition(count) => (0..*count).map(|index| (index, index)).collect(),
            Pairing::Listed(pairs) => pairs.clone(),
        };
        let mut rows = Vec::with_capacity(removed.max(added) as usize);
        let (mut left, mut right) = (0, 0);
        for (old, new) in listed
            .into_iter()
            .map(|(old, new)| (Some(old), Some(new)))
            .chain([(None, None)])
        {
            let (left_end, right_end) = (old.unwrap_or(removed), new.unwrap_or(added));
            for offset in 0..(left_end - left).max(right_end - right) {
                let facing = |from: u32, end: u32| (offset < end - from).then_some(from + offset);
                rows.push((facing(left, left_end), facing(right, right_end)));
            }
            if old.is_some() {
                rows.push((old, new));
            }
            (left, right) = (left_end + 1, right_end + 1);
        }
        rows
    }
}

/// Each line's words, sorted, so that two can be compared in one walk.
fn bags<'a>(text: &Text<'a>, lines: Range<u32>) -> Vec<Vec<&'a [u8]>> {
    lines
        .map(|index| {
            let line = split_end(text.line(index)).0;
            let line = &line[..line.len().min(LINE_WEIGHED_BYTES_MAX)];
            let mut bag: Vec<&[u8]> = words(line)
                .into_iter()
                .map(|word| &line[word])
                .filter(|word| !word.iter().all(u8::is_ascii_whitespace))
                .collect();
            bag.sort_unstable();
            bag
        })
        .collect()
}

/// Shared words in thousandths of the longer line's; below a third it is no pair.
fn likeness(a: &[&[u8]], b: &[&[u8]]) -> u32 {
    let (mut i, mut j, mut shared) = (0, 0, 0_usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, shared) = (i + 1, j + 1, shared + 1),
        }
    }
    // two blank lines are alike, whatever their white space
    let share = (shared * 1000)
        .checked_div(a.len().max(b.len()))
        .unwrap_or(1000);
    if share >= 333 { share as u32 } else { 0 }
}

/// The pairs with the greatest likeness in sum, order kept, as in a longest common subsequence.
fn best(old: &[Vec<&[u8]>], new: &[Vec<&[u8]>]) -> Vec<(u32, u32)> {
    let wide = new.len() + 1;
    let mut sums = vec![0u32; (old.len() + 1) * wide];
    let mut alike = vec![0u32; old.len() * new.len()];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let like = likeness(&old[i], &new[j]);
            alike[i * new.len() + j] = like;
            let paired = if like > 0 {
                like + sums[(i + 1) * wide + j + 1]
            } else {
                0
            };
            sums[i * wide + j] = paired
                .max(sums[(i + 1) * wide + j])
                .max(sums[i * wide + j + 1]);
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        let (here, like) = (sums[i * wide + j], alike[i * new.len() + j]);
        if like > 0 && here == like + sums[(i + 1) * wide + j + 1] {
            pairs.push((i as u32, j as u32));
            (i, j) = (i + 1, j + 1);
        } else if here == sums[(i + 1) * wide + j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}
