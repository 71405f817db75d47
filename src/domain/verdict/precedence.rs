//! Rules that let through or refuse, of which the first that matches decides: what stands on the other side of its
//! opposite than it did has another effect.

use std::collections::HashMap;

use super::Verdict;
use super::doc::{Container, Doc, hash};
use super::facts::Draft;
use super::limits::Budget;
use super::tree::Lines;

const PERMITS: [&str; 5] = ["accept", "allow", "grant", "pass", "permit"];
const REFUSES: [&str; 6] = ["block", "deny", "drop", "forbid", "refuse", "reject"];

fn decision(word: &str) -> Option<bool> {
    let plain = word.trim_matches(|c: char| !c.is_alphanumeric());
    if plain.len() > 6 {
        return None;
    }
    let plain = plain.to_ascii_lowercase();
    let permits = PERMITS.contains(&plain.as_str());
    (permits || REFUSES.contains(&plain.as_str())).then_some(permits)
}

/// Whether a statement lets something through or refuses it: by one of its first three words, of which a row of a
/// table is one, or by what it jumps to.
pub(super) fn permits(statement: &str) -> Option<bool> {
    let first = statement.split(' ').take(3);
    let first = first
        .flat_map(|word| word.split([',', ';', '|', '\t']))
        .find_map(decision);
    first.or_else(|| {
        let mut words = statement.split(' ');
        words.find(|word| matches!(*word, "-j" | "--jump"))?;
        decision(words.next()?)
    })
}

/// Something that decides.
struct Decider {
    /// What it is, the same in all texts.
    key: u128,
    /// Which list it stands in, in its own text.
    list: u64,
    lines: Lines,
    permits: bool,
}

/// Everything in a text that lets through or refuses, in order.
fn deciders(doc: &Doc) -> Vec<Decider> {
    if !doc.places.is_empty() {
        let places = doc.places.iter().filter_map(|place| {
            Some(Decider {
                key: place.text.into(),
                list: hash(&place.block) as u64,
                lines: place.lines,
                permits: place.permits?,
            })
        });
        return places.collect();
    }
    let mut out = Vec::new();
    for (at, container) in doc.containers.iter().enumerate() {
        if let Some(permits) = decided_by(container) {
            out.push(Decider {
                key: match container.id.is_empty() {
                    true => container.content,
                    false => container.name,
                },
                list: hash(&(container.parent, &container.at)) as u64,
                lines: container.lines,
                permits,
            });
        }
        for fact in container.facts.iter().filter(|fact| fact.in_list) {
            if let Some(permits) = permits(&fact.value) {
                out.push(Decider {
                    key: hash(&(&fact.addr, &fact.value)),
                    list: hash(&(at, &fact.addr)) as u64,
                    lines: fact.lines,
                    permits,
                });
            }
        }
    }
    out.sort_by_key(|one| one.lines.0);
    out
}

/// What an item of a list says by a value of one word.
fn decided_by(container: &Container) -> Option<bool> {
    container.parent?;
    let own = container.facts.iter().filter(|fact| !fact.in_list);
    let mut said = own.filter_map(|fact| decision(&fact.value));
    let first = said.next()?;
    said.all(|other| other == first).then_some(first)
}

/// What is there on the other side of its opposite is not included.
pub(super) fn doubt(
    drafts: &mut [Draft],
    hotfix: &Doc,
    (path, planned): (&str, &Doc),
    budget: &Budget,
) {
    let is_there = |draft: &Draft| {
        draft.verdict == Verdict::Included && draft.planned_path.as_deref() == Some(path)
    };
    if !drafts.iter().any(is_there) {
        return;
    }
    let news = deciders(hotfix);
    if !news.iter().any(|new| new.permits != news[0].permits) {
        return;
    }
    let theirs = deciders(planned);
    let (only_new, only_there) = (Index::of(&news), Index::of(&theirs));
    for draft in drafts.iter_mut().filter(|draft| is_there(draft)) {
        let (Some(here), Some(there)) = (draft.hotfix, draft.planned) else {
            continue;
        };
        let on = |all: &[Decider], lines: Lines| -> Vec<usize> {
            let from = all.partition_point(|one| one.lines.0 < lines.0);
            let starts = all[from..].iter().take_while(|one| one.lines.0 <= lines.1);
            (from..from + starts.count()).collect()
        };
        let pairs = on(&news, here).into_iter().filter_map(|new| {
            let twin = on(&theirs, there)
                .into_iter()
                .find(|twin| theirs[*twin].key == news[new].key)?;
            Some((new, twin))
        });
        let crossed = pairs.into_iter().find_map(|(new, twin)| {
            let other = only_new.crossed((&news, new), (&theirs, twin), &only_there, budget)?;
            Some(news[other].lines.0)
        });
        if let Some(line) = crossed {
            draft.verdict = Verdict::CannotTell;
            draft.what = format!(
                "{} (planned has it on the other side of what line {line} of the hotfix decides)",
                draft.what
            );
        }
    }
}

/// Where each decider stands that is alone of its kind in its list.
struct Index(HashMap<(u64, u128), Option<usize>>);

impl Index {
    fn of(all: &[Decider]) -> Index {
        let mut index = HashMap::new();
        for (at, one) in all.iter().enumerate() {
            index
                .entry((one.list, one.key))
                .and_modify(|place| *place = None)
                .or_insert(Some(at));
        }
        Index(index)
    }

    fn get(&self, list: u64, key: u128) -> Option<usize> {
        *self.0.get(&(list, key))?
    }

    /// The first that decides the opposite and stands on different sides of the two.
    fn crossed(
        &self,
        (news, new): (&[Decider], usize),
        (theirs, twin): (&[Decider], usize),
        there: &Index,
        budget: &Budget,
    ) -> Option<usize> {
        let list = news[new].list;
        if !budget.take(1 + news.len() / 8) {
            return None;
        }
        (0..news.len()).find(|&other| {
            news[other].permits != news[new].permits
                && news[other].list == list
                && self.get(list, news[other].key) == Some(other)
                && there
                    .get(theirs[twin].list, news[other].key)
                    .is_some_and(|place| (place < twin) != (other < new))
        })
    }
}
