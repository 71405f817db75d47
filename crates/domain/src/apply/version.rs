//! Versions after a fact: delivered, received, recalled, passed or failed in soft launch.

use std::sync::Arc;

use crate::state::*;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::*;
use rulegate_ledger::ids::EntryRef;
use rulegate_ledger::ledger::Entry;
use rulegate_ledger::version::VersionName;

impl LedgerState {
    pub(super) fn add_version(
        &mut self,
        entry: &Entry,
        version: &VersionName,
        checksum: Digest,
        (rules, size_bytes): (u32, u64),
        release: Option<ReleaseFacts>,
        origin: Option<&EntryRef>,
    ) {
        let Some(ruleset) = &entry.fact.ruleset else {
            return;
        };
        let facts = VersionFacts {
            checksum,
            rules,
            size_bytes,
            at: entry.at,
            by: entry.actor.clone(),
            entry: entry.at_entry.clone(),
            release: release.map(Arc::new),
            origin: origin.cloned(),
            validations: Default::default(),
        };
        self.rulesets.insert(ruleset.clone());
        self.versions
            .entry((ruleset.clone(), version.clone()))
            .or_insert_with(|| Arc::new(facts));
    }

    pub(super) fn take_release(&mut self, entry: &Entry, body: &ReleaseCommitted) {
        let release = ReleaseFacts {
            provenance: body.provenance.clone(),
            drift: body.drift.clone(),
        };
        self.add_version(
            entry,
            &body.version,
            body.checksum,
            (body.rules, body.size_bytes),
            Some(release),
            None,
        );
    }

    pub(super) fn take_recall(&mut self, entry: &Entry, body: &VersionRecalled) {
        self.execute_review(entry, body.review.as_ref());
        let Some(ruleset) = &entry.fact.ruleset else {
            return;
        };
        let key = (ruleset.clone(), body.version.clone());
        let checksum = self.versions.get(&key).map(|facts| facts.checksum);
        let recall = Recall {
            checksum,
            reason: body.reason.clone(),
            by: entry.actor.clone(),
            at: entry.at,
            entry: entry.at_entry.clone(),
        };
        self.recalls.insert(key, recall);
    }

    pub(super) fn take_validation(
        &mut self,
        entry: &Entry,
        version: &VersionName,
        passed: bool,
        note: &str,
        links: &[String],
    ) {
        let (Some(ruleset), Some(lane)) = (&entry.fact.ruleset, &entry.fact.lane) else {
            return;
        };
        if let Some(facts) = self.versions.get_mut(&(ruleset.clone(), version.clone())) {
            let validations = &mut Arc::make_mut(facts).validations;
            validations.reserve_exact(1);
            validations.push(Validation {
                passed,
                lane: lane.clone(),
                at: entry.at,
                by: entry.actor.clone(),
                entry: entry.at_entry.clone(),
                note: note.to_owned(),
                links: links.to_vec(),
            });
        }
    }
}
