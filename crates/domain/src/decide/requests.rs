//! Asking for an activation, a recall, a change of policy: opening a review.

use super::*;
use rulegate_ledger::event::ReviewOpened;
use rulegate_ledger::review::Subject;

impl Decide for OpenActivation {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let OpenActivation {
            ruleset,
            version,
            targets,
            reason,
        } = self;
        let state = context.state;
        let mut once: Vec<Environment> = Vec::new();
        for target in targets {
            context.known_environment(target)?;
            if !once.contains(target) {
                once.push(target.clone());
            }
        }
        if once.is_empty() {
            return Err(Refusal::NoTargets);
        }
        for target in &once {
            context.require(Act::RequestActivation, Scope::exactly(ruleset, target))?;
        }
        let facts = context.known_version(ruleset, version)?;
        for target in &once {
            if state
                .pin(ruleset, target)
                .is_some_and(|pin| pin.version == *version)
            {
                return Err(Refusal::AlreadyActive {
                    version: version.clone(),
                    environment: target.clone(),
                });
            }
            if version.is_hotfix() && state.times_active(ruleset, version, target).is_empty() {
                let made_for = state
                    .hotfix(ruleset, version)
                    .map_or(target.clone(), |hotfix| hotfix.environment.clone());
                return Err(Refusal::HotfixStaysHome {
                    version: version.clone(),
                    made_for,
                });
            }
        }
        let mode = state.mode_for(ruleset, version, &once);
        let subject = Subject::Activation {
            version: version.clone(),
            checksum: facts.checksum,
            targets: once,
            mode,
        };
        let reason = required_reason(reason)?;
        Ok(Fact::about(ruleset, ReviewOpened { subject, reason }).into())
    }
}

impl Decide for OpenRecall {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let OpenRecall {
            ruleset,
            version,
            reason,
        } = self;
        context.require(Act::RequestRecall, Scope::ruleset(ruleset))?;
        let facts = context.known_version(ruleset, version)?;
        if context
            .state
            .recall(ruleset, version, facts.checksum)
            .is_some()
        {
            return Err(Refusal::AlreadyRecalled {
                version: version.clone(),
            });
        }
        let subject = Subject::Recall {
            version: version.clone(),
            checksum: facts.checksum,
        };
        let reason = required_reason(reason)?;
        Ok(Fact::about(ruleset, ReviewOpened { subject, reason }).into())
    }
}

impl Decide for OpenPolicy {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let OpenPolicy { policy, reason } = self;
        context.require(Act::RequestPolicy, Scope::EVERYWHERE)?;
        let people = context
            .state
            .people_who_may(Act::Approve, &Scope::EVERYWHERE)
            .len() as u32;
        policy.check(people).map_err(Refusal::PolicyRefused)?;
        if *policy == context.state.policy() {
            return Err(Refusal::PolicySame);
        }
        let reason = required_reason(reason)?;
        let subject = Subject::Policy {
            policy: policy.clone(),
        };
        Ok(Fact::general(ReviewOpened { subject, reason }).into())
    }
}
