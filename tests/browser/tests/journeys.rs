//! The main journey, as the people who make it.

use std::time::Duration;

use rulegate_browser_tests::{Browser, Demo, binary};
use thirtyfour::prelude::*;

const RULE: &str = "rules/REQUEST-913-SCANNER-DETECTION.conf";

/// Opens everything that is folded, so that a journey can reach it.
async fn unfold(browser: &Browser) -> WebDriverResult<()> {
    let script = "document.querySelectorAll('details').forEach(d => d.open = true)";
    browser.driver.execute(script, Vec::new()).await?;
    Ok(())
}

/// theo makes a hotfix of one rule at the desk and lands on its review; returns the review's path.
async fn make_hotfix(browser: &Browser, demo: &Demo) -> WebDriverResult<String> {
    browser.sign_in(demo, "theo", "/hotfixes/new").await?;
    let desk = format!(
        "{}/hotfixes/new/edit?ruleset=owasp-crs&rule={RULE}",
        demo.url
    );
    browser.driver.goto(desk).await?;
    let field = browser.see("textarea[name='text-0']").await?;
    let text = field.prop("value").await?.unwrap_or_default();
    assert!(text.contains("SecRule"), "the rule's text is in the field");
    let edited = text.replacen("severity:'CRITICAL'", "severity:'WARNING'", 1);
    assert_ne!(edited, text);
    let put = "const f = document.querySelector(\"textarea[name='text-0']\"); \
               f.value = arguments[0]; f.dispatchEvent(new Event('input', {bubbles: true}))";
    browser.driver.execute(put, vec![edited.into()]).await?;
    browser
        .fill("reason", "The scanner rule blocks our own monitoring")
        .await?;
    browser.fill("incident", "INC-6001").await?;
    browser
        .click("form[action='/hotfixes/new'] button.main")
        .await?;
    browser.see("form[action$='/comments']").await?;
    browser.read("INC-6001").await?;
    Ok(browser.driver.current_url().await?.path().to_owned())
}

async fn approve(browser: &Browser, demo: &Demo, name: &str, review: &str) -> WebDriverResult<()> {
    browser.sign_in(demo, name, review).await?;
    browser
        .click("form[action$='/approvals'] button.main")
        .await?;
    browser.read("Your approval is recorded").await?;
    Ok(())
}

async fn execute_review(
    browser: &Browser,
    demo: &Demo,
    name: &str,
    review: &str,
) -> WebDriverResult<()> {
    browser.sign_in(demo, name, review).await?;
    browser
        .click("form[action$='/execution'] button.main")
        .await?;
    browser.read("Executed.").await?;
    Ok(())
}

/// Sends what a browser would send if the page's held button could be pressed after all.
async fn approve_by_force(browser: &Browser, review: &str) -> WebDriverResult<()> {
    let source = browser.driver.source().await?;
    // The fingerprint stands in full beside what is approved.
    let after = source
        .split("you approve exactly")
        .nth(1)
        .unwrap_or_default();
    let hex = after
        .split(|c: char| !c.is_ascii_hexdigit())
        .find(|part| part.len() == 64);
    let hex = hex.expect("the page names the fingerprint").to_owned();
    let script = "const f = document.createElement('form'); f.method = 'post'; f.action = arguments[0] + '/approvals'; \
        const put = (n, v) => { const i = document.createElement('input'); i.name = n; i.value = v; f.append(i) }; \
        put('csrf', document.querySelector(\"input[name='csrf']\").value); put('fingerprint', arguments[1]); \
        document.body.append(f); f.submit()";
    browser
        .driver
        .execute(script, vec![review.into(), hex.into()])
        .await?;
    browser.read("nobody has answered for that yet").await?;
    Ok(())
}

/// Answers every rule that still waits, one form after the other.
async fn answer_everything(browser: &Browser, demo: &Demo, review: &str) -> WebDriverResult<()> {
    for _ in 0..12 {
        browser.driver.goto(format!("{}{review}", demo.url)).await?;
        browser.see(".checks").await?;
        if !browser
            .text()
            .await?
            .contains("An open hotfix is not answered")
        {
            return Ok(());
        }
        unfold(browser).await?;
        let form = "form[action$='/answers'][data-answer]";
        browser
            .click(&format!("{form} input[name='answer'][value='loss']"))
            .await?;
        let reason = browser
            .see(&format!("{form} textarea[name='text']"))
            .await?;
        reason
            .send_keys("4.18.0 carries the same fix or newer markers")
            .await?;
        browser
            .click(&format!("{form} button[type='submit']"))
            .await?;
        browser.see(".notice").await?;
    }
    panic!("still not answered:\n{}", browser.text().await?);
}

/// The pipeline delivers 4.18.0 once more: the same bytes, the same entry, and what they may override.
fn push_and_check(demo: &Demo) {
    let archive = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/crs-4.18.0.tar.gz");
    let folder = demo.dir.path().join("4.18.0");
    std::fs::create_dir_all(&folder).expect("a folder");
    let tar = std::process::Command::new("tar")
        .args(["xzf", archive, "-C"])
        .arg(&folder)
        .status();
    assert!(tar.expect("tar runs").success());
    let token = demo.file["tokens"]["pipeline"].as_str().unwrap_or_default();
    let folder = folder.display().to_string();
    let common = [
        "--ruleset",
        "owasp-crs",
        "--server",
        &demo.url,
        "--token",
        token,
        "--json",
    ];
    let push: Vec<&str> = ["push", &folder, "--version", "4.18.0"]
        .into_iter()
        .chain(common)
        .collect();
    let (code, out) = demo.run(&push);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("4.17.0+ipc2.1"), "{out}");
    let check = ["check", &folder, "--environment", "ipc2/prod"];
    let check: Vec<&str> = check.into_iter().chain(common).collect();
    let (code, out) = demo.run(&check);
    assert_eq!(code, 2, "a hotfix would be lost: {out}");
    assert!(out.contains(RULE), "{out}");
}

/// The auditor finds every step and downloads the export, which verifies.
async fn audit(browser: &Browser, demo: &Demo) -> WebDriverResult<()> {
    browser.sign_in(demo, "otto", "/ledger").await?;
    for words in ["INC-6001", "4.17.0+ipc2.2", "4.18.0"] {
        browser.driver.goto(format!("{}/ledger", demo.url)).await?;
        browser.read(words).await?;
    }
    for kind in [
        "hotfix.committed",
        "review.approved",
        "review.answered",
        "version.activated",
        "hotfix.discarded",
    ] {
        browser
            .driver
            .goto(format!("{}/ledger?kind={kind}", demo.url))
            .await?;
        browser.see("table.log td.seq").await?;
    }
    let cookie = browser.driver.get_named_cookie("rulegate").await?;
    let export = demo.dir.path().join("export.ndjson");
    let fetched = std::process::Command::new("curl")
        .args(["-sf", "-b", &format!("rulegate={}", cookie.value), "-o"])
        .arg(&export)
        .arg(format!("{}/ledger/export.ndjson?site=ipc2", demo.url))
        .status();
    assert!(
        fetched.expect("curl runs").success(),
        "the auditor may download the export"
    );
    let (code, out) = demo.run(&["verify", &export.display().to_string()]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("entries"), "{out}");
    Ok(())
}

async fn main_journey(browser: &Browser, demo: &Demo) -> WebDriverResult<()> {
    let hotfix = make_hotfix(browser, demo).await?;
    approve(browser, demo, "rita", &hotfix).await?;
    execute_review(browser, demo, "ana", &hotfix).await?;
    browser.driver.goto(format!("{}/", demo.url)).await?;
    browser.read("4.17.0+ipc2.2").await?;

    push_and_check(demo);

    // The review shows the override; approving without an answer is refused by the server.
    let review = "/reviews/ipc2-30";
    browser.sign_in(demo, "rita", review).await?;
    browser.read("An open hotfix is not answered").await?;
    browser.read("4.17.0+ipc2.2").await?;
    approve_by_force(browser, review).await?;

    browser.sign_in(demo, "ana", review).await?;
    answer_everything(browser, demo, review).await?;
    approve(browser, demo, "rita", review).await?;
    execute_review(browser, demo, "ana", review).await?;
    audit(browser, demo).await
}

#[tokio::test(flavor = "multi_thread")]
async fn three_people_take_a_release_past_a_hotfix() {
    assert!(binary().exists(), "build the binary first: cargo build");
    let demo = Demo::start();
    let browser = Browser::open(false, 1280).await;
    let journey = main_journey(&browser, &demo);
    let outcome = tokio::time::timeout(Duration::from_secs(300), journey).await;
    let text = browser.text().await.unwrap_or_default();
    browser.close().await;
    let outcome = outcome.unwrap_or_else(|_| panic!("took too long; last page:\n{text}"));
    outcome.unwrap_or_else(|error| panic!("{error}; last page:\n{text}"));
}
