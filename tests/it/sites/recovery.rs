//! A ledger that lost its end: nothing is appended until the other site has given it back.

use std::sync::Arc;

use rulegate::app::reader::{self, Reader};
use rulegate::app::source::InProcess;
use rulegate::app::{App, AppError, recovery};
use rulegate::store::Store;
use rulegate_ledger::ledger::Head;

use super::given::{grow, known, site, site_on, until};

/// ipc1 with 8 entries that ipc2 has read, and a database of ipc1 that holds only the first `kept` of them.
async fn lost(kept: u64) -> (Arc<App>, Arc<App>, Store) {
    let (one, two) = (site("ipc1").await, site("ipc2").await);
    for number in 0..8 {
        grow(&one, &format!("a-{number}")).await.unwrap();
    }
    until("signed", async || one.signed().is_some_and(|s| s.size == 8)).await;
    two.trust_keys(&[one.verifier_key()]);
    Reader::new(InProcess(one.clone())).round(&two).await;
    until("read", async || known(&two, "ipc1") == 8).await;
    let store = Store::open("memory:").await.unwrap();
    let identity = one.store.signing_identity().await.unwrap().unwrap();
    store.claim_signing_identity(&identity).await.unwrap();
    let entries = one.store.entries_after(&one.config.site, 0, kept as u32);
    let entries = entries.await.unwrap();
    store
        .append(&one.config.site, Head::EMPTY, &entries)
        .await
        .unwrap();
    (one, two, store)
}

fn reason(app: &App) -> Option<String> {
    app.behind.load().as_ref().clone()
}

#[tokio::test]
async fn a_shorter_ledger_than_the_other_site_holds_takes_no_entries() {
    let (before, two, store) = lost(5).await;
    let restored = site_on("ipc1", store.clone()).await.unwrap();
    restored.trust_keys(&[two.verifier_key()]);
    assert_eq!(reason(&restored), None, "its own database cannot know");
    reader::compare(&restored, &InProcess(two.clone()))
        .await
        .unwrap();
    let told = reason(&restored).unwrap();
    assert!(
        told.contains("entries 6 to 8 of ipc1 are missing"),
        "{told}"
    );
    assert!(told.contains("ipc2 holds them"), "{told}");
    let refused = grow(&restored, "a-new").await.unwrap_err();
    assert!(matches!(refused, AppError::Behind(_)), "{refused}");
    // Reading goes on, and the other site's ledger is followed.
    assert_eq!(known(&restored, "ipc1"), 5);
    grow(&two, "b-1").await.unwrap();
    until("signed", async || two.signed().is_some_and(|s| s.size == 1)).await;
    Reader::new(InProcess(two.clone())).round(&restored).await;
    until("followed", async || known(&restored, "ipc2") == 1).await;

    let keys = [restored.verifier_key()];
    let site = restored.config.site.clone();
    let source = InProcess(two.clone());
    let now = restored.clock.now();
    let done = recovery::recover(&store, &site, &keys, &source, now)
        .await
        .unwrap();
    assert_eq!((done.from, done.to), (6, 8));
    let entries = async |app: &App| app.store.entries_after(&site, 0, 20).await.unwrap();
    assert_eq!(entries(&restored).await, entries(&before).await);
    reader::compare(&restored, &source).await.unwrap();
    assert_eq!(reason(&restored), None);
    until("caught up", async || known(&restored, "ipc1") == 8).await;
    assert_eq!(grow(&restored, "a-new").await.unwrap(), 9);
    let again = recovery::recover(&store, &site, &keys, &source, now)
        .await
        .unwrap();
    assert!(again.to < again.from, "nothing is missing: {again:?}");
}

#[tokio::test]
async fn a_shorter_ledger_than_its_own_checkpoint_takes_no_entries() {
    let (before, _, store) = lost(5).await;
    let signed = before.signed().unwrap();
    store
        .put_checkpoint(&before.config.site, &signed)
        .await
        .unwrap();
    let restored = site_on("ipc1", store).await.unwrap();
    let told = reason(&restored).unwrap();
    assert!(
        told.contains("entries 6 to 8 of ipc1 are missing"),
        "{told}"
    );
    let refused = grow(&restored, "a-new").await.unwrap_err();
    assert!(
        refused.to_string().contains("rulegate site recover"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_ledger_that_went_on_after_a_loss_is_another_history() {
    let (_, two, store) = lost(5).await;
    let restored = site_on("ipc1", store.clone()).await.unwrap();
    for number in 0..4 {
        grow(&restored, &format!("a-anew-{number}")).await.unwrap();
    }
    until("signed", async || {
        restored.signed().is_some_and(|s| s.size == 9)
    })
    .await;
    let source = InProcess(two.clone());
    reader::compare(&restored, &source).await.unwrap();
    let told = reason(&restored).unwrap();
    assert!(told.contains("two histories exist"), "{told}");
    let mut reader = Reader::new(InProcess(restored.clone()));
    reader.round(&two).await;
    assert_eq!(super::given::alarm(&two), Some("fork"));
    assert_eq!(known(&two, "ipc1"), 8);
    let keys = [restored.verifier_key()];
    let site = restored.config.site.clone();
    let now = restored.clock.now();
    let done = recovery::recover(&store, &site, &keys, &source, now).await;
    assert!(
        done.is_err() || done.unwrap().to < 9,
        "nothing is written over"
    );
    assert_eq!(store.head(&site).await.unwrap().seq, 9);
}

#[tokio::test]
async fn what_is_not_signed_by_the_site_is_not_taken_back() {
    let (_, two, store) = lost(5).await;
    let other = super::super::proofs::given::key("ipc1", 3).verifier();
    let site = "ipc1".parse().unwrap();
    let now = two.clock.now();
    let refused = recovery::recover(&store, &site, &[other], &InProcess(two), now)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("is not believed"), "{refused}");
    assert_eq!(store.head(&site).await.unwrap().seq, 5);
}

#[tokio::test]
async fn an_empty_database_gets_the_whole_ledger_back() {
    let (before, two, _) = lost(1).await;
    let store = Store::open("memory:").await.unwrap();
    let keys = [before.verifier_key()];
    let site = before.config.site.clone();
    let now = before.clock.now();
    let done = recovery::recover(&store, &site, &keys, &InProcess(two), now)
        .await
        .unwrap();
    assert_eq!((done.from, done.to), (1, 8));
    assert_eq!(
        store.head(&site).await.unwrap(),
        before.store.head(&site).await.unwrap()
    );
}
