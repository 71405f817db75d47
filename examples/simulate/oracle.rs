//! What must never happen, checked against a record of its own: what each site's disk took, in the order it took it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rulegate_domain::lag::Lag;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::{Event, Mode, VersionActivated};
use rulegate_ledger::ids::{AccountId, CommandId, LaneName, ReviewId, RuleSetName, SiteName};
use rulegate_ledger::policy::Policy;
use rulegate_ledger::review::{Shown, Subject};
use rulegate_ledger::version::VersionName;

use super::site::{Kept, Site};

type Pin = (SiteName, RuleSetName, LaneName);

/// A review as the entries about it tell it.
struct Review {
    subject: Subject,
    requester: AccountId,
    ruleset: Option<RuleSetName>,
    approvals: Vec<(AccountId, Shown)>,
}

/// The record.
#[derive(Default)]
pub struct Oracle {
    /// What each environment runs.
    pins: BTreeMap<Pin, (VersionName, Digest)>,
    /// Hotfixes in effect and not closed.
    open: BTreeMap<Pin, BTreeSet<VersionName>>,
    reviews: HashMap<ReviewId, Review>,
    /// Who delivered or wrote a version.
    authors: HashMap<(RuleSetName, VersionName), BTreeSet<AccountId>>,
    /// What each hotfix was made on.
    made_on: HashMap<(RuleSetName, VersionName), Digest>,
    /// Commands whose caller was told, with their first entry.
    told: [HashMap<CommandId, u64>; 2],
    /// Entries recorded of each site.
    taken: [usize; 2],
}

impl Oracle {
    /// Takes note of what a site's disk took since the last time, and checks it.
    pub fn record(&mut self, index: usize, site: &Site) -> Result<(), String> {
        while self.taken[index] < site.disk.own.len() {
            let from = self.taken[index];
            let command = &site.disk.own[from].0.command;
            let count = site.disk.own[from..]
                .iter()
                .take_while(|(entry, _)| entry.command == *command)
                .count();
            self.chain(site, from, count)?;
            self.command(site, &site.disk.own[from..from + count])?;
            self.taken[index] += count;
        }
        Ok(())
    }

    /// Dense, linked, hashed, and in the ledger of its own site.
    fn chain(&self, site: &Site, from: usize, count: usize) -> Result<(), String> {
        let own = &site.disk.own;
        for index in from..from + count {
            let (entry, stored) = &own[index];
            let before = index.checked_sub(1).map(|before| &own[before].1);
            let right = entry.at_entry.site == site.name
                && stored.seq == index as u64 + 1
                && entry.prev == before.map_or(Digest::ZERO, |before| before.hash)
                && before.is_none_or(|before| before.at <= stored.at);
            if !right || Digest::of(stored.bytes.as_bytes()) != stored.hash {
                return Err(format!(
                    "{}: the chain is broken at {}",
                    site.name,
                    index + 1
                ));
            }
        }
        Ok(())
    }

    /// The entries of one command, together.
    fn command(&mut self, site: &Site, entries: &[Kept]) -> Result<(), String> {
        let events = || entries.iter().map(|(entry, _)| &entry.fact.event);
        let glass = events().find_map(|event| match event {
            Event::GlassBroken(body) => Some(body.blocked.clone()),
            _ => None,
        });
        for (entry, _) in entries {
            let place = &entry.at_entry;
            match &entry.fact.event {
                Event::ReviewOpened(body) => {
                    let id = ReviewId {
                        site: place.site.clone(),
                        seq: place.seq,
                    };
                    let review = Review {
                        subject: body.subject.clone(),
                        requester: entry.actor.clone(),
                        ruleset: entry.fact.ruleset.clone(),
                        approvals: Vec::new(),
                    };
                    self.reviews.insert(id, review);
                }
                Event::ReviewApproved(body) => {
                    if body.shown.fingerprint() != body.fingerprint {
                        return Err(format!("{place}: an approval of something else"));
                    }
                    if let Some(review) = self.reviews.get_mut(&body.review) {
                        let approval = (entry.actor.clone(), body.shown.clone());
                        review.approvals.push(approval);
                    }
                }
                Event::ReleaseCommitted(body) => self.author(entry, &body.version),
                Event::HotfixCommitted(body) => {
                    self.author(entry, &body.version);
                    if let Some(ruleset) = &entry.fact.ruleset {
                        let key = (ruleset.clone(), body.version.clone());
                        self.made_on.insert(key, body.on_top_of_checksum);
                    }
                }
                Event::VersionActivated(body) => {
                    self.activation(site, entry, body, glass.as_deref())
                        .map_err(|why| format!("{place}: {why}"))?;
                }
                Event::IntentRecorded(body) => {
                    let shown = |shown: &Shown| {
                        shown.candidate == Some(body.checksum)
                            && shown.targets.iter().any(|target| {
                                target.environment == body.environment
                                    && target.pin_checksum == body.from_checksum
                            })
                    };
                    self.approved(site, &body.review, &body.version, glass.as_deref(), shown)
                        .map_err(|why| format!("{place}: {why}"))?;
                }
                _ => {}
            }
        }
        for (entry, _) in entries {
            self.hotfixes(entry);
        }
        self.nothing_lost(entries, glass.is_some())
    }

    fn author(&mut self, entry: &rulegate_ledger::ledger::Entry, version: &VersionName) {
        if let Some(ruleset) = &entry.fact.ruleset {
            let key = (ruleset.clone(), version.clone());
            let authors = self.authors.entry(key).or_default();
            authors.insert(entry.actor.clone());
        }
    }

    /// A pin moves only from what it was, and only as others approved, over exactly these bytes.
    fn activation(
        &mut self,
        site: &Site,
        entry: &rulegate_ledger::ledger::Entry,
        body: &VersionActivated,
        glass: Option<&[String]>,
    ) -> Result<(), String> {
        let (Some(ruleset), Some(lane)) = (&entry.fact.ruleset, &entry.fact.lane) else {
            return Err("an activation of no environment".into());
        };
        let key = (site.name.clone(), ruleset.clone(), lane.clone());
        let before = self.pins.get(&key).map(|(_, checksum)| *checksum);
        if before != body.from_checksum {
            return Err("it replaces something else than what runs".into());
        }
        if body.mode == Mode::Fulfilled {
            self.fulfilment(site, entry, body)?;
        } else {
            let review = body
                .review
                .as_ref()
                .ok_or("an activation without a review")?;
            let shown = |shown: &Shown| {
                shown.candidate == Some(body.checksum)
                    && shown.targets.iter().any(|target| {
                        target.environment.site == site.name
                            && target.environment.lane == *lane
                            && target.pin_checksum == before
                    })
            };
            self.approved(site, review, &body.version, glass, shown)?;
        }
        let made_on = self.made_on.get(&(ruleset.clone(), body.version.clone()));
        if body.mode == Mode::Hotfix && made_on.copied() != before {
            return Err("a hotfix goes on something else than it was made on".into());
        }
        self.pins.insert(key, (body.version.clone(), body.checksum));
        Ok(())
    }

    /// An intent is fulfilled as it was decided at the other site, under no stop.
    fn fulfilment(
        &self,
        site: &Site,
        entry: &rulegate_ledger::ledger::Entry,
        body: &VersionActivated,
    ) -> Result<(), String> {
        let id = body.fulfils.as_ref().ok_or("it fulfils nothing")?;
        let decided = site.disk.copy.get(id.seq as usize - 1);
        let Some(Event::IntentRecorded(intent)) = decided.map(|(e, _)| &e.fact.event) else {
            return Err("it fulfils what nobody decided".into());
        };
        let same = intent.checksum == body.checksum
            && intent.from_checksum == body.from_checksum
            && Some(&intent.environment.lane) == entry.fact.lane.as_ref();
        if !same {
            return Err("it fulfils something else than was decided".into());
        }
        let ruleset = entry.fact.ruleset.as_ref();
        let lane = entry.fact.lane.as_ref();
        let mut holds = BTreeMap::new();
        for (earlier, _) in &site.disk.own[..entry.at_entry.seq as usize - 1] {
            let covers = earlier.fact.ruleset.is_none() || earlier.fact.ruleset.as_ref() == ruleset;
            let here = earlier.fact.lane.is_none() || earlier.fact.lane.as_ref() == lane;
            match &earlier.fact.event {
                Event::HoldPlaced(_) if covers && here => {
                    holds.insert(earlier.at_entry.seq, ());
                }
                Event::HoldLifted(body) => {
                    holds.remove(&body.hold.seq);
                }
                Event::IntentCancelled(body) if body.intent == *id => {
                    return Err("it was cancelled here before".into());
                }
                _ => {}
            }
        }
        if !holds.is_empty() && !self.glass_of(site, &intent.review, "no_freeze_or_hold") {
            return Err("a hold is in force".into());
        }
        Ok(())
    }

    /// True if the review was executed past this check.
    fn glass_of(&self, site: &Site, review: &ReviewId, check: &str) -> bool {
        let ledgers = site.disk.copy.iter().chain(&site.disk.own);
        ledgers.map(|(entry, _)| &entry.fact.event).any(|event| {
            matches!(event, Event::GlassBroken(body)
                if body.review == *review && body.blocked.iter().any(|code| code == check))
        })
    }

    /// As many others as the policy asks for said yes to what was shown.
    fn approved(
        &self,
        site: &Site,
        id: &ReviewId,
        version: &VersionName,
        glass: Option<&[String]>,
        is_this: impl Fn(&Shown) -> bool,
    ) -> Result<(), String> {
        if glass.is_some_and(|codes| codes.iter().any(|code| code == "approvals")) {
            return Ok(());
        }
        let review = self.reviews.get(id).ok_or("a review that nobody opened")?;
        let key = review
            .ruleset
            .clone()
            .map(|ruleset| (ruleset, version.clone()));
        let authors = key.and_then(|key| self.authors.get(&key));
        let others: BTreeSet<&AccountId> = review
            .approvals
            .iter()
            .filter(|(who, shown)| *who != review.requester && is_this(shown))
            .map(|(who, _)| who)
            .filter(|who| authors.is_none_or(|authors| !authors.contains(*who)))
            .collect();
        let needed = needed(&review.subject, &policy(site), site) as usize;
        match others.len() >= needed {
            true => Ok(()),
            false => Err(format!(
                "{} of {needed} others approved exactly this",
                others.len()
            )),
        }
    }

    fn hotfixes(&mut self, entry: &rulegate_ledger::ledger::Entry) {
        let (Some(ruleset), Some(lane)) = (&entry.fact.ruleset, &entry.fact.lane) else {
            return;
        };
        let key = (entry.at_entry.site.clone(), ruleset.clone(), lane.clone());
        let open = self.open.entry(key).or_default();
        match &entry.fact.event {
            Event::VersionActivated(body) if body.version.is_hotfix() => {
                open.insert(body.version.clone());
            }
            Event::HotfixAbsorbed(body) => {
                open.remove(&body.hotfix);
            }
            Event::HotfixDiscarded(body) => {
                open.remove(&body.hotfix);
            }
            _ => {}
        }
    }

    /// What replaces a hotfix answers for it, unless the glass was broken or the bytes stay.
    fn nothing_lost(&self, entries: &[Kept], is_glass: bool) -> Result<(), String> {
        for (entry, _) in entries {
            let Event::VersionActivated(body) = &entry.fact.event else {
                continue;
            };
            let (Some(ruleset), Some(lane)) = (&entry.fact.ruleset, &entry.fact.lane) else {
                continue;
            };
            let key = (entry.at_entry.site.clone(), ruleset.clone(), lane.clone());
            let open = self.open.get(&key).map_or(0, BTreeSet::len);
            let same = body.from_checksum == Some(body.checksum);
            if !body.version.is_hotfix() && !is_glass && !same && open > 0 {
                return Err(format!(
                    "{}: {open} open hotfixes replaced by {} without an answer",
                    entry.at_entry, body.version
                ));
            }
        }
        Ok(())
    }

    /// The caller was told that this command is done.
    pub fn told(&mut self, index: usize, id: &CommandId, first: u64) -> Result<(), String> {
        let known = self.told[index].insert(id.key(), first);
        match known {
            Some(other) if other != first => {
                Err(format!("{id} is told to be at {other} and at {first}"))
            }
            _ => Ok(()),
        }
    }

    /// After every step: pins as the entries say, copies as the originals, the bound below the truth.
    pub fn check(&self, sites: &[Site; 2], true_us: i64) -> Result<(), String> {
        for (index, site) in sites.iter().enumerate() {
            let other = &sites[1 - index];
            if site.is_up {
                self.pins_agree(site)?;
                let head = site.state.head(&site.name);
                if head != site.disk.head() {
                    return Err(format!(
                        "{}: memory is not at the head of the disk",
                        site.name
                    ));
                }
                let copy = site.state.head(&other.name);
                let truth = other.disk.own.len() as u64 - copy.seq;
                let lag = Lag::of(copy, site.heard, site.now(true_us));
                if lag.at_least() > truth {
                    return Err(format!(
                        "{} claims a lag of {} and it is {truth}",
                        site.name,
                        lag.at_least()
                    ));
                }
            }
            if let Some((_, last)) = site.disk.copy.last() {
                let original = other.disk.own.get(last.seq as usize - 1);
                if original.is_none_or(|(_, original)| original.hash != last.hash) {
                    return Err(format!(
                        "{} keeps an entry {} that {} never made",
                        site.name, last.seq, other.name
                    ));
                }
            }
        }
        Ok(())
    }

    fn pins_agree(&self, site: &Site) -> Result<(), String> {
        let pins = &site.state.own_ledger().pins;
        let recorded = self.pins.iter().filter(|((at, _, _), _)| *at == site.name);
        let mut count = 0;
        for ((_, ruleset, lane), (version, checksum)) in recorded {
            count += 1;
            let track = pins.get(&(ruleset.clone(), lane.clone()));
            let same = track.is_some_and(|track| {
                track.current.version == *version && track.current.checksum == *checksum
            });
            if !same {
                return Err(format!("{}: a pin of {ruleset} moved by itself", site.name));
            }
        }
        match count == pins.len() {
            true => Ok(()),
            false => Err(format!("{}: a pin that nobody moved", site.name)),
        }
    }

    /// Everything once more, from the bytes: acknowledged commands, both folds, and equal ledgers if level.
    pub fn check_whole(
        &self,
        sites: &[Site; 2],
        topology: &rulegate_ledger::environment::Topology,
        is_level: bool,
    ) -> Result<(), String> {
        for (index, site) in sites.iter().enumerate() {
            for (id, seq) in &self.told[index] {
                let there = site.disk.own.get(*seq as usize - 1);
                if there.is_none_or(|(entry, _)| entry.command.key() != *id) {
                    return Err(format!("{}: acknowledged {id} is not there", site.name));
                }
            }
            let firsts = site.disk.own.iter().filter(|(_, s)| s.command.is_some());
            if firsts.count() != site.disk.commands.len() {
                return Err(format!("{}: a command is there twice", site.name));
            }
            let folded = site.folded(topology, true)?;
            same_state(&site.state, &folded).map_err(|why| format!("{}: {why}", site.name))?;
            let other = &sites[1 - index];
            let level = site.disk.copy.len() == other.disk.own.len();
            if is_level && !level {
                return Err(format!("{} is not level with {}", site.name, other.name));
            }
            let same = site
                .disk
                .copy
                .iter()
                .zip(&other.disk.own)
                .all(|((_, a), (_, b))| a.bytes == b.bytes);
            if !same {
                return Err(format!(
                    "{} keeps another ledger of {}",
                    site.name, other.name
                ));
            }
        }
        Ok(())
    }
}

/// Two states that must be one.
pub fn same_state(
    memory: &rulegate_domain::state::State,
    folded: &rulegate_domain::state::State,
) -> Result<(), String> {
    let (memory, folded) = (format!("{memory:?}"), format!("{folded:?}"));
    if memory == folded {
        return Ok(());
    }
    let at = memory
        .bytes()
        .zip(folded.bytes())
        .position(|(a, b)| a != b)
        .unwrap_or(0);
    let around = |text: &str| {
        let from = (0..=at.saturating_sub(120))
            .rev()
            .find(|i| text.is_char_boundary(*i));
        let to = (at + 120..text.len()).find(|i| text.is_char_boundary(*i));
        text[from.unwrap_or(0)..to.unwrap_or(text.len())].to_owned()
    };
    Err(format!(
        "the state is not the fold of the ledgers: …{}… against …{}…",
        around(&memory),
        around(&folded)
    ))
}

/// The policy in force, as far as this site knew it when it appended.
fn policy(site: &Site) -> Policy {
    site.state.policy()
}

fn needed(subject: &Subject, policy: &Policy, site: &Site) -> u32 {
    let topology = &site.state.topology;
    match subject {
        Subject::Activation { targets, .. } => {
            match targets.iter().any(|target| topology.is_production(target)) {
                true => policy.production_approvals,
                false => policy.soft_launch_approvals,
            }
        }
        Subject::Hotfix { .. } => policy.hotfix_approvals,
        Subject::Recall { .. } => policy.recall_approvals,
        Subject::Policy { .. } => policy.policy_approvals,
    }
}
