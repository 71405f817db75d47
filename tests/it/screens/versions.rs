//! A version: provenance, history, acts, its rules as pages and files.

use axum::http::StatusCode;
use rulegate_domain::command;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::{Provenance, StageEvidence};

use crate::harness::world::{World, rules, ruleset, version};

const FIRST: &[(&str, &str)] = &[("a.conf", "one\n"), ("dir/b c.conf", "two\n")];

async fn release_with(world: &World, name: &str, provenance: Provenance) {
    let snapshot = world.app.keep(&rules(FIRST)).await.unwrap();
    let command = command::CommitRelease {
        ruleset: ruleset(),
        version: version(name),
        snapshot,
        provenance,
        evidence: Vec::new(),
    }
    .into();
    world.act("pipeline", command).await.unwrap();
}

#[tokio::test]
async fn provenance_says_equal_different_and_missing() {
    let world = World::new().await;
    let stage = |checksum| StageEvidence {
        build: Some("<i>7</i>".into()),
        checksum,
    };
    let provenance = Provenance {
        commit: None,
        e1: stage(Some(Digest::ZERO)),
        e2: stage(None),
        link: Some("https://example.org/r/1".into()),
    };
    release_with(&world, "1", provenance).await;
    let cookie = world.sign_in("otto").await;
    let page = world.get(&cookie, "/rulesets/crs/versions/1").await;
    assert_eq!(page.status, StatusCode::OK);
    let provenance = page.select("#provenance").join(" ");
    assert!(provenance.contains("build <i>7</i>"), "shown, not obeyed");
    assert!(provenance.contains("different") && provenance.contains("checksum missing"));
    assert!(provenance.contains("not given"));
    assert!(provenance.contains("xargs -d '\\n' sha256sum | sha256sum"));
    assert_eq!(
        page.attribute("#provenance a", "rel"),
        ["noopener noreferrer"]
    );
}

#[tokio::test]
async fn the_manifest_and_the_bundle_are_files_to_keep() {
    let world = World::new().await;
    world.release("1", FIRST).await;
    let cookie = world.sign_in("otto").await;
    let state = world.app.snapshot();
    let checksum = state
        .state
        .version(&ruleset(), &version("1"))
        .unwrap()
        .checksum;
    let manifest = world
        .get(&cookie, "/rulesets/crs/versions/1/manifest")
        .await;
    assert_eq!(manifest.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        manifest.header("content-disposition"),
        "attachment; filename=\"crs-1.sha256\""
    );
    assert_eq!(Digest::of(manifest.text.as_bytes()), checksum);
    let bundle = world.get(&cookie, "/rulesets/crs/versions/1/bundle").await;
    assert_eq!(bundle.header("content-type"), "application/x-tar");
    assert!(bundle.header("content-security-policy").contains("sandbox"));
    assert!(bundle.text.contains("dir/b c.conf"));
}

#[tokio::test]
async fn rules_are_filtered_and_linked() {
    let world = World::new().await;
    world.release("1", FIRST).await;
    let cookie = world.sign_in("otto").await;
    let page = world
        .get(&cookie, "/rulesets/crs/versions/1?filter=DIR")
        .await;
    assert_eq!(page.select("#rules tbody a"), ["dir/b c.conf"]);
    let href = page.attribute("#rules tbody a", "href")[0].clone();
    let rule = world.get(&cookie, &href).await;
    assert_eq!(rule.status, StatusCode::OK);
    assert_eq!(rule.select("h1"), ["dir/b c.conf"]);
    assert_eq!(rule.select("td.t"), ["two"]);
    let none = world
        .get(&cookie, "/rulesets/crs/versions/1?filter=%3Cx%3E&page=99")
        .await;
    assert!(none.select("#rules .empty b")[0].contains("No rule matches"));
    let missing = world
        .get(&cookie, "/rulesets/crs/versions/1/rules/no.conf")
        .await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn hidden_and_hostile_characters_are_shown_never_obeyed() {
    let world = World::new().await;
    let text = "plain\nevil \u{202e}txt\u{200b} <script>alert(1)</script>\np\u{0430}ypal\n";
    world.release("1", &[("x.html", text)]).await;
    let cookie = world.sign_in("otto").await;
    let page = world
        .get(&cookie, "/rulesets/crs/versions/1/rules/x.html")
        .await;
    assert!(!page.text.contains('\u{202e}'));
    assert!(!page.text.contains("<script>alert"));
    assert!(
        page.select(".ctl")
            .iter()
            .any(|mark| mark.contains("U+202E"))
    );
    assert_eq!(page.select(".odd").len(), 1);
    assert!(
        page.select(".notice.warn")
            .join(" ")
            .contains("2 lines hold"),
        "{:?}",
        page.select(".notice")
    );
    let raw = world
        .get(&cookie, "/rulesets/crs/versions/1/raw/x.html")
        .await;
    assert_eq!(raw.text, text);
    assert_eq!(raw.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        raw.header("content-disposition"),
        "attachment; filename=\"x.html\""
    );
    assert_eq!(
        raw.header("content-security-policy"),
        "default-src 'none'; sandbox"
    );
    assert_eq!(raw.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn a_validator_says_how_it_went_and_others_cannot() {
    let world = World::new().await;
    world.release("1", FIRST).await;
    let mara = world.sign_in("mara").await;
    let address = "/rulesets/crs/versions/1";
    let page = world.get(&mara, address).await;
    let held = page.select("#soft-launch .held").join(" ");
    assert!(held.contains("never ran in soft launch"), "{held}");
    let review = world.ask("1", &["ipc2/sl"]).await;
    world.execute_review("lucy", &review).await.unwrap();

    let post = format!("{address}/validations");
    let fields = [
        ("form", "validation"),
        ("outcome", ""),
        ("note", "kept"),
        ("links", ""),
    ];
    let page = world.post(&mara, &post, &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.select("#f-validation-note"), ["kept"]);
    let fields = [
        ("outcome", "passed"),
        ("note", "fine"),
        ("links", "javascript:alert(1)"),
    ];
    let page = world.post(&mara, &post, &fields).await;
    assert_eq!(
        page.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "no such link"
    );
    let rita = world.sign_in("rita").await;
    let fields = [
        ("outcome", "passed"),
        ("note", "fine"),
        ("links", "https://example.org/t\n"),
    ];
    let page = world.post(&rita, &post, &fields).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let done = world.post(&mara, &post, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(
        done.header("location"),
        "/rulesets/crs/versions/1?done=validated#soft-launch"
    );
    let page = world.get(&rita, address).await;
    let words = page.select("#soft-launch li").join(" ");
    assert!(
        words.contains("passed") && words.contains("fine"),
        "{words}"
    );
    assert!(words.contains("https://example.org/t"), "{words}");
}

#[tokio::test]
async fn a_recall_waits_in_its_review() {
    let world = World::new().await;
    world.release("1", FIRST).await;
    let address = "/rulesets/crs/versions/1/recall";
    let theo = world.sign_in("theo").await;
    let page = world.post(&theo, address, &[("reason", "bad")]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let ana = world.sign_in("ana").await;
    let done = world.post(&ana, address, &[("reason", "bad")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert!(done.header("location").ends_with("?done=recall-asked"));
    let id = world.app.snapshot().state.reviews()[0].id.clone();
    world.approve("rita", &id).await.unwrap();
    world.execute_review("ana", &id).await.unwrap();
    let page = world.get(&ana, "/rulesets/crs/versions/1").await;
    assert!(
        page.select(".notice.bad")
            .join("")
            .contains("Recalled. bad")
    );
    assert!(
        page.select("#recall .held")
            .join("")
            .contains("is recalled"),
        "it cannot be asked for twice"
    );
}
