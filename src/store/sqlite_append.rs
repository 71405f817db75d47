//! Appends to SQLite: one connection on a thread of its own.
//!
//! A driver for tasks crosses threads several times a statement, and on a disk that commits in 0.2 ms that is most
//! of what an append costs. Here an append crosses twice: once there, once back. Everything else about SQLite
//! goes through the pools of [`super::sqlite`].

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags};
use tokio::sync::oneshot;

use super::error::{AppendError, StoreError, sqlite_append_error};
use super::rows::entry_columns;
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::ledger::{Head, StoredEntry};

/// Pages of the log after which it is brought into the database. Ledgers write the same few pages again and
/// again: brought over less often, each is written once instead of many times.
pub(super) const PAGES_PER_CHECKPOINT: u32 = 4_000;

/// What the thread is asked for.
enum Job {
    Append(Append),
    LimitPages(u32, oneshot::Sender<Result<(), rusqlite::Error>>),
    Close(oneshot::Sender<()>),
}

struct Append {
    site: SiteName,
    expected: Head,
    entries: Vec<StoredEntry>,
    reply: oneshot::Sender<Result<(), AppendError>>,
}

/// The way to the thread; it ends when this is dropped.
pub(super) struct Appender {
    jobs: mpsc::Sender<Job>,
}

impl Appender {
    /// Opens the connection and starts the thread. The tables are there already.
    ///
    /// Errors: [`StoreError::Schema`] if the file cannot be opened for writing.
    pub(super) fn open(path: &Path, settings: Settings) -> Result<Appender, StoreError> {
        let mut desk = AppendThread {
            path: path.to_owned(),
            settings,
            pages_max: 0,
            connection: None,
        };
        desk.connection()
            .map_err(|error| StoreError::Schema(format!("{}: {error}", path.display())))?;
        let (jobs, waiting) = mpsc::channel();
        std::thread::Builder::new()
            .name("ledger-append".into())
            .spawn(move || desk.work(&waiting))
            .map_err(|error| StoreError::Broken(error.to_string()))?;
        Ok(Appender { jobs })
    }

    /// One durable commit of all entries, if the head is `expected`.
    pub(super) async fn append(
        &self,
        site: &SiteName,
        expected: Head,
        entries: &[StoredEntry],
    ) -> Result<(), AppendError> {
        let (reply, done) = oneshot::channel();
        let job = Job::Append(Append {
            site: site.clone(),
            expected,
            entries: entries.to_vec(),
            reply,
        });
        let gone = |_| AppendError::Unavailable("the database is closed".into());
        self.jobs.send(job).map_err(gone)?;
        match tokio::time::timeout(super::STATEMENT_TIMEOUT, done).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(AppendError::Unknown("the appending thread ended".into())),
            Err(_) => Err(AppendError::Unknown("no answer within 5 s".into())),
        }
    }

    /// Bounds the file's size in pages, for tests.
    pub(super) async fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        let (reply, done) = oneshot::channel();
        let gone = || StoreError::Unavailable("the database is closed".into());
        let sent = self.jobs.send(Job::LimitPages(pages, reply));
        sent.map_err(|_| gone())?;
        let done = done.await.map_err(|_| gone())?;
        done.map_err(|error| StoreError::Broken(error.to_string()))
    }

    /// Closes the connection; waits until it is closed.
    pub(super) async fn close(&self) {
        let (reply, done) = oneshot::channel();
        if self.jobs.send(Job::Close(reply)).is_ok() {
            let _ = done.await;
        }
    }
}

/// How the connection is opened.
#[derive(Clone, Copy)]
pub(super) struct Settings {
    pub busy_timeout: Duration,
    /// The page cache, in negative KiB.
    pub cache_size: i64,
}

/// The thread's own.
struct AppendThread {
    path: PathBuf,
    settings: Settings,
    /// 0: no bound.
    pages_max: u32,
    /// Absent after an error that leaves it in doubt; opened again for the next append.
    connection: Option<Connection>,
}

impl AppendThread {
    fn work(mut self, waiting: &mpsc::Receiver<Job>) {
        while let Ok(job) = waiting.recv() {
            match job {
                Job::Append(append) => {
                    let done = self.append(&append.site, append.expected, &append.entries);
                    let _ = append.reply.send(done);
                }
                Job::LimitPages(pages, reply) => {
                    self.pages_max = pages;
                    let done = self
                        .connection()
                        .and_then(|connection| limit(connection, pages));
                    let _ = reply.send(done);
                }
                Job::Close(reply) => {
                    self.connection = None;
                    let _ = reply.send(());
                    return;
                }
            }
        }
    }

    fn append(
        &mut self,
        site: &SiteName,
        expected: Head,
        entries: &[StoredEntry],
    ) -> Result<(), AppendError> {
        let connection = self
            .connection()
            .map_err(|error| AppendError::Unavailable(error.to_string()))?;
        match insert(connection, site, expected, entries) {
            Ok(true) => Ok(()),
            Ok(false) => Err(AppendError::HeadMoved),
            Err(error) => {
                // After anything but a refused row SQLite may have ended the transaction by itself.
                if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) {
                    let _ = connection.execute_batch("ROLLBACK");
                } else {
                    self.connection = None;
                }
                Err(sqlite_append_error(&error))
            }
        }
    }

    fn connection(&mut self) -> Result<&mut Connection, rusqlite::Error> {
        if self.connection.is_none() {
            // Not created here: a file that vanished is a database that is away, not a new one.
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.busy_timeout(self.settings.busy_timeout)?;
            for (pragma, value) in [
                ("synchronous", 2),
                ("foreign_keys", 1),
                // Else INSERT OR REPLACE would delete rows without meeting the trigger that forbids it.
                ("recursive_triggers", 1),
                ("cache_size", self.settings.cache_size),
            ] {
                connection.pragma_update(None, pragma, value)?;
            }
            let log = |_: &rusqlite::Row| Ok(());
            connection.query_row(
                &format!("PRAGMA wal_autocheckpoint = {PAGES_PER_CHECKPOINT}"),
                [],
                log,
            )?;
            if self.pages_max > 0 {
                limit(&connection, self.pages_max)?;
            }
            self.connection = Some(connection);
        }
        Ok(self.connection.as_mut().expect("it was opened just now"))
    }
}

fn limit(connection: &Connection, pages: u32) -> Result<(), rusqlite::Error> {
    connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
}

/// Inserts the entries after `expected`; false if that is not the head.
/// No head beyond `expected` can exist unnoticed: its number would collide with the first entry's.
fn insert(
    connection: &Connection,
    site: &SiteName,
    expected: Head,
    entries: &[StoredEntry],
) -> Result<bool, rusqlite::Error> {
    // IMMEDIATE: a transaction that reads first would fail at once when it comes to write.
    connection
        .prepare_cached("BEGIN IMMEDIATE")?
        .raw_execute()?;
    if !is_head(connection, site, expected)? {
        connection.prepare_cached("ROLLBACK")?.raw_execute()?;
        return Ok(false);
    }
    const INSERT: &str = concat!(
        "INSERT INTO entry (",
        entry_columns!(),
        ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    let mut row = connection.prepare_cached(INSERT)?;
    for entry in entries {
        bind(&mut row, entry)?;
        row.raw_execute()?;
    }
    connection.prepare_cached("COMMIT")?.raw_execute()?;
    Ok(true)
}

fn is_head(
    connection: &Connection,
    site: &SiteName,
    expected: Head,
) -> Result<bool, rusqlite::Error> {
    if expected.seq == 0 {
        let mut any = connection.prepare_cached("SELECT 1 FROM entry WHERE site = ? LIMIT 1")?;
        return Ok(!any.exists([site.as_str()])?);
    }
    const SQL: &str = "SELECT 1 FROM entry WHERE site = ? AND seq = ? AND hash = ?";
    let mut head = connection.prepare_cached(SQL)?;
    head.exists((site.as_str(), expected.seq as i64, &expected.hash.0[..]))
}

fn bind(row: &mut CachedStatement<'_>, entry: &StoredEntry) -> Result<(), rusqlite::Error> {
    row.raw_bind_parameter(1, entry.site.as_str())?;
    row.raw_bind_parameter(2, entry.seq as i64)?;
    row.raw_bind_parameter(3, entry.at.0)?;
    row.raw_bind_parameter(4, entry.actor.as_str())?;
    row.raw_bind_parameter(5, &*entry.kind)?;
    row.raw_bind_parameter(6, entry.ruleset.as_ref().map(|name| name.as_str()))?;
    row.raw_bind_parameter(7, entry.lane.as_ref().map(|name| name.as_str()))?;
    row.raw_bind_parameter(8, entry.version.as_ref().map(|name| name.as_str()))?;
    row.raw_bind_parameter(9, entry.review.as_ref().map(|review| review.to_string()))?;
    row.raw_bind_parameter(10, entry.command.as_ref().map(|id| id.as_str()))?;
    row.raw_bind_parameter(11, &*entry.bytes)?;
    row.raw_bind_parameter(12, &entry.hash.0[..])
}
