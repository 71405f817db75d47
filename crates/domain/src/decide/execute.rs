//! Executing a review: past a broken glass or not, pins move and hotfixes close.

use super::judging::{fact, open, since};
use super::reconcile::transferred;
use super::*;
use crate::gate;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::*;
use rulegate_ledger::ids::{AccountId, ReviewId};
use rulegate_ledger::review::{Answer, ShownHotfix, ShownTarget, Subject};

impl Decide for Execute {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let act = match context
            .state
            .review(&self.review)
            .map(|review| &review.subject)
        {
            Some(Subject::Policy { .. }) => Act::RequestPolicy,
            _ => Act::Activate,
        };
        if context.actor.token.is_some() {
            return Err(Refusal::NotAllowed {
                act: Act::Activate,
                scope: Scope::EVERYWHERE,
            });
        }
        let review = open(context, &self.review, act)?;
        let gate = gate::gate(context.state, review, &self.evidence, context.now)?;
        if gate.fingerprint != self.fingerprint {
            let refusal = Refusal::Stale {
                changes: since(review, self.fingerprint, &gate),
            };
            return Err(if self.break_glass.is_some() {
                Refusal::FingerprintNeverPasses
            } else {
                refusal
            });
        }
        let mut facts = Vec::new();
        let blocking = gate.blocking();
        if !blocking.is_empty() {
            let Some(reason) = &self.break_glass else {
                return Err(Refusal::GateBlocked { checks: blocking });
            };
            for scope in gate::scopes(review) {
                context.require(Act::BreakGlass, scope)?;
            }
            // What is recalled or absent, or was made on top of something else, no glass can pass.
            let never: Vec<_> = blocking
                .iter()
                .filter(|check| never_passes(check.kind))
                .cloned()
                .collect();
            if !never.is_empty() {
                return Err(Refusal::GateBlocked { checks: never });
            }
            let reason = required_reason(reason)?;
            let blocked = blocking
                .iter()
                .map(|check| check.code().to_owned())
                .collect();
            facts.push(fact(
                review,
                GlassBroken {
                    review: self.review.clone(),
                    reason,
                    blocked,
                    fingerprint: self.fingerprint,
                },
            ));
        }
        let moved = |ruleset, version, checksum: &Digest, mode| Move {
            context,
            ruleset,
            version,
            checksum: *checksum,
            mode,
            review: &self.review,
            fingerprint: self.fingerprint,
            approved_by: &gate.counted,
        };
        match (&review.ruleset, &review.subject) {
            (
                Some(ruleset),
                Subject::Activation {
                    version,
                    checksum,
                    mode,
                    ..
                },
            ) => {
                let moved = moved(ruleset, version, checksum, *mode);
                let targets = gate.shown.targets.iter();
                facts.extend(targets.flat_map(|target| moved.to(target)));
            }
            (
                Some(ruleset),
                Subject::Hotfix {
                    version,
                    checksum,
                    environment,
                },
            ) => {
                let state = context.state;
                let made_here = state
                    .hotfix(ruleset, version)
                    .is_none_or(|hotfix| hotfix.environment == *environment);
                let mode = match made_here {
                    true => Mode::Hotfix,
                    false => Mode::Transferred,
                };
                let review = &self.review;
                facts.extend(transferred(state, ruleset, version, environment, review));
                facts.push(moved(ruleset, version, checksum, mode).activated(environment));
            }
            (Some(ruleset), Subject::Recall { version, .. }) => {
                let body = VersionRecalled {
                    version: version.clone(),
                    reason: review.reason.clone(),
                    review: Some(self.review.clone()),
                };
                facts.push(Fact::about(ruleset, body));
            }
            (_, Subject::Policy { policy }) => {
                facts.push(Fact::general(PolicyChanged {
                    policy: policy.clone(),
                    review: Some(self.review.clone()),
                }));
            }
            (None, _) => {
                return Err(Refusal::UnknownReview {
                    review: self.review.clone(),
                });
            }
        }
        Ok(Decided::New(facts))
    }

    fn questions(&mut self, state: &State) -> Option<(Vec<Question>, &mut Vec<Evidence>)> {
        let review = state.review(&self.review)?;
        Some((gate::questions(state, review), &mut self.evidence))
    }
}

fn never_passes(kind: gate::CheckKind) -> bool {
    use gate::CheckKind::*;
    matches!(kind, NotRecalled | VerifiedAtTargets | OnTopOfPin)
}

/// A version that goes live by a review.
struct Move<'a> {
    context: Context<'a>,
    ruleset: &'a RuleSetName,
    version: &'a VersionName,
    checksum: Digest,
    mode: Mode,
    review: &'a ReviewId,
    fingerprint: Digest,
    approved_by: &'a [AccountId],
}

impl Move<'_> {
    fn activated(&self, environment: &Environment) -> Fact {
        let pin = self.context.state.pin(self.ruleset, environment);
        let body = VersionActivated {
            version: self.version.clone(),
            checksum: self.checksum,
            mode: self.mode,
            from: pin.map(|pin| pin.version.clone()),
            from_checksum: pin.map(|pin| pin.checksum),
            review: Some(self.review.clone()),
            fulfils: None,
            fingerprint: Some(self.fingerprint),
            approved_by: self.approved_by.to_vec(),
        };
        Fact::within(self.ruleset, &environment.lane, body)
    }

    /// The facts for one target: the pin moves and its hotfixes close, or an intent for the other site.
    fn to(&self, target: &ShownTarget) -> Vec<Fact> {
        let environment = &target.environment;
        let runs = super::transfer::Runs {
            environment,
            version: self.version,
            review: Some(self.review),
        };
        let mut facts = vec![self.activated(environment)];
        let (mut contained, mut accepted) = (Vec::new(), Vec::new());
        for hotfix in &target.hotfixes {
            match outcome(hotfix) {
                HotfixOutcome::Contained(hotfix) => {
                    facts.push(runs.absorbed(self.ruleset, &hotfix));
                    contained.push(hotfix);
                }
                HotfixOutcome::Lost(loss) => {
                    facts.push(runs.discarded(self.ruleset, &loss));
                    accepted.push(loss);
                }
                HotfixOutcome::Unanswered => {}
            }
        }
        if environment.site == self.context.state.own {
            return facts;
        }
        let body = IntentRecorded {
            environment: environment.clone(),
            version: self.version.clone(),
            checksum: self.checksum,
            mode: self.mode,
            review: self.review.clone(),
            fingerprint: self.fingerprint,
            approved_by: self.approved_by.to_vec(),
            from_checksum: target.pin_checksum,
            accepted,
            contained,
        };
        vec![Fact::about(self.ruleset, body)]
    }
}

enum HotfixOutcome {
    Contained(VersionName),
    Lost(AcceptedLoss),
    /// Only past a broken glass: the hotfix stays open, as debt that everybody sees.
    Unanswered,
}

/// Contained if every rule is, by verdict or by hand; lost if somebody accepted so for any rule.
fn outcome(hotfix: &ShownHotfix) -> HotfixOutcome {
    if hotfix.rules.iter().any(|rule| !rule.is_settled()) {
        return HotfixOutcome::Unanswered;
    }
    let mut reasons: Vec<String> = Vec::new();
    for rule in &hotfix.rules {
        if let Some(Answer::LossAccepted { reason }) = &rule.answer
            && !rule.verdict.is_contained()
            && !reasons.contains(reason)
        {
            reasons.push(reason.clone());
        }
    }
    if reasons.is_empty() {
        HotfixOutcome::Contained(hotfix.hotfix.clone())
    } else {
        HotfixOutcome::Lost(AcceptedLoss {
            hotfix: hotfix.hotfix.clone(),
            reason: reasons.join("; "),
        })
    }
}
