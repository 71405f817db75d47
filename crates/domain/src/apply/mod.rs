//! What is true after a fact.

mod hotfix;
mod observation;
mod pin;
mod review;
mod version;

use std::sync::Arc;

use crate::answers::Answered;
use crate::state::*;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::*;
use rulegate_ledger::ledger::{self, ChainError, Entry};
use rulegate_ledger::version::VersionName;

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
        self.note_due(entry);
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
                    after_reviews: Default::default(),
                }));
            }),
            Event::GlassReviewed(body) => self.change_review(&body.review, |review| {
                if let Some(glass) = &mut review.glass {
                    glass
                        .after_reviews
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
}

fn stop(entry: &Entry, reason: &str, until: Option<rulegate_ledger::ids::Timestamp>) -> Stop {
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
