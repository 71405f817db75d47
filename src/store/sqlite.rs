//! SQLite: one file, one serving process, one who writes at a time.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection, Row};
use tokio::sync::Mutex;

use super::error::{AppendError, StoreError, bounded};
use super::rows::with_site_hops;
use super::sqlite_append::{Appender, PAGES_PER_CHECKPOINT, Settings};
use super::wakeups::Appended;
use super::{Setting, migrations};
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::ledger::{Head, StoredEntry};

/// How long a statement waits for another process's lock (a backup, a shell).
const BUSY_TIMEOUT: Duration = Duration::from_secs(4);

/// Readers work beside the writer; more than this many only compete for the same cores.
const READERS_MAX: u32 = 4;

/// Entries that wait before they are brought into the index together, and the most in one commit.
/// More would make filtered pages look at more entries one by one, fewer would write more pages an entry.
const INDEX_BATCH: u64 = 512;
const INDEX_BATCH_MAX: i64 = 2_048;

/// Appends in this time tell whether there are few or many.
const INDEX_PAUSE: Duration = Duration::from_millis(50);
/// So many within [`INDEX_PAUSE`] are few: the index keeps up beside them.
const QUIET_ENTRIES: i64 = 64;
/// While there are many, so many entries may wait for the index: a filtered page looks at them in some 50 ms.
const INDEX_BACKLOG_MAX: i64 = 32_768;

/// The appending connection's page cache, in negative KiB as SQLite wants it. The default of 2 MB does not hold the
/// upper levels of a large ledger's indexes, and they are written with every commit. Others have the operating system's.
const APPENDER_CACHE_KIB: i64 = -8_192;

/// Rows that a connection's thread may be ahead of their reader: it waits and is woken for every batch of
/// these, which costs far more than reading them.
const ROW_BUFFER: usize = 1_024;

pub(super) struct Sqlite {
    pub readers: SqlitePool,
    /// One connection for what is no append.
    writer: SqlitePool,
    /// Present if opened for serving.
    appender: Option<Appender>,
    /// Whose turn it is to write: SQLite has one writer, and waiting here is fair and cheap, while whoever finds
    /// the file locked sleeps and may be overtaken for ever.
    turn: Arc<Mutex<()>>,
    pub appended: Appended,
    /// Whether a batch is on its way into the index.
    indexing: Arc<AtomicBool>,
    /// A bound on the file's size in pages, for tests; 0 is none.
    pages_max: Arc<AtomicU32>,
    /// Held until dropped, so that a second process is refused.
    lock: std::sync::Mutex<Option<File>>,
}

impl Sqlite {
    pub(super) async fn open(path: &Path, writes: bool) -> Result<Sqlite, StoreError> {
        let lock = if writes { Some(lock(path)?) } else { None };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .row_buffer_size(ROW_BUFFER);
        let reading = options.clone().read_only(true);
        let writing = options
            .create_if_missing(true)
            .pragma("wal_autocheckpoint", PAGES_PER_CHECKPOINT.to_string())
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // Else INSERT OR REPLACE would delete rows without meeting the trigger that forbids it.
            .pragma("recursive_triggers", "ON");
        let pages_max = Arc::new(AtomicU32::new(0));
        let bound = pages_max.clone();
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .acquire_timeout(super::STATEMENT_TIMEOUT)
            .after_connect(move |connection, _| {
                let pages = bound.load(Ordering::SeqCst);
                Box::pin(async move {
                    if pages > 0 {
                        set_page_limit(connection, pages).await?;
                    }
                    Ok(())
                })
            });
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .test_before_acquire(false)
            .acquire_timeout(super::STATEMENT_TIMEOUT)
            .connect_lazy_with(reading);
        if !writes {
            if !path.exists() {
                return Err(StoreError::Schema(format!(
                    "{} does not exist",
                    path.display()
                )));
            }
            check_tables(&readers).await?;
            return Ok(Sqlite {
                writer: readers.clone(),
                appender: None,
                turn: Arc::default(),
                readers,
                appended: Appended::default(),
                indexing: Arc::default(),
                pages_max,
                lock: Default::default(),
            });
        }
        let writer = writer
            .connect_with(writing)
            .await
            .map_err(|error| match error {
                sqlx::Error::Database(db) => {
                    StoreError::Schema(format!("{}: {}", path.display(), db.message()))
                }
                other => other.into(),
            })?;
        migrations::sqlite()
            .run(&writer)
            .await
            .map_err(|error| StoreError::Schema(error.to_string()))?;
        let settings = Settings {
            busy_timeout: BUSY_TIMEOUT,
            cache_size: APPENDER_CACHE_KIB,
        };
        let sqlite = Sqlite {
            readers,
            writer,
            appender: Some(Appender::open(path, settings)?),
            turn: Arc::default(),
            appended: Appended::default(),
            indexing: Arc::default(),
            pages_max,
            lock: std::sync::Mutex::new(lock),
        };
        // What the last process had not come to.
        sqlite.index_soon();
        Ok(sqlite)
    }

    /// One durable commit of all entries, if the head is `expected`.
    pub(super) async fn append(
        &self,
        site: &SiteName,
        expected: Head,
        entries: &[StoredEntry],
    ) -> Result<(), AppendError> {
        let read_only = || AppendError::Refused("opened for reading".into());
        let appender = self.appender.as_ref().ok_or_else(read_only)?;
        let turn = self.turn.lock().await;
        appender.append(site, expected, entries).await?;
        drop(turn);
        self.told(site, expected, entries.len());
        Ok(())
    }

    /// The word to listeners, and now and then a batch for the index.
    fn told(&self, site: &SiteName, expected: Head, entries: usize) {
        let batch = |seq: u64| seq / INDEX_BATCH;
        let head = expected.seq + entries as u64;
        self.appended.tell(site, head);
        if batch(head) > batch(expected.seq) {
            self.index_soon();
        }
    }

    /// Brings what is missing into the index, in the background.
    fn index_soon(&self) {
        if self.indexing.swap(true, Ordering::SeqCst) {
            return;
        }
        let (writing, readers) = (self.writing(), self.readers.clone());
        let indexing = self.indexing.clone();
        tokio::spawn(async move {
            match index_in_time(&writing, &readers).await {
                Ok(()) | Err(sqlx::Error::PoolClosed) => {}
                // Nothing is lost: these entries are looked at one by one until the next batch.
                Err(error) => tracing::warn!(%error, "the ledger's index lags"),
            }
            indexing.store(false, Ordering::SeqCst);
        });
    }

    fn writing(&self) -> Writing {
        Writing {
            pool: self.writer.clone(),
            turn: self.turn.clone(),
        }
    }

    /// Runs statements in one transaction and commits.
    pub(super) async fn write<T>(
        &self,
        body: impl AsyncFnOnce(&mut sqlx::SqliteConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        self.writing().write(body).await
    }

    pub(super) async fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        for (pragma, name, expected, good) in [
            ("PRAGMA journal_mode", "journal_mode", "wal", "wal"),
            ("PRAGMA synchronous", "synchronous", "2 (FULL)", "2"),
            ("PRAGMA foreign_keys", "foreign_keys", "1", "1"),
        ] {
            settings.push(self.setting(pragma, name, expected, good).await);
        }
        settings
    }

    /// Reads every page of the file: is its structure whole?
    pub(super) async fn quick_check(&self) -> Setting {
        self.setting("PRAGMA quick_check(1)", "quick_check", "ok", "ok")
            .await
    }

    async fn setting(
        &self,
        pragma: &'static str,
        name: &str,
        expected: &'static str,
        good: &str,
    ) -> Setting {
        let value = match sqlx::query(pragma).fetch_one(&self.writer).await {
            Ok(row) => row
                .try_get_unchecked::<String, _>(0)
                .unwrap_or_else(|error| error.to_string()),
            Err(error) => error.to_string(),
        };
        Setting {
            name: name.into(),
            ok: value == good,
            value,
            expected,
        }
    }

    pub(super) async fn limit_pages(&self, pages: Option<u32>) -> Result<(), StoreError> {
        self.pages_max.store(pages.unwrap_or(0), Ordering::SeqCst);
        let pages = pages.unwrap_or(u32::MAX - 1);
        let mut connection = self.writer.acquire().await?;
        set_page_limit(&mut connection, pages).await?;
        match &self.appender {
            Some(appender) => appender.limit_pages(pages).await,
            None => Ok(()),
        }
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        if let Some(appender) = &self.appender {
            appender.close().await;
        }
        // The next one may have the file now.
        drop(self.lock.lock().map(|mut lock| lock.take()));
    }
}

/// The way to write what is no append.
struct Writing {
    pool: SqlitePool,
    turn: Arc<Mutex<()>>,
}

impl Writing {
    async fn write<T>(
        &self,
        body: impl AsyncFnOnce(&mut sqlx::SqliteConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let _turn = bounded(async { Ok(self.turn.lock().await) }).await?;
        let mut connection = bounded(self.pool.acquire()).await?;
        let done = bounded(async {
            // IMMEDIATE: a transaction that reads first would fail at once when it comes to write.
            let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
            let done = body(&mut tx).await?;
            tx.commit().await?;
            Ok(done)
        })
        .await;
        forget_if_broken(&mut connection, &done);
        done
    }
}

/// Closes a connection after anything but a refused row: a statement that was given up may still run
/// there, and after some errors (disk full) SQLite has ended the transaction behind the driver's back.
fn forget_if_broken<T>(
    connection: &mut sqlx::pool::PoolConnection<sqlx::Sqlite>,
    done: &Result<T, sqlx::Error>,
) {
    match done {
        Ok(_) => {}
        Err(sqlx::Error::Database(db)) if db.is_unique_violation() => {}
        Err(_) => connection.close_on_drop(),
    }
}

async fn set_page_limit(
    connection: &mut sqlx::SqliteConnection,
    pages: u32,
) -> Result<(), sqlx::Error> {
    let sql = AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
    sqlx::query(sql).execute(connection).await.map(|_| ())
}

/// The last entry that the index knows, 0 for none.
pub(super) async fn indexed_to(readers: &SqlitePool, site: &str) -> Result<i64, sqlx::Error> {
    const SQL: &str = "SELECT seq FROM entry_indexed WHERE site = $1";
    let seq = sqlx::query_scalar(SQL).bind(site);
    Ok(seq.fetch_optional(readers).await?.unwrap_or(0))
}

/// Brings whole batches into the index until less than one is missing: at once while appends are few, and while
/// they are many only what is beyond [`INDEX_BACKLOG_MAX`], because every batch makes them wait.
async fn index_in_time(writing: &Writing, readers: &SqlitePool) -> Result<(), sqlx::Error> {
    let mut heads = heads(readers).await?;
    loop {
        tokio::time::sleep(INDEX_PAUSE).await;
        let before = std::mem::replace(&mut heads, self::heads(readers).await?);
        let sum = |heads: &[(String, i64)]| heads.iter().map(|(_, head)| head).sum::<i64>();
        let are_few = sum(&heads) - sum(&before) < QUIET_ENTRIES;
        let mut is_done = true;
        for (site, head) in &heads {
            let from = bounded(indexed_to(readers, site)).await?;
            if head - from < INDEX_BATCH as i64 {
                continue;
            }
            is_done = false;
            if are_few || head - from > INDEX_BACKLOG_MAX {
                index(writing, site, from, *head.min(&(from + INDEX_BATCH_MAX))).await?;
            }
        }
        if is_done {
            return Ok(());
        }
    }
}

/// The last entry's number of every site.
async fn heads(readers: &SqlitePool) -> Result<Vec<(String, i64)>, sqlx::Error> {
    const SQL: &str = concat!(
        with_site_hops!(),
        "SELECT site, (SELECT MAX(e.seq) FROM entry e WHERE e.site = hop.site) \
         FROM hop WHERE site IS NOT NULL"
    );
    bounded(sqlx::query_as(SQL).fetch_all(readers)).await
}

/// Brings the entries after `from` up to `to` into the index.
async fn index(writing: &Writing, site: &str, from: i64, to: i64) -> Result<(), sqlx::Error> {
    // Sorted, so that each page of the index is written once a batch.
    const FILL: &str = "WITH young AS MATERIALIZED (SELECT seq, review, version, actor, kind, ruleset, lane \
             FROM entry WHERE site = $1 AND seq > $2 AND seq <= $3) \
         INSERT INTO entry_index (site, facet, value, seq) \
         SELECT $1, 1, review, seq FROM young WHERE review IS NOT NULL \
         UNION ALL SELECT $1, 2, version, seq FROM young WHERE version IS NOT NULL \
         UNION ALL SELECT $1, 3, actor, seq FROM young \
         UNION ALL SELECT $1, 4, kind, seq FROM young \
         UNION ALL SELECT $1, 5, ruleset, seq FROM young WHERE ruleset IS NOT NULL \
         UNION ALL SELECT $1, 6, lane, seq FROM young WHERE lane IS NOT NULL \
         ORDER BY 2, 3, 4";
    const DONE: &str = "INSERT INTO entry_indexed (site, seq) VALUES ($1, $2) \
         ON CONFLICT (site) DO UPDATE SET seq = excluded.seq";
    let batch = writing.write(async |tx| {
        let fill = sqlx::query(FILL).bind(site).bind(from).bind(to);
        fill.execute(&mut *tx).await?;
        let done = sqlx::query(DONE).bind(site).bind(to);
        done.execute(&mut *tx).await?;
        Ok(())
    });
    batch.await
}

/// Takes the lock file beside the database.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let refused = |error: std::io::Error| {
        StoreError::Broken(format!("cannot lock {}: {error}", name.to_string_lossy()))
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse {
            path: path.display().to_string(),
        }),
        Err(std::fs::TryLockError::Error(error)) => Err(refused(error)),
    }
}

/// Refuses a file that holds none of our tables, or those of an older program.
async fn check_tables(readers: &SqlitePool) -> Result<(), StoreError> {
    const SQL: &str = "SELECT seq, (SELECT MAX(size) FROM checkpoint) FROM entry LIMIT 1";
    bounded(sqlx::query(SQL).fetch_optional(readers))
        .await
        .map(|_| ())
        .map_err(|error| match error {
            sqlx::Error::Database(db) => StoreError::Schema(db.message().to_owned()),
            other => other.into(),
        })
}
