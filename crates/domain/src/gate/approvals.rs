//! Who may approve a review, how many approvals it takes, and whether enough count.

use crate::check::{Check, CheckKind};
use crate::state::{Approval, Review, State};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::AccountId;
use rulegate_ledger::review::{ShownChange, Subject};

/// The people who may not approve: who asked, and who wrote what would go live.
pub fn parties(state: &State, review: &Review) -> Vec<(AccountId, &'static str)> {
    let mut parties = vec![(review.requester.clone(), "one who asked for this")];
    if let (Some(ruleset), Some(version)) = (&review.ruleset, review.subject.version())
        && !matches!(review.subject, Subject::Recall { .. })
    {
        if let Some(hotfix) = state.hotfix(ruleset, version) {
            parties.push((hotfix.author.clone(), "author"));
        } else if let Some(facts) = state.version(ruleset, version) {
            parties.push((facts.by.clone(), "one who delivered it"));
        }
    }
    parties
}

/// The scopes in which an approver of the review must hold the right to approve: all of them.
pub fn scopes(review: &Review) -> Vec<Scope> {
    let targets = review.subject.targets();
    match &review.ruleset {
        Some(ruleset) if targets.is_empty() => vec![Scope::ruleset(ruleset)],
        Some(ruleset) => targets
            .iter()
            .map(|target| Scope::exactly(ruleset, target))
            .collect(),
        None => vec![Scope::EVERYWHERE],
    }
}

/// How many approvals the policy in force asks for.
pub fn approvals_needed(state: &State, review: &Review) -> u32 {
    let policy = state.policy();
    match &review.subject {
        Subject::Activation { targets, .. } => {
            if targets
                .iter()
                .any(|target| state.topology.is_production(target))
            {
                policy.production_approvals
            } else {
                policy.soft_launch_approvals
            }
        }
        Subject::Hotfix { version, .. } => {
            let hotfix = review
                .ruleset
                .as_ref()
                .and_then(|ruleset| state.hotfix(ruleset, version));
            match hotfix {
                Some(h) if policy.over_cap(h.changes.len() as u32, h.lines_changed) => {
                    policy.hotfix_over_cap_approvals
                }
                _ => policy.hotfix_approvals,
            }
        }
        Subject::Recall { .. } => policy.recall_approvals,
        Subject::Policy { .. } => policy.policy_approvals,
    }
}

/// True if the account holds the right to approve in every scope of the review.
pub fn may_approve(state: &State, review: &Review, account: &AccountId) -> bool {
    let actor = rulegate_ledger::access::Actor::person(account);
    scopes(review)
        .iter()
        .all(|scope| state.may(&actor, Act::Approve, scope))
}

pub(super) fn approvals(
    needed: u32,
    counted: &[AccountId],
    stale: &[(Approval, Vec<ShownChange>)],
) -> Check {
    let kind = CheckKind::Approvals;
    let have = counted.len() as u32;
    if have >= needed {
        return Check::pass(kind, format!("{have} of {needed}"));
    }
    let stale = match stale.len() {
        0 => String::new(),
        1 => ", 1 went stale".to_owned(),
        n => format!(", {n} went stale"),
    };
    Check::block(
        kind,
        format!("{have} of {needed}{stale}"),
        vec![Act::Approve],
    )
}
