//! Writing a hotfix: its texts, the diff while writing, and the submission.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use serde::Deserialize;

use super::draft_form::{DraftForm, Fields};
use super::{aim, empty_hotfix, known_ruleset, may_write, obstacle, proposal, review_address};
use crate::app::AppError;
use crate::app::contents::Rules;
use crate::web::availability::Availability;
use crate::web::draft_view::{self, RuleDiff, Whose};
use crate::web::error::{WebResult, refuse};
use crate::web::form::{Form, see};
use crate::web::notice::Notice;
use crate::web::page::{self, Page};
use crate::web::sent::FieldError;
use crate::web::user::User;
use crate::web::{Portal, filters};
use rulegate_domain::command::Command;
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{RuleSetName, Timestamp};
use rulegate_ledger::policy::Policy;
use rulegate_ledger::version::VersionName;

/// How long a hotfix lives unless its author says otherwise.
const DAYS_DEFAULT: i64 = 14;
/// The name of the form, as its page writes it.
const FORM: &str = "hotfix";

#[derive(Template)]
#[template(path = "hotfixes/desk.html")]
struct DeskPage<'s> {
    page: Page,
    ruleset: &'s RuleSetName,
    environment: &'s Environment,
    pin: &'s VersionName,
    write: Availability,
    draft: DraftForm,
    preview: Preview,
    /// The pin moved while somebody wrote.
    is_moved: bool,
}

/// The diff while writing, and what the policy says of it.
#[derive(Template)]
#[template(path = "hotfixes/preview.html")]
struct Preview {
    policy: Policy,
    rules: u32,
    lines: u32,
    problems: Vec<String>,
    diffs: Vec<RuleDiff>,
    hidden: usize,
}

impl Preview {
    fn meter(&self, number: &u32, max: &u32) -> &'static str {
        if number > max { "bad" } else { "full" }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Address {
    #[serde(default)]
    ruleset: String,
    #[serde(default)]
    rule: Vec<String>,
}

fn address(ruleset: &RuleSetName) -> String {
    format!("/hotfixes/new/edit?ruleset={ruleset}")
}

pub(super) async fn edit(
    State(portal): State<Portal>,
    user: User,
    RawQuery(query): RawQuery,
) -> WebResult {
    let address: Address =
        serde_html_form::from_str(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let ruleset = known_ruleset(&user, &address.ruleset)?;
    if let Some(sent) = user.sent.as_ref().filter(|sent| sent.is(FORM)) {
        let draft = DraftForm::read(sent.fields());
        return desk(&portal, &user, &ruleset, draft, &[]).await;
    }
    if let Some(refusal) = obstacle(&user, &empty_hotfix(&user, &ruleset)) {
        return Err(refuse(refusal));
    }
    let ends = Timestamp(user.now.0 + DAYS_DEFAULT * Timestamp::DAY_US);
    let draft = DraftForm {
        ends: ends.iso_day(),
        ..DraftForm::default()
    };
    desk(&portal, &user, &ruleset, draft, &address.rule).await
}

/// The desk with the diff of what was typed so far; only the diff if a script asks.
pub(super) async fn preview(
    State(portal): State<Portal>,
    headers: HeaderMap,
    form: Form<Fields>,
) -> WebResult {
    let user = &form.user;
    let mut draft = DraftForm::read(&form.fields);
    let ruleset = known_ruleset(user, &draft.ruleset)?;
    let on_top_of = draft.base()?;
    let base = portal.app.rules(&on_top_of).await?;
    let placed = draft.place_uploads(&base);
    if headers.contains_key("x-preview") {
        let preview = preview_of(&portal, user, &ruleset, &draft, (&on_top_of, &base)).await?;
        return Ok(page::html(&preview));
    }
    let back = address(&ruleset);
    placed.map_err(|error| form.refused(&back, error))?;
    if !draft.more.is_empty() {
        let more = std::mem::take(&mut draft.more);
        let laid = draft.lay(&base, &more);
        laid.map_err(|text| form.refused(&back, FieldError::new("more", text)))?;
    }
    desk(&portal, user, &ruleset, draft, &[]).await
}

pub(super) async fn submit(State(portal): State<Portal>, form: Form<Fields>) -> WebResult {
    let draft = DraftForm::read(&form.fields);
    let ruleset = known_ruleset(&form.user, &draft.ruleset)?;
    let command = command(&portal, &form.user, &ruleset, draft).await;
    let executed = form
        .execute(&portal, &address(&ruleset), |_| command)
        .await?;
    Ok(see(&review_address(&executed), "hotfix-made"))
}

async fn command(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    mut draft: DraftForm,
) -> Result<Command, FieldError> {
    let words = draft.words()?;
    let made = draft.made(portal).await?;
    // What may not be made is not kept either: nothing is stored for a refused hotfix.
    if let Some(refusal) = obstacle(user, &empty_hotfix(user, ruleset)) {
        return Err(refusal.into());
    }
    let kept = portal.app.keep_draft(&made).await?;
    let environment = aim(&user.snapshot.state);
    Ok(proposal(ruleset, environment, draft.base()?, kept, words))
}

/// The desk with what lies on it, compared with what runs now, and with `rules` laid on it.
async fn desk(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    mut draft: DraftForm,
    rules: &[String],
) -> WebResult {
    let state = &user.snapshot.state;
    let environment = aim(state);
    let nothing = || Refusal::NothingPinned {
        environment: environment.clone(),
    };
    let pin = state.pin(ruleset, &environment).ok_or_else(nothing)?;
    let base = portal.app.rules(&pin.checksum).await?;
    let written_on = std::mem::replace(&mut draft.on_top_of, pin.checksum.to_string());
    let mut page = Page::new(portal, user, "hotfixes", format!("Hotfix of {ruleset}"));
    let unlaid = rules.iter().filter_map(|path| draft.lay(&base, path).err());
    page.banners
        .extend(unlaid.map(|text| Notice { kind: "warn", text }));
    // A file that has no place yet is refused when it is sent.
    let _ = draft.place_uploads(&base);
    Ok(page::html(&DeskPage {
        page,
        ruleset,
        pin: &pin.version,
        write: may_write(portal, user, ruleset),
        preview: preview_of(portal, user, ruleset, &draft, (&pin.checksum, &base)).await?,
        is_moved: !written_on.is_empty() && written_on != draft.on_top_of,
        environment: &environment,
        draft,
    }))
}

async fn preview_of(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    draft: &DraftForm,
    (on_top_of, base): (&Digest, &Rules),
) -> Result<Preview, AppError> {
    let (edits, problem) = draft.edits(base);
    let mut preview = Preview {
        policy: user.snapshot.state.policy(),
        rules: 0,
        lines: 0,
        problems: problem.into_iter().collect(),
        diffs: Vec::new(),
        hidden: 0,
    };
    let made = match portal.app.draft(on_top_of, &edits).await {
        Ok(made) => made,
        Err(AppError::BadInput { message, .. }) => {
            preview.problems.push(message);
            return Ok(preview);
        }
        Err(error) => return Err(error),
    };
    (preview.rules, preview.lines) = (made.changes.len() as u32, made.lines_changed());
    let paths = made.changes.iter().map(|change| &change.path);
    let forbidden = paths.filter(|path| !preview.policy.may_touch(path));
    let forbidden = forbidden.map(|path| format!("A hotfix may not touch {path}."));
    preview.problems.splice(0..0, forbidden.collect::<Vec<_>>());
    (preview.hidden, preview.diffs) =
        draft_view::rule_diffs(portal, user, ruleset, &made, &Whose::Unmade).await?;
    Ok(preview)
}
