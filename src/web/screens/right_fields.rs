//! A right as forms ask for it, of an account and of a token alike.

use serde::Deserialize;

use crate::auth::Account;
use crate::web::sent::{FieldError, InField};
use rulegate_ledger::access::{Grant, Role, Scope};
use rulegate_ledger::ids::NameError;

/// A role with its bounds as a form sends them; an empty bound is none.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RightFields {
    pub role: String,
    pub ruleset: String,
    pub site: String,
    pub lane: String,
    pub reason: String,
}

impl RightFields {
    pub(super) fn role(&self) -> Result<Role, FieldError> {
        let wrong = || FieldError::new("role", format!("{:?} is no role", self.role));
        Role::parse(&self.role).ok_or_else(wrong)
    }

    pub(super) fn scope(&self) -> Result<Scope, FieldError> {
        fn bound<T>(text: &str) -> Result<Option<T>, NameError>
        where
            T: std::str::FromStr<Err = NameError>,
        {
            match text.trim() {
                "" => Ok(None),
                name => name.parse().map(Some),
            }
        }
        Ok(Scope {
            ruleset: bound(&self.ruleset).in_field("ruleset")?,
            site: bound(&self.site).in_field("site")?,
            lane: bound(&self.lane).in_field("lane")?,
        })
    }

    pub(super) fn grant(&self, account: &Account) -> Result<Grant, FieldError> {
        Ok(Grant {
            account: account.id.clone(),
            role: self.role()?,
            scope: self.scope()?,
        })
    }
}
