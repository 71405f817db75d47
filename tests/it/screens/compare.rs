//! Any two compared: rows, marks, hotfix lines, pages, bounds.

use axum::http::{Method, StatusCode};
use rulegate_ledger::access::Scope;

use crate::harness::world::{Answer, World, environment, ruleset};

fn many_lines(count: usize, word: &str) -> String {
    (0..count).map(|n| format!("line {n} {word}\n")).collect()
}

#[tokio::test]
async fn versions_environments_and_checksums_compare() {
    let world = World::new().await;
    world
        .live(
            "1",
            &[
                ("a.conf", "one\n"),
                ("gone.conf", "g\n"),
                ("old name.conf", "same text\n"),
            ],
        )
        .await;
    world
        .release(
            "2",
            &[
                ("a.conf", "one more\n"),
                ("new.conf", "n\n"),
                ("new name.conf", "same text\n"),
            ],
        )
        .await;
    let cookie = world.sign_in("otto").await;
    let state = world.app.snapshot();
    let pin = state
        .state
        .pin(&ruleset(), &environment("ipc2/prod"))
        .unwrap()
        .checksum;
    for from in ["1", "ipc2%2Fprod", &pin.to_string()] {
        let address = format!("/rulesets/crs/compare?from={from}&to=2");
        let page = world.get(&cookie, &address).await;
        assert_eq!(page.status, StatusCode::OK, "{from}");
        assert_eq!(
            page.select("#summary h2"),
            ["4 rules differ: 1 changed, 1 added, 1 removed, 1 renamed, 0 equal"]
        );
        let headings = page.select(".rule h2");
        assert_eq!(headings[2], "new name.conf was old name.conf");
        assert_eq!(page.select("td.t.add mark"), ["more"], "word marks: {from}");
        assert_eq!(page.select("td.t.del").len(), 2);
    }
    let side = world
        .get(&cookie, "/rulesets/crs/compare?from=1&to=2&view=side")
        .await;
    assert_eq!(side.select(".diff.sides thead th").len() % 2, 0);
    assert!(
        side.select(".diff.sides td.t.add")
            .iter()
            .any(|t| t.contains("one more"))
    );
}

#[tokio::test]
async fn what_does_not_compare_says_why() {
    let world = World::new().await;
    world.live("1", &[("a.conf", "one\n")]).await;
    let cookie = world.sign_in("otto").await;
    let other = "0".repeat(64);
    for (from, status) in [
        ("ipc1%2Fprod", 409),
        ("mars%2Fprod", 404),
        ("9", 404),
        (other.as_str(), 404),
        ("%3Cscript%3E", 422),
    ] {
        let address = format!("/rulesets/crs/compare?from={from}&to=1");
        let page = world.get(&cookie, &address).await;
        assert_eq!(page.status.as_u16(), status, "{from}");
        assert_eq!(page.select(".fault h1").len(), 1, "{from}");
        assert!(!page.text.contains("<script>\""), "{from}");
    }
    let same = world
        .get(&cookie, "/rulesets/crs/compare?from=1&to=1")
        .await;
    assert_eq!(same.select(".empty b"), ["No difference"]);
    let choose = world.get(&cookie, "/rulesets/crs/compare").await;
    assert_eq!(choose.select(".empty b"), ["Choose two"]);
}

#[tokio::test]
async fn a_hotfix_is_pointed_out_where_it_would_be_lost() {
    let world = World::new().await;
    world.live("1", &[("a.conf", "one\ntwo\nthree\n")]).await;
    world.hotfix(&[("a.conf", "one\ntwo fixed\nthree\n")]).await;
    world
        .release("2", &[("a.conf", "one\ntwo\nthree and more\n")])
        .await;
    let cookie = world.sign_in("rita").await;
    let page = world
        .get(&cookie, "/rulesets/crs/compare?from=ipc2%2Fprod&to=2")
        .await;
    let note = page.select("tr.note").join(" ");
    assert!(note.contains("hotfix 1+ipc2.1 by theo"), "{note}");
    assert!(note.contains("INC-1"), "{note}");
    let gone = page.select("td.t.gone");
    assert_eq!(gone.len(), 1, "only the hotfix's own line: {gone:?}");
    assert!(gone[0].contains("two fixed"), "{gone:?}");
    let made = world
        .get(&cookie, "/rulesets/crs/compare?from=1&to=ipc2%2Fprod")
        .await;
    assert!(made.select("td.t.hot")[0].contains("two fixed"));
    assert!(made.select("td.t.hotdel")[0].contains("two"));
}

#[tokio::test]
async fn what_is_kept_of_a_comparison_is_what_would_be_drawn_anew() {
    let world = World::new().await;
    // More changed lines than one page holds, so that the last rules have to be shorter or left out.
    let paths: Vec<String> = (0..40).map(|n| format!("r{n:02}.conf")).collect();
    let (old, new) = (many_lines(90, "old"), many_lines(90, "new"));
    let with = |short: &'static str, long: &'static str| -> Vec<(&str, &str)> {
        let rules = paths.iter().map(|path| (path.as_str(), long));
        [("a.conf", short)].into_iter().chain(rules).collect()
    };
    let (old, new) = (with("one\n", old.leak()), with("two\n", new.leak()));
    world.live("1", &old).await;
    world.release("2", &new).await;
    let cookie = world.sign_in("rita").await;
    // The form above them says how old the versions are, and time goes on.
    let main = |page: &Answer| page.select("main section").join("\n");
    for view in ["", "&view=side"] {
        let address = format!("/rulesets/crs/compare?from=1&to=2{view}");
        let (first, again) = (
            world.get(&cookie, &address).await,
            world.get(&cookie, &address).await,
        );
        assert!(main(&first).contains("as many lines as it may"), "{view}");
        assert_eq!(main(&first), main(&again), "{view}");
    }
    let address = "/rulesets/crs/compare?from=1&to=2";
    let before = world.get(&cookie, address).await;
    assert_eq!(before.select("tr.note").len(), 0);
    // Planned has these very bytes, which a hotfix wrote now.
    world.hotfix(&new[..1]).await;
    let after = world.get(&cookie, address).await;
    let note = after.select("tr.note").join(" ");
    assert!(note.contains("hotfix 1+ipc2.1 by theo"), "{note}");
}

#[tokio::test]
async fn hidden_lines_are_counted_and_can_be_shown() {
    let world = World::new().await;
    let before = many_lines(100, "x");
    let after = before.replace("line 50 x", "line 50 y");
    world.release("1", &[("a.conf", &before)]).await;
    world.release("2", &[("a.conf", &after)]).await;
    let cookie = world.sign_in("otto").await;
    let page = world
        .get(&cookie, "/rulesets/crs/compare?from=1&to=2")
        .await;
    let gaps = page.select("tr.gap");
    assert!(gaps[0].starts_with("47 equal lines not shown"), "{gaps:?}");
    assert!(gaps[1].starts_with("46 equal lines not shown"), "{gaps:?}");
    for view in ["", "&view=side"] {
        let page = world
            .get(&cookie, &format!("/rulesets/crs/compare?from=1&to=2{view}"))
            .await;
        let href = page.attribute("tr.gap a", "href")[0].clone();
        let address = href.split('#').next().unwrap();
        let opened = world.get(&cookie, address).await;
        assert_eq!(opened.select("tr.gap").len(), 1, "{address}");
        assert!(opened.text.contains("line 0 x"), "{address}");
    }
}

#[tokio::test]
async fn a_long_rule_shows_its_start_and_links_the_rest() {
    let world = World::new().await;
    let (before, after) = (many_lines(1_500, "x"), many_lines(1_500, "y"));
    world.release("1", &[("a.conf", &before)]).await;
    world.release("2", &[("a.conf", &after)]).await;
    let cookie = world.sign_in("otto").await;
    let page = world
        .get(&cookie, "/rulesets/crs/compare?from=1&to=2")
        .await;
    let shown = page.select("td.t.add, td.t.del").len();
    assert!(shown <= 201, "{shown}");
    assert_eq!(
        page.select(".rule footer"),
        ["2,800 changed lines more: show them"]
    );
    let next = page.attribute(".rule footer a", "href")[0].clone();
    let page = world.get(&cookie, &next).await;
    assert!(
        page.select(".rule")
            .join(" ")
            .contains("200 changed lines before")
    );
    assert_eq!(
        page.select(".rule footer"),
        ["1,800 changed lines more: show them"]
    );
}

#[tokio::test]
async fn three_thousand_differing_rules_come_in_pages() {
    let world = World::new().await;
    let paths: Vec<String> = (0..3_000).map(|n| format!("r{n:04}.conf")).collect();
    let with = |text: &'static str| -> Vec<(&str, &str)> {
        paths.iter().map(|path| (path.as_str(), text)).collect()
    };
    world.release("1", &with("one\n")).await;
    world.release("2", &with("two\n")).await;
    let cookie = world.sign_in("otto").await;
    let page = world
        .get(&cookie, "/rulesets/crs/compare?from=1&to=2")
        .await;
    assert_eq!(page.select(".rule").len(), 100);
    assert!(page.select("#summary h2")[0].starts_with("3,000 rules differ"));
    assert!(page.select(".pager")[0].contains("rules 1 to 100 of 3,000"));
    let last = world
        .get(&cookie, "/rulesets/crs/compare?from=1&to=2&page=29")
        .await;
    assert_eq!(last.select(".rule h2")[99], "r2999.conf");
    assert!(last.attribute("a[rel=next]", "href").is_empty());
    let beyond = world
        .get(
            &cookie,
            "/rulesets/crs/compare?from=1&to=2&page=18446744073709551615",
        )
        .await;
    assert_eq!(beyond.status, StatusCode::OK);
}

#[tokio::test]
async fn a_change_between_two_pages_neither_repeats_nor_skips() {
    let world = World::new().await;
    let paths: Vec<String> = (0..250).map(|n| format!("r{n:03}.conf")).collect();
    let with = |text: &'static str| -> Vec<(&str, &str)> {
        paths.iter().map(|path| (path.as_str(), text)).collect()
    };
    world.live("1", &with("one\n")).await;
    world.release("2", &with("two\n")).await;
    let cookie = world.sign_in("otto").await;
    let address = "/rulesets/crs/compare?from=ipc2/prod&to=2";
    let first = world.get(&cookie, address).await;
    assert_eq!(first.select(".rule h2")[99], "r099.conf");
    let next = first.attribute("a[rel=next]", "href").remove(0);
    assert!(next.contains("after=r099.conf"), "{next}");
    let token = world.token("rita", Scope::EVERYWHERE).await;
    let api = "/api/v1/rulesets/crs/comparisons?from=ipc2/prod&to=2&limit=100";
    let get = async |address: String| {
        let none = axum::body::Body::empty();
        world.api(Method::GET, &token, &address, none).await.json()
    };
    let told = get(api.to_owned()).await;
    assert_eq!(told["next"], "r099.conf");
    // Two rules differ no longer: one before the page, and the very one that was turned after.
    world
        .hotfix(&[("r007.conf", "two\n"), ("r099.conf", "two\n")])
        .await;
    let second = world.get(&cookie, &next).await;
    let rules = second.select(".rule h2");
    assert_eq!((&rules[0][..], &rules[99][..]), ("r100.conf", "r199.conf"));
    assert!(second.select(".pager")[0].contains("rules 99 to 198 of 248"));
    let told = get(format!("{api}&after=r099.conf")).await;
    assert_eq!(told["items"][0]["path"], "r100.conf", "{told}");
    let back = second.attribute("a[rel=prev]", "href").remove(0);
    let first = world.get(&cookie, &back).await;
    assert_eq!(first.select(".rule h2").last().unwrap(), "r098.conf");
    assert_eq!(first.select(".rule").len(), 98);
    // Environments side by side turn the same way, and old links by number still lead somewhere.
    world.hotfix(&[("r000.conf", "fixed\n")]).await;
    let old = world.get(&cookie, &format!("{address}&page=1")).await;
    assert_eq!(old.select(".rule h2").len(), 100);
}

#[tokio::test]
async fn environments_side_by_side() {
    let world = World::new().await;
    world
        .live("1", &[("a.conf", "one\n"), ("b.conf", "two\n")])
        .await;
    world.hotfix(&[("a.conf", "one fixed\n")]).await;
    let cookie = world.sign_in("otto").await;
    let page = world.get(&cookie, "/rulesets/crs/environments").await;
    assert_eq!(page.select("tbody th"), ["a.conf"]);
    let cells = page.select("tbody td");
    assert!(
        cells[0].starts_with('B') && cells[0].contains("what differs"),
        "{cells:?}"
    );
    assert!(
        cells[1].starts_with('A') && cells[1].contains("hotfix"),
        "{cells:?}"
    );
    let href = page.attribute("tbody td small a", "href")[0].clone();
    let differs = world.get(&cookie, &href).await;
    assert_eq!(differs.status, StatusCode::OK);
    assert_eq!(differs.select(".rule h2"), ["a.conf"]);
}

#[tokio::test]
async fn a_rule_of_five_megabytes_is_answered_in_parts() {
    let world = World::new().await;
    let (before, after) = (
        many_lines(260_000, "before it"),
        many_lines(260_000, "and after"),
    );
    assert!(before.len() > 5_000_000);
    world.release("1", &[("a.conf", &before)]).await;
    world.release("2", &[("a.conf", &after)]).await;
    let cookie = world.sign_in("otto").await;
    let page = world
        .get(&cookie, "/rulesets/crs/compare?from=1&to=2&view=side")
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.len() < 400_000, "{} bytes", page.text.len());
    assert_eq!(page.select("tbody .num.ok-text"), ["+260000"]);
    let rule = world
        .get(&cookie, "/rulesets/crs/versions/2/rules/a.conf?line=130000")
        .await;
    assert_eq!(rule.status, StatusCode::OK);
    assert!(rule.text.contains("line 129999 and after"));
    assert!(rule.text.len() < 1_500_000, "{} bytes", rule.text.len());
    assert!(rule.select(".pager")[0].contains("lines 130000 to 131999 of 260000"));
}

#[tokio::test]
async fn texts_with_structure_are_compared_by_value_too() {
    let world = World::new().await;
    let old: &[(&str, &str)] = &[
        ("changed.yaml", "rules:\n- id: r1\n  level: 5\n- id: r2\n"),
        ("form.json", "{\"a\": 1, \"b\": \"<b>\"}\n"),
        ("broken.yaml", "a: 1\n"),
        ("text.conf", "one\n"),
    ];
    let new: &[(&str, &str)] = &[
        (
            "changed.yaml",
            "rules:\n# why\n- id: r1\n  level: раypal\n- id: r2\n",
        ),
        ("form.json", "{\"b\": \"<b>\",\n \"a\": 1}\n"),
        ("broken.yaml", "a: [\n"),
        ("text.conf", "two\n"),
    ];
    world.live("1", old).await;
    world.release("2", new).await;
    let cookie = world.sign_in("otto").await;
    let address = "/rulesets/crs/compare?from=1&to=2";
    let page = world.get(&cookie, address).await;
    let summaries = page.select("details.values > summary");
    assert_eq!(
        summaries,
        [
            "By value: not compared, the new text cannot be read as its name promises",
            "YAML values: 1 changed",
            "JSON: the same values. 2 lines differ in form only: order of keys.",
            "The lines, which differ in form only",
        ],
        "{}",
        page.text
    );
    assert_eq!(
        page.select("details.values[open]").len(),
        0,
        "folded by default"
    );
    let row = page.select("details.values tbody tr").join("|");
    assert!(
        row.contains("rules › rule r1 › level") && row.contains("changed"),
        "{row}"
    );
    assert!(row.contains("old 3, new 4"), "{row}");
    let odd = page.attribute("details.values .value .odd", "title");
    assert!(odd[0].contains("Cyrillic"), "a look-alike is told: {odd:?}");
    assert!(!page.text.contains("<b>\""), "rules are text, not markup");
    let open = world.get(&cookie, &format!("{address}&view=values")).await;
    assert_eq!(open.select("details.values[open] tbody tr").len(), 1);
    assert_eq!(open.select("nav.seg [aria-current]").join(""), "By value");
}

#[tokio::test]
async fn rules_that_changed_alike_are_folded_and_kinds_can_be_chosen() {
    let world = World::new().await;
    let texts = |version: &str| -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = (0..9)
            .map(|n| (format!("r{n}.conf"), format!("# ver.{version}\nrule {n}\n")))
            .collect();
        all.push(("other.conf".into(), format!("limit={version}{version}\n")));
        if version == "2" {
            all.push(("new.conf".into(), "n\n".into()));
        }
        all
    };
    let (old, new) = (texts("1"), texts("2"));
    fn borrowed(all: &[(String, String)]) -> Vec<(&str, &str)> {
        all.iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect()
    }
    world.live("1", &borrowed(&old)).await;
    world.release("2", &borrowed(&new)).await;
    let cookie = world.sign_in("otto").await;
    let address = "/rulesets/crs/compare?from=1&to=2";
    let page = world.get(&cookie, address).await;
    let folded = page.select("details.values > summary");
    assert_eq!(folded.len(), 8, "{folded:?}");
    assert!(
        folded
            .iter()
            .all(|words| words == "The lines, which changed as in r0.conf"),
        "{folded:?}"
    );
    let first = page.select("#r3 > header").join("");
    assert!(
        first.contains("the first of 9 rules changed alike"),
        "{first}"
    );
    assert_eq!(page.select("#summary p a").join(","), "10 changed,1 added");
    let added = world.get(&cookie, &format!("{address}&kind=added")).await;
    assert_eq!(added.select(".rule h2"), ["new.conf"]);
    assert_eq!(added.select("#summary p a").join(","), "all,10 changed");
}
