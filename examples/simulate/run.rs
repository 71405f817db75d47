//! One seed: two sites, a link, people, and everything that can go wrong, in an order that the seed decides.

use std::collections::BTreeSet;

use rulegate_domain::command::{self, Command};
use rulegate_domain::lag::Lag;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::State;
use rulegate_ledger::access::Actor;
use rulegate_ledger::environment::Topology;
use rulegate_ledger::event::{Event, Mode, PairFinding};
use rulegate_ledger::ids::{CommandId, EntryRef, SiteName};

use super::counts::{Counts, Rare};
use super::link::{Answer, Arrived, Proved, ask};
use super::oracle::{Oracle, same_state};
use super::people::{Wish, grants};
use super::random::Random;
use super::shelf::Shelf;
use super::site::{Fate, Kept, Outcome, Site};

/// How a run is made.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub steps: usize,
    pub trace: bool,
    /// Off only in a build that is broken on purpose: pages are believed without a checkpoint.
    pub checkpoints: bool,
}

/// What a run came to.
#[derive(Default, Clone)]
pub struct Ran {
    pub counts: Counts,
    pub entries: u64,
    pub acknowledged: u64,
}

/// Answers on their way at most: more are lost.
const FLIGHT_MAX: usize = 6;
const START_US: i64 = 1_763_720_000_000_000;

struct Run {
    options: Options,
    random: Random,
    topology: Topology,
    sites: [Site; 2],
    proved: [Proved; 2],
    oracle: Oracle,
    shelf: Shelf,
    ran: Ran,
    flight: Vec<(Answer, bool)>,
    is_cut: bool,
    true_us: i64,
    next_id: u64,
    /// What another process of the site believes that has not caught up.
    stale: [Option<State>; 2],
    retries: Vec<(usize, Actor, Command, CommandId)>,
    /// Intents against which something stood once.
    stood: BTreeSet<EntryRef>,
    /// Sites declared live in this cut, by the declaring site.
    declared: [Option<SiteName>; 2],
}

/// Plays a seed to its end. Errors name the step.
pub fn run(seed: u64, options: Options) -> Result<Ran, String> {
    let topology = Topology::default();
    let mut run = Run {
        options,
        random: Random::new(seed),
        sites: [Site::new(&topology, 0), Site::new(&topology, 1)],
        topology,
        proved: Default::default(),
        oracle: Oracle::default(),
        shelf: Shelf::default(),
        ran: Ran::default(),
        flight: Vec::new(),
        is_cut: false,
        true_us: START_US,
        next_id: 0,
        stale: [None, None],
        retries: Vec::new(),
        stood: BTreeSet::new(),
        declared: [None, None],
    };
    let at = |step: &str, why: String| format!("{step}: {why}");
    for grant in grants() {
        run.submit(
            0,
            Actor::operator_console(),
            command::GrantRight { grant }.into(),
            Fate::Fine,
        )
        .map_err(|why| at("genesis", why))?;
    }
    run.settle().map_err(|why| at("genesis", why))?;
    for step in 0..options.steps {
        run.step(step)
            .map_err(|why| at(&format!("step {step}"), why))?;
    }
    run.settle().map_err(|why| at("the end", why))?;
    run.ran.entries = run
        .sites
        .iter()
        .map(|site| site.disk.own.len() as u64)
        .sum();
    Ok(run.ran)
}

#[derive(Clone, Copy)]
enum Happening {
    Wish,
    Ask,
    Arrive,
    Duties,
    Cut,
    Mend,
    Crash,
    Clock,
    Retry,
    Look,
}

const HAPPENINGS: &[(u64, Happening)] = &[
    (560, Happening::Wish),
    (140, Happening::Ask),
    (150, Happening::Arrive),
    (60, Happening::Duties),
    (14, Happening::Cut),
    (24, Happening::Mend),
    (3, Happening::Crash),
    (6, Happening::Clock),
    (12, Happening::Retry),
    (30, Happening::Look),
];

impl Run {
    fn step(&mut self, step: usize) -> Result<(), String> {
        self.true_us += match self.random.below(200) {
            0 => 4 * 3_600_000_000,
            _ => self.random.below(3_000_000) as i64,
        };
        for index in 0..2 {
            if !self.sites[index].is_up && self.random.percent(12) {
                self.sites[index].restart(&self.topology)?;
                self.stale[index] = None;
            }
        }
        let index = self.random.below(2);
        let happening = self.random.weighted(HAPPENINGS);
        match happening {
            Happening::Wish => self.wish(step, index)?,
            Happening::Ask => self.ask(index),
            Happening::Arrive => self.arrive()?,
            Happening::Duties => self.duties(index)?,
            Happening::Cut => {
                self.is_cut = true;
                self.declared = [None, None];
            }
            Happening::Mend => self.is_cut = false,
            Happening::Crash => self.crash(index)?,
            Happening::Clock => {
                let skew = (self.random.below(20_000_000) as i64 - 10_000_000) * 6;
                if skew < self.sites[index].skew_us {
                    self.ran.counts.met(Rare::ClockBack);
                }
                self.sites[index].skew_us = skew;
            }
            Happening::Retry => self.retry()?,
            Happening::Look => self.look(index),
        }
        self.check()
    }

    fn check(&mut self) -> Result<(), String> {
        for index in 0..2 {
            self.oracle.record(index, &self.sites[index])?;
        }
        self.oracle.check(&self.sites, self.true_us)
    }

    fn trace(&self, words: impl FnOnce() -> String) {
        if self.options.trace {
            println!("{}", words());
        }
    }

    fn wish(&mut self, step: usize, index: usize) -> Result<(), String> {
        if !self.sites[index].is_up {
            return Ok(());
        }
        let state = self.sites[index].state.clone();
        let wish = Wish {
            random: &mut self.random,
            state: &state,
            shelf: &mut self.shelf,
            now: self.sites[index].now(self.true_us),
        }
        .next();
        let Some((actor, command)) = wish else {
            return Ok(());
        };
        self.trace(|| format!("{step} {}: {} {command:?}", state.own, actor.account));
        let fate = match self.random.below(200) {
            0 => Fate::CrashBefore,
            1 => Fate::CrashAfter,
            _ => Fate::Fine,
        };
        self.submit(index, actor, command, fate)?;
        if self.random.percent(4) {
            self.stale[index] = Some(self.sites[index].state.clone());
        }
        Ok(())
    }

    fn submit(
        &mut self,
        index: usize,
        actor: Actor,
        command: Command,
        fate: Fate,
    ) -> Result<(), String> {
        self.next_id += 1;
        let id: CommandId = format!("c-{}", self.next_id).parse().expect("an id");
        self.submit_as(index, actor, command, id, fate, false)
    }

    fn submit_as(
        &mut self,
        index: usize,
        actor: Actor,
        command: Command,
        id: CommandId,
        fate: Fate,
        is_retry: bool,
    ) -> Result<(), String> {
        let now = self.sites[index].now(self.true_us);
        // The record judges by the policy of now, so a process that knows an older one is left out.
        let policy = self.sites[index].state.policy();
        let stale = match self.random.percent(10) {
            true => self.stale[index].take().filter(|s| s.policy() == policy),
            false => None,
        };
        let (outcome, raced) =
            self.sites[index].execute(&actor, &command, &id, now, fate, stale.as_ref());
        let counts = &mut self.ran.counts;
        if raced {
            counts.met(Rare::LostRace);
        }
        match outcome {
            Outcome::Acknowledged(entries) => {
                if is_retry {
                    counts.met(Rare::RetryAnew);
                }
                self.ran.acknowledged += 1;
                self.oracle.told(index, &id, entries[0].1.seq)?;
                self.note(index, &entries);
            }
            Outcome::Known(seq) => {
                counts.met(Rare::RetryKnown);
                self.oracle.told(index, &id, seq)?;
            }
            Outcome::Already => {}
            Outcome::Refused(Refusal::Stale { .. }) => {
                counts.met(Rare::Stale);
                if self.is_cut {
                    counts.met(Rare::StaleInCut);
                }
            }
            Outcome::Refused(refusal) => self.trace(|| format!("    refused: {}", refusal.code())),
            Outcome::Crashed(entries) => {
                counts.met(match entries.is_empty() {
                    true => Rare::CrashBefore,
                    false => Rare::CrashAfter,
                });
                self.note(index, &entries);
                self.retries.push((index, actor, command, id));
            }
        }
        Ok(())
    }

    /// Somebody who was not told asks again under the same id.
    fn retry(&mut self) -> Result<(), String> {
        let at = (0..self.retries.len()).find(|at| self.sites[self.retries[*at].0].is_up);
        let Some(at) = at else {
            return Ok(());
        };
        let (index, actor, command, id) = self.retries.swap_remove(at);
        self.submit_as(index, actor, command, id, Fate::Fine, true)
    }

    fn duties(&mut self, index: usize) -> Result<(), String> {
        if !self.sites[index].is_up {
            return Ok(());
        }
        let now = self.sites[index].now(self.true_us);
        for command in self.sites[index].state.due_commands(now) {
            if self.sites[index].is_up {
                let fate = match self.random.below(300) {
                    0 => Fate::CrashBefore,
                    1 => Fate::CrashAfter,
                    _ => Fate::Fine,
                };
                self.submit(index, Actor::site_itself(), command, fate)?;
            }
        }
        Ok(())
    }

    /// A reader asks the other site.
    fn ask(&mut self, index: usize) {
        let other = 1 - index;
        let reaches = !self.is_cut && self.sites[0].is_up && self.sites[1].is_up;
        if !reaches || self.flight.len() >= FLIGHT_MAX {
            return;
        }
        let count = 1 + self.random.below(40);
        let mut answer = ask(
            &self.sites[index],
            index,
            &self.sites[other],
            &mut self.proved[other],
            count,
        );
        if answer.len() > 0 && self.random.percent(2) {
            answer.forge();
        }
        if self.random.percent(10) {
            self.flight.push((answer.clone(), true));
        }
        self.flight.push((answer, false));
    }

    /// One of the answers on their way arrives, whichever.
    fn arrive(&mut self) -> Result<(), String> {
        if self.flight.is_empty() {
            return Ok(());
        }
        let at = self.random.below(self.flight.len());
        let (answer, is_again) = self.flight.swap_remove(at);
        let index = answer.to;
        if !self.sites[index].is_up || self.is_cut {
            return Ok(());
        }
        let now = self.sites[index].now(self.true_us);
        let (size, is_forged) = (answer.size(), answer.is_forged);
        let site = &mut self.sites[index];
        match answer.arrive(site, self.options.checkpoints) {
            Arrived::Kept(count) => {
                site.heard.at = Some(now);
                site.heard.entries = site.heard.entries.max(size);
                if count > 0 && self.random.percent(1) {
                    self.ran.counts.met(Rare::CrashInCopy);
                    self.sites[index].is_up = false;
                    return Ok(());
                }
                self.fold(index, count)
            }
            Arrived::Stale => {
                self.ran.counts.met(match is_again {
                    true => Rare::PageTwice,
                    false => Rare::PageStale,
                });
                Ok(())
            }
            Arrived::Refused(_) if is_forged => {
                self.ran.counts.met(Rare::PageForged);
                Ok(())
            }
            Arrived::Refused(alarm) => Err(format!("an honest answer was refused: {alarm}")),
        }
    }

    /// The last entries of the copy become true here.
    fn fold(&mut self, index: usize, count: usize) -> Result<(), String> {
        let site = &mut self.sites[index];
        let from = site.disk.copy.len() - count;
        for (entry, stored) in &site.disk.copy[from..] {
            let state = &mut site.state;
            if let Event::VersionActivated(body) = &entry.fact.event
                && let Some(id) = &body.fulfils
                && let Some(intent) = state.own_ledger().intents.get(&id.seq)
                && intent.cancelled.is_some()
            {
                self.ran.counts.met(Rare::IntentCancelledTooLate);
            }
            state
                .apply(entry, stored.hash)
                .map_err(|e| format!("a kept entry does not follow: {e}"))?;
        }
        Ok(())
    }

    /// The process dies while nothing is under way, and what is on the disk must be what it knew.
    fn crash(&mut self, index: usize) -> Result<(), String> {
        if !self.sites[index].is_up {
            return Ok(());
        }
        let site = &self.sites[index];
        let folded = site.folded(&self.topology, false)?;
        same_state(&site.state, &folded)?;
        self.sites[index].is_up = false;
        Ok(())
    }

    /// Everything is mended; both sites go on until they are level; then all of it is checked from the bytes.
    fn settle(&mut self) -> Result<(), String> {
        self.is_cut = false;
        self.flight.clear();
        for index in 0..2 {
            if !self.sites[index].is_up {
                self.sites[index].restart(&self.topology)?;
            }
        }
        for _ in 0..1_000 {
            let before: usize = self.sites.iter().map(|site| site.disk.own.len()).sum();
            for index in 0..2 {
                let other = 1 - index;
                let proved = &mut self.proved[other];
                let answer = ask(&self.sites[index], index, &self.sites[other], proved, 500);
                match answer.arrive(&mut self.sites[index], true) {
                    Arrived::Kept(count) => self.fold(index, count)?,
                    Arrived::Stale => return Err("a lone answer is stale".into()),
                    Arrived::Refused(alarm) => return Err(format!("refused: {alarm}")),
                }
                let now = self.sites[index].now(self.true_us);
                for command in self.sites[index].state.due_commands(now) {
                    self.submit(index, Actor::site_itself(), command, Fate::Fine)?;
                }
            }
            self.check()?;
            let after: usize = self.sites.iter().map(|site| site.disk.own.len()).sum();
            let level =
                (0..2).all(|i| self.sites[i].disk.copy.len() == self.sites[1 - i].disk.own.len());
            if before == after && level {
                return self.oracle.check_whole(&self.sites, &self.topology, true);
            }
        }
        Err("the sites never become level".into())
    }

    /// What stands where: rare states that no single entry tells of.
    fn look(&mut self, index: usize) {
        let site = &self.sites[index];
        if !site.is_up {
            return;
        }
        let counts = &mut self.ran.counts;
        let now = site.now(self.true_us);
        for intent in site.state.waiting_intents() {
            let Some(why) = site.state.intent_obstacle(intent, now) else {
                continue;
            };
            self.stood.insert(intent.id.clone());
            for (words, rare) in [
                ("are not at", Rare::IntentWaited),
                ("hold", Rare::IntentStopped),
                ("failed", Rare::IntentFailed),
                ("recalled", Rare::IntentRecalled),
                ("not what was shown", Rare::IntentOvertaken),
            ] {
                if why.contains(words) {
                    counts.met(rare);
                }
            }
        }
        if !site.state.open_pairs().is_empty() {
            counts.met(Rare::PairOpen);
        }
        let other = &self.sites[1 - index];
        let copy = site.state.head(&other.name);
        let lag = Lag::of(copy, site.heard, now);
        let truth = other.disk.own.len() as u64 - copy.seq;
        if matches!(lag, Lag::Unknown { .. }) && lag.at_least() < truth {
            counts.met(Rare::LagUnknown);
        }
    }

    /// Counts what entries tell of.
    fn note(&mut self, index: usize, entries: &[Kept]) {
        let known = self.sites[index].disk.copy.len();
        let other = &self.sites[1 - index];
        let unseen = || other.disk.own[known.min(other.disk.own.len())..].iter();
        let counts = &mut self.ran.counts;
        let transferred = entries
            .iter()
            .filter(|(entry, _)| matches!(entry.fact.event, Event::HotfixTransferred(_)));
        if transferred.count() > 1 {
            counts.met(Rare::ChainTransfer);
        }
        for (entry, _) in entries {
            let taken = unseen().any(|(far, _)| match &far.fact.event {
                Event::AccessRevoked(body) => body.grant.account == entry.actor,
                _ => false,
            });
            if taken {
                counts.met(Rare::RightGone);
            }
            match &entry.fact.event {
                Event::VersionActivated(body) => {
                    match body.mode {
                        Mode::Fulfilled => {
                            counts.met(Rare::IntentFulfilled);
                            if body
                                .fulfils
                                .as_ref()
                                .is_some_and(|id| self.stood.contains(id))
                            {
                                counts.met(Rare::IntentFulfilledLate);
                            }
                        }
                        Mode::Rollback => counts.met(Rare::Rollback),
                        Mode::Transferred => counts.met(Rare::FastForward),
                        Mode::Planned | Mode::Hotfix => {}
                    }
                    let recalled = unseen().any(|(far, _)| match &far.fact.event {
                        Event::VersionRecalled(recall) => recall.version == body.version,
                        _ => false,
                    });
                    if recalled {
                        counts.met(Rare::ActivatedRecalled);
                    }
                }
                Event::HotfixTransferred(body) if body.by != body.hotfix => {
                    counts.met(Rare::Merged);
                }
                Event::TransferDeclined(_) => counts.met(Rare::Declined),
                Event::PairClosed(body) => counts.met(match body.finding {
                    PairFinding::SameBytes => Rare::PairSameBytes,
                    PairFinding::SameEffect => Rare::PairSameEffect,
                    PairFinding::Conflict => Rare::PairConflict,
                }),
                Event::HotfixAbsorbed(_) => counts.met(Rare::Absorbed),
                Event::HotfixDiscarded(_) => counts.met(Rare::Discarded),
                Event::GlassBroken(_) => counts.met(Rare::Glass),
                Event::IntentCancelled(body) if body.intent.site == entry.at_entry.site => {
                    counts.met(Rare::IntentCancelledHere);
                }
                Event::IntentCancelled(_) => counts.met(Rare::IntentCancelledThere),
                Event::VersionRecalled(_) if self.is_cut => counts.met(Rare::RecallInCut),
                Event::PolicyChanged(_) => counts.met(Rare::PolicyMoved),
                Event::DifferenceAccepted(_) => counts.met(Rare::Accepted),
                Event::DriftAdopted(_) => counts.met(Rare::Adopted),
                Event::ReleaseCommitted(body) => {
                    for (far, _) in unseen() {
                        let Event::ReleaseCommitted(there) = &far.fact.event else {
                            continue;
                        };
                        let same_name =
                            there.version == body.version && far.fact.ruleset == entry.fact.ruleset;
                        if same_name {
                            counts.met(match there.checksum == body.checksum {
                                true => Rare::SameRelease,
                                false => Rare::NameClash,
                            });
                        }
                    }
                }
                Event::SiteDeclared(body) if self.is_cut => {
                    self.declared[index] = Some(body.live.clone());
                    if let [Some(one), Some(two)] = &self.declared
                        && one != two
                    {
                        counts.met(Rare::LiveTwice);
                    }
                }
                _ => {}
            }
        }
    }
}
