//! Hotfixes after a fact: made, ended, and what was decided about them between the sites.

use std::sync::Arc;

use crate::state::*;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::*;
use rulegate_ledger::ledger::Entry;
use rulegate_ledger::version::VersionName;

impl LedgerState {
    pub(super) fn take_hotfix(&mut self, entry: &Entry, body: &HotfixCommitted) {
        let Some(ruleset) = &entry.fact.ruleset else {
            return;
        };
        self.add_version(
            entry,
            &body.version,
            body.checksum,
            (body.rules, body.size_bytes),
            None,
            None,
        );
        let hotfix = Hotfix {
            ruleset: ruleset.clone(),
            version: body.version.clone(),
            checksum: body.checksum,
            environment: body.environment.clone(),
            on_top_of: body.on_top_of.clone(),
            on_top_of_checksum: body.on_top_of_checksum,
            changes: body.changes.clone(),
            lines_changed: body.lines_changed,
            reason: body.reason.clone(),
            incident: body.incident.clone(),
            ends_at: body.ends_at,
            author: entry.actor.clone(),
            at: entry.at,
            entry: entry.at_entry.clone(),
            adopts: body.adopts.clone(),
            transfers: body.transfers.clone(),
            end: None,
        };
        self.hotfixes
            .insert((ruleset.clone(), body.version.clone()), Arc::new(hotfix));
    }

    pub(super) fn take_transfer(
        &mut self,
        entry: &Entry,
        hotfix: &VersionName,
        transfer: Transfer,
    ) {
        if let Some(ruleset) = &entry.fact.ruleset {
            self.transfers
                .insert((ruleset.clone(), hotfix.clone()), transfer);
        }
    }

    pub(super) fn take_pair(&mut self, entry: &Entry, body: &PairClosed) {
        let Some(ruleset) = &entry.fact.ruleset else {
            return;
        };
        let closed = ClosedPair {
            finding: body.finding,
            outcome: body.outcome.clone(),
            reason: body.reason.clone(),
            by: entry.actor.clone(),
            at: entry.at,
            entry: entry.at_entry.clone(),
        };
        let key = (ruleset.clone(), body.first.clone(), body.second.clone());
        self.pairs.insert(key, closed);
    }

    pub(super) fn take_accepted(&mut self, entry: &Entry, body: &DifferenceAccepted) {
        let (Some(ruleset), Some(lane)) = (&entry.fact.ruleset, &entry.fact.lane) else {
            return;
        };
        let accepted = AcceptedDifference {
            checksum: body.checksum,
            live: body.live.clone(),
            live_checksum: body.live_checksum,
            reason: body.reason.clone(),
            by: entry.actor.clone(),
            at: entry.at,
            entry: entry.at_entry.clone(),
        };
        self.accepted
            .insert((ruleset.clone(), lane.clone()), Arc::new(accepted));
    }

    pub(super) fn end_hotfix(
        &mut self,
        entry: &Entry,
        environment: &Environment,
        hotfix: &VersionName,
        end: HotfixEnd,
    ) {
        let Some(ruleset) = &entry.fact.ruleset else {
            return;
        };
        if let Some(track) = self
            .pins
            .get_mut(&(ruleset.clone(), environment.lane.clone()))
        {
            track.open_hotfixes.retain(|name| name != hotfix);
        }
        if let Some(record) = self.hotfixes.get_mut(&(ruleset.clone(), hotfix.clone())) {
            Arc::make_mut(record).end = Some(end);
        }
    }
}
