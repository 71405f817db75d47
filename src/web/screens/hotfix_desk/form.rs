//! Writing a hotfix: its texts, the diff while writing, and the submission.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::draft_form::{DraftForm, Problem, Sent};
use super::{aim, known_ruleset, may_write, obstacle};
use crate::app::AppError;
use crate::app::contents::Rules;
use crate::app::hotfixing::Draft;
use crate::web::availability::Availability;
use crate::web::draft_view::{self, RuleDiff, Whose};
use crate::web::environment_view::Place;
use crate::web::error::{WebError, WebResult, refuse};
use crate::web::form::{execute_once, fresh_once, see};
use crate::web::page::{self, Page};
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::command::{self, Command, HotfixWords};
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::ids::{RuleSetName, Timestamp};

/// How long a hotfix lives unless its author says otherwise.
const DAYS_DEFAULT: i64 = 14;

#[derive(Template)]
#[template(path = "hotfixes/desk.html")]
struct DeskPage {
    page: Page,
    ruleset: String,
    place: Place,
    pin: String,
    offer: Availability,
    draft_form: DraftForm,
    preview: Preview,
    problems: Vec<Problem>,
    /// The pin moved while somebody wrote; the version that runs now.
    moved: String,
}

impl DeskPage {
    fn once(&self) -> String {
        fresh_once()
    }
}

/// The diff while writing, and what the policy says of it.
#[derive(Template)]
#[template(path = "hotfixes/preview.html")]
pub(super) struct Preview {
    rules: usize,
    lines: usize,
    rules_max: u32,
    lines_max: u32,
    caps: String,
    is_over_cap: bool,
    forbidden: Vec<String>,
    problems: Vec<String>,
    diffs: Vec<RuleDiff>,
    hidden: usize,
}

impl Preview {
    fn rules_state(&self) -> &'static str {
        if self.rules > self.rules_max as usize {
            "bad"
        } else {
            "full"
        }
    }
    fn lines_state(&self) -> &'static str {
        if self.lines > self.lines_max as usize {
            "bad"
        } else {
            "full"
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Address {
    #[serde(default)]
    ruleset: String,
    #[serde(default)]
    rule: Vec<String>,
}

pub(super) async fn edit(
    State(portal): State<Portal>,
    user: User,
    RawQuery(query): RawQuery,
) -> WebResult {
    let address: Address =
        serde_html_form::from_str(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let ruleset = known_ruleset(&user, &address.ruleset)?;
    if let Some(refusal) = obstacle(&user, &ruleset) {
        return Err(refuse(refusal));
    }
    let state = &user.snapshot.state;
    let pin = state
        .pin(&ruleset, &aim(state))
        .ok_or_else(|| Refusal::NothingPinned {
            environment: aim(state),
        })?;
    let base = portal.app.rules(&pin.checksum).await?;
    let mut draft_form = DraftForm {
        ruleset: ruleset.to_string(),
        on_top_of: pin.checksum.to_string(),
        ends: format::day(Timestamp(user.now.0 + DAYS_DEFAULT * Timestamp::DAY_US)),
        ..DraftForm::default()
    };
    let problems = address
        .rule
        .iter()
        .filter_map(|path| draft_form.lay(&base, path).err())
        .collect();
    Ok(page::html(
        &desk(
            &portal,
            &user,
            &ruleset,
            draft_form,
            problems,
            String::new(),
        )
        .await?,
    ))
}

pub(super) async fn preview(State(portal): State<Portal>, mut sent: Sent) -> WebResult {
    let ruleset = known_ruleset(&sent.user, &sent.draft_form.ruleset)?;
    let base = base_of(&portal, &sent.draft_form).await?;
    let mut problems = sent.draft_form.place_uploads(&base);
    if sent.is_fragment {
        let preview = preview_of(&portal, &sent.user, &sent.draft_form, &base).await?;
        return Ok(page::html(&preview));
    }
    let more = std::mem::take(&mut sent.draft_form.more);
    if !more.is_empty()
        && let Err(problem) = sent.draft_form.lay(&base, &more)
    {
        problems.push(problem);
    }
    Ok(page::html(
        &desk(
            &portal,
            &sent.user,
            &ruleset,
            sent.draft_form,
            problems,
            String::new(),
        )
        .await?,
    ))
}

pub(super) async fn submit(State(portal): State<Portal>, mut sent: Sent) -> WebResult {
    let ruleset = known_ruleset(&sent.user, &sent.draft_form.ruleset)?;
    let base = base_of(&portal, &sent.draft_form).await?;
    let mut problems = sent.draft_form.place_uploads(&base);
    let (edits, wrong) = sent.draft_form.edits(&base);
    problems.extend(wrong);
    let Some(ends_at) = sent.draft_form.ends_at() else {
        problems.push(Problem {
            name: "ends".into(),
            text: "The end date is not a date.".into(),
        });
        return returned(&portal, sent, &ruleset, problems).await;
    };
    if !problems.is_empty() {
        return returned(&portal, sent, &ruleset, problems).await;
    }
    let draft = match portal.app.draft(&sent.draft_form.base()?, &edits).await {
        Ok(draft) => draft,
        Err(AppError::BadInput { message, .. }) => {
            let problem = Problem {
                name: "new-path".into(),
                text: message,
            };
            return returned(&portal, sent, &ruleset, vec![problem]).await;
        }
        Err(error) => return Err(error.into()),
    };
    // What may not be made is not kept either: nothing is stored for a refused hotfix.
    if let Some(refusal) = obstacle(&sent.user, &ruleset) {
        return Err(refuse(refusal));
    }
    let command = command(&portal, &sent, &ruleset, &draft, ends_at).await?;
    match execute_once(&portal, &sent.user, sent.once(), command).await {
        Ok(done) => {
            let to = done
                .review()
                .map_or("/hotfixes".to_owned(), |id| address::review(&id));
            Ok(see(&to, "hotfix-made"))
        }
        Err(AppError::Refused(refusal)) => refused(&portal, sent, &ruleset, refusal).await,
        Err(error) => Err(error.into()),
    }
}

async fn command(
    portal: &Portal,
    sent: &Sent,
    ruleset: &RuleSetName,
    draft: &Draft,
    ends_at: Timestamp,
) -> Result<Command, WebError> {
    let kept = portal.app.keep_draft(draft).await?;
    Ok(command::ProposeHotfix {
        ruleset: ruleset.clone(),
        environment: aim(&sent.user.snapshot.state),
        on_top_of: sent.draft_form.base()?,
        snapshot: kept.snapshot,
        changes: kept.changes,
        lines_changed: kept.lines_changed,
        words: HotfixWords {
            reason: sent.draft_form.reason.clone(),
            incident: sent.draft_form.incident.clone(),
            ends_at,
        },
    }
    .into())
}

async fn base_of(portal: &Portal, draft_form: &DraftForm) -> Result<Rules, WebError> {
    Ok(portal.app.rules(&draft_form.base()?).await?)
}

/// The desk again as it was left, with what is wrong.
async fn returned(
    portal: &Portal,
    sent: Sent,
    ruleset: &RuleSetName,
    problems: Vec<Problem>,
) -> WebResult {
    let page = desk(
        portal,
        &sent.user,
        ruleset,
        sent.draft_form,
        problems,
        String::new(),
    )
    .await?;
    Ok(with_status(
        StatusCode::UNPROCESSABLE_ENTITY,
        page::html(&page),
    ))
}

/// The decision said no: the texts stay on the desk. If the pin moved they are compared with what runs now.
async fn refused(
    portal: &Portal,
    mut sent: Sent,
    ruleset: &RuleSetName,
    refusal: Refusal,
) -> WebResult {
    let mut moved = String::new();
    if let Refusal::PinMoved { now, environment } = &refusal {
        moved = now.to_string();
        // The state of now, not the one in which the form was sent.
        sent.user.snapshot = portal.app.snapshot();
        if let Some(pin) = sent.user.snapshot.state.pin(ruleset, environment) {
            sent.draft_form.on_top_of = pin.checksum.to_string();
        }
    }
    let outcome = AppError::Refused(refusal.clone()).outcome();
    let problem = Problem {
        name: field_of(&refusal).to_owned(),
        text: refusal.message(),
    };
    let page = desk(
        portal,
        &sent.user,
        ruleset,
        sent.draft_form,
        vec![problem],
        moved,
    )
    .await?;
    let status = StatusCode::from_u16(outcome.status).unwrap_or(StatusCode::CONFLICT);
    Ok(with_status(status, page::html(&page)))
}

fn field_of(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::EndsTooSoon | Refusal::EndsTooLate { .. } => "ends",
        Refusal::Missing { what } | Refusal::TooLong { what, .. }
            if what.starts_with("incident") =>
        {
            "incident"
        }
        Refusal::Missing { .. } | Refusal::TooLong { .. } => "reason",
        _ => "texts",
    }
}

fn with_status(status: StatusCode, mut response: Response) -> Response {
    *response.status_mut() = status;
    response
}

async fn desk(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    draft_form: DraftForm,
    problems: Vec<Problem>,
    moved: String,
) -> Result<DeskPage, WebError> {
    let state = &user.snapshot.state;
    let environment = aim(state);
    let base = base_of(portal, &draft_form).await?;
    let checksum = draft_form.base()?;
    let runs = state
        .pin(ruleset, &environment)
        .filter(|pin| pin.checksum == checksum);
    let named = state.versions_with(ruleset, checksum);
    // Several versions may hold these bytes; what runs is one of them.
    let base_name = runs.map(|pin| &pin.version).or(named.first());
    Ok(DeskPage {
        page: Page::new(portal, user, "hotfixes", format!("Hotfix of {ruleset}")),
        ruleset: ruleset.to_string(),
        place: Place::of(&environment),
        pin: base_name.map(ToString::to_string).unwrap_or_default(),
        offer: may_write(portal, user, ruleset),
        preview: preview_of(portal, user, &draft_form, &base).await?,
        draft_form,
        problems,
        moved,
    })
}

async fn preview_of(
    portal: &Portal,
    user: &User,
    draft_form: &DraftForm,
    base: &Rules,
) -> Result<Preview, WebError> {
    let policy = user.snapshot.state.policy();
    let (edits, wrong) = draft_form.edits(base);
    let mut preview = Preview {
        rules: 0,
        lines: 0,
        rules_max: policy.hotfix_rules_max,
        lines_max: policy.hotfix_lines_max,
        caps: String::new(),
        is_over_cap: false,
        forbidden: Vec::new(),
        problems: wrong.into_iter().map(|problem| problem.text).collect(),
        diffs: Vec::new(),
        hidden: 0,
    };
    match portal.app.draft(&draft_form.base()?, &edits).await {
        Ok(draft) => {
            preview.rules = draft.changes.len();
            preview.lines = draft.lines_changed() as usize;
            let (rules, lines) = (draft.changes.len() as u32, draft.lines_changed());
            preview.is_over_cap = policy.over_cap(rules, lines);
            preview.caps = draft_view::caps_words(&policy, rules, lines);
            let paths = draft.changes.iter().map(|change| change.path.clone());
            preview.forbidden = paths.filter(|path| !policy.may_touch(path)).collect();
            (preview.hidden, preview.diffs) = draft_view::rule_diffs(
                portal,
                user,
                &draft_form.ruleset.parse()?,
                &draft,
                &Whose::Unmade,
            )
            .await?;
        }
        Err(AppError::BadInput { message, .. }) => preview.problems.push(message),
        Err(error) => return Err(error.into()),
    }
    Ok(preview)
}
