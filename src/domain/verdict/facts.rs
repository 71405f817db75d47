//! What became of the changed values of one container.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::doc::{Container, Fact, HEADER_CHARS, STEP};
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

/// The same, counted: how often each value is there, and which is the first of it.
struct Counted<'a, 'v> {
    values: &'v Values<'a>,
    base: Counts<'a>,
    hotfix: Counts<'a>,
    planned: Counts<'a>,
    /// Values that only planned has.
    others: Vec<&'a Fact>,
    /// Whether planned has any value of the hotfix's.
    has_some: bool,
    /// Places of the others by the words in them.
    by_word: OnceCell<HashMap<&'a str, Vec<usize>>>,
}

impl<'a, 'v> Counted<'a, 'v> {
    fn new(values: &'v Values<'a>) -> Counted<'a, 'v> {
        let base = counts(values.base.iter().copied());
        let hotfix = counts(values.hotfix.iter().copied());
        let planned = counts(values.planned.iter().copied());
        let is_other = |f: &&&Fact| {
            !base.contains_key(f.value.as_str()) && !hotfix.contains_key(f.value.as_str())
        };
        let others = values.planned.iter().filter(is_other).copied().collect();
        let has_some = hotfix.keys().any(|value| planned.contains_key(value));
        Counted {
            values,
            base,
            hotfix,
            planned,
            others,
            has_some,
            by_word: OnceCell::new(),
        }
    }
}

fn count(counts: &Counts, value: &str) -> usize {
    counts.get(value).map_or(0, |(count, _)| *count)
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
    // The text itself, as a list of lines, is one list however its lines stand under headers; but what planned has
    // under another header while it has the hotfix's too is in another place.
    let headers: OnceCell<HashSet<String>> = OnceCell::new();
    let has_header = |addr: &str| headers.get_or_init(|| headers_in(planned)).contains(addr);
    let is_lines = hotfix.parent.is_none();
    let all: Option<Counts> = is_lines.then(|| counts(&planned.facts));
    let all_hotfix: Option<Counts> = is_lines.then(|| counts(&hotfix.facts));
    let mut counted: HashMap<&str, Counted> = HashMap::new();
    for (change, addr) in judged {
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

/// How often each value occurs, and where first.
type Counts<'a> = HashMap<&'a str, (usize, &'a Fact)>;

fn counts<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> Counts<'a> {
    let mut out: Counts = HashMap::new();
    for fact in facts {
        out.entry(&fact.value).or_insert((0, fact)).0 += 1;
    }
    out
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
        addr.split(STEP)
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

/// Values are looked for among so many at most by all their words; among more, by their rarest.
const FEW: usize = 32;
/// How many values of a rare word are looked at.
const OF_A_WORD: usize = 8;
/// How many of a value's rarest words are looked at.
const RARE_WORDS: usize = 3;

impl<'a> Counted<'a, '_> {
    /// The value that planned has in the place of the changed one, and neither base nor hotfix has.
    fn third(&self, old: Option<&Fact>, new: &Fact, budget: &Budget) -> Option<&'a Fact> {
        if !new.in_list && self.others.len() == 1 && self.values.planned.len() == 1 {
            return Some(self.others[0]);
        }
        let least = if old.is_some_and(|old| std::ptr::eq(old, new)) {
            CHANGED_ELSEWHERE
        } else {
            CHANGED
        };
        let likeness = |other: &Fact| {
            let to_new = alike(&new.value, &other.value, budget);
            let to_old = old.map_or(0.0, |old| alike(&old.value, &other.value, budget));
            to_new.max(to_old)
        };
        self.near(&new.value, old.map(|old| old.value.as_str()), budget)
            .into_iter()
            .map(|index| (likeness(self.others[index]), index))
            .filter(|(likeness, _)| *likeness >= least)
            .max_by(|x, y| x.0.total_cmp(&y.0).then(y.1.cmp(&x.1)))
            .map(|(_, index)| self.others[index])
    }

    /// Places of the other values that may be like one of these two.
    fn near(&self, new: &str, old: Option<&str>, budget: &Budget) -> Vec<usize> {
        if self.others.len() <= FEW {
            return (0..self.others.len()).collect();
        }
        let by_word = self.by_word.get_or_init(|| {
            let mut by_word: HashMap<&str, Vec<usize>> = HashMap::new();
            for (index, other) in self.others.iter().enumerate() {
                if !budget.take(1 + other.value.len() / 4) {
                    break;
                }
                for word in words(&other.value) {
                    let places = by_word.entry(word).or_default();
                    if places.last() != Some(&index) {
                        places.push(index);
                    }
                }
            }
            by_word
        });
        budget.take(new.len() / 4);
        let mut rare: Vec<&Vec<usize>> = words(new)
            .chain(old.into_iter().flat_map(words))
            .filter_map(|w| by_word.get(w))
            .collect();
        rare.sort_by_key(|places| places.len());
        let mut out: Vec<usize> = rare
            .into_iter()
            .take(RARE_WORDS)
            .flat_map(|places| places.iter().take(OF_A_WORD))
            .copied()
            .collect();
        out.sort_unstable();
        out.dedup();
        out
    }
}
