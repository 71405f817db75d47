//! For hotfixes that only put things into another order.

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
    label: String,
    lines: Lines,
}

/// How many things around a moved one are looked at on each side.
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
            return judge_items(&old, &new, planned.map(items).as_deref(), budget);
        }
    }
    Vec::new()
}

fn containers(doc: &Doc) -> Vec<Item> {
    doc.containers
        .iter()
        .skip(1)
        .map(|c| Item {
            key: if c.id.is_empty() {
                c.content
            } else {
                hash(&(&c.at, &c.id))
            },
            label: sentences::label(&c.at, &c.id),
            lines: c.lines,
        })
        .collect()
}

fn facts(doc: &Doc) -> Vec<Item> {
    let mut out = Vec::new();
    for container in &doc.containers {
        for fact in &container.facts {
            out.push(Item {
                key: hash(&(&container.at, &container.id, &fact.addr, &fact.value)),
                label: sentences::change(
                    &sentences::label(&container.at, &container.id),
                    &fact.addr,
                    None,
                    None,
                ) + &fact.value.chars().take(40).collect::<String>(),
                lines: fact.lines,
            });
        }
    }
    out
}

fn judge_items(
    old: &[Item],
    new: &[Item],
    planned: Option<&[Item]>,
    budget: &Budget,
) -> Vec<Draft> {
    let place = |items: &[Item]| {
        let mut out: HashMap<u128, usize> = HashMap::new();
        for (index, item) in items.iter().enumerate() {
            out.entry(item.key).or_insert(index);
        }
        out
    };
    let (in_old, in_new) = (place(old), place(new));
    let in_planned = planned.map(place);
    let kept = longest_rising(
        &new.iter()
            .map(|i| in_old.get(&i.key).copied())
            .collect::<Vec<_>>(),
    );
    let mut drafts = Vec::new();
    for (index, item) in new.iter().enumerate().filter(|(index, _)| !kept[*index]) {
        let Some(before) = in_old.get(&item.key) else {
            continue;
        };
        if !budget.take(4 * AROUND) {
            break;
        }
        let near_new = new[index.saturating_sub(AROUND)..].iter().take(2 * AROUND);
        let near_old = old[before.saturating_sub(AROUND)..].iter().take(2 * AROUND);
        let (mut as_new, mut as_old) = (0, 0);
        for other in near_new.chain(near_old) {
            let (Some(o), Some(n)) = (in_old.get(&other.key), in_new.get(&other.key)) else {
                continue;
            };
            if (o < before) == (*n < index) {
                continue;
            }
            let Some(there) = &in_planned else { continue };
            if let (Some(p), Some(this)) = (there.get(&other.key), there.get(&item.key)) {
                if (p < this) == (*n < index) {
                    as_new += 1
                } else {
                    as_old += 1
                }
            }
        }
        let found = in_planned.as_ref().and_then(|there| there.get(&item.key));
        let verdict = match (found, as_new, as_old) {
            (None, _, _) => Verdict::Removed,
            (_, 0, 0) => Verdict::CannotTell,
            (_, _, 0) => Verdict::Included,
            (_, 0, _) => Verdict::Overridden,
            _ => Verdict::Conflicting,
        };
        drafts.push(Draft {
            what: format!("{}: moved", item.label),
            verdict,
            base: Some(old[*before].lines),
            hotfix: Some(item.lines),
            planned: found.zip(planned).map(|(at, items)| items[*at].lines),
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
