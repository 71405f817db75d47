//! For hotfixes that only put things into another order.
//!
//! ```text
//! base    | hotfix  | planned
//! - id: a | - id: b | - id: a
//! - id: b | - id: a | - id: b    overridden: b stands behind a again
//! - id: c | - id: c | - id: c
//! ```

use std::collections::HashMap;

use super::Verdict;
use super::doc::{Doc, hash};
use super::facts::Draft;
use super::limits::Budget;
use super::sentences;
use super::tree::Lines;

/// Something that has a place in the order of a text.
struct Item {
    /// What it is, its content left out where it has a name.
    key: u128,
    lines: Lines,
    container: usize,
    /// Its place among the container's facts; None for the container itself.
    fact: Option<usize>,
}

impl Item {
    fn label(&self, doc: &Doc) -> String {
        let container = &doc.containers[self.container];
        let label = sentences::label(&container.at, &container.id);
        let Some(fact) = self.fact.and_then(|at| container.facts.get(at)) else {
            return label;
        };
        let start: String = fact.value.chars().take(40).collect();
        sentences::change(&label, &fact.addr, None, None) + &start
    }
}

/// How many things around a moved one are looked at on each side. What a hotfix moves it moves a few places: with 8, 32
/// or 128 the corpus and the tests say the same. The cost of each moved thing grows with it, four look-ups for each.
const AROUND: usize = 64;

/// One draft for each thing that stands before or after others than it did; empty when the order
/// is the same.
pub(super) fn judge(
    base: &Doc,
    hotfix: &Doc,
    planned: Option<&Doc>,
    budget: &Budget,
) -> Vec<Draft> {
    for items in [containers as fn(&Doc) -> Vec<Item>, facts] {
        let (old, new) = (items(base), items(hotfix));
        if !budget.take(4 * (old.len() + new.len())) {
            return Vec::new();
        }
        if old.iter().map(|i| i.key).ne(new.iter().map(|i| i.key)) {
            let there = planned.map(items);
            return judge_items(&old, (hotfix, &new), there.as_deref(), budget);
        }
    }
    Vec::new()
}

fn containers(doc: &Doc) -> Vec<Item> {
    let all = doc.containers.iter().enumerate().skip(1);
    all.map(|(container, c)| Item {
        key: if c.id.is_empty() {
            c.content
        } else {
            hash(&(&c.at, &c.id))
        },
        lines: c.lines,
        container,
        fact: None,
    })
    .collect()
}

fn facts(doc: &Doc) -> Vec<Item> {
    let mut out = Vec::new();
    for (at, container) in doc.containers.iter().enumerate() {
        for (index, fact) in container.facts.iter().enumerate() {
            out.push(Item {
                key: hash(&(&container.at, &container.id, &fact.addr, &fact.value)),
                lines: fact.lines,
                container: at,
                fact: Some(index),
            });
        }
    }
    out
}

/// Where each thing stands first in the three texts, by its number.
#[derive(Default)]
struct Places {
    numbers: HashMap<u128, u32>,
    old: Vec<Option<usize>>,
    new: Vec<Option<usize>>,
    planned: Vec<Option<usize>>,
}

impl Places {
    fn number(
        &mut self,
        items: &[Item],
        side: fn(&mut Places) -> &mut Vec<Option<usize>>,
    ) -> Vec<usize> {
        let mut out = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let next = self.numbers.len() as u32;
            let number = *self.numbers.entry(item.key).or_insert(next) as usize;
            let places = side(self);
            if places.len() <= number {
                places.resize(number + 1, None);
            }
            places[number].get_or_insert(index);
            out.push(number);
        }
        out
    }
}

fn judge_items(
    old: &[Item],
    (hotfix, new): (&Doc, &[Item]),
    planned: Option<&[Item]>,
    budget: &Budget,
) -> Vec<Draft> {
    let mut places = Places::default();
    let olds = places.number(old, |places| &mut places.old);
    let news = places.number(new, |places| &mut places.new);
    if let Some(planned) = planned {
        budget.take(2 * planned.len());
        places.number(planned, |places| &mut places.planned);
    }
    let all = places.numbers.len();
    for places in [&mut places.old, &mut places.new, &mut places.planned] {
        places.resize(all, None);
    }
    let kept = longest_rising(
        &news
            .iter()
            .map(|number| places.old[*number])
            .collect::<Vec<_>>(),
    );
    let mut drafts = Vec::new();
    for (index, item) in new.iter().enumerate().filter(|(index, _)| !kept[*index]) {
        let Some(before) = places.old[news[index]] else {
            continue;
        };
        if !budget.take(2 * AROUND) {
            break;
        }
        let found = places.planned[news[index]];
        let near_new = news[index.saturating_sub(AROUND)..].iter().take(2 * AROUND);
        let near_old = olds[before.saturating_sub(AROUND)..]
            .iter()
            .take(2 * AROUND);
        let (mut as_new, mut as_old) = (0, 0);
        for other in near_new.chain(near_old) {
            let (Some(o), Some(n)) = (places.old[*other], places.new[*other]) else {
                continue;
            };
            if (o < before) == (n < index) {
                continue;
            }
            if let (Some(p), Some(this)) = (places.planned[*other], found) {
                if (p < this) == (n < index) {
                    as_new += 1
                } else {
                    as_old += 1
                }
            }
        }
        let verdict = match (found, as_new, as_old) {
            (None, _, _) => Verdict::Removed,
            (_, 0, 0) => Verdict::CannotTell,
            (_, _, 0) => Verdict::Included,
            (_, 0, _) => Verdict::Overridden,
            _ => Verdict::Conflicting,
        };
        drafts.push(Draft {
            what: format!("{}: moved", item.label(hotfix)),
            verdict,
            base: Some(old[before].lines),
            hotfix: Some(item.lines),
            planned: found.zip(planned).map(|(at, items)| items[at].lines),
            planned_path: None,
            is_marker: false,
        });
    }
    drafts
}

/// Marks a longest run of values that rise; what is not in it has moved.
fn longest_rising(values: &[Option<usize>]) -> Vec<bool> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; values.len()];
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else { continue };
        let at = ends.partition_point(|end| values[*end].is_some_and(|v| v < *value));
        before[index] = at.checked_sub(1).map(|at| ends[at]);
        if at == ends.len() {
            ends.push(index)
        } else {
            ends[at] = index
        }
    }
    let mut kept = vec![false; values.len()];
    let mut next = ends.last().copied();
    while let Some(index) = next {
        kept[index] = true;
        next = before[index];
    }
    kept
}
