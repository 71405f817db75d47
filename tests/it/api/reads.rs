//! What programs read: lists in pages, one thing each, the ledger as it is stored.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use rulegate_ledger::access::Scope;
use rulegate_ledger::digest::Digest;
use serde_json::{Value, json};

use super::routes::world_with_everything;
use crate::harness::world::World;

async fn get(world: &World, token: &str, address: &str) -> Value {
    let answer = world.api(Method::GET, token, address, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.text);
    answer.json()
}

#[tokio::test]
async fn lists_are_turned_page_by_page_without_gaps() {
    let world = world_with_everything().await;
    let token = world.token("otto", Scope::EVERYWHERE).await;
    for (list, key) in [
        ("/api/v1/reviews", "review"),
        ("/api/v1/rulesets/crs/versions", "version"),
        ("/api/v1/ledger/ipc2/entries", "entry"),
        ("/api/v1/hotfixes", "version"),
    ] {
        let whole = get(&world, &token, &format!("{list}?limit=500")).await;
        assert!(whole["next"].is_null(), "{list}");
        let whole: Vec<Value> = whole["items"].as_array().unwrap().clone();
        assert!(!whole.is_empty(), "{list}");
        let mut turned: Vec<Value> = Vec::new();
        let mut after = String::new();
        loop {
            let page = get(&world, &token, &format!("{list}?limit=1{after}")).await;
            turned.extend(page["items"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={}", next.replace('+', "%2B")),
                None => break,
            }
        }
        let keys = |items: &[Value]| items.iter().map(|i| i[key].clone()).collect::<Vec<_>>();
        assert_eq!(keys(&turned), keys(&whole), "{list}");
    }
}

#[tokio::test]
async fn every_read_answers_304_to_what_the_caller_has() {
    let world = world_with_everything().await;
    let token = world.token("otto", Scope::EVERYWHERE).await;
    for address in [
        "/api/v1/rulesets",
        "/api/v1/rulesets/crs",
        "/api/v1/rulesets/crs/versions/2",
        "/api/v1/rulesets/crs/environments/ipc2/prod",
        "/api/v1/reviews",
        "/api/v1/hotfixes/crs/1+ipc2.1",
        "/api/v1/ledger/ipc2/entries/1",
        "/api/v1/policy",
        "/api/v1/sites",
        "/api/v1/openapi.json",
    ] {
        let first = world.api(Method::GET, &token, address, Body::empty()).await;
        assert_eq!(first.status, StatusCode::OK, "{address}: {}", first.text);
        let request = Request::get(address)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(
                header::IF_NONE_MATCH,
                format!("\"x\", W/{}", first.header("etag")),
            );
        let again = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{address}");
        assert_eq!(again.header("etag"), first.header("etag"));
        assert!(again.text.is_empty());
    }
}

#[tokio::test]
async fn an_environment_tells_pin_baseline_and_open_hotfixes() {
    let world = world_with_everything().await;
    let token = world.token("otto", Scope::EVERYWHERE).await;
    let told = get(
        &world,
        &token,
        "/api/v1/rulesets/crs/environments/ipc2/prod",
    )
    .await;
    assert_eq!(told["pin"]["version"], "1+ipc2.1");
    assert_eq!(told["baseline"]["version"], "1");
    assert_eq!(told["differs_from_plan"], true);
    assert_eq!(told["open_hotfixes"], json!(["1+ipc2.1"]));
    assert_eq!(told["history"]["items"].as_array().unwrap().len(), 2);
    let empty = get(&world, &token, "/api/v1/rulesets/crs/environments/ipc1/sl").await;
    assert_eq!(empty["pin"], Value::Null);
    assert_eq!(empty["differs_from_plan"], Value::Null);
    let version = get(&world, &token, "/api/v1/rulesets/crs/versions/1").await;
    assert_eq!(version["validations"][0]["passed"], true);
    assert_eq!(
        version["standings"][1]["standing"],
        "inactive_from_production"
    );
    let hotfix = get(&world, &token, "/api/v1/hotfixes/crs/1+ipc2.1").await;
    assert_eq!(
        (&hotfix["status"], &hotfix["overdue"]),
        (&json!("open"), &json!(false))
    );
    let open = get(&world, &token, "/api/v1/hotfixes?status=absorbed").await;
    assert_eq!(open["items"], json!([]));
}

#[tokio::test]
async fn a_review_tells_its_gate_with_evidence() {
    let world = world_with_everything().await;
    let review = world.ask("2", &["ipc2/prod"]).await;
    let token = world.token("otto", Scope::EVERYWHERE).await;
    let told = get(&world, &token, &format!("/api/v1/reviews/{review}")).await;
    assert_eq!(told["asks_for"], "activation");
    assert_eq!(told["status"], "open");
    assert_eq!(told["gate"]["open"], false);
    let fingerprint = world.fingerprint(&review).await;
    assert_eq!(told["gate"]["fingerprint"], fingerprint.to_hex());
    let checks = told["gate"]["checks"].as_array().unwrap();
    let answered = checks
        .iter()
        .find(|c| c["check"] == "hotfixes_answered")
        .unwrap();
    assert_eq!(answered["outcome"], "block");
    assert!(!answered["remedy"].as_str().unwrap().is_empty());
    assert_eq!(told["gate"]["hotfixes"][0]["rules"][0]["path"], "b.conf");
}

#[tokio::test]
async fn the_ledger_is_given_byte_for_byte() {
    let world = world_with_everything().await;
    let token = world.token("otto", Scope::EVERYWHERE).await;
    let all = get(&world, &token, "/api/v1/ledger/ipc2/entries?limit=500").await;
    let mut prev = Digest::ZERO.to_hex();
    for (index, entry) in all["items"].as_array().unwrap().iter().enumerate() {
        let bytes = entry["bytes"].as_str().unwrap();
        assert_eq!(entry["entry"], format!("ipc2#{}", index + 1));
        assert_eq!(entry["hash"], Digest::of(bytes.as_bytes()).to_hex());
        let inner: Value = serde_json::from_str(bytes).unwrap();
        assert_eq!(inner["prev"], prev);
        prev = entry["hash"].as_str().unwrap().to_owned();
    }
    let checksum = rulegate_ledger::digest::Digest::of(b"one\n");
    let content = format!("/api/v1/contents/{checksum}");
    let content = world
        .api(Method::GET, &token, &content, Body::empty())
        .await;
    assert_eq!(content.text, "one\n");
}

#[tokio::test]
async fn a_token_of_one_rule_set_sees_nothing_of_another() {
    let world = world_with_everything().await;
    let other = Scope::ruleset(&"other".parse().unwrap());
    let token = world.token("ana", other).await;
    assert_eq!(
        get(&world, &token, "/api/v1/rulesets").await["items"],
        json!([])
    );
    assert_eq!(
        get(&world, &token, "/api/v1/reviews").await["items"],
        json!([])
    );
    assert_eq!(
        get(&world, &token, "/api/v1/hotfixes").await["items"],
        json!([])
    );
    let digest = Digest::of(b"one\n");
    let review = world.app.snapshot().state.reviews()[0].id.clone();
    for (address, status) in [
        ("/api/v1/rulesets/crs".to_owned(), 403),
        (format!("/api/v1/reviews/{review}"), 404),
        (format!("/api/v1/contents/{digest}"), 403),
        ("/api/v1/ledger/ipc2/entries".to_owned(), 403),
    ] {
        let answer = world
            .api(Method::GET, &token, &address, Body::empty())
            .await;
        assert_eq!(answer.status.as_u16(), status, "{address}: {}", answer.text);
    }
    let crs = world
        .token("ana", Scope::ruleset(&"crs".parse().unwrap()))
        .await;
    let content = format!("/api/v1/contents/{digest}");
    let content = world.api(Method::GET, &crs, &content, Body::empty()).await;
    assert_eq!(content.status, StatusCode::OK, "{}", content.text);
}

#[tokio::test]
async fn monitoring_reads_the_figures_of_the_screens() {
    let world = world_with_everything().await;
    let token = world.token("otto", Scope::EVERYWHERE).await;
    let address = "/api/v1/metrics";
    let told = world.api(Method::GET, &token, address, Body::empty()).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    let figure = |name: &str| {
        let line = told.text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        value.unwrap_or_else(|| panic!("{name} is not in\n{}", told.text))
    };
    let sites = get(&world, &token, "/api/v1/sites").await;
    let head = sites["sites"][0]["entries"].as_u64().unwrap();
    assert_eq!(figure("rulegate_ledger_entries{site=\"ipc2\"} "), head);
    assert_eq!(figure("rulegate_hotfixes_open "), 1);
    assert_eq!(figure("rulegate_hotfixes_overdue "), 0);
    assert_eq!(figure("rulegate_takes_entries "), 1);
    // Nobody is there to answer for the other site.
    assert_eq!(figure("rulegate_peer_answers{site=\"ipc1\"} "), 0);
    assert!(!told.text.contains("rulegate_peer_lag_seconds{"));
    for line in told.text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let typed = format!("# TYPE {name} gauge");
        assert!(told.text.contains(&typed), "{line} has no type");
    }
}
