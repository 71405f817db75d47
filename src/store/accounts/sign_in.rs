//! Sign-ins: the browsers that people signed in with.

use sqlx::{query, query_as};

use crate::store::error::StoreError;
use crate::store::rows::{column, digest_column, from_row};
use crate::store::{Store, in_transaction, read};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{AccountId, Timestamp};

/// A browser that somebody signed in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// SHA-256 of the secret in the cookie.
    pub token_hash: Digest,
    /// Who signed in.
    pub account: AccountId,
    /// When.
    pub created_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When the password was last given.
    pub reauthenticated_at: Timestamp,
    /// From where.
    pub address: String,
    /// With what browser.
    pub agent: String,
}

macro_rules! sign_in_columns {
    () => {
        "token_hash, account, created_at, seen_at, expires_at, reauthenticated_at, address, agent"
    };
}

from_row! {
    struct SignInRow {
        token_hash: Vec<u8>,
        account: String,
        created_at: i64,
        seen_at: i64,
        expires_at: i64,
        reauthenticated_at: i64,
        address: String,
        agent: String,
    }
}

impl SignInRow {
    fn sign_in(self) -> Result<SignIn, StoreError> {
        Ok(SignIn {
            token_hash: digest_column("sign_in", "token_hash", &self.account, &self.token_hash)?,
            account: column("sign_in", "account", &self.account, &self.account)?,
            created_at: Timestamp(self.created_at),
            seen_at: Timestamp(self.seen_at),
            expires_at: Timestamp(self.expires_at),
            reauthenticated_at: Timestamp(self.reauthenticated_at),
            address: self.address,
            agent: self.agent,
        })
    }
}

impl Store {
    /// Keeps a sign-in. Durable.
    pub async fn insert_sign_in(&self, sign_in: &SignIn) -> Result<(), StoreError> {
        const SQL: &str = concat!(
            "INSERT INTO sign_in (",
            sign_in_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        );
        if let Some(memory) = self.memory()? {
            return memory.insert_sign_in(sign_in);
        }
        Ok(in_transaction!(self, tx => {
            query(SQL)
                .bind(&sign_in.token_hash.0[..])
                .bind(sign_in.account.as_str())
                .bind(sign_in.created_at.0)
                .bind(sign_in.seen_at.0)
                .bind(sign_in.expires_at.0)
                .bind(sign_in.reauthenticated_at.0)
                .bind(sign_in.address.as_str())
                .bind(sign_in.agent.as_str())
                .execute(&mut *tx)
                .await?;
        })?)
    }

    /// The sign-in of that secret's hash, ended or not: the caller compares the times.
    pub async fn sign_in(&self, token_hash: &Digest) -> Result<Option<SignIn>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            sign_in_columns!(),
            " FROM sign_in WHERE token_hash = $1"
        );
        if let Some(memory) = self.memory()? {
            return Ok(memory.sign_in(token_hash));
        }
        read!(self, pool => query_as::<_, SignInRow>(SQL)
            .bind(&token_hash.0[..])
            .fetch_optional(pool))?
        .map(SignInRow::sign_in)
        .transpose()
    }

    /// Notes that a sign-in was used, and until when it now lasts. Safe to repeat.
    pub async fn touch_sign_in(
        &self,
        token_hash: &Digest,
        seen_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE sign_in SET seen_at = $2, expires_at = $3 WHERE token_hash = $1";
        if let Some(memory) = self.memory()? {
            memory.change_sign_in(token_hash, |sign_in| {
                sign_in.seen_at = seen_at;
                sign_in.expires_at = expires_at;
            });
            return Ok(());
        }
        Ok(in_transaction!(self, tx => {
            let change = query(SQL).bind(&token_hash.0[..]).bind(seen_at.0).bind(expires_at.0);
            change.execute(&mut *tx).await?;
        })?)
    }

    /// Notes that the password was given again. Durable; safe to repeat.
    pub async fn set_reauthenticated(
        &self,
        token_hash: &Digest,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE sign_in SET reauthenticated_at = $2 WHERE token_hash = $1";
        if let Some(memory) = self.memory()? {
            memory.change_sign_in(token_hash, |sign_in| sign_in.reauthenticated_at = at);
            return Ok(());
        }
        Ok(in_transaction!(self, tx => {
            query(SQL).bind(&token_hash.0[..]).bind(at.0).execute(&mut *tx).await?;
        })?)
    }

    /// Ends a sign-in. Durable; safe to repeat.
    pub async fn delete_sign_in(&self, token_hash: &Digest) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM sign_in WHERE token_hash = $1";
        if let Some(memory) = self.memory()? {
            memory.retain_sign_ins(|sign_in| sign_in.token_hash != *token_hash);
            return Ok(());
        }
        Ok(in_transaction!(self, tx => {
            query(SQL).bind(&token_hash.0[..]).execute(&mut *tx).await?;
        })?)
    }

    /// Ends all sign-ins of an account and says how many. Durable; safe to repeat.
    pub async fn delete_sign_ins_of(&self, account: &AccountId) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM sign_in WHERE account = $1";
        if let Some(memory) = self.memory()? {
            return Ok(memory.retain_sign_ins(|sign_in| sign_in.account != *account));
        }
        Ok(in_transaction!(self, tx => {
            query(SQL).bind(account.as_str()).execute(&mut *tx).await?.rows_affected()
        })?)
    }

    /// The sign-ins of an account that have not been removed, newest first; ended ones may be among them.
    pub async fn sign_ins_of(&self, account: &AccountId) -> Result<Vec<SignIn>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            sign_in_columns!(),
            " FROM sign_in WHERE account = $1 ORDER BY created_at DESC"
        );
        if let Some(memory) = self.memory()? {
            let mut found = memory.sign_ins();
            found.retain(|sign_in| sign_in.account == *account);
            found.sort_by_key(|sign_in| std::cmp::Reverse(sign_in.created_at));
            return Ok(found);
        }
        read!(self, pool => query_as::<_, SignInRow>(SQL).bind(account.as_str()).fetch_all(pool))?
            .into_iter()
            .map(SignInRow::sign_in)
            .collect()
    }

    /// When each account last signed in, as far as its sign-ins have not been removed; in no order.
    pub async fn last_sign_ins(&self) -> Result<Vec<(AccountId, Timestamp)>, StoreError> {
        const SQL: &str = "SELECT account, MAX(created_at) FROM sign_in GROUP BY account";
        if let Some(memory) = self.memory()? {
            let mut last = std::collections::BTreeMap::new();
            for sign_in in memory.sign_ins() {
                let at = last.entry(sign_in.account).or_insert(sign_in.created_at);
                *at = (*at).max(sign_in.created_at);
            }
            return Ok(last.into_iter().collect());
        }
        read!(self, pool => query_as::<_, (String, i64)>(SQL).fetch_all(pool))?
            .into_iter()
            .map(|(account, at)| {
                let account = column("sign_in", "account", &account, &account)?;
                Ok((account, Timestamp(at)))
            })
            .collect()
    }

    /// Removes the sign-ins that ended at `now` or before and says how many. Safe to repeat.
    pub async fn delete_expired_sign_ins(&self, now: Timestamp) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM sign_in WHERE expires_at <= $1";
        if let Some(memory) = self.memory()? {
            return Ok(memory.retain_sign_ins(|sign_in| sign_in.expires_at > now));
        }
        Ok(in_transaction!(self, tx => {
            query(SQL).bind(now.0).execute(&mut *tx).await?.rows_affected()
        })?)
    }
}
