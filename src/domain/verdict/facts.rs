//! What became of the changed values of one container.

use std::collections::{HashMap, HashSet};

use super::doc::{Container, Fact};
use super::limits::Budget;
use super::locate::same_use;
use super::sentences;
use super::words::{alike, three_way, words};
use super::{Span, Verdict};

/// How alike two values of a list must be to count as one that was changed.
const CHANGED: f64 = 0.5;
/// The same where nothing of it was in the hotfix: a value taken out, of which planned may have
/// made something else.
const CHANGED_ELSEWHERE: f64 = 0.75;
/// How alike hotfix and planned must be for a change inside a value to be recognised there.
const RECOGNISABLE: f64 = 0.3;
/// More comparisons than this between the values of two lists are not made.
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

/// The values of one address in the three texts.
#[derive(Default)]
struct Values<'a> {
    base: Vec<&'a Fact>,
    hotfix: Vec<&'a Fact>,
    planned: Vec<&'a Fact>,
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
    let mut judged: Vec<(Change, &str)> = Vec::new();
    for addr in &order {
        let values = &by_addr[addr];
        if budget.take(1 + values.base.len() + values.hotfix.len() + values.planned.len()) {
            judged.extend(
                changes(values, budget)
                    .into_iter()
                    .map(|change| (change, *addr)),
            );
        }
    }
    let moved = moved_values(&judged);
    // The text itself, as a list of lines, is one list however its lines stand under headers.
    let is_lines = hotfix.parent.is_none();
    let all: Option<Counts> = is_lines.then(|| counts(&planned.facts));
    for (change, addr) in judged {
        if let (Some(old), None) | (None, Some(old)) = change
            && is_lines
            && moved.contains(old.value.as_str())
        {
            continue;
        }
        let values = &by_addr[addr];
        let (mut verdict, mut place) = judge_change(change, values, budget);
        if let Some(all) = &all
            && verdict != Verdict::Included
            && let (None, Some(new)) = change
            && !values.base.iter().any(|f| f.value == new.value)
            && all
                .get(new.value.as_str())
                .is_some_and(|(count, at)| *count == 1 && !is_doubtful(&at.addr, addr))
            && hotfix.facts.iter().filter(|f| f.value == new.value).count() == 1
        {
            verdict = Verdict::Included;
            place = all.get(new.value.as_str()).map(|(_, at)| at.lines);
        }
        if let (Some(all), Some(old), None) = (&all, change.0, change.1)
            && verdict == Verdict::Included
            && all
                .get(old.value.as_str())
                .is_some_and(|(count, _)| *count > 0)
            && hotfix.facts.iter().filter(|f| f.value == old.value).count() == 0
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

/// How often each value occurs, and where first.
type Counts<'a> = HashMap<&'a str, (usize, &'a Fact)>;

fn counts(facts: &[Fact]) -> Counts<'_> {
    let mut out: Counts = HashMap::new();
    for fact in facts {
        out.entry(&fact.value).or_insert((0, fact)).0 += 1;
    }
    out
}

/// Values taken out at one header and put in at another.
fn moved_values(judged: &[(Change, &str)]) -> HashSet<String> {
    let out: HashSet<&str> = judged
        .iter()
        .filter(|(c, _)| c.1.is_none())
        .filter_map(|(c, _)| Some(c.0?.value.as_str()))
        .collect();
    let put = judged
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
        addr.split(super::doc::STEP)
            .filter(|c| super::text::is_doubtful(c))
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

fn count(facts: &[&Fact], value: &str) -> usize {
    facts.iter().filter(|f| f.value == value).count()
}

fn judge_change(change: Change, values: &Values, budget: &Budget) -> (Verdict, Span) {
    budget.take(values.planned.len() + values.hotfix.len());
    let place = |value: &str| {
        values
            .planned
            .iter()
            .find(|f| f.value == value)
            .map(|f| f.lines)
    };
    let has_new = |new: &Fact| {
        let wanted = count(&values.hotfix, &new.value);
        let there = count(&values.planned, &new.value);
        there > 0 && (there >= wanted || !new.in_list && there == values.planned.len())
    };
    let has_old = |old: &Fact| {
        let there = count(&values.planned, &old.value);
        there > 0 && there > count(&values.hotfix, &old.value)
    };
    match change {
        (Some(old), Some(new)) => match (has_new(new), has_old(old)) {
            (true, false) => (of_present(new, values), place(&new.value)),
            (true, true) if new.in_list => (Verdict::Partial, place(&new.value)),
            (true, true) => (Verdict::CannotTell, place(&new.value)),
            (false, true) => (Verdict::Overridden, place(&old.value)),
            (false, false) => match third(values, Some(old), new, budget) {
                Some(other) => (judge_third(old, new, other, budget), Some(other.lines)),
                None if values.planned.is_empty() => (Verdict::Removed, None),
                None if new.in_list
                    && !values
                        .hotfix
                        .iter()
                        .any(|f| count(&values.planned, &f.value) > 0) =>
                {
                    (Verdict::Removed, None)
                }
                None => (
                    Verdict::Conflicting,
                    values.planned.first().map(|f| f.lines),
                ),
            },
        },
        (None, Some(new)) if has_new(new) => (of_present(new, values), place(&new.value)),
        (None, Some(new)) => match third(values, None, new, budget) {
            Some(other) => (Verdict::Conflicting, Some(other.lines)),
            None => (Verdict::Overridden, None),
        },
        (Some(old), None) if has_old(old) => (Verdict::Overridden, place(&old.value)),
        (Some(old), None) => match third(values, Some(old), old, budget) {
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
            if is_negated(&new.value) != is_negated(&other.value)
                || remarks(&other.value) > remarks(&new.value)
                || hidden(&other.value) > hidden(&new.value)
                || words(&new.value).eq(words(&other.value))
                || edges(&new.value) != edges(&other.value)
                || alike(&new.value, &other.value, budget) < RECOGNISABLE =>
        {
            Verdict::CannotTell
        }
        verdict => verdict,
    }
}

/// Places in a value where a remark may start, after which nothing has an effect.
fn remarks(value: &str) -> usize {
    const STARTS: [&str; 6] = ["#", "//", "--", ";", "/*", "<!--"];
    value
        .split_ascii_whitespace()
        .filter(|word| STARTS.iter().any(|start| word.starts_with(start)))
        .count()
}

/// Whether a value starts and ends with white space, which in quotes is part of it.
fn edges(value: &str) -> (bool, bool) {
    (
        value.starts_with(char::is_whitespace),
        value.ends_with(char::is_whitespace),
    )
}

/// Characters that a reader does not see, or takes for plain space.
fn hidden(value: &str) -> usize {
    value
        .chars()
        .filter(|c| sentences::hides(*c) || c.is_whitespace() && !c.is_ascii())
        .count()
}

fn is_negated(value: &str) -> bool {
    let start = value.trim_start_matches(['"', '\'', '(', ' ']);
    start.starts_with('!') || start.to_ascii_lowercase().starts_with("not ")
}

/// A value that planned has as the hotfix does: included, unless planned gives the address more
/// than once with different values, of which a reader of the file takes the last or the first.
fn of_present(new: &Fact, values: &Values) -> Verdict {
    let in_planned = values.planned.iter().find(|f| f.value == new.value);
    // One value may have become a list with more; a list that became one value is another matter.
    let is_same_shape = in_planned.is_none_or(|f| f.in_list || !new.in_list);
    let is_shadowed = !new.in_list
        && values.planned.len() > values.hotfix.len()
        && values
            .planned
            .iter()
            .any(|f| !f.in_list && f.value != new.value);
    if is_same_shape && !is_shadowed {
        Verdict::Included
    } else {
        Verdict::CannotTell
    }
}

/// The value that planned has in the place of the changed one, and neither base nor hotfix has.
fn third<'a>(
    values: &Values<'a>,
    old: Option<&Fact>,
    new: &Fact,
    budget: &Budget,
) -> Option<&'a Fact> {
    let known: HashSet<&str> = values
        .base
        .iter()
        .chain(&values.hotfix)
        .map(|f| f.value.as_str())
        .collect();
    let others: Vec<&Fact> = values
        .planned
        .iter()
        .copied()
        .filter(|f| !known.contains(f.value.as_str()))
        .collect();
    if !new.in_list && others.len() == 1 && values.planned.len() == 1 {
        return Some(others[0]);
    }
    if others.len() > COMPARISONS_MAX / 8 {
        budget.take(others.len());
    }
    let least = if old.is_some_and(|old| std::ptr::eq(old, new)) {
        CHANGED_ELSEWHERE
    } else {
        CHANGED
    };
    others
        .into_iter()
        .map(|other| {
            let to_new = alike(&new.value, &other.value, budget);
            let to_old = old.map_or(0.0, |old| alike(&old.value, &other.value, budget));
            (to_new.max(to_old), other)
        })
        .filter(|(likeness, _)| *likeness >= least)
        .max_by(|x, y| x.0.total_cmp(&y.0))
        .map(|(_, other)| other)
}
