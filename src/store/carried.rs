//! Accounts and tokens on their way between sites: what changed after a number, and taking what another site says.

use sqlx::{FromRow, Row, query, query_as};

use super::accounts::{BUMP, TokenRow, account_columns, bind_token, this_change, token_columns};
use super::error::StoreError;
use super::rows::{column, from_row};
use super::{Backend, Store, in_transaction, read};
use rulegate_ledger::accounts::{Carried, CarriedAccount, Naming, Stamped, Token, settle};
use rulegate_ledger::ids::{AccountId, SiteName, Timestamp};

/// What changed after a number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CarriedPage {
    /// Everything that changed up to this number is in this page or in the ones before.
    pub upto: i64,
    /// What changed.
    pub carried: Carried,
}

/// An account whose name another one had first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Displaced {
    /// Which.
    pub account: AccountId,
    /// The name that it was given.
    pub wanted: String,
}

macro_rules! carried_columns {
    () => {
        concat!(
            account_columns!(),
            ", named_at, named_site, wanted_name, password_at, password_site, closed_at, closed_site"
        )
    };
}

from_row! {
    struct CarriedRow {
        id: String,
        name: String,
        display_name: String,
        kind: String,
        password_hash: Option<String>,
        created_at: i64,
        disabled_at: Option<i64>,
        named_at: i64,
        named_site: String,
        wanted_name: Option<String>,
        password_at: i64,
        password_site: String,
        closed_at: i64,
        closed_site: String,
    }
}

struct Numbered<T> {
    change: i64,
    row: T,
}

impl<'r, R: Row, T: FromRow<'r, R>> FromRow<'r, R> for Numbered<T>
where
    &'static str: sqlx::ColumnIndex<R>,
    i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Numbered<T>, sqlx::Error> {
        let (change, row) = (row.try_get("change")?, T::from_row(row)?);
        Ok(Numbered { change, row })
    }
}

impl CarriedRow {
    fn account(self) -> Result<CarriedAccount, StoreError> {
        let id = &self.id;
        let site = |name, text: &str| column::<SiteName>("account", name, id, text);
        Ok(CarriedAccount {
            id: column("account", "id", id, id)?,
            kind: column("account", "kind", id, &self.kind)?,
            created_at: Timestamp(self.created_at),
            naming: Stamped {
                at: Timestamp(self.named_at),
                site: site("named_site", &self.named_site)?,
                value: Naming {
                    name: self.name.clone(),
                    display_name: self.display_name.clone(),
                    wanted: self.wanted_name.clone(),
                },
            },
            password: Stamped {
                at: Timestamp(self.password_at),
                site: site("password_site", &self.password_site)?,
                value: self.password_hash.clone(),
            },
            closed: Stamped {
                at: Timestamp(self.closed_at),
                site: site("closed_site", &self.closed_site)?,
                value: self.disabled_at.map(Timestamp),
            },
        })
    }
}

const ALL_ACCOUNTS: &str = concat!("SELECT ", carried_columns!(), " FROM account ORDER BY id");
const ALL_TOKENS: &str = concat!("SELECT ", token_columns!(), " FROM token ORDER BY id");

fn carried(accounts: Vec<CarriedRow>, tokens: Vec<TokenRow>) -> Result<Carried, StoreError> {
    let accounts = accounts.into_iter().map(CarriedRow::account);
    let tokens = tokens.into_iter().map(TokenRow::token);
    Ok(Carried {
        accounts: accounts.collect::<Result<_, _>>()?,
        tokens: tokens.collect::<Result<_, _>>()?,
    })
}

impl Store {
    /// The accounts and tokens that changed after the number `since`, at most some `limit` of each, the longest
    /// unchanged first; -1 for all. Every token comes with its account. If the database has seen fewer changes than
    /// that, the page says so by a smaller number.
    pub async fn carried_after(&self, since: i64, limit: u32) -> Result<CarriedPage, StoreError> {
        const ACCOUNTS: &str = concat!(
            "SELECT change, ",
            carried_columns!(),
            " FROM account WHERE change > $1 ORDER BY change LIMIT $2"
        );
        const TOKENS: &str = concat!(
            "SELECT change, ",
            token_columns!(),
            " FROM token WHERE change > $1 ORDER BY change LIMIT $2"
        );
        const ONE: &str = concat!("SELECT ", carried_columns!(), " FROM account WHERE id = $1");
        // First of all: whatever is committed later has a greater number and comes another time.
        let upto = self.accounts_version().await?;
        if upto == since {
            return Ok(CarriedPage {
                upto,
                carried: Carried::default(),
            });
        }
        if let Backend::Memory(memory) = &*self.backend {
            return Ok(memory.carried_after(since, upto));
        }
        let accounts: Vec<Numbered<CarriedRow>> = read!(self, pool => query_as(ACCOUNTS).bind(since).bind(i64::from(limit)).fetch_all(pool))?;
        let tokens: Vec<Numbered<TokenRow>> = read!(self, pool => query_as(TOKENS).bind(since).bind(i64::from(limit)).fetch_all(pool))?;
        // Where a list was cut, both end at the same number.
        let full = |count: usize, last: Option<i64>| last.filter(|_| count == limit as usize);
        let ends = [
            full(accounts.len(), accounts.last().map(|row| row.change)),
            full(tokens.len(), tokens.last().map(|row| row.change)),
        ];
        let upto = ends.into_iter().flatten().min().unwrap_or(upto);
        let is_in = |change: i64| change <= upto;
        let accounts = accounts.into_iter().filter(|row| is_in(row.change));
        let tokens = tokens.into_iter().filter(|row| is_in(row.change));
        let mut carried = carried(
            accounts.map(|row| row.row).collect(),
            tokens.map(|row| row.row).collect(),
        )?;
        carried.tokens.retain(Token::travels);
        for token in &carried.tokens {
            if !carried.accounts.iter().any(|a| a.id == token.account) {
                let row: CarriedRow = read!(self, pool => query_as(ONE).bind(token.account.as_str()).fetch_one(pool))?;
                carried.accounts.push(row.account()?);
            }
        }
        Ok(CarriedPage { upto, carried })
    }

    /// Takes account of what another site says, all or nothing, and says what had to be written for that: see
    /// [`settle`]. Ends the sign-ins of accounts that are closed now or have a password that is new here. Durable; safe to repeat: what is known changes nothing, not even [`Store::accounts_version`].
    ///
    /// Errors: inside, a sentence that says what cannot be; then nothing was written.
    pub async fn take_carried(
        &self,
        offered: &Carried,
    ) -> Result<Result<Carried, String>, StoreError> {
        // Locks what is read: whoever else changes an account waits.
        const LOCK: &str = "UPDATE account_change SET version = version";
        const ASIDE: &str = "UPDATE account SET name = '~' || id WHERE id = $1";
        const ACCOUNT: &str = concat!(
            "INSERT INTO account (",
            carried_columns!(),
            ", change) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, ",
            this_change!(),
            ") ON CONFLICT (id) DO UPDATE SET name = excluded.name, display_name = excluded.display_name, \
             password_hash = excluded.password_hash, created_at = excluded.created_at, \
             changed_at = excluded.changed_at, disabled_at = excluded.disabled_at, \
             named_at = excluded.named_at, named_site = excluded.named_site, wanted_name = excluded.wanted_name, \
             password_at = excluded.password_at, password_site = excluded.password_site, \
             closed_at = excluded.closed_at, closed_site = excluded.closed_site, change = excluded.change"
        );
        const TOKEN: &str = concat!(
            "INSERT INTO token (",
            token_columns!(),
            ", change) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, ",
            this_change!(),
            ") ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at, change = excluded.change"
        );
        const END: &str = "DELETE FROM sign_in WHERE account = $1";
        if let Some(memory) = self.memory()? {
            return Ok(memory.take_carried(offered));
        }
        // Mostly everything is known: then nothing is locked.
        let accounts = read!(self, pool => query_as(ALL_ACCOUNTS).fetch_all(pool))?;
        let tokens = read!(self, pool => query_as(ALL_TOKENS).fetch_all(pool))?;
        match settle(&carried(accounts, tokens)?, offered) {
            Ok(settled) if settled != Carried::default() => {}
            known_or_refused => return Ok(known_or_refused),
        }
        let decode = |error: StoreError| sqlx::Error::Decode(error.to_string().into());
        Ok(in_transaction!(self, tx => {
            query(LOCK).execute(&mut *tx).await?;
            let accounts = query_as(ALL_ACCOUNTS).fetch_all(&mut *tx).await?;
            let tokens = query_as(ALL_TOKENS).fetch_all(&mut *tx).await?;
            let known = carried(accounts, tokens).map_err(decode)?;
            let settled = settle(&known, offered);
            if let Ok(settled) = &settled {
                let before = |id: &AccountId| known.accounts.iter().find(|a| a.id == *id);
                // Names that are exchanged would be in each other's way.
                for account in &settled.accounts {
                    if before(&account.id).is_some_and(|a| a.naming != account.naming) {
                        query(ASIDE).bind(account.id.as_str()).execute(&mut *tx).await?;
                    }
                }
                for account in &settled.accounts {
                    query(BUMP).execute(&mut *tx).await?;
                    let (naming, password, closed) =
                        (&account.naming, &account.password, &account.closed);
                    query(ACCOUNT)
                        .bind(account.id.as_str())
                        .bind(naming.value.name.as_str())
                        .bind(naming.value.display_name.as_str())
                        .bind(account.kind.name())
                        .bind(password.value.as_deref())
                        .bind(account.created_at.0)
                        .bind(account.changed_at().0)
                        .bind(closed.value.map(|at| at.0))
                        .bind(naming.at.0)
                        .bind(naming.site.as_str())
                        .bind(naming.value.wanted.as_deref())
                        .bind(password.at.0)
                        .bind(password.site.as_str())
                        .bind(closed.at.0)
                        .bind(closed.site.as_str())
                        .execute(&mut *tx)
                        .await?;
                    // Whoever signed in here did so with the password from before.
                    let is_new_password = before(&account.id)
                        .is_some_and(|a| a.password.value != password.value);
                    if closed.value.is_some() || is_new_password {
                        query(END).bind(account.id.as_str()).execute(&mut *tx).await?;
                    }
                }
                for token in &settled.tokens {
                    query(BUMP).execute(&mut *tx).await?;
                    let scope = serde_json::to_string(&token.scope)
                        .map_err(|error| sqlx::Error::Encode(error.into()))?;
                    bind_token!(query(TOKEN), token, scope).execute(&mut *tx).await?;
                }
            }
            settled
        })?)
    }

    /// Accounts that have another name than they were given, because another account had that one first.
    pub async fn displaced(&self) -> Result<Vec<Displaced>, StoreError> {
        const SQL: &str =
            "SELECT id, wanted_name FROM account WHERE wanted_name IS NOT NULL ORDER BY id";
        if let Some(memory) = self.memory()? {
            return Ok(memory.displaced());
        }
        let rows: Vec<(String, String)> = read!(self, pool => query_as(SQL).fetch_all(pool))?;
        rows.into_iter()
            .map(|(id, wanted)| {
                Ok(Displaced {
                    account: column("account", "id", &id, &id)?,
                    wanted,
                })
            })
            .collect()
    }
}
