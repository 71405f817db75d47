use axum::http::StatusCode;
use rulegate_domain::command;

use crate::harness::world::{World, environment, rules, ruleset};

const PLACE: &str = "/drift/crs/ipc2/prod";

/// Somebody changed the store of ipc2/prod: `texts` is what omar found there.
pub async fn observe(world: &World, texts: &[(&str, &str)]) {
    let found = rules(texts);
    let snapshot = world.app.keep(&found).await.unwrap();
    let pin = world
        .app
        .snapshot()
        .state
        .pin(&ruleset(), &environment("ipc2/prod"))
        .unwrap()
        .checksum;
    let changes = world
        .app
        .manifest(&pin)
        .await
        .unwrap()
        .differences(&found.manifest);
    let command = command::RecordObservation {
        ruleset: ruleset(),
        environment: environment("ipc2/prod"),
        checksum: snapshot.checksum,
        pin,
        changes,
    }
    .into();
    world.act("omar", command).await.unwrap();
}

async fn drifted() -> World {
    let world = World::new().await;
    world
        .live("1", &[("a.conf", "one\n"), ("b.conf", "two\n")])
        .await;
    observe(
        &world,
        &[("a.conf", "one <changed>\n"), ("b.conf", "two\n")],
    )
    .await;
    world
}

#[tokio::test]
async fn drift_is_never_shown_without_its_diff() {
    let world = drifted().await;
    let otto = world.sign_in("otto").await;
    let page = world.get(&otto, "/drift").await;
    assert_eq!(page.status, StatusCode::OK);
    let row = page.select("tbody tr").join(" ");
    assert!(
        row.contains("unknown author")
            && row.contains("1 rule differs")
            && row.contains("unexplained"),
        "{row}"
    );
    assert_eq!(page.attribute("tbody a", "href"), [PLACE]);
    let page = world.get(&otto, PLACE).await;
    assert!(page.select("td.t.add")[0].contains("one <changed>"));
    assert!(page.select("dl.kv").join(" ").contains("unknown author"));
    let held = page.select("aside .held").join(" ");
    assert!(
        held.contains("Adopt as a hotfix") && held.contains("Dismiss") && held.contains("can."),
        "{held}"
    );
    assert_eq!(
        world.get(&otto, "/drift/crs/ipc1/prod").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        world.get(&otto, "/drift/No/ipc1/prod").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn adopted_drift_waits_in_a_review_of_its_own() {
    let world = drifted().await;
    let theo = world.sign_in("theo").await;
    let page = world.get(&theo, PLACE).await;
    let observation = page
        .attribute("#adopt input[name=observation]", "value")
        .remove(0);
    let ends = page.attribute("#f-adopt-ends", "value").remove(0);
    let mut fields = vec![
        ("observation", observation.as_str()),
        ("incident", "INC-9"),
        ("ends", &ends),
        ("reason", ""),
        ("form", "adopt"),
    ];
    let answer = world.post(&theo, &format!("{PLACE}/adopt"), &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        answer.attribute("#f-adopt-incident", "value"),
        ["INC-9"],
        "what was typed stays"
    );
    fields[3].1 = "it is right";
    let answer = world.post(&theo, &format!("{PLACE}/adopt"), &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let rita = world.sign_in("rita").await;
    let review = world.get(&rita, answer.header("location")).await;
    assert!(
        review
            .select("dl.kv")
            .join(" ")
            .contains("unknown; adopted by theo")
    );
    assert!(review.select("td.t.hot")[0].contains("one <changed>"));
    let page = world.get(&rita, "/drift").await;
    assert!(
        page.select("tbody tr")
            .join(" ")
            .contains("adopted as 1+ipc2.1 by theo")
    );
}

#[tokio::test]
async fn dismissed_drift_says_until_when() {
    let world = drifted().await;
    let ana = world.sign_in("ana").await;
    let page = world.get(&ana, PLACE).await;
    let observation = page
        .attribute("#dismiss input[name=observation]", "value")
        .remove(0);
    let ends = page.attribute("#f-dismiss-ends", "value").remove(0);
    let fields = [
        ("observation", observation.as_str()),
        ("ends", &ends),
        ("reason", "a trial"),
    ];
    let theo = world.sign_in("theo").await;
    let refused = world
        .post(&theo, &format!("{PLACE}/dismiss"), &fields)
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let answer = world.post(&ana, &format!("{PLACE}/dismiss"), &fields).await;
    assert_eq!(answer.header("location"), format!("{PLACE}?done=dismissed"));
    let page = world.get(&ana, PLACE).await;
    assert!(
        page.select(".head")
            .join(" ")
            .contains(&format!("until {ends}"))
    );
    assert!(page.select("#adopt, #dismiss").is_empty());
}

#[tokio::test]
async fn a_newer_observation_refuses_the_older_form() {
    let world = drifted().await;
    let ana = world.sign_in("ana").await;
    let page = world.get(&ana, PLACE).await;
    let observation = page
        .attribute("#dismiss input[name=observation]", "value")
        .remove(0);
    let ends = page.attribute("#f-dismiss-ends", "value").remove(0);
    observe(
        &world,
        &[("a.conf", "one changed again\n"), ("b.conf", "two\n")],
    )
    .await;
    for act in ["adopt", "dismiss"] {
        let fields = [
            ("observation", observation.as_str()),
            ("ends", &ends),
            ("reason", "x"),
            ("incident", "INC-9"),
        ];
        let answer = world.post(&ana, &format!("{PLACE}/{act}"), &fields).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act}");
        assert!(answer.text.contains("a newer one has replaced it"), "{act}");
    }
    assert_eq!(world.app.snapshot().state.hotfixes().len(), 0);
}
