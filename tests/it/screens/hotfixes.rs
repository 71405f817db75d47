use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bytes::Bytes;

use crate::harness::world::{Answer, World, environment, ruleset};

const NEW: &str = "/hotfixes/new";

async fn running() -> World {
    let world = World::new().await;
    world
        .live(
            "1",
            &[
                ("rules/a.conf", "one\r\ntwo\r\n"),
                ("rules/b.conf", "no newline"),
                ("c.data", "x\n"),
            ],
        )
        .await;
    world
}

/// The fields of the desk's form for one rule, as a browser without script sends them.
async fn desk(world: &World, cookie: &str, rules: &[&str]) -> (Answer, Vec<(String, String)>) {
    let query: String = rules
        .iter()
        .map(|rule| format!("&rule={}", rule.replace('/', "%2F")))
        .collect();
    let page = world
        .get(cookie, &format!("/hotfixes/new/edit?ruleset=crs{query}"))
        .await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let names = page.attribute("form[action='/hotfixes/new'] input[type=hidden]", "name");
    let values = page.attribute("form[action='/hotfixes/new'] input[type=hidden]", "value");
    let mut fields: Vec<(String, String)> = names
        .into_iter()
        .zip(values)
        .filter(|(n, _)| n != "csrf")
        .collect();
    for (name, value) in [("reason", "locked out"), ("incident", "INC-7")] {
        fields.push((name.into(), value.into()));
    }
    fields.push((
        "ends".into(),
        page.attribute("#f-hotfix-ends", "value").remove(0),
    ));
    (page, fields)
}

async fn post(world: &World, cookie: &str, address: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    world.post(cookie, address, &fields).await
}

async fn made(world: &World) -> Vec<(String, Bytes)> {
    let snapshot = world.app.snapshot();
    let hotfix = snapshot.state.hotfixes()[0].clone();
    let rules = world.app.rules(&hotfix.checksum).await.unwrap();
    hotfix
        .changes
        .iter()
        .map(|c| {
            (
                c.path.clone(),
                rules.texts.get(&c.path).cloned().unwrap_or_default(),
            )
        })
        .collect()
}

#[tokio::test]
async fn the_desk_says_where_it_aims_before_anything_is_typed() {
    let world = running().await;
    let theo = world.sign_in("theo").await;
    let page = world.get(&theo, "/hotfixes/new?ruleset=crs").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.select("h1")[0].contains("ipc2 prod"));
    assert!(
        page.select("aside dl")
            .join(" ")
            .contains("5 rules, 60 changed lines")
    );
    assert_eq!(page.select("input[name=rule]:not([disabled])").len(), 3);
    let page = world.get(&theo, "/hotfixes/new?ruleset=crs&q=B.CONF").await;
    assert_eq!(
        page.attribute("input[name=rule]", "value"),
        ["rules/b.conf"]
    );
    // A reviewer sees it, may not write, and is told who can.
    let rita = world.sign_in("rita").await;
    let page = world.get(&rita, "/hotfixes/new?ruleset=crs").await;
    assert!(
        page.select(".held")[0].contains("theo can."),
        "{:?}",
        page.select(".held")
    );
    assert_eq!(page.select("input[name=rule]:not([disabled])").len(), 0);
    let edit = world
        .get(&rita, "/hotfixes/new/edit?ruleset=crs&rule=c.data")
        .await;
    assert_eq!(edit.status, StatusCode::FORBIDDEN);
    assert_eq!(
        world
            .get(&theo, "/hotfixes/new?ruleset=nothing")
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_rule_keeps_its_line_ends_and_its_final_newline() {
    let world = running().await;
    let theo = world.sign_in("theo").await;
    let (_, mut fields) = desk(&world, &theo, &["rules/a.conf", "rules/b.conf"]).await;
    fields.push(("text-0".into(), "one\r\ntwo and a half\r\n".into()));
    fields.push(("text-1".into(), "no newline\r\n".into()));
    let answer = post(&world, &theo, NEW, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert!(
        answer.header("location").ends_with("?done=hotfix-made"),
        "{}",
        answer.header("location")
    );
    assert_eq!(
        made(&world).await,
        [(
            "rules/a.conf".into(),
            Bytes::from("one\r\ntwo and a half\r\n")
        )]
    );
    // The same form sent again makes no second hotfix.
    let again = post(&world, &theo, NEW, &fields).await;
    assert_eq!(again.header("location"), answer.header("location"));
    assert_eq!(world.app.snapshot().state.hotfixes().len(), 1);
}

#[tokio::test]
async fn the_preview_shows_the_diff_and_the_caps() {
    let world = running().await;
    let theo = world.sign_in("theo").await;
    let (_, mut fields) = desk(&world, &theo, &["c.data"]).await;
    fields.push(("text-0".into(), "y <i>\r\n".into()));
    let page = post(&world, &theo, "/hotfixes/new/preview", &fields).await;
    assert_eq!(page.status, StatusCode::OK);
    let preview = page.select("#preview").join(" ");
    assert!(
        preview.contains("1 of 5 rules") && preview.contains("2 of 60 changed lines"),
        "{preview}"
    );
    assert!(
        page.select("#preview td.t.hot")[0].contains("y <i>"),
        "escaped and shown"
    );
    assert!(
        page.select("textarea[name=text-0]")[0].contains("y <i>"),
        "the text stays"
    );
    assert_eq!(world.app.snapshot().state.hotfixes().len(), 0);
    // With script only the part is answered.
    let csrf = rulegate::auth::sign_in::csrf_of(theo.strip_prefix("rulegate=").unwrap());
    fields.push(("csrf".into(), csrf));
    let request = Request::post("/hotfixes/new/preview")
        .header(header::COOKIE, &theo)
        .header(header::HOST, "portal.test")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("x-preview", "1")
        .body(Body::from(serde_html_form::to_string(&fields).unwrap()))
        .unwrap();
    let part = world.send(request).await;
    assert!(
        !part.text.contains("<html") && part.text.contains("1 of 5 rules"),
        "{}",
        part.text
    );
}

#[tokio::test]
async fn rules_come_and_go() {
    let world = running().await;
    let theo = world.sign_in("theo").await;
    let (_, mut fields) = desk(&world, &theo, &["c.data"]).await;
    for (name, value) in [
        ("text-0", "x\r\n"),
        ("remove-0", "1"),
        ("new-path", "rules/new.conf"),
        ("new-text", "n"),
    ] {
        fields.push((name.into(), value.into()));
    }
    let answer = post(&world, &theo, NEW, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let expected = [
        ("c.data".to_owned(), Bytes::new()),
        ("rules/new.conf".to_owned(), Bytes::from("n\n")),
    ];
    assert_eq!(made(&world).await, expected);
}

#[tokio::test]
async fn what_is_wrong_comes_back_with_everything_typed() {
    let world = running().await;
    let theo = world.sign_in("theo").await;
    let cases: [(&str, &str, &str); 4] = [
        ("new-path", "../climb.conf", "climbs out"),
        ("ends", "2020-01-01", "The end date lies in the past."),
        ("incident", " ", "incident reference is missing"),
        ("ends", "soon", "not a date"),
    ];
    for (name, value, message) in cases {
        let (_, mut fields) = desk(&world, &theo, &["c.data"]).await;
        fields.retain(|(known, _)| known != name);
        fields.push((name.into(), value.into()));
        fields.push(("text-0".into(), "precious\r\n".into()));
        let answer = post(&world, &theo, NEW, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(
            answer.select(".problems")[0].contains(message),
            "{:?}",
            answer.select(".problems")
        );
        assert!(
            answer.select("textarea[name=text-0]")[0].contains("precious"),
            "{name}"
        );
        let field = format!("#f-hotfix-{name}");
        assert_eq!(answer.attribute(&field, "value"), [value], "{name}");
        assert_eq!(answer.attribute(&field, "aria-invalid"), ["true"], "{name}");
        assert_eq!(answer.select("#f-hotfix-reason"), ["locked out"], "{name}");
        assert!(!answer.text.contains("f-kept"), "{name}: not shown twice");
    }
    assert_eq!(world.app.snapshot().state.hotfixes().len(), 0);
}

#[tokio::test]
async fn a_pin_that_moves_meanwhile_loses_no_text() {
    let world = running().await;
    let theo = world.sign_in("theo").await;
    let (_, mut fields) = desk(&world, &theo, &["c.data"]).await;
    fields.push(("text-0".into(), "mine\r\n".into()));
    world.hotfix(&[("c.data", "theirs\n")]).await;
    let answer = post(&world, &theo, NEW, &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(
        answer
            .text
            .contains("What runs there changed while you wrote.")
    );
    assert!(answer.select("textarea[name=text-0]")[0].contains("mine"));
    let diff = answer.select("#preview td.t").join(" ");
    assert!(
        diff.contains("theirs") && diff.contains("mine"),
        "compared with what runs now: {diff}"
    );
    let now = world
        .app
        .snapshot()
        .state
        .pin(&ruleset(), &environment("ipc2/prod"))
        .unwrap()
        .checksum;
    assert_eq!(
        answer.attribute("input[name=on_top_of]", "value"),
        [now.to_string()]
    );
}

/// The form in parts, as a browser sends it, with a file.
async fn upload(
    world: &World,
    cookie: &str,
    fields: &[(String, String)],
    (name, bytes): (&str, &[u8]),
) -> Answer {
    let csrf = rulegate::auth::sign_in::csrf_of(cookie.strip_prefix("rulegate=").unwrap());
    let mut body: Vec<u8> = Vec::new();
    for (name, value) in fields.iter().chain([&("csrf".to_owned(), csrf)]) {
        let part =
            format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.bytes());
    }
    let part = format!(
        "--XX\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"{name}\"\r\n\r\n"
    );
    body.extend(part.bytes());
    body.extend(bytes);
    body.extend(b"\r\n--XX--\r\n");
    let request = Request::post(NEW)
        .header(header::COOKIE, cookie)
        .header(header::HOST, "portal.test")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX")
        .body(Body::from(body))
        .unwrap();
    world.send(request).await
}

#[tokio::test]
async fn a_refused_form_in_parts_brings_its_files_and_ticks_back() {
    let world = running().await;
    let theo = world.sign_in("theo").await;
    let (_, mut fields) = desk(&world, &theo, &["c.data"]).await;
    fields.retain(|(name, _)| name != "incident");
    for (name, value) in [
        ("text-0", "gone"),
        ("remove-0", "1"),
        ("more", "rules/b.conf"),
    ] {
        fields.push((name.into(), value.into()));
    }
    let answer = upload(&world, &theo, &fields, ("a.conf", b"\xff\r\nraw")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.select("input[name=remove-0][checked]").len(), 1);
    assert_eq!(answer.select("textarea[name=text-0]"), ["gone"]);
    assert_eq!(
        answer.attribute("#f-hotfix-more", "value"),
        ["rules/b.conf"]
    );
    assert_eq!(
        answer.attribute("input[name=kept-path]", "value"),
        ["rules/a.conf"]
    );
    assert_eq!(
        answer.attribute("input[name=kept-bytes]", "value"),
        ["/w0KcmF3"]
    );
    // Sent once more as it came back, with what was missing.
    let names = answer.attribute("#form-hotfix input[type=hidden]", "name");
    let values = answer.attribute("#form-hotfix input[type=hidden]", "value");
    let mut again: Vec<(String, String)> = names.into_iter().zip(values).collect();
    again.retain(|(name, _)| name != "csrf");
    again.extend(fields.split_off(fields.iter().position(|(n, _)| n == "reason").unwrap()));
    again.push(("incident".into(), "INC-7".into()));
    let answer = post(&world, &theo, NEW, &again).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let expected = [
        ("c.data".to_owned(), Bytes::new()),
        ("rules/a.conf".into(), Bytes::from_static(b"\xff\r\nraw")),
    ];
    assert_eq!(made(&world).await, expected);
}

#[tokio::test]
async fn an_upload_replaces_the_rule_of_its_name_byte_for_byte() {
    let world = running().await;
    let theo = world.sign_in("theo").await;
    let (_, fields) = desk(&world, &theo, &[]).await;
    let file = ("a.conf", &b"\xff\r\nraw"[..]);
    let answer = upload(&world, &theo, &fields, file).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert_eq!(
        made(&world).await,
        [("rules/a.conf".into(), Bytes::from_static(b"\xff\r\nraw"))]
    );
    // Such a rule is not offered for editing in a browser, and says why.
    let review = answer
        .header("location")
        .trim_start_matches("/reviews/")
        .split('?')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    world.approve("rita", &review).await.unwrap();
    world.execute_review("ana", &review).await.unwrap();
    let page = world.get(&theo, "/hotfixes/new?ruleset=crs").await;
    assert!(
        page.select("label.tick")
            .iter()
            .any(|l| l.contains("rules/a.conf") && l.contains("not UTF-8"))
    );
}

#[tokio::test]
async fn a_foreign_or_old_form_does_nothing() {
    let world = running().await;
    let theo = world.sign_in("theo").await;
    let (_, fields) = desk(&world, &theo, &["c.data"]).await;
    let request = Request::post(NEW)
        .header(header::COOKIE, &theo)
        .header(header::HOST, "portal.test")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(serde_html_form::to_string(&fields).unwrap()))
        .unwrap();
    assert_eq!(
        world.send(request).await.status,
        StatusCode::FORBIDDEN,
        "no token"
    );
    let omar = world.sign_in("omar").await;
    assert_eq!(
        post(&world, &omar, NEW, &fields).await.status,
        StatusCode::FORBIDDEN,
        "an operator writes none"
    );
}

#[tokio::test]
async fn the_register_shows_the_debt_and_what_threatens_it() {
    let world = running().await;
    world.hotfix(&[("c.data", "fixed\n")]).await;
    world
        .propose_hotfix(&[("c.data", "fixed more\n")])
        .await
        .unwrap();
    world.release("2", &[("c.data", "x\n")]).await;
    let otto = world.sign_in("otto").await;
    let page = world.get(&otto, "/hotfixes").await;
    let open = page.select("#open tbody tr").join(" ");
    assert!(
        open.contains("1+ipc2.1")
            && open.contains("2 would lose 1 of 1 rule")
            && open.contains("ends in"),
        "{open}"
    );
    assert!(
        page.select("#proposed tbody tr")
            .join(" ")
            .contains("1+ipc2.2")
    );
    // What somebody asks for is evidence, not what came after it.
    let review = world.ask("2", &["ipc2/prod"]).await;
    world.release("3", &[("c.data", "fixed\n")]).await;
    let page = world.get(&otto, "/hotfixes").await;
    let open = page.select("#open tbody tr").join(" ");
    assert!(open.contains("2 would lose 1 of 1 rule"), "{open}");
    let links = page.attribute("#open tbody a", "href");
    assert!(links.contains(&format!("/reviews/{review}")), "{links:?}");
    let page = world.get(&otto, "/hotfixes?state=proposed").await;
    assert_eq!(page.select("#open tbody tr").len(), 0);
    let page = world.get(&otto, "/hotfixes/crs/1%2Bipc2.1").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.select("td.t.hot")[0].contains("fixed"));
    assert!(
        page.select("#discard .held")[0].contains("ana or lucy can."),
        "{:?}",
        page.select("#discard")
    );
    assert_eq!(
        world.get(&otto, "/hotfixes/crs/1%2Bipc2.9").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn discarding_needs_a_reason_and_the_right() {
    let world = running().await;
    world.hotfix(&[("c.data", "fixed\n")]).await;
    let address = "/hotfixes/crs/1%2Bipc2.1";
    let theo = world.sign_in("theo").await;
    let answer = world
        .post(&theo, &format!("{address}/discard"), &[("text", "x")])
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let ana = world.sign_in("ana").await;
    let answer = world
        .post(&ana, &format!("{address}/discard"), &[("text", "")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = world
        .post(
            &ana,
            &format!("{address}/discard"),
            &[("text", "upstream is right")],
        )
        .await;
    assert_eq!(
        answer.header("location"),
        format!("{address}?done=discarded")
    );
    let page = world.get(&ana, address).await;
    assert!(page.select(".notice.info")[0].contains("Discarded by ana"));
    assert!(page.select("#discard").is_empty());
}
