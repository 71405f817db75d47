use axum::http::StatusCode;
use rulegate_ledger::ids::ReviewId;

use crate::harness::world::{PASSWORD, World};

const FIXED: &[(&str, &str)] = &[
    ("a.conf", "one\nver 1.1\n"),
    ("b.conf", "two\nver 1.1\n"),
    ("c.conf", "fixed\nver 1.1\n"),
];

/// 1 live, a hotfix of three rules on it (two of them changed alike), 2 released without it and asked for.
async fn at_risk() -> (World, ReviewId) {
    let world = World::new().await;
    let one = [
        ("a.conf", "one\nver 1.0\n"),
        ("b.conf", "two\nver 1.0\n"),
        ("c.conf", "broken\nver 1.0\n"),
    ];
    world.live("1", &one).await;
    world.hotfix(FIXED).await;
    world
        .release(
            "2",
            &[
                ("a.conf", "one\nver 2\n"),
                ("b.conf", "two\nver 2\n"),
                ("c.conf", "broken\nver 2\n"),
            ],
        )
        .await;
    let sl = world.ask("2", &["ipc2/sl"]).await;
    world.execute_review("lucy", &sl).await.unwrap();
    world.validate("2", true).await;
    let review = world.ask("2", &["ipc2/prod"]).await;
    (world, review)
}

fn of(review: &ReviewId, act: &str) -> String {
    format!("/reviews/{review}{act}")
}

async fn answer_all(world: &World, cookie: &str, review: &ReviewId) {
    let fields = [
        ("environment", "ipc2/prod"),
        ("hotfix", "1+ipc2.1"),
        ("path", "a.conf"),
        ("path", "b.conf"),
        ("path", "c.conf"),
        ("answer", "loss"),
        ("text", "not needed any more"),
        ("once", "one"),
    ];
    let answer = world.post(cookie, &of(review, "/answers"), &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

async fn decision(world: &World, cookie: &str, review: &ReviewId) -> (String, String) {
    let page = world.get(cookie, &of(review, "")).await;
    let one = |name: &str| {
        page.attribute(&format!("input[name={name}]"), "value")
            .remove(0)
    };
    (one("fingerprint"), one("shown"))
}

#[tokio::test]
async fn the_queue_says_what_waits_and_what_is_at_risk() {
    let (world, review) = at_risk().await;
    let rita = world.sign_in("rita").await;
    let page = world.get(&rita, "/reviews").await;
    assert_eq!(page.status, StatusCode::OK);
    let waiting = page.select("#waiting tbody tr");
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    assert!(
        waiting[0].contains("Activate crs 2 in prod at ipc2"),
        "{waiting:?}"
    );
    assert!(
        waiting[0].contains("may undo a hotfix: 3 rules"),
        "{waiting:?}"
    );
    assert!(
        waiting[0].contains("blocked: An open hotfix is not answered"),
        "{waiting:?}"
    );
    assert!(waiting[0].contains("0 of 1"), "{waiting:?}");
    assert_eq!(
        page.attribute("#waiting tbody a", "href"),
        [of(&review, "")]
    );
    let otto = world.sign_in("otto").await;
    let page = world.get(&otto, "/reviews").await;
    assert_eq!(page.select("#waiting tbody tr").len(), 0);
    assert_eq!(page.select("#open tbody tr").len(), 1);
    assert_eq!(
        world.get("rulegate=x", "/reviews").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_review_shows_what_would_be_lost_and_groups_what_changed_alike() {
    let (world, review) = at_risk().await;
    let rita = world.sign_in("rita").await;
    let page = world.get(&rita, &of(&review, "")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.select("#hotfix-1 h2")[0]
            .contains("Hotfix 1+ipc2.1 is live in ipc2 prod. Does 2 contain it?")
    );
    assert_eq!(
        page.select("#hotfix-1 tbody tr").len(),
        1,
        "c.conf stands for itself"
    );
    let group = page.select("details#alike-1-1 tbody tr");
    assert_eq!(group.len(), 2, "{group:?}");
    assert!(page.select("details#alike-1-1 summary")[0].contains("1.0 → 1.1"));
    // The rule that waits is opened in three columns.
    assert_eq!(page.select("#rule h3"), ["c.conf"]);
    assert_eq!(page.select("#rule thead th").len(), 3);
    let lost = page.select("#rule td.t.gone");
    assert!(lost.iter().any(|cell| cell.contains("broken")), "{lost:?}");
    assert!(
        page.select("#rule td.t.hot")
            .iter()
            .any(|cell| cell.contains("fixed"))
    );
    let page = world
        .get(
            &rita,
            &of(&review, "?rule=a.conf&hotfix=1%2Bipc2.1&env=ipc2%2Fprod"),
        )
        .await;
    assert_eq!(page.select("#rule h3"), ["a.conf"]);
    // Approving is held until somebody answers, and says so.
    let held: String = page.select("#decide .held").join(" ");
    assert!(
        held.contains("Approve") && held.contains("3 hotfix rules"),
        "{held}"
    );
    assert!(
        page.select(".checks .block")
            .iter()
            .any(|line| line.contains("3 rules need a decision"))
    );
}

#[tokio::test]
async fn answers_are_recorded_one_by_one_and_a_double_post_once() {
    let (world, review) = at_risk().await;
    let rita = world.sign_in("rita").await;
    answer_all(&world, &rita, &review).await;
    answer_all(&world, &rita, &review).await;
    let trail = world.app.trail(&review).await.unwrap();
    let answers = trail
        .iter()
        .filter(|e| e.fact.event.kind() == "review.answered")
        .count();
    assert_eq!(answers, 3);
    let page = world.get(&rita, &of(&review, "")).await;
    assert!(page.select(".todo.trail li")[0].contains("answered for 3 rules: loss accepted"));
    assert_eq!(
        page.select("#decide form[action$=approvals] button").len(),
        1
    );
}

#[tokio::test]
async fn an_answer_without_choice_or_reason_comes_back_with_its_text() {
    let (world, review) = at_risk().await;
    let rita = world.sign_in("rita").await;
    let base = [
        ("environment", "ipc2/prod"),
        ("hotfix", "1+ipc2.1"),
        ("form", "answer"),
        ("path", "c.conf"),
    ];
    let mut fields = base.to_vec();
    fields.push(("text", "typed <b>already</b>"));
    let answer = world.post(&rita, &of(&review, "/answers"), &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("Choose one of the three answers."));
    assert!(answer.select("#f-answer-text")[0].contains("typed <b>already</b>"));
    assert_eq!(
        answer.select("#f-answer-answer-error"),
        ["Choose one of the three answers."]
    );
    let mut fields = base.to_vec();
    fields.extend([("answer", "loss"), ("text", " ")]);
    let answer = world.post(&rita, &of(&review, "/answers"), &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        answer.select("#f-answer-text-error"),
        ["The reason is missing."]
    );
    let chosen = answer.attribute("#rule input[name=answer][checked]", "value");
    assert_eq!(chosen, ["loss"], "the choice comes back too");
    // Without a tick the form for several rules comes back, without a rule at all no single one.
    let nothing = [base[0], base[1], ("answer", "loss"), ("text", "by hand")];
    let answer = world.post(&rita, &of(&review, "/answers"), &nothing).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.select("#refused")[0].contains("Tick at least one rule."));
    assert_eq!(answer.select("#refused textarea"), ["by hand"]);
}

#[tokio::test]
async fn approve_and_execute_through_the_forms() {
    let (world, review) = at_risk().await;
    let (rita, ana) = (world.sign_in("rita").await, world.sign_in("ana").await);
    answer_all(&world, &rita, &review).await;
    let (fingerprint, shown) = decision(&world, &rita, &review).await;
    let fields = [
        ("fingerprint", fingerprint.as_str()),
        ("shown", &shown),
        ("text", "read it"),
    ];
    let answer = world.post(&rita, &of(&review, "/approvals"), &fields).await;
    assert_eq!(answer.header("location"), of(&review, "?done=approved"));
    let page = world.get(&ana, &of(&review, "")).await;
    assert_eq!(
        page.select("#decide form[action$=execution] button"),
        ["Activate 2"]
    );
    let answer = world
        .post(&ana, &of(&review, "/execution"), &fields[..2])
        .await;
    assert_eq!(answer.header("location"), of(&review, "?done=executed"));
    let page = world.get(&ana, &of(&review, "")).await;
    assert!(page.select(".notice.info")[0].contains("executed by ana"));
    assert_eq!(page.select("#decide").len(), 0, "nothing is left to decide");
    assert_eq!(
        page.select("#hotfix-1 tbody tr").len(),
        1,
        "what was decided stays readable"
    );
}

#[tokio::test]
async fn a_stale_form_is_told_what_changed() {
    let (world, review) = at_risk().await;
    let (rita, ana) = (world.sign_in("rita").await, world.sign_in("ana").await);
    answer_all(&world, &rita, &review).await;
    let (fingerprint, shown) = decision(&world, &rita, &review).await;
    let again = [
        ("environment", "ipc2/prod"),
        ("hotfix", "1+ipc2.1"),
        ("path", "c.conf"),
        ("answer", "contained"),
        ("text", "looked again"),
    ];
    world.post(&ana, &of(&review, "/answers"), &again).await;
    let fields = [
        ("fingerprint", fingerprint.as_str()),
        ("shown", &shown),
        ("form", "approve"),
        ("text", "my note"),
    ];
    let answer = world.post(&rita, &of(&review, "/approvals"), &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let told = answer.select("#refused li").join(" ");
    assert!(
        told.contains("the answer for c.conf of hotfix 1+ipc2.1 in ipc2/prod changed"),
        "{told}"
    );
    assert_eq!(
        answer.select("#f-approve-text"),
        ["my note"],
        "nothing typed is lost"
    );
    // The form is the one of now: sent again, it is taken.
    let one = |name: &str| {
        let css = format!("#form-approve input[name={name}]");
        answer.attribute(&css, "value").remove(0)
    };
    let (fingerprint, shown) = (one("fingerprint"), one("shown"));
    let fields = [
        ("fingerprint", fingerprint.as_str()),
        ("shown", &shown),
        ("text", "my note"),
    ];
    let answer = world.post(&rita, &of(&review, "/approvals"), &fields).await;
    assert_eq!(answer.header("location"), of(&review, "?done=approved"));
}

#[tokio::test]
async fn a_stale_approval_says_what_changed() {
    let (world, review) = at_risk().await;
    let (rita, ana) = (world.sign_in("rita").await, world.sign_in("ana").await);
    answer_all(&world, &rita, &review).await;
    world.approve("rita", &review).await.unwrap();
    world.hotfix(&[("c.conf", "fixed better\nver 1.1\n")]).await;
    let page = world.get(&ana, &of(&review, "")).await;
    let stale = page.select("aside .warn-text").join(" ");
    assert!(
        stale.contains("the pin of ipc2/prod moved from 1+ipc2.1 to 1+ipc2.2"),
        "{stale}"
    );
    assert!(
        stale.contains("hotfix 1+ipc2.2 became open in ipc2/prod"),
        "{stale}"
    );
    assert_eq!(page.select(".todo.trail li.stale").len(), 1);
    assert!(
        page.select("h2")
            .iter()
            .any(|h| h.contains("Hotfix 1+ipc2.2 is live"))
    );
}

#[tokio::test]
async fn nobody_approves_their_own_and_the_page_names_who_can() {
    let (world, review) = at_risk().await;
    let lucy = world.sign_in("lucy").await;
    let page = world.get(&lucy, &of(&review, "")).await;
    let held = page.select("#decide .held").join(" ");
    assert!(
        held.contains("You are the one who asked for this"),
        "{held}"
    );
    assert!(
        held.contains("rita") && held.contains("tom") && !held.contains("lucy can"),
        "{held}"
    );
    assert_eq!(page.select("form[action$=withdrawal]").len(), 1);
    let (fingerprint, shown) = decision(&world, &lucy, &review).await;
    let fields = [("fingerprint", fingerprint.as_str()), ("shown", &shown)];
    let answer = world.post(&lucy, &of(&review, "/approvals"), &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_glass_needs_the_password_again_and_two_others() {
    let (world, review) = at_risk().await;
    let (ana, otto, rita) = (
        world.sign_in("ana").await,
        world.sign_in("otto").await,
        world.sign_in("rita").await,
    );
    assert_eq!(
        world
            .get(&rita, &of(&review, ""))
            .await
            .select("form[action$=break-glass]")
            .len(),
        0
    );
    let (fingerprint, _) = decision(&world, &ana, &review).await;
    let mut fields = vec![
        ("fingerprint", fingerprint.as_str()),
        ("text", "production is down"),
        ("password", "wrong"),
        ("form", "glass"),
    ];
    let answer = world
        .post(&ana, &of(&review, "/break-glass"), &fields)
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        answer.select("#f-glass-password-error"),
        ["This is not your password."]
    );
    assert!(!answer.text.contains("value=\"wrong\""));
    assert!(answer.select("#f-glass-text")[0].contains("production is down"));
    fields[2].1 = PASSWORD;
    let answer = world
        .post(&ana, &of(&review, "/break-glass"), &fields)
        .await;
    assert_eq!(answer.header("location"), of(&review, "?done=glass-broken"));
    let page = world.get(&ana, &of(&review, "")).await;
    assert!(page.select("#glass .held")[0].contains("broke the glass yourself"));
    for cookie in [&otto, &rita] {
        assert_eq!(
            world
                .get(cookie, &of(&review, ""))
                .await
                .select("#glass form")
                .len(),
            1
        );
        let answer = world
            .post(cookie, &of(&review, "/looks"), &[("text", "it was right")])
            .await;
        assert_eq!(answer.header("location"), of(&review, "?done=looked"));
    }
    let page = world.get(&otto, &of(&review, "")).await;
    assert_eq!(page.select("#glass .held, #glass form").len(), 0);
    assert!(page.select("#glass")[0].contains("reviewed afterwards by two others"));
}

#[tokio::test]
async fn comments_reject_and_withdraw() {
    let (world, review) = at_risk().await;
    let (rita, lucy, otto) = (
        world.sign_in("rita").await,
        world.sign_in("lucy").await,
        world.sign_in("otto").await,
    );
    let hostile = "<script>alert(1)</script>";
    let answer = world
        .post(&rita, &of(&review, "/comments"), &[("text", hostile)])
        .await;
    assert_eq!(answer.header("location"), of(&review, "?done=commented"));
    let page = world.get(&otto, &of(&review, "")).await;
    assert!(!page.text.contains(hostile));
    assert!(
        page.select(".todo.trail li")[0].contains(hostile),
        "shown as text"
    );
    assert!(
        page.select("form[action$=comments]").is_empty(),
        "an auditor does not comment"
    );
    let refused = world
        .post(&otto, &of(&review, "/comments"), &[("text", "x")])
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let answer = world
        .post(&lucy, &of(&review, "/withdrawal"), &[("text", "later")])
        .await;
    assert_eq!(answer.header("location"), of(&review, "?done=withdrawn"));
    let answer = world
        .post(&rita, &of(&review, "/rejection"), &[("text", "no")])
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.select("#refused")[0].contains("it was withdrawn: later"));
    assert_eq!(
        answer.select("#refused textarea"),
        ["no"],
        "the page has the form no more; what was written is not lost"
    );
}

#[tokio::test]
async fn a_hotfix_review_shows_its_diff_and_its_caps() {
    let world = World::new().await;
    world
        .live("1", &[("a.conf", "one\n"), ("b.conf", "two\n")])
        .await;
    let review = world
        .propose_hotfix(&[("a.conf", "one fixed\n")])
        .await
        .unwrap();
    let rita = world.sign_in("rita").await;
    let page = world.get(&rita, &of(&review, "")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.select("td.t.hot")
            .iter()
            .any(|line| line.contains("one fixed"))
    );
    let about = page.select("dl.kv").join(" ");
    assert!(about.contains("theo") && about.contains("INC-1"), "{about}");
    assert!(
        about.contains("1 approval: within the cap of 5 rules and 60 lines"),
        "{about}"
    );
    assert_eq!(page.select("#decide form[action$=approvals]").len(), 1);
    let theo = world.sign_in("theo").await;
    assert!(
        world
            .get(&theo, &of(&review, ""))
            .await
            .select("form[action$=approvals]")
            .is_empty()
    );
}

#[tokio::test]
async fn an_unknown_review_is_not_here() {
    let world = World::new().await;
    let rita = world.sign_in("rita").await;
    for address in [
        "/reviews/ipc2-999",
        "/reviews/nonsense",
        "/reviews/ipc1-1",
        "/reviews/%3Cb%3E-1",
    ] {
        let answer = world.get(&rita, address).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
        assert!(!answer.text.contains("<b>-1"));
    }
}
