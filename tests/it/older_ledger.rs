//! Ledgers of the program as it was before it was cut into crates: read, folded, continued and verified again.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use rulegate::app::export::{Writer, export};
use rulegate::store::{Account, AccountKind, SigningIdentity, Store};
use rulegate_domain::state::State;
use rulegate_ledger::access::Scope;
use rulegate_ledger::environment::Topology;
use rulegate_ledger::ids::Timestamp;
use rulegate_ledger::verify::{Verified, Verifier};
use serde_json::Value;

use crate::harness::export::{Export, OLDER};
use crate::harness::world::World;
use crate::proofs::given::key;
use crate::sites::given::{known, until};
use crate::store::given::{self, On};

const ANSWERS: &str = include_str!("../fixtures/ledger/older/answers.json");
/// Entries of each and the hash of the last one.
const HEADS: [(&str, u64, &str); 2] = [
    (
        "ipc2",
        77,
        "a29802efa65b1892a5477fdef9185b66ec67d0fc848e85f92c83035b3eb38e38",
    ),
    (
        "ipc1",
        14,
        "a084f134ac1b8fbf94a89c1bcecc08ff26cac2fc84670821ad2c51ad11b50c9e",
    ),
];

/// What was left open in ipc2's.
const LIFT: &str = "/api/v1/holds/ipc2/76/lift";
const WAITING: &str = "ipc2-74";

fn verify(export: &[u8], keys: &[&str]) -> Verified {
    let mut verifier = Verifier::new(keys.iter().map(|key| key.parse().unwrap()).collect());
    for line in export.split_inclusive(|byte| *byte == b'\n') {
        verifier
            .take(line)
            .unwrap_or_else(|fault| panic!("{fault}"));
    }
    verifier.finish().unwrap()
}

#[test]
fn they_are_read_and_verified() {
    for (export, (site, entries, head)) in OLDER.into_iter().zip(HEADS) {
        let key = Export::read(export).key.to_string();
        let whole = verify(export, &[&key]);
        assert_eq!((whole.site.as_str(), whole.entries), (site, entries));
        assert_eq!(whole.head.to_hex(), head);
        assert_eq!(whole.covered, entries, "all of it is signed for");
    }
}

#[test]
fn their_entries_seal_to_the_same_bytes_and_fold() {
    let [ipc2, ipc1] = Export::older();
    let mut state = State::new(Topology::default(), ipc2.site.clone());
    for (entry, stored) in ipc2.entries.iter().chain(&ipc1.entries) {
        let sealed = entry.seal(true);
        assert_eq!((&sealed.bytes, sealed.hash), (&stored.bytes, stored.hash));
        state.apply(entry, stored.hash).unwrap();
    }
    for (site, entries, head) in HEADS {
        let folded = state.head(&site.parse().unwrap());
        assert_eq!((folded.seq, folded.hash.to_hex().as_str()), (entries, head));
    }
}

/// The people of the ledger, in a store that was restored from it.
async fn make_people(store: &Store, told: &Value) {
    let people: BTreeMap<String, String> = serde_json::from_value(told["people"].clone()).unwrap();
    for (name, id) in people {
        let account = Account {
            id: id.parse().unwrap(),
            display_name: name.clone(),
            kind: match name.as_str() {
                "pipeline" => AccountKind::Service,
                _ => AccountKind::Person,
            },
            name,
            password_hash: None,
            created_at: Timestamp(1),
            changed_at: Timestamp(1),
            disabled_at: None,
        };
        store.create_account(&account).await.unwrap();
    }
}

async fn is_continued(on: On) {
    let Some(given) = given::store(on).await else {
        return;
    };
    let (store, [ipc2, ipc1]) = (&given.store, Export::older());
    ipc2.restore(store).await;
    ipc1.restore(store).await;
    let told: Value = serde_json::from_str(ANSWERS).unwrap();
    make_people(store, &told).await;
    // The old key is lost with the old database, so the site goes on under a new one.
    let new = key("ipc2", 1);
    let identity = SigningIdentity {
        origin: new.origin().to_string(),
        verifier_key: new.verifier().to_string(),
        secret: Some(new.secret().to_vec()),
    };
    store.claim_signing_identity(&identity).await.unwrap();
    let world = World::at("ipc2", store.clone()).await;
    let app = &world.app;
    app.trust_keys(std::slice::from_ref(&ipc1.key));
    until("the copy is folded", async || known(app, "ipc1") == 14).await;
    // As it was when the older program answered: nothing has run out since.
    let then = ipc2.entries.last().unwrap().1.at;
    app.clock.set_offset_us(then.0 - app.clock.now().0);

    let token = world.token("otto", Scope::EVERYWHERE).await;
    for (address, before) in told["answers"].as_object().unwrap() {
        let answer = world.api(Method::GET, &token, address, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.text);
        assert_eq!(answer.json(), *before, "{address}");
    }

    // The hold that stands is lifted, the review that waits asks for an answer first, and new rounds follow.
    let omar = world.token("omar", Scope::EVERYWHERE).await;
    let lift = Request::post(LIFT)
        .header(header::AUTHORIZATION, format!("Bearer {omar}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(r#"{"reason": "the machine runs"}"#));
    let lifted = world.send(lift.unwrap()).await;
    assert_eq!(lifted.status, StatusCode::CREATED, "{}", lifted.text);
    world
        .approve("rita", &WAITING.parse().unwrap())
        .await
        .unwrap_err();
    world
        .live_after_answer("6", &[("limits.json", "{\"daily\": 1}\n")])
        .await;
    world.hotfix(&[("limits.json", "{\"daily\": 2}\n")]).await;
    world.signed().await;

    let head = app.snapshot().state.own_ledger().head;
    let mut out = Writer(Vec::new());
    let exported = export(store, &ipc2.site, Some(&new.verifier()), head, &mut out).await;
    assert_eq!(exported.unwrap().entries, head.seq);
    let (old, new) = (ipc2.key.to_string(), new.verifier().to_string());
    let whole = verify(&out.0, &[&old, &new]);
    assert_eq!((whole.entries, whole.covered), (head.seq, head.seq));
    assert!(head.seq > 77 + 15, "{}", head.seq);
    let again = Export::read(&out.0);
    assert!(
        again.stored().starts_with(&ipc2.stored()),
        "nothing of it has changed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_are_continued_on_sqlite() {
    is_continued(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_are_continued_on_postgres() {
    is_continued(On::Postgres).await;
}
