//! What only a real database can show: triggers, damage, restarts, locks, migrations.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rulegate::store::{AppendError, Store, StoreError};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ledger::Head;
use sqlx::{AssertSqlSafe, Connection};

use super::given::{self, Given, On, chain, command, entry, head_of, site};
use crate::harness::postgres::{self, Cluster};

/// Runs SQL as the owner of the database, beside the store.
async fn as_owner(given: &Given, sql: &str) -> Result<(), sqlx::Error> {
    let sql = AssertSqlSafe(sql.to_owned());
    if given.url.starts_with("sqlite:") {
        let mut connection = sqlx::SqliteConnection::connect(&given.url).await?;
        let done = sqlx::raw_sql(sql)
            .execute(&mut connection)
            .await
            .map(|_| ());
        connection.close().await?;
        done
    } else {
        let mut connection = postgres::connect(&given.url).await;
        let done = sqlx::raw_sql(sql)
            .execute(&mut connection)
            .await
            .map(|_| ());
        connection.close().await?;
        done
    }
}

async fn nothing_stored_can_be_changed(on: On) {
    let Some(given) = given::store(on).await else {
        return;
    };
    let (store, ipc2) = (&given.store, site("ipc2"));
    let entries = chain("ipc2", Head::EMPTY, 3);
    store.append(&ipc2, Head::EMPTY, &entries).await.unwrap();
    let content = (Digest::of(b"a rule"), Bytes::from_static(b"a rule"));
    store
        .put_contents(std::slice::from_ref(&content))
        .await
        .unwrap();
    let mut attempts = vec![
        "UPDATE entry SET actor = 'nobody'",
        "UPDATE entry SET bytes = '{}' WHERE seq = 2",
        "DELETE FROM entry WHERE seq = 3",
        "DELETE FROM entry",
        "UPDATE content SET size_bytes = 1",
        "DELETE FROM content",
        "INSERT INTO entry SELECT * FROM entry WHERE seq = 1 ON CONFLICT (site, seq) DO UPDATE SET actor = 'nobody'",
    ];
    if on == On::Postgres {
        attempts.extend(["TRUNCATE entry", "TRUNCATE content CASCADE"]);
    } else {
        attempts.push("PRAGMA recursive_triggers = ON; INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE seq = 1");
    }
    for sql in attempts {
        let error = as_owner(&given, sql).await.expect_err(sql).to_string();
        // SQLite's upsert needs a WHERE to be told from a join; a syntax error would prove nothing.
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
    assert_eq!(store.entries_after(&ipc2, 0, 9).await.unwrap(), entries);
    assert_eq!(store.content(&content.0).await.unwrap(), Some(content.1));
}

/// More than the pool keeps open.
const CONNECTIONS_TRIED: usize = 64;

#[tokio::test]
async fn nothing_stored_can_be_changed_on_sqlite() {
    nothing_stored_can_be_changed(On::Sqlite).await;
}
#[tokio::test]
async fn nothing_stored_can_be_changed_on_postgres() {
    nothing_stored_can_be_changed(On::Postgres).await;
}

async fn damaged_content_is_never_handed_out(on: On) {
    let Some(given) = given::store(on).await else {
        return;
    };
    let store = &given.store;
    let content = |text: &'static str| {
        (
            Digest::of(text.as_bytes()),
            Bytes::from_static(text.as_bytes()),
        )
    };
    let (whole, hurt) = (content("whole"), content("hurt"));
    store
        .put_contents(&[whole.clone(), hurt.clone()])
        .await
        .unwrap();
    let (off, on_again, literal) = match on {
        On::Postgres => (
            "ALTER TABLE content DISABLE TRIGGER ALL;",
            "ALTER TABLE content ENABLE TRIGGER ALL;",
            format!("'\\x{}'", hurt.0),
        ),
        _ => (
            "DROP TRIGGER content_never_updated;",
            "",
            format!("x'{}'", hurt.0),
        ),
    };
    let flipped = if on == On::Postgres {
        "'\\x68757275'"
    } else {
        "x'68757275'"
    };
    let sql =
        format!("{off} UPDATE content SET bytes = {flipped} WHERE digest = {literal}; {on_again}");
    as_owner(&given, &sql).await.unwrap();
    let damaged = |error: StoreError| match error {
        StoreError::Damaged { digest } => assert_eq!(digest, hurt.0),
        other => panic!("{other:?}"),
    };
    damaged(store.content(&hurt.0).await.unwrap_err());
    damaged(store.contents(&[whole.0, hurt.0]).await.unwrap_err());
    assert_eq!(store.content(&whole.0).await.unwrap(), Some(whole.1));
}

#[tokio::test]
async fn damaged_content_is_never_handed_out_on_sqlite() {
    damaged_content_is_never_handed_out(On::Sqlite).await;
}
#[tokio::test]
async fn damaged_content_is_never_handed_out_on_postgres() {
    damaged_content_is_never_handed_out(On::Postgres).await;
}

async fn everything_is_there_after_a_restart(on: On) {
    let Some(given) = given::store(on).await else {
        return;
    };
    let Given {
        store,
        url,
        directory: _directory,
        ..
    } = given;
    let ipc2 = site("ipc2");
    let entries = chain("ipc2", Head::EMPTY, 100);
    store.append(&ipc2, Head::EMPTY, &entries).await.unwrap();
    let content = (Digest::of(b"a rule"), Bytes::from_static(b"a rule"));
    store
        .put_contents(std::slice::from_ref(&content))
        .await
        .unwrap();
    store.claim_identity(&ipc2).await.unwrap();
    drop(store);

    let store = reopened(&url).await;
    assert_eq!(store.entries_after(&ipc2, 0, 999).await.unwrap(), entries);
    assert_eq!(store.content(&content.0).await.unwrap(), Some(content.1));
    assert_eq!(store.identity().await.unwrap(), Some(ipc2.clone()));
    let head = head_of(&entries[99]);
    store
        .append(&ipc2, head, &[entry("ipc2", head, "more")])
        .await
        .unwrap();
}

/// Dropping a store ends its connections a moment later.
async fn reopened(url: &str) -> Store {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match Store::open(url).await {
            Err(StoreError::InUse { .. }) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            opened => return opened.unwrap(),
        }
    }
}

#[tokio::test]
async fn everything_is_there_after_a_restart_on_sqlite() {
    everything_is_there_after_a_restart(On::Sqlite).await;
}
#[tokio::test]
async fn everything_is_there_after_a_restart_on_postgres() {
    everything_is_there_after_a_restart(On::Postgres).await;
}

async fn a_reader_works_beside_a_running_process(on: On) {
    let Some(given) = given::store(on).await else {
        return;
    };
    let (store, ipc2) = (&given.store, site("ipc2"));
    let entries = chain("ipc2", Head::EMPTY, 3);
    store.append(&ipc2, Head::EMPTY, &entries).await.unwrap();
    let reader = Store::open_read_only(&given.url).await.unwrap();
    assert_eq!(reader.entries_after(&ipc2, 0, 9).await.unwrap(), entries);
    let head = head_of(&entries[2]);
    let more = [entry("ipc2", head, "more")];
    let refused = reader.append(&ipc2, head, &more).await;
    assert!(
        matches!(
            refused,
            Err(AppendError::Refused(_) | AppendError::Unavailable(_))
        ),
        "{refused:?}"
    );
    store.append(&ipc2, head, &more).await.unwrap();
    assert_eq!(reader.head(&ipc2).await.unwrap(), head_of(&more[0]));
    // It goes on when the process has ended.
    store.close().await;
    assert_eq!(reader.head(&ipc2).await.unwrap(), head_of(&more[0]));
    let late = Store::open_read_only(&given.url).await.unwrap();
    assert_eq!(late.head(&ipc2).await.unwrap(), head_of(&more[0]));
}

#[tokio::test]
async fn a_reader_works_beside_a_running_process_on_sqlite() {
    a_reader_works_beside_a_running_process(On::Sqlite).await;
}
#[tokio::test]
async fn a_reader_works_beside_a_running_process_on_postgres() {
    a_reader_works_beside_a_running_process(On::Postgres).await;
}

#[tokio::test]
async fn a_second_process_on_one_sqlite_file_is_refused() {
    let given = given::store(On::Sqlite).await.unwrap();
    let refused = Store::open(&given.url).await.err().unwrap();
    assert!(matches!(refused, StoreError::InUse { .. }), "{refused:?}");
    assert!(
        refused
            .to_string()
            .contains("in use by another rulegate process"),
        "{refused}"
    );
}

#[tokio::test]
async fn unknown_addresses_and_strange_files_are_refused_in_words() {
    let refused = Store::open("mysql://u:secret@h/d").await.err().unwrap();
    assert!(matches!(refused, StoreError::Address(_)));
    assert!(!refused.to_string().contains("secret"), "{refused}");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("no.db");
    std::fs::write(
        &file,
        "this is no database at all, but a text that is long enough",
    )
    .unwrap();
    let url = format!("sqlite:{}", file.display());
    for refused in [
        Store::open(&url).await.err(),
        Store::open_read_only(&url).await.err(),
    ] {
        assert!(
            matches!(refused, Some(StoreError::Schema(_))),
            "{refused:?}"
        );
    }
    let absent = format!("sqlite:{}", directory.path().join("absent.db").display());
    let refused = Store::open_read_only(&absent).await.err();
    assert!(
        matches!(refused, Some(StoreError::Schema(_))),
        "{refused:?}"
    );
}

/// Tables with their columns, and the versions of the migrations that made them.
type Schema = (BTreeMap<String, Vec<String>>, Vec<i64>);

#[tokio::test]
async fn both_databases_have_the_same_tables_from_the_same_migrations() {
    const MIGRATIONS: &str = "SELECT version FROM _sqlx_migrations ORDER BY version";
    const SQLITE: &str = "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
    const POSTGRES: &str = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) \
         FROM information_schema.columns WHERE table_schema = 'public'";
    fn schema(columns: Vec<(String, String)>, versions: Vec<i64>) -> Schema {
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (table, column) in columns {
            tables.entry(table).or_default().push(column);
        }
        // SQLite keeps as tables what PostgreSQL keeps as indexes.
        for own in ["_sqlx_migrations", "entry_index", "entry_indexed"] {
            tables.remove(own);
        }
        tables.values_mut().for_each(|columns| columns.sort());
        (tables, versions)
    }
    let Some(on_postgres) = given::store(On::Postgres).await else {
        return;
    };
    let mut connection = postgres::connect(&on_postgres.url).await;
    let columns = sqlx::query_as(POSTGRES)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let versions = sqlx::query_scalar(MIGRATIONS)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let on_postgres = schema(columns, versions);
    let on_sqlite = given::store(On::Sqlite).await.unwrap();
    let mut connection = sqlx::SqliteConnection::connect(&on_sqlite.url)
        .await
        .unwrap();
    let columns = sqlx::query_as(SQLITE)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let versions = sqlx::query_scalar(MIGRATIONS)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(schema(columns, versions), on_postgres);
    assert!(on_postgres.0.contains_key("entry"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_together_all_find_their_tables() {
    let Some(cluster) = postgres::shared() else {
        return;
    };
    let url = cluster.database().await;
    let opened = (0..4).map(|_| {
        let url = url.clone();
        tokio::spawn(async move { Store::open(&url).await.map(|_| ()) })
    });
    for one in opened.collect::<Vec<_>>() {
        one.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_role_that_may_only_insert_can_serve() {
    let Some(given) = given::store(On::Postgres).await else {
        return;
    };
    let script = include_str!("../../../docs/operate/postgres-roles.sql");
    let role = format!("app_{}", given.url.rsplit('/').next().unwrap());
    as_owner(&given, &script.replace(":\"app\"", &role))
        .await
        .unwrap();
    let url = given.url.replace("postgres@", &format!("{role}@"));
    let (store, ipc2) = (Store::open(&url).await.unwrap(), site("ipc2"));
    store.claim_identity(&ipc2).await.unwrap();
    let entries = chain("ipc2", Head::EMPTY, 2);
    store.append(&ipc2, Head::EMPTY, &entries).await.unwrap();
    store
        .put_contents(&[(Digest::of(b"x"), Bytes::from_static(b"x"))])
        .await
        .unwrap();
    assert_eq!(store.head(&ipc2).await.unwrap(), head_of(&entries[1]));
    let mut connection = postgres::connect(&url).await;
    let denied = sqlx::query("DELETE FROM entry")
        .execute(&mut connection)
        .await;
    assert!(
        denied
            .unwrap_err()
            .to_string()
            .contains("permission denied")
    );
}

#[tokio::test]
async fn durability_settings_are_reported() {
    let given = given::store(On::Sqlite).await.unwrap();
    let settings = given.store.settings().await;
    assert!(settings.iter().all(|setting| setting.ok), "{settings:?}");
    assert!(
        settings
            .iter()
            .any(|s| s.name == "synchronous" && s.value == "2")
    );
    let Some(given) = given::store(On::Postgres).await else {
        return;
    };
    let settings = given.store.settings().await;
    let wrong: Vec<_> = settings
        .iter()
        .filter(|s| !s.ok)
        .map(|s| s.name.as_str())
        .collect();
    let standby = [
        "synchronous_standby_names",
        "synchronous standbys connected",
    ];
    assert_eq!(wrong, standby, "{settings:?}");
}

/// An append is told to all processes of a site.
#[tokio::test]
async fn another_process_hears_of_an_append() {
    let Some(given) = given::store(On::Postgres).await else {
        return;
    };
    let other = Store::open(&given.url).await.unwrap();
    let mut wakeups = other.listen().await.unwrap();
    let one = [entry("ipc2", Head::EMPTY, "one")];
    given
        .store
        .append(&site("ipc2"), Head::EMPTY, &one)
        .await
        .unwrap();
    let heard = tokio::time::timeout(Duration::from_secs(5), wakeups.next()).await;
    assert!(heard.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_server_is_unavailable_quickly_and_heals() {
    if postgres::switched_off() {
        return;
    }
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let (store, ipc2) = (Store::open(&url).await.unwrap(), site("ipc2"));
    let mut wakeups = store.listen().await.unwrap();
    let mut head = Head::EMPTY;
    let mut acknowledged = Vec::new();
    for round in 0..2 {
        for entry in chain("ipc2", head, 5) {
            store
                .append(&ipc2, head, std::slice::from_ref(&entry))
                .await
                .unwrap();
            head = head_of(&entry);
            acknowledged.push(entry);
        }
        while tokio::time::timeout(Duration::from_millis(100), wakeups.next())
            .await
            .is_ok()
        {}
        cluster.halt();

        let started = Instant::now();
        let mut lost = entry("ipc2", head, "lost");
        let id = command(&format!("c-{round}"));
        lost.command = Some(id.clone());
        // Each connection that was alive a moment ago fails one write of which nobody knows the outcome;
        // when the pool has none left, it is certain that nothing was stored.
        let mut failed = Ok(());
        for _ in 0..CONNECTIONS_TRIED {
            failed = store.append(&ipc2, head, std::slice::from_ref(&lost)).await;
            assert!(
                matches!(
                    failed,
                    Err(AppendError::Unavailable(_) | AppendError::Unknown(_))
                ),
                "{failed:?}"
            );
            if matches!(failed, Err(AppendError::Unavailable(_))) {
                break;
            }
        }
        assert!(
            matches!(failed, Err(AppendError::Unavailable(_))),
            "{failed:?}"
        );
        let failed = store.head(&ipc2).await;
        assert!(
            matches!(failed, Err(StoreError::Unavailable(_))),
            "{failed:?}"
        );
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{:?}",
            started.elapsed()
        );

        cluster.resume();
        assert_eq!(store.head(&ipc2).await.unwrap(), head);
        assert_eq!(store.by_command(&ipc2, &id).await.unwrap(), []);
        // The listener came back, or hears of the next append.
        store
            .append(&ipc2, head, std::slice::from_ref(&lost))
            .await
            .unwrap();
        let heard = tokio::time::timeout(Duration::from_secs(10), wakeups.next()).await;
        assert!(heard.is_ok(), "the listener did not come back");
        head = head_of(&lost);
        acknowledged.push(lost);
    }
    assert_eq!(
        store.entries_after(&ipc2, 0, 99).await.unwrap(),
        acknowledged
    );
}

/// A standby that was promoted elsewhere leaves this one read-only: certainly not stored, try again.
#[tokio::test]
async fn a_read_only_server_is_unavailable() {
    let Some(given) = given::store(On::Postgres).await else {
        return;
    };
    let name = given.url.rsplit('/').next().unwrap();
    let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    as_owner(&given, &sql).await.unwrap();
    let store = Store::open(&given.url).await.unwrap();
    let one = [entry("ipc2", Head::EMPTY, "one")];
    let failed = store.append(&site("ipc2"), Head::EMPTY, &one).await;
    assert!(
        matches!(failed, Err(AppendError::Unavailable(_))),
        "{failed:?}"
    );
}
