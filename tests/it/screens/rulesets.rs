//! Rule sets, their versions, and asking for an activation.

use axum::http::StatusCode;
use rulegate_ledger::review::Subject;

use crate::harness::world::{World, environment, ruleset, version};

const FIRST: &[(&str, &str)] = &[("a.conf", "one\n"), ("b.conf", "two\n")];
const SECOND: &[(&str, &str)] = &[("a.conf", "one\n"), ("b.conf", "two more\n")];

async fn story() -> World {
    let world = World::new().await;
    world.live("1", FIRST).await;
    world.hotfix(&[("a.conf", "one fixed\n")]).await;
    world.release("2", SECOND).await;
    world
}

#[tokio::test]
async fn the_list_names_what_runs_in_short() {
    let world = story().await;
    let cookie = world.sign_in("otto").await;
    let page = world.get(&cookie, "/rulesets").await;
    assert_eq!(page.status, StatusCode::OK);
    let row = page.select("tbody tr").join(" ");
    assert!(row.contains("crs") && row.contains("3 versions"), "{row}");
    assert!(row.contains("1+ipc2.1"), "{row}");
    assert_eq!(
        page.attribute("tbody th a", "href"),
        ["/rulesets/crs"],
        "the row leads to the rule set"
    );
}

#[tokio::test]
async fn a_version_stands_where_it_stands() {
    let world = story().await;
    let cookie = world.sign_in("ana").await;
    let page = world.get(&cookie, "/rulesets/crs").await;
    assert_eq!(page.status, StatusCode::OK);
    let rows = page.select(".card:last-of-type tbody tr");
    assert_eq!(rows.len(), 3);
    assert!(
        rows[0].starts_with("2 "),
        "the newest is on top: {}",
        rows[0]
    );
    assert!(
        rows[0].contains("may override a hotfix: verify by hand"),
        "{}",
        rows[0]
    );
    assert!(rows[0].contains("awaiting soft launch"), "{}", rows[0]);
    assert!(rows[0].contains("no commit"), "what is missing is said");
    assert!(rows[2].contains("inactive, was active here"), "{}", rows[2]);
    let baseline = page.select("section:first-of-type tbody tr")[1].clone();
    assert!(baseline.contains("1+ipc2.1") && baseline.contains("what differs"));
}

#[tokio::test]
async fn unknown_names_are_designed_pages() {
    let world = story().await;
    let cookie = world.sign_in("ana").await;
    for (address, status, code) in [
        ("/rulesets/other", 404, "unknown_ruleset"),
        ("/rulesets/-x", 422, "bad_name"),
        ("/rulesets/crs/versions/9", 404, "unknown_version"),
        (
            "/rulesets/crs/activate?version=9&target=ipc2/sl",
            404,
            "unknown_version",
        ),
        (
            "/rulesets/crs/activate?version=1&target=mars/sl",
            404,
            "unknown_environment",
        ),
    ] {
        let page = world.get(&cookie, address).await;
        assert_eq!(page.status.as_u16(), status, "{address}");
        assert!(
            page.select(".fault .status").join("").contains(code),
            "{address}: {:?}",
            page.select(".fault")
        );
    }
}

#[tokio::test]
async fn the_preview_says_what_would_be_lost_before_the_button() {
    let world = story().await;
    let cookie = world.sign_in("ana").await;
    let page = world
        .get(
            &cookie,
            "/rulesets/crs/activate?version=2&target=ipc2%2Fprod",
        )
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.select("#preview h2")[0].starts_with("Activate"));
    let lost = page.select("#hotfixes tbody tr");
    assert_eq!(lost.len(), 1);
    assert!(
        lost[0].contains("a.conf") && lost[0].contains("overridden"),
        "{}",
        lost[0]
    );
    let blocks = page.select("#gate .block").join(" ");
    assert!(
        blocks.contains("An open hotfix is not answered"),
        "{blocks}"
    );
    assert!(blocks.contains("Not passed in soft launch"), "{blocks}");
    let back = page.select("#back li").join(" ");
    assert!(back.contains("Roll back to 1"), "{back}");
    assert!(back.contains("loses 1 rule of open hotfixes"), "{back}");

    let page = world
        .get(
            &cookie,
            "/rulesets/crs/activate?version=1&target=ipc2%2Fprod",
        )
        .await;
    assert!(page.select("#preview h2")[0].starts_with("Roll back to"));
    let page = world
        .get(&cookie, "/rulesets/crs/activate?version=1&target=ipc2%2Fsl")
        .await;
    assert!(
        page.select(".card.bad .held")
            .join("")
            .contains("runs 1 already"),
        "what would be refused is refused in the preview"
    );
}

#[tokio::test]
async fn asking_opens_one_review_even_if_sent_twice() {
    let world = story().await;
    let cookie = world.sign_in("ana").await;
    let page = world
        .get(
            &cookie,
            "/rulesets/crs/activate?version=2&target=ipc2%2Fprod",
        )
        .await;
    let once = page.attribute("#ask input[name=once]", "value")[0].clone();
    let fields = [
        ("once", once.as_str()),
        ("version", "2"),
        ("target", "ipc2/prod"),
        ("reason", "it is time"),
    ];
    let first = world
        .post(&cookie, "/rulesets/crs/activations", &fields)
        .await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let second = world
        .post(&cookie, "/rulesets/crs/activations", &fields)
        .await;
    assert_eq!(first.header("location"), second.header("location"));
    assert!(first.header("location").ends_with("?done=activation-asked"));
    let state = world.app.snapshot();
    let open: Vec<_> = state
        .state
        .reviews()
        .into_iter()
        .filter(|review| review.reason == "it is time")
        .collect();
    assert_eq!(open.len(), 1);
    assert!(matches!(
        &open[0].subject,
        Subject::Activation { version: asked, targets, .. }
            if *asked == version("2") && targets == &[environment("ipc2/prod")]
    ));
    assert_eq!(
        state
            .state
            .pin(&ruleset(), &environment("ipc2/prod"))
            .unwrap()
            .version,
        version("1+ipc2.1"),
        "asking moves nothing"
    );
}

#[tokio::test]
async fn a_refused_form_comes_back_as_typed() {
    let world = story().await;
    let cookie = world.sign_in("ana").await;
    let nothing = [
        ("form", "ask"),
        ("version", "2"),
        ("target", "ipc2/prod"),
        ("reason", "  "),
    ];
    let page = world
        .post(&cookie, "/rulesets/crs/activations", &nothing)
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.select("[role=alert]")
            .join("")
            .contains("The reason is missing"),
        "{:?}",
        page.select(".problems")
    );
    assert_eq!(page.select("#f-ask-reason-error").len(), 1);
    let typed = [
        ("form", "ask"),
        ("version", "1"),
        ("target", "ipc2/sl"),
        ("reason", "kept <b>as typed</b>"),
    ];
    let page = world
        .post(&cookie, "/rulesets/crs/activations", &typed)
        .await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert_eq!(
        page.select("textarea[readonly]").last().unwrap(),
        "kept <b>as typed</b>",
        "text, not markup"
    );
}

#[tokio::test]
async fn others_see_the_act_held_and_are_refused() {
    let world = story().await;
    for name in ["rita", "theo", "mara", "omar", "otto", "adam"] {
        let cookie = world.sign_in(name).await;
        let page = world.get(&cookie, "/rulesets/crs").await;
        let held = page.select(".held").join(" ");
        assert!(held.contains("release-admin"), "{name}: {held}");
        let fields = [("version", "2"), ("target", "ipc2/prod"), ("reason", "x")];
        let before = world.app.snapshot().state.reviews().len();
        let answer = world
            .post(&cookie, "/rulesets/crs/activations", &fields)
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
        assert_eq!(world.app.snapshot().state.reviews().len(), before, "{name}");
    }
}
