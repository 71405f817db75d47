//! A hotfix of the other site merged into what runs here, rule by rule: offered as a draft, applied by a person.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::draft_form::{DraftForm, Problem, Sent, Sheet, Upload};
use super::known_ruleset;
use crate::app::AppError;
use crate::app::reconcile::MergeOffer;
use crate::web::availability::Availability;
use crate::web::draft_view::{self, RuleDiff, Whose};
use crate::web::environment_view::{Place, Tag};
use crate::web::error::{WebError, WebResult, refuse};
use crate::web::form::{execute_once, fresh_once, see};
use crate::web::page::{self, Page};
use crate::web::user::User;
use crate::web::{Portal, address, format, hotfix_lines, typed};
use rulegate_compare::merge_draft::{DraftRule, Outcome};
use rulegate_domain::command::{self, Command, HotfixWords, SnapshotFacts};
use rulegate_domain::decide::decide;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::Hotfix;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{RuleSetName, Timestamp};

/// What is merged into what: part of the address, for showing as for sending.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    ruleset: String,
    #[serde(default)]
    hotfix: String,
    #[serde(default)]
    environment: String,
}

/// What became of one rule of the hotfix.
struct RuleRow {
    path: String,
    moved_to: String,
    tag: Tag,
    why: String,
}

#[derive(Template)]
#[template(path = "hotfixes/merge.html")]
struct MergePage {
    page: Page,
    ruleset: String,
    hotfix: String,
    hotfix_href: String,
    brings: String,
    place: Place,
    pin: String,
    action: String,
    offer: Availability,
    /// How much of it merged.
    tally: Tag,
    rules: Vec<RuleRow>,
    /// Rules, as they are named here, that wait for a hand.
    conflicts: BTreeSet<String>,
    /// What the hotfix changed where it was made.
    diffs: Vec<RuleDiff>,
    hidden: usize,
    draft_form: DraftForm,
    problems: Vec<Problem>,
}

impl MergePage {
    fn once(&self) -> String {
        fresh_once()
    }

    /// Both sites changed the same lines of it.
    fn is_conflict(&self, sheet: &Sheet) -> bool {
        self.conflicts.contains(&sheet.path)
    }

    /// What needs a hand is unfolded; of what merged, the first where nothing else is.
    fn is_open(&self, sheet: &Sheet) -> bool {
        let is_first = self
            .draft_form
            .sheets
            .first()
            .is_some_and(|first| first.path == sheet.path);
        self.is_conflict(sheet) || self.conflicts.is_empty() && is_first
    }
}

/// Everything that an address of a merge names.
struct Found<'a> {
    ruleset: RuleSetName,
    environment: Environment,
    hotfix: &'a Hotfix,
    pin: Digest,
    pin_name: String,
    offer: MergeOffer,
}

async fn found<'a>(
    portal: &Portal,
    user: &'a User,
    wanted: &Wanted,
) -> Result<Found<'a>, WebError> {
    let ruleset = known_ruleset(user, &wanted.ruleset)?;
    let environment: Environment = wanted.environment.parse()?;
    let version = wanted.hotfix.parse()?;
    let state = &user.snapshot.state;
    let hotfix = state
        .hotfix(&ruleset, &version)
        .ok_or_else(|| refuse(Refusal::UnknownHotfix { hotfix: version }))?;
    let pin = state.pin(&ruleset, &environment).ok_or_else(|| {
        refuse(Refusal::NothingPinned {
            environment: environment.clone(),
        })
    })?;
    let offer = portal.app.merge_offer(state, hotfix, &environment).await?;
    Ok(Found {
        ruleset,
        environment,
        hotfix,
        pin: pin.checksum,
        pin_name: pin.version.to_string(),
        offer,
    })
}

pub(super) async fn show(
    State(portal): State<Portal>,
    user: User,
    Query(wanted): Query<Wanted>,
) -> WebResult {
    let found = found(&portal, &user, &wanted).await?;
    let draft_form = laid(&found);
    Ok(page::html(
        &built(&portal, &user, &found, draft_form, Vec::new()).await?,
    ))
}

/// The draft on the desk: texts to be typed in, and bytes that go as they are.
fn laid(found: &Found) -> DraftForm {
    let mut draft_form = DraftForm {
        ruleset: found.ruleset.to_string(),
        on_top_of: found.pin.to_string(),
        reason: found.hotfix.reason.clone(),
        incident: found.hotfix.incident.clone(),
        ends: format::day(found.hotfix.ends_at),
        ..DraftForm::default()
    };
    for rule in &found.offer.rules {
        let path = rule.at().to_owned();
        match (&rule.draft, rule.outcome == Outcome::Contained) {
            (_, true) => {}
            (Some(bytes), false) if typed::obstacle(bytes).is_none() => {
                draft_form.sheets.push(Sheet {
                    path,
                    text: String::from_utf8_lossy(bytes).into_owned(),
                    is_removed: false,
                })
            }
            (Some(bytes), false) => draft_form.uploads.push(Upload {
                path,
                bytes: bytes.clone().into(),
            }),
            (None, false) => draft_form.sheets.push(Sheet {
                path,
                text: String::new(),
                is_removed: true,
            }),
        }
    }
    draft_form
}

/// `all 29 rules merged`, `2 of 29 rules wait for a hand`.
fn tally(rules: &[DraftRule]) -> Tag {
    let all = format::count(rules.len(), "rule", "rules");
    match (conflicts(rules).len(), rules.len()) {
        (0, 1) => Tag::new("ok", "it merged"),
        (0, _) => Tag::new("ok", format!("all {all} merged")),
        (1, _) => Tag::new("warn", format!("1 of {all} waits for a hand")),
        (left, _) => Tag::new("warn", format!("{left} of {all} wait for a hand")),
    }
}

fn conflicts(rules: &[DraftRule]) -> BTreeSet<String> {
    let left = rules
        .iter()
        .filter(|rule| matches!(rule.outcome, Outcome::Partly { .. } | Outcome::Left));
    left.map(|rule| rule.at().to_owned()).collect()
}

fn row(rule: &DraftRule) -> RuleRow {
    let places = |n: usize| format::count(n, "place", "places");
    let conflicts = rule.conflicts.len();
    let tag = match rule.outcome {
        Outcome::Contained => Tag::new("ok", "contained in what runs here"),
        Outcome::Merged { places: n } => Tag::new("ok", format!("merged at {}", places(n))),
        Outcome::Partly { places: n } => Tag::new(
            "warn",
            format!("merged at {}, conflict at {conflicts}", places(n)),
        ),
        Outcome::Left => Tag::new("bad", "conflict: what runs here stays"),
    };
    let lines = rule.conflicts.iter().map(|conflict| {
        format!(
            "line {} of what runs here",
            conflict.planned.start.saturating_add(1)
        )
    });
    let lines: Vec<String> = lines.collect();
    RuleRow {
        path: rule.path.clone(),
        moved_to: rule.moved_to.clone().unwrap_or_default(),
        tag,
        why: match (rule.why, lines.is_empty()) {
            ("", true) => String::new(),
            ("", false) => format!("both changed: {}", lines.join(", ")),
            (why, _) => why.to_owned(),
        },
    }
}

async fn built(
    portal: &Portal,
    user: &User,
    found: &Found<'_>,
    draft_form: DraftForm,
    problems: Vec<Problem>,
) -> Result<MergePage, WebError> {
    let draft = draft_view::of_hotfix(&portal.app, found.hotfix).await?;
    let whose = Whose::Hotfix {
        note: hotfix_lines::note(portal, found.hotfix),
    };
    let (hidden, diffs) =
        draft_view::rule_diffs(portal, user, &found.ruleset, &draft, &whose).await?;
    let nothing = SnapshotFacts {
        checksum: found.pin,
        rules: 0,
        size_bytes: 0,
    };
    let asked = command(found, nothing, Vec::new(), 0, words(&draft_form, user.now));
    let offer = match decide(&user.snapshot.state, &asked, &user.actor(), user.now) {
        // All that is missing is a change.
        Ok(_) | Err(Refusal::NothingChanged) => Availability::default(),
        Err(refusal) => Availability::refused(portal, user, None, &refusal),
    };
    let brings: Vec<String> = found.offer.brings.iter().map(ToString::to_string).collect();
    let version = &found.hotfix.version;
    Ok(MergePage {
        page: Page::new(portal, user, "hotfixes", format!("Merge {version}")),
        ruleset: found.ruleset.to_string(),
        hotfix: version.to_string(),
        hotfix_href: address::hotfix(&found.ruleset, version),
        brings: brings.join(", "),
        place: Place::of(&found.environment),
        pin: found.pin_name.clone(),
        action: address::merge(&found.ruleset, version, &found.environment),
        offer,
        tally: tally(&found.offer.rules),
        conflicts: conflicts(&found.offer.rules),
        rules: found.offer.rules.iter().map(row).collect(),
        diffs,
        hidden,
        draft_form,
        problems,
    })
}

fn words(draft_form: &DraftForm, otherwise: Timestamp) -> HotfixWords {
    HotfixWords {
        reason: draft_form.reason.clone(),
        incident: draft_form.incident.clone(),
        ends_at: draft_form.ends_at().unwrap_or(otherwise),
    }
}

fn command(
    found: &Found,
    snapshot: SnapshotFacts,
    changes: Vec<rulegate_ledger::manifest::Change>,
    lines_changed: u32,
    words: HotfixWords,
) -> Command {
    command::MergeTransfer {
        ruleset: found.ruleset.clone(),
        hotfix: found.hotfix.version.clone(),
        environment: found.environment.clone(),
        on_top_of: found.pin,
        snapshot,
        changes,
        lines_changed,
        words,
    }
    .into()
}

pub(super) async fn submit(
    State(portal): State<Portal>,
    Query(wanted): Query<Wanted>,
    mut sent: Sent,
) -> WebResult {
    let user = sent.user.clone();
    let found = found(&portal, &user, &wanted).await?;
    if sent.draft_form.base()? != found.pin {
        let text = format!(
            "{} runs {} now: this is the merge into that, made anew.",
            found.environment, found.pin_name
        );
        return returned(&portal, &user, &found, laid(&found), "texts", text).await;
    }
    let base = portal.app.rules(&found.pin).await?;
    let mut problems = sent.draft_form.place_uploads(&base);
    let (edits, wrong) = sent.draft_form.edits(&base);
    problems.extend(wrong);
    if sent.draft_form.ends_at().is_none() {
        let text = "The end date is not a date.".to_owned();
        return returned(&portal, &user, &found, sent.draft_form, "ends", text).await;
    }
    if let Some(problem) = problems.pop() {
        return returned(
            &portal,
            &user,
            &found,
            sent.draft_form,
            "texts",
            problem.text,
        )
        .await;
    }
    let draft = match portal.app.draft(&found.pin, &edits).await {
        Ok(draft) => draft,
        Err(AppError::BadInput { message, .. }) => {
            return returned(&portal, &user, &found, sent.draft_form, "texts", message).await;
        }
        Err(error) => return Err(error.into()),
    };
    let kept = portal.app.keep_draft(&draft).await?;
    let words = words(&sent.draft_form, user.now);
    let asked = command(
        &found,
        kept.snapshot,
        kept.changes,
        kept.lines_changed,
        words,
    );
    match execute_once(&portal, &user, sent.once(), asked).await {
        Ok(done) => {
            let to = done
                .review()
                .map_or("/hotfixes".to_owned(), |id| address::review(&id));
            Ok(see(&to, "hotfix-made"))
        }
        Err(AppError::Refused(refusal)) => {
            let text = refusal.message();
            returned(&portal, &user, &found, sent.draft_form, "reason", text).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The desk again as it was left, with what is wrong.
async fn returned(
    portal: &Portal,
    user: &User,
    found: &Found<'_>,
    draft_form: DraftForm,
    field: &str,
    text: String,
) -> Result<Response, WebError> {
    let problem = Problem {
        name: field.to_owned(),
        text,
    };
    let page = built(portal, user, found, draft_form, vec![problem]).await?;
    let mut response = page::html(&page);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}
