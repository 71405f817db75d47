//! Giving and taking rights.

use super::*;
use rulegate_ledger::access::{Grant, Role};
use rulegate_ledger::event::{AccessGranted, AccessRevoked};

pub(super) fn grant(asked: Context, grant: &Grant) -> Result<Decided, Refusal> {
    asked.require(Act::ManageAccounts, Scope::EVERYWHERE)?;
    let held = asked.state.grants_of(&grant.account);
    if held.contains(grant) {
        return Err(Refusal::AlreadyGranted);
    }
    if held
        .iter()
        .any(|other| other.role.is_service() != grant.role.is_service())
    {
        return Err(Refusal::ServiceRole { role: grant.role });
    }
    let body = AccessGranted {
        grant: grant.clone(),
    };
    Ok(Decided::New(vec![Fact {
        ruleset: grant.scope.ruleset.clone(),
        lane: None,
        event: body.into(),
    }]))
}

pub(super) fn revoke(asked: Context, grant: &Grant, reason: &str) -> Result<Decided, Refusal> {
    asked.require(Act::ManageAccounts, Scope::EVERYWHERE)?;
    let grants = asked.state.grants();
    if !grants.contains(grant) {
        return Err(Refusal::NotGranted);
    }
    let admins = grants.iter().filter(|g| g.role == Role::Admin).count();
    if grant.role == Role::Admin && admins == 1 {
        return Err(Refusal::LastAdmin);
    }
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    let body = AccessRevoked {
        grant: grant.clone(),
        reason,
    };
    Ok(Decided::New(vec![Fact {
        ruleset: grant.scope.ruleset.clone(),
        lane: None,
        event: body.into(),
    }]))
}
