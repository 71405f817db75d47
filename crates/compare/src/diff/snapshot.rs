//! Two manifests compared by path and digest, without opening a rule.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;

/// One path at which two snapshots differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference<'a, P> {
    /// Only the new snapshot has this path, and no removed rule had its content.
    Added {
        /// The path in the new snapshot.
        path: &'a P,
    },
    /// Only the old snapshot has this path, and no added rule has its content.
    Removed {
        /// The path in the old snapshot.
        path: &'a P,
    },
    /// Both have the path, with different digests.
    Changed {
        /// The path in both.
        path: &'a P,
    },
    /// The same content under another path.
    Renamed {
        /// The path in the old snapshot.
        from: &'a P,
        /// The path in the new snapshot.
        to: &'a P,
    },
}

impl<'a, P> Difference<'a, P> {
    /// The path to list it under: the new one, or the old one of a removed rule.
    pub fn path(&self) -> &'a P {
        match self {
            Difference::Added { path }
            | Difference::Removed { path }
            | Difference::Changed { path } => path,
            Difference::Renamed { to, .. } => to,
        }
    }
}

/// How two snapshots differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotDiff<'a, P> {
    /// Sorted by [`Difference::path`], each path once; empty means equal checksums.
    pub differences: Vec<Difference<'a, P>>,
    /// Paths with the same digest in both.
    pub unchanged: usize,
}

/// Compares two manifests (path to digest) in one walk over both: O(n), plus one lookup by digest for
/// each added rule. A removed and an added rule of equal digest are one rename; of several candidates
/// the first by path is taken first, so the answer is always the same.
pub fn compare<'a, P: Ord, D: Eq + Hash>(
    old: &'a BTreeMap<P, D>,
    new: &'a BTreeMap<P, D>,
) -> SnapshotDiff<'a, P> {
    let (mut added, mut removed, mut differences) = (Vec::new(), Vec::new(), Vec::new());
    let (mut olds, mut news) = (old.iter().peekable(), new.iter().peekable());
    let mut unchanged = 0;
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        match order {
            std::cmp::Ordering::Less => removed.extend(olds.next()),
            std::cmp::Ordering::Greater => added.extend(news.next()),
            std::cmp::Ordering::Equal => match (olds.next(), news.next()) {
                (Some((_, a)), Some((_, b))) if a == b => unchanged += 1,
                (Some((path, _)), _) => differences.push(Difference::Changed { path }),
                (None, _) => break,
            },
        }
    }
    let mut gone: HashMap<&D, VecDeque<&P>> = HashMap::with_capacity(removed.len());
    for (path, digest) in removed {
        gone.entry(digest).or_default().push_back(path);
    }
    for (to, digest) in added {
        differences.push(match gone.get_mut(digest).and_then(VecDeque::pop_front) {
            Some(from) => Difference::Renamed { from, to },
            None => Difference::Added { path: to },
        });
    }
    differences.extend(
        gone.into_values()
            .flatten()
            .map(|path| Difference::Removed { path }),
    );
    differences.sort_by(|a, b| a.path().cmp(b.path()));
    SnapshotDiff {
        differences,
        unchanged,
    }
}
