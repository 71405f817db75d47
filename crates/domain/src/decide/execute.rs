//! Executing a review: past a broken glass or not, pins move and hotfixes close.

use super::judging::{fact, open, since};
use super::*;
use crate::gate;
use crate::state::Pin;
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
                for target in &gate.shown.targets {
                    let accepted = Accepted {
                        version,
                        checksum: *checksum,
                        mode: *mode,
                        review: &self.review,
                        fingerprint: self.fingerprint,
                    };
                    facts.extend(move_target(
                        context,
                        ruleset,
                        target,
                        &accepted,
                        &gate.counted,
                    ));
                }
            }
            (
                Some(ruleset),
                Subject::Hotfix {
                    version,
                    checksum,
                    environment,
                },
            ) => {
                let made_here = context
                    .state
                    .hotfix(ruleset, version)
                    .is_none_or(|hotfix| hotfix.environment == *environment);
                let accepted = Accepted {
                    version,
                    checksum: *checksum,
                    mode: match made_here {
                        true => Mode::Hotfix,
                        false => Mode::Transferred,
                    },
                    review: &self.review,
                    fingerprint: self.fingerprint,
                };
                facts.extend(super::reconcile::transferred(
                    context.state,
                    ruleset,
                    version,
                    environment,
                    &self.review,
                ));
                let pin = context.state.pin(ruleset, environment);
                facts.push(activated(
                    ruleset,
                    environment,
                    pin,
                    &accepted,
                    &gate.counted,
                ));
            }
            (Some(ruleset), Subject::Recall { version, .. }) => {
                let (version, reason) = (version.clone(), review.reason.clone());
                facts.push(Fact::about(
                    ruleset,
                    VersionRecalled {
                        version,
                        reason,
                        review: Some(self.review.clone()),
                    },
                ));
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

struct Accepted<'a> {
    version: &'a VersionName,
    checksum: Digest,
    mode: Mode,
    review: &'a ReviewId,
    fingerprint: Digest,
}

fn activated(
    ruleset: &RuleSetName,
    environment: &Environment,
    pin: Option<&Pin>,
    what: &Accepted,
    approved_by: &[AccountId],
) -> Fact {
    let body = VersionActivated {
        version: what.version.clone(),
        checksum: what.checksum,
        mode: what.mode,
        from: pin.map(|pin| pin.version.clone()),
        from_checksum: pin.map(|pin| pin.checksum),
        review: Some(what.review.clone()),
        fulfils: None,
        fingerprint: Some(what.fingerprint),
        approved_by: approved_by.to_vec(),
    };
    Fact::within(ruleset, &environment.lane, body)
}

/// The facts for one target: the pin moves and its hotfixes close, or an intent for the other site.
fn move_target(
    context: Context,
    ruleset: &RuleSetName,
    target: &ShownTarget,
    what: &Accepted,
    approved_by: &[AccountId],
) -> Vec<Fact> {
    let environment = &target.environment;
    let ends: Vec<HotfixOutcome> = target.hotfixes.iter().map(outcome).collect();
    if environment.site != context.state.own {
        let body = IntentRecorded {
            environment: environment.clone(),
            version: what.version.clone(),
            checksum: what.checksum,
            mode: what.mode,
            review: what.review.clone(),
            fingerprint: what.fingerprint,
            approved_by: approved_by.to_vec(),
            from_checksum: target.pin_checksum,
            accepted: ends.iter().filter_map(HotfixOutcome::loss).collect(),
            contained: ends.iter().filter_map(HotfixOutcome::contained).collect(),
        };
        return vec![Fact::about(ruleset, body)];
    }
    let mut facts = vec![activated(
        ruleset,
        environment,
        context.state.pin(ruleset, environment),
        what,
        approved_by,
    )];
    let runs = super::transfer::Runs {
        environment,
        version: what.version,
        review: Some(what.review),
    };
    facts.extend(ends.into_iter().filter_map(|end| match end {
        HotfixOutcome::Contained(hotfix) => Some(runs.absorbed(ruleset, &hotfix)),
        HotfixOutcome::Lost(loss) => Some(runs.discarded(ruleset, &loss)),
        HotfixOutcome::Unanswered => None,
    }));
    facts
}

enum HotfixOutcome {
    Contained(VersionName),
    Lost(AcceptedLoss),
    /// Only past a broken glass: the hotfix stays open, as debt that everybody sees.
    Unanswered,
}

impl HotfixOutcome {
    fn loss(&self) -> Option<AcceptedLoss> {
        if let HotfixOutcome::Lost(loss) = self {
            Some(loss.clone())
        } else {
            None
        }
    }
    fn contained(&self) -> Option<VersionName> {
        if let HotfixOutcome::Contained(hotfix) = self {
            Some(hotfix.clone())
        } else {
            None
        }
    }
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
