//! Which lines of two texts correspond: a bounded alignment of two sequences.
//!
//! Hash maps here only answer look-ups and are never walked, so their seeds do not show in the result.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::ops::Range;

use similar::{Algorithm, DiffOp};

use super::change::Change;
use super::ends::{same_end, same_start};
use crate::rising::longest_rising;

/// Comparisons that one alignment may cost, by estimate. About 0.3 s on one core. Two 1 MB texts of
/// ordinary lines (some 25,000 each) need a quarter of it at their worst; real rules a thousandth: half and double give
/// the same diff of all 1,375 pairs of the corpus. Of 246 pairs of hard 1 MB texts 20 come out coarse, the worst in
/// 0.34 s; with half of it 30 in 0.26 s, with double 11 in 0.48 s.
const WORK_MAX: usize = 100_000_000;

/// Up to so many items on both sides together the search runs on the whole at once, which gives the
/// smallest diff; above, runs of items that occur once on each side are fixed first. 30,000 gives another diff of one
/// pair of the corpus (12 changed lines fewer, by luck) and as many changed lines in hard 1 MB texts; 120,000 gives
/// 0.2 % more there, as the search then gives up its claim sooner, in a tenth more time.
const WHOLE_MAX: usize = 60_000;

/// Lengths of such runs, each tried where the one before left too much to search: single lines, then
/// longer runs for texts in which every line is repeated. Without the last two hard 1 MB texts have 1 % more changed
/// lines and take three quarters of the time; without the last they have as many. The corpus never needs more than one.
const RUNS: [usize; 3] = [1, 8, 64];

/// An alignment of two sequences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    /// Ascending, at least one equal item between two of them; the items between correspond.
    pub changes: Vec<Change>,
    /// A part was too large to search and is given as replaced whole: correct, but not small.
    pub coarse: bool,
    /// The estimate of what was spent, in comparisons, at most [`Alignment::WORK_MAX`].
    pub work: usize,
}

impl Alignment {
    /// See [`Alignment::work`].
    pub const WORK_MAX: usize = WORK_MAX;
}

/// Aligns two sequences with a bounded number of comparisons, whatever they hold.
pub fn align<T: Copy + Eq + Hash>(old: &[T], new: &[T]) -> Alignment {
    let mut aligner = Aligner {
        old,
        new,
        changes: Vec::new(),
        coarse: false,
        work: 0,
    };
    let (old_all, new_all) = aligner.trim(0..old.len(), 0..new.len());
    if old_all.len() + new_all.len() <= WHOLE_MAX {
        aligner.search(old_all, new_all, &RUNS);
    } else {
        aligner.anchored(old_all, new_all, &RUNS);
    }
    Alignment {
        changes: aligner.changes,
        coarse: aligner.coarse,
        work: aligner.work,
    }
}

struct Aligner<'s, T> {
    old: &'s [T],
    new: &'s [T],
    changes: Vec<Change>,
    coarse: bool,
    work: usize,
}

impl<T: Copy + Eq + Hash> Aligner<'_, T> {
    /// Cuts what is equal at both ends.
    fn trim(&self, old: Range<usize>, new: Range<usize>) -> (Range<usize>, Range<usize>) {
        let (a, b) = (&self.old[old.clone()], &self.new[new.clone()]);
        let head = same_start(a, b);
        let tail = same_end(&a[head..], &b[head..]);
        (
            old.start + head..old.end - tail,
            new.start + head..new.end - tail,
        )
    }

    /// Fixes runs that occur once on each side and in the same order, and searches between them.
    fn anchored(&mut self, old: Range<usize>, new: Range<usize>, runs: &[usize]) {
        let Some((&run, longer)) = runs.split_first() else {
            self.coarse |= self.share(old.clone(), new.clone());
            return self.push(old, new);
        };
        let (mut old_from, mut new_from) = (old.start, new.start);
        for (old_at, new_at) in self.anchors(old.clone(), new.clone(), run) {
            // the start of a run that overlaps the one before it is fixed as well
            self.between(old_from..old_at, new_from..new_at, longer);
            (old_from, new_from) = (old_at + 1, new_at + 1);
        }
        self.between(old_from..old.end, new_from..new.end, longer);
    }

    fn between(&mut self, old: Range<usize>, new: Range<usize>, runs: &[usize]) {
        let (old, new) = self.trim(old, new);
        self.search(old, new, runs);
    }

    fn share(&self, old: Range<usize>, new: Range<usize>) -> bool {
        let there: HashSet<T> = self.old[old].iter().copied().collect();
        self.new[new].iter().any(|item| there.contains(item))
    }

    fn search(&mut self, old: Range<usize>, new: Range<usize>, runs: &[usize]) {
        if old.is_empty() || new.is_empty() {
            return self.push(old, new);
        }
        let cost = cost_max(old.len() + new.len());
        if self.work + cost > WORK_MAX {
            return self.anchored(old, new, runs);
        }
        self.work += cost;
        for op in similar::capture_diff_slices(
            Algorithm::Myers,
            &self.old[old.clone()],
            &self.new[new.clone()],
        ) {
            if !matches!(op, DiffOp::Equal { .. }) {
                let (from, to) = (op.old_range(), op.new_range());
                self.push(
                    old.start + from.start..old.start + from.end,
                    new.start + to.start..new.start + to.end,
                );
            }
        }
    }

    /// Adds a change, joining it to the one before when no equal item lies between.
    fn push(&mut self, old: Range<usize>, new: Range<usize>) {
        if old.is_empty() && new.is_empty() {
            return;
        }
        let (old, new) = (
            old.start as u32..old.end as u32,
            new.start as u32..new.end as u32,
        );
        match self.changes.last_mut() {
            Some(last) if last.old.end == old.start && last.new.end == new.start => {
                (last.old.end, last.new.end) = (old.end, new.end);
            }
            _ => self.changes.push(Change { old, new }),
        }
    }

    /// Where runs start that are unique on both sides, the longest sequence that ascends on both.
    fn anchors(&self, old: Range<usize>, new: Range<usize>, run: usize) -> Vec<(usize, usize)> {
        const MANY: usize = usize::MAX;
        let mut seen: HashMap<&[T], (usize, usize)> = HashMap::with_capacity(old.len());
        for (offset, items) in self.old[old.clone()].windows(run).enumerate() {
            let at = old.start + offset;
            seen.entry(items)
                .and_modify(|entry| entry.0 = MANY)
                .or_insert((at, 0));
        }
        for items in self.new[new.clone()].windows(run) {
            if let Some(entry) = seen.get_mut(items) {
                entry.1 += 1;
            }
        }
        let mut candidates = Vec::new();
        for (offset, items) in self.new[new.clone()].windows(run).enumerate() {
            match seen.get(items) {
                Some(&(old_at, 1)) if old_at != MANY => {
                    candidates.push((old_at, new.start + offset))
                }
                _ => {}
            }
        }
        let olds: Vec<usize> = candidates.iter().map(|(old, _)| *old).collect();
        let rising = longest_rising(&olds);
        rising.into_iter().map(|index| candidates[index]).collect()
    }
}

/// The most comparisons that the search makes on so many items: it gives up its claim to the smallest
/// diff after `max(256, √n)` edits a split, and each split advances by as much.
fn cost_max(items: usize) -> usize {
    items * items.min(2 * items.isqrt().max(256))
}
