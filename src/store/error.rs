//! What can go wrong in the store, told apart by what the caller can do about it.

use std::time::Duration;

use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::SiteName;

/// No statement may take longer; a database that does not answer by then counts as away.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a read, or a write outside the ledger, failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away or too slow; try again later.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// The database serves another site.
    #[error("this database belongs to site {found}, not {wanted}")]
    OtherSite {
        /// Whose it is.
        found: SiteName,
        /// Who asked.
        wanted: SiteName,
    },
    /// The bytes kept under this digest are not the ones it names.
    #[error("content {digest} is damaged: its bytes have another digest")]
    Damaged {
        /// The content's name.
        digest: Digest,
    },
    /// A row holds something that this program never writes.
    #[error("row {key} of table {table} is not readable: {column} {why}")]
    BadRow {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key, for people.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// The name, id or digest is taken already.
    #[error("{0} exists already")]
    Taken(&'static str),
    /// There is no room to write.
    #[error("the disk under the database is full")]
    Full,
    /// Another process serves this SQLite file.
    #[error(
        "{path} is in use by another rulegate process; an SQLite database serves one at a time: end that one, or do it in its portal"
    )]
    InUse {
        /// The database file.
        path: String,
    },
    /// The address is none that the store knows.
    #[error(
        "{0:?} is no database address: use sqlite:PATH, postgres://USER@HOST/DATABASE or memory:"
    )]
    Address(String),
    /// The tables are missing or could not be brought up to date.
    #[error("the database's tables are not as needed: {0}")]
    Schema(String),
    /// Something else broke.
    #[error("the database failed: {0}")]
    Broken(String),
}

/// Why an append or a put failed, and what is known about the data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The ledger's head is not the expected one: catch up, decide again. Nothing was stored.
    #[error("the ledger moved on")]
    HeadMoved,
    /// An entry of this command is there already: answer with it. Nothing was stored.
    #[error("this command is in the ledger already")]
    CommandKnown,
    /// There is no room; nothing was stored.
    #[error("the disk under the database is full")]
    Full,
    /// Certainly not stored; may be tried again later.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// May or may not be stored: look for the command (or the content) before trying again.
    #[error("the database did not say whether it stored the data: {0}")]
    Unknown(String),
    /// Not stored and no use in trying again.
    #[error("the database refused the data: {0}")]
    Refused(String),
}

/// What a driver's error means.
enum Meaning {
    Duplicate(String),
    Full,
    Away(String),
    Lost(String),
    Other(String),
}

fn meaning(error: &sqlx::Error) -> Meaning {
    let text = error.to_string();
    match error {
        sqlx::Error::Database(db) if db.is_unique_violation() => {
            Meaning::Duplicate(db.constraint().unwrap_or(db.message()).to_owned())
        }
        sqlx::Error::Database(db) => match db.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
            Some(_) => {
                let code = db.code().and_then(|code| code.parse().ok());
                sqlite_meaning(code.unwrap_or(0), text)
            }
            None => postgres_meaning(db.code().as_deref().unwrap_or(""), text),
        },
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => Meaning::Away(text),
        sqlx::Error::Io(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::WorkerCrashed => Meaning::Lost(text),
        _ => Meaning::Other(text),
    }
}

/// By SQLite's result code; its low byte is the family.
fn sqlite_meaning(code: u32, text: String) -> Meaning {
    match code & 0xff {
        13 => Meaning::Full,
        // busy, locked, no memory, cannot open: refused before anything was written
        5 | 6 | 7 | 14 => Meaning::Away(text),
        // input/output error: a failed fsync leaves the commit in doubt
        10 => Meaning::Lost(text),
        _ => Meaning::Other(text),
    }
}

/// By SQLSTATE. An ERROR undid its statement; what comes while a connection ends may follow the commit.
fn postgres_meaning(code: &str, text: String) -> Meaning {
    match code {
        "53100" => Meaning::Full,
        // shut down while the statement ran; with a synchronous standby the commit may be there
        "57P01" | "57P02" | "57P05" => Meaning::Lost(text),
        // read-only (a demoted primary), starting up, cancelled, deadlock, serialization, no lock
        "25006" | "57P03" | "57014" | "40001" | "40P01" | "55P03" => Meaning::Away(text),
        _ if code.starts_with("53") => Meaning::Away(text),
        _ if code.starts_with("08") => Meaning::Lost(text),
        _ => Meaning::Other(text),
    }
}

/// True if a fresh connection may well succeed at once, as after a restart of the database.
pub(super) fn connection_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(io) => io.kind() != std::io::ErrorKind::TimedOut,
        _ => matches!(meaning(error), Meaning::Lost(_)),
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        match meaning(&error) {
            Meaning::Duplicate(what) if what.contains("name") => {
                StoreError::Taken("an account of this name")
            }
            Meaning::Duplicate(_) => StoreError::Taken("this id"),
            Meaning::Full => StoreError::Full,
            Meaning::Away(text) | Meaning::Lost(text) => StoreError::Unavailable(text),
            Meaning::Other(text) => StoreError::Broken(text),
        }
    }
}

impl From<sqlx::Error> for AppendError {
    fn from(error: sqlx::Error) -> AppendError {
        meaning(&error).of_an_append()
    }
}

/// What an error of SQLite means for an append that it ended.
pub(super) fn sqlite_append_error(error: &rusqlite::Error) -> AppendError {
    let text = error.to_string();
    let code = error.sqlite_error().map_or(0, |error| error.extended_code);
    match code {
        // UNIQUE and PRIMARY KEY; the message names the columns.
        2067 | 1555 => Meaning::Duplicate(text),
        code => sqlite_meaning(code as u32, text),
    }
    .of_an_append()
}

impl Meaning {
    fn of_an_append(self) -> AppendError {
        match self {
            // PostgreSQL names the constraint, SQLite the columns; both checks the key first.
            Meaning::Duplicate(what) if what.contains("command") => AppendError::CommandKnown,
            Meaning::Duplicate(_) => AppendError::HeadMoved,
            Meaning::Full => AppendError::Full,
            Meaning::Away(text) => AppendError::Unavailable(text),
            Meaning::Lost(text) => AppendError::Unknown(text),
            Meaning::Other(text) => AppendError::Refused(text),
        }
    }
}

/// Ends a wait after [`STATEMENT_TIMEOUT`]; a timeout reads like a lost connection.
pub(super) async fn bounded<T>(
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(STATEMENT_TIMEOUT, work).await {
        Ok(done) => done,
        Err(_) => Err(sqlx::Error::Io(std::io::Error::new(
            std::io::ErrorKind::TimedOut,
            "no answer within 5 s",
        ))),
    }
}
