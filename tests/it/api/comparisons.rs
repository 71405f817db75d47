//! Comparisons: the rules that differ, one rule by lines and by value, bounds, what is not there.

use axum::http::{Method, StatusCode};
use rulegate_ledger::access::Scope;
use serde_json::{Value, json};

use crate::harness::golden;
use crate::harness::world::World;

async fn world() -> (World, String) {
    let world = World::new().await;
    let old: &[(&str, &str)] = &[
        ("a.yaml", "id: r1\nlevel: 5\n"),
        ("b.conf", "one\n"),
        ("gone.conf", "g\n"),
        ("form.yaml", "a: 1\nb: 2\n"),
    ];
    let new: &[(&str, &str)] = &[
        ("a.yaml", "# remark\nlevel: 7\nid: r1\n"),
        ("b.conf", "one\u{202e}\n"),
        ("new.conf", "n\n"),
        ("form.yaml", "b: 2\na: 1\n"),
    ];
    world.live("1", old).await;
    world.release("2", new).await;
    let token = world.token("rita", Scope::EVERYWHERE).await;
    (world, token)
}

async fn get(world: &World, token: &str, rest: &str) -> (StatusCode, Value) {
    let address = format!("/api/v1/rulesets/crs/comparisons{rest}");
    let answer = world
        .api(Method::GET, token, &address, axum::body::Body::empty())
        .await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn rules_that_differ_come_in_pages() {
    let (world, token) = world().await;
    let (status, told) = get(&world, &token, "?from=ipc2/prod&to=2&limit=3").await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(told["from"]["version"], "1");
    assert_eq!(told["from"]["environment"], "ipc2/prod");
    assert_eq!(
        told["counts"],
        json!({"changed": 3, "added": 1, "removed": 1, "renamed": 0, "equal": 0})
    );
    let paths = |told: &Value| -> Vec<String> {
        let items = told["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["path"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(paths(&told), ["a.yaml", "b.conf", "form.yaml"]);
    let next = told["next"].as_str().unwrap();
    let (_, rest) = get(
        &world,
        &token,
        &format!("?from=1&to=2&limit=3&after={next}"),
    )
    .await;
    assert_eq!(paths(&rest), ["gone.conf", "new.conf"]);
    assert_eq!(rest["items"][0]["kind"], "removed");
    assert_eq!(rest["items"][0]["to"], Value::Null);
}

#[tokio::test]
async fn one_rule_is_compared_by_lines_and_by_value() {
    let (world, token) = world().await;
    let (status, told) = get(&world, &token, "/rule?from=1&to=2&path=a.yaml").await;
    assert_eq!(status, StatusCode::OK, "{told}");
    golden::check("tests/it/api/rule.golden.json", &format!("{told:#}\n"));
    let (_, form) = get(&world, &token, "/rule?from=1&to=2&path=form.yaml").await;
    assert_eq!(form["values"]["counts"]["changed"], 0);
    let (_, text) = get(&world, &token, "/rule?from=1&to=2&path=b.conf").await;
    assert_eq!(text["values"], Value::Null);
    assert_eq!(text["values_not_compared"], "no_structure");
    assert!(
        !text.to_string().contains('\u{202e}'),
        "hidden characters come as marks"
    );
    assert!(text.to_string().contains("bidi"), "{text}");
    let (_, gone) = get(&world, &token, "/rule?from=1&to=2&path=gone.conf").await;
    assert_eq!(
        (&gone["kind"], &gone["removed"]),
        (&json!("removed"), &json!(1))
    );
    let (_, none) = get(&world, &token, "/rule?from=1&to=2&path=a.yaml&skip=4").await;
    assert_eq!(none["rows"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_compared_says_why() {
    let (world, token) = world().await;
    for (rest, status) in [
        ("?from=1&to=9", 404),
        ("?from=mars/prod&to=1", 404),
        ("?from=ipc1/prod&to=1", 409),
        ("?from=1", 400),
        ("?from=%3Cb%3E&to=1", 422),
        ("?from=1&to=2&limit=0", 400),
        ("/rule?from=1&to=2&path=nowhere", 404),
        ("/rule?from=1&to=2&path=a.yaml&take=0", 400),
        ("/rule?from=1&to=2&path=a.yaml&take=1001", 400),
    ] {
        let (found, told) = get(&world, &token, rest).await;
        assert_eq!(found.as_u16(), status, "{rest}: {told}");
        assert!(
            told["detail"].as_str().is_some_and(|d| !d.is_empty()),
            "{rest}"
        );
    }
}

#[tokio::test]
async fn lines_of_a_hotfix_say_whose_they_are_when_and_why() {
    let world = World::new().await;
    world.live("1", &[("a.conf", "one\ntwo\nthree\n")]).await;
    world
        .hotfix(&[("a.conf", "one\nfixed\nadded\nthree\n")])
        .await;
    world
        .release("2", &[("a.conf", "one\ntwo\nadded\nthree\n")])
        .await;
    let token = world.token("rita", Scope::EVERYWHERE).await;
    let marks = |told: &Value| -> Vec<(String, Value)> {
        let rows = told["rows"].as_array().unwrap();
        rows.iter()
            .map(|row| {
                let text: Vec<&str> = row["segments"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|segment| segment["text"].as_str().unwrap())
                    .collect();
                (text.concat(), row["hotfix"]["mark"].clone())
            })
            .collect()
    };
    let row = |text: &str, mark: Value| (text.to_owned(), mark);
    let (status, lost) = get(&world, &token, "/rule?from=ipc2/prod&to=2&path=a.conf").await;
    assert_eq!(status, StatusCode::OK, "{lost}");
    assert_eq!(
        marks(&lost),
        [
            row("one", Value::Null),
            row("fixed", json!("lost")),
            row("two", Value::Null),
            row("added", json!("contained")),
            row("three", Value::Null)
        ]
    );
    assert_eq!(lost["rows"][1]["hotfix"]["version"], "1+ipc2.1");
    let hotfixes = lost["hotfixes"].as_array().unwrap();
    assert_eq!(hotfixes.len(), 1, "{lost}");
    let told = &hotfixes[0];
    let made = world.app.snapshot().state.hotfixes()[0].clone();
    assert_eq!(told["hotfix"], "1+ipc2.1");
    assert_eq!(told["incident"], made.incident.as_str());
    assert_eq!(told["author"]["account"], made.author.to_string());
    assert_eq!(told["at"], json!(made.at));
    assert_eq!(told["environment"], "ipc2/prod");
    assert_eq!(
        (&told["old_lines"], &told["new_lines"]),
        (&json!([[2, 3]]), &json!([]))
    );
    let (_, wrote) = get(&world, &token, "/rule?from=1&to=ipc2/prod&path=a.conf").await;
    assert_eq!(
        marks(&wrote)[1..4],
        [
            row("two", json!("replaced")),
            row("fixed", json!("wrote")),
            row("added", json!("wrote"))
        ]
    );
    assert_eq!(wrote["hotfixes"][0]["new_lines"], json!([[2, 3]]));
    assert_eq!(wrote["hotfixes"][0]["replaced_lines"], json!([[2, 2]]));
    // The screen says the same above the same lines.
    let cookie = world.sign_in("rita").await;
    let page = world
        .get(&cookie, "/rulesets/crs/compare?from=ipc2/prod&to=2")
        .await;
    let note = page.select("tr.note").join("|");
    assert!(
        note.contains("1+ipc2.1") && note.contains(&made.incident),
        "{note}"
    );
    assert_eq!(page.select("td.t.gone").len(), 1);
    assert_eq!(page.select("td.t.kept").len(), 1);
    // A hotfix that is closed marks nothing any more.
    let (_, none) = get(&world, &token, "/rule?from=1&to=2&path=a.conf").await;
    assert_eq!(none["hotfixes"], json!([]));
}

#[tokio::test]
async fn what_the_verdict_passes_over_has_changed_and_is_not_lost() {
    let world = World::new().await;
    world.live("1", &[("a.conf", "# ver.1.0\nlimit=1\n")]).await;
    world.hotfix(&[("a.conf", "# ver.1.1\nlimit=2\n")]).await;
    world
        .release("2", &[("a.conf", "# ver.2.0\nlimit=2\n")])
        .await;
    world
        .release("3", &[("a.conf", "# ver.3.0\nlimit=3\n")])
        .await;
    let token = world.token("rita", Scope::EVERYWHERE).await;
    let cookie = world.sign_in("rita").await;
    for (version, expected, gone) in [
        ("2", ["changed", "contained"], 0),
        ("3", ["changed", "lost"], 1),
    ] {
        let address = format!("/rule?from=ipc2/prod&to={version}&path=a.conf");
        let (_, told) = get(&world, &token, &address).await;
        let rows = told["rows"].as_array().unwrap();
        let marks: Vec<&Value> = rows
            .iter()
            .filter(|row| !row["old"].is_null())
            .map(|row| &row["hotfix"]["mark"])
            .collect();
        assert_eq!(marks, expected, "{told}");
        for view in ["unified", "side"] {
            let address = format!("/rulesets/crs/compare?from=ipc2/prod&to={version}&view={view}");
            let page = world.get(&cookie, &address).await;
            assert_eq!(page.select("td.t.gone").len(), gone, "{version} {view}");
        }
    }
}
