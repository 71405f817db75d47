//! The interface for programs, through the router in-process.

mod bad_input;
mod comparisons;
mod contract;
mod document;
mod reads;
mod routes;
mod send_back;
mod uploads;
mod writes;

use axum::http::{Method, Request, header};
use rulegate_ledger::access::Scope;

use crate::harness::world::{Answer, World, environment};

/// The scope of a pod's token.
fn at(name: &str) -> Scope {
    let environment = environment(name);
    Scope {
        ruleset: None,
        site: Some(environment.site),
        lane: Some(environment.lane),
    }
}

/// Every method and path of the description, in its order.
fn every_operation() -> Vec<(Method, String)> {
    let document: serde_json::Value = serde_json::from_str(&rulegate::api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| {
                let method: Method = method.to_uppercase().parse().unwrap();
                (method, path.clone())
            })
        })
        .collect()
}

/// A path with values for its names: of things that exist in [`routes::world_with_everything`] or look like it.
fn filled(path: &str) -> String {
    let none = "0".repeat(64);
    let values = [
        ("{ruleset}", "crs"),
        ("{version}", "1"),
        ("{planned}", "2"),
        ("{review}", "ipc2-999"),
        ("{site}", "ipc2"),
        ("{lane}", "prod"),
        ("{seq}", "1"),
        ("{checksum}", none.as_str()),
        ("{digest}", none.as_str()),
    ];
    values.iter().fold(path.to_owned(), |path, (name, value)| {
        path.replace(name, value)
    })
}

/// Sends JSON, under an idempotency key if one is given.
async fn tell(
    world: &World,
    token: &str,
    address: &str,
    key: Option<&str>,
    value: serde_json::Value,
) -> Answer {
    let mut request = Request::post(address)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    world
        .send(request.body(value.to_string().into()).unwrap())
        .await
}
