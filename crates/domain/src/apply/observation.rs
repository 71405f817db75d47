//! Observations after a fact: recorded, followed by the pin, explained.

use std::sync::Arc;

use crate::state::*;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::*;
use rulegate_ledger::ids::EntryRef;
use rulegate_ledger::ledger::Entry;

impl LedgerState {
    /// Observed drift whose content is the pin now needs no explanation any more.
    pub(super) fn follow_observation(&mut self, entry: &Entry, key: &PinKey, checksum: Digest) {
        if let Some(observation) = self.observations.get_mut(key)
            && observation.checksum == checksum
        {
            Arc::make_mut(observation).resolution = Some(Resolution::PinFollowed { at: entry.at });
        }
    }

    pub(super) fn take_observation(&mut self, entry: &Entry, body: &ObservationRecorded) {
        let (Some(ruleset), Some(lane)) = (&entry.fact.ruleset, &entry.fact.lane) else {
            return;
        };
        let environment = Environment::new(&entry.at_entry.site, lane);
        let id = entry.at_entry.clone();
        let key = (ruleset.clone(), lane.clone());
        let resolution = self
            .observations
            .get(&key)
            .filter(|earlier| {
                earlier.checksum == body.checksum && earlier.pin_checksum == body.pin_checksum
            })
            .and_then(|earlier| earlier.resolution.clone());
        let observation = Observation {
            id,
            ruleset: ruleset.clone(),
            environment,
            at: entry.at,
            by: entry.actor.clone(),
            checksum: body.checksum,
            pin: body.pin.clone(),
            pin_checksum: body.pin_checksum,
            changes: body.changes.clone(),
            resolution,
        };
        self.observations.insert(key, Arc::new(observation));
    }

    pub(super) fn resolve(&mut self, observation: &EntryRef, resolution: Resolution) {
        let key = self
            .observations
            .iter()
            .find(|(_, o)| o.id == *observation)
            .map(|(key, _)| key.clone());
        if let Some(found) = key.and_then(|key| self.observations.get_mut(&key)) {
            Arc::make_mut(found).resolution = Some(resolution);
        }
    }
}
