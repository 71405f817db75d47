//! Giving and taking rights.

use super::*;
use rulegate_ledger::access::Role;
use rulegate_ledger::event::{AccessGranted, AccessRevoked};

impl Decide for GrantRight {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let GrantRight { grant } = self;
        context.require(Act::ManageAccounts, Scope::EVERYWHERE)?;
        let held = context.state.grants_of(&grant.account);
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
        Ok(Fact {
            ruleset: grant.scope.ruleset.clone(),
            lane: None,
            event: body.into(),
        }
        .into())
    }
}

impl Decide for RevokeRight {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let RevokeRight { grant, reason } = self;
        context.require(Act::ManageAccounts, Scope::EVERYWHERE)?;
        let grants = context.state.grants();
        if !grants.contains(grant) {
            return Err(Refusal::NotGranted);
        }
        let admins = grants.iter().filter(|g| g.role == Role::Admin).count();
        if grant.role == Role::Admin && admins == 1 {
            return Err(Refusal::LastAdmin);
        }
        let reason = required_reason(reason)?;
        let body = AccessRevoked {
            grant: grant.clone(),
            reason,
        };
        Ok(Fact {
            ruleset: grant.scope.ruleset.clone(),
            lane: None,
            event: body.into(),
        }
        .into())
    }
}
