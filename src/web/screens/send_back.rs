//! What the author of a sent-back hotfix gets: the hotfix as a patch, and a draft of planned with it merged in where
//! that is clean.

use askama::Template;
use axum::extract::{Path, State};
use bytes::Bytes;

use super::versions::attachment;
use crate::app::AppError;
use crate::app::send_back::{SendBack, draft_name, question};
use crate::web::diff_view::{self, Row};
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
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::RuleSetName;
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
struct SendBackPage {
    page: Page,
    ruleset: String,
    hotfix: String,
    hotfix_href: String,
    planned: String,
    planned_href: String,
    environment: String,
    /// `2 put in, 1 to do by hand, 1 contained already`.
    tally: String,
    is_whole: bool,
    /// Nothing could be put in.
    is_empty: bool,
    patch_href: String,
    draft_patch_href: String,
    archive_href: String,
    rules: Vec<RuleRow>,
    /// Path, what differs by value, and lines.
    diffs: Vec<(String, Option<StructuredView>, Vec<Row>)>,
    hidden: usize,
}

/// One rule of the hotfix in the draft.
#[allow(missing_docs)]
struct RuleRow {
    path: String,
    moved_to: String,
    kind: &'static str,
    words: String,
    /// Places that need no work; may be empty.
    passed_over: String,
    /// What to do by hand.
    left: Vec<String>,
    /// What the verdict says of the draft, where it is not *included*.
    doubt: &'static str,
}

async fn show(State(portal): State<Portal>, user: User, Path(names): Path<Names>) -> WebResult {
    let asked = Params::of(&user, names)?;
    let made = asked.made(&portal, &user).await?;
    let rules: Vec<RuleRow> = made.rules.iter().map(|rule| row(rule, &made)).collect();
    let work = move || {
        let diffs = diffs(&made);
        (diffs, made)
    };
    let (mut diffs, made) = tokio::task::spawn_blocking(work)
        .await
        .map_err(AppError::broken)?;
    let hidden = diffs.len().saturating_sub(DIFFS_MAX);
    diffs.truncate(DIFFS_MAX);
    let (ruleset, version) = (&asked.hotfix.ruleset, &asked.hotfix.version);
    let here = address::send_back(ruleset, version, &asked.planned);
    let hotfix_href = address::hotfix(ruleset, version);
    Ok(page::html(&SendBackPage {
        page: Page::new(
            &portal,
            &user,
            "hotfixes",
            format!("Draft of {} with hotfix {version}", asked.planned),
        ),
        ruleset: ruleset.to_string(),
        hotfix: version.to_string(),
        patch_href: format!("{hotfix_href}/hotfix.patch"),
        hotfix_href,
        planned: asked.planned.to_string(),
        planned_href: address::version(ruleset, &asked.planned),
        environment: asked.hotfix.environment.to_string(),
        tally: made.tally(),
        is_whole: made.is_whole(),
        is_empty: made.draft_patch.is_empty(),
        draft_patch_href: format!("{here}/draft.patch"),
        archive_href: format!("{here}/draft.tar"),
        rules,
        diffs,
        hidden,
    }))
}

async fn patch(
    State(portal): State<Portal>,
    user: User,
    Path((ruleset, version)): Path<(String, String)>,
) -> WebResult {
    let hotfix = hotfix(&user, &ruleset, &version)?;
    let patch = portal.app.hotfix_patch(&hotfix).await?;
    let name = format!("{ruleset}-{version}.patch");
    Ok(attachment(name, PATCH, patch))
}

async fn draft_patch(
    State(portal): State<Portal>,
    user: User,
    Path(names): Path<Names>,
) -> WebResult {
    let asked = Params::of(&user, names)?;
    let made = asked.made(&portal, &user).await?;
    let name = draft_name(&asked.hotfix, &asked.planned, "patch");
    Ok(attachment(name, PATCH, made.draft_patch))
}

async fn draft_archive(
    State(portal): State<Portal>,
    user: User,
    Path(names): Path<Names>,
) -> WebResult {
    let asked = Params::of(&user, names)?;
    let made = asked.made(&portal, &user).await?;
    let told = made.read_me(&asked.hotfix, &asked.planned);
    let pack = move || made.archive(&told);
    let archive: Bytes = tokio::task::spawn_blocking(pack)
        .await
        .map_err(AppError::broken)??;
    Ok(attachment(
        draft_name(&asked.hotfix, &asked.planned, "tar"),
        "application/x-tar",
        archive,
    ))
}

/// What mail readers and editors know a patch by.
const PATCH: &str = "text/x-patch; charset=utf-8";

/// Rule set, hotfix and planned version, as in an address.
type Names = (String, String, String);

fn hotfix(user: &User, ruleset: &str, version: &str) -> Result<std::sync::Arc<Hotfix>, WebError> {
    let missing = || AppError::NotFound {
        what: "hotfix",
        name: version.chars().take(80).collect(),
    };
    let ruleset: RuleSetName = ruleset.parse().map_err(|_| missing())?;
    let version: VersionName = version.parse().map_err(|_| missing())?;
    user.require(Act::View, Scope::ruleset(&ruleset))?;
    let found = user.snapshot.state.hotfix(&ruleset, &version).cloned();
    found.ok_or_else(|| Refusal::UnknownHotfix { hotfix: version }.into())
}

/// A hotfix and the planned version that it is merged into.
struct Params {
    hotfix: std::sync::Arc<Hotfix>,
    planned: VersionName,
}

impl Params {
    fn of(user: &User, (ruleset, version, planned): Names) -> Result<Params, WebError> {
        let hotfix = hotfix(user, &ruleset, &version)?;
        let planned = planned.parse().map_err(|_| AppError::NotFound {
            what: "version",
            name: planned.chars().take(80).collect(),
        })?;
        Ok(Params { hotfix, planned })
    }

    async fn made(&self, portal: &Portal, user: &User) -> Result<SendBack, WebError> {
        let state = &user.snapshot.state;
        let facts = state.version(&self.hotfix.ruleset, &self.planned);
        let facts = facts.ok_or_else(|| Refusal::UnknownVersion {
            ruleset: self.hotfix.ruleset.clone(),
            version: self.planned.clone(),
        })?;
        let question = question(state, &self.hotfix, facts.checksum);
        Ok(portal.app.send_back(&question).await?)
    }
}

fn row(rule: &DraftRule, made: &SendBack) -> RuleRow {
    let told = made.describe_rule(rule);
    RuleRow {
        path: rule.path.clone(),
        moved_to: rule.moved_to.clone().unwrap_or_default(),
        kind: match rule.outcome {
            Outcome::Contained | Outcome::Merged { .. } => "ok",
            Outcome::Partly { .. } => "warn",
            Outcome::Left => "bad",
        },
        words: told.words,
        passed_over: told.passed_over,
        left: told.left,
        doubt: told.doubt,
    }
}

/// From planned to the draft, rule by rule; what was put in is the hotfix's.
fn diffs(made: &SendBack) -> Vec<(String, Option<StructuredView>, Vec<Row>)> {
    let changed = made.rules.iter().filter(|rule| rule.draft != rule.planned);
    changed
        .map(|rule| {
            let side = |bytes: &Option<Vec<u8>>| bytes.clone().unwrap_or_default();
            let (old, new) = (side(&rule.planned), side(&rule.draft));
            let options = Options {
                window: Window::first(LINES_MAX),
                ..Options::default()
            };
            let diff = TextDiff::new(&old, &new);
            let mut rows = diff_view::unified(&diff, &options);
            for row in &mut rows {
                row.kind = match row.kind {
                    "add" => "hot",
                    "del" => "hotdel",
                    kind => kind,
                };
            }
            let values = structured_view(rule.at(), &diff, &AMONG_MANY);
            (rule.at().to_owned(), values, rows)
        })
        .collect()
}
