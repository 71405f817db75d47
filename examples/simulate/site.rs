//! One site: what is on its disk, what its process holds in memory, and how the two can come apart.

use std::collections::HashMap;
use std::sync::Arc;

use rulegate_domain::command::Command;
use rulegate_domain::decide::{Decided, decide};
use rulegate_domain::lag::Heard;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::State;
use rulegate_ledger::access::Actor;
use rulegate_ledger::environment::Topology;
use rulegate_ledger::event::Fact;
use rulegate_ledger::ids::{CommandId, EntryRef, SiteName, Timestamp};
use rulegate_ledger::ledger::{Entry, Head, StoredEntry};

use super::link::Known;

/// An entry as it is stored, with what it says.
pub type Kept = (Arc<Entry>, Arc<StoredEntry>);

/// What survives a crash. An append is durable as a whole or not at all.
#[derive(Default)]
pub struct Disk {
    pub own: Vec<Kept>,
    /// The other site's ledger as far as it was brought.
    pub copy: Vec<Kept>,
    /// The first entry of every command in the own ledger.
    pub commands: HashMap<CommandId, u64>,
}

/// Why nothing was appended.
#[derive(Debug, PartialEq)]
pub enum NotAppended {
    HeadMoved,
    CommandKnown,
}

impl Disk {
    pub fn head(&self) -> Head {
        self.own.last().map_or(Head::EMPTY, |(_, stored)| Head {
            seq: stored.seq,
            hash: stored.hash,
            at: stored.at,
        })
    }

    /// The store's promise: all of it, if the head is the expected one and the command is new.
    pub fn append(&mut self, expected: Head, batch: &[Kept]) -> Result<(), NotAppended> {
        if self.head() != expected {
            return Err(NotAppended::HeadMoved);
        }
        let keys = batch
            .iter()
            .filter_map(|(_, stored)| Some((stored.command.clone()?, stored.seq)));
        let keys: Vec<_> = keys.collect();
        if keys.iter().any(|(key, _)| self.commands.contains_key(key)) {
            return Err(NotAppended::CommandKnown);
        }
        self.commands.extend(keys);
        self.own.extend_from_slice(batch);
        Ok(())
    }
}

/// One site with its process.
pub struct Site {
    pub name: SiteName,
    pub disk: Disk,
    /// The fold; only while the process runs.
    pub state: State,
    pub is_up: bool,
    /// What is believed of the other site, as far as it is kept here.
    pub known: Known,
    pub heard: Heard,
    /// This site's clock is off by so much, in microseconds.
    pub skew_us: i64,
}

/// What the process does to a command before its entries are durable, and after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    Fine,
    CrashBefore,
    CrashAfter,
}

/// What came of a command.
pub enum Outcome {
    /// Durable and told: these entries.
    Acknowledged(Vec<Kept>),
    /// It was true already.
    Already,
    /// It is in the ledger since an earlier time.
    Known(u64),
    Refused(Refusal),
    /// The process died: nobody was told. The entries are on the disk, or are not.
    Crashed(Vec<Kept>),
}

impl Site {
    pub fn new(topology: &Topology, index: usize) -> Site {
        let name = topology.sites[index].clone();
        Site {
            state: State::new(topology.clone(), name.clone()),
            known: Known::new(topology.sites[1 - index].clone()),
            name,
            disk: Disk::default(),
            is_up: true,
            heard: Heard::default(),
            skew_us: 0,
        }
    }

    pub fn now(&self, true_us: i64) -> Timestamp {
        Timestamp(true_us + self.skew_us)
    }

    /// Decides on `state` and seals the entries on top of its head.
    fn sealed(
        &self,
        state: &State,
        actor: &Actor,
        command: &Command,
        id: &CommandId,
        now: Timestamp,
    ) -> Result<Result<(State, Vec<Kept>), EntryRef>, Refusal> {
        let facts: Vec<Fact> = match decide(state, command, actor, now)? {
            Decided::New(facts) => facts,
            Decided::Already(entry) => return Ok(Err(entry)),
        };
        let mut next = state.clone();
        let mut sealed = Vec::with_capacity(facts.len());
        for (index, fact) in facts.into_iter().enumerate() {
            let head = next.head(&self.name);
            let entry = Entry {
                at_entry: EntryRef {
                    site: self.name.clone(),
                    seq: head.seq + 1,
                },
                at: now.max(head.at),
                actor: actor.account.clone(),
                command: id.clone(),
                fact,
                prev: head.hash,
            };
            let stored = entry.seal(index == 0);
            next.apply(&entry, stored.hash)
                .expect("an entry made on the head follows it");
            sealed.push((Arc::new(entry), Arc::new(stored)));
        }
        Ok(Ok((next, sealed)))
    }

    /// The one door: decide, append if the head is still the one decided on, publish, answer. `stale` is the
    /// state of another process of this site that has not caught up.
    pub fn execute(
        &mut self,
        actor: &Actor,
        command: &Command,
        id: &CommandId,
        now: Timestamp,
        fate: Fate,
        stale: Option<&State>,
    ) -> (Outcome, bool) {
        let mut raced = false;
        let mut view = stale.unwrap_or(&self.state).clone();
        loop {
            let (next, sealed) = match self.sealed(&view, actor, command, id, now) {
                Err(refusal) => {
                    let known = self.disk.commands.get(&id.key());
                    let outcome = match known {
                        Some(seq) => Outcome::Known(*seq),
                        // A stale process may refuse what it does not understand yet; it looks again.
                        None if view.head(&self.name) != self.state.head(&self.name) => {
                            view = self.state.clone();
                            raced = true;
                            continue;
                        }
                        None => Outcome::Refused(refusal),
                    };
                    return (outcome, raced);
                }
                Ok(Err(_)) => return (Outcome::Already, raced),
                Ok(Ok(sealed)) => sealed,
            };
            if fate == Fate::CrashBefore {
                self.is_up = false;
                return (Outcome::Crashed(Vec::new()), raced);
            }
            match self.disk.append(view.head(&self.name), &sealed) {
                Ok(()) => {}
                Err(NotAppended::CommandKnown) => {
                    let seq = self.disk.commands[&id.key()];
                    return (Outcome::Known(seq), raced);
                }
                Err(NotAppended::HeadMoved) => {
                    raced = true;
                    view = self.state.clone();
                    continue;
                }
            }
            if fate == Fate::CrashAfter {
                self.is_up = false;
                return (Outcome::Crashed(sealed), raced);
            }
            if stale.is_some() {
                // The other process appended; this one reads what it finds.
                for (entry, stored) in &sealed {
                    let applied = self.state.apply(entry, stored.hash);
                    applied.expect("an appended entry follows the head");
                }
            } else {
                self.state = next;
            }
            return (Outcome::Acknowledged(sealed), raced);
        }
    }

    /// What the disk says, folded as a process does when it starts: the own ledger, then the copy.
    pub fn folded(&self, topology: &Topology, from_bytes: bool) -> Result<State, String> {
        let mut state = State::new(topology.clone(), self.name.clone());
        let own_first = topology.sites[0] == self.name;
        let ledgers = match own_first {
            true => [&self.disk.own, &self.disk.copy],
            false => [&self.disk.copy, &self.disk.own],
        };
        for (entry, stored) in ledgers.into_iter().flatten() {
            let read;
            let entry = match from_bytes {
                true => {
                    read = Entry::read(&stored.bytes).map_err(|e| e.to_string())?;
                    &read
                }
                false => entry.as_ref(),
            };
            state
                .apply(entry, stored.hash)
                .map_err(|e| format!("{}#{}: {e}", stored.site, stored.seq))?;
        }
        Ok(state)
    }

    /// A process starts: what was in memory is gone.
    pub fn restart(&mut self, topology: &Topology) -> Result<(), String> {
        self.state = self.folded(topology, false)?;
        self.known.reload(&self.disk.copy);
        self.heard = Heard::default();
        self.is_up = true;
        Ok(())
    }
}
