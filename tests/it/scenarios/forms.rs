//! What the stories decide through the one door, decided through the forms of the page Between the sites.

use axum::http::StatusCode;
use rulegate_ledger::access::Scope;

use super::stage::{Ground, Stage};
use super::{acts, checks};
use crate::harness::world::{Answer, environment, ruleset, version};

async fn told(stage: &mut Stage<'_>, story: &str) {
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let outcome = match acts::is_act(line) {
            true => acts::perform(stage, line).await,
            false => checks::perform(stage, line).await,
        };
        outcome.unwrap_or_else(|why| panic!("{line}: {why}"));
    }
}

/// 1 everywhere, and a hotfix in ipc1/prod.
pub async fn hotfixed_at_ipc1() -> Stage<'static> {
    let mut stage = Stage::new(&Ground::Memory).await;
    told(
        &mut stage,
        r#"the pipeline delivers 1 at ipc2 with limit.conf "limit 10 / burst 5 / window 60" and block.conf "block a"
        1 goes live in ipc2/sl, ipc1/sl, ipc2/prod and ipc1/prod
        Omar declares at ipc2 that the app is live at ipc1: rehearsal
        the sites are level
        Theo hotfixes ipc1/prod for INC-8 with limit.conf "limit 70 / burst 5 / window 60"
        Rita approves it
        Ana executes it
        the sites are level"#,
    )
    .await;
    stage
}

/// 1 everywhere, and while the link was cut a hotfix for one incident at either site.
pub async fn hotfixed_at_both() -> Stage<'static> {
    let mut stage = Stage::new(&Ground::Memory).await;
    told(
        &mut stage,
        r#"the pipeline delivers 1 at ipc2 with limit.conf "limit 10 / burst 5"
        1 goes live in ipc2/sl, ipc1/sl, ipc2/prod and ipc1/prod
        the link is cut
        Theo hotfixes ipc2/prod for INC-7 with limit.conf "limit 99 / burst 5"
        Rita approves it
        Ana executes it
        Omar declares at ipc1 that the app is live at ipc1: cut
        Theo hotfixes ipc1/prod for INC-7 with limit.conf "limit 50 / burst 5"
        Rita approves it
        Ana executes it
        the link is mended
        the sites are level"#,
    )
    .await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn the_merge_page_compares_by_value_too() {
    let mut stage = Stage::new(&Ground::Memory).await;
    told(
        &mut stage,
        r#"the pipeline delivers 1 at ipc2 with a.yaml "id: r1 / level: 5 / note: x"
        1 goes live in ipc2/sl, ipc1/sl, ipc2/prod and ipc1/prod
        Omar declares at ipc2 that the app is live at ipc1: rehearsal
        the sites are level
        Theo hotfixes ipc1/prod for INC-8 with a.yaml "id: r1 / level: 7 / note: x"
        Rita approves it
        Ana executes it
        the sites are level
        the pipeline delivers 2 at ipc2 with a.yaml "id: r1 / level: 5 / note: y"
        2 goes live in ipc2/sl and ipc2/prod"#,
    )
    .await;
    let address = "/hotfixes/new/merge?ruleset=crs&hotfix=1%2Bipc1.1&environment=ipc2%2Fprod";
    let page = stage.page("ipc2", "theo", address).await.unwrap();
    let values = page.select("details.rule details.values > summary");
    assert_eq!(values, ["YAML values: 1 changed"], "{}", page.text);
    let row = page.select("details.values tbody tr").join(" ");
    assert!(row.contains("level"), "{row}");
}

async fn post(stage: &Stage<'_>, who: &str, address: &str, fields: &[(&str, &str)]) -> Answer {
    let world = stage.at("ipc2").unwrap();
    let cookie = world.sign_in(who).await;
    world.post(&cookie, address, fields).await
}

const BROUGHT: [(&str, &str); 3] = [
    ("ruleset", "crs"),
    ("hotfix", "1+ipc1.1"),
    ("environment", "ipc2/prod"),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    BROUGHT.iter().chain(more).copied().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hotfix_is_brought_by_its_form() {
    let mut stage = hotfixed_at_ipc1().await;
    let page = stage.page("ipc2", "lucy", "/sites/between").await.unwrap();
    assert!(page.select("#offered li")[0].contains("crs 1+ipc1.1"));
    assert_eq!(
        page.select("#offered li button"),
        ["Ask to bring it", "Leave it there"]
    );
    let page = stage.page("ipc2", "theo", "/sites/between").await.unwrap();
    let held = page.select("#offered .held p").join(" ");
    assert!(held.contains("ana or lucy can"), "{held}");

    let fields = with(&[("reason", "ipc2 takes over")]);
    let refused = post(&stage, "theo", "/sites/between/bring", &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let form = page.attribute("#offered form", "id");
    assert!(form.is_empty(), "nothing to send for who may not: {form:?}");
    let page = stage.page("ipc2", "lucy", "/sites/between").await.unwrap();
    let name = page.attribute("#offered form input[name=form]", "value")[0].clone();
    let mute = with(&[("form", &name), ("reason", " ")]);
    let silent = post(&stage, "lucy", "/sites/between/bring", &mute).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        silent.select("#offered li .error"),
        ["The reason is missing."]
    );
    let asked = post(&stage, "lucy", "/sites/between/bring", &fields).await;
    let to = asked.header("location").to_owned();
    assert!(to.starts_with("/reviews/ipc2-"), "{to}");
    let page = stage.page("ipc2", "rita", &to).await.unwrap();
    assert!(
        page.select("h1")[0].contains("Bring hotfix"),
        "{:?}",
        page.select("h1")
    );
    assert!(page.select("h1")[0].contains("to ipc2/prod"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hotfix_is_left_where_it_is_once() {
    let stage = hotfixed_at_ipc1().await;
    let fields = with(&[("reason", "only <b>rehearsed</b>"), ("once", "x")]);
    let world = stage.at("ipc2").unwrap();
    let lucy = world.sign_in("lucy").await;
    for _ in 0..2 {
        let left = world.post(&lucy, "/sites/between/leave", &fields).await;
        let to = left.header("location");
        assert_eq!(to, "/sites/between?done=transfer-declined");
    }
    let mut stage = stage;
    let page = stage.page("ipc2", "otto", "/sites/between").await.unwrap();
    assert!(page.select("#decided li")[0].contains("left where it is by lucy"));
    assert!(!page.text.contains("<b>rehearsed"));
    let state = &stage.at("ipc2").unwrap().app.snapshot().state;
    assert!(state.offered_transfers(&"ipc2".parse().unwrap()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_is_offered_kept_and_applied() {
    let mut stage = hotfixed_at_ipc1().await;
    told(
        &mut stage,
        r#"the pipeline delivers 2 at ipc2 with limit.conf "limit 12 / burst 5 / window 60" and block.conf "block a / block b"
        2 goes live in ipc2/sl and ipc2/prod"#,
    )
    .await;
    let address = "/hotfixes/new/merge?ruleset=crs&hotfix=1%2Bipc1.1&environment=ipc2%2Fprod";
    let page = stage.page("ipc2", "theo", address).await.unwrap();
    let row = page.select("tbody tr").join(" ");
    assert!(
        row.contains("limit.conf") && row.contains("conflict"),
        "{row}"
    );
    assert!(row.contains("line 1 of what runs here"), "{row}");
    // What both changed waits unfolded.
    let open = page.select("form details.rule[open] > summary").join(" ");
    assert!(open.contains("write what both changed"), "{open}");
    let tally = page.select("section.card > header .tag").join(" ");
    assert!(!tally.is_empty(), "how much of it merged");
    assert_eq!(
        page.attribute("input[name=path-0]", "value"),
        ["limit.conf"]
    );
    assert!(
        page.select("textarea[name=text-0]")[0].starts_with("limit 12"),
        "what runs here stays"
    );
    let on_top_of = page.attribute("input[name=on_top_of]", "value").remove(0);
    let form = page.attribute("input[name=form]", "value").remove(0);

    let mut fields = vec![
        ("form", form.as_str()),
        ("ruleset", "crs"),
        ("on_top_of", on_top_of.as_str()),
        ("path-0", "limit.conf"),
        ("text-0", "limit 70\nburst 5\nwindow 60\n"),
        ("reason", "customers are locked out"),
        ("incident", "INC-8"),
        ("ends", "not a day"),
    ];
    let wrong = post(&stage, "theo", address, &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.select("textarea[name=text-0]")[0].starts_with("limit 70"),
        "the text is kept"
    );
    // Written on what runs no more: the merge is made anew, and what was typed stands above it.
    let hotfixed = stage.at("ipc2").unwrap().app.snapshot();
    let hotfixed = hotfixed.state.hotfix(&ruleset(), &version("1+ipc1.1"));
    let one = hotfixed.unwrap().on_top_of_checksum.to_string();
    let old_form = form.replace(&on_top_of, &one);
    assert_ne!(old_form, form, "the form is one about this pin");
    let mut old = fields.clone();
    (old[0].1, old[2].1) = (&old_form, &one);
    let moved = post(&stage, "theo", address, &old).await;
    assert_eq!(moved.status, StatusCode::CONFLICT, "{}", moved.text);
    let kept = moved.select("#refused textarea").join(" ");
    assert!(
        kept.contains("limit 70") && kept.contains("not a day"),
        "{kept}"
    );
    assert!(!kept.contains(&one), "only what somebody wrote: {kept}");
    assert!(moved.select("textarea[name=text-0]")[0].starts_with("limit 12"));
    let ends = stage.at("ipc2").unwrap().app.clock.now().to_rfc3339();
    fields.pop();
    fields.push(("ends", &ends[..10]));
    let made = post(&stage, "theo", address, &fields).await;
    let to = made.header("location").to_owned();
    assert!(
        to.starts_with("/reviews/ipc2-"),
        "{} {}",
        made.status,
        made.text
    );
    let state = stage.at("ipc2").unwrap().app.snapshot();
    let merged = state
        .state
        .hotfix(&ruleset(), &version("2+ipc2.1"))
        .unwrap();
    assert_eq!(merged.transfers, Some(version("1+ipc1.1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_is_closed_and_a_difference_accepted() {
    let mut stage = hotfixed_at_both().await;
    let world = stage.at("ipc2").unwrap();
    let token = world.token("pipeline", Scope::EVERYWHERE).await;
    let get = axum::http::Method::GET;
    let told = world
        .api(get, &token, "/api/v1/sites/between", "")
        .await
        .json();
    assert_eq!(told["pairs"][0]["finding"], "conflict");
    assert_eq!(told["offered"][0]["hotfix"], "1+ipc1.1");
    assert_eq!(told["offered"][0]["way"], "merge");
    assert_eq!(told["cold"][0]["cold"], "ipc2/prod");
    let get = axum::http::Method::GET;
    let sites = world.api(get, &token, "/api/v1/sites", "").await.json();
    assert_eq!(sites["sites"][0]["lag"], serde_json::Value::Null);
    assert_eq!(sites["sites"][1]["lag"]["is"], "known");
    let page = stage.page("ipc2", "lucy", "/sites/between").await.unwrap();
    let choices = page.attribute("#pairs input[type=radio]", "value");
    assert_eq!(
        choices,
        ["first", "second", "both"],
        "a conflict is no single fix"
    );
    let pair = [
        ("ruleset", "crs"),
        ("first", "1+ipc1.1"),
        ("second", "1+ipc2.1"),
        ("reason", "50 it is"),
    ];
    for (outcome, status) in [
        ("one", StatusCode::CONFLICT),
        ("", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let mut fields = pair.to_vec();
        fields.push(("outcome", outcome));
        let refused = post(&stage, "lucy", "/sites/between/pair", &fields).await;
        assert_eq!(refused.status, status, "{outcome}");
    }
    let mut fields = pair.to_vec();
    fields.push(("outcome", "first"));
    let closed = post(&stage, "lucy", "/sites/between/pair", &fields).await;
    assert_eq!(closed.header("location"), "/sites/between?done=pair-closed");

    let accept = [
        ("ruleset", "crs"),
        ("environment", "ipc2/prod"),
        ("reason", "until Monday"),
    ];
    let done = post(&stage, "lucy", "/sites/between/accept", &accept).await;
    assert_eq!(
        done.header("location"),
        "/sites/between?done=difference-accepted"
    );
    let again = post(&stage, "lucy", "/sites/between/accept", &accept).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let state = stage.at("ipc2").unwrap().app.snapshot();
    let cold = state.state.cold_differences();
    let found = cold.iter().find(|c| c.cold == environment("ipc2/prod"));
    assert!(found.unwrap().accepted.is_some());
}
