//! What the author of a sent-back hotfix gets: the hotfix as a patch, and a draft of planned with it merged in where
//! that is clean.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use bytes::Bytes;

use super::hotfixes::found;
use super::versions::attachment;
use crate::app::AppError;
use crate::app::send_back::{SendBack, draft_name, question};
use crate::web::diff_view::{self, Row};
use crate::web::draft_view::mark_as_hotfix;
use crate::web::error::{WebError, WebResult};
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::structured_view::{AMONG_MANY, StructuredView, structured_view};
use crate::web::user::User;
use crate::web::{Portal, address};
use rulegate_compare::diff::{Options, TextDiff, Window};
use rulegate_compare::merge_draft::{DraftRule, Outcome};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::Hotfix;
use rulegate_ledger::version::VersionName;

/// Rules whose diff is on the page; the patch holds all.
const DIFFS_MAX: usize = 40;
/// Changed lines of one rule on the page.
const LINES_MAX: usize = 400;

pub(super) fn routes() -> Routes {
    let into = "/hotfixes/{ruleset}/{version}/into/{planned}";
    Routes::default()
        .page("/hotfixes/{ruleset}/{version}/hotfix.patch", patch)
        .page(into, show)
        .page(&format!("{into}/draft.patch"), draft_patch)
        .page(&format!("{into}/draft.tar"), draft_archive)
}

#[derive(Template)]
#[template(path = "hotfixes/send_back.html")]
struct SendBackPage<'s> {
    page: Page,
    hotfix: &'s Hotfix,
    planned: &'s VersionName,
    made: &'s SendBack,
    diffs: Vec<RuleDiff>,
    hidden: usize,
}

impl SendBackPage<'_> {
    fn kind(&self, rule: &DraftRule) -> &'static str {
        match rule.outcome {
            Outcome::Contained | Outcome::Merged { .. } => "ok",
            Outcome::Partly { .. } => "warn",
            Outcome::Left => "bad",
        }
    }
}

/// What one rule of the draft has that planned has not.
struct RuleDiff {
    path: String,
    values: Option<StructuredView>,
    rows: Vec<Row>,
}

async fn show(State(portal): State<Portal>, user: User, Path(names): Path<Names>) -> WebResult {
    let (hotfix, planned) = named(&user, &names)?;
    let made = made(&portal, &user, hotfix, &planned).await?;
    let work = move || {
        let diffs = diffs(&made);
        (diffs, made)
    };
    let (mut diffs, made) = tokio::task::spawn_blocking(work)
        .await
        .map_err(AppError::broken)?;
    let hidden = diffs.len().saturating_sub(DIFFS_MAX);
    diffs.truncate(DIFFS_MAX);
    let title = format!("Draft of {planned} with hotfix {}", hotfix.version);
    Ok(page::html(&SendBackPage {
        page: Page::new(&portal, &user, "hotfixes", title),
        hotfix,
        planned: &planned,
        made: &made,
        diffs,
        hidden,
    }))
}

async fn patch(
    State(portal): State<Portal>,
    user: User,
    Path((ruleset, version)): Path<(String, String)>,
) -> WebResult {
    let patch = portal
        .app
        .hotfix_patch(found(&user, &ruleset, &version)?)
        .await?;
    let name = format!("{ruleset}-{version}.patch");
    Ok(attachment(name, PATCH, patch))
}

async fn draft_patch(
    State(portal): State<Portal>,
    user: User,
    Path(names): Path<Names>,
) -> WebResult {
    let (hotfix, planned) = named(&user, &names)?;
    let made = made(&portal, &user, hotfix, &planned).await?;
    let name = draft_name(hotfix, &planned, "patch");
    Ok(attachment(name, PATCH, made.draft_patch))
}

async fn draft_archive(
    State(portal): State<Portal>,
    user: User,
    Path(names): Path<Names>,
) -> WebResult {
    let (hotfix, planned) = named(&user, &names)?;
    let made = made(&portal, &user, hotfix, &planned).await?;
    let read_me = made.read_me(hotfix, &planned);
    let pack = move || made.archive(&read_me);
    let archive: Bytes = tokio::task::spawn_blocking(pack)
        .await
        .map_err(AppError::broken)??;
    let name = draft_name(hotfix, &planned, "tar");
    Ok(attachment(name, "application/x-tar", archive))
}

/// What mail readers and editors know a patch by.
const PATCH: &str = "text/x-patch; charset=utf-8";

/// Rule set, hotfix and planned version, as in an address.
type Names = (String, String, String);

/// A hotfix and the planned version that it is merged into.
fn named<'s>(
    user: &'s User,
    (ruleset, version, planned): &Names,
) -> Result<(&'s Arc<Hotfix>, VersionName), WebError> {
    let hotfix = found(user, ruleset, version)?;
    let planned = planned.parse().map_err(|_| AppError::NotFound {
        what: "version",
        name: planned.chars().take(80).collect(),
    })?;
    Ok((hotfix, planned))
}

async fn made(
    portal: &Portal,
    user: &User,
    hotfix: &Hotfix,
    planned: &VersionName,
) -> Result<SendBack, WebError> {
    let state = &user.snapshot.state;
    let facts = state.version(&hotfix.ruleset, planned);
    let facts = facts.ok_or_else(|| Refusal::UnknownVersion {
        ruleset: hotfix.ruleset.clone(),
        version: planned.clone(),
    })?;
    let question = question(state, hotfix, facts.checksum);
    Ok(portal.app.send_back(&question).await?)
}

/// From planned to the draft, rule by rule; what was put in is the hotfix's.
fn diffs(made: &SendBack) -> Vec<RuleDiff> {
    let changed = made.rules.iter().filter(|rule| rule.draft != rule.planned);
    changed
        .map(|rule| {
            let side = |bytes: &Option<Vec<u8>>| bytes.clone().unwrap_or_default();
            let options = Options {
                window: Window::first(LINES_MAX),
                ..Options::default()
            };
            let (old, new) = (side(&rule.planned), side(&rule.draft));
            let diff = TextDiff::new(&old, &new);
            let mut rows = diff_view::unified(&diff, &options);
            mark_as_hotfix(&mut rows);
            RuleDiff {
                path: rule.at().to_owned(),
                values: structured_view(rule.at(), &diff, &AMONG_MANY),
                rows,
            }
        })
        .collect()
}
