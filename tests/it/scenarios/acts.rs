//! Sentences in which people act: each is one command, or a few, through the one door of a named site.

use std::sync::Arc;

use bytes::Bytes;
use rulegate::app::AppError;
use rulegate::app::execute::Executed;
use rulegate::app::hotfixing::Edits;
use rulegate_domain::command::{self, Command, HotfixWords};
use rulegate_domain::gate::Gate;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{Event, PairOutcome, Provenance};
use rulegate_ledger::ids::{ReviewId, Timestamp};
use rulegate_ledger::review::Answer;
use rulegate_ledger::version::VersionName;

use super::book::{Blanks, fit};
use super::stage::{Stage, until};
use crate::harness::world::{World, environment, rules, ruleset, version};

/// What an act does, and how it is said. The order decides where two could fit.
const ACTS: &[(&str, Act)] = &[
    (
        "the pipeline delivers {version} at {site} with {rules}",
        Act::Deliver,
    ),
    (
        "{who} asks at {site} for the recall of {version}: {reason}",
        Act::Recall,
    ),
    ("{who} asks at {site} for {version} in {targets}", Act::Ask),
    ("{who} approves it", Act::Approve),
    ("{who} executes it", Act::CarryOut),
    ("{who} breaks the glass: {reason}", Act::BreakGlass),
    (
        "{who} says at {site} that {version} passed: {reason}",
        Act::Pass,
    ),
    (
        "{who} says at {site} that {version} failed: {reason}",
        Act::Fail,
    ),
    (
        "{who} hotfixes {env} for {incident} with {rules}",
        Act::Hotfix,
    ),
    (
        "{who} answers for {path} of {hotfix} in {env}: loss accepted, {reason}",
        Act::AcceptLoss,
    ),
    (
        "{who} answers for {path} of {hotfix} in {env}: contained by hand, {reason}",
        Act::ContainedByHand,
    ),
    (
        "{who} answers for {path} of {hotfix} in {env}: sent back, {reason}",
        Act::SendBack,
    ),
    ("{who} discards {hotfix}: {reason}", Act::Discard),
    ("{who} holds {env}: {reason}", Act::Hold),
    ("{who} lifts the hold on {env}: {reason}", Act::LiftHold),
    (
        "{who} cancels at {site} what waits for {env}: {reason}",
        Act::Cancel,
    ),
    (
        "{who} declares at {site} that the app is live at {live}: {reason}",
        Act::Declare,
    ),
    (
        "{who} asks to bring {hotfix} to {env}: {reason}",
        Act::Bring,
    ),
    (
        "{who} merges {hotfix} into {env} with {rules}",
        Act::MergeByHand,
    ),
    ("{who} merges {hotfix} into {env}", Act::Merge),
    ("{who} leaves {hotfix} out of {env}: {reason}", Act::Decline),
    (
        "{who} closes the pair {hotfix} and {other} at {site} as one fix: {reason}",
        Act::PairOne,
    ),
    (
        "{who} closes the pair {hotfix} and {other} at {site}, both needed: {reason}",
        Act::PairBoth,
    ),
    (
        "{who} closes the pair {hotfix} and {other} at {site}, {kept} stays: {reason}",
        Act::PairKeep,
    ),
    (
        "{who} accepts that {env} differs: {reason}",
        Act::AcceptDifference,
    ),
    ("{version} goes live in {targets}", Act::Live),
];

#[derive(Clone, Copy)]
enum Act {
    Deliver,
    Recall,
    Ask,
    Approve,
    CarryOut,
    BreakGlass,
    Pass,
    Fail,
    Hotfix,
    AcceptLoss,
    ContainedByHand,
    SendBack,
    Discard,
    Hold,
    LiftHold,
    Cancel,
    Declare,
    Bring,
    Merge,
    MergeByHand,
    Decline,
    PairOne,
    PairBoth,
    PairKeep,
    AcceptDifference,
    Live,
}

pub fn patterns() -> impl Iterator<Item = &'static str> {
    ACTS.iter().map(|(pattern, _)| *pattern)
}

/// What stands behind an act that must not succeed.
const REFUSED: &str = " and is refused: ";

pub fn is_act(text: &str) -> bool {
    let text = text.split(REFUSED).next().unwrap_or_default();
    patterns().any(|pattern| fit(pattern, text).is_some())
}

/// Carries an act out. With `and is refused: WORDS` it must be refused, with these words or this code.
pub async fn perform(stage: &mut Stage<'_>, text: &str) -> Result<(), String> {
    let (text, refused) = match text.split_once(REFUSED) {
        Some((text, words)) => (text, Some(words)),
        None => (text, None),
    };
    let (act, blanks) = ACTS
        .iter()
        .find_map(|(pattern, act)| Some((*act, fit(pattern, text)?)))
        .ok_or("no such act")?;
    let outcome = Acting { stage, blanks }.act(act).await;
    match (outcome, refused) {
        (Ok(()), None) => Ok(()),
        (Ok(()), Some(words)) => Err(format!("it was done, and should be refused: {words}")),
        (Err(Trouble::Refused { code, words }), Some(wanted)) => {
            let said = code == wanted || words.contains(wanted);
            said.then_some(())
                .ok_or_else(|| format!("refused as {code}: {words}"))
        }
        (Err(Trouble::Refused { code, words }), None) => Err(format!("refused as {code}: {words}")),
        (Err(Trouble::Stage(why)), _) => Err(why),
    }
}

enum Trouble {
    /// The portal said no.
    Refused { code: String, words: String },
    /// The story cannot be played so.
    Stage(String),
}

impl From<String> for Trouble {
    fn from(why: String) -> Trouble {
        Trouble::Stage(why)
    }
}
impl From<AppError> for Trouble {
    fn from(error: AppError) -> Trouble {
        let outcome = error.outcome();
        Trouble::Refused {
            code: outcome.code.to_string(),
            words: format!("{} {}", outcome.sentence, outcome.remedy),
        }
    }
}

type Acted = Result<(), Trouble>;

struct Acting<'s, 'g> {
    stage: &'s mut Stage<'g>,
    blanks: Blanks,
}

impl Acting<'_, '_> {
    fn get(&self, blank: &str) -> &str {
        &self.blanks[blank]
    }
    fn who(&self) -> String {
        self.get("who").to_lowercase()
    }
    fn env(&self) -> Environment {
        environment(self.get("env"))
    }
    fn hotfix(&self) -> VersionName {
        version(self.get("hotfix"))
    }
    fn reason(&self) -> String {
        self.get("reason").to_owned()
    }

    /// One command of the person at the site.
    async fn execute(&self, site: &str, command: Command) -> Result<Executed, Trouble> {
        let world = self.stage.at(site)?;
        Ok(world.act(&self.who(), command).await?)
    }

    async fn at_site(&self, command: Command) -> Acted {
        self.execute(self.get("site"), command).await?;
        Ok(())
    }

    async fn at_env(&self, command: Command) -> Acted {
        let site = self.env().site;
        self.execute(site.as_str(), command).await?;
        Ok(())
    }

    fn note_review(&mut self, done: &Executed) {
        let opened = done
            .entries
            .iter()
            .find(|entry| matches!(entry.fact.event, Event::ReviewOpened(_)));
        if let Some(entry) = opened {
            self.stage.review = Some(ReviewId {
                site: entry.at_entry.site.clone(),
                seq: entry.at_entry.seq,
            });
        }
    }

    async fn open(&mut self, site: &str, command: Command) -> Acted {
        let done = self.execute(site, command).await?;
        self.note_review(&done);
        Ok(())
    }

    async fn act(&mut self, act: Act) -> Acted {
        match act {
            Act::Deliver => self.deliver().await,
            Act::Ask => self.ask().await,
            Act::Recall => {
                let site = self.get("site").to_owned();
                let command = command::OpenRecall {
                    ruleset: ruleset(),
                    version: version(self.get("version")),
                    reason: self.reason(),
                }
                .into();
                self.open(&site, command).await
            }
            Act::Approve => {
                let (site, review, gate) = gate(self.stage).await?;
                let command = command::Approve {
                    review,
                    fingerprint: gate.fingerprint,
                    note: String::new(),
                    evidence: Vec::new(),
                }
                .into();
                self.execute(&site, command).await?;
                Ok(())
            }
            Act::CarryOut => self.execute_review(None).await,
            Act::BreakGlass => self.execute_review(Some(self.reason())).await,
            Act::Pass => self.validate(true).await,
            Act::Fail => self.validate(false).await,
            Act::Hotfix => self.make_hotfix().await,
            Act::AcceptLoss => {
                let reason = self.reason();
                self.answer(Answer::LossAccepted { reason }).await
            }
            Act::ContainedByHand => {
                let reason = self.reason();
                self.answer(Answer::ContainedByHand { reason }).await
            }
            Act::SendBack => {
                let reason = self.reason();
                self.answer(Answer::SentBack { reason }).await
            }
            Act::Discard => self.discard().await,
            Act::Hold => {
                let lane = Some(self.env().lane);
                let reason = self.reason();
                let ruleset = None;
                self.at_env(
                    command::PlaceHold {
                        ruleset,
                        lane,
                        reason,
                    }
                    .into(),
                )
                .await
            }
            Act::LiftHold => self.lift().await,
            Act::Cancel => self.cancel().await,
            Act::Declare => {
                let live = self.get("live").parse().map_err(|e| format!("{e}"))?;
                let reason = self.reason();
                self.at_site(command::DeclareLiveSite { live, reason }.into())
                    .await
            }
            Act::Bring => {
                let environment = self.env();
                let site = environment.site.to_string();
                let command = command::OpenTransfer {
                    ruleset: ruleset(),
                    hotfix: self.hotfix(),
                    environment,
                    reason: self.reason(),
                }
                .into();
                self.open(&site, command).await
            }
            Act::Merge => self.merge(None).await,
            Act::MergeByHand => {
                let edits = edits(self.get("rules"));
                self.merge(Some(edits)).await
            }
            Act::Decline => {
                let command = command::DeclineTransfer {
                    ruleset: ruleset(),
                    hotfix: self.hotfix(),
                    environment: self.env(),
                    reason: self.reason(),
                }
                .into();
                self.at_env(command).await
            }
            Act::PairOne => self.close_pair(PairOutcome::One).await,
            Act::PairBoth => self.close_pair(PairOutcome::Both).await,
            Act::PairKeep => {
                let hotfix = version(self.get("kept"));
                self.close_pair(PairOutcome::Keep { hotfix }).await
            }
            Act::AcceptDifference => {
                let command = command::AcceptDifference {
                    ruleset: ruleset(),
                    environment: self.env(),
                    reason: self.reason(),
                }
                .into();
                self.at_env(command).await
            }
            Act::Live => self.live().await,
        }
    }

    async fn deliver(&self) -> Acted {
        let world = self.stage.at(self.get("site"))?;
        let texts = texts(self.get("rules"));
        let pairs: Vec<(&str, &str)> = texts
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_deref().unwrap_or_default()))
            .collect();
        let snapshot = world.app.keep(&rules(&pairs)).await?;
        let command = command::CommitRelease {
            ruleset: ruleset(),
            version: version(self.get("version")),
            snapshot,
            provenance: Provenance::default(),
            evidence: Vec::new(),
        }
        .into();
        world.act("pipeline", command).await?;
        Ok(())
    }

    async fn ask(&mut self) -> Acted {
        let site = self.get("site").to_owned();
        let command = command::OpenActivation {
            ruleset: ruleset(),
            version: version(self.get("version")),
            targets: targets(self.get("targets")),
            reason: "it is its turn".into(),
        }
        .into();
        self.open(&site, command).await
    }

    async fn execute_review(&mut self, break_glass: Option<String>) -> Acted {
        let (site, review, gate) = gate(self.stage).await?;
        let command = command::Execute {
            review,
            fingerprint: gate.fingerprint,
            break_glass,
            evidence: Vec::new(),
        }
        .into();
        self.execute(&site, command).await?;
        Ok(())
    }

    async fn validate(&self, passed: bool) -> Acted {
        self.at_site(
            command::RecordValidation {
                ruleset: ruleset(),
                version: version(self.get("version")),
                passed,
                note: self.reason(),
                links: Vec::new(),
            }
            .into(),
        )
        .await
    }

    fn hotfix_words(&self, world: &World, incident: &str) -> HotfixWords {
        HotfixWords {
            reason: "customers are locked out".into(),
            incident: incident.into(),
            ends_at: Timestamp(world.app.clock.now().0 + 10 * Timestamp::DAY_US),
        }
    }

    async fn make_hotfix(&mut self) -> Acted {
        let environment = self.env();
        let site = environment.site.to_string();
        let world = self.stage.at(&site)?;
        let snapshot = world.app.snapshot();
        let pin = snapshot.state.pin(&ruleset(), &environment);
        let pin = pin.ok_or("nothing runs there".to_owned())?.checksum;
        let draft = world.app.draft(&pin, &edits(self.get("rules"))).await?;
        let kept = world.app.keep_draft(&draft).await?;
        let command = command::ProposeHotfix {
            ruleset: ruleset(),
            environment,
            on_top_of: pin,
            snapshot: kept.snapshot,
            changes: kept.changes,
            lines_changed: kept.lines_changed,
            words: self.hotfix_words(world, self.get("incident")),
        }
        .into();
        self.open(&site, command).await
    }

    /// The merge as the desk offers it, or the texts that the person wrote.
    async fn merge(&mut self, by_hand: Option<Edits>) -> Acted {
        let environment = self.env();
        let site = environment.site.to_string();
        let world = self.stage.at(&site)?;
        let state = &world.app.snapshot().state;
        let unknown = || "no such hotfix".to_owned();
        let hotfix = state
            .hotfix(&ruleset(), &self.hotfix())
            .ok_or_else(unknown)?;
        let pin = state.pin(&ruleset(), &environment).ok_or_else(unknown)?;
        let offered = world.app.merge_offer(state, hotfix, &environment).await?;
        let edits = match by_hand {
            Some(edits) => edits,
            None if offered.is_clean() => offered.edits(),
            None => return Err(Trouble::Stage("the merge is not clean".into())),
        };
        let draft = world.app.draft(&pin.checksum, &edits).await?;
        let kept = world.app.keep_draft(&draft).await?;
        let command = command::MergeTransfer {
            ruleset: ruleset(),
            hotfix: self.hotfix(),
            environment,
            on_top_of: pin.checksum,
            snapshot: kept.snapshot,
            changes: kept.changes,
            lines_changed: kept.lines_changed,
            words: self.hotfix_words(world, &hotfix.incident),
        }
        .into();
        self.open(&site, command).await
    }

    async fn answer(&self, answer: Answer) -> Acted {
        let (site, review, _) = gate(self.stage).await?;
        let command = command::AnswerHotfix {
            review,
            environment: self.env(),
            hotfix: self.hotfix(),
            paths: vec![self.get("path").to_owned()],
            answer,
            evidence: Vec::new(),
        }
        .into();
        self.execute(&site, command).await?;
        Ok(())
    }

    async fn discard(&self) -> Acted {
        let (made_at, _) = self
            .hotfix()
            .hotfix_origin()
            .ok_or("not the name of a hotfix".to_owned())?;
        let command = command::DiscardHotfix {
            ruleset: ruleset(),
            hotfix: self.hotfix(),
            reason: self.reason(),
        }
        .into();
        self.execute(made_at.as_str(), command).await?;
        Ok(())
    }

    async fn lift(&self) -> Acted {
        let environment = self.env();
        let world = self.stage.at(environment.site.as_str())?;
        let state = &world.app.snapshot().state;
        let holds = state.holds(&ruleset(), &environment);
        let hold = holds
            .first()
            .ok_or("no hold is in force there".to_owned())?;
        let (hold, reason) = (hold.id.clone(), self.reason());
        self.at_env(command::LiftHold { hold, reason }.into()).await
    }

    async fn cancel(&self) -> Acted {
        let world = self.stage.at(self.get("site"))?;
        let state = &world.app.snapshot().state;
        let environment = self.env();
        let waiting = state.waiting_intents();
        let intent = waiting
            .iter()
            .find(|intent| intent.body.environment == environment)
            .ok_or("nothing waits for it".to_owned())?;
        let (intent, reason) = (intent.id.clone(), self.reason());
        self.at_site(command::CancelIntent { intent, reason }.into())
            .await
    }

    async fn close_pair(&self, outcome: PairOutcome) -> Acted {
        self.at_site(
            command::ClosePair {
                ruleset: ruleset(),
                first: self.hotfix(),
                second: version(self.get("other")),
                outcome,
                reason: self.reason(),
                evidence: Vec::new(),
            }
            .into(),
        )
        .await
    }

    /// The long way in one sentence: soft launch, a word on it, production, all with the people it takes.
    async fn live(&mut self) -> Acted {
        let name = self.get("version").to_owned();
        let all = targets(self.get("targets"));
        let first = all[0].site.to_string();
        let deciding = self.stage.at(&first)?;
        let lanes = &deciding.app.config.topology.lanes;
        for lane in lanes {
            let targets: Vec<String> = all
                .iter()
                .filter(|target| target.lane == *lane)
                .map(ToString::to_string)
                .collect();
            if targets.is_empty() {
                continue;
            }
            let world = self.stage.at(&first)?;
            let wanted: Vec<&str> = targets.iter().map(String::as_str).collect();
            let review = world.ask(&name, &wanted).await;
            if lane == world.app.config.topology.production() {
                world.approve("rita", &review).await?;
            }
            world.execute_review("lucy", &review).await?;
            for target in &targets {
                runs(self.stage, target, &name).await?;
                sees(self.stage.at(&first)?, target, &name).await?;
            }
            let world = self.stage.at(&first)?;
            if lane != world.app.config.topology.production() {
                world.validate(&name, true).await;
            }
        }
        Ok(())
    }
}

/// Waits until an environment runs a version, in the eyes of its own site.
pub async fn runs(stage: &Stage<'_>, target: &str, name: &str) -> Result<(), String> {
    sees(stage.own(target)?, target, name).await
}

/// Waits until a site knows that an environment runs a version.
async fn sees(world: &World, target: &str, name: &str) -> Result<(), String> {
    until(|| async {
        let state = &world.app.snapshot().state;
        let pin = state.pin(&ruleset(), &environment(target));
        let runs = pin.map_or("nothing".to_owned(), |pin| pin.version.to_string());
        (runs == name)
            .then_some(())
            .ok_or(format!("{target} runs {runs}"))
    })
    .await
}

/// The gate of the review that the story is about, at the site that decides it.
pub async fn gate(stage: &Stage<'_>) -> Result<(String, ReviewId, Gate), String> {
    let review = stage.review.clone().ok_or("no review was opened yet")?;
    let world = stage.at(review.site.as_str())?;
    let snapshot = world.app.snapshot();
    let known = snapshot.state.review(&review).ok_or("no such review")?;
    let gate = world.app.gate(&snapshot.state, &Arc::clone(known)).await;
    let gate = gate.map_err(|e| e.to_string())?;
    Ok((review.site.to_string(), review, gate))
}

pub fn targets(text: &str) -> Vec<Environment> {
    text.replace(" and ", ", ")
        .split(", ")
        .map(environment)
        .collect()
}

/// `a.conf "one / two" and no b.conf`: rules with their lines, or to be taken out.
fn texts(text: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (before, after) = rest.split_once('"').unwrap_or((rest, ""));
        let before = before.trim_start_matches([',', ' ']);
        let mut path = before.strip_prefix("and ").unwrap_or(before).trim();
        while let Some(removed) = path.strip_prefix("no ") {
            let (gone, next) = removed.split_once(" and ").unwrap_or((removed, ""));
            found.push((gone.trim().to_owned(), None));
            path = next.trim();
        }
        let Some((lines, after)) = after.split_once('"') else {
            return found;
        };
        found.push((path.to_owned(), Some(lines.replace(" / ", "\n") + "\n")));
        rest = after;
    }
    found
}

fn edits(text: &str) -> Edits {
    texts(text)
        .into_iter()
        .map(|(path, text)| (path, text.map(Bytes::from)))
        .collect()
}
