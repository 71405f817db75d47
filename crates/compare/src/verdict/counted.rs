//! The values of one address in the three texts, counted, and those that planned alone has.
//!
//! ```text
//! base               | hotfix             | planned
//! - deny tcp port 22 | - deny tcp port 23 | - deny tcp port 24    conflicting: a third value in its place
//! ```

use std::cell::OnceCell;
use std::collections::HashMap;

use super::doc::Fact;
use super::limits::Budget;
use super::words::{alike, words};

/// How alike two values of a list must be to count as one that was changed: half of their words.
///
/// Corpus: .4 changes nothing; .35 and .25 lose one verdict (lines of comments that resemble others become
/// *conflicting*); .6 to 1 gain one, and .75 turns two texts whose version marks alone changed from *conflicting* to
/// *removed*. None of these says *included*. No test of the verdict fails between .25 and 1.
pub(super) const CHANGED: f64 = 0.5;
/// The same where nothing of it was in the hotfix: a value taken out, of which planned may have
/// made something else. Corpus: .5 and less lose one *included*, since a word list has a line like the one that the
/// hotfix took out; .6 to 1 change nothing.
const CHANGED_ELSEWHERE: f64 = 0.75;

/// The values of one address in the three texts.
#[derive(Default)]
pub(super) struct Values<'a> {
    pub(super) base: Vec<&'a Fact>,
    pub(super) hotfix: Vec<&'a Fact>,
    pub(super) planned: Vec<&'a Fact>,
}

/// The same, counted: how often each value is there, and which is the first of it.
pub(super) struct Counted<'a, 'v> {
    pub(super) values: &'v Values<'a>,
    pub(super) base: Counts<'a>,
    pub(super) hotfix: Counts<'a>,
    pub(super) planned: Counts<'a>,
    /// Values that only planned has.
    pub(super) others: Vec<&'a Fact>,
    /// Whether planned has any value of the hotfix's.
    pub(super) has_some: bool,
    /// Places of the others by the words in them.
    by_word: OnceCell<HashMap<&'a str, Vec<usize>>>,
}

impl<'a, 'v> Counted<'a, 'v> {
    pub(super) fn new(values: &'v Values<'a>) -> Counted<'a, 'v> {
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

/// How often a value is there.
pub(super) fn count(counts: &Counts, value: &str) -> usize {
    counts.get(value).map_or(0, |(count, _)| *count)
}

/// How often each value occurs, and where first.
pub(super) type Counts<'a> = HashMap<&'a str, (usize, &'a Fact)>;

pub(super) fn counts<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> Counts<'a> {
    let mut out: Counts = HashMap::new();
    for fact in facts {
        out.entry(&fact.value).or_insert((0, fact)).0 += 1;
    }
    out
}

/// Values are looked for among so many at most by all their words; among more, by their rarest. This and the two below
/// make lists of any length linear. Corpus and tests: 16 and 64 change nothing.
const FEW: usize = 32;
/// How many values of a rare word are looked at. Corpus: 4 and 16 change nothing.
const OF_A_WORD: usize = 8;
/// How many of a value's rarest words are looked at. Corpus: 2 and 6 change nothing; 1 changes one verdict, by chance
/// to the right one, since a value that shares only its commoner words is not found any more.
const RARE_WORDS: usize = 3;

impl<'a> Counted<'a, '_> {
    /// The value that planned has in the place of the changed one, and neither base nor hotfix has.
    pub(super) fn third(
        &self,
        old: Option<&Fact>,
        new: &Fact,
        budget: &Budget,
    ) -> Option<&'a Fact> {
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
