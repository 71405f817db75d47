//! Pins after an activation, with the hotfixes that it brings into effect.

use std::sync::Arc;

use crate::state::*;
use rulegate_ledger::event::*;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::ledger::Entry;
use rulegate_ledger::version::VersionName;

impl LedgerState {
    pub(super) fn move_pin(&mut self, entry: &Entry, body: &VersionActivated, base: Option<Pin>) {
        let (Some(ruleset), Some(lane)) = (&entry.fact.ruleset, &entry.fact.lane) else {
            return;
        };
        if let Some(intent) = &body.fulfils {
            self.fulfilled
                .insert(intent.clone(), entry.at_entry.clone());
        }
        let pin = Pin {
            version: body.version.clone(),
            checksum: body.checksum,
            mode: body.mode,
            at: entry.at,
            by: entry.actor.clone(),
            entry: entry.at_entry.clone(),
            review: body.review.clone(),
        };
        let key = (ruleset.clone(), lane.clone());
        let mut track = self.pins.get(&key).cloned().unwrap_or_else(|| PinTrack {
            current: pin.clone(),
            baseline: None,
            history: Default::default(),
            open_hotfixes: Default::default(),
        });
        if !body.version.is_hotfix() {
            track.baseline = Some(pin.clone());
        } else if track
            .baseline
            .as_ref()
            .is_none_or(|b| b.version.as_str() != body.version.planned_part())
        {
            track.baseline = base.or(track.baseline);
        }
        for hotfix in self.ancestry(ruleset, &body.version) {
            if let Some(record) = self.hotfixes.get_mut(&(ruleset.clone(), hotfix.clone())) {
                Arc::make_mut(record).end = None;
            }
            if !track.open_hotfixes.contains(&hotfix) {
                track.open_hotfixes.push_back(hotfix);
            }
        }
        track.current = pin.clone();
        track.history.push_back(pin);
        self.follow_observation(entry, &key, body.checksum);
        self.pins.insert(key, track);
    }

    /// The version, if it is a hotfix, and every hotfix below it, oldest first. Only what this ledger says counts,
    /// so that the state does not hang on the order in which the ledgers are folded.
    fn ancestry(&self, ruleset: &RuleSetName, version: &VersionName) -> Vec<VersionName> {
        let mut chain = Vec::new();
        let mut next = Some(version.clone());
        while let Some(version) = next.filter(|v| v.is_hotfix() && !chain.contains(v)) {
            let key = (ruleset.clone(), version.clone());
            let brought = || match self.transfers.get(&key) {
                Some(Transfer::Done { on_top_of, .. }) => Some(on_top_of.clone()),
                _ => None,
            };
            next = match self.hotfixes.get(&key) {
                Some(made_here) => Some(made_here.on_top_of.clone()),
                None => brought(),
            };
            chain.push(version);
        }
        chain.reverse();
        chain
    }
}
