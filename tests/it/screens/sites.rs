use axum::http::StatusCode;
use rulegate_ledger::policy::Policy;

use crate::harness::world::{World, environment, ruleset};

#[tokio::test]
async fn holds_and_freezes_are_placed_and_lifted() {
    let world = World::new().await;
    world.live("1", &[("a.conf", "one\n")]).await;
    let omar = world.sign_in("omar").await;
    let fields = [
        ("ruleset", "crs"),
        ("lane", "prod"),
        ("reason", "quarter <b>end</b>"),
        ("once", "one"),
    ];
    for _ in 0..2 {
        let placed = world.post(&omar, "/sites/holds", &fields).await;
        assert_eq!(placed.header("location"), "/sites?done=held#stops");
    }
    let state = &world.app.snapshot().state;
    let holds = state.holds(&ruleset(), &environment("ipc2/prod"));
    assert_eq!(holds.len(), 1, "the same form sent twice holds once");
    let id = holds[0].id.to_string();
    let page = world.get(&omar, "/sites").await;
    assert!(page.select("#stops li")[0].contains("crs in ipc2/prod"));
    assert!(!page.text.contains("<b>end"));

    let theo = world.sign_in("theo").await;
    let page = world.get(&theo, "/sites").await;
    assert_eq!(page.select("#stops li .held button"), ["Lift it"]);
    assert!(page.select("#stops li .held p")[0].contains("omar"));
    let lift = [("id", id.as_str()), ("what", "hold"), ("reason", "over")];
    let refused = world.post(&theo, "/sites/stops/end", &lift).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let silent = [("id", id.as_str()), ("what", "hold"), ("reason", " ")];
    let refused = world.post(&omar, "/sites/stops/end", &silent).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let lifted = world.post(&omar, "/sites/stops/end", &lift).await;
    assert_eq!(lifted.header("location"), "/sites?done=lifted#stops");

    let freeze = |until| {
        [
            ("form", "freeze"),
            ("ruleset", ""),
            ("lane", "prod"),
            ("until", until),
            ("reason", "x"),
        ]
    };
    let past = world
        .post(&omar, "/sites/freezes", &freeze("2001-01-01T10:00"))
        .await;
    assert_eq!(past.status, StatusCode::UNPROCESSABLE_ENTITY);
    let never = world.post(&omar, "/sites/freezes", &freeze("soon")).await;
    assert_eq!(never.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(never.attribute("#f-freeze-reason", "value"), ["x"]);
    assert_eq!(
        never.attribute("#f-freeze-lane option[selected]", "value"),
        ["prod"]
    );
    let problem = never.select("#f-freeze-until-error");
    assert!(problem[0].contains("is no time"), "{problem:?}");
    assert_eq!(never.select("[role=alert]").len(), 1);
    let set = world
        .post(&omar, "/sites/freezes", &freeze("2999-01-01T10:00"))
        .await;
    assert_eq!(set.header("location"), "/sites?done=frozen#stops");
    let page = world.get(&omar, "/sites").await;
    assert!(page.select("#stops li")[0].contains("until 1 Jan 2999 10:00"));
    assert!(page.select("#stops li")[0].contains("every rule set in ipc2/prod"));
}

#[tokio::test]
async fn the_live_site_is_declared_by_operators() {
    let world = World::new().await;
    let fields = [("live", "ipc1"), ("reason", "ipc2 is down")];
    let ana = world.sign_in("ana").await;
    let refused = world.post(&ana, "/sites/live", &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let omar = world.sign_in("omar").await;
    let done = world.post(&omar, "/sites/live", &fields).await;
    assert_eq!(done.header("location"), "/sites?done=declared");
    assert_eq!(world.app.snapshot().state.live_site().as_str(), "ipc1");
    let again = world.post(&omar, "/sites/live", &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let nowhere = [("live", "ipc9"), ("reason", "x")];
    let refused = world.post(&omar, "/sites/live", &nowhere).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_waits_and_what_is_missing_is_named() {
    let world = World::new().await;
    world.release("1", &[("a.conf", "one\n")]).await;
    let review = world.ask("1", &["ipc2/sl", "ipc1/sl"]).await;
    world.execute_review("lucy", &review).await.unwrap();
    let omar = world.sign_in("omar").await;
    let page = world.get(&omar, "/sites").await;
    assert!(page.text.contains("not heard since this process started"));
    assert!(
        page.select(".table.cards tr")
            .iter()
            .any(|row| row.contains("crs 1"))
    );
    let waiting = page.select("#waiting li");
    assert_eq!(waiting.len(), 1);
    assert!(
        waiting[0].contains("bytes of 1 are not at ipc1"),
        "{}",
        waiting[0]
    );
    let id = page.attribute("#waiting input[name=id]", "value").remove(0);
    let fields = [("id", id.as_str()), ("reason", "not needed")];
    let theo = world.sign_in("theo").await;
    let refused = world.post(&theo, "/sites/intents/end", &fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let done = world.post(&omar, "/sites/intents/end", &fields).await;
    assert_eq!(done.header("location"), "/sites?done=cancelled#waiting");
    assert!(world.app.snapshot().state.waiting_intents().is_empty());
}

#[tokio::test]
async fn the_link_is_cut_in_the_demonstration_only() {
    let world = World::new().await;
    let omar = world.sign_in("omar").await;
    let answer = world.post(&omar, "/sites/link", &[("up", "false")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(world.app.is_linked());
    assert!(
        !world
            .get(&omar, "/sites")
            .await
            .text
            .contains("/sites/link")
    );
}

fn policy<'a>(production: &'a str, paths: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("form", "policy"),
        ("production", production),
        ("soft_launch", "0"),
        ("hotfix", "1"),
        ("hotfix_over_cap", "2"),
        ("recall", "1"),
        ("policy", "1"),
        ("rules_max", "5"),
        ("lines_max", "60"),
        ("days_max", "90"),
        ("paths", paths),
        ("reason", "more eyes"),
    ]
}

#[tokio::test]
async fn a_policy_is_asked_for_and_reviewed() {
    let world = World::new().await;
    let adam = world.sign_in("adam").await;
    for (production, paths, word) in [
        ("many", "**", "whole number"),
        ("99", "**", "nothing could ever be approved"),
        ("0", "**", "at least one approval"),
        ("1", "a[", "pattern"),
        ("1", "", "no path"),
    ] {
        let answer = world
            .post(&adam, "/policy", &policy(production, paths))
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{word}");
        assert!(answer.select("#refused")[0].contains(word), "{word}");
        assert_eq!(
            answer.attribute("#f-policy-production", "value"),
            [production]
        );
        assert!(answer.select("#f-policy-reason")[0].contains("more eyes"));
    }
    let same = world.post(&adam, "/policy", &policy("1", "**")).await;
    assert_eq!(same.status, StatusCode::CONFLICT);
    let asked = world
        .post(&adam, "/policy", &policy("2", "rules/**\r\nconf/*"))
        .await;
    assert!(asked.header("location").starts_with("/reviews/ipc2-"));
    assert_eq!(world.app.snapshot().state.policy(), Policy::default());
    let page = world.get(&adam, "/policy").await;
    assert_eq!(page.select(".notice.info").len(), 1);
    let rita = world.sign_in("rita").await;
    let page = world.get(&rita, "/policy").await;
    assert_eq!(page.select(".held button[disabled]"), ["Ask for a change"]);
    let refused = world.post(&rita, "/policy", &policy("2", "**")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_other_site_is_switched_off_in_the_demonstration_only() {
    use rulegate::app::{App, Clock};
    use rulegate::cli::serve::{portal, router};
    use rulegate::config::Config;
    use rulegate::store::Store;
    use rulegate_ledger::environment::Topology;
    use tower::ServiceExt as _;

    let mut world = World::new().await;
    let omar = world.sign_in("omar").await;
    let off = [("on", "false")];
    let refused = world.post(&omar, "/sites/power", &off).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);

    let config = |site: &str| Config {
        site: site.parse().unwrap(),
        topology: Topology::default(),
        listen: "127.0.0.1:0".parse().unwrap(),
        public_origin: None,
        demo: true,
    };
    let store = Store::open("memory:").await.unwrap();
    let other = App::start(config("ipc1"), store, Clock::default())
        .await
        .unwrap();
    let there = router(portal(other.clone(), None, Vec::new()).await);
    // The same people on a site of the demonstration.
    let store = world.app.store.clone();
    let here = App::start(config("ipc2"), store, Clock::default())
        .await
        .unwrap();
    world.router = router(portal(here, Some(other.clone()), Vec::new()).await);

    let ana = world.sign_in("ana").await;
    let refused = world.post(&ana, "/sites/power", &off).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let done = world.post(&omar, "/sites/power", &off).await;
    assert_eq!(done.header("location"), "/sites?done=site-off");
    assert!(!other.is_linked());
    let ask = || {
        let get = axum::http::Request::get("/api/v1");
        there
            .clone()
            .oneshot(get.body(axum::body::Body::empty()).unwrap())
    };
    assert_eq!(
        ask().await.unwrap().status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    let page = world.get(&omar, "/sites").await;
    let on = page.select("form[action='/sites/power'] button");
    assert_eq!(on, ["Switch ipc1 on"]);
    world.post(&omar, "/sites/power", &[("on", "true")]).await;
    assert_eq!(ask().await.unwrap().status(), StatusCode::OK);
}
