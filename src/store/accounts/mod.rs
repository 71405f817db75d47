//! Accounts, sign-ins and tokens. Not ledger facts: they can be changed and, for sign-ins, removed.
//!
//! Every change of an account or token moves [`Store::accounts_version`] in the same transaction, so
//! that other processes can poll one number. Sign-ins do not move it.

mod change;
mod sign_in;
mod token;

use sqlx::{query, query_as};

use super::error::StoreError;
use super::rows::{column, from_row};
use super::{Store, in_transaction, read};
use rulegate_ledger::accounts::AccountKind;
use rulegate_ledger::ids::{AccountId, Timestamp};

pub(super) use change::{BUMP, Part, this_change};
use change::{here, stamped};
pub use sign_in::SignIn;
pub(super) use token::{TokenRow, bind_token, token_columns};

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

impl Account {
    /// It speaks with tokens.
    pub fn is_service(&self) -> bool {
        self.kind == AccountKind::Service
    }
}

macro_rules! account_columns {
    () => {
        "id, name, display_name, kind, password_hash, created_at, changed_at, disabled_at"
    };
}
pub(super) use account_columns;

from_row! {
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
        if let Some(memory) = self.memory()? {
            return memory.create_account(account);
        }
        Ok(in_transaction!(self, tx => {
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
        if let Some(memory) = self.memory()? {
            return Ok(memory.accounts().into_iter().find(|a| a.id == *id));
        }
        read!(self, pool => query_as::<_, AccountRow>(SQL).bind(id.as_str()).fetch_optional(pool))?
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
        if let Some(memory) = self.memory()? {
            return Ok(memory.accounts().into_iter().find(|a| a.name == name));
        }
        read!(self, pool => query_as::<_, AccountRow>(SQL).bind(name).fetch_optional(pool))?
            .map(AccountRow::account)
            .transpose()
    }

    /// All accounts, by id.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        const SQL: &str = concat!("SELECT ", account_columns!(), " FROM account ORDER BY id");
        if let Some(memory) = self.memory()? {
            return Ok(memory.accounts());
        }
        read!(self, pool => query_as::<_, AccountRow>(SQL).fetch_all(pool))?
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
        if let Some(memory) = self.memory()? {
            return memory.change_account(id, Part::Password, None, at, |account| {
                account.password_hash = Some(password_hash.to_owned());
            });
        }
        Ok(in_transaction!(self, tx => {
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
        if let Some(memory) = self.memory()? {
            return memory.change_account(id, Part::Closed, None, at, |account| {
                account.disabled_at = disabled_at;
            });
        }
        Ok(in_transaction!(self, tx => {
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
        if let Some(memory) = self.memory()? {
            return memory.change_account(id, Part::Named, Some(name), at, |account| {
                account.name = name.to_owned();
                account.display_name = display_name.to_owned();
            });
        }
        Ok(in_transaction!(self, tx => {
            query(BUMP).execute(&mut *tx).await?;
            let change = query(SQL).bind(id.as_str()).bind(name).bind(display_name).bind(at.0);
            change.execute(&mut *tx).await?.rows_affected() > 0
        })?)
    }
}
