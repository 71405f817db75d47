//! What a site has to do by itself, from what it knows of the other site.

use crate::command::{self, Command};
use crate::decide::transfer_obstacle;
use crate::state::{Intent, LedgerState, State};
use rulegate_ledger::event::Event;
use rulegate_ledger::ids::{SiteName, Timestamp};
use rulegate_ledger::ledger::Entry;
use rulegate_ledger::version::VersionName;

impl State {
    /// Commands that the site itself should execute now: receive versions committed elsewhere (once
    /// their bytes are here), fulfil intents that nothing stands against. Order: receipts first.
    pub fn due_commands(&self, now: Timestamp) -> Vec<Command> {
        let mut due = Vec::new();
        for (site, (ruleset, version)) in &self.unreceived {
            if let Some(facts) = self.version_at(site, ruleset, version) {
                due.push(
                    command::ReceiveRelease {
                        ruleset: ruleset.clone(),
                        version: version.clone(),
                        checksum: facts.checksum,
                        origin: facts.entry.clone(),
                    }
                    .into(),
                );
            }
        }
        for intent in self.waiting_intents() {
            if intent.body.environment.site == self.own
                && transfer_obstacle(self, intent, now).is_none()
            {
                due.push(
                    command::FulfilIntent {
                        intent: intent.id.clone(),
                    }
                    .into(),
                );
            }
        }
        due
    }

    /// Intents of any ledger that are neither fulfilled nor cancelled, oldest first.
    pub fn waiting_intents(&self) -> Vec<&Intent> {
        let mut waiting: Vec<&Intent> = self
            .ledgers
            .values()
            .flat_map(|ledger| {
                ledger
                    .waiting_intents
                    .iter()
                    .filter_map(|seq| ledger.intents.get(seq))
            })
            .map(|intent| intent.as_ref())
            .collect();
        waiting.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        waiting
    }

    /// Keeps track of what waits as an entry is applied, so that asking never goes through all that ever was.
    /// The ledgers may be folded one after the other: an intent can come later than what fulfilled it.
    pub(super) fn note_due(&mut self, entry: &Entry) {
        let site = &entry.at_entry.site;
        match &entry.fact.event {
            Event::ReleaseCommitted(body) => self.note_version(entry, &body.version, true),
            Event::HotfixCommitted(body) => self.note_version(entry, &body.version, true),
            Event::ReleaseReceived(body) => self.note_version(entry, &body.version, false),
            Event::IntentRecorded(_) => {
                let is_done = |ledger: &LedgerState| {
                    ledger.fulfilled.contains_key(&entry.at_entry)
                        || ledger.cancelled.contains_key(&entry.at_entry)
                };
                if !self.ledgers.values().any(is_done)
                    && let Some(ledger) = self.ledgers.get_mut(site)
                {
                    ledger.waiting_intents.insert(entry.at_entry.seq);
                }
            }
            Event::IntentCancelled(body) => {
                self.intent_is_done(body.intent.site.clone(), body.intent.seq);
            }
            Event::VersionActivated(body) => {
                if let Some(intent) = &body.fulfils {
                    self.intent_is_done(intent.site.clone(), intent.seq);
                }
            }
            _ => {}
        }
    }

    fn intent_is_done(&mut self, site: SiteName, seq: u64) {
        if let Some(ledger) = self.ledgers.get_mut(&site) {
            ledger.waiting_intents.remove(&seq);
        }
    }

    fn note_version(&mut self, entry: &Entry, version: &VersionName, committed: bool) {
        let (Some(ruleset), site) = (&entry.fact.ruleset, &entry.at_entry.site) else {
            return;
        };
        let key = (ruleset.clone(), version.clone());
        if *site == self.own {
            for site in self.topology.sites.clone() {
                self.unreceived.remove(&(site, key.clone()));
            }
        } else if committed && !self.own_ledger().versions.contains_key(&key) {
            self.unreceived.insert((site.clone(), key));
        }
    }

    /// Why an intent waits, in words; `None` if nothing stands against it as far as is known here.
    pub fn intent_obstacle(&self, intent: &Intent, now: Timestamp) -> Option<String> {
        transfer_obstacle(self, intent, now)
    }
}
