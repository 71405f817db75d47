//! Writes: each acts once per key, and a token never decides what a person must.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use rulegate_ledger::access::Scope;
use serde_json::json;

use super::routes::world_with_everything;
use super::tell;
use crate::harness::world::{Answer, World, tar_of};

fn entries(world: &World) -> u64 {
    world.app.snapshot().state.own_ledger().head.seq
}

async fn push(
    world: &World,
    token: &str,
    key: &str,
    address: &str,
    texts: &[(&str, &[u8])],
) -> Answer {
    let request = Request::post(address)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("idempotency-key", key)
        .body(Body::from(tar_of(texts)))
        .unwrap();
    world.send(request).await
}

#[tokio::test]
async fn the_same_request_under_the_same_key_acts_once() {
    let world = World::new().await;
    let token = world.token("pipeline", Scope::EVERYWHERE).await;
    let address = "/api/v1/rulesets/crs/releases?version=1";
    let first = push(&world, &token, "k1", address, &[("a.conf", b"one\n")]).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let after = entries(&world);
    let again = push(&world, &token, "k1", address, &[("a.conf", b"one\n")]).await;
    assert_eq!((again.status, again.text), (first.status, first.text));
    assert_eq!(entries(&world), after);
    for (address, text) in [
        (address, b"two\n"),
        ("/api/v1/rulesets/crs/releases?version=2", b"one\n"),
        ("/api/v1/rulesets/other/releases?version=1", b"one\n"),
    ] {
        let other = push(&world, &token, "k1", address, &[("a.conf", text)]).await;
        assert_eq!(
            other.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            other.text
        );
        assert_eq!(other.json()["code"], "idempotency_key_reused");
    }
    assert_eq!(entries(&world), after);
    let long = "k".repeat(65);
    let bad = push(&world, &token, &long, address, &[("a.conf", b"one\n")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", bad.text);
    // Another account's key is its own.
    let hold = json!({"reason": "x"});
    let omar = world.token("omar", Scope::EVERYWHERE).await;
    let placed = tell(&world, &omar, "/api/v1/holds", Some("k1"), hold.clone()).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.text);
    let again = tell(&world, &omar, "/api/v1/holds", Some("k1"), hold.clone()).await;
    assert_eq!((again.status, &again.text), (placed.status, &placed.text));
    let fresh = tell(&world, &omar, "/api/v1/holds", None, hold).await;
    assert_ne!(fresh.json()["entry"], placed.json()["entry"]);
}

#[tokio::test]
async fn a_token_asks_and_a_person_decides() {
    let world = world_with_everything().await;
    let ana = world.token("ana", Scope::EVERYWHERE).await;
    let ask = json!({"version": "2", "targets": ["ipc2/prod"], "reason": "the plan"});
    let asked = tell(&world, &ana, "/api/v1/rulesets/crs/activations", None, ask).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.text);
    let review = asked.json()["review"].as_str().unwrap().to_owned();
    let said = json!({"text": "please look"});
    let said = tell(
        &world,
        &ana,
        &format!("/api/v1/reviews/{review}/comments"),
        None,
        said,
    )
    .await;
    assert_eq!(said.status, StatusCode::CREATED, "{}", said.text);
    let before = entries(&world);
    for name in ["ana", "rita", "mara", "adam"] {
        let token = world.token(name, Scope::EVERYWHERE).await;
        for act in ["approvals", "rejections", "answers", "executions"] {
            let address = format!("/api/v1/reviews/{review}/{act}");
            let refused = tell(&world, &token, &address, None, json!({})).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{name} {act}");
            assert_eq!(refused.json()["code"], "not_allowed");
            assert!(
                refused.text.contains("A token never may"),
                "{}",
                refused.text
            );
        }
        let address = "/api/v1/rulesets/crs/versions/2/validations";
        let refused = tell(&world, &token, address, None, json!({"passed": true})).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(entries(&world), before);
    let rita = world.token("rita", Scope::EVERYWHERE).await;
    let withdraw = format!("/api/v1/reviews/{review}/withdraw");
    let refused = tell(&world, &rita, &withdraw, None, json!({"reason": "x"})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    let taken = tell(
        &world,
        &ana,
        &withdraw,
        None,
        json!({"reason": "too early"}),
    )
    .await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text);
    let closed = tell(&world, &ana, &withdraw, None, json!({"reason": "again"})).await;
    assert_eq!(closed.json()["code"], "review_closed", "{}", closed.text);
}

#[tokio::test]
async fn a_hotfix_is_proposed_on_what_runs_and_given_up_with_a_reason() {
    let world = world_with_everything().await;
    let theo = world.token("theo", Scope::EVERYWHERE).await;
    let address = "/api/v1/rulesets/crs/environments/ipc2/prod/hotfixes";
    let state = &world.app.snapshot().state;
    let pin = state.pin(&"crs".parse().unwrap(), &"ipc2/prod".parse().unwrap());
    let pin = pin.unwrap().checksum.to_hex();
    let day = rulegate_ledger::ids::Timestamp(
        world.app.clock.now().0 + 5 * rulegate_ledger::ids::Timestamp::DAY_US,
    );
    let day = &day.to_rfc3339()[..10];
    let proposal = |on: &str, rules| json!({"on_top_of": on, "rules": rules, "reason": "locked out", "incident": "INC-9", "ends_at": day});
    let good = proposal(&pin, json!({"a.conf": "better\n", "b.conf": null}));
    let made = tell(&world, &theo, address, None, good).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert!(made.json()["review"].is_string());
    let hotfix = world.app.snapshot().state.hotfixes()[0].clone();
    assert_eq!(hotfix.version.as_str(), "1+ipc2.2");
    assert_eq!(hotfix.changes.len(), 2);
    let old = "0".repeat(64);
    let before = entries(&world);
    for (value, status, code) in [
        (proposal(&old, json!({"a.conf": "x\n"})), 409, "pin_moved"),
        (proposal(&pin, json!({})), 409, "nothing_changed"),
        (
            proposal(&pin, json!({"../a.conf": "x\n"})),
            422,
            "bad_rules",
        ),
        (json!({"reason": "x", "colour": "red"}), 400, "bad_json"),
        (json!([]), 400, "bad_json"),
    ] {
        let refused = tell(&world, &theo, address, None, value).await;
        assert_eq!(refused.json()["code"], code, "{}", refused.text);
        assert_eq!(refused.status.as_u16(), status, "{}", refused.text);
    }
    assert_eq!(entries(&world), before);
    let ana = world.token("ana", Scope::EVERYWHERE).await;
    let discard = "/api/v1/hotfixes/crs/1+ipc2.1/discard";
    let given_up = tell(&world, &ana, discard, None, json!({"reason": "not needed"})).await;
    assert_eq!(given_up.status, StatusCode::CREATED, "{}", given_up.text);
    let again = tell(&world, &ana, discard, None, json!({"reason": "not needed"})).await;
    assert_eq!(again.json()["code"], "hotfix_not_open");
}

#[tokio::test]
async fn observed_drift_is_dismissed_or_adopted() {
    let world = world_with_everything().await;
    let pipeline = world.token("pipeline", Scope::EVERYWHERE).await;
    let observe = "/api/v1/rulesets/crs/observations?environment=ipc2/prod";
    let found = |text: &'static [u8]| tar_of(&[("a.conf", text), ("b.conf", b"fixed\n")]);
    let seen = world
        .api(Method::POST, &pipeline, observe, found(b"odd\n"))
        .await;
    assert_eq!(seen.status, StatusCode::CREATED, "{}", seen.text);
    let entry = seen.json()["entry"].as_str().unwrap().replace('#', "/");
    let ana = world.token("ana", Scope::EVERYWHERE).await;
    let now = world.app.clock.now().0;
    let later = rulegate_ledger::ids::Timestamp(now + 864_000_000_000).to_rfc3339();
    let dismissal = json!({"reason": "known", "ends_at": later});
    let dismiss = format!("/api/v1/observations/{entry}/dismiss");
    let done = tell(&world, &ana, &dismiss, None, dismissal.clone()).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text);
    let again = tell(&world, &ana, &dismiss, None, dismissal).await;
    assert_eq!(again.json()["code"], "drift_settled", "{}", again.text);
    let seen = world
        .api(Method::POST, &pipeline, observe, found(b"odder\n"))
        .await;
    let entry = seen.json()["entry"].as_str().unwrap().replace('#', "/");
    let adoption = json!({"reason": "keep it", "incident": "INC-3", "ends_at": later});
    let adopt = format!("/api/v1/observations/{entry}/adopt");
    let done = tell(&world, &ana, &adopt, None, adoption).await;
    assert_eq!(done.status, StatusCode::CREATED, "{}", done.text);
    assert!(done.json()["review"].is_string());
}

#[tokio::test]
async fn holds_and_freezes_are_placed_and_lifted() {
    let world = world_with_everything().await;
    let omar = world.token("omar", Scope::EVERYWHERE).await;
    for (place, body) in [
        ("/api/v1/holds", json!({"lane": "prod", "reason": "quiet"})),
        (
            "/api/v1/freezes",
            json!({"ruleset": "crs", "until": "2100-01-01", "reason": "holidays"}),
        ),
    ] {
        let placed = tell(&world, &omar, place, None, body).await;
        assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.text);
        let entry = placed.json()["entry"].as_str().unwrap().replace('#', "/");
        let lift = format!("{place}/{entry}/lift");
        let lifted = tell(&world, &omar, &lift, None, json!({"reason": "over"})).await;
        assert_eq!(lifted.status, StatusCode::CREATED, "{}", lifted.text);
        let again = tell(&world, &omar, &lift, None, json!({"reason": "over"})).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND, "{}", again.text);
    }
    let live = json!({"site": "ipc1", "reason": "failover"});
    let declared = tell(&world, &omar, "/api/v1/sites/live", None, live).await;
    assert_eq!(declared.status, StatusCode::CREATED, "{}", declared.text);
    let bad = json!({"until": "soon", "reason": "x"});
    let bad = tell(&world, &omar, "/api/v1/freezes", None, bad).await;
    assert_eq!(bad.json()["code"], "bad_time", "{}", bad.text);
}
