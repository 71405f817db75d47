//! Faults under the app: what people see, what is stored, and that it goes on afterwards.

use std::sync::Arc;

use axum::http::StatusCode;
use rulegate::store::{Fault, Faults, Store};
use rulegate_domain::command::{self, Command};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::ReviewId;
use rulegate_ledger::ledger::StoredEntry;

use crate::harness::world::World;

async fn world_with_faults() -> (World, Arc<Faults>, ReviewId) {
    let faults = Arc::new(Faults::default());
    let world = World::on(
        Store::open_with_faults("memory:", faults.clone())
            .await
            .unwrap(),
    )
    .await;
    world.release("1", &[("a", "1\n")]).await;
    let review = world.ask("1", &["ipc2/sl"]).await;
    (world, faults, review)
}

fn comment(review: &ReviewId) -> Command {
    command::Comment {
        review: review.clone(),
        text: "a word".into(),
    }
    .into()
}

async fn stored(world: &World) -> u64 {
    world
        .app
        .store
        .head(&world.app.config.site)
        .await
        .unwrap()
        .seq
}

#[tokio::test]
async fn an_append_whose_answer_is_lost_is_found_out_and_never_doubled() {
    for fault in [Fault::UnknownStored, Fault::UnknownNotStored] {
        let (world, faults, review) = world_with_faults().await;
        let before = stored(&world).await;
        faults.on_append(fault);
        let done = world.act("rita", comment(&review)).await.unwrap();
        assert_eq!(done.entries.len(), 1, "{fault:?}");
        assert_eq!(stored(&world).await, before + 1, "{fault:?}");
        assert_eq!(done.entry().unwrap().seq, before + 1);
        world.act("rita", comment(&review)).await.unwrap();
        assert_eq!(stored(&world).await, before + 2, "it goes on");
    }
}

#[tokio::test]
async fn a_full_disk_is_a_507_page_and_nothing_is_half_written() {
    let (world, faults, review) = world_with_faults().await;
    let cookie = world.sign_in("rita").await;
    let before = stored(&world).await;
    faults.on_append(Fault::Full);
    let address = format!("/reviews/{review}/comments");
    let answer = world.post(&cookie, &address, &[("text", "a word")]).await;
    assert_eq!(
        answer.status,
        StatusCode::INSUFFICIENT_STORAGE,
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains("Nothing was stored"),
        "{}",
        answer.text
    );
    assert_eq!(stored(&world).await, before);
    let answer = world.post(&cookie, &address, &[("text", "a word")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(stored(&world).await, before + 1);
}

#[tokio::test]
async fn with_the_database_away_pages_in_memory_stay_readable_and_writes_say_try_again() {
    let (world, faults, review) = world_with_faults().await;
    let cookie = world.sign_in("rita").await;
    assert_eq!(world.get(&cookie, "/").await.status, StatusCode::OK);
    faults.set_away(true);
    assert_eq!(
        world.get(&cookie, "/").await.status,
        StatusCode::OK,
        "what runs where needs no database"
    );
    assert_eq!(
        world.get(&cookie, "/rulesets/crs").await.status,
        StatusCode::OK
    );
    let answer = world
        .post(
            &cookie,
            &format!("/reviews/{review}/comments"),
            &[("text", "a word")],
        )
        .await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "5");
    let ready = world.get("", "/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    faults.set_away(false);
    let answer = world
        .post(
            &cookie,
            &format!("/reviews/{review}/comments"),
            &[("text", "a word")],
        )
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

/// An entry of a kind or format that only a newer program knows.
async fn append_from_the_future(store: &Store, change: impl Fn(&str) -> String) {
    let site = "ipc2".parse().unwrap();
    let head = store.head(&site).await.unwrap();
    let last = store.entry(&site, head.seq).await.unwrap().unwrap();
    let wire: serde_json::Value = serde_json::from_str(&last.bytes).unwrap();
    let text = last
        .bytes
        .replace(
            &format!("\"seq\":{}", head.seq),
            &format!("\"seq\":{}", head.seq + 1),
        )
        .replace(wire["prev"].as_str().unwrap(), &head.hash.to_hex())
        .replace(wire["command"].as_str().unwrap(), "from-the-future");
    let bytes = change(&text);
    assert_ne!(bytes, text);
    let hash = Digest::of(bytes.as_bytes());
    let stored = StoredEntry {
        seq: head.seq + 1,
        bytes: bytes.into(),
        hash,
        command: None,
        ..last
    };
    store.append(&site, head, &[stored]).await.unwrap();
}

#[tokio::test]
async fn a_ledger_from_a_newer_program_is_read_up_to_there_and_not_written() {
    type Change = fn(&str) -> String;
    let changes: [(Change, &str); 2] = [
        (
            |text| text.replace("\"format\":1", "\"format\":2"),
            "format 2",
        ),
        (
            |text| text.replace("review.opened", "review.postponed"),
            "review.postponed",
        ),
    ];
    for (change, named) in changes {
        let store = Store::open("memory:").await.unwrap();
        let world = World::on(store.clone()).await;
        world.release("1", &[("a", "1\n")]).await;
        let review = world.ask("1", &["ipc2/sl"]).await;
        drop(world);
        append_from_the_future(&store, change).await;
        let before = store.head(&"ipc2".parse().unwrap()).await.unwrap();
        let world = World::on(store.clone()).await;
        let error = world.act("rita", comment(&review)).await.unwrap_err();
        let outcome = error.outcome();
        assert_eq!((outcome.status, outcome.code), (503, "stopped_writing"));
        assert!(outcome.details[0].contains(named), "{:?}", outcome.details);
        assert_eq!(store.head(&"ipc2".parse().unwrap()).await.unwrap(), before);
        let ready = world.get("", "/readyz").await;
        assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(ready.text.contains(named), "{}", ready.text);
        let cookie = world.sign_in("rita").await;
        let page = world.get(&cookie, "/").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("writes no more"), "{}", page.text);
    }
}
