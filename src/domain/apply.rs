//! What is true after a fact.

use std::sync::Arc;

use super::answers::Answered;
use super::digest::Digest;
use super::environment::Environment;
use super::event::*;
use super::ids::{EntryRef, ReviewId, RuleSetName};
use super::ledger::{self, ChainError, Entry};
use super::state::*;
use super::version::VersionName;

impl State {
    /// Takes the next entry of a site's ledger into the state.
    ///
    /// `hash` is the SHA-256 of the entry's stored bytes. Errors: [`ChainError`] if it is not the next one;
    /// then nothing changed.
    pub fn apply(&mut self, entry: &Entry, hash: Digest) -> Result<(), ChainError> {
        let site = entry.at_entry.site.clone();
        let head = ledger::follow(&site, self.head(&site), entry, hash)?;
        let base = match &entry.fact.event {
            Event::VersionActivated(body) if body.version.is_hotfix() => {
                self.planned_under(entry, &body.version)
            }
            _ => None,
        };
        let ledger = self.ledgers.entry(site).or_default();
        ledger.take(entry, base);
        ledger.head = head;
        ledger.last_command = Some(entry.command.clone());
        self.note_owed(entry);
        Ok(())
    }

    /// The planned version that a hotfix stands on, as a baseline.
    fn planned_under(&self, entry: &Entry, hotfix: &VersionName) -> Option<Pin> {
        let ruleset = entry.fact.ruleset.as_ref()?;
        let planned: VersionName = hotfix.planned_part().parse().ok()?;
        let facts = self.version_at(&entry.at_entry.site, ruleset, &planned)?;
        Some(Pin {
            version: planned,
            checksum: facts.checksum,
            mode: Mode::Planned,
            at: entry.at,
            by: entry.actor.clone(),
            entry: entry.at_entry.clone(),
            review: None,
        })
    }
}

impl LedgerState {
    fn take(&mut self, entry: &Entry, base: Option<Pin>) {
        let at_entry = &entry.at_entry;
        match &entry.fact.event {
            Event::ReleaseCommitted(body) => self.take_release(entry, body),
            Event::ReleaseReceived(body) => self.add_version(
                entry,
                &body.version,
                body.checksum,
                (0, 0),
                None,
                Some(&body.origin),
            ),
            Event::VersionRecalled(body) => self.take_recall(entry, body),
            Event::ValidationPassed(b) => {
                self.take_validation(entry, &b.version, true, &b.note, &b.links)
            }
            Event::ValidationFailed(b) => {
                self.take_validation(entry, &b.version, false, &b.note, &b.links)
            }
            Event::ReviewOpened(body) => self.open_review(entry, body),
            Event::ReviewApproved(body) => self.change_review(&body.review, |review| {
                // Most approvals of a review are of the same: it is kept once.
                let mut earlier = review.approvals.iter().map(|earlier| &earlier.shown);
                let same = earlier.find(|shown| ***shown == body.shown).cloned();
                review.approvals.reserve_exact(1);
                review.approvals.push(Approval {
                    by: entry.actor.clone(),
                    at: entry.at,
                    entry: at_entry.clone(),
                    fingerprint: body.fingerprint,
                    shown: same.unwrap_or_else(|| Arc::new(body.shown.clone())),
                    note: body.note.clone(),
                });
            }),
            Event::ReviewRejected(body) => self.change_review(&body.review, |review| {
                review.status = ReviewStatus::Rejected {
                    at: entry.at,
                    by: entry.actor.clone(),
                    reason: body.reason.clone(),
                };
            }),
            Event::ReviewCommented(body) => {
                self.change_review(&body.review, |review| review.comments += 1)
            }
            Event::ReviewAnswered(body) => self.change_review(&body.review, |review| {
                let key = (
                    body.environment.clone(),
                    body.hotfix.clone(),
                    body.path.clone(),
                );
                let answered = Answered {
                    answer: body.answer.clone(),
                    by: entry.actor.clone(),
                    at: entry.at,
                };
                review.answers.insert(key, answered);
            }),
            Event::ReviewWithdrawn(body) => self.change_review(&body.review, |review| {
                review.status = ReviewStatus::Withdrawn {
                    at: entry.at,
                    by: entry.actor.clone(),
                    reason: body.reason.clone(),
                };
            }),
            Event::GlassBroken(body) => self.change_review(&body.review, |review| {
                review.glass = Some(Box::new(Glass {
                    by: entry.actor.clone(),
                    at: entry.at,
                    reason: body.reason.clone(),
                    blocked: body.blocked.clone(),
                    looked: Default::default(),
                }));
            }),
            Event::GlassReviewed(body) => self.change_review(&body.review, |review| {
                if let Some(glass) = &mut review.glass {
                    glass
                        .looked
                        .push((entry.actor.clone(), entry.at, body.note.clone()));
                }
            }),
            Event::VersionActivated(body) => {
                self.move_pin(entry, body, base);
                self.execute_review(entry, body.review.as_ref());
            }
            Event::IntentRecorded(body) => {
                self.execute_review(entry, Some(&body.review));
                if let Some(ruleset) = &entry.fact.ruleset {
                    let intent = Intent {
                        id: at_entry.clone(),
                        ruleset: ruleset.clone(),
                        at: entry.at,
                        by: entry.actor.clone(),
                        body: body.clone(),
                        cancelled: None,
                    };
                    self.intents.insert(at_entry.seq, Arc::new(intent));
                }
            }
            Event::IntentCancelled(body) => {
                if body.intent.site != at_entry.site {
                    self.cancelled
                        .insert(body.intent.clone(), body.reason.clone());
                } else if let Some(intent) = self.intents.get_mut(&body.intent.seq) {
                    Arc::make_mut(intent).cancelled = Some(body.reason.clone());
                }
            }
            Event::HotfixTransferred(body) => self.take_transfer(
                entry,
                &body.hotfix,
                Transfer::Done {
                    on_top_of: body.on_top_of.clone(),
                    by: body.by.clone(),
                    at: entry.at,
                    entry: at_entry.clone(),
                },
            ),
            Event::TransferDeclined(body) => self.take_transfer(
                entry,
                &body.hotfix,
                Transfer::Declined {
                    reason: body.reason.clone(),
                    by: entry.actor.clone(),
                    at: entry.at,
                    entry: at_entry.clone(),
                },
            ),
            Event::PairClosed(body) => self.take_pair(entry, body),
            Event::DifferenceAccepted(body) => self.take_accepted(entry, body),
            Event::HotfixCommitted(body) => self.take_hotfix(entry, body),
            Event::HotfixAbsorbed(body) => {
                let end = HotfixEnd::Absorbed {
                    by: body.by.clone(),
                    entry: at_entry.clone(),
                    at: entry.at,
                };
                self.end_hotfix(entry, &body.environment, &body.hotfix, end);
            }
            Event::HotfixDiscarded(body) => {
                let end = HotfixEnd::Discarded {
                    reason: body.reason.clone(),
                    by: entry.actor.clone(),
                    entry: at_entry.clone(),
                    at: entry.at,
                };
                self.end_hotfix(entry, &body.environment, &body.hotfix, end);
            }
            Event::ObservationRecorded(body) => self.take_observation(entry, body),
            Event::DriftAdopted(body) => self.resolve(
                &body.observation,
                Resolution::Adopted {
                    hotfix: body.hotfix.clone(),
                    by: entry.actor.clone(),
                },
            ),
            Event::DriftDismissed(body) => self.resolve(
                &body.observation,
                Resolution::Dismissed {
                    reason: body.reason.clone(),
                    by: entry.actor.clone(),
                    ends_at: body.ends_at,
                },
            ),
            Event::HoldPlaced(body) => {
                self.holds
                    .insert(at_entry.seq, stop(entry, &body.reason, None));
            }
            Event::HoldLifted(body) => {
                self.holds.remove(&body.hold.seq);
            }
            Event::FreezeSet(body) => {
                self.freezes
                    .insert(at_entry.seq, stop(entry, &body.reason, Some(body.until)));
            }
            Event::FreezeLifted(body) => {
                self.freezes.remove(&body.freeze.seq);
            }
            Event::SiteDeclared(body) => self.live = Some((entry.at, body.live.clone())),
            Event::AccessGranted(body) => {
                self.grants.insert(body.grant.clone(), (entry.at, true));
            }
            Event::AccessRevoked(body) => {
                self.grants.insert(body.grant.clone(), (entry.at, false));
            }
            Event::PolicyChanged(body) => {
                self.policy = Some((entry.at, body.policy.clone()));
                self.execute_review(entry, body.review.as_ref());
            }
        }
    }

    fn add_version(
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

    fn take_release(&mut self, entry: &Entry, body: &ReleaseCommitted) {
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

    fn take_recall(&mut self, entry: &Entry, body: &VersionRecalled) {
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

    fn take_validation(
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

    fn open_review(&mut self, entry: &Entry, body: &ReviewOpened) {
        let id = ReviewId {
            site: entry.at_entry.site.clone(),
            seq: entry.at_entry.seq,
        };
        let review = Review {
            id,
            ruleset: entry.fact.ruleset.clone(),
            subject: body.subject.clone(),
            reason: body.reason.clone(),
            requester: entry.actor.clone(),
            opened_at: entry.at,
            status: ReviewStatus::Open,
            approvals: Default::default(),
            answers: Default::default(),
            comments: 0,
            glass: None,
        };
        self.reviews.insert(entry.at_entry.seq, Arc::new(review));
        self.waiting_reviews.insert(entry.at_entry.seq);
    }

    fn change_review(&mut self, id: &ReviewId, change: impl FnOnce(&mut Review)) {
        let Some(review) = self.reviews.get_mut(&id.seq) else {
            return;
        };
        change(Arc::make_mut(review));
        if review.is_waiting() {
            self.waiting_reviews.insert(id.seq);
        } else {
            self.waiting_reviews.remove(&id.seq);
        }
    }

    fn execute_review(&mut self, entry: &Entry, review: Option<&ReviewId>) {
        let Some(id) = review.filter(|id| id.site == entry.at_entry.site) else {
            return;
        };
        self.change_review(id, |review| {
            if review.status == ReviewStatus::Open {
                review.status = ReviewStatus::Executed {
                    at: entry.at,
                    by: entry.actor.clone(),
                    entry: entry.at_entry.clone(),
                };
            }
        });
    }

    fn move_pin(&mut self, entry: &Entry, body: &VersionActivated, base: Option<Pin>) {
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

    /// Observed drift whose content is the pin now needs no explanation any more.
    fn follow_observation(&mut self, entry: &Entry, key: &PinKey, checksum: Digest) {
        if let Some(observation) = self.observations.get_mut(key)
            && observation.checksum == checksum
        {
            Arc::make_mut(observation).resolution = Some(Resolution::PinFollowed { at: entry.at });
        }
    }

    fn take_hotfix(&mut self, entry: &Entry, body: &HotfixCommitted) {
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

    fn take_transfer(&mut self, entry: &Entry, hotfix: &VersionName, transfer: Transfer) {
        if let Some(ruleset) = &entry.fact.ruleset {
            self.transfers
                .insert((ruleset.clone(), hotfix.clone()), transfer);
        }
    }

    fn take_pair(&mut self, entry: &Entry, body: &PairClosed) {
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

    fn take_accepted(&mut self, entry: &Entry, body: &DifferenceAccepted) {
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

    fn end_hotfix(
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

    fn take_observation(&mut self, entry: &Entry, body: &ObservationRecorded) {
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

    fn resolve(&mut self, observation: &EntryRef, resolution: Resolution) {
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

fn stop(entry: &Entry, reason: &str, until: Option<super::ids::Timestamp>) -> Stop {
    Stop {
        id: entry.at_entry.clone(),
        ruleset: entry.fact.ruleset.clone(),
        lane: entry.fact.lane.clone(),
        by: entry.actor.clone(),
        at: entry.at,
        reason: reason.to_owned(),
        until,
    }
}
