//! Asking for an activation, a recall, a change of policy: opening a review.

use super::*;
use rulegate_ledger::event::ReviewOpened;
use rulegate_ledger::review::Subject;

impl Decide for OpenActivation {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let state = context.state;
        let mut once: Vec<Environment> = Vec::new();
        for target in &self.targets {
            context.known_environment(target)?;
            if !once.contains(target) {
                once.push(target.clone());
            }
        }
        if once.is_empty() {
            return Err(Refusal::NoTargets);
        }
        for target in &once {
            context.require_in(Act::RequestActivation, &self.ruleset, target)?;
        }
        let facts = context.known_version(&self.ruleset, &self.version)?;
        for target in &once {
            if state
                .pin(&self.ruleset, target)
                .is_some_and(|pin| pin.version == self.version)
            {
                return Err(Refusal::AlreadyActive {
                    version: self.version.clone(),
                    environment: target.clone(),
                });
            }
            if self.version.is_hotfix()
                && state
                    .times_active(&self.ruleset, &self.version, target)
                    .is_empty()
            {
                let made_for = state
                    .hotfix(&self.ruleset, &self.version)
                    .map_or(target.clone(), |hotfix| hotfix.environment.clone());
                return Err(Refusal::HotfixStaysHome {
                    version: self.version.clone(),
                    made_for,
                });
            }
        }
        let mode = state.mode_for(&self.ruleset, &self.version, &once);
        let subject = Subject::Activation {
            version: self.version.clone(),
            checksum: facts.checksum,
            targets: once,
            mode,
        };
        let reason = required_reason(&self.reason)?;
        Ok(Fact::about(&self.ruleset, ReviewOpened { subject, reason }).into())
    }
}

impl Decide for OpenRecall {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        context.require(Act::RequestRecall, Scope::ruleset(&self.ruleset))?;
        let facts = context.known_version(&self.ruleset, &self.version)?;
        if context
            .state
            .recall(&self.ruleset, &self.version, facts.checksum)
            .is_some()
        {
            return Err(Refusal::AlreadyRecalled {
                version: self.version.clone(),
            });
        }
        let subject = Subject::Recall {
            version: self.version.clone(),
            checksum: facts.checksum,
        };
        let reason = required_reason(&self.reason)?;
        Ok(Fact::about(&self.ruleset, ReviewOpened { subject, reason }).into())
    }
}

impl Decide for OpenPolicy {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        context.require(Act::RequestPolicy, Scope::EVERYWHERE)?;
        let people = context
            .state
            .people_who_may(Act::Approve, &Scope::EVERYWHERE)
            .len() as u32;
        self.policy
            .check(people)
            .map_err(|error| Refusal::PolicyRefused { error })?;
        if self.policy == context.state.policy() {
            return Err(Refusal::PolicySame);
        }
        let reason = required_reason(&self.reason)?;
        let subject = Subject::Policy {
            policy: self.policy.clone(),
        };
        Ok(Fact::general(ReviewOpened { subject, reason }).into())
    }
}
