//! What is refused of another site: named, kept as evidence, and never in the way of the own work.

use std::sync::Arc;

use bytes::Bytes;
use rulegate::app::App;
use rulegate::app::reader::Reader;
use rulegate::store::KeptCheckpoint;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::ledger::{Entry, Head};

use super::given::{Scripted, alarm, grow, known, site, until};
use crate::harness::world::World;
use crate::proofs::given::{Ledger, key};

struct Given {
    app: Arc<App>,
    offers: Scripted,
    reader: Reader<Scripted>,
}

/// ipc2, which has read an honest ipc1 of 10 entries.
async fn given() -> Given {
    let app = site("ipc2").await;
    app.trust_keys(&[key("ipc1", 1).verifier()]);
    let offers = Scripted::new(Ledger::with("ipc1", 10));
    let mut reader = Reader::new(offers.clone());
    reader.round(&app).await;
    until("the honest part", async || known(&app, "ipc1") == 10).await;
    assert_eq!(alarm(&app), None);
    Given {
        app,
        offers,
        reader,
    }
}

impl Given {
    /// The alarm that a round raises; the old state is served on and the own ledger takes entries.
    async fn refused(&mut self) -> &'static str {
        for _ in 0..4 {
            self.reader.round(&self.app).await;
        }
        let code = alarm(&self.app).expect("an alarm");
        assert_eq!(known(&self.app, "ipc1"), 10, "the old state is served on");
        let account = format!("{code}-{}", self.app.alarms().await.unwrap().len());
        grow(&self.app, &account)
            .await
            .expect("the own ledger takes entries");
        let kept = self.app.alarms().await.unwrap();
        assert_eq!(kept[0].code, code);
        assert_eq!(kept[0].site.as_str(), "ipc1");
        let count = kept.len();
        self.reader.round(&self.app).await;
        assert_eq!(self.app.alarms().await.unwrap().len(), count, "kept once");
        code
    }
}

#[tokio::test]
async fn a_fork_is_refused_and_both_histories_are_kept() {
    let mut given = given().await;
    let mut other = Ledger::with("ipc1", 9);
    other.say("another tenth");
    other.say("eleventh");
    given.offers.offer(other.clone());
    assert_eq!(given.refused().await, "fork");
    let evidence = &given.app.alarms().await.unwrap()[0].evidence;
    let note = key("ipc1", 1).sign(11, other.tree.root());
    assert!(
        evidence.contains(&note),
        "the note of the other history: {evidence}"
    );
    // The honest history goes on, and the alarm ends; the record of it stays.
    let mut honest = Ledger::with("ipc1", 10);
    honest.say("eleventh");
    given.offers.offer(honest);
    given.reader.round(&given.app).await;
    until("goes on", async || known(&given.app, "ipc1") == 11).await;
    assert_eq!(alarm(&given.app), None);
    assert_eq!(given.app.alarms().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_forged_row_under_an_honest_checkpoint_is_refused() {
    let mut given = given().await;
    let mut honest = Ledger::with("ipc1", 10);
    honest.say("eleventh");
    honest.say("twelfth");
    given.offers.offer(honest.clone());
    let mut forged = Ledger::with("ipc1", 10);
    forged.say("forged");
    forged.say("twelfth");
    *given.offers.forged.lock().unwrap() = Some(forged);
    assert_eq!(given.refused().await, "not_covered");
    let evidence = &given.app.alarms().await.unwrap()[0].evidence;
    assert!(evidence.contains("forged"), "the entries offered are kept");
    let stored = given
        .app
        .store
        .head(&"ipc1".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(stored.seq, 10, "nothing of it was stored");
}

#[tokio::test]
async fn a_checkpoint_by_another_key_is_refused() {
    let mut given = given().await;
    let mut ledger = Ledger::with("ipc1", 10);
    ledger.say("eleventh");
    given.offers.offer(ledger);
    given.offers.sign(2);
    assert_eq!(given.refused().await, "other_key");
    given.app.trust_keys(&[key("ipc1", 2).verifier()]);
    given.reader.round(&given.app).await;
    until("a replaced key", async || known(&given.app, "ipc1") == 11).await;
}

#[tokio::test]
async fn a_rolled_back_site_is_named_with_what_it_lost() {
    let mut given = given().await;
    given.offers.offer(Ledger::with("ipc1", 7));
    assert_eq!(given.refused().await, "rolled_back");
    let told = given.app.alarms().await.unwrap()[0].sentence.clone();
    assert!(told.contains("lost entries 8 to 10"), "{told}");
    // What it then writes in their place is another history.
    let mut again = Ledger::with("ipc1", 7);
    for number in 0..5 {
        again.say(&format!("anew {number}"));
    }
    given.offers.offer(again);
    assert_eq!(given.refused().await, "fork");
}

#[tokio::test]
async fn a_future_format_is_refused_until_this_program_is_upgraded() {
    let mut given = given().await;
    let honest = Ledger::with("ipc1", 10);
    let note = key("ipc1", 1).sign(10, honest.tree.root());
    *given.offers.note.lock().unwrap() = note.replacen("\n\n", "\nmore\n\n", 1);
    assert_eq!(given.refused().await, "newer_format");
    assert!(!given.app.peer.load().alarm().unwrap().is_fork());
    let mut next = honest;
    next.say("eleventh");
    given.offers.offer(next.clone());
    let entry = next.entries[10]
        .bytes
        .replace("\"format\":1", "\"format\":2");
    next.entries[10].bytes = entry.into();
    *given.offers.forged.lock().unwrap() = Some(next);
    assert_eq!(given.refused().await, "newer_format");
}

#[tokio::test]
async fn a_row_written_into_our_copy_never_becomes_part_of_the_state() {
    let mut given = given().await;
    let ipc1: SiteName = "ipc1".parse().unwrap();
    let mut forged = Ledger::with("ipc1", 10);
    forged.say("written by somebody with the database at hand");
    let (before, entry) = (&forged.entries[9], &forged.entries[10..]);
    let head = Head {
        seq: 10,
        hash: before.hash,
        at: before.at,
    };
    given
        .app
        .store
        .append_foreign(&ipc1, head, entry)
        .await
        .unwrap();
    assert_eq!(known(&given.app, "ipc1"), 10);
    // A reader that starts now sees that the copy holds more than was ever signed.
    given.reader = Reader::new(given.offers.clone());
    assert_eq!(given.refused().await, "copy_changed");
    // Even with a checkpoint beside it: the forger cannot sign.
    let kept = KeptCheckpoint {
        size: 11,
        root: forged.tree.root(),
        note: key("ipc1", 9).sign(11, forged.tree.root()),
        at: before.at,
    };
    given.app.store.put_checkpoint(&ipc1, &kept).await.unwrap();
    grow(&given.app, "a-wake").await.unwrap();
    let wrong = || {
        given
            .app
            .peer
            .load()
            .copy
            .as_ref()
            .map(|alarm| alarm.code())
    };
    until("noticed", async || wrong() == Some("other_key")).await;
    assert_eq!(known(&given.app, "ipc1"), 10);
}

/// An ipc1 whose ledger holds a release with one rule, and the bytes of it.
async fn with_a_release() -> (Ledger, Vec<(Digest, Bytes)>) {
    let world = World::new().await;
    world.release("1", &[("a.conf", "one\n")]).await;
    let released = world.app.snapshot().state.own_ledger().head.seq;
    let stored = world
        .app
        .entry(&format!("ipc2#{released}").parse().unwrap())
        .await
        .unwrap();
    let fact = Entry::read(&stored.unwrap().bytes).unwrap().fact;
    let rulegate_ledger::event::Event::ReleaseCommitted(body) = &fact.event else {
        panic!("{fact:?}");
    };
    let manifest = world.app.content(&body.checksum).await.unwrap().unwrap();
    let rule = Digest::of(b"one\n");
    let contents = vec![
        (body.checksum, manifest),
        (rule, Bytes::from_static(b"one\n")),
    ];
    let mut ledger = Ledger::with("ipc1", 10);
    ledger.tell(fact);
    (ledger, contents)
}

#[tokio::test]
async fn a_content_with_other_bytes_than_it_names_is_refused() {
    let mut given = given().await;
    let (ledger, contents) = with_a_release().await;
    given.offers.offer(ledger);
    let rule = contents[1].0;
    let forged = Bytes::from_static(b"two\n");
    given
        .offers
        .contents
        .lock()
        .unwrap()
        .extend(contents.clone());
    given.offers.contents.lock().unwrap().insert(rule, forged);
    assert_eq!(given.refused().await, "bad_content");
    let held = given.app.store.contents_missing(&[rule]).await.unwrap();
    assert_eq!(held, [rule], "nothing of it was stored");
    given.offers.contents.lock().unwrap().extend(contents);
    given.reader.round(&given.app).await;
    until("the right bytes", async || known(&given.app, "ipc1") == 11).await;
    assert_eq!(alarm(&given.app), None);
}
