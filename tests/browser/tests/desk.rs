//! Hotfixes from the real corpus, judged on the review's page: by mouse and by keyboard only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rulegate_browser_tests::served::Served;
use rulegate_browser_tests::served::world::World;
use rulegate_browser_tests::{Browser, axe};
use rulegate_ledger::ids::ReviewId;
use thirtyfour::prelude::*;

type Tree = BTreeMap<String, String>;

/// A folder's files as texts.
fn files(folder: &Path) -> Tree {
    let mut found = Tree::new();
    let mut todo: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a folder");
            todo.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else {
            let name = path.strip_prefix(folder).expect("inside").display();
            let bytes = std::fs::read(&path).expect("a file");
            found.insert(name.to_string(), String::from_utf8(bytes).expect("UTF-8"));
        }
    }
    found
}

fn pairs(tree: &Tree) -> Vec<(&str, &str)> {
    tree.iter()
        .map(|(path, text)| (&path[..], &text[..]))
        .collect()
}

/// A case of the corpus as it would come to a portal: base live, the hotfix live on it, planned waiting for production.
async fn served(case: &str) -> (Served, ReviewId) {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/corpus");
    let side = |name: &str| files(&Path::new(corpus).join(case).join(name));
    let (base, hotfix, planned) = (side("base"), side("hotfix"), side("planned"));
    let world = World::new().await;
    world.live("1", &pairs(&base)).await;
    // What the hotfix changed; an empty text takes a rule out.
    let mut changed: Tree = hotfix
        .iter()
        .filter(|(path, text)| base.get(*path) != Some(text))
        .map(|(path, text)| (path.clone(), text.clone()))
        .collect();
    for path in base.keys().filter(|path| !hotfix.contains_key(*path)) {
        changed.insert(path.clone(), String::new());
    }
    let made = world
        .propose_hotfix(&pairs(&changed))
        .await
        .expect("a hotfix");
    for name in ["rita", "tom"] {
        world.approve(name, &made).await.expect("an approval");
    }
    world
        .execute_review("ana", &made)
        .await
        .expect("it goes live");
    world.release("2", &pairs(&planned)).await;
    let sl = world.ask("2", &["ipc2/sl"]).await;
    world
        .execute_review("lucy", &sl)
        .await
        .expect("soft launch");
    world.validate("2", true).await;
    let review = world.ask("2", &["ipc2/prod"]).await;
    (Served::start(world).await, review)
}

/// Runs a journey with a browser, which ends in any case.
async fn with_browser<F>(dark: bool, width: u32, journey: impl FnOnce(Browser) -> F)
where
    F: Future<Output = (Browser, WebDriverResult<()>)>,
{
    let browser = Browser::open(dark, width).await;
    let done = tokio::time::timeout(Duration::from_secs(120), journey(browser)).await;
    let (browser, done) = done.expect("the journey took too long");
    let text = browser.text().await.unwrap_or_default();
    browser.close().await;
    done.unwrap_or_else(|error| panic!("{error}; last page:\n{text}"));
}

async fn count(browser: &Browser, css: &str) -> WebDriverResult<usize> {
    Ok(browser
        .driver
        .find_all(By::Css(css.to_owned()))
        .await?
        .len())
}

async fn text_of(browser: &Browser, css: &str) -> WebDriverResult<String> {
    browser.see(css).await?.text().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_included_hotfix_needs_no_answer_and_is_approved() {
    let (served, review) = served("sigma-event-log-access-filters").await;
    with_browser(false, 1280, |browser| async move {
        let done = async {
            served
                .open(&browser, "rita", &format!("/reviews/{review}"))
                .await?;
            assert!(
                text_of(&browser, "#hotfix-1")
                    .await?
                    .contains("all 1 rule included")
            );
            assert!(
                text_of(&browser, "#rule header")
                    .await?
                    .contains("included")
            );
            assert!(
                count(&browser, "#rule td.kept").await? > 0,
                "the hotfix's lines, found in planned"
            );
            assert_eq!(count(&browser, "#rule td.t.gone").await?, 0);
            assert_eq!(
                count(&browser, "[data-answer]").await?,
                0,
                "nothing to answer"
            );
            browser
                .click("#decide form[action$='/approvals'] button.main")
                .await?;
            browser.read("Your approval is recorded").await?;
            Ok(())
        };
        let done = done.await;
        (browser, done)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overridden_hotfix_is_judged_by_keyboard_only() {
    let (served, review) = served("sigma-4952-filter-lost").await;
    with_browser(true, 1280, |browser| async move {
        let done = async {
            served
                .open(&browser, "rita", &format!("/reviews/{review}"))
                .await?;
            assert!(
                text_of(&browser, "#rule header")
                    .await?
                    .contains("overridden")
            );
            assert!(count(&browser, "#rule td.t.gone").await? > 0);
            // The help names every key and is left with Escape.
            browser.keys("?").await?;
            let help = text_of(&browser, "dialog#keys[open]").await?;
            for words in [
                "next, previous finding",
                "next, previous rule",
                "seen",
                "answer",
                "this help",
            ] {
                assert!(help.contains(words), "{help}");
            }
            browser.keys(char::from(Key::Escape).to_string()).await?;
            // The first finding of the rule.
            browser.keys("n").await?;
            browser.keys("j").await?;
            assert!(
                browser.has_focus("#rule tr[data-finding]").await?,
                "a finding has the focus"
            );
            // Seen: kept on the server, said on the page.
            assert!(
                text_of(&browser, "#hotfix-1 .progress")
                    .await?
                    .contains("0 of 1 seen")
            );
            browser.keys("x").await?;
            browser.read("Marked as seen.").await?;
            assert!(
                text_of(&browser, "#hotfix-1 .progress")
                    .await?
                    .contains("1 of 1 seen")
            );
            // The answer: a choice by arrow keys, a reason, Enter on the button.
            browser.keys("a").await?;
            assert!(
                browser
                    .has_focus("#rule [data-answer] input[value='contained']")
                    .await?
            );
            browser.keys(char::from(Key::Down).to_string()).await?;
            browser
                .key_until(Key::Tab, "#rule [data-answer] textarea")
                .await?;
            browser.keys("the filter is not needed any more").await?;
            browser
                .key_until(Key::Tab, "#rule [data-answer] button")
                .await?;
            browser.keys(char::from(Key::Enter).to_string()).await?;
            browser.read("The answer is recorded.").await?;
            browser.read("loss accepted").await?;
            // And the approval.
            browser
                .key_until(Key::Tab, "#decide form[action$='/approvals'] button.main")
                .await?;
            browser.keys(char::from(Key::Enter).to_string()).await?;
            browser.read("Your approval is recorded").await?;
            Ok(())
        };
        let done = done.await;
        (browser, done)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_hotfix_is_sent_back_with_patch_and_draft() {
    let (served, review) = served("sigma-4526-ip-patterns").await;
    with_browser(false, 1280, |browser| async move {
        let done = async {
            served
                .open(&browser, "rita", &format!("/reviews/{review}"))
                .await?;
            let rule = text_of(&browser, "#rule").await?;
            assert!(rule.contains("partly included"), "{rule}");
            assert!(rule.contains("single changes are in 2"), "{rule}");
            // Worst first.
            let first = text_of(&browser, "#rule .todo li").await?;
            assert!(!first.contains("included"), "{first}");
            for view in ["sides", "unified", "hotfix", "three"] {
                browser
                    .click(&format!("#rule .seg a[href*='view={view}']"))
                    .await?;
                browser.see("#rule .seg a[aria-current]").await?;
                assert!(count(&browser, "#rule [data-finding]").await? > 0, "{view}");
            }
            browser
                .click("#rule [data-answer] input[value='back']")
                .await?;
            let reason = browser.see("#rule [data-answer] textarea").await?;
            reason
                .send_keys("the next release must carry all of it")
                .await?;
            browser.click("#rule [data-answer] button").await?;
            browser.read("The answer is recorded.").await?;
            assert_eq!(
                count(&browser, "#decide form[action$='/approvals']").await?,
                0
            );
            browser.click("#rule footer a[href*='/into/']").await?;
            browser.read("nothing applies it by itself").await?;
            // Planned changed the very lines: the patch of the hotfix and the archive, but no empty patch.
            browser.read("nothing could be put in").await?;
            assert_eq!(
                count(&browser, "a[href$='.patch'], a[href$='.tar']").await?,
                2
            );
            Ok(())
        };
        let done = done.await;
        (browser, done)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_hotfix_is_found_where_it_stands_now() {
    let (served, review) = served("kubeprom-0.9-renamed-file").await;
    with_browser(true, 400, |browser| async move {
        let done = async {
            served
                .open(&browser, "rita", &format!("/reviews/{review}"))
                .await?;
            let rule = text_of(&browser, "#rule").await?;
            assert!(
                rule.contains("kubernetesControlPlane-prometheusRule.yaml"),
                "{rule}"
            );
            assert!(
                count(&browser, "#rule td.kept").await? > 0,
                "part of it is there"
            );
            browser
                .click("#rule [data-answer] input[value='contained']")
                .await?;
            let reason = browser.see("#rule [data-answer] textarea").await?;
            reason.send_keys("the metric has both names here").await?;
            browser.click("#rule [data-answer] button").await?;
            browser.read("The answer is recorded.").await?;
            browser
                .click("#decide form[action$='/approvals'] button.main")
                .await?;
            browser.read("Your approval is recorded").await?;
            let found = axe::violations(&browser).await?;
            assert!(found.is_empty(), "{}", found.join("\n"));
            Ok(())
        };
        let done = done.await;
        (browser, done)
    })
    .await;
}
