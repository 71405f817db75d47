//! The store: ledgers, contents and accounts on SQLite, PostgreSQL or, for tests, in memory.
//!
//! One set of statements in the subset that both databases share serves both; only the append, the
//! listener, the settings and the migrations differ. Each method says what it promises.
//!
//! - *Durable* means: once the method returned `Ok`, the data survives a crash of the process and of
//!   the machine (SQLite `synchronous=FULL`; PostgreSQL `synchronous_commit`; memory: never).
//! - *Safe to repeat* means: calling again with the same arguments ends in the same stored data.
//! - Any method may answer [`StoreError::Unavailable`] (for writes of ledger and contents
//!   [`AppendError::Unavailable`] or [`AppendError::Unknown`]); nothing waits longer than
//!   [`STATEMENT_TIMEOUT`] for a statement.

mod accounts;
mod browse;
mod carried;
mod contents;
mod error;
mod fault;
mod ledger;
mod memory;
mod migrations;
mod postgres;
mod rows;
mod seen;
mod sites;
mod sqlite;
mod sqlite_append;
mod wakeups;

use std::sync::Arc;

pub use accounts::{Account, SignIn};
pub use browse::{
    Bounds, Cursor, Direction, KindFilter, LedgerFilter, LedgerPage, Listing, SCAN_MAX,
};
pub use carried::{CarriedPage, Displaced};
pub use error::{AppendError, STATEMENT_TIMEOUT, StoreError};
pub use fault::{Fault, Faults};
pub use ledger::Link;
pub use rulegate_ledger::accounts::{AccountKind, Token};
pub use sites::{ALARMS_MAX, KeptAlarm, KeptCheckpoint, SigningIdentity};
pub use wakeups::{Hint, Wakeups};

use rulegate_ledger::ids::SiteName;

/// The one place where data lives. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Store {
    backend: Arc<Backend>,
    faults: Option<Arc<Faults>>,
}

enum Backend {
    Memory(Box<memory::Memory>),
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// A durability setting, for the operator's check-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// What the database calls it.
    pub name: String,
    /// What it is; empty if the database did not say.
    pub value: String,
    /// What it should be, in words.
    pub expected: &'static str,
    /// Whether it is.
    pub ok: bool,
}

/// Runs one query on whichever database there is: `read!(self, pool => query(SQL).fetch_all(pool))`.
/// Bounded in time; tried once more when the connection turned out to be dead.
macro_rules! read {
    ($store:expr, $pool:ident => $query:expr) => {{
        let mut again = true;
        loop {
            let done = match &*$store.backend {
                $crate::store::Backend::Sqlite(sqlite) => {
                    let $pool = &sqlite.readers;
                    $crate::store::error::bounded($query).await
                }
                $crate::store::Backend::Postgres(postgres) => {
                    let $pool = &postgres.pool;
                    $crate::store::error::bounded($query).await
                }
                $crate::store::Backend::Memory(_) => unreachable!("memory answers for itself"),
            };
            match done {
                Ok(rows) => break Ok(rows),
                Err(error) if again && $crate::store::error::connection_lost(&error) => {
                    again = false;
                }
                Err(error) => break Err($crate::store::StoreError::from(error)),
            }
        }
    }};
}
use read;

/// Runs statements in one transaction on whichever database there is, and commits:
/// `in_transaction!(self, tx => { query(SQL).execute(&mut *tx).await?; })`. Inside, `?` is for the driver's errors.
macro_rules! in_transaction {
    ($store:expr, $tx:ident => $body:block) => {
        match &*$store.backend {
            $crate::store::Backend::Sqlite(sqlite) => {
                let written = sqlite.write(async |$tx| {
                    let done = $body;
                    Ok::<_, sqlx::Error>(done)
                });
                written.await
            }
            $crate::store::Backend::Postgres(postgres) => {
                $crate::store::error::bounded(async {
                    let mut $tx = postgres.pool.begin().await?;
                    let done = $body;
                    $tx.commit().await?;
                    Ok::<_, sqlx::Error>(done)
                })
                .await
            }
            $crate::store::Backend::Memory(_) => unreachable!("memory answers for itself"),
        }
    };
}
use in_transaction;

impl Store {
    /// Opens a database for serving and brings its tables up to date.
    ///
    /// `url` is `memory:`, `sqlite:PATH` (or `sqlite://PATH`) or `postgres://...`. An SQLite file is made
    /// if missing and locked against a second process until the last clone is dropped.
    ///
    /// Errors: [`StoreError::Address`], [`StoreError::InUse`], [`StoreError::Schema`];
    /// [`StoreError::Unavailable`] if PostgreSQL did not answer for 15 s.
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        Store::open_as(url, true, None).await
    }

    /// Like [`Store::open`], with faults that tests can call up.
    pub async fn open_with_faults(url: &str, faults: Arc<Faults>) -> Result<Store, StoreError> {
        Store::open_as(url, true, Some(faults)).await
    }

    /// Opens a database beside a running process, for export, verification and check-ups: no lock, no
    /// migrations, and every write is refused.
    ///
    /// Errors: as [`Store::open`]; [`StoreError::Schema`] if this is no database of ours.
    pub async fn open_read_only(url: &str) -> Result<Store, StoreError> {
        Store::open_as(url, false, None).await
    }

    async fn open_as(
        url: &str,
        writes: bool,
        faults: Option<Arc<Faults>>,
    ) -> Result<Store, StoreError> {
        let backend = if url == "memory:" {
            Backend::Memory(Box::default())
        } else if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(StoreError::Address(url.into()));
            }
            Backend::Sqlite(sqlite::Sqlite::open(path.as_ref(), writes).await?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Backend::Postgres(postgres::Postgres::open(url, writes).await?)
        } else {
            return Err(StoreError::Address(without_password(url)));
        };
        Ok(Store {
            backend: Arc::new(backend),
            faults,
        })
    }

    /// `memory`, `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        match &*self.backend {
            Backend::Memory(_) => "memory",
            Backend::Sqlite(_) => "sqlite",
            Backend::Postgres(_) => "postgres",
        }
    }

    /// Which site the database serves; `None` before the first [`Store::claim_identity`].
    pub async fn identity(&self) -> Result<Option<SiteName>, StoreError> {
        const SQL: &str = "SELECT value FROM meta WHERE name = 'site'";
        self.check_away()?;
        let name = match &*self.backend {
            Backend::Memory(memory) => return Ok(memory.identity()),
            _ => read!(self, pool => sqlx::query_scalar::<_, String>(SQL).fetch_optional(pool))?,
        };
        name.map(|name| rows::column("meta", "value", "site", &name))
            .transpose()
    }

    /// Makes the database serve `site` from now on. Durable; safe to repeat.
    ///
    /// Errors: [`StoreError::OtherSite`] if it serves another one: two sites never share a database.
    pub async fn claim_identity(&self, site: &SiteName) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO meta (name, value) VALUES ('site', $1) ON CONFLICT DO NOTHING";
        self.check_away()?;
        if self.identity().await?.is_none() {
            match &*self.backend {
                Backend::Memory(memory) => memory.claim_identity(site),
                _ => in_transaction!(self, tx => {
                    sqlx::query(SQL).bind(site.as_str()).execute(&mut *tx).await?;
                })?,
            }
        }
        match self.identity().await? {
            Some(found) if found == *site => Ok(()),
            Some(found) => Err(StoreError::OtherSite {
                found,
                wanted: site.clone(),
            }),
            None => Err(StoreError::Broken(
                "the site's name was not kept".to_owned(),
            )),
        }
    }

    /// Whether the database answers. Takes a connection like any read.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.check_away()?;
        match &*self.backend {
            Backend::Memory(_) => Ok(()),
            _ => read!(self, pool => sqlx::query_scalar::<_, i64>("SELECT CAST(1 AS BIGINT)")
                .fetch_one(pool))
            .map(|_| ()),
        }
    }

    /// A stream of hints that something was appended, here or by another process.
    /// Hints may be merged, lost or idle: always look at the head, and look now and then without a hint.
    pub async fn listen(&self) -> Result<Wakeups, StoreError> {
        self.check_away()?;
        if self.faults.as_ref().is_some_and(|faults| faults.is_deaf()) {
            return Ok(Wakeups::silent());
        }
        match &*self.backend {
            Backend::Memory(memory) => Ok(memory.appended.listen()),
            Backend::Sqlite(sqlite) => Ok(sqlite.appended.listen()),
            Backend::Postgres(postgres) => postgres.listen().await,
        }
    }

    /// The settings that durability stands on, with what they should be; on SQLite also a look at every page.
    pub async fn settings(&self) -> Vec<Setting> {
        let mut settings = self.live_settings().await;
        if let Backend::Sqlite(sqlite) = &*self.backend {
            settings.push(sqlite.quick_check().await);
        }
        settings
    }

    /// The same without what takes long, to be asked now and then beside the work.
    pub async fn live_settings(&self) -> Vec<Setting> {
        match &*self.backend {
            Backend::Memory(_) => vec![Setting {
                name: "storage".into(),
                value: "memory".into(),
                expected: "sqlite or postgres: nothing in memory survives",
                ok: false,
            }],
            Backend::Sqlite(sqlite) => sqlite.settings().await,
            Backend::Postgres(postgres) => postgres.settings().await,
        }
    }

    /// Bounds the size of an SQLite file in pages, so that a test can fill it; `None` lifts the bound.
    /// Without effect on the other databases.
    pub async fn limit_pages(&self, pages: Option<u32>) -> Result<(), StoreError> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.limit_pages(pages).await,
            _ => Ok(()),
        }
    }

    /// Closes all connections; what is under way ends first.
    pub async fn close(&self) {
        match &*self.backend {
            Backend::Memory(_) => {}
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }

    /// The store in memory if this is one; else the statement goes to a database.
    fn memory(&self) -> Result<Option<&memory::Memory>, StoreError> {
        self.check_away()?;
        Ok(match &*self.backend {
            Backend::Memory(memory) => Some(memory),
            _ => None,
        })
    }

    fn check_away(&self) -> Result<(), StoreError> {
        self.faults
            .as_ref()
            .map_or(Ok(()), |faults| faults.check_away())
    }
}

/// An address fit for a message.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://…{}", &url[..scheme], &url[at..]),
        _ => url.to_owned(),
    }
}
