//! Tokens, with which services and scripts speak.

use sqlx::{query, query_as};

use super::{BUMP, this_change};
use crate::store::error::StoreError;
use crate::store::rows::{column, digest_column, from_row};
use crate::store::{Store, in_transaction, read};
use rulegate_ledger::access::Role;
use rulegate_ledger::accounts::Token;
use rulegate_ledger::ids::Timestamp;

macro_rules! token_columns {
    () => {
        "id, account, name, hash, role, scope, created_at, created_by, expires_at, revoked_at"
    };
}
pub(in crate::store) use token_columns;

/// Binds a token in the order of its columns. `$scope` is its scope as JSON.
macro_rules! bind_token {
    ($query:expr, $token:expr, $scope:expr) => {
        $query
            .bind($token.id.as_str())
            .bind($token.account.as_str())
            .bind($token.name.as_str())
            .bind(&$token.hash.0[..])
            .bind($token.role.name())
            .bind($scope.as_str())
            .bind($token.created_at.0)
            .bind($token.created_by.as_str())
            .bind($token.expires_at.0)
            .bind($token.revoked_at.map(|at| at.0))
    };
}
pub(in crate::store) use bind_token;

from_row! {
    pub(in crate::store) struct TokenRow {
        id: String,
        account: String,
        name: String,
        hash: Vec<u8>,
        role: String,
        scope: String,
        created_at: i64,
        created_by: String,
        expires_at: i64,
        revoked_at: Option<i64>,
    }
}

impl TokenRow {
    pub(in crate::store) fn token(self) -> Result<Token, StoreError> {
        let bad = |column, why: String| StoreError::BadRow {
            table: "token",
            column,
            key: self.id.clone(),
            why,
        };
        Ok(Token {
            account: column("token", "account", &self.id, &self.account)?,
            hash: digest_column("token", "hash", &self.id, &self.hash)?,
            role: Role::parse(&self.role)
                .ok_or_else(|| bad("role", format!("is {:?}", self.role)))?,
            scope: serde_json::from_str(&self.scope).map_err(|e| bad("scope", e.to_string()))?,
            created_by: column("token", "created_by", &self.id, &self.created_by)?,
            name: self.name,
            id: self.id,
            created_at: Timestamp(self.created_at),
            expires_at: Timestamp(self.expires_at),
            revoked_at: self.revoked_at.map(Timestamp),
        })
    }
}

impl Store {
    /// Keeps a token. Durable.
    ///
    /// Errors: [`StoreError::Taken`] if its id or hash is there already.
    pub async fn insert_token(&self, token: &Token) -> Result<(), StoreError> {
        const SQL: &str = concat!(
            "INSERT INTO token (",
            token_columns!(),
            ", change) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, ",
            this_change!(),
            ")"
        );
        if let Some(memory) = self.memory()? {
            return memory.insert_token(token);
        }
        let scope = serde_json::to_string(&token.scope)
            .map_err(|error| StoreError::Broken(error.to_string()))?;
        Ok(in_transaction!(self, tx => {
            query(BUMP).execute(&mut *tx).await?;
            bind_token!(query(SQL), token, scope).execute(&mut *tx).await?;
        })?)
    }

    /// All tokens, ended and revoked ones too, by id.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        const SQL: &str = concat!("SELECT ", token_columns!(), " FROM token ORDER BY id");
        if let Some(memory) = self.memory()? {
            return Ok(memory.tokens());
        }
        read!(self, pool => query_as::<_, TokenRow>(SQL).fetch_all(pool))?
            .into_iter()
            .map(TokenRow::token)
            .collect()
    }

    /// Revokes a token. Durable; safe to repeat: the first time stands. False if there was nothing to revoke.
    pub async fn revoke_token(&self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        const BUMP_IF_GOOD: &str = "UPDATE account_change SET version = version + 1 \
             WHERE EXISTS (SELECT 1 FROM token WHERE id = $1 AND revoked_at IS NULL)";
        const SQL: &str = concat!(
            "UPDATE token SET revoked_at = $2, change = ",
            this_change!(),
            " WHERE id = $1 AND revoked_at IS NULL"
        );
        if let Some(memory) = self.memory()? {
            return Ok(memory.revoke_token(id, at));
        }
        Ok(in_transaction!(self, tx => {
            query(BUMP_IF_GOOD).bind(id).execute(&mut *tx).await?;
            let change = query(SQL).bind(id).bind(at.0);
            change.execute(&mut *tx).await?.rows_affected() > 0
        })?)
    }
}
