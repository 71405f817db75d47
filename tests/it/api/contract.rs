//! The calls that pipelines and pods stand on, with their exact answers.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use rulegate_ledger::access::Scope;
use serde_json::json;

use super::at;
use crate::harness::world::{World, rules, ruleset, tar_of};

const A1: &[(&str, &[u8])] = &[("a.conf", b"one\n"), ("b.conf", b"two\n")];
const A2: &[(&str, &[u8])] = &[("a.conf", b"one\n"), ("b.conf", b"three\n")];

fn texts<'a>(pairs: &[(&'a str, &'a [u8])]) -> Vec<(&'a str, &'a str)> {
    pairs
        .iter()
        .map(|(path, bytes)| (*path, std::str::from_utf8(bytes).unwrap()))
        .collect()
}

#[tokio::test]
async fn a_release_is_committed_once_and_answered_with_the_same_entry() {
    let world = World::new().await;
    let token = world.token("pipeline", Scope::EVERYWHERE).await;
    let address = "/api/v1/rulesets/crs/releases?version=1&commit=abc";
    let first = world.api(Method::POST, &token, address, tar_of(A1)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let told = first.json();
    let checksum = rules(&texts(A1)).manifest.checksum().to_hex();
    assert_eq!(told["ruleset"], "crs");
    assert_eq!(told["version"], "1");
    assert_eq!(told["checksum"], checksum);
    assert_eq!(told["may_override"], json!([]));
    assert_eq!(told["drift"][0]["finding"]["is"], "no_baseline");
    let again = world.api(Method::POST, &token, address, tar_of(A1)).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.json(), told);
    let other = world.api(Method::POST, &token, address, tar_of(A2)).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert_eq!(other.header("content-type"), "application/problem+json");
    assert_eq!(other.json()["code"], "version_exists");
    assert_eq!(other.json()["type"], "urn:rulegate:problem:version_exists");
}

#[tokio::test]
async fn a_release_tells_which_hotfix_it_may_override_and_a_check_tells_before() {
    let world = World::new().await;
    world.live("1", &texts(A1)).await;
    world.hotfix(&[("b.conf", "fixed\n")]).await;
    let token = world.token("pipeline", Scope::EVERYWHERE).await;
    let entries = world.app.snapshot().state.own_ledger().head.seq;
    let check = "/api/v1/rulesets/crs/checks?environment=ipc2/prod";
    let answer = world.api(Method::POST, &token, check, tar_of(A1)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let told = answer.json();
    assert_eq!(told["would_lose"][0]["hotfix"], "1+ipc2.1");
    assert_eq!(told["would_lose"][0]["rules"][0]["path"], "b.conf");
    assert_eq!(told["would_lose"][0]["rules"][0]["verdict"], "overridden");
    assert_eq!(told["finding"]["is"], "may_override");
    let fixed: &[(&str, &[u8])] = &[("a.conf", b"new\n"), ("b.conf", b"fixed\n")];
    let answer = world.api(Method::POST, &token, check, tar_of(fixed)).await;
    assert_eq!(answer.json()["would_lose"], json!([]));
    assert_eq!(answer.json()["contained"], json!(["1+ipc2.1"]));
    let checksum = rules(&texts(fixed)).manifest.checksum();
    assert!(world.app.content(&checksum).await.unwrap().is_none());
    assert_eq!(world.app.snapshot().state.own_ledger().head.seq, entries);
    let push = "/api/v1/rulesets/crs/releases?version=2";
    let answer = world.api(Method::POST, &token, push, tar_of(A2)).await;
    let mut told = answer.json();
    let units = told["may_override"][0]["rules"][0]["units"].take();
    assert_eq!(
        told["may_override"],
        json!([{"environment": "ipc2/prod", "hotfix": "1+ipc2.1",
                "rules": [{"path": "b.conf", "verdict": "partial", "units": null}]}])
    );
    let taken_out = json!({"what": "two taken out", "verdict": "included",
                           "base": [1, 1], "hotfix": null, "candidate": null});
    assert!(units.as_array().unwrap().contains(&taken_out), "{units}");
    assert!(
        units
            .as_array()
            .unwrap()
            .iter()
            .any(|unit| unit["verdict"] == "overridden" && unit["hotfix"] == json!([1, 1])),
        "{units}"
    );
    let again = world.api(Method::POST, &token, push, tar_of(A2)).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.json()["may_override"][0]["rules"][0]["units"], units);
}

#[tokio::test]
async fn an_observation_is_compared_with_the_pin() {
    let world = World::new().await;
    world.live("1", &texts(A1)).await;
    let token = world.token("pipeline", Scope::EVERYWHERE).await;
    let address = "/api/v1/rulesets/crs/observations?environment=ipc2/prod";
    let same = world.api(Method::POST, &token, address, tar_of(A1)).await;
    assert_eq!(same.status, StatusCode::CREATED, "{}", same.text);
    assert_eq!(same.json()["differs"], false);
    let other = world.api(Method::POST, &token, address, tar_of(A2)).await;
    assert_eq!(other.status, StatusCode::CREATED);
    let told = other.json();
    assert_eq!(told["differs"], true);
    assert_eq!(told["pin"]["version"], "1");
    assert_eq!(told["changes"][0]["path"], "b.conf");
    let again = world.api(Method::POST, &token, address, tar_of(A2)).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.json()["entry"], told["entry"]);
}

#[tokio::test]
async fn a_pod_reads_what_to_run_and_fetches_it() {
    let world = World::new().await;
    world.live("1", &texts(A1)).await;
    let token = world.token("pods", at("ipc2/prod")).await;
    let address = "/api/v1/assignments/crs";
    let answer = world.api(Method::GET, &token, address, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let told = answer.json();
    assert_eq!(told["version"], "1");
    assert_eq!(told["environment"], "ipc2/prod");
    let get = |address: &str, name: header::HeaderName, value: &str| {
        Request::get(address)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(name, value)
            .body(Body::empty())
            .unwrap()
    };
    let etag = answer.header("etag").to_owned();
    let unchanged = world.send(get(address, header::IF_NONE_MATCH, &etag)).await;
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);
    assert_eq!(unchanged.text, "");
    let bundle = told["bundle"].as_str().unwrap().to_owned();
    let tar = world.api(Method::GET, &token, &bundle, Body::empty()).await;
    assert_eq!(tar.status, StatusCode::OK);
    assert_eq!(
        tar.header("etag"),
        format!("\"{}\"", told["checksum"].as_str().unwrap())
    );
    assert_eq!(
        tar.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    let intake = rulegate::app::intake::Intake::unpack(tar.text.as_bytes()).unwrap();
    assert_eq!(intake.manifest.checksum().to_hex(), told["checksum"]);
    let packed = world
        .send(get(&bundle, header::ACCEPT_ENCODING, "gzip, br"))
        .await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    let manifest = format!("{bundle}/manifest");
    let manifest = world
        .api(Method::GET, &token, &manifest, Body::empty())
        .await;
    assert_eq!(manifest.text, intake.manifest.text());
    for other in ["?site=ipc1", "?lane=sl", "?site=ipc2&lane=sl"] {
        let refused = format!("{address}{other}");
        let refused = world
            .api(Method::GET, &token, &refused, Body::empty())
            .await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert_eq!(refused.json()["code"], "other_environment");
    }
    let own = format!("{address}?site=ipc2&lane=prod");
    assert_eq!(
        world
            .api(Method::GET, &token, &own, Body::empty())
            .await
            .status,
        200
    );
    let none = world
        .api(
            Method::GET,
            &token,
            "/api/v1/assignments/nix",
            Body::empty(),
        )
        .await;
    assert_eq!(
        (none.status, none.json()["code"].as_str()),
        (StatusCode::NOT_FOUND, Some("not_assigned"))
    );
    let released = world.release("2", &texts(A2)).await;
    drop(released);
    let checksum = world
        .app
        .snapshot()
        .state
        .version(&ruleset(), &"2".parse().unwrap())
        .unwrap()
        .checksum;
    let unpinned = format!("/api/v1/bundles/{checksum}");
    let refused = world
        .api(Method::GET, &token, &unpinned, Body::empty())
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
}
