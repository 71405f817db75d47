//! From the verdicts on single changes to the verdict on all of them.
//!
//! ```text
//! base       | hotfix      | planned
//! level: low | level: high | level: high    included
//! limit: 10  | limit: 20   | limit: 10      overridden; both together: partial
//! ```

use super::Verdict;

/// The verdict over several: included only when all are; partial when some are and some are not;
/// else what most of them are. Of equally many, the one that needs more attention.
pub(super) fn over(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let mut counts = [0usize; 6];
    for verdict in verdicts {
        counts[place(verdict)] += 1;
    }
    let [
        included,
        partial,
        conflicting,
        overridden,
        removed,
        cannot_tell,
    ] = counts;
    let not_included = conflicting + overridden + removed;
    if partial > 0 || (included > 0 && not_included > 0) {
        return Verdict::Partial;
    }
    if cannot_tell > 0 && not_included == 0 {
        return Verdict::CannotTell;
    }
    if included > 0 {
        return Verdict::Included;
    }
    let most = not_included.min(conflicting.max(overridden).max(removed));
    match most {
        0 => Verdict::CannotTell,
        _ if conflicting == most => Verdict::Conflicting,
        _ if overridden == most => Verdict::Overridden,
        _ => Verdict::Removed,
    }
}

fn place(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Included => 0,
        Verdict::Partial => 1,
        Verdict::Conflicting => 2,
        Verdict::Overridden => 3,
        Verdict::Removed => 4,
        Verdict::CannotTell => 5,
    }
}
