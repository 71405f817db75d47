//! Which container of one text is which of another.
//!
//! ```text
//! base        | hotfix      | planned
//! - from: lan | - from: lan | - from: web
//!   to: db    |   to: db    |   to: app
//!   port: 1   |   port: 9   | - from: lan
//! - from: web | - from: web |   to: db
//!   to: app   |   to: app   |   port: 9      items without names pair by likeness: included
//! ```

use std::collections::HashMap;

use super::doc::{Doc, alike};
use super::limits::Budget;

/// How alike two containers of different names must be to count as one that was renamed. Corpus: .3 to .5 change
/// nothing; .7 and more lose two verdicts. It stands at the upper end because a rule taken for another one is how
/// *included* is said wrongly.
const RENAMED: f64 = 0.6;
/// A container with fewer facts says too little to be recognised without its name. Corpus: with 1 an *included* is said
/// wrongly, of a statement that was renamed and resembles another; 2 and 3 change nothing; 6 loses one verdict.
const TELLING_FACTS: usize = 4;
/// How alike two items without a name must be to count as one that was changed. Corpus: .15 to .4 change nothing; .5
/// and more lose one *included*.
const CHANGED: f64 = 0.3;
/// More comparisons than this between one group and another are not made; they pair in order: 64 items without a name
/// on each side. Corpus: 1,024 to 16,384 change nothing; 256 loses one verdict, of a file
/// of dashboards. 16,384 changes no answer on hard texts of 1 MB and costs 1 % more in all.
pub(super) const COMPARISONS_MAX: usize = 4_096;

/// Pairs of the second list's containers, by the first's; each at most once.
pub(super) struct Pairs {
    pub(super) by_first: HashMap<usize, usize>,
    pub(super) by_second: HashMap<usize, usize>,
}

/// Pairs containers that stand at the same place: first those of one name, equal ones before
/// alike ones; then the unnamed and the renamed by likeness. Linear but for small groups.
///
/// The only documents of two texts pair whatever they are called: the path is their name. Other
/// containers of different names pair only when `may_rename`: a rule that is gone must not be
/// taken for another one that resembles it.
pub(super) fn pair(
    a: &Doc,
    first: &[usize],
    b: &Doc,
    second: &[usize],
    may_rename: bool,
    budget: &Budget,
) -> Pairs {
    let mut pairs = Pairs {
        by_first: HashMap::new(),
        by_second: HashMap::new(),
    };
    if let ([only], [other]) = (first, second)
        && a.containers[*only].is_document
        && b.containers[*other].is_document
    {
        pairs.add(*only, *other);
        return pairs;
    }
    let mut groups: HashMap<u128, Sides> = HashMap::new();
    let mut order = Vec::new();
    for index in first {
        let c = &a.containers[*index];
        let group = groups.entry(c.name).or_insert_with(|| {
            order.push((c.name, c.at.as_str(), c.id.as_str()));
            Default::default()
        });
        group.0.push(*index);
    }
    for index in second {
        let c = &b.containers[*index];
        let group = groups.entry(c.name).or_insert_with(|| {
            order.push((c.name, c.at.as_str(), c.id.as_str()));
            Default::default()
        });
        group.1.push(*index);
    }
    budget.take(8 * (first.len() + second.len()));
    let mut left: HashMap<&str, Sides> = HashMap::new();
    let mut places = Vec::new();
    for (name, at, id) in order {
        let (mut ours, mut theirs) = groups.remove(&name).unwrap_or_default();
        equal(a, &mut ours, b, &mut theirs, &mut pairs);
        if !id.is_empty() {
            if ours.len() == 1 && theirs.len() == 1 {
                pairs.add(ours.remove(0), theirs.remove(0));
            } else {
                likest(a, &mut ours, b, &mut theirs, 0.0, 0, &mut pairs, budget);
            }
        } else {
            likest(a, &mut ours, b, &mut theirs, CHANGED, 0, &mut pairs, budget);
        }
        if !ours.is_empty() || !theirs.is_empty() {
            let rest = left.entry(at).or_insert_with(|| {
                places.push(at);
                Default::default()
            });
            rest.0.extend(ours);
            rest.1.extend(theirs);
        }
    }
    for place in places {
        let (mut ours, mut theirs) = left.remove(place).unwrap_or_default();
        if !may_rename {
            ours.retain(|index| a.containers[*index].id.is_empty());
            theirs.retain(|index| b.containers[*index].id.is_empty());
        }
        if ours.len() * theirs.len() <= COMPARISONS_MAX {
            likest(
                a,
                &mut ours,
                b,
                &mut theirs,
                RENAMED,
                TELLING_FACTS,
                &mut pairs,
                budget,
            );
        }
    }
    pairs
}

/// What is left to pair of the first and of the second text.
type Sides = (Vec<usize>, Vec<usize>);

impl Pairs {
    fn add(&mut self, first: usize, second: usize) {
        self.by_first.insert(first, second);
        self.by_second.insert(second, first);
    }
}

fn equal(a: &Doc, ours: &mut Vec<usize>, b: &Doc, theirs: &mut Vec<usize>, pairs: &mut Pairs) {
    if ours.is_empty() || theirs.is_empty() {
        return;
    }
    let mut by_content: HashMap<u128, Vec<usize>> = HashMap::new();
    for index in theirs.iter().rev() {
        by_content
            .entry(b.containers[*index].content)
            .or_default()
            .push(*index);
    }
    ours.retain(|index| {
        match by_content
            .get_mut(&a.containers[*index].content)
            .and_then(Vec::pop)
        {
            Some(other) => {
                pairs.add(*index, other);
                false
            }
            None => true,
        }
    });
    theirs.retain(|index| !pairs.by_second.contains_key(index));
}

/// Pairs what is at least `least` alike, the likest first; in order where there are too many.
#[expect(
    clippy::too_many_arguments,
    reason = "two texts with what is left of each"
)]
fn likest(
    a: &Doc,
    ours: &mut Vec<usize>,
    b: &Doc,
    theirs: &mut Vec<usize>,
    least: f64,
    facts_min: usize,
    pairs: &mut Pairs,
    budget: &Budget,
) {
    if ours.is_empty() || theirs.is_empty() {
        return;
    }
    if ours.len() * theirs.len() > COMPARISONS_MAX {
        if least == 0.0 {
            let both: Vec<_> = ours.iter().copied().zip(theirs.iter().copied()).collect();
            both.into_iter()
                .for_each(|(first, second)| pairs.add(first, second));
        }
    } else {
        let heavy = |doc: &Doc, index: &usize| doc.containers[*index].weight >= facts_min;
        let ours_signed: Vec<_> = ours
            .iter()
            .filter(|i| heavy(a, i))
            .map(|i| (*i, a.signature(*i, budget)))
            .collect();
        let theirs_signed: Vec<_> = theirs
            .iter()
            .filter(|i| heavy(b, i))
            .map(|i| (*i, b.signature(*i, budget)))
            .collect();
        let mut scored = Vec::new();
        for (first, signature) in &ours_signed {
            for (second, other) in &theirs_signed {
                if !budget.take(1 + (signature.len() + other.len()) / 4) {
                    return;
                }
                let likeness = alike(signature, other);
                if likeness >= least {
                    scored.push((likeness, *first, *second));
                }
            }
        }
        scored.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
        for (_, first, second) in scored {
            if !pairs.by_first.contains_key(&first) && !pairs.by_second.contains_key(&second) {
                pairs.add(first, second);
            }
        }
    }
    ours.retain(|index| !pairs.by_first.contains_key(index));
    theirs.retain(|index| !pairs.by_second.contains_key(index));
}
