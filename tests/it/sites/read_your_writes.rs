//! Two processes of one site on one PostgreSQL: what somebody wrote through one is on the next page of the other,
//! also while that one hears of nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use rulegate::store::{Faults, Store};
use rulegate_ledger::access::Scope;
use serde_json::json;

use crate::harness::world::{Answer, World};

/// A process that hears of appends, and one that is deaf: it looks once a second.
async fn two() -> Option<(World, World)> {
    let url = crate::harness::postgres::shared()?.database().await;
    let one = World::on(Store::open(&url).await.unwrap()).await;
    let faults = Arc::new(Faults::default());
    faults.set_deaf(true);
    let store = Store::open_with_faults(&url, faults).await.unwrap();
    Some((one, World::on(store).await))
}

/// The mark that an answer gives the browser.
fn mark(answer: &Answer) -> String {
    let set = answer.headers.get_all(header::SET_COOKIE).iter();
    let set: Vec<&str> = set.map(|line| line.to_str().unwrap()).collect();
    let line = set.iter().find(|line| line.starts_with("rulegate-seen="));
    let line = line.unwrap_or_else(|| panic!("no mark among {set:?}"));
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(line.contains(attribute), "{line}");
    }
    line.split(';').next().unwrap().to_owned()
}

async fn hold(world: &World, cookie: &str, number: u32) -> Answer {
    let (reason, once) = (format!("reason {number}."), format!("once-{number}"));
    let fields = [
        ("ruleset", ""),
        ("lane", "sl"),
        ("reason", reason.as_str()),
        ("once", once.as_str()),
    ];
    let placed = world.post(cookie, "/sites/holds", &fields).await;
    assert_eq!(placed.status, StatusCode::SEE_OTHER, "{}", placed.text);
    placed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_page_of_another_process_shows_what_was_written() {
    let Some((one, deaf)) = two().await else {
        return;
    };
    let cookie = one.sign_in("omar").await;
    let mut behind = 0;
    for number in 0..20 {
        let placed = hold(&one, &cookie, number).await;
        let shown = format!("reason {number}.");
        let without = deaf.get(&cookie, "/sites").await;
        behind += u32::from(!without.text.contains(&shown));
        let before = Instant::now();
        let cookies = format!("{cookie}; {}", mark(&placed));
        let page = deaf.get(&cookies, "/sites").await;
        assert!(page.text.contains(&shown), "{shown} is not there");
        assert!(before.elapsed() < Duration::from_millis(1_800));
    }
    assert!(
        behind >= 10,
        "without the mark the page of the deaf process is behind, here only {behind} of 20 times"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_made_at_one_process_is_known_at_the_other() {
    let Some((one, deaf)) = two().await else {
        return;
    };
    let adam = one.sign_in("adam").await;
    for number in 0..5 {
        let name = format!("eve{number}");
        let fields = [
            ("name", name.as_str()),
            ("kind", "person"),
            ("password", crate::harness::world::PASSWORD),
        ];
        let made = one.post(&adam, "/accounts", &fields).await;
        let cookies = format!("{adam}; {}", mark(&made));
        let page = deaf.get(&cookies, &format!("/accounts/{name}")).await;
        assert_eq!(page.status, StatusCode::OK, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mark_that_nobody_gave_costs_no_wait() {
    let Some((one, deaf)) = two().await else {
        return;
    };
    let cookie = one.sign_in("omar").await;
    for forged in [
        "ipc2#999999999/0",
        "ipc2#18446744073709551615/9223372036854775807",
        "ipc1#999/0",
        "nonsense",
        "",
    ] {
        let before = Instant::now();
        let cookies = format!("{cookie}; rulegate-seen={forged}");
        let page = deaf.get(&cookies, "/sites").await;
        assert_eq!(page.status, StatusCode::OK, "{forged}");
        assert!(before.elapsed() < Duration::from_secs(1), "{forged}");
    }
    // Who is not signed in gets no mark, and who only looks keeps the one it has.
    let looked = one.get(&cookie, "/sites").await;
    assert!(looked.headers.get(header::SET_COOKIE).is_none());
    let nobody = one
        .send(Request::post("/sites/holds").body(Body::empty()).unwrap())
        .await;
    assert!(nobody.headers.get(header::SET_COOKIE).is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_say_what_they_have_seen() {
    let Some((one, deaf)) = two().await else {
        return;
    };
    let token = one.token("omar", Scope::EVERYWHERE).await;
    let otto = one.token("otto", Scope::EVERYWHERE).await;
    deaf.portal.auth.directory.refresh(&deaf.app).await.unwrap();
    for number in 0..5 {
        let body = json!({"lane": "sl", "reason": format!("reason {number}.")});
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/v1/holds")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json");
        let placed = one
            .send(request.body(Body::from(body.to_string())).unwrap())
            .await;
        assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.text);
        let entry = placed.header("rulegate-ledger").to_owned();
        assert_eq!(placed.json()["entry"], entry);
        let ask = async |seen: &str| {
            let request = Request::get("/api/v1/sites")
                .header(header::AUTHORIZATION, format!("Bearer {otto}"))
                .header("rulegate-at-least", seen);
            deaf.send(request.body(Body::empty()).unwrap()).await
        };
        let read = ask(&entry).await;
        assert_eq!(read.header("rulegate-ledger"), entry);
        let seq: u64 = entry.split_once('#').unwrap().1.parse().unwrap();
        assert_eq!(read.json()["sites"][0]["entries"], seq);
        assert_eq!(ask("ipc2#999999").await.status, StatusCode::OK);
        let wrong = ask("57").await;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
        assert_eq!(wrong.json()["code"], "bad_at_least");
    }
}
