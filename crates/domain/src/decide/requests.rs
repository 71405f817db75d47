//! Asking for an activation, a recall, a change of policy: opening a review.

use super::*;
use rulegate_ledger::event::ReviewOpened;
use rulegate_ledger::policy::Policy;
use rulegate_ledger::review::Subject;

pub(super) fn activation(
    asked: Context,
    ruleset: &RuleSetName,
    version: &VersionName,
    targets: &[Environment],
    reason: &str,
) -> Result<Decided, Refusal> {
    let state = asked.state;
    let mut once: Vec<Environment> = Vec::new();
    for target in targets {
        asked.known_environment(target)?;
        if !once.contains(target) {
            once.push(target.clone());
        }
    }
    if once.is_empty() {
        return Err(Refusal::NoTargets);
    }
    for target in &once {
        asked.require(Act::RequestActivation, Scope::exactly(ruleset, target))?;
    }
    let facts = asked.known_version(ruleset, version)?;
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
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    Ok(Decided::New(vec![Fact::about(
        ruleset,
        ReviewOpened { subject, reason },
    )]))
}

pub(super) fn recall(
    asked: Context,
    ruleset: &RuleSetName,
    version: &VersionName,
    reason: &str,
) -> Result<Decided, Refusal> {
    asked.require(Act::RequestRecall, Scope::ruleset(ruleset))?;
    let facts = asked.known_version(ruleset, version)?;
    if asked
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
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    Ok(Decided::New(vec![Fact::about(
        ruleset,
        ReviewOpened { subject, reason },
    )]))
}

pub(super) fn policy(asked: Context, policy: &Policy, reason: &str) -> Result<Decided, Refusal> {
    asked.require(Act::RequestPolicy, Scope::EVERYWHERE)?;
    let people = asked
        .state
        .people_who_may(Act::Approve, &Scope::EVERYWHERE)
        .len() as u32;
    policy.check(people).map_err(Refusal::PolicyRefused)?;
    if *policy == asked.state.policy() {
        return Err(Refusal::PolicySame);
    }
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    let subject = Subject::Policy {
        policy: policy.clone(),
    };
    Ok(Decided::New(vec![Fact::general(ReviewOpened {
        subject,
        reason,
    })]))
}
