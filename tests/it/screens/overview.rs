//! What runs where: the matrix, the three facts of drift, what waits, hotfix debt, the picture.

use axum::http::StatusCode;
use rulegate_domain::command;

use crate::harness::world::{World, environment, rules, ruleset, version};

const FIRST: &[(&str, &str)] = &[("a.conf", "one\n"), ("b.conf", "two\n")];

#[tokio::test]
async fn an_empty_site_says_what_comes_first() {
    let world = World::new().await;
    let cookie = world.sign_in("otto").await;
    let page = world.get(&cookie, "/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.select("h1"), ["What runs where"]);
    let empty = page.select(".empty b");
    assert_eq!(
        empty,
        ["No rule set yet", "Nothing waits on you", "No open hotfix"]
    );
    let notice = page.select(".notice.warn p").join(" ");
    assert!(
        notice.contains("ipc1 has not been heard from"),
        "what is not known is said: {notice}"
    );
}

#[tokio::test]
async fn the_matrix_tells_pins_and_drift_apart() {
    let world = World::new().await;
    world.live("1", FIRST).await;
    world.hotfix(&[("a.conf", "one fixed\n")]).await;
    let cookie = world.sign_in("ana").await;
    let page = world.get(&cookie, "/").await;
    let cells = page.select(".matrix td");
    assert_eq!(cells.len(), 4, "one cell an environment: {cells:?}");
    assert!(cells[0].contains("1") && cells[0].contains("passed"));
    assert!(cells[1].contains("1+ipc2.1"), "{}", cells[1]);
    assert!(cells[1].contains("1 open hotfix"), "{}", cells[1]);
    assert!(cells[1].contains("differs from plan"), "{}", cells[1]);
    assert!(
        !cells[1].contains("differs from pin"),
        "nothing was observed: {}",
        cells[1]
    );
    assert!(cells[3].contains("not known here"), "{}", cells[3]);

    observe(
        &world,
        &[("a.conf", "somebody else\n"), ("b.conf", "two\n")],
    )
    .await;
    let page = world.get(&cookie, "/").await;
    let cell = &page.select(".matrix td")[1];
    assert!(cell.contains("differs from plan"), "{cell}");
    assert!(cell.contains("differs from pin: 1 rule"), "{cell}");
    let todo = page.select("#waiting li").join(" ");
    assert!(todo.contains("Explain drift of crs in ipc2/prod"), "{todo}");
    let auditor = world.sign_in("otto").await;
    let todo = world.get(&auditor, "/").await.select("#waiting").join(" ");
    assert!(
        todo.contains("Nothing waits on you"),
        "an auditor cannot explain drift: {todo}"
    );
}

async fn observe(world: &World, texts: &[(&str, &str)]) {
    let intake = rules(texts);
    let snapshot = world.app.keep(&intake).await.unwrap();
    let state = world.app.snapshot();
    let at = environment("ipc2/prod");
    let pin = state.state.pin(&ruleset(), &at).unwrap().checksum;
    let before = world.app.manifest(&pin).await.unwrap();
    let command = command::RecordObservation {
        ruleset: ruleset(),
        environment: at,
        checksum: snapshot.checksum,
        pin,
        changes: before.differences(&intake.manifest),
    }
    .into();
    world.act("omar", command).await.unwrap();
}

#[tokio::test]
async fn what_waits_names_the_risk_and_debt_names_the_loss() {
    let world = World::new().await;
    world.live("1", FIRST).await;
    world.hotfix(&[("a.conf", "one fixed\n")]).await;
    let cookie = world.sign_in("rita").await;
    let debt = world.get(&cookie, "/").await.select("#debt li").join(" ");
    assert!(debt.contains("no newer planned version"), "{debt}");

    world
        .release("2", &[("a.conf", "one\n"), ("b.conf", "two more\n")])
        .await;
    let review = world.ask("2", &["ipc2/prod"]).await;
    let page = world.get(&cookie, "/").await;
    let todo = page.select("#waiting li").join(" ");
    assert!(todo.contains("Activate crs 2 in ipc2/prod"), "{todo}");
    assert!(todo.contains("may undo a hotfix"), "{todo}");
    assert!(todo.contains("0 of 1 approval"), "{todo}");
    let to = page.attribute("#waiting li a", "href");
    assert_eq!(to, [format!("/reviews/{review}")]);
    let debt = page.select("#debt li").join(" ");
    assert!(
        debt.contains("2, asked for, would lose 1 of 1 rule"),
        "{debt}"
    );
    assert!(!debt.contains("overdue"), "{debt}");

    world
        .app
        .clock
        .set_offset_us(11 * rulegate_ledger::ids::Timestamp::DAY_US);
    let later = world.sign_in("rita").await;
    let page = world.get(&later, "/").await;
    assert_eq!(page.select("#debt .tag.bad"), ["overdue"]);
    let bars = page.select(".timeline svg svg title");
    assert!(
        bars.iter()
            .any(|bar| bar.contains("1+ipc2.1 in ipc2/prod, hotfix")),
        "{bars:?}"
    );
}

#[tokio::test]
async fn a_hostile_reason_stays_text() {
    let world = World::new().await;
    world.live("1", FIRST).await;
    let hold = command::PlaceHold {
        ruleset: Some(ruleset()),
        lane: Some("prod".parse().unwrap()),
        reason: "\"><script>alert(1)</script>".into(),
    }
    .into();
    world.act("omar", hold).await.unwrap();
    let cookie = world.sign_in("theo").await;
    let page = world.get(&cookie, "/").await;
    assert!(page.select(".matrix .tag.warn").contains(&"on hold".into()));
    assert!(page.select("script").iter().all(|text| text.is_empty()));
    assert!(!page.text.contains("<script>alert"));
    assert!(page.text.contains("New hotfix"));
    assert_eq!(version("1").as_str(), "1");
}
