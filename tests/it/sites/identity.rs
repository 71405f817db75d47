//! A site's name, origin and key: made once, checked at every start.

use rulegate::app::{App, Clock, IdentitySettings};
use rulegate::store::Store;

use super::given::{config, grow, site_on, until};

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let directory = tempfile::tempdir().unwrap();
        Place { directory }
    }

    async fn start(&self, site: &str, identity: &IdentitySettings) -> Result<String, String> {
        let url = format!("sqlite:{}", self.directory.path().join("site.db").display());
        let store = Store::open(&url).await.unwrap();
        let app = App::start_as(config(site), identity, store.clone(), Clock::default()).await;
        let told = app
            .map(|app| app.verifier_key().to_string())
            .map_err(|e| e.to_string());
        // The store's file stays locked as long as tasks of the app hold it.
        store.close().await;
        std::fs::remove_file(self.directory.path().join("site.db.lock")).unwrap();
        told
    }
}

fn of(installation: &str) -> IdentitySettings {
    IdentitySettings {
        installation: Some(installation.into()),
        ..IdentitySettings::default()
    }
}

#[tokio::test]
async fn the_key_is_made_once_and_the_database_keeps_it() {
    let place = Place::new();
    let first = place.start("ipc1", &of("example.org/e3")).await.unwrap();
    assert!(
        first.starts_with("example.org/rulegate/e3/ipc1+"),
        "{first}"
    );
    let again = place.start("ipc1", &IdentitySettings::default()).await;
    assert_eq!(
        again.unwrap(),
        first,
        "nobody has to name the installation again"
    );
}

#[tokio::test]
async fn another_site_and_another_installation_are_refused() {
    let place = Place::new();
    place.start("ipc1", &of("example.org/e3")).await.unwrap();
    let refused = place
        .start("ipc2", &of("example.org/e3"))
        .await
        .unwrap_err();
    assert_eq!(refused, "this database belongs to site ipc1, not ipc2");
    let refused = place
        .start("ipc1", &of("example.org/other"))
        .await
        .unwrap_err();
    assert!(
        refused.contains("signs for example.org/rulegate/e3/ipc1"),
        "{refused}"
    );
    assert!(place.start("ipc1", &of("no name")).await.is_err());
}

#[tokio::test]
async fn a_key_in_a_file_is_readable_by_its_owner_and_must_be_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let path = place.directory.path().join("site.key");
    let in_file = IdentitySettings {
        key_file: Some(path.clone()),
        ..of("example.org/e3")
    };
    let first = place.start("ipc1", &in_file).await.unwrap();
    assert_eq!(place.start("ipc1", &in_file).await.unwrap(), first);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("PRIVATE+KEY+example.org/rulegate/e3/ipc1+"));
    let refused = place
        .start("ipc1", &of("example.org/e3"))
        .await
        .unwrap_err();
    assert!(refused.contains("name it with --key"), "{refused}");
    std::fs::remove_file(&path).unwrap();
    let refused = place.start("ipc1", &in_file).await.unwrap_err();
    assert!(refused.contains("cannot read the signing key"), "{refused}");
    // Another key in its place is not taken.
    let other = Place::new();
    let there = IdentitySettings {
        key_file: Some(path.clone()),
        ..of("example.org/e3")
    };
    other.start("ipc1", &there).await.unwrap();
    let refused = place.start("ipc1", &in_file).await.unwrap_err();
    assert!(
        refused.contains("other sites would not believe it"),
        "{refused}"
    );
}

#[tokio::test]
async fn every_append_is_signed_for_soon_after() {
    let app = site_on("ipc1", Store::open("memory:").await.unwrap())
        .await
        .unwrap();
    for number in 0..3 {
        let seq = grow(&app, &format!("a-{number}")).await.unwrap();
        let before = std::time::Instant::now();
        until("signed", async || {
            app.signed().is_some_and(|kept| kept.size >= seq)
        })
        .await;
        assert!(before.elapsed() < std::time::Duration::from_secs(5));
    }
    let kept = app
        .store
        .checkpoints_after(&app.config.site, 0, 10)
        .await
        .unwrap();
    let last = app.signed().unwrap();
    assert_eq!(kept.last(), Some(&*last));
    let keys = [app.verifier_key()];
    for kept in kept {
        let said = rulegate_ledger::checkpoint::open(&kept.note, &keys).unwrap();
        assert_eq!((said.size, said.root), (kept.size, kept.root));
    }
}

#[tokio::test]
async fn a_database_whose_entries_are_not_the_signed_ones_is_not_signed_for() {
    let store = Store::open("memory:").await.unwrap();
    let first = site_on("ipc1", store.clone()).await.unwrap();
    grow(&first, "a-1").await.unwrap();
    until("signed", async || first.signed().is_some()).await;
    // Another database with another entry, that holds this one's key and checkpoint.
    let other = Store::open("memory:").await.unwrap();
    let kept = store.signing_identity().await.unwrap().unwrap();
    other.claim_signing_identity(&kept).await.unwrap();
    let signed = first.signed().unwrap();
    let entry = {
        let app = super::given::site("ipc1").await;
        grow(&app, "a-forged").await.unwrap();
        app.store
            .entries_after(&app.config.site, 0, 1)
            .await
            .unwrap()
    };
    let empty = rulegate_ledger::ledger::Head::EMPTY;
    other
        .append(&first.config.site, empty, &entry)
        .await
        .unwrap();
    other
        .put_checkpoint(&first.config.site, &signed)
        .await
        .unwrap();
    let changed = site_on("ipc1", other).await.unwrap();
    until("noticed", async || changed.stopped.load().is_some()).await;
    let reason = changed.stopped.load().as_ref().clone().unwrap();
    assert!(reason.contains("somebody changed its database"), "{reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setting_that_turns_wrong_is_told() {
    let Some(cluster) = crate::harness::postgres::shared() else {
        return;
    };
    let url = cluster.database().await;
    let app = site_on("ipc1", Store::open(&url).await.unwrap())
        .await
        .unwrap();
    let mut watchdog = rulegate::app::watchdog::Watchdog::default();
    watchdog.look(&app).await;
    assert_eq!(
        **app.drifted.load(),
        Vec::<String>::new(),
        "what was so from the start is no news"
    );
    let name = url.rsplit('/').next().unwrap();
    let mut owner = crate::harness::postgres::connect(&url).await;
    for sql in [
        format!("ALTER DATABASE {name} SET synchronous_commit = off"),
        format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
        ),
    ] {
        let sql = sqlx::AssertSqlSafe(sql);
        sqlx::raw_sql(sql).execute(&mut owner).await.unwrap();
    }
    // The first connections used after that are dead ones.
    for _ in 0..20 {
        watchdog.look(&app).await;
    }
    let drifted = app.drifted.load();
    assert!(
        drifted[0].starts_with("synchronous_commit is off"),
        "{drifted:?}"
    );
}
