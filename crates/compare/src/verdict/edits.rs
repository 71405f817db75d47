//! The difference between two rows of words: exact where they differ little, cut at words that
//! both have once where they differ much, and given up in one piece where even that says nothing.
//! The cost is bounded in every case.
//!
//! ```text
//! base         | hotfix       | planned
//! a > 5 and up | a > 9 and up | sum(a) > 9 and up    base to hotfix: one edit, `5` to `9`
//! ```

use std::collections::HashMap;
use std::ops::Range;

use super::limits::Budget;

/// Ranges of the first row and what stands in their place in the second; either may be empty.
pub(super) type Edit = (Range<usize>, Range<usize>);

/// More words put in or taken out than this are not followed one by one. The cost of following is
/// the square of it: 0.5 million steps and 1 MB. Corpus and tests: 64 to 1,024 change nothing; 2,048 changes no answer
/// on texts of 1 MB and costs up to a quarter more there.
const DISTANCE_MAX: usize = 512;

/// Changes with no more than this many words between them are one: a shortest way finds equal
/// brackets and commas in what was rewritten as a whole. Corpus: 1 to 8 change nothing; 0 loses one *included*, which
/// becomes cannot tell, as single brackets are then looked for on their own.
const APART_MIN: usize = 2;

/// What differs, in order.
pub(super) fn edits(before: &[u32], after: &[u32], budget: &Budget) -> Vec<Edit> {
    let mut found = Vec::new();
    differ(before, after, 0, 0, true, budget, &mut found);
    let mut out: Vec<Edit> = Vec::new();
    for (a, b) in found {
        match out.last_mut() {
            Some((last_a, last_b)) if a.start - last_a.end <= APART_MIN => {
                last_a.end = a.end;
                last_b.end = b.end;
            }
            _ => out.push((a, b)),
        }
    }
    out
}

fn differ(
    a: &[u32],
    b: &[u32],
    at_a: usize,
    at_b: usize,
    may_cut: bool,
    budget: &Budget,
    out: &mut Vec<Edit>,
) {
    budget.take((a.len() + b.len()) / 8 + 1);
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b, at_a, at_b) = (&a[start..], &b[start..], at_a + start, at_b + start);
    let end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    if a.is_empty() && b.is_empty() {
        return;
    }
    if a.is_empty() || b.is_empty() {
        push(out, at_a..at_a + a.len(), at_b..at_b + b.len());
        return;
    }
    if let Some(kept) = shortest(a, b, budget) {
        between(&kept, a, b, |ra, rb| {
            push(
                out,
                at_a + ra.start..at_a + ra.end,
                at_b + rb.start..at_b + rb.end,
            )
        });
        return;
    }
    let anchors = if may_cut {
        anchors(a, b, budget)
    } else {
        Vec::new()
    };
    if anchors.is_empty() {
        push(out, at_a..at_a + a.len(), at_b..at_b + b.len());
        return;
    }
    between(&anchors, a, b, |ra, rb| {
        differ(
            &a[ra.clone()],
            &b[rb.clone()],
            at_a + ra.start,
            at_b + rb.start,
            false,
            budget,
            out,
        );
    });
}

fn push(out: &mut Vec<Edit>, a: Range<usize>, b: Range<usize>) {
    match out.last_mut() {
        Some((last_a, last_b)) if last_a.end == a.start && last_b.end == b.start => {
            last_a.end = a.end;
            last_b.end = b.end;
        }
        _ => out.push((a, b)),
    }
}

/// Hands over what lies between pairs of equal words.
fn between(
    kept: &[(usize, usize)],
    a: &[u32],
    b: &[u32],
    mut hand: impl FnMut(Range<usize>, Range<usize>),
) {
    let (mut from_a, mut from_b) = (0, 0);
    for (x, y) in kept.iter().copied().chain([(a.len(), b.len())]) {
        if from_a < x || from_b < y {
            hand(from_a..x, from_b..y);
        }
        (from_a, from_b) = (x + 1, y + 1);
    }
}

/// Pairs of equal words on a shortest way from one row to the other (Myers 1986); None when it is
/// longer than [`DISTANCE_MAX`].
fn shortest(a: &[u32], b: &[u32], budget: &Budget) -> Option<Vec<(usize, usize)>> {
    let (n, m) = (a.len() as isize, b.len() as isize);
    if n.abs_diff(m) > DISTANCE_MAX {
        return None;
    }
    // For each distance d, how far each diagonal -d..=d reaches in `a`.
    let mut reached: Vec<Vec<isize>> = Vec::new();
    for d in 0..=DISTANCE_MAX as isize {
        let mut row = vec![-1; 2 * d as usize + 1];
        let mut steps = row.len();
        for k in (-d..=d).step_by(2) {
            let last = |k: isize| match reached.last() {
                Some(last) if (1 - d..d).contains(&k) => last[(k + d - 1) as usize],
                _ => -1,
            };
            let mut x = match d {
                0 => 0,
                _ if last(k + 1) > last(k - 1) => last(k + 1),
                _ => last(k - 1) + 1,
            };
            // A diagonal that no way leads to stays unreached.
            if d > 0 && last(k + 1) < 0 && last(k - 1) < 0 || x > n || x - k > m || x - k < 0 {
                continue;
            }
            while x < n && x - k < m && a[x as usize] == b[(x - k) as usize] {
                x += 1;
                steps += 1;
            }
            row[(k + d) as usize] = x;
            if x >= n && x - k >= m {
                reached.push(row);
                return Some(trace(&reached, a, b));
            }
        }
        if !budget.take(steps / 4 + 1) {
            return None;
        }
        reached.push(row);
    }
    None
}

/// Walks back from the end and notes the equal words.
fn trace(reached: &[Vec<isize>], a: &[u32], b: &[u32]) -> Vec<(usize, usize)> {
    let mut kept = Vec::new();
    let (mut x, mut y) = (a.len() as isize, b.len() as isize);
    for d in (1..reached.len() as isize).rev() {
        let k = x - y;
        let last = |k: isize| match (1 - d..d).contains(&k) {
            true => reached[d as usize - 1][(k + d - 1) as usize],
            false => -1,
        };
        let down = last(k + 1) > last(k - 1);
        let (from_x, from_k) = if down {
            (last(k + 1), k + 1)
        } else {
            (last(k - 1), k - 1)
        };
        let entry = if down { from_x } else { from_x + 1 };
        while x > entry {
            x -= 1;
            y -= 1;
            kept.push((x as usize, y as usize));
        }
        (x, y) = (from_x, from_x - from_k);
    }
    while x > 0 {
        x -= 1;
        y -= 1;
        kept.push((x as usize, y as usize));
    }
    kept.reverse();
    kept
}

/// Words that both rows have exactly once, as many as stand in one order in both (patience).
fn anchors(a: &[u32], b: &[u32], budget: &Budget) -> Vec<(usize, usize)> {
    if !budget.take((a.len() + b.len()) / 2) {
        return Vec::new();
    }
    let mut places: HashMap<u32, (usize, usize, usize)> = HashMap::new();
    for (at, word) in a.iter().enumerate() {
        let entry = places.entry(*word).or_insert((0, 0, at));
        entry.0 += 1;
    }
    for word in b {
        if let Some(entry) = places.get_mut(word) {
            entry.1 += 1;
        }
    }
    let once: Vec<(usize, usize)> = b
        .iter()
        .enumerate()
        .filter_map(|(at, word)| match places.get(word) {
            Some((1, 1, first)) => Some((*first, at)),
            _ => None,
        })
        .collect();
    rising(&once)
}

/// A longest run of pairs whose first numbers rise.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (index, (value, _)) in pairs.iter().enumerate() {
        let at = ends.partition_point(|end| pairs[*end].0 < *value);
        before[index] = at.checked_sub(1).map(|at| ends[at]);
        if at == ends.len() {
            ends.push(index);
        } else {
            ends[at] = index;
        }
    }
    let mut out = Vec::new();
    let mut next = ends.last().copied();
    while let Some(index) = next {
        out.push(pairs[index]);
        next = before[index];
    }
    out.reverse();
    out
}
