//! Tokens for pipelines, pods and scripts: shown once, stored as a digest, scoped, expiring, never able to approve.

use std::sync::Arc;

use super::{Auth, random_secret};
use crate::app::AppError;
use crate::store::{Account, Token};
use rulegate_ledger::access::{Actor, Role, Scope, TokenBounds};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{AccountId, Timestamp};

/// What every token starts with, so that secret scanners and people recognise one.
const PREFIX: &str = "rgt_";
/// The longest life of a token, in days.
pub const DAYS_MAX: u32 = 366;

/// Why a token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// There is no such token.
    Unknown,
    /// Its end has come.
    Expired,
    /// Somebody revoked it, or its account is closed.
    Revoked,
}

/// Whoever speaks with a good token.
#[derive(Clone)]
pub struct Bearer {
    /// Its account.
    pub account: Arc<Account>,
    /// The token, without its secret.
    pub token: Arc<Token>,
}

impl Bearer {
    /// As the domain knows it.
    pub fn actor(&self) -> Actor {
        let bounds = TokenBounds {
            role: self.token.role,
            scope: self.token.scope.clone(),
        };
        Actor {
            account: self.account.id.clone(),
            token: Some(bounds),
        }
    }
}

impl Auth {
    /// Who has this token, from memory.
    pub fn bearer(&self, secret: &str) -> Result<Bearer, TokenError> {
        let hash = Digest::of(secret.as_bytes());
        let token = self.directory.token(&hash).ok_or(TokenError::Unknown)?;
        if token.revoked_at.is_some() {
            return Err(TokenError::Revoked);
        }
        if token.expires_at <= self.app.clock.now() {
            return Err(TokenError::Expired);
        }
        let account = self
            .directory
            .account(&token.account)
            .ok_or(TokenError::Unknown)?;
        if account.disabled_at.is_some() {
            return Err(TokenError::Revoked);
        }
        Ok(Bearer { account, token })
    }

    /// Makes a token and returns it with its secret, which nobody sees again.
    pub async fn make_token(
        &self,
        wanted: NewToken,
        created_by: &AccountId,
    ) -> Result<(Token, String), AppError> {
        let now = self.app.clock.now();
        let bad = |message: String| AppError::BadInput {
            code: "bad_token",
            message,
        };
        if wanted.name.trim().is_empty() || wanted.name.chars().count() > 100 {
            return Err(bad(
                "Give the token a name of 1 to 100 characters that tells what it is for.".into(),
            ));
        }
        if wanted.days == 0 || wanted.days > DAYS_MAX {
            return Err(bad(format!("A token lives 1 to {DAYS_MAX} days.")));
        }
        if wanted.role == Role::Pod && (wanted.scope.site.is_none() || wanted.scope.lane.is_none())
        {
            return Err(bad(
                "A pod's token is bound to one site and one lane: name both.".into(),
            ));
        }
        let held = self.app.snapshot().state.grants_of(&wanted.account);
        if !held
            .iter()
            .any(|grant| grant.role == wanted.role && grant.scope.covers(&wanted.scope))
        {
            return Err(bad(format!(
                "The account does not hold the role {} there: grant it first.",
                wanted.role.name()
            )));
        }
        let secret = format!("{PREFIX}{}", random_secret());
        let token = Token {
            id: uuid::Uuid::now_v7().to_string(),
            account: wanted.account,
            name: wanted.name.trim().to_owned(),
            hash: Digest::of(secret.as_bytes()),
            role: wanted.role,
            scope: wanted.scope,
            created_at: now,
            created_by: created_by.clone(),
            expires_at: Timestamp(now.0 + i64::from(wanted.days) * Timestamp::DAY_US),
            revoked_at: None,
        };
        self.app.store.insert_token(&token).await?;
        self.directory.refresh(&self.app).await?;
        tracing::info!(target: "audit", token = token.id, by = created_by.as_str(), "token made");
        Ok((token, secret))
    }

    /// Ends a token at once.
    pub async fn revoke_token(&self, id: &str) -> Result<(), AppError> {
        self.app
            .store
            .revoke_token(id, self.app.clock.now())
            .await?;
        self.directory.refresh(&self.app).await
    }
}

/// A token that somebody wants.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct NewToken {
    pub account: AccountId,
    pub name: String,
    pub role: Role,
    pub scope: Scope,
    pub days: u32,
}
