//! Giving and taking rights.

use super::*;
use rulegate_ledger::access::Role;
use rulegate_ledger::event::{AccessGranted, AccessRevoked};

impl Decide for GrantRight {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        context.require(Act::ManageAccounts, Scope::EVERYWHERE)?;
        let held = context.state.grants_of(&self.grant.account);
        if held.contains(&self.grant) {
            return Err(Refusal::AlreadyGranted);
        }
        if held
            .iter()
            .any(|other| other.role.is_service() != self.grant.role.is_service())
        {
            return Err(Refusal::ServiceRole {
                role: self.grant.role,
            });
        }
        let body = AccessGranted {
            grant: self.grant.clone(),
        };
        Ok(Fact {
            ruleset: self.grant.scope.ruleset.clone(),
            lane: None,
            event: body.into(),
        }
        .into())
    }
}

impl Decide for RevokeRight {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        context.require(Act::ManageAccounts, Scope::EVERYWHERE)?;
        let grants = context.state.grants();
        if !grants.contains(&self.grant) {
            return Err(Refusal::NotGranted);
        }
        let admins = grants.iter().filter(|g| g.role == Role::Admin).count();
        if self.grant.role == Role::Admin && admins == 1 {
            return Err(Refusal::LastAdmin);
        }
        let reason = required_reason(&self.reason)?;
        let body = AccessRevoked {
            grant: self.grant.clone(),
            reason,
        };
        Ok(Fact {
            ruleset: self.grant.scope.ruleset.clone(),
            lane: None,
            event: body.into(),
        }
        .into())
    }
}
