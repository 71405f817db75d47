use axum::http::StatusCode;
use rulegate_domain::command;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::verify::{Verified, Verifier};

use crate::harness::world::{Answer, World};

/// Two releases, one hotfix, all of it in the ledger of ipc2.
async fn story() -> World {
    let world = World::new().await;
    world
        .live("1", &[("a.conf", "one\n"), ("b.conf", "two\n")])
        .await;
    world.hotfix(&[("a.conf", "one fixed\n")]).await;
    world
        .release("2", &[("a.conf", "one\n"), ("b.conf", "two more\n")])
        .await;
    world
}

fn seqs(answer: &Answer) -> Vec<u64> {
    let seqs = answer.select(".log tbody td.seq");
    seqs.iter().map(|seq| seq.parse().unwrap()).collect()
}

fn verify(text: &str) -> Result<Verified, rulegate_ledger::verify::Fault> {
    let mut verifier = Verifier::default();
    for line in text.split_inclusive('\n') {
        verifier.take(line.as_bytes())?;
    }
    verifier.finish()
}

#[tokio::test]
async fn the_ledger_tells_every_fact_newest_first() {
    let world = story().await;
    let cookie = world.sign_in("otto").await;
    let page = world.get(&cookie, "/ledger").await;
    assert_eq!(page.status, StatusCode::OK);
    let shown = seqs(&page);
    let head = world.app.snapshot().state.own_ledger().head.seq;
    let expected: Vec<u64> = (1..=head).rev().collect();
    assert_eq!(shown, expected);
    let told = page.select(".log td.what");
    assert!(told.iter().all(|line| !line.contains("Unknown fact")));
    assert!(
        told[0].starts_with("Release committed by pipeline · crs 2"),
        "{}",
        told[0]
    );
    assert!(
        told[0].contains("may override 1+ipc2.1 in ipc2/prod"),
        "{}",
        told[0]
    );
    let hotfix = told
        .iter()
        .find(|line| line.starts_with("Hotfix activated"));
    let hotfix = hotfix.unwrap();
    assert!(hotfix.contains("by ana, approved by rita"), "{hotfix}");
    assert!(hotfix.contains("1 rule"), "{hotfix}");
    let links = page.attribute(".log td.what a", "href");
    assert!(links.contains(&"/rulesets/crs/versions/1%2Bipc2.1".to_owned()));
}

#[tokio::test]
async fn pages_turn_both_ways_and_lose_nothing() {
    let world = World::new().await;
    world.release("1", &[("a.conf", "one\n")]).await;
    let review = world.ask("1", &["ipc2/sl"]).await;
    for number in 0..120 {
        let text = format!("comment {number}");
        let review = review.clone();
        world
            .act("rita", command::Comment { review, text }.into())
            .await
            .unwrap();
    }
    let cookie = world.sign_in("otto").await;
    let (mut all, mut pages) = (Vec::new(), Vec::new());
    let mut address = "/ledger".to_owned();
    loop {
        let page = world.get(&cookie, &address).await;
        all.extend(seqs(&page));
        let older = page.attribute(".pager a[rel=next]", "href");
        pages.push(address);
        match older.first() {
            Some(next) => address = next.clone(),
            None => break,
        }
    }
    let head = world.app.snapshot().state.own_ledger().head.seq;
    assert_eq!(all, (1..=head).rev().collect::<Vec<u64>>());
    assert_eq!(pages.len(), 3);
    let last = world.get(&cookie, &pages[2]).await;
    let newer = last.attribute(".pager a[rel=prev]", "href").remove(0);
    let second = world.get(&cookie, &pages[1]).await;
    assert_eq!(seqs(&world.get(&cookie, &newer).await), seqs(&second));
    let broken = world.get(&cookie, "/ledger?older=nonsense").await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn filters_and_the_one_search_field() {
    let world = story().await;
    let cookie = world.sign_in("otto").await;
    let told = async |query: &str| {
        let page = world.get(&cookie, &format!("/ledger?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        page.select(".log td.what b")
    };
    assert_eq!(told("kind=release.").await, ["Release committed"; 2]);
    assert_eq!(told("person=rita&kind=review.approved").await.len(), 2);
    assert_eq!(
        told("kind=hotfix.committed&environment=ipc2%2Fprod").await,
        ["Hotfix made"]
    );
    assert!(told("environment=ipc1%2Fprod").await.is_empty());
    assert!(told("to=2001-01-01").await.is_empty());
    assert!(!told("from=2001-01-01&to=2999-01-01").await.is_empty());
    assert_eq!(
        told("q=locked+out&kind=hotfix.committed").await,
        ["Hotfix made"]
    );
    // A version's name, also of a hotfix; the beginning of a checksum; of an entry's own hash.
    assert!(
        told("q=1%2Bipc2.1")
            .await
            .contains(&"Hotfix activated".to_owned())
    );
    let state = &world.app.snapshot().state;
    let checksum = state.versions(&"crs".parse().unwrap())[0]
        .1
        .checksum
        .to_hex();
    assert_eq!(
        told(&format!("q={}", &checksum[..10])).await,
        ["Release committed"]
    );
    let third = world
        .app
        .entry(&"ipc2#3".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let hash = third.hash.to_hex();
    let page = world
        .get(&cookie, &format!("/ledger?q={}", &hash[..12]))
        .await;
    assert_eq!(seqs(&page), [3]);
    for direct in [hash.as_str(), "ipc2%233"] {
        let page = world.get(&cookie, &format!("/ledger?q={direct}")).await;
        assert_eq!(page.header("location"), "/ledger/ipc2/3");
    }
    for wrong in ["person=nobody", "from=2026-13-40", "site=%3Cscript%3E"] {
        let page = world.get(&cookie, &format!("/ledger?{wrong}")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert_eq!(page.select(".notice.bad").len(), 1, "{wrong}");
        assert!(!page.text.contains("<script>"), "{wrong}");
    }
    let kept = world.get(&cookie, "/ledger?q=%22%3E%3Cscript%3E").await;
    assert_eq!(kept.attribute("#f-q", "value"), ["\"><script>"]);
    assert!(!kept.text.contains("\"><script>"));
}

#[tokio::test]
async fn texts_that_hide_or_command_are_shown_as_they_are() {
    let world = World::new().await;
    world.release("1", &[("a.conf", "one\n")]).await;
    let review = world.ask("1", &["ipc2/sl"]).await;
    let text =
        "<script>alert(1)</script> safe\u{202e}drowssap\u{61c}\u{a0}: \u{2620}\u{fe0f}".to_owned();
    world
        .act("rita", command::Comment { review, text }.into())
        .await
        .unwrap();
    let cookie = world.sign_in("otto").await;
    let page = world.get(&cookie, "/ledger").await;
    assert!(!page.text.contains("<script>alert"));
    assert!(!page.text.contains('\u{202e}'));
    assert!(page.select(".log td.what")[0].contains("‹U+202E›drowssap‹U+061C›"));
    let head = world.app.snapshot().state.own_ledger().head.seq;
    let entry = world.get(&cookie, &format!("/ledger/ipc2/{head}")).await;
    assert!(!entry.text.contains("<script>alert"));
    assert_eq!(
        entry.select("pre .ctl"),
        ["U+202E", "U+061C", "U+202E", "U+061C"],
        "spaces of a language and the style of an emoji hide nothing"
    );
}

#[tokio::test]
async fn an_entry_shows_exactly_the_bytes_that_are_hashed() {
    let world = story().await;
    let cookie = world.sign_in("theo").await;
    let page = world.get(&cookie, "/ledger/ipc2/12").await;
    assert_eq!(page.status, StatusCode::OK);
    let bytes = world.get(&cookie, "/ledger/ipc2/12/bytes").await;
    assert!(
        bytes
            .header("content-disposition")
            .starts_with("attachment")
    );
    let hash = Digest::of(bytes.text.as_bytes()).to_hex();
    assert!(page.select(".secret code").contains(&hash));
    assert!(page.select("pre.raw")[1].contains(&bytes.text));
    let neighbours = page.attribute(".pager a", "href");
    assert_eq!(neighbours, ["/ledger/ipc2/13", "/ledger/ipc2/11"]);
    let next = world.get(&cookie, "/ledger/ipc2/13/bytes").await;
    assert!(next.text.contains(&format!("\"prev\":\"{hash}\"")));
    for missing in ["/ledger/ipc2/99999", "/ledger/ipc2/0", "/ledger/Nowhere!/1"] {
        let answer = world.get(&cookie, missing).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{missing}");
    }
}

#[tokio::test]
async fn the_export_proves_itself_and_any_change_is_found() {
    let world = story().await;
    let cookie = world.sign_in("otto").await;
    let export = world.get(&cookie, "/ledger/export.ndjson?site=ipc2").await;
    assert_eq!(export.status, StatusCode::OK);
    assert!(export.header("content-disposition").contains("attachment"));
    let head = world.app.snapshot().state.own_ledger().head;
    let verified = verify(&export.text).unwrap();
    assert_eq!((verified.entries, verified.head), (head.seq, head.hash));
    // Three manifests and four texts: each stands there once.
    assert_eq!(verified.contents, 7);
    let lines: Vec<&str> = export.text.split_inclusive('\n').collect();
    for gone in 0..lines.len() {
        let mut kept = lines.clone();
        kept.remove(gone);
        assert!(verify(&kept.concat()).is_err(), "line {gone} removed");
    }
    let changed = export.text.replacen("one fixed", "one mixed", 1);
    assert!(verify(&changed).unwrap_err().problem.contains("content"));
    let empty = world.get(&cookie, "/ledger/export.ndjson?site=ipc1").await;
    assert_eq!(verify(&empty.text).unwrap().entries, 0);
    let nowhere = world.get(&cookie, "/ledger/export.ndjson?site=ipc9").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn contents_that_are_no_text_are_exported_too() {
    let world = World::new().await;
    let texts = [(
        "a.bin".to_owned(),
        bytes::Bytes::from_static(b"\xff\x00\xfe"),
    )];
    let intake = rulegate::app::intake::Intake::of(texts.into_iter().collect()).unwrap();
    let command = command::CommitRelease {
        ruleset: "crs".parse().unwrap(),
        version: "1".parse().unwrap(),
        snapshot: world.app.keep(&intake).await.unwrap(),
        provenance: Default::default(),
        evidence: Vec::new(),
    }
    .into();
    world.act("pipeline", command).await.unwrap();
    let cookie = world.sign_in("otto").await;
    let export = world.get(&cookie, "/ledger/export.ndjson").await;
    assert!(export.text.contains("\"base64\":\"/wD+\""));
    assert_eq!(verify(&export.text).unwrap().contents, 2);
}

#[tokio::test]
async fn the_csv_is_safe_to_open_and_keeps_the_filters() {
    let world = story().await;
    let review = world.ask("2", &["ipc2/sl"]).await;
    let text = "=HYPERLINK(\"http://evil.example\")".to_owned();
    world
        .act("rita", command::Comment { review, text }.into())
        .await
        .unwrap();
    let cookie = world.sign_in("otto").await;
    let csv = world
        .get(&cookie, "/ledger/export.csv?kind=review.commented")
        .await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!(
        lines[0],
        "site,seq,time,person,kind,ruleset,environment,version,review,sentence,hash"
    );
    assert_eq!(lines.len(), 2, "{}", csv.text);
    assert!(lines[1].starts_with("ipc2,"));
    assert!(lines[1].contains(",\"Comment by rita"), "{}", lines[1]);
    let wrong = world.get(&cookie, "/ledger/export.csv?person=nobody").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn only_some_may_take_the_ledger_with_them() {
    let world = story().await;
    for (name, expected) in [
        ("otto", StatusCode::OK),
        ("ana", StatusCode::OK),
        ("adam", StatusCode::OK),
        ("theo", StatusCode::FORBIDDEN),
        ("rita", StatusCode::FORBIDDEN),
    ] {
        let cookie = world.sign_in(name).await;
        for address in ["/ledger/export.ndjson", "/ledger/export.csv"] {
            let answer = world.get(&cookie, address).await;
            assert_eq!(answer.status, expected, "{name} {address}");
        }
    }
    let cookie = world.sign_in("theo").await;
    let page = world.get(&cookie, "/ledger").await;
    assert_eq!(page.select("#take .held button[disabled]"), ["Export"]);
    assert!(page.select("#take .held p")[0].contains("auditor"));
}
