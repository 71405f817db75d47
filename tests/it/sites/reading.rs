//! What travels between honest sites: in one process and over HTTP.

use std::sync::Arc;

use rulegate::app::reader::{self, Reader};
use rulegate::app::source::{InProcess, Source, SourceError};
use rulegate::app::{App, AppError};
use rulegate::ops::server;
use rulegate::peer::{Peer, PeerSettings};
use rulegate::store::Store;
use rulegate_ledger::access::Scope;

use super::given::{alarm, grow, known, site, site_on, until};
use crate::decisions::drift::{observe, report};
use crate::harness::world::{World, rules};

#[tokio::test]
async fn two_sites_read_each_other() {
    let (one, two) = (site("ipc1").await, site("ipc2").await);
    reader::start(one.clone(), two.clone());
    reader::start(two.clone(), one.clone());
    for number in 0..20 {
        grow(&one, &format!("a-{number}")).await.unwrap();
        grow(&two, &format!("b-{number}")).await.unwrap();
    }
    until("both know everything", async || {
        (known(&one, "ipc2"), known(&two, "ipc1")) == (20, 20)
    })
    .await;
    for app in [&one, &two] {
        assert_eq!(alarm(app), None);
        assert_eq!(app.peer.load().trouble, None);
    }
    let name = "ipc2".parse().unwrap();
    let copied = one.store.entries_after(&name, 0, 50).await.unwrap();
    assert_eq!(copied, two.store.entries_after(&name, 0, 50).await.unwrap());
    let seen = one.store.last_checkpoint(&name).await.unwrap().unwrap();
    assert_eq!(Some(seen.note), two.signed().map(|kept| kept.note.clone()));
}

#[tokio::test]
async fn a_cut_link_carries_nothing_and_a_mended_one_everything() {
    let (one, two) = (site("ipc1").await, site("ipc2").await);
    reader::start(one.clone(), two.clone());
    grow(&two, "b-1").await.unwrap();
    until("the first", async || known(&one, "ipc2") == 1).await;
    two.link_up
        .store(false, std::sync::atomic::Ordering::SeqCst);
    grow(&two, "b-2").await.unwrap();
    until("signed", async || {
        two.signed().is_some_and(|kept| kept.size == 2)
    })
    .await;
    until("noticed", async || one.peer.load().trouble.is_some()).await;
    assert_eq!(known(&one, "ipc2"), 1);
    grow(&one, "a-1").await.unwrap();
    two.link_up.store(true, std::sync::atomic::Ordering::SeqCst);
    until("the second", async || known(&one, "ipc2") == 2).await;
    until("no trouble", async || one.peer.load().trouble.is_none()).await;
}

#[tokio::test]
async fn nothing_of_a_site_is_believed_without_its_key() {
    let (one, two) = (site("ipc1").await, site("ipc2").await);
    grow(&two, "b-1").await.unwrap();
    until("signed", async || two.signed().is_some()).await;
    let mut reader = Reader::new(InProcess(two.clone()));
    reader.round(&one).await;
    let trouble = one.peer.load().trouble.clone().unwrap();
    assert!(trouble.contains("no key is believed for ipc2"), "{trouble}");
    one.trust_keys(&[two.verifier_key()]);
    reader.round(&one).await;
    until("taken", async || known(&one, "ipc2") == 1).await;
}

#[tokio::test]
async fn several_readers_bring_everything_once() {
    let (one, two) = (site("ipc1").await, site("ipc2").await);
    for number in 0..30 {
        grow(&two, &format!("b-{number}")).await.unwrap();
    }
    until("signed", async || {
        two.signed().is_some_and(|kept| kept.size == 30)
    })
    .await;
    one.trust_keys(&[two.verifier_key()]);
    let rounds = (0..4).map(|_| {
        let (one, two) = (one.clone(), two.clone());
        tokio::spawn(async move { Reader::new(InProcess(two)).round(&one).await })
    });
    for round in rounds.collect::<Vec<_>>() {
        round.await.unwrap();
    }
    until("taken", async || known(&one, "ipc2") == 30).await;
    assert_eq!(alarm(&one), None);
    let copied = one.store.head(&two.config.site).await.unwrap();
    assert_eq!(copied, two.store.head(&two.config.site).await.unwrap());
}

#[tokio::test]
async fn a_copy_is_believed_again_after_a_restart() {
    let (one, two) = (site("ipc1").await, site("ipc2").await);
    for number in 0..5 {
        grow(&two, &format!("b-{number}")).await.unwrap();
    }
    until("signed", async || {
        two.signed().is_some_and(|kept| kept.size == 5)
    })
    .await;
    one.trust_keys(&[two.verifier_key()]);
    Reader::new(InProcess(two.clone())).round(&one).await;
    until("taken", async || known(&one, "ipc2") == 5).await;
    let again = site_on("ipc1", one.store.clone()).await.unwrap();
    assert_eq!(
        known(&again, "ipc2"),
        0,
        "whose key is not given is not believed"
    );
    again.trust_keys(&[two.verifier_key()]);
    until("believed", async || known(&again, "ipc2") == 5).await;
    grow(&two, "b-6").await.unwrap();
    until("signed", async || {
        two.signed().is_some_and(|kept| kept.size == 6)
    })
    .await;
    Reader::new(InProcess(two)).round(&again).await;
    until("goes on", async || known(&again, "ipc2") == 6).await;
}

/// A site that lost its database takes its observations back from here, so their bytes have to be here.
#[tokio::test]
async fn what_was_observed_comes_along_as_far_as_it_is_there() {
    let (one, world) = (site("ipc1").await, World::new().await);
    world.live("1", &[("a", "1\n")]).await;
    let (seen, only_reported) = ([("a", "seen\n")], [("a", "reported\n")]);
    observe(&world, &seen).await;
    let last = report(&world, &only_reported).await.entry().unwrap().seq;
    until("signed", async || {
        world.app.signed().is_some_and(|kept| kept.size >= last)
    })
    .await;
    one.trust_keys(&[world.app.verifier_key()]);
    Reader::new(InProcess(world.app.clone())).round(&one).await;
    until("taken", async || known(&one, "ipc2") >= last).await;
    let checksum = |texts| rules(texts).manifest.checksum();
    assert!(one.rules(&checksum(&seen)).await.is_ok());
    assert!(one.rules(&checksum(&only_reported)).await.is_err());
    assert_eq!(one.peer.load().trouble, None);
}

/// ipc2 with people and rules, served on a port of this machine.
pub(super) async fn served() -> (World, String) {
    let world = World::on(Store::open("memory:").await.unwrap()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (_, end) = Box::leak(Box::new(tokio::sync::watch::channel(false)));
    tokio::spawn(server::serve(listener, world.router.clone(), end.clone()));
    (world, url)
}

fn peer(url: &str, token: String) -> Peer {
    let settings = PeerSettings {
        site: "ipc2".parse().unwrap(),
        url: url.into(),
        token,
        ca_file: None,
    };
    Peer::new(&settings).unwrap()
}

async fn reading(world: &World, url: &str) -> Arc<App> {
    let one = site("ipc1").await;
    one.trust_keys(&[world.app.verifier_key()]);
    let token = world.token("mirror", Scope::EVERYWHERE).await;
    reader::start_from(one.clone(), peer(url, token));
    one
}

#[tokio::test]
async fn over_http_entries_rules_and_hints_travel() {
    let (world, url) = served().await;
    world
        .live("1", &[("a.conf", "one\n"), ("b.bin", "two\n")])
        .await;
    let one = reading(&world, &url).await;
    let head = || known(&world.app, "ipc2");
    until("everything is known", async || {
        known(&one, "ipc2") == head()
    })
    .await;
    assert_eq!(alarm(&one), None);
    let state = one.snapshot().state.clone();
    let versions = state.versions(&"crs".parse().unwrap());
    let (_, facts) = &versions[0];
    let rules = one.rules(&facts.checksum).await.unwrap();
    assert_eq!(&rules.texts["a.conf"][..], b"one\n");
    // ipc1 says in its own ledger that it has the bytes.
    until("received", async || known(&one, "ipc1") > 0).await;
    world.release("2", &[("a.conf", "three\n")]).await;
    until("the next one", async || known(&one, "ipc2") == head()).await;
}

#[tokio::test]
async fn news_are_told_to_whoever_listens() {
    let (world, url) = served().await;
    let token = world.token("mirror", Scope::EVERYWHERE).await;
    let peer = peer(&url, token);
    let mut hints = peer.hints();
    let patience = std::time::Duration::from_secs(20);
    let first = tokio::time::timeout(patience, hints.changed());
    first
        .await
        .expect("the stream begins with the newest")
        .unwrap();
    hints.borrow_and_update();
    world.release("1", &[("a.conf", "one\n")]).await;
    let next = tokio::time::timeout(patience, hints.changed());
    next.await.expect("a release is told").unwrap();
}

#[tokio::test]
async fn without_a_right_the_other_site_says_so() {
    let (world, url) = served().await;
    let ipc2 = "ipc2".parse().unwrap();
    let refused = peer(&url, "rgt_nobody".into())
        .checkpoint(&ipc2)
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, SourceError::Refused(why) if why.contains("token")),
        "{refused}"
    );
    let token = world.token("pipeline", Scope::EVERYWHERE).await;
    let refused = peer(&url, token).checkpoint(&ipc2).await.unwrap_err();
    assert!(refused.to_string().contains("not_allowed"), "{refused}");
    let nobody = peer("http://127.0.0.1:9", String::new());
    assert!(matches!(
        nobody.checkpoint(&ipc2).await,
        Err(SourceError::Away(_))
    ));
}

#[tokio::test]
async fn between_machines_only_tls_is_used() {
    let settings = |url: &str| PeerSettings {
        site: "ipc2".parse().unwrap(),
        url: url.into(),
        token: String::new(),
        ca_file: None,
    };
    assert!(Peer::new(&settings("http://rules.example.org")).is_err());
    assert!(Peer::new(&settings("http://127.0.0.1.example.org:80")).is_err());
    assert!(Peer::new(&settings("https://rules.example.org")).is_ok());
}

#[tokio::test]
async fn proofs_are_given_to_mirrors_and_refused_to_others() {
    let (world, _) = served().await;
    world.live("1", &[("a.conf", "one\n")]).await;
    world.signed().await;
    let size = world.app.signed().unwrap().size;
    let proof = world.app.prove_consistency(3, size).await.unwrap();
    let token = world.token("mirror", Scope::EVERYWHERE).await;
    let get = async |address: &str| {
        let method = axum::http::Method::GET;
        world.api(method, &token, address, "").await
    };
    let told = get(&format!("/api/v1/ledger/ipc2/consistency?from=3&to={size}")).await;
    assert_eq!(told.json()["hashes"].as_array().unwrap().len(), proof.len());
    let beyond = get(&format!(
        "/api/v1/ledger/ipc2/consistency?from=3&to={}",
        size + 1
    ))
    .await;
    assert_eq!(beyond.status, 404);
    let note = get("/api/v1/ledger/ipc2/checkpoint").await;
    assert!(
        note.text.starts_with("local/rulegate/e3/ipc2\n"),
        "{}",
        note.text
    );
    assert_eq!(note.header("content-type"), "text/plain; charset=utf-8");
    let lines = get("/api/v1/ledger/ipc2/lines?after=2&limit=3").await;
    let stored = world
        .app
        .entries_after(&world.app.config.site, 2, 3)
        .await
        .unwrap();
    let expected: String = stored
        .iter()
        .map(|s| format!("{{\"hash\":\"{}\",\"entry\":{}}}\n", s.hash, s.bytes))
        .collect();
    assert_eq!(lines.text, expected);
    assert_eq!(
        get("/api/v1/policy").await.status,
        403,
        "a mirror sees nothing else"
    );
    let gone: AppError = world.app.prove_inclusion(0, size).await.unwrap_err();
    assert!(matches!(gone, AppError::NotFound { .. }));
}

/// Two processes of ipc1 on one PostgreSQL, with a reader each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_of_a_site_sign_and_read_as_one() {
    let Some(cluster) = crate::harness::postgres::shared() else {
        return;
    };
    let (url, two) = (cluster.database().await, site("ipc2").await);
    let mut processes = Vec::new();
    for _ in 0..2 {
        let store = Store::open(&url).await.unwrap();
        let app = super::given::site_on("ipc1", store).await.unwrap();
        reader::start(app.clone(), two.clone());
        processes.push(app);
    }
    let [one, other] = &processes[..] else {
        unreachable!()
    };
    assert_eq!(one.verifier_key(), other.verifier_key());
    for number in 0..10 {
        grow(one, &format!("a-{number}")).await.unwrap();
        grow(other, &format!("b-{number}")).await.unwrap();
        grow(&two, &format!("c-{number}")).await.unwrap();
    }
    for app in [one, other] {
        until("everything is known", async || {
            (known(app, "ipc1"), known(app, "ipc2")) == (20, 10)
        })
        .await;
        until("signed", async || {
            app.signed().is_some_and(|kept| kept.size == 20)
        })
        .await;
        assert_eq!((alarm(app), app.behind.load().as_ref()), (None, &None));
    }
    let notes = [one, other].map(|app| app.signed().unwrap().note.clone());
    assert_eq!(notes[0], notes[1]);
    let copied = one.store.head(&two.config.site).await.unwrap();
    assert_eq!(copied, two.store.head(&two.config.site).await.unwrap());
}

/// The command line opens a database beside its processes, with a copy of the other site in it and no keys.
#[tokio::test]
async fn whoever_is_told_no_keys_accuses_nobody() {
    let (one, two) = (site("ipc1").await, site("ipc2").await);
    grow(&two, "b-1").await.unwrap();
    until("signed", async || two.signed().is_some()).await;
    one.trust_keys(&[two.verifier_key()]);
    Reader::new(InProcess(two.clone())).round(&one).await;
    until("taken", async || known(&one, "ipc2") == 1).await;
    let guest = site_on("ipc1", one.store.clone()).await.unwrap();
    assert_eq!(known(&guest, "ipc2"), 0);
    assert_eq!(alarm(&guest), None);
    assert!(guest.alarms().await.unwrap().is_empty());
}
