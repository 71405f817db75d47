//! axe-core on every screen of the portal, light and dark, as the people who see them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rulegate_browser_tests::{Browser, Demo, axe};
use thirtyfour::prelude::*;

/// People who see different screens: who decides, who writes, who may do everything about accounts, who only reads.
const PEOPLE: [&str; 4] = ["ana", "theo", "adam", "otto"];

/// Addresses that no page links to, or only under conditions.
const ALSO: [&str; 4] = [
    "/reviews/ipc2-999",
    "/sign-in",
    "/rulesets/owasp-crs/compare?from=ipc2/prod&to=4.18.0",
    "/hotfixes/owasp-crs/4.17.0%2Bipc2.1/into/4.18.0",
];

/// Screens that must have been found, or the walk is broken.
const SCREENS: [&str; 14] = [
    "/",
    "/reviews",
    "/reviews/*",
    "/rulesets",
    "/rulesets/*",
    "/rulesets/*/versions/*",
    "/hotfixes",
    "/hotfixes/*/*",
    "/hotfixes/*/*/into/*",
    "/sites",
    "/ledger",
    "/ledger/*/*",
    "/accounts",
    "/me",
];

/// The most pages of all walks.
const PAGES_MAX: usize = 90;

/// Opens what is folded. Of long tables and lists of rules the start is enough: the rest is more of the same, and
/// contrast is computed element by element.
const UNFOLD: &str = "document.querySelectorAll('tbody').forEach(b => [...b.rows].slice(25).forEach(r => r.remove())); \
    [...document.querySelectorAll('[data-rule]')].slice(6).forEach(r => r.remove()); \
    document.querySelectorAll('details').forEach(d => d.open = true)";

/// The screen that an address belongs to: names and numbers become `*`, of the query only its keys are left.
fn screen(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let words = [
        "", "reviews", "rulesets", "versions", "hotfixes", "into", "sites", "ledger", "accounts",
        "me", "compare", "activate", "rules", "drift", "policy", "new", "edit", "sign-in",
        "tokens", "entries",
    ];
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| if words.contains(&part) { part } else { "*" })
        .collect();
    let keys: BTreeSet<&str> = query
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .filter(|key| !key.is_empty())
        .collect();
    let mut screen = parts.join("/");
    // All rules of a version are one screen, however deep their folders.
    if let Some(at) = screen.find("/rules/") {
        screen.truncate(at + "/rules/*".len());
    }
    if !keys.is_empty() {
        let keys: Vec<&str> = keys.into_iter().collect();
        screen.push_str(&format!("?{}", keys.join("&")));
    }
    screen
}

/// The links of the page that lead to pages.
async fn links(browser: &Browser) -> WebDriverResult<Vec<String>> {
    let script = "return [...document.querySelectorAll('a[href^=\"/\"]:not([download])')] \
        .map(a => a.getAttribute('href').split('#')[0]) \
        .filter(a => !/(bundle|manifest|\\.ndjson|\\.csv|\\.patch|\\.tar|\\/raw|\\/download|\\/static\\/|\\/api\\/|\\.json)/.test(a))";
    browser.driver.execute(script, Vec::new()).await?.convert()
}

/// Walks from the overview to one page of every screen; what axe-core finds, by address.
async fn walk(
    browser: &Browser,
    demo: &Demo,
    visited: &mut BTreeSet<String>,
) -> WebDriverResult<BTreeMap<String, Vec<String>>> {
    let mut wrong = BTreeMap::new();
    let mut ahead: VecDeque<String> = std::iter::once("/")
        .chain(ALSO)
        .map(str::to_owned)
        .collect();
    while let Some(address) = ahead.pop_front() {
        if visited.len() >= PAGES_MAX || !visited.insert(screen(&address)) {
            continue;
        }
        browser
            .driver
            .goto(format!("{}{address}", demo.url))
            .await?;
        let is_page = "return document.contentType === 'text/html'";
        if !browser
            .driver
            .execute(is_page, Vec::new())
            .await?
            .convert::<bool>()?
        {
            continue;
        }
        ahead.extend(links(browser).await?);
        browser.driver.execute(UNFOLD, Vec::new()).await?;
        let found = axe::violations(browser).await?;
        if !found.is_empty() {
            wrong.insert(address.clone(), found);
        }
    }
    Ok(wrong)
}

async fn every_screen(dark: bool) {
    let demo = Demo::start();
    let browser = Browser::open(dark, 1280).await;
    // Each screen once, by the first who can see it.
    let (mut visited, mut wrong) = (BTreeSet::new(), BTreeMap::new());
    let mut failed = None;
    for name in PEOPLE {
        let walked = async {
            browser.sign_in(&demo, name, "/").await?;
            visited.remove("/");
            walk(&browser, &demo, &mut visited).await
        };
        match walked.await {
            Ok(found) => wrong.extend(found),
            Err(error) => failed = Some(format!("{name}: {error}")),
        }
    }
    browser.close().await;
    assert_eq!(failed, None);
    println!(
        "{} screens: {}",
        visited.len(),
        visited.iter().cloned().collect::<Vec<_>>().join(" ")
    );
    for screen in SCREENS {
        assert!(
            visited.contains(screen),
            "{screen} was never seen: {visited:?}"
        );
    }
    let wrong: Vec<String> = wrong
        .into_iter()
        .map(|(address, found)| format!("{address}\n    {}", found.join("\n    ")))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} pages:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_screen_in_light() {
    every_screen(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_screen_in_dark() {
    every_screen(true).await;
}
