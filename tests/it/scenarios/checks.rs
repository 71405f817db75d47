//! Sentences that say what is then the case: asked at a site, of a pod, or read on a page.

use rulegate_domain::gate::Outcome;
use rulegate_domain::state::{HotfixEnd, State};
use rulegate_ledger::event::Finding;

use super::acts::{gate, runs};
use super::book::{Blanks, fit};
use super::stage::{PATIENCE, Stage, until};
use crate::harness::world::{World, environment, ruleset, version};

/// Everything that happens to the sites, and everything that can be checked.
const CHECKS: &[(&str, Check)] = &[
    ("the link is cut", Check::Cut),
    ("the link is mended", Check::Mend),
    ("{site} stops", Check::Stop),
    ("{site} starts", Check::Start),
    ("everything restarts", Check::Restart),
    (
        "{site} comes back without its last {count} entries",
        Check::Lose,
    ),
    ("{site} takes its entries back", Check::Recover),
    (
        "{site} appends nothing, because {words}",
        Check::AppendsNothing,
    ),
    ("{site} appends again", Check::AppendsAgain),
    ("{count} hours pass", Check::Pass),
    ("the sites are level", Check::Level),
    ("both sites hold the same two ledgers", Check::SameLedgers),
    ("{site} sees that {env} runs {version}", Check::Sees),
    ("{env} runs {version}", Check::Runs),
    ("{env} runs nothing", Check::RunsNothing),
    (
        "a pod of {env} is told that nothing waits",
        Check::PodWaitsNot,
    ),
    (
        "a pod of {env} is told that {version} waits",
        Check::PodWaits,
    ),
    ("a pod of {env} is told {version}", Check::Pod),
    (
        "a pod of {env} that asks for {lane} is turned away",
        Check::PodElsewhere,
    ),
    ("{version} waits for {env}, because {words}", Check::Waits),
    ("nothing waits for {env}", Check::NothingWaits),
    (
        "the story is about the review of {version} in {env} again",
        Check::About,
    ),
    ("the gate blocks: {words}", Check::Blocks),
    ("the gate is open", Check::Open),
    (
        "the approval of {who} is stale, because {words}",
        Check::Stale,
    ),
    (
        "the release of {version} at {site} says of {env}: {words}",
        Check::Finding,
    ),
    ("{hotfix} is open in {env}", Check::HotfixOpen),
    ("{hotfix} is not open in {env}", Check::HotfixNotOpen),
    ("{hotfix} is absorbed by {version}", Check::Absorbed),
    ("{hotfix} is discarded", Check::Discarded),
    ("{site} has the bytes of {version}", Check::HasBytes),
    ("{site} has no {version}", Check::HasNot),
    ("nothing is offered to {site}", Check::NothingOffered),
    ("{hotfix} is offered to {site}", Check::Offered),
    ("on {page} at {site} {who} reads \"{words}\"", Check::Reads),
    (
        "on {page} at {site} {who} does not read \"{words}\"",
        Check::DoesNotRead,
    ),
];

#[derive(Clone, Copy, PartialEq)]
enum Check {
    Cut,
    Mend,
    Stop,
    Start,
    Restart,
    Lose,
    Recover,
    AppendsNothing,
    AppendsAgain,
    Pass,
    Level,
    SameLedgers,
    Sees,
    Runs,
    RunsNothing,
    Pod,
    PodWaits,
    PodWaitsNot,
    PodElsewhere,
    About,
    Waits,
    NothingWaits,
    Blocks,
    Open,
    Stale,
    Finding,
    HotfixOpen,
    HotfixNotOpen,
    Absorbed,
    Discarded,
    HasBytes,
    HasNot,
    NothingOffered,
    Offered,
    Reads,
    DoesNotRead,
}

pub fn patterns() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|(pattern, _)| *pattern)
}

pub fn is_check(text: &str) -> bool {
    patterns().any(|pattern| fit(pattern, text).is_some())
}

const HOUR_US: i64 = 3_600_000_000;

/// Makes it happen, or waits until it is the case.
pub async fn perform(stage: &mut Stage<'_>, text: &str) -> Result<(), String> {
    let (check, blanks) = CHECKS
        .iter()
        .find_map(|(pattern, check)| Some((*check, fit(pattern, text)?)))
        .ok_or("no such sentence")?;
    let get = |blank: &str| blanks[blank].as_str();
    match check {
        Check::Cut => stage.cut(true),
        Check::Mend => stage.cut(false),
        Check::Stop => stage.stop(get("site")).await?,
        Check::Start => stage.start(get("site")).await?,
        Check::Restart => {
            for site in ["ipc2", "ipc1"] {
                stage.stop(site).await?;
            }
            for site in ["ipc2", "ipc1"] {
                stage.start(site).await?;
            }
        }
        Check::Lose => {
            let count = get("count").parse().map_err(|_| "entries as a number")?;
            stage.lose(get("site"), count).await?;
        }
        Check::Recover => stage.recover(get("site")).await?,
        Check::AppendsNothing | Check::AppendsAgain => {
            let world = stage.at(get("site"))?;
            let words = blanks.get("words").map_or("", String::as_str);
            until(|| async {
                let behind = world.app.behind.load().as_ref().clone();
                let right = match (&behind, check) {
                    (Some(why), Check::AppendsNothing) => why.contains(words),
                    (None, Check::AppendsAgain) => true,
                    _ => false,
                };
                right.then_some(()).ok_or(format!("behind: {behind:?}"))
            })
            .await?;
        }
        Check::Pass => {
            let hours: i64 = get("count").parse().map_err(|_| "hours as a number")?;
            stage.pass(hours * HOUR_US);
        }
        Check::Level => stage.level().await?,
        Check::SameLedgers => stage.same_ledgers().await?,
        Check::Runs => runs(stage, get("env"), get("version")).await?,
        Check::Reads | Check::DoesNotRead => reads(stage, check, &blanks).await?,
        Check::About => {
            let env = environment(get("env"));
            let wanted = version(get("version"));
            let state = stage.at(env.site.as_str())?.app.snapshot();
            let reviews = state.state.reviews();
            let found = reviews.iter().find(|review| {
                review.subject.version() == Some(&wanted)
                    && review.subject.targets() == [env.clone()]
            });
            stage.review = Some(found.ok_or("there is no such review")?.id.clone());
        }
        Check::Pod | Check::PodWaits | Check::PodWaitsNot => {
            let env = get("env");
            let wanted = blanks.get("version").map_or("", String::as_str);
            let field = if check == Check::Pod {
                "version"
            } else {
                "waiting"
            };
            until(|| async {
                let told = stage.pod(env, None).await?;
                let version = told.json()[field].as_str().unwrap_or("").to_owned();
                (version == wanted)
                    .then_some(())
                    .ok_or(format!("{}: {}", told.status, told.text))
            })
            .await?;
        }
        Check::PodElsewhere => {
            let told = stage.pod(get("env"), Some(get("lane"))).await?;
            let status = told.status.as_u16();
            (status == 403)
                .then_some(())
                .ok_or(format!("{status}: {}", told.text))?;
        }
        Check::Blocks | Check::Open | Check::Stale => {
            let words = blanks.get("words").cloned().unwrap_or_default();
            let who = blanks.get("who").map(|who| who.to_lowercase());
            until(|| evidence(stage, check, &words, who.as_deref())).await?;
        }
        Check::Waits | Check::NothingWaits => {
            // An intent is known where it was decided before it is known where it waits.
            until(|| async {
                let mut said = Vec::new();
                for world in stage.running() {
                    said.push(of_state(world, check, &blanks));
                }
                let no = said.iter().find(|said| said.is_err()).cloned();
                match (check, said.iter().any(Result::is_ok), no) {
                    (Check::Waits, true, _) | (_, _, None) => Ok(()),
                    (_, _, Some(no)) => no,
                }
            })
            .await?;
        }
        _ => {
            let site = match (blanks.get("site"), blanks.get("env"), blanks.get("hotfix")) {
                (Some(site), _, _) => site.clone(),
                (None, Some(env), _) => env.split('/').next().unwrap_or_default().to_owned(),
                (None, None, Some(hotfix)) => {
                    let origin = version(hotfix).hotfix_origin();
                    origin.map_or(String::new(), |(site, _)| site.to_string())
                }
                _ => String::new(),
            };
            let world = stage.at(&site)?;
            until(|| async { of_state(world, check, &blanks) }).await?;
        }
    }
    Ok(())
}

/// What the folded state of one site says.
fn of_state(world: &World, check: Check, blanks: &Blanks) -> Result<(), String> {
    let snapshot = world.app.snapshot();
    let state = &snapshot.state;
    let get = |blank: &str| blanks[blank].as_str();
    let yes = |yes: bool, otherwise: String| yes.then_some(()).ok_or(otherwise);
    match check {
        Check::Sees => {
            let pin = state.pin(&ruleset(), &environment(get("env")));
            let runs = pin.map_or("nothing".to_owned(), |pin| pin.version.to_string());
            yes(runs == get("version"), format!("it sees {runs}"))
        }
        Check::RunsNothing => {
            let pin = state.pin(&ruleset(), &environment(get("env")));
            yes(pin.is_none(), "something runs there".into())
        }
        Check::Waits => waits(world, state, blanks),
        Check::NothingWaits => {
            let env = environment(get("env"));
            let waiting = state.waiting_intents();
            let waits = waiting.iter().any(|intent| intent.body.environment == env);
            yes(!waits, "something waits".into())
        }
        Check::Finding => {
            let version = version(get("version"));
            let facts = state
                .version(&ruleset(), &version)
                .ok_or("no such version")?;
            let release = facts
                .release
                .as_ref()
                .ok_or("received, not delivered here")?;
            let env = environment(get("env"));
            let found = release.drift.iter().find(|d| d.environment == env);
            let words = finding_words(&found.ok_or("no such environment")?.finding);
            yes(words == get("words"), words)
        }
        Check::HotfixOpen | Check::HotfixNotOpen => {
            let open = state
                .track(&ruleset(), &environment(get("env")))
                .is_some_and(|track| track.open_hotfixes.contains(&version(get("hotfix"))));
            yes(
                open == (check == Check::HotfixOpen),
                format!("open: {open}"),
            )
        }
        Check::Absorbed | Check::Discarded => {
            let hotfix = state.hotfix(&ruleset(), &version(get("hotfix")));
            let end = hotfix.ok_or("no such hotfix")?.end.clone();
            let right = match (&end, check) {
                (Some(HotfixEnd::Absorbed { by, .. }), Check::Absorbed) => {
                    by.as_str() == get("version")
                }
                (Some(HotfixEnd::Discarded { .. }), Check::Discarded) => true,
                _ => false,
            };
            yes(right, format!("{end:?}"))
        }
        Check::HasBytes | Check::HasNot => {
            let own = &world.app.config.site;
            let has = state
                .version_at(own, &ruleset(), &version(get("version")))
                .is_some();
            yes(has == (check == Check::HasBytes), format!("has it: {has}"))
        }
        Check::NothingOffered | Check::Offered => {
            let own = &world.app.config.site;
            let offered: Vec<String> = state
                .offered_transfers(own)
                .iter()
                .map(|offered| offered.hotfix.version.to_string())
                .collect();
            let right = match check {
                Check::NothingOffered => offered.is_empty(),
                _ => offered.iter().any(|hotfix| hotfix == get("hotfix")),
            };
            yes(right, format!("offered: {offered:?}"))
        }
        _ => unreachable!("done by another arm"),
    }
}

fn waits(world: &World, state: &State, blanks: &Blanks) -> Result<(), String> {
    let env = environment(&blanks["env"]);
    let waiting = state.waiting_intents();
    let intent = waiting
        .iter()
        .find(|intent| intent.body.environment == env)
        .ok_or("nothing waits")?;
    if intent.body.version.as_str() != blanks["version"] {
        return Err(format!("{} waits", intent.body.version));
    }
    let why = state.intent_obstacle(intent, world.app.clock.now());
    let why = why.unwrap_or("nothing stands against it".into());
    why.contains(&blanks["words"]).then_some(()).ok_or(why)
}

fn finding_words(finding: &Finding) -> String {
    let list = |names: Vec<String>| names.join(", ");
    match finding {
        Finding::NoBaseline => "no baseline yet".into(),
        Finding::NoInterimHotfix => "no interim hotfix".into(),
        Finding::HotfixesContained { hotfixes } => {
            let names = hotfixes.iter().map(ToString::to_string).collect();
            format!("contains {}", list(names))
        }
        Finding::MayOverride { hotfixes, .. } => {
            let names = hotfixes.iter().map(|h| h.hotfix.to_string()).collect();
            format!("may override {}", list(names))
        }
    }
}

/// What the gate of the story's review says.
async fn evidence(
    stage: &Stage<'_>,
    check: Check,
    words: &str,
    who: Option<&str>,
) -> Result<(), String> {
    let (site, _, gate) = gate(stage).await?;
    let said: Vec<String> = gate
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Block)
        .map(|check| format!("{}: {}", check.title(), check.evidence))
        .collect();
    match check {
        Check::Open => gate.is_open().then_some(()).ok_or(said.join("; ")),
        Check::Blocks => {
            let blocks = said.iter().any(|line| line.contains(words));
            blocks.then_some(()).ok_or(said.join("; "))
        }
        _ => {
            let world = stage.at(&site)?;
            let id = world.id(who.unwrap_or_default());
            let changes = gate
                .stale
                .iter()
                .find(|(approval, _)| approval.by == id)
                .map(|(_, changes)| changes)
                .ok_or("it is not stale")?;
            let said: Vec<String> = changes.iter().map(|change| change.words()).collect();
            let said = said.join("; ");
            said.contains(words).then_some(()).ok_or(said)
        }
    }
}

/// Fetches a page until it says the words, or until it says them no more.
async fn reads(stage: &mut Stage<'_>, check: Check, blanks: &Blanks) -> Result<(), String> {
    let (site, who) = (&blanks["site"], blanks["who"].to_lowercase());
    let address = address(stage, &blanks["page"])?;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let page = stage.page(site, &who, &address).await?;
        let text = page.select("body").join(" ");
        if text.contains(&blanks["words"]) == (check == Check::Reads) {
            return Ok(());
        }
        if tokio::time::Instant::now() > deadline {
            let main = page.select("main").join(" ");
            return Err(format!("{address} says: {main}"));
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

fn address(stage: &Stage<'_>, page: &str) -> Result<String, String> {
    if let Some(hotfix) = page.strip_prefix("the page of hotfix ") {
        return Ok(format!("/hotfixes/crs/{}", hotfix.replace('+', "%2B")));
    }
    if let Some(version) = page.strip_prefix("the page of version ") {
        let version = version.replace('+', "%2B");
        return Ok(format!("/rulesets/crs/versions/{version}"));
    }
    if let Some(merge) = page.strip_prefix("the merge of ") {
        let (hotfix, env) = merge.split_once(" into ").ok_or("the merge of H into E")?;
        let hotfix = hotfix.replace('+', "%2B");
        return Ok(format!(
            "/hotfixes/new/merge?ruleset=crs&hotfix={hotfix}&environment={env}"
        ));
    }
    Ok(match page {
        "the overview" => "/".into(),
        "the Sites page" => "/sites".into(),
        "the page Between the sites" => "/sites/between".into(),
        "the hotfix register" => "/hotfixes".into(),
        "the hotfix desk" => "/hotfixes/new?ruleset=crs".into(),
        "the ledger" => "/ledger".into(),
        "the rule set" => "/rulesets/crs".into(),
        "the environments compared" => "/rulesets/crs/environments".into(),
        "the review" => match &stage.review {
            Some(review) => format!("/reviews/{review}"),
            None => return Err("no review was opened yet".into()),
        },
        _ => return Err(format!("no page is called {page:?}")),
    })
}
