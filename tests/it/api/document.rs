//! The description, the router and the file in the documentation say the same.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use rulegate_ledger::access::Scope;
use serde_json::Value;

use super::{every_operation, filled};
use crate::harness::golden;
use crate::harness::world::World;

#[test]
fn the_documentation_holds_the_description() {
    golden::check("docs/openapi.json", &rulegate::api::openapi());
}

#[tokio::test]
async fn every_described_address_answers() {
    let world = World::new().await;
    let token = world.token("otto", Scope::EVERYWHERE).await;
    for (method, path) in every_operation() {
        let address = filled(&path);
        let answer = world
            .api(method.clone(), &token, &address, Body::empty())
            .await;
        assert_ne!(
            answer.status,
            StatusCode::METHOD_NOT_ALLOWED,
            "{method} {path}"
        );
        if answer.status == StatusCode::NOT_FOUND {
            assert_ne!(answer.json()["code"], "no_such_address", "{method} {path}");
        }
        let other = match method {
            Method::GET => Method::DELETE,
            _ => Method::PUT,
        };
        let refused = world.api(other, &token, &address, Body::empty()).await;
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(refused.json()["code"], "method_not_allowed");
        assert!(refused.header("allow").contains(method.as_str()), "{path}");
    }
}

#[tokio::test]
async fn the_description_is_served_without_a_token() {
    let world = World::new().await;
    let get = |address: &str| Request::get(address).body(Body::empty()).unwrap();
    let served = world.send(get("/api/v1/openapi.json")).await;
    assert_eq!(served.status, StatusCode::OK);
    assert_eq!(served.text, rulegate::api::openapi());
    let index = world.send(get("/api/v1")).await.json();
    assert_eq!(index["site"], "ipc2");
    let none = world.send(get("/api/v1/nothing/here")).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_eq!(none.json()["code"], "no_such_address");
    assert_eq!(none.header("content-type"), "application/problem+json");
}

#[test]
fn every_operation_is_described_in_full() {
    let document: Value = serde_json::from_str(&rulegate::api::openapi()).unwrap();
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(operation["summary"].is_string(), "{name} has no summary");
            assert!(
                ids.insert(operation["operationId"].to_string()),
                "{name} shares its id"
            );
            let problem = &operation["responses"]["default"]["content"];
            assert!(problem["application/problem+json"].is_object(), "{name}");
            let is_open = path == "/api/v1" || path == "/api/v1/openapi.json";
            assert_eq!(
                operation["security"][0] == serde_json::json!({}),
                is_open,
                "{name}"
            );
            for part in path.split('/').filter(|part| part.starts_with('{')) {
                let wanted = part.trim_matches(['{', '}']);
                let parameters = operation["parameters"].as_array().unwrap();
                let known = |p: &&Value| p["name"] == wanted && p["in"] == "path";
                assert!(
                    parameters.iter().any(|p| known(&p)),
                    "{name} lacks {wanted}"
                );
            }
        }
    }
}
