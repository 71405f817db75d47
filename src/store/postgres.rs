//! PostgreSQL: many processes, one ledger.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Row};

use super::error::{AppendError, StoreError, bounded, connection_lost};
use super::rows::entry_columns;
use super::wakeups::{CHANNEL, Wakeups, notice};
use super::{Setting, migrations};
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::ledger::{Head, StoredEntry};

/// How long to wait for a connection before the database counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long [`Postgres::open`] goes on trying to reach the database.
const OPEN_PATIENCE: Duration = Duration::from_secs(15);

/// The pause between two tries of it.
const OPEN_PAUSE: Duration = Duration::from_millis(500);

/// A connection idle for longer is asked for a sign of life before use; a busy one is not, because that
/// would double the round trips of every statement.
const IDLE_UNASKED: Duration = Duration::from_millis(250);

/// Enough for one writer, a listener and readers; a site's processes together must stay below the
/// server's `max_connections` (100 by default).
const CONNECTIONS_MAX: u32 = 10;

/// Between two notices of appends. Each notice makes its commit and every listener work, so while appends
/// follow one another closely only the first and then one a pause is told of.
const NOTICE_PAUSE: Duration = Duration::from_millis(5);

pub(super) struct Postgres {
    pub pool: PgPool,
    /// One connection for appends: the statement stays prepared and its pages stay warm in one backend.
    appender: PgPool,
    notices: Arc<Mutex<Notices>>,
}

/// What listeners have been told of appends.
#[derive(Default)]
struct Notices {
    told_at: Option<Instant>,
    /// Appended since, by site.
    owed: BTreeMap<SiteName, u64>,
    /// Whether a task waits to tell of it.
    waiting: bool,
}

impl Postgres {
    pub(super) async fn open(url: &str, writes: bool) -> Result<Postgres, StoreError> {
        let mut options = PgConnectOptions::from_str(url)
            .map_err(|_| StoreError::Address(super::without_password(url)))?
            .application_name("rulegate")
            .options([("statement_timeout", "5s")])
            .disable_statement_logging();
        if !writes {
            options = options.options([("default_transaction_read_only", "on")]);
        }
        let pool_of = |options: &PgConnectOptions, connections: u32| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .test_before_acquire(false)
                .before_acquire(|connection, meta| {
                    Box::pin(async move {
                        if meta.idle_for > IDLE_UNASKED {
                            sqlx::Connection::ping(connection).await?;
                        }
                        Ok(true)
                    })
                })
                .connect_lazy_with(options.clone())
        };
        // Planned once: the statement is always the same, and planning takes longer than storing.
        let appending = options
            .clone()
            .options([("plan_cache_mode", "force_generic_plan")]);
        let pool = pool_of(&options, CONNECTIONS_MAX - 1);
        let appender = pool_of(&appending, 1);
        let started = Instant::now();
        loop {
            match prepare(&pool, writes).await {
                Ok(()) => {
                    return Ok(Postgres {
                        pool,
                        appender,
                        notices: Arc::default(),
                    });
                }
                Err(StoreError::Unavailable(why)) if started.elapsed() > OPEN_PATIENCE => {
                    return Err(StoreError::Unavailable(format!(
                        "{} gave no connection for {} s: {why}",
                        super::without_password(url),
                        OPEN_PATIENCE.as_secs()
                    )));
                }
                Err(StoreError::Unavailable(_)) => tokio::time::sleep(OPEN_PAUSE).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// One statement, one round trip, one durable commit.
    pub(super) async fn append(
        &self,
        site: &SiteName,
        expected: Head,
        entries: &[StoredEntry],
    ) -> Result<(), AppendError> {
        // `$2`, `$3`: the expected head. Asked for by order, so that the primary key is the only index that
        // serves: by number, a table without statistics yet would tempt the planner to any index that
        // begins with the site. Listeners are told when, and only when, this commits, or soon after.
        const SQL: &str = concat!(
            "WITH stored AS (INSERT INTO entry (",
            entry_columns!(),
            ") SELECT $1, new.* FROM UNNEST($4::BIGINT[], $5::BIGINT[], $6::TEXT[], $7::TEXT[], ",
            "$8::TEXT[], $9::TEXT[], $10::TEXT[], $11::TEXT[], $12::TEXT[], $13::TEXT[], $14::BYTEA[]) AS new ",
            "WHERE COALESCE((SELECT last.seq = $2 AND last.hash = $3 FROM entry AS last ",
            "WHERE last.site = $1 ORDER BY last.seq DESC LIMIT 1), $2 = 0) ",
            "RETURNING seq) ",
            "SELECT COUNT(*), CASE WHEN COUNT(*) > 0 AND $16 <> '' THEN pg_notify($15, $16) END FROM stored"
        );
        let head = expected.seq + entries.len() as u64;
        let notice = self.notice_now(site, head);
        let column = |of: fn(&StoredEntry) -> Option<&str>| -> Vec<Option<&str>> {
            entries.iter().map(of).collect()
        };
        let reviews: Vec<Option<String>> = entries
            .iter()
            .map(|entry| entry.review.as_ref().map(|review| review.to_string()))
            .collect();
        let hashes: Vec<&[u8]> = entries.iter().map(|entry| &entry.hash.0[..]).collect();
        let query = sqlx::query(SQL)
            .bind(site.as_str())
            .bind(expected.seq as i64)
            .bind(&expected.hash.0[..])
            .bind(entries.iter().map(|e| e.seq as i64).collect::<Vec<_>>())
            .bind(entries.iter().map(|e| e.at.0).collect::<Vec<_>>())
            .bind(column(|e| Some(e.actor.as_str())))
            .bind(column(|e| Some(&*e.kind)))
            .bind(column(|e| e.ruleset.as_ref().map(|name| name.as_str())))
            .bind(column(|e| e.lane.as_ref().map(|name| name.as_str())))
            .bind(column(|e| e.version.as_ref().map(|name| name.as_str())))
            .bind(reviews)
            .bind(column(|e| e.command.as_ref().map(|id| id.as_str())))
            .bind(column(|e| Some(&*e.bytes)))
            .bind(hashes)
            .bind(CHANNEL)
            .bind(&notice);

        // Without a connection nothing was sent, so nothing was stored.
        let mut connection = bounded(self.appender.acquire())
            .await
            .map_err(|error| AppendError::Unavailable(error.to_string()))?;
        match bounded(query.fetch_one(&mut *connection)).await {
            Ok(row) if row.get::<i64, _>(0) == entries.len() as i64 => {
                self.stored(site, head, !notice.is_empty());
                Ok(())
            }
            Ok(_) => Err(AppendError::HeadMoved),
            Err(error) => {
                if connection_lost(&error) || matches!(error, sqlx::Error::Io(_)) {
                    connection.close_on_drop();
                }
                Err(error.into())
            }
        }
    }

    /// What the append itself tells listeners; empty if they were told a moment ago. Told in vain if the
    /// append fails, which does no harm.
    fn notice_now(&self, site: &SiteName, head: u64) -> String {
        let mut notices = self.notices();
        if notices
            .told_at
            .is_some_and(|at| at.elapsed() < NOTICE_PAUSE)
        {
            return String::new();
        }
        notices.told_at = Some(Instant::now());
        notice(site, head)
    }

    /// Takes note of a stored append. If it told nobody and no append follows soon that tells of both,
    /// listeners are told by a statement of its own.
    fn stored(&self, site: &SiteName, head: u64, told: bool) {
        let mut notices = self.notices();
        if told {
            notices.owed.remove(site);
            return;
        }
        notices.owed.insert(site.clone(), head);
        if std::mem::replace(&mut notices.waiting, true) {
            return;
        }
        let (notices, pool) = (self.notices.clone(), self.pool.clone());
        tokio::spawn(async move {
            let owed = loop {
                tokio::time::sleep(2 * NOTICE_PAUSE).await;
                let mut notices = notices.lock().unwrap_or_else(PoisonError::into_inner);
                let told_lately = notices
                    .told_at
                    .is_some_and(|at| at.elapsed() < NOTICE_PAUSE);
                if notices.owed.is_empty() || !told_lately {
                    notices.waiting = false;
                    break std::mem::take(&mut notices.owed);
                }
            };
            for (site, head) in owed {
                // Nothing is stored by this, so nobody need wait for the disk.
                let told = sqlx::query(
                    "SELECT set_config('synchronous_commit', 'off', TRUE), pg_notify($1, $2)",
                )
                .bind(CHANNEL)
                .bind(notice(&site, head));
                if let Err(error) = bounded(told.execute(&pool)).await {
                    // Listeners look by themselves once a second.
                    tracing::debug!(%error, "could not tell of an append");
                }
            }
        });
    }

    fn notices(&self) -> MutexGuard<'_, Notices> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn close(&self) {
        self.appender.close().await;
        self.pool.close().await;
    }

    pub(super) async fn listen(&self) -> Result<Wakeups, StoreError> {
        Ok(bounded(Wakeups::postgres(self.pool.clone())).await?)
    }

    pub(super) async fn settings(&self) -> Vec<Setting> {
        const SQL: &str = "SELECT CAST(current_setting($1, TRUE) AS TEXT)";
        type Check = fn(&str) -> bool;
        let checks: [(&str, &'static str, Check); 6] = [
            ("fsync", "on", |v| v == "on"),
            ("full_page_writes", "on", |v| v == "on"),
            ("synchronous_commit", "on or remote_apply", |v| {
                matches!(v, "on" | "remote_apply")
            }),
            ("data_checksums", "on", |v| v == "on"),
            (
                "synchronous_standby_names",
                "at least one, so that a lost machine loses nothing",
                |v| !v.is_empty(),
            ),
            ("server_version_num", "130000 or later", |v| {
                v.parse().unwrap_or(0) >= 130_000
            }),
        ];
        let mut settings = Vec::new();
        for (name, expected, good) in checks {
            let asked = sqlx::query_scalar::<_, Option<String>>(SQL).bind(name);
            let value = match bounded(asked.fetch_one(&self.pool)).await {
                Ok(value) => value.unwrap_or_default(),
                Err(error) => error.to_string(),
            };
            settings.push(Setting {
                name: name.into(),
                ok: good(&value),
                value,
                expected,
            });
        }
        // Named is not connected. Without the right pg_monitor the state of others is not shown.
        const STANDBYS: &str = "SELECT COUNT(*) FILTER (WHERE sync_state IN ('sync', 'quorum')), \
             COUNT(*) FILTER (WHERE sync_state IS NULL) FROM pg_stat_replication";
        let asked = sqlx::query_as::<_, (i64, i64)>(STANDBYS);
        let (ok, value) = match bounded(asked.fetch_one(&self.pool)).await {
            Ok((0, hidden)) if hidden > 0 => (false, "not shown: grant pg_monitor".into()),
            Ok((count, _)) => (count > 0, count.to_string()),
            Err(error) => (false, error.to_string()),
        };
        settings.push(Setting {
            name: "synchronous standbys connected".into(),
            value,
            expected: "1 or more",
            ok,
        });
        settings
    }
}

/// Brings the tables up to date, or for readers checks that they are there.
async fn prepare(pool: &PgPool, writes: bool) -> Result<(), StoreError> {
    let schema = |error: sqlx::Error| match &error {
        sqlx::Error::Database(db) if db.code().is_some_and(|code| !code.starts_with("57")) => {
            StoreError::Schema(db.message().to_owned())
        }
        _ => StoreError::from(error),
    };
    // A role that may not create tables can serve once another has.
    let migrations = migrations::postgres();
    let newest = migrations.iter().map(|m| m.version).max().unwrap_or(0);
    const APPLIED: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM information_schema.tables \
         WHERE table_schema = current_schema() AND table_name = '_sqlx_migrations'";
    const VERSION: &str =
        "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM _sqlx_migrations WHERE success";
    let tables: i64 = bounded(sqlx::query_scalar(APPLIED).fetch_one(pool))
        .await
        .map_err(schema)?;
    if tables > 0 {
        let version: i64 = bounded(sqlx::query_scalar(VERSION).fetch_one(pool))
            .await
            .map_err(schema)?;
        if version >= newest {
            return Ok(());
        }
    }
    if !writes {
        return Err(StoreError::Schema(
            "they are missing or older than this program".into(),
        ));
    }
    migrations.run(pool).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::Execute(error) => schema(error),
        other => StoreError::Schema(other.to_string()),
    })
}
