//! What became of the changed values of one container.
//!
//! ```text
//! base       | hotfix      | planned
//! level: low | level: high | level: medium    conflicting: neither the old value nor the new
//! ```

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::counted::{CHANGED, Counted, Counts, Values, count, counts};
use super::doc::{Container, Fact, HEADER_CHARS, STEP};
use super::limits::Budget;
use super::locate::same_use;
use super::sentences;
use super::tree::Lines;
use super::weakened::{is_weakened, remarks, without_remarks};
use super::words::{alike, three_way, words};
use super::{Span, Verdict};

/// How alike hotfix and planned must be for a change inside a value to be recognised there. A guard against *included*
/// of a value that was rewritten around a few words of the hotfix's. Neither the corpus nor a test holds such a value
/// that no other doubt catches: 0 to .6 change nothing.
const RECOGNISABLE: f64 = 0.3;
/// More comparisons than this between the values of two lists are not made; in longer lists only values near each other
/// pair. Corpus and tests: 2,000 to 40,000 change nothing; 80,000 changes no answer on hard texts of 1 MB and costs
/// nothing there. It bounds two long lists that share no value.
const COMPARISONS_MAX: usize = 20_000;

/// A unit in the making.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) what: String,
    pub(super) verdict: Verdict,
    pub(super) base: Span,
    pub(super) hotfix: Span,
    pub(super) planned: Span,
    /// The planned file that it was judged by; None when planned has none.
    pub(super) planned_path: Option<String>,
    pub(super) is_marker: bool,
}

impl Draft {
    /// What is there but may be without effect is not included.
    pub(super) fn doubt(&mut self, reason: &str) {
        if self.verdict == Verdict::Included {
            self.verdict = Verdict::CannotTell;
            self.what = format!("{} ({reason})", self.what);
        }
    }

    /// Where hotfix and the planned file of this path have it on their lines, if it is included by those.
    pub(super) fn included_in(&self, path: &str) -> Option<(Lines, Lines)> {
        let is_there =
            self.verdict == Verdict::Included && self.planned_path.as_deref() == Some(path);
        self.hotfix.zip(self.planned).filter(|_| is_there)
    }
}

/// Judges every value that the hotfix changed in a container; `planned` is what planned has in
/// its place. Containers that a text lacks are None.
pub(super) fn judge(
    label: &str,
    base: Option<&Container>,
    hotfix: &Container,
    planned: &Container,
    budget: &Budget,
) -> Vec<Draft> {
    let mut by_addr: HashMap<&str, Values> = HashMap::new();
    let mut order: Vec<&str> = Vec::new();
    for fact in hotfix
        .facts
        .iter()
        .chain(base.into_iter().flat_map(|base| &base.facts))
    {
        by_addr.entry(&fact.addr).or_insert_with(|| {
            order.push(&fact.addr);
            Values::default()
        });
    }
    let none = Vec::new();
    for (facts, pick) in [
        (base.map_or(&none, |base| &base.facts), 0),
        (&hotfix.facts, 1),
        (&planned.facts, 2),
    ] {
        for fact in facts {
            if let Some(values) = by_addr.get_mut(fact.addr.as_str()) {
                [&mut values.base, &mut values.hotfix, &mut values.planned][pick].push(fact);
            }
        }
    }
    let mut drafts = Vec::new();
    let mut evidence: Vec<(Change, &str)> = Vec::new();
    for addr in &order {
        let values = &by_addr[addr];
        if budget.take(1 + values.base.len() + values.hotfix.len() + values.planned.len()) {
            evidence.extend(
                changes(values, budget)
                    .into_iter()
                    .map(|change| (change, *addr)),
            );
        }
    }
    let moved = moved_values(&evidence);
    // The text itself, as a list of lines, is one list however its lines stand under headers; but what planned has
    // under another header while it has the hotfix's too is in another place.
    let headers: OnceCell<HashSet<String>> = OnceCell::new();
    let has_header = |addr: &str| headers.get_or_init(|| headers_in(planned)).contains(addr);
    let is_lines = hotfix.parent.is_none();
    let all: Option<Counts> = is_lines.then(|| counts(&planned.facts));
    let all_hotfix: Option<Counts> = is_lines.then(|| counts(&hotfix.facts));
    let mut counted: HashMap<&str, Counted> = HashMap::new();
    for (change, addr) in evidence {
        if let (Some(old), None) | (None, Some(old)) = change
            && is_lines
            && moved.contains(old.value.as_str())
        {
            continue;
        }
        let there = counted
            .entry(addr)
            .or_insert_with(|| Counted::new(&by_addr[addr]));
        let (mut verdict, mut place) = judge_change(change, there, budget);
        if let Some(all) = &all
            && verdict != Verdict::Included
            && let (None, Some(new)) = change
            && !has_header(addr)
            && !there.base.contains_key(new.value.as_str())
            && all
                .get(new.value.as_str())
                .is_some_and(|(count, at)| *count == 1 && !is_doubtful(&at.addr, addr))
            && all_hotfix
                .as_ref()
                .is_some_and(|all| count(all, &new.value) == 1)
        {
            verdict = Verdict::Included;
            place = all.get(new.value.as_str()).map(|(_, at)| at.lines);
        }
        if let (Some(all), Some(old), None) = (&all, change.0, change.1)
            && verdict == Verdict::Included
            && all
                .get(old.value.as_str())
                .is_some_and(|(count, _)| *count > 0)
            && all_hotfix
                .as_ref()
                .is_some_and(|all| count(all, &old.value) == 0)
        {
            verdict = Verdict::Overridden;
        }
        drafts.push(Draft {
            what: sentences::change(
                label,
                addr,
                change.0.map(|f| f.value.as_str()),
                change.1.map(|f| f.value.as_str()),
            ),
            verdict,
            base: change.0.map(|f| f.lines),
            hotfix: change.1.map(|f| f.lines),
            planned: place,
            planned_path: None,
            is_marker: change.0.is_none_or(|f| f.is_marker) && change.1.is_none_or(|f| f.is_marker),
        });
    }
    drafts
}

/// Headers that something stands under, and every line that may be one with nothing under it.
fn headers_in(text: &Container) -> HashSet<String> {
    let own = |fact: &Fact| {
        let line: String = fact.value.chars().take(HEADER_CHARS).collect();
        [fact.addr.clone(), format!("{}{STEP}{line}", fact.addr)]
    };
    text.facts.iter().flat_map(own).collect()
}

/// Values taken out at one header and put in at another.
fn moved_values(evidence: &[(Change, &str)]) -> HashSet<String> {
    let out: HashSet<&str> = evidence
        .iter()
        .filter(|(c, _)| c.1.is_none())
        .filter_map(|(c, _)| Some(c.0?.value.as_str()))
        .collect();
    let put = evidence
        .iter()
        .filter(|(c, _)| c.0.is_none())
        .filter_map(|(c, _)| Some(c.1?.value.as_str()));
    put.filter(|value| out.contains(value))
        .map(str::to_owned)
        .collect()
}

/// Whether a line found under `there` may be without effect where the one under `here` had one.
fn is_doubtful(there: &str, here: &str) -> bool {
    let conditions = |addr: &str| {
        addr.split(STEP)
            .filter(|c| super::conditions::is_doubtful(c))
            .count()
    };
    conditions(there) > conditions(here) || !same_use(there, here)
}

/// What was and what the hotfix made of it; one of the two may be missing.
type Change<'a> = (Option<&'a Fact>, Option<&'a Fact>);

fn changes<'a>(values: &Values<'a>, budget: &Budget) -> Vec<Change<'a>> {
    let (removed, added) = difference(&values.base, &values.hotfix);
    if removed.len() == 1 && added.len() == 1 && !removed[0].in_list && !added[0].in_list {
        return vec![(Some(removed[0]), Some(added[0]))];
    }
    let partner = partners(&removed, &added, budget);
    let mut out = Vec::new();
    let mut taken = HashSet::new();
    for (index, new) in added.iter().enumerate() {
        let old = partner.get(&index).map(|old| {
            taken.insert(*old);
            removed[*old]
        });
        out.push((old, Some(*new)));
    }
    out.extend(
        removed
            .iter()
            .enumerate()
            .filter(|(index, _)| !taken.contains(index))
            .map(|(_, old)| (Some(*old), None)),
    );
    out
}

/// Values only in the first and only in the second, by count.
fn difference<'a>(first: &[&'a Fact], second: &[&'a Fact]) -> (Vec<&'a Fact>, Vec<&'a Fact>) {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    for fact in second {
        *counts.entry(&fact.value).or_default() += 1;
    }
    let mut only_first = Vec::new();
    for fact in first {
        match counts.get_mut(fact.value.as_str()) {
            Some(left) if *left > 0 => *left -= 1,
            _ => only_first.push(*fact),
        }
    }
    let mut only_second = Vec::new();
    // The last ones are the new ones, as far as anyone can tell.
    for fact in second.iter().rev() {
        if let Some(left) = counts
            .get_mut(fact.value.as_str())
            .filter(|left| **left > 0)
        {
            *left -= 1;
            only_second.push(*fact);
        }
    }
    only_second.reverse();
    (only_first, only_second)
}

/// For values put in, by place, the value taken out that each replaces.
fn partners(removed: &[&Fact], added: &[&Fact], budget: &Budget) -> HashMap<usize, usize> {
    let mut out = HashMap::new();
    if removed.is_empty() || added.is_empty() {
        return out;
    }
    let mut scored = Vec::new();
    let window = (COMPARISONS_MAX / added.len()).max(1);
    for (index, new) in added.iter().enumerate() {
        // In long lists only those are compared that stand near each other.
        let middle = index * removed.len() / added.len();
        let from = middle.saturating_sub(window / 2);
        for (other, old) in removed.iter().enumerate().skip(from).take(window) {
            let likeness = alike(&old.value, &new.value, budget);
            if likeness >= CHANGED {
                scored.push((likeness, index, other));
            }
        }
    }
    scored.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    let mut taken = HashSet::new();
    for (_, index, other) in scored {
        if !out.contains_key(&index) && taken.insert(other) {
            out.insert(index, other);
        }
    }
    out
}

fn judge_change(change: Change, there: &Counted, budget: &Budget) -> (Verdict, Span) {
    let place = |value: &str| there.planned.get(value).map(|(_, f)| f.lines);
    let has_new = |new: &Fact| {
        let wanted = count(&there.hotfix, &new.value);
        let found = count(&there.planned, &new.value);
        found > 0 && (found >= wanted || !new.in_list && found == there.values.planned.len())
    };
    let has_old = |old: &Fact| {
        let found = count(&there.planned, &old.value);
        found > 0 && found > count(&there.hotfix, &old.value)
    };
    match change {
        (Some(old), Some(new)) => match (has_new(new), has_old(old)) {
            (true, false) => (of_present(new, there), place(&new.value)),
            (true, true) if new.in_list => (Verdict::Partial, place(&new.value)),
            (true, true) => (Verdict::CannotTell, place(&new.value)),
            (false, true) => (Verdict::Overridden, place(&old.value)),
            (false, false) => match there.third(Some(old), new, budget) {
                Some(other) => (judge_third(old, new, other, budget), Some(other.lines)),
                None if there.values.planned.is_empty() => (Verdict::Removed, None),
                None if new.in_list && !there.has_some => (Verdict::Removed, None),
                None => (
                    Verdict::Conflicting,
                    there.values.planned.first().map(|f| f.lines),
                ),
            },
        },
        (None, Some(new)) if has_new(new) => (of_present(new, there), place(&new.value)),
        (None, Some(new)) => match there.third(None, new, budget) {
            Some(other) => (Verdict::Conflicting, Some(other.lines)),
            None => (Verdict::Overridden, None),
        },
        (Some(old), None) if has_old(old) => (Verdict::Overridden, place(&old.value)),
        (Some(old), None) => match there.third(Some(old), old, budget) {
            Some(other) => (Verdict::Conflicting, Some(other.lines)),
            None => (Verdict::Included, None),
        },
        (None, None) => (Verdict::CannotTell, None),
    }
}

/// The change inside a value that planned changed too. In a value that is hardly the same any
/// more, or is now negated, what was put in need not do what it did.
fn judge_third(old: &Fact, new: &Fact, other: &Fact, budget: &Budget) -> Verdict {
    match three_way(&old.value, &new.value, &other.value, budget) {
        Verdict::Included
            if is_weakened(&old.value, &new.value, &other.value)
                || words(&new.value).eq(words(&other.value))
                || alike(&new.value, &other.value, budget) < RECOGNISABLE
                || remarks(&other.value) > remarks(&new.value)
                    && !is_included_without_remarks([old, new, other], budget) =>
        {
            Verdict::CannotTell
        }
        verdict => verdict,
    }
}

/// Whether what the hotfix did is in planned before the remarks of each line.
fn is_included_without_remarks(three: [&Fact; 3], budget: &Budget) -> bool {
    let [old, new, other] =
        three.map(|fact| without_remarks(fact.text.as_deref().unwrap_or(&fact.value)));
    old != new && three_way(&old, &new, &other, budget) == Verdict::Included
}

/// A value that planned has as the hotfix does: included, unless planned gives the address more
/// than once with different values, of which a reader of the file takes the last or the first.
fn of_present(new: &Fact, there: &Counted) -> Verdict {
    let found = there.planned.get(new.value.as_str());
    // One value may have become a list with more; a list that became one value is another matter.
    let is_same_shape = found.is_none_or(|(_, f)| f.in_list || !new.in_list);
    let is_shadowed = !new.in_list
        && there.values.planned.len() > there.values.hotfix.len()
        && there
            .planned
            .values()
            .any(|(_, f)| !f.in_list && f.value != new.value);
    if is_same_shape && !is_shadowed {
        Verdict::Included
    } else {
        Verdict::CannotTell
    }
}
