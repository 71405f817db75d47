//! Filled databases of every earlier schema: the present program opens them and finds everything.

use std::path::Path;
use std::sync::Arc;

use rulegate::app::{App, Clock, IdentitySettings};
use rulegate::store::Store;
use rulegate_domain::state::State;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Topology;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection as _};

use super::filled::{REVIEW, fresh, rows, seen, sign_in};
use super::given::{On, site};
use crate::harness::export::Export;
use crate::harness::postgres;
use crate::sites::given::{config, grow};

/// The first bytes of the SHA-256 of every migration. A database that has run one refuses to open when its text
/// changes, so what stands here never changes; a new schema comes after it and has its rows in [`rows`]. (SQLite's
/// first was edited once, while it was the only one; a database from before that refuses to open.)
const MIGRATIONS: [(&str, &str); 2] = [
    (
        "sqlite",
        "3f0a38abdba93a89 18940e272bcc0410 c92962214886f189 e7c19c2613c81df7",
    ),
    (
        "postgres",
        "614eefe49d54b73d db2ec478f3bb6404 ed99f903ee0fba31 7c7ad23612077a27",
    ),
];

async fn migrations(engine: &str) -> Migrator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    Migrator::new(folder.join(engine)).await.unwrap()
}

#[tokio::test]
async fn no_migration_is_ever_edited() {
    for (engine, kept) in MIGRATIONS {
        let now: Vec<String> = migrations(engine)
            .await
            .iter()
            .map(|one| Digest::of(one.sql.as_str().as_bytes()).to_hex()[..16].to_owned())
            .collect();
        assert_eq!(now.join(" "), kept, "{engine}");
    }
}

/// A database with the first `version` migrations and the rows of its time; not opened by the program yet.
async fn database(on: On, version: i64) -> (String, Option<tempfile::TempDir>) {
    let engine = if on == On::Sqlite {
        "sqlite"
    } else {
        "postgres"
    };
    let all = migrations(engine).await;
    let of_then: Vec<_> = all
        .iter()
        .filter(|one| one.version <= version)
        .cloned()
        .collect();
    let of_then = Migrator {
        migrations: of_then.into(),
        ..Migrator::DEFAULT
    };
    let rows = sqlx::raw_sql(AssertSqlSafe(rows(on, version)));
    if on == On::Postgres {
        let url = postgres::shared().unwrap().database().await;
        let mut connection = postgres::connect(&url).await;
        of_then.run(&mut connection).await.unwrap();
        rows.execute(&mut connection).await.unwrap();
        return (url, None);
    }
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("rulegate.db").display());
    let making = format!("{url}?mode=rwc");
    let mut connection = sqlx::SqliteConnection::connect(&making).await.unwrap();
    of_then.run(&mut connection).await.unwrap();
    rows.execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    (url, Some(directory))
}

/// All that is no ledger, as far as the schema `version` had it, and a trail that is found by its review.
async fn beside_the_ledger(store: &Store, version: i64) -> Vec<String> {
    let (own, review) = (site("ipc2"), REVIEW.parse().unwrap());
    let carried = store.carried_after(-1, 99).await.unwrap().carried;
    let mut found = vec![
        format!("{:#?}", store.accounts().await),
        format!("{:#?}", store.tokens().await),
        format!("{:#?}", store.sign_in(&sign_in().token_hash).await),
        format!("{:#?}", carried.accounts),
        format!("{:#?}", carried.tokens),
        format!("{:#?}", store.review_trail(&review).await),
    ];
    if version >= 2 {
        let kept = store.signing_identity().await.unwrap().unwrap();
        found.push(format!("{} {:?}", kept.verifier_key, kept.secret));
        for site in [own, site("ipc1")] {
            found.push(format!(
                "{:#?}",
                store.checkpoints_after(&site, 0, 99).await
            ));
        }
        found.push(format!("{:#?}", store.alarms(9).await));
    }
    if version >= 3 {
        found.push(format!("{:#?}", store.seen(&seen().0, &review).await));
    }
    found
}

/// Two texts that must be the same, or the first line that is not.
#[track_caller]
fn assert_same(now: &str, wanted: &str, case: &str) {
    let differs = now
        .lines()
        .zip(wanted.lines())
        .find(|(now, wanted)| now != wanted);
    assert_eq!(differs, None, "{case}");
    assert_eq!(now.len(), wanted.len(), "{case}");
}

/// What the program says of everything when it opens the store.
async fn folded(store: &Store) -> (Arc<App>, String) {
    let [_, ipc1] = Export::older();
    let settings = IdentitySettings {
        peer_keys: vec![ipc1.key],
        ..IdentitySettings::default()
    };
    let app = App::start_as(config("ipc2"), &settings, store.clone(), Clock::default());
    let app = app.await.unwrap();
    let state = format!("{:#?}", app.snapshot().state);
    (app, state)
}

#[tokio::test]
async fn a_filled_database_of_every_schema_is_found_whole() {
    let [ipc2, ipc1] = Export::older();
    let mut state = State::new(Topology::default(), ipc2.site.clone());
    for (entry, stored) in ipc2.entries.iter().chain(&ipc1.entries) {
        state.apply(entry, stored.hash).unwrap();
    }
    let state = format!("{state:#?}");
    let newest = MIGRATIONS[0].1.split(' ').count() as i64;
    for on in [On::Sqlite, On::Postgres] {
        let Some(fresh) = fresh(on).await else {
            continue;
        };
        for version in 1..=newest {
            let (url, _directory) = database(on, version).await;
            let store = Store::open(&url).await.unwrap();
            if version < 2 {
                // Nothing of another site was signed for. Now the reader brings its word.
                let word = ipc1.checkpoints.last().unwrap();
                store.put_checkpoint(&ipc1.site, word).await.unwrap();
            }
            let case = format!("{on:?}, schema {version}");
            let kept = beside_the_ledger(&store, version).await;
            let wanted = beside_the_ledger(&fresh.store, version).await;
            for (kept, wanted) in kept.iter().zip(&wanted) {
                assert_same(kept, wanted, &case);
            }
            for export in [&ipc2, &ipc1] {
                let entries = store.entries_after(&export.site, 0, 999).await.unwrap();
                assert!(entries == export.stored(), "{case}");
                let digests: Vec<Digest> =
                    export.contents.iter().map(|(digest, _)| *digest).collect();
                let contents = store.contents(&digests).await.unwrap();
                assert!(
                    export
                        .contents
                        .iter()
                        .all(|(digest, bytes)| contents[digest] == bytes)
                );
            }
            let (app, now) = folded(&store).await;
            assert_same(&now, &state, &case);
            assert_eq!(grow(&app, "a-new").await.unwrap(), 78, "{case}");
        }
    }
}
