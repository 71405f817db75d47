//! Accounts, sign-ins and tokens. Not ledger facts: they can be changed and, for sign-ins, removed.
//!
//! Every change of an account or token moves [`Store::accounts_version`] in the same transaction, so
//! that other processes can poll one number. Sign-ins do not move it.

use sqlx::{query, query_as, query_scalar};

use super::error::StoreError;
use super::rows::{column, digest_column};
use super::{Backend, Store, rd, wr};
use crate::domain::access::Role;
use crate::domain::accounts::{AccountKind, Token};
use crate::domain::digest::Digest;
use crate::domain::ids::{AccountId, Timestamp};

/// Somebody or something that can act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What the ledger calls it, for ever.
    pub id: AccountId,
    /// What is typed to sign in: unique, lower case.
    pub name: String,
    /// What people read.
    pub display_name: String,
    /// Person or service.
    pub kind: AccountKind,
    /// Argon2id, in its text form; `None`: cannot sign in with a password.
    pub password_hash: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// Since when it may do nothing.
    pub disabled_at: Option<Timestamp>,
}

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

/// Comes first in every change: its row is locked until the commit, so that numbers become visible in their order.
pub(super) const BUMP: &str = "UPDATE account_change SET version = version + 1";

/// The number of the change that is being made.
macro_rules! this_change {
    () => {
        "(SELECT version FROM account_change)"
    };
}
pub(super) use this_change;

/// Where the change is made.
macro_rules! here {
    () => {
        "(SELECT COALESCE(MAX(value), 'unclaimed') FROM meta WHERE name = 'site')"
    };
}

/// Sets when and where one part of an account was changed: never before what was said of it last, so that the word
/// given last counts although a clock goes wrong. `$at` is the number of the argument with the time.
macro_rules! stamped {
    ($part:literal, $at:literal) => {
        concat!(
            $part,
            "_at = CASE WHEN ",
            $part,
            "_at >= ",
            $at,
            " THEN ",
            $part,
            "_at + 1 ELSE ",
            $at,
            " END, ",
            $part,
            "_site = ",
            here!(),
            ", change = ",
            this_change!()
        )
    };
}

/// What of an account is changed apart from the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Named,
    Password,
    Closed,
}

macro_rules! account_columns {
    () => {
        "id, name, display_name, kind, password_hash, created_at, changed_at, disabled_at"
    };
}
macro_rules! sign_in_columns {
    () => {
        "token_hash, account, created_at, seen_at, expires_at, reauthenticated_at, address, agent"
    };
}
macro_rules! token_columns {
    () => {
        "id, account, name, hash, role, scope, created_at, created_by, expires_at, revoked_at"
    };
}
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
pub(super) use bind_token;
pub(super) use {account_columns, token_columns};

#[derive(sqlx::FromRow)]
struct AccountRow {
    id: String,
    name: String,
    display_name: String,
    kind: String,
    password_hash: Option<String>,
    created_at: i64,
    changed_at: i64,
    disabled_at: Option<i64>,
}

impl AccountRow {
    fn account(self) -> Result<Account, StoreError> {
        Ok(Account {
            id: column("account", "id", &self.id, &self.id)?,
            kind: column("account", "kind", &self.id, &self.kind)?,
            name: self.name,
            display_name: self.display_name,
            password_hash: self.password_hash,
            created_at: Timestamp(self.created_at),
            changed_at: Timestamp(self.changed_at),
            disabled_at: self.disabled_at.map(Timestamp),
        })
    }
}

#[derive(sqlx::FromRow)]
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

#[derive(sqlx::FromRow)]
pub(super) struct TokenRow {
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

impl TokenRow {
    pub(super) fn token(self) -> Result<Token, StoreError> {
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
    /// Makes an account. Durable.
    ///
    /// Errors: [`StoreError::Taken`] if the name or id is in use.
    pub async fn create_account(&self, account: &Account) -> Result<(), StoreError> {
        const SQL: &str = concat!(
            "INSERT INTO account (",
            account_columns!(),
            ", named_at, password_at, closed_at, named_site, password_site, closed_site, change)",
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, $7, COALESCE($8, $7), ",
            here!(),
            ", ",
            here!(),
            ", ",
            here!(),
            ", ",
            this_change!(),
            ")"
        );
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return memory.create_account(account);
        }
        Ok(wr!(self, tx => {
            query(BUMP).execute(&mut *tx).await?;
            query(SQL)
                .bind(account.id.as_str())
                .bind(account.name.as_str())
                .bind(account.display_name.as_str())
                .bind(account.kind.name())
                .bind(account.password_hash.as_deref())
                .bind(account.created_at.0)
                .bind(account.changed_at.0)
                .bind(account.disabled_at.map(|at| at.0))
                .execute(&mut *tx)
                .await?;
        })?)
    }

    /// The account of that id.
    pub async fn account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        const SQL: &str = concat!("SELECT ", account_columns!(), " FROM account WHERE id = $1");
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return Ok(memory.accounts().into_iter().find(|a| a.id == *id));
        }
        rd!(self, pool => query_as::<_, AccountRow>(SQL).bind(id.as_str()).fetch_optional(pool))?
            .map(AccountRow::account)
            .transpose()
    }

    /// The account of that name, which is compared as it is: lower it first.
    pub async fn account_by_name(&self, name: &str) -> Result<Option<Account>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            account_columns!(),
            " FROM account WHERE name = $1"
        );
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return Ok(memory.accounts().into_iter().find(|a| a.name == name));
        }
        rd!(self, pool => query_as::<_, AccountRow>(SQL).bind(name).fetch_optional(pool))?
            .map(AccountRow::account)
            .transpose()
    }

    /// All accounts, by id.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        const SQL: &str = concat!("SELECT ", account_columns!(), " FROM account ORDER BY id");
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return Ok(memory.accounts());
        }
        rd!(self, pool => query_as::<_, AccountRow>(SQL).fetch_all(pool))?
            .into_iter()
            .map(AccountRow::account)
            .collect()
    }

    /// Sets the password's hash. Durable; safe to repeat. False if there is no such account.
    pub async fn set_password(
        &self,
        id: &AccountId,
        password_hash: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = concat!(
            "UPDATE account SET password_hash = $2, changed_at = $3, ",
            stamped!("password", "$3"),
            " WHERE id = $1"
        );
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return memory.change_account(id, Part::Password, None, at, |account| {
                account.password_hash = Some(password_hash.to_owned());
            });
        }
        Ok(wr!(self, tx => {
            query(BUMP).execute(&mut *tx).await?;
            let change = query(SQL).bind(id.as_str()).bind(password_hash).bind(at.0);
            change.execute(&mut *tx).await?.rows_affected() > 0
        })?)
    }

    /// Disables the account since `disabled_at`, or enables it again. Durable; safe to repeat.
    /// False if there is no such account.
    pub async fn set_disabled(
        &self,
        id: &AccountId,
        disabled_at: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = concat!(
            "UPDATE account SET disabled_at = $2, changed_at = $3, ",
            stamped!("closed", "$3"),
            " WHERE id = $1"
        );
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return memory.change_account(id, Part::Closed, None, at, |account| {
                account.disabled_at = disabled_at;
            });
        }
        Ok(wr!(self, tx => {
            query(BUMP).execute(&mut *tx).await?;
            let change = query(SQL).bind(id.as_str()).bind(disabled_at.map(|at| at.0)).bind(at.0);
            change.execute(&mut *tx).await?.rows_affected() > 0
        })?)
    }

    /// Gives the account another name and display name. Durable; safe to repeat.
    /// False if there is no such account.
    ///
    /// Errors: [`StoreError::Taken`] if the name is in use.
    pub async fn rename(
        &self,
        id: &AccountId,
        name: &str,
        display_name: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        const SQL: &str = concat!(
            "UPDATE account SET name = $2, display_name = $3, wanted_name = NULL, changed_at = $4, ",
            stamped!("named", "$4"),
            " WHERE id = $1"
        );
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return memory.change_account(id, Part::Named, Some(name), at, |account| {
                account.name = name.to_owned();
                account.display_name = display_name.to_owned();
            });
        }
        Ok(wr!(self, tx => {
            query(BUMP).execute(&mut *tx).await?;
            let change = query(SQL).bind(id.as_str()).bind(name).bind(display_name).bind(at.0);
            change.execute(&mut *tx).await?.rows_affected() > 0
        })?)
    }

    /// Keeps a sign-in. Durable.
    pub async fn insert_sign_in(&self, sign_in: &SignIn) -> Result<(), StoreError> {
        const SQL: &str = concat!(
            "INSERT INTO sign_in (",
            sign_in_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        );
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return memory.insert_sign_in(sign_in);
        }
        Ok(wr!(self, tx => {
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
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return Ok(memory.sign_in(token_hash));
        }
        rd!(self, pool => query_as::<_, SignInRow>(SQL)
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
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            memory.change_sign_in(token_hash, |sign_in| {
                sign_in.seen_at = seen_at;
                sign_in.expires_at = expires_at;
            });
            return Ok(());
        }
        Ok(wr!(self, tx => {
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
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            memory.change_sign_in(token_hash, |sign_in| sign_in.reauthenticated_at = at);
            return Ok(());
        }
        Ok(wr!(self, tx => {
            query(SQL).bind(&token_hash.0[..]).bind(at.0).execute(&mut *tx).await?;
        })?)
    }

    /// Ends a sign-in. Durable; safe to repeat.
    pub async fn delete_sign_in(&self, token_hash: &Digest) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM sign_in WHERE token_hash = $1";
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            memory.retain_sign_ins(|sign_in| sign_in.token_hash != *token_hash);
            return Ok(());
        }
        Ok(wr!(self, tx => {
            query(SQL).bind(&token_hash.0[..]).execute(&mut *tx).await?;
        })?)
    }

    /// Ends all sign-ins of an account and says how many. Durable; safe to repeat.
    pub async fn delete_sign_ins_of(&self, account: &AccountId) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM sign_in WHERE account = $1";
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return Ok(memory.retain_sign_ins(|sign_in| sign_in.account != *account));
        }
        Ok(wr!(self, tx => {
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
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            let mut found = memory.sign_ins();
            found.retain(|sign_in| sign_in.account == *account);
            found.sort_by_key(|sign_in| std::cmp::Reverse(sign_in.created_at));
            return Ok(found);
        }
        rd!(self, pool => query_as::<_, SignInRow>(SQL).bind(account.as_str()).fetch_all(pool))?
            .into_iter()
            .map(SignInRow::sign_in)
            .collect()
    }

    /// When each account last signed in, as far as its sign-ins have not been removed; in no order.
    pub async fn last_sign_ins(&self) -> Result<Vec<(AccountId, Timestamp)>, StoreError> {
        const SQL: &str = "SELECT account, MAX(created_at) FROM sign_in GROUP BY account";
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            let mut last = std::collections::BTreeMap::new();
            for sign_in in memory.sign_ins() {
                let at = last.entry(sign_in.account).or_insert(sign_in.created_at);
                *at = (*at).max(sign_in.created_at);
            }
            return Ok(last.into_iter().collect());
        }
        rd!(self, pool => query_as::<_, (String, i64)>(SQL).fetch_all(pool))?
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
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return Ok(memory.retain_sign_ins(|sign_in| sign_in.expires_at > now));
        }
        Ok(wr!(self, tx => {
            query(SQL).bind(now.0).execute(&mut *tx).await?.rows_affected()
        })?)
    }

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
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return memory.insert_token(token);
        }
        let scope = serde_json::to_string(&token.scope)
            .map_err(|error| StoreError::Broken(error.to_string()))?;
        Ok(wr!(self, tx => {
            query(BUMP).execute(&mut *tx).await?;
            bind_token!(query(SQL), token, scope).execute(&mut *tx).await?;
        })?)
    }

    /// All tokens, ended and revoked ones too, by id.
    pub async fn tokens(&self) -> Result<Vec<Token>, StoreError> {
        const SQL: &str = concat!("SELECT ", token_columns!(), " FROM token ORDER BY id");
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return Ok(memory.tokens());
        }
        rd!(self, pool => query_as::<_, TokenRow>(SQL).fetch_all(pool))?
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
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return Ok(memory.revoke_token(id, at));
        }
        Ok(wr!(self, tx => {
            query(BUMP_IF_GOOD).bind(id).execute(&mut *tx).await?;
            let change = query(SQL).bind(id).bind(at.0);
            change.execute(&mut *tx).await?.rows_affected() > 0
        })?)
    }

    /// A number that grows with every change of an account or token: as long as it is the same, so are they.
    pub async fn accounts_version(&self) -> Result<i64, StoreError> {
        const SQL: &str = "SELECT version FROM account_change";
        self.check_away()?;
        if let Backend::Memory(memory) = &*self.backend {
            return Ok(memory.accounts_version());
        }
        rd!(self, pool => query_scalar(SQL).fetch_one(pool))
    }
}
