//! Rules that let through or refuse, of which the first that matches decides: what stands on the other side of its
//! opposite than it did has another effect.
//!
//! ```text
//! base           | hotfix         | planned
//! accept tcp any | drop 10.0.0.1  | accept tcp any
//!                | accept tcp any | drop 10.0.0.1     cannot tell: the other rule decides first
//! ```

use std::collections::HashMap;

use super::doc::{Container, Doc, hash};
use super::facts::Draft;
use super::limits::Budget;
use super::tree::Lines;

const PERMITS: [&str; 5] = ["accept", "allow", "grant", "pass", "permit"];
const REFUSES: [&str; 6] = ["block", "deny", "drop", "forbid", "refuse", "reject"];

fn decision(word: &str) -> Option<bool> {
    let plain = word.trim_matches(|c: char| !c.is_alphanumeric());
    if !(4..=6).contains(&plain.len()) {
        return None;
    }
    let is = |known: &&str| plain.eq_ignore_ascii_case(known);
    let permits = PERMITS.iter().any(is);
    (permits || REFUSES.iter().any(is)).then_some(permits)
}

/// Whether a statement lets something through or refuses it: by one of its first three words, of which a row of a
/// table is one, or by what it jumps to.
pub(super) fn permits(statement: &str) -> Option<bool> {
    let first = statement.split(' ').take(3);
    let first = first
        .flat_map(|word| word.split([',', ';', '|', '\t']))
        .find_map(decision);
    first.or_else(|| {
        let jumps = [" -j ", " --jump "].into_iter().find_map(|jumps| {
            let at = memchr::memmem::find(statement.as_bytes(), jumps.as_bytes())?;
            Some(&statement[at + jumps.len()..])
        })?;
        decision(jumps.split(' ').next()?)
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
    if drafts.iter().all(|draft| draft.included_in(path).is_none()) {
        return;
    }
    let news = deciders(hotfix);
    if !news.iter().any(|new| new.permits != news[0].permits) {
        return;
    }
    let theirs = deciders(planned);
    let mut sides = Sides::of(&news, &theirs);
    for draft in drafts {
        let Some((here, there)) = draft.included_in(path) else {
            continue;
        };
        let on = |all: &[Decider], lines: Lines| -> Vec<usize> {
            let from = all.partition_point(|one| one.lines.0 < lines.0);
            let starts = all[from..].iter().take_while(|one| one.lines.0 <= lines.1);
            (from..from + starts.count()).collect()
        };
        let mut pairs = on(&news, here).into_iter().filter_map(|new| {
            let twin = on(&theirs, there)
                .into_iter()
                .find(|twin| theirs[*twin].key == news[new].key)?;
            Some((new, twin))
        });
        let crossed = pairs.find_map(|(new, twin)| sides.crossed(new, twin, budget));
        if let Some(other) = crossed {
            let line = news[other].lines.0;
            draft.doubt(&format!(
                "planned has it on the other side of what line {line} of the hotfix decides"
            ));
        }
    }
}

/// What stands on which side of what, of those that are alone of their kind in their lists.
struct Sides<'d> {
    news: &'d [Decider],
    theirs: &'d [Decider],
    /// Places in planned by list and kind; none where there are several.
    places: HashMap<(u64, u128), Option<usize>>,
    /// Places in the hotfix's text by list, and whether it is the only one of its kind there.
    lists: HashMap<u64, Vec<(usize, bool)>>,
    /// For a list of the hotfix's and one of planned's, those that refuse and those that permit.
    twins: HashMap<(u64, u64), [Twins; 2]>,
}

impl<'d> Sides<'d> {
    fn of(news: &'d [Decider], theirs: &'d [Decider]) -> Sides<'d> {
        let places = |all: &[Decider]| {
            let mut places = HashMap::new();
            for (at, one) in all.iter().enumerate() {
                let place = places.entry((one.list, one.key));
                place.and_modify(|place| *place = None).or_insert(Some(at));
            }
            places
        };
        let own = places(news);
        let mut lists: HashMap<u64, Vec<(usize, bool)>> = HashMap::new();
        for (at, new) in news.iter().enumerate() {
            let is_only = own[&(new.list, new.key)] == Some(at);
            lists.entry(new.list).or_default().push((at, is_only));
        }
        Sides {
            news,
            theirs,
            places: places(theirs),
            lists,
            twins: HashMap::new(),
        }
    }

    /// One that decides the opposite and stands on different sides of the two.
    fn crossed(&mut self, new: usize, twin: usize, budget: &Budget) -> Option<usize> {
        let lists = (self.news[new].list, self.theirs[twin].list);
        if !self.twins.contains_key(&lists) {
            let mut twins = [Twins::default(), Twins::default()];
            for (other, is_only) in &self.lists[&lists.0] {
                let place = self.places.get(&(lists.1, self.news[*other].key));
                if let (true, Some(Some(place))) = (is_only, place) {
                    twins[usize::from(self.news[*other].permits)].push(*other, *place);
                }
                if !budget.take(4) {
                    return None;
                }
            }
            twins.iter_mut().for_each(Twins::close);
            self.twins.insert(lists, twins);
        }
        let opposite = usize::from(!self.news[new].permits);
        self.twins[&lists][opposite].crossed(new, twin)
    }
}

/// Pairs of places, in the order of the first.
#[derive(Default)]
struct Twins {
    pairs: Vec<(usize, usize)>,
    /// Of the pairs up to this one, that whose second place is last; of those from this one on, that whose is first.
    last: Vec<usize>,
    first: Vec<usize>,
}

impl Twins {
    fn push(&mut self, new: usize, twin: usize) {
        let at = self.pairs.len();
        let before = self.last.last().copied();
        self.pairs.push((new, twin));
        self.last.push(
            before
                .filter(|before| self.pairs[*before].1 > twin)
                .unwrap_or(at),
        );
    }

    fn close(&mut self) {
        self.first = (0..self.pairs.len()).collect();
        for at in (1..self.pairs.len()).rev() {
            let after = self.first[at];
            if self.pairs[after].1 < self.pairs[at - 1].1 {
                self.first[at - 1] = after;
            }
        }
    }

    fn crossed(&self, new: usize, twin: usize) -> Option<usize> {
        let at = self.pairs.partition_point(|(other, _)| *other < new);
        let before = at.checked_sub(1).map(|at| self.pairs[self.last[at]]);
        let after = self.first.get(at).map(|at| self.pairs[*at]);
        let before = before.filter(|(_, place)| *place > twin);
        let after = after.filter(|(_, place)| *place < twin);
        before.or(after).map(|(other, _)| other)
    }
}
