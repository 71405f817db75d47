//! The review as the place to judge hotfixes: what was seen, what goes back to the author, five hundred rules.

use axum::http::StatusCode;
use rulegate_domain::command;
use rulegate_ledger::ids::ReviewId;

use crate::harness::world::{Answer, World, ruleset, version};

/// 1 live, a hotfix on it, 2 released without it, passed, and asked for in production.
async fn asked(
    one: &[(&str, &str)],
    hotfix: &[(&str, &str)],
    two: &[(&str, &str)],
) -> (World, ReviewId) {
    let world = World::new().await;
    world.live("1", one).await;
    hotfixed(&world, hotfix).await;
    world.release("2", two).await;
    let sl = world.ask("2", &["ipc2/sl"]).await;
    world.execute_review("lucy", &sl).await.unwrap();
    world.validate("2", true).await;
    let review = world.ask("2", &["ipc2/prod"]).await;
    (world, review)
}

/// A hotfix with the approvals that one over the cap needs.
pub async fn hotfixed(world: &World, texts: &[(&str, &str)]) {
    let review = world.propose_hotfix(texts).await.unwrap();
    for name in ["rita", "tom"] {
        world.approve(name, &review).await.unwrap();
    }
    world.execute_review("ana", &review).await.unwrap();
}

async fn two_rules() -> (World, ReviewId) {
    asked(
        &[("a.conf", "one\n"), ("b.conf", "two\nx\n")],
        &[("a.conf", "one fixed\n"), ("b.conf", "two fixed\nx\n")],
        &[("a.conf", "one\n"), ("b.conf", "two\nx\ny\n")],
    )
    .await
}

fn of(review: &ReviewId, rest: &str) -> String {
    format!("/reviews/{review}{rest}")
}

/// The fields of the opened rule's mark, as the page gives them.
fn mark(page: &Answer, seen: &'static str) -> Vec<(&'static str, String)> {
    let one = |name: &'static str| {
        let css = format!("#rule form[action$=seen] input[name={name}]");
        (name, page.attribute(&css, "value").remove(0))
    };
    vec![
        one("environment"),
        one("hotfix"),
        one("path"),
        one("sight"),
        ("seen", seen.to_owned()),
    ]
}

async fn send(world: &World, cookie: &str, review: &ReviewId, fields: &[(&str, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    world.post(cookie, &of(review, "/seen"), &fields).await
}

fn progress(page: &Answer) -> String {
    page.select("#hotfix-1 .progress small").join("; ")
}

#[tokio::test]
async fn what_was_seen_is_kept_for_each_person_and_leads_to_the_next() {
    let (world, review) = two_rules().await;
    let (rita, tom) = (world.sign_in("rita").await, world.sign_in("tom").await);
    let before = world.app.trail(&review).await.unwrap().len();
    let page = world.get(&rita, &of(&review, "")).await;
    assert_eq!(progress(&page), "0 of 2 seen by you");
    assert_eq!(page.select("#rule h3"), ["a.conf"]);
    let fields = mark(&page, "true");
    let marked = send(&world, &rita, &review, &fields).await;
    assert_eq!(marked.header("location"), of(&review, "?done=seen#rule"));
    // Once more does no harm.
    send(&world, &rita, &review, &fields).await;
    let page = world.get(&rita, &of(&review, "")).await;
    assert_eq!(progress(&page), "1 of 2 seen by you");
    assert_eq!(
        page.select("#rule h3"),
        ["b.conf"],
        "the next one is opened"
    );
    assert_eq!(
        progress(&world.get(&tom, &of(&review, "")).await),
        "0 of 2 seen by you"
    );
    // A new sign-in knows it too; it is no fact of the ledger.
    let again = world.sign_in("rita").await;
    assert_eq!(
        progress(&world.get(&again, &of(&review, "")).await),
        "1 of 2 seen by you"
    );
    assert_eq!(world.app.trail(&review).await.unwrap().len(), before);
    let page = world.get(&rita, &of(&review, "?rule=a.conf")).await;
    assert_eq!(page.select("#rule [data-seen]"), ["Not seen after all"]);
    let back = send(&world, &rita, &review, &mark(&page, "false")).await;
    assert!(
        back.header("location").contains("rule=a.conf"),
        "{}",
        back.header("location")
    );
    assert_eq!(
        progress(&world.get(&rita, &of(&review, "")).await),
        "0 of 2 seen by you"
    );
}

#[tokio::test]
async fn a_rule_reopens_only_when_its_texts_changed() {
    let (world, review) = two_rules().await;
    let rita = world.sign_in("rita").await;
    let mut stale = Vec::new();
    for path in ["a.conf", "b.conf"] {
        let page = world
            .get(&rita, &of(&review, &format!("?rule={path}")))
            .await;
        let fields = mark(&page, "true");
        send(&world, &rita, &review, &fields).await;
        stale = fields;
    }
    assert_eq!(
        progress(&world.get(&rita, &of(&review, "")).await),
        "2 of 2 seen by you"
    );
    // Another hotfix of b.conf goes live: what b.conf shows is another text now, a.conf is as it was.
    world.hotfix(&[("b.conf", "two fixed better\nx\n")]).await;
    let page = world.get(&rita, &of(&review, "")).await;
    let rows = page.select("#hotfix-1 tbody tr");
    assert!(
        rows.iter()
            .any(|row| row.contains("a.conf") && row.contains("seen")),
        "{rows:?}"
    );
    assert!(
        rows.iter()
            .any(|row| row.contains("b.conf") && !row.contains("seen")),
        "{rows:?}"
    );
    assert_eq!(page.select("#rule h3"), ["b.conf"]);
    // A page that showed the old texts cannot mark the new ones.
    let answer = send(&world, &rita, &review, &stale).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer
            .text
            .contains("The texts changed since this page was made")
    );
    assert_eq!(
        progress(&world.get(&rita, &of(&review, "")).await),
        "1 of 2 seen by you"
    );
}

#[tokio::test]
async fn a_mark_for_what_is_not_there_is_refused() {
    let (world, review) = two_rules().await;
    let (rita, pods) = (world.sign_in("rita").await, "rulegate=x");
    let page = world.get(&rita, &of(&review, "")).await;
    for (name, value) in [
        ("path", "c.conf"),
        ("sight", "nonsense"),
        ("hotfix", "9+ipc2.9"),
    ] {
        let mut fields = mark(&page, "true");
        fields.iter_mut().find(|(n, _)| *n == name).unwrap().1 = value.to_owned();
        let answer = send(&world, &rita, &review, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
    let answer = send(&world, pods, &review, &mark(&page, "true")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "to the sign-in page");
    assert_eq!(
        progress(&world.get(&rita, &of(&review, "")).await),
        "0 of 2 seen by you"
    );
}

#[tokio::test]
async fn a_hotfix_review_keeps_marks_too() {
    let world = World::new().await;
    world
        .live("1", &[("a.conf", "one\n"), ("b.conf", "two\n")])
        .await;
    let hotfix = [("a.conf", "one fixed\n"), ("b.conf", "two other\n")];
    let review = world.propose_hotfix(&hotfix).await.unwrap();
    let rita = world.sign_in("rita").await;
    let page = world.get(&rita, &of(&review, "")).await;
    send(&world, &rita, &review, &mark(&page, "true")).await;
    let page = world.get(&rita, &of(&review, "")).await;
    assert_eq!(page.select(".progress small"), ["1 of 2 seen by you"]);
    assert_eq!(page.select("#rule summary .mono"), ["b.conf"]);
    assert_eq!(page.select("details.rule.seen summary .mono"), ["a.conf"]);
}

#[tokio::test]
async fn views_of_one_rule_name_whose_lines_they_are() {
    let (world, review) = two_rules().await;
    let rita = world.sign_in("rita").await;
    let page = async |view: &str| {
        let address = of(&review, &format!("?rule=b.conf&view={view}"));
        world.get(&rita, &address).await
    };
    let three = page("three").await;
    assert_eq!(three.select("#rule thead th").len(), 3);
    let sides = page("sides").await;
    assert_eq!(sides.select("#rule thead th").len(), 2);
    assert!(
        sides
            .select("#rule td.gone")
            .iter()
            .any(|t| t.contains("two fixed"))
    );
    for (view, lost) in [
        ("three", true),
        ("sides", true),
        ("unified", true),
        ("hotfix", false),
    ] {
        let page = page(view).await;
        let note = page.select("#rule tr.note").join(" ");
        for words in ["1+ipc2.1", "theo", "INC-1"] {
            assert!(note.contains(words), "{view}: {note}");
        }
        assert_eq!(page.select("#rule td.t.gone").is_empty(), !lost, "{view}");
        assert!(!page.select("#rule [data-finding]").is_empty(), "{view}");
        assert_eq!(
            page.attribute("#rule .seg a[aria-current]", "href").len(),
            1
        );
    }
    // Rules are stepped through by links.
    let first = world.get(&rita, &of(&review, "?rule=a.conf")).await;
    let next = first.attribute("#rule a[data-step=next]", "href").remove(0);
    assert!(next.contains("rule=b.conf"), "{next}");
    assert!(first.select("#rule a[data-step=previous]").is_empty());
}

#[tokio::test]
async fn what_the_verdict_passes_over_is_not_painted_as_lost() {
    let (world, review) = asked(
        &[("a.conf", "# ver.1.0\nlimit=1\n"), ("b.conf", "b=1\n")],
        &[("a.conf", "# ver.1.1\nlimit=2\n"), ("b.conf", "b=2\n")],
        &[("a.conf", "# ver.2.0\nlimit=2\n"), ("b.conf", "b=3\n")],
    )
    .await;
    let rita = world.sign_in("rita").await;
    for view in ["three", "sides", "unified"] {
        let page = async |rule: &str| {
            let address = of(&review, &format!("?rule={rule}&view={view}"));
            world.get(&rita, &address).await
        };
        let included = page("a.conf").await;
        assert_eq!(
            included.select("#rule > header .tag")[0],
            "included",
            "{view}"
        );
        let lost = included.select("#rule td.t.gone");
        assert!(lost.is_empty(), "{view}: {lost:?}");
        let lost = page("b.conf").await.select("#rule td.t.gone");
        assert_eq!(lost.len(), 1, "{view}: {lost:?}");
    }
}

#[tokio::test]
async fn a_closed_review_still_says_whose_the_lines_were() {
    let (world, review) = two_rules().await;
    let rita = world.sign_in("rita").await;
    let fields = [
        ("environment", "ipc2/prod"),
        ("hotfix", "1+ipc2.1"),
        ("path", "a.conf"),
        ("path", "b.conf"),
        ("answer", "loss"),
        ("text", "not needed"),
    ];
    let answered = world.post(&rita, &of(&review, "/answers"), &fields).await;
    assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.text);
    world.approve("tom", &review).await.unwrap();
    let withdraw = command::Withdraw {
        review: review.clone(),
        reason: "another day".into(),
    }
    .into();
    world.act("lucy", withdraw).await.unwrap();
    // It is not even open any more: what a closed review was about stays told.
    let discard = command::DiscardHotfix {
        ruleset: ruleset(),
        hotfix: version("1+ipc2.1"),
        reason: "the fraud stopped".into(),
    }
    .into();
    world.act("ana", discard).await.unwrap();
    for view in ["three", "sides", "unified", "hotfix"] {
        let address = of(&review, &format!("?rule=b.conf&view={view}"));
        let page = world.get(&rita, &address).await;
        let note = page.select("#rule tr.note").join(" ");
        for words in ["1+ipc2.1", "theo", "INC-1"] {
            assert!(note.contains(words), "{view}: {note}");
        }
    }
}

#[tokio::test]
async fn answering_a_rule_skips_none_on_the_next_page() {
    let paths: Vec<String> = (0..90).map(|n| format!("r{n:02}.conf")).collect();
    let lent = |word: &dyn Fn(usize) -> String| -> Vec<(&'static str, &'static str)> {
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        let texts = paths.iter().enumerate();
        texts
            .map(|(n, path)| (leak(path.clone()), leak(format!("name {}\n", word(n)))))
            .collect()
    };
    let one = lent(&|n| format!("w{n}"));
    let two = lent(&|n| format!("w{n} fixed{n} more{n}"));
    let (world, review) = asked(&one, &two, &one).await;
    let rita = world.sign_in("rita").await;
    let page = world.get(&rita, &of(&review, "")).await;
    let rules = |page: &Answer| page.select("#hotfix-1 tbody td.mono");
    assert_eq!(
        (rules(&page).len(), &rules(&page)[39][..]),
        (40, "r39.conf")
    );
    let pager = page.select(".pager > span").join("");
    assert_eq!(pager, "rules and groups 1 to 40 of 90");
    let next = page.attribute(".pager a[rel=next]", "href").remove(0);
    // Answered rules go to the end of the list.
    for path in ["r00.conf", "r07.conf"] {
        let fields = [
            ("environment", "ipc2/prod"),
            ("hotfix", "1+ipc2.1"),
            ("path", path),
            ("answer", "loss"),
            ("text", "not needed"),
        ];
        let answered = world.post(&rita, &of(&review, "/answers"), &fields).await;
        assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.text);
    }
    let second = world.get(&rita, &next).await;
    assert_eq!(rules(&second)[0], "r40.conf");
    let back = second.attribute(".pager a[rel=prev]", "href").remove(0);
    let first = world.get(&rita, &back).await;
    assert_eq!(rules(&first).last().unwrap(), "r39.conf");
    // A link by number, as they were, still leads to a page.
    let old = world.get(&rita, &of(&review, "?of=1&page=2")).await;
    assert_eq!(rules(&old)[0], "r42.conf");
}

#[tokio::test]
async fn five_hundred_rules_are_paged_answered_together_and_recorded_one_by_one() {
    let alike: Vec<String> = (0..400).map(|n| format!("alike/{n:03}.conf")).collect();
    let alone: Vec<String> = (0..100).map(|n| format!("alone/{n:03}.conf")).collect();
    let texts = |ver: &str, word: &dyn Fn(usize) -> String| -> Vec<(String, String)> {
        let alike = alike.iter().enumerate();
        let alike = alike.map(|(n, p)| (p.clone(), format!("rule {n}\nlimit {ver}\n")));
        let alone = alone.iter().enumerate();
        let alone = alone.map(|(n, p)| (p.clone(), format!("rule {n}\nname {} end\n", word(n))));
        alike.chain(alone).collect()
    };
    let lent = |texts: &[(String, String)]| -> Vec<(&'static str, &'static str)> {
        let leak = |text: &String| -> &'static str { Box::leak(text.clone().into_boxed_str()) };
        texts.iter().map(|(p, t)| (leak(p), leak(t))).collect()
    };
    let one = lent(&texts("10", &|n| format!("w{n}")));
    let two = lent(&texts("11", &|n| format!("w{n} fixed{n} more{n}")));
    let (world, review) = asked(&one, &two, &one).await;
    let rita = world.sign_in("rita").await;
    let page = world.get(&rita, &of(&review, "")).await;
    assert_eq!(
        page.select("#hotfix-1 tbody tr").len(),
        40,
        "a page of those that stand alone"
    );
    let second = page.attribute(".pager a[rel=next]", "href").remove(0);
    let second = world.get(&rita, &second).await;
    let third = second.attribute(".pager a[rel=next]", "href").remove(0);
    let page = world.get(&rita, &third).await;
    assert_eq!(
        page.select(".pager > span"),
        ["rules and groups 81 to 101 of 101", ""]
    );
    assert!(page.select("#hotfix-1 tbody tr")[19].contains("alone/099.conf"));
    assert_eq!(page.select("details#alike-1-1 tbody tr").len(), 20);
    assert!(page.select("details#alike-1-1 footer")[0].contains("380 more rules are not listed"));
    let all = world.get(&rita, &of(&review, "?alike=alike-1-1")).await;
    assert_eq!(all.select("details#alike-1-1[open] tbody tr").len(), 400);
    // The whole group is marked as seen and answered in one form, and stands one by one in the ledger.
    let form = "details#alike-1-1 form";
    let value = |name: &str| page.attribute(&format!("{form} input[name={name}]"), "value");
    let paths = value("path");
    assert_eq!(paths.len(), 400);
    let (shown, once) = (value("sight").remove(0), value("once").remove(0));
    let mut fields = vec![
        ("environment", "ipc2/prod"),
        ("hotfix", "1+ipc2.1"),
        ("sight", &shown),
        ("once", &once),
    ];
    fields.extend(paths.iter().map(|path| ("path", path.as_str())));
    let mut seen = fields.clone();
    seen.push(("seen", "true"));
    let marked = world.post(&rita, &of(&review, "/seen"), &seen).await;
    assert_eq!(marked.status, StatusCode::SEE_OTHER, "{}", marked.text);
    fields.extend([("answer", "loss"), ("text", "the limit went elsewhere")]);
    for _ in 0..2 {
        let answered = world.post(&rita, &of(&review, "/answers"), &fields).await;
        assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.text);
    }
    let trail = world.app.trail(&review).await.unwrap();
    let answers = trail
        .iter()
        .filter(|e| e.fact.event.kind() == "review.answered");
    assert_eq!(answers.count(), 400);
    let page = world.get(&rita, &of(&review, "")).await;
    assert_eq!(progress(&page), "400 of 500 seen by you");
    assert!(page.select(".todo.trail li")[0].contains("answered for 400 rules: loss accepted"));
    let page = world.get(&rita, &third).await;
    assert!(page.select("details#alike-1-1 summary")[0].contains("answered"));
    // Whoever was wrong about all of them changes the decision on all of them.
    let form = "details#alike-1-1 details form";
    let value = |name: &str| page.attribute(&format!("{form} input[name={name}]"), "value");
    let (paths, once) = (value("path"), value("once").remove(0));
    assert_eq!(paths.len(), 400);
    let mut fields = vec![
        ("environment", "ipc2/prod"),
        ("hotfix", "1+ipc2.1"),
        ("once", &once),
        ("answer", "back"),
        ("text", "the limit is needed"),
    ];
    fields.extend(paths.iter().map(|path| ("path", path.as_str())));
    let answered = world.post(&rita, &of(&review, "/answers"), &fields).await;
    assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.text);
    let page = world.get(&rita, &third).await;
    let rows = page.select("details#alike-1-1 tbody tr");
    assert!(rows[0].contains("the limit is needed"), "{}", rows[0]);
}

#[tokio::test]
async fn one_bad_path_among_many_records_nothing() {
    let (world, review) = two_rules().await;
    let rita = world.sign_in("rita").await;
    let fields = [
        ("environment", "ipc2/prod"),
        ("hotfix", "1+ipc2.1"),
        ("path", "a.conf"),
        ("path", "nowhere.conf"),
        ("answer", "loss"),
        ("text", "not needed"),
    ];
    let answer = world.post(&rita, &of(&review, "/answers"), &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text.contains("nowhere.conf"));
    let trail = world.app.trail(&review).await.unwrap();
    assert!(
        trail
            .iter()
            .all(|e| e.fact.event.kind() != "review.answered")
    );
}

#[tokio::test]
async fn somebody_elses_request_is_not_taken_back_and_says_so() {
    let (world, review) = two_rules().await;
    let ana = world.sign_in("ana").await;
    let answer = world
        .post(&ana, &of(&review, "/withdrawal"), &[("text", "no")])
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        answer.text.contains("Somebody else asked for this."),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("can reject it"));
}

#[tokio::test]
async fn rules_that_were_ticked_come_back_ticked() {
    let (world, review) = two_rules().await;
    let rita = world.sign_in("rita").await;
    let mut fields = vec![
        ("form", "bulk-hotfix-1"),
        ("environment", "ipc2/prod"),
        ("hotfix", "1+ipc2.1"),
        ("answer", "loss"),
        ("text", "by hand"),
    ];
    let answer = world.post(&rita, &of(&review, "/answers"), &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        answer.select("#f-bulk-hotfix-1-path-error"),
        ["Tick at least one rule."]
    );
    assert_eq!(
        answer.select("details[open] #f-bulk-hotfix-1-text"),
        ["by hand"]
    );
    fields.pop();
    fields.extend([("text", " "), ("path", "a.conf"), ("path", "b.conf")]);
    let answer = world.post(&rita, &of(&review, "/answers"), &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        answer.select("#f-bulk-hotfix-1-text-error"),
        ["The reason is missing."]
    );
    let ticked = answer.attribute("#hotfix-1 input[name=path][checked]", "value");
    assert_eq!(ticked, ["a.conf", "b.conf"]);
}
