//! What a site has to do by itself, from what it knows of the other site.

use super::command::Command;
use super::decide::transfer_obstacle;
use super::ids::{EntryRef, Timestamp};
use super::state::{Intent, State};

impl State {
    /// Commands that the site itself should carry out now: receive versions committed elsewhere (once
    /// their bytes are here), fulfil intents that nothing stands against. Order: receipts first.
    pub fn owed(&self, now: Timestamp) -> Vec<Command> {
        let own = self.own_ledger();
        let mut owed = Vec::new();
        for (site, ledger) in &self.ledgers {
            if *site == self.own {
                continue;
            }
            for ((ruleset, version), facts) in &ledger.versions {
                let here = own
                    .versions
                    .contains_key(&(ruleset.clone(), version.clone()));
                if facts.origin.is_none() && !here {
                    owed.push(Command::ReceiveRelease {
                        ruleset: ruleset.clone(),
                        version: version.clone(),
                        checksum: facts.checksum,
                        origin: facts.entry.clone(),
                    });
                }
            }
        }
        for intent in self.waiting_intents() {
            if intent.body.environment.site == self.own
                && transfer_obstacle(self, intent, now).is_none()
            {
                owed.push(Command::FulfilIntent {
                    intent: intent.id.clone(),
                });
            }
        }
        owed
    }

    /// Intents of any ledger that are neither fulfilled nor cancelled, oldest first.
    pub fn waiting_intents(&self) -> Vec<&Intent> {
        let done = |id: &EntryRef| {
            self.ledgers
                .values()
                .any(|ledger| ledger.fulfilled.contains_key(id))
        };
        let mut waiting: Vec<&Intent> = self
            .ledgers
            .values()
            .flat_map(|ledger| ledger.intents.values())
            .map(|intent| intent.as_ref())
            .filter(|intent| intent.cancelled.is_none() && !done(&intent.id))
            .collect();
        waiting.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        waiting
    }

    /// Why an intent waits, in words; `None` if nothing stands against it as far as is known here.
    pub fn intent_obstacle(&self, intent: &Intent, now: Timestamp) -> Option<String> {
        transfer_obstacle(self, intent, now)
    }
}
