//! The patch of a hotfix and the draft with it, tried with the real git; who gets them.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use rulegate_ledger::access::Scope;
use rulegate_ledger::digest::Digest;
use serde_json::{Value, json};

use crate::harness::world::{Answer, World};
use crate::screens::send_back::{BASE, HOTFIX, PLANNED, applied, hotfixed, tree, unpacked};

const HERE: &str = "/api/v1/hotfixes/crs/1+ipc2.1";

async fn get(world: &World, token: &str, rest: &str) -> Answer {
    let address = format!("{HERE}{rest}");
    world.api(Method::GET, token, &address, Body::empty()).await
}

#[tokio::test]
async fn git_applies_the_patches_that_the_interface_gives() {
    let world = hotfixed().await;
    let token = world.token("theo", Scope::EVERYWHERE).await;
    let patch = get(&world, &token, "/patch").await;
    assert_eq!(patch.status, StatusCode::OK, "{}", patch.text);
    assert_eq!(patch.header("content-type"), "text/x-diff; charset=utf-8");
    assert_eq!(
        patch.header("content-disposition"),
        "attachment; filename=\"crs-1+ipc2.1.patch\""
    );
    let mut expected = tree(BASE);
    expected.extend(tree(HOTFIX));
    expected.remove("gone.conf");
    assert_eq!(applied(&tree(BASE), patch.text.as_bytes()), expected);
    let draft = get(&world, &token, "/drafts/2/patch").await;
    let name = draft.header("content-disposition").to_owned();
    assert!(name.contains("crs-2-DRAFT-with-1+ipc2.1.patch"), "{name}");
    let merged = applied(&tree(PLANNED), draft.text.as_bytes());
    let archive = get(&world, &token, "/drafts/2/archive").await;
    assert_eq!(archive.header("content-type"), "application/x-tar");
    let archive = unpacked(archive.text.as_bytes());
    assert!(
        archive
            .keys()
            .all(|path| path.starts_with("DRAFT-not-released/")),
        "nothing in it can be taken for a release: {:?}",
        archive.keys()
    );
    for (path, bytes) in &merged {
        let packed = &archive[&format!("DRAFT-not-released/rules/{path}")];
        assert_eq!(packed, bytes, "{path}");
    }
    let etag = patch.header("etag").to_owned();
    let again = Request::get(format!("{HERE}/patch"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::IF_NONE_MATCH, etag)
        .body(Body::empty())
        .unwrap();
    assert_eq!(world.send(again).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_draft_tells_what_became_of_each_rule() {
    let world = hotfixed().await;
    let token = world.token("pipeline", Scope::EVERYWHERE).await;
    let told = get(&world, &token, "/drafts/2").await.json();
    assert!(
        told["draft"].as_str().unwrap().contains("not a release"),
        "{told}"
    );
    assert_eq!(
        (&told["whole"], &told["planned"]),
        (&json!(false), &json!("2"))
    );
    let rules = told["rules"].as_array().unwrap();
    assert_eq!(rules.len(), HOTFIX.len());
    let rule = |path: &str| -> &Value { rules.iter().find(|r| r["path"] == path).unwrap() };
    let fight = rule("fight.conf");
    assert_eq!(fight["outcome"], "partly");
    assert_eq!(
        fight["conflicts"],
        json!([{"base": [7, 7], "hotfix": [7, 7], "planned": [7, 7]}])
    );
    assert_eq!(
        fight["by_hand"],
        json!(["the hotfix has line 7, planned line 7; it was line 7"])
    );
    let crlf = rule("crlf.conf");
    assert_eq!(
        (&crlf["outcome"], &crlf["verdict"]),
        (&json!("merged"), &json!("included"))
    );
    let draft = Digest::of(b"a\r\nB fixed\r\nc\r\nd\r\n").to_string();
    assert_eq!(crlf["draft"], draft);
    assert_eq!(rule("gone.conf")["draft"], Value::Null);
    assert_eq!(rule("new/rule.conf")["planned"], Value::Null);
}

#[tokio::test]
async fn what_is_not_there_or_not_seen_gives_no_draft() {
    let world = hotfixed().await;
    let token = world.token("theo", Scope::EVERYWHERE).await;
    let elsewhere = Scope::ruleset(&"other".parse().unwrap());
    let other = world.token("theo", elsewhere).await;
    for rest in [
        "/patch",
        "/drafts/2",
        "/drafts/2/patch",
        "/drafts/2/archive",
    ] {
        let refused = get(&world, &other, rest).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{rest}");
        let missing = rest.replace("/2", "/9");
        if missing != rest {
            let told = get(&world, &token, &missing).await;
            assert_eq!(told.status, StatusCode::NOT_FOUND, "{missing}");
        }
    }
    let address = "/api/v1/hotfixes/crs/1+ipc2.7/patch";
    let none = world.api(Method::GET, &token, address, Body::empty()).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}
