//! Hotfixes: the register, proposing one, discarding one.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::answer::{Page, page, read, written};
use super::caller::Caller;
use super::problem::{ApiResult, Problem, refuse};
use super::releases::require_environment;
use super::request::{Json, Path, Query, timestamp};
use super::requests::Reason;
use super::view::{ChangeView, PersonView};
use crate::app::hotfixing::Edits;
use rulegate_domain::command::{self, HotfixWords};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::{Hotfix, HotfixEnd};
use rulegate_ledger::access::Act;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{EntryRef, LaneName, RuleSetName, SiteName, Timestamp};
use rulegate_ledger::version::VersionName;

/// Which hotfixes.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HotfixesParams {
    /// Only those of this rule set.
    #[param(value_type = Option<String>)]
    ruleset: Option<RuleSetName>,
    /// Only those that stand so.
    status: Option<HotfixStatus>,
    /// Items a page has: 1 to 500, 50 if absent.
    limit: Option<u32>,
    /// Where the page begins: what the page before gave as `next`.
    after: Option<String>,
}

/// Where a hotfix stands in the environment it was made for.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HotfixStatus {
    /// Made, never activated.
    Proposed,
    /// In effect, and no planned version that contains it is active there.
    Open,
    /// A planned version that contains it went live.
    Absorbed,
    /// Discarded, with a reason.
    Discarded,
}

/// A hotfix.
#[derive(Serialize, utoipa::ToSchema)]
pub struct HotfixView {
    #[schema(value_type = String)]
    ruleset: RuleSetName,
    #[schema(value_type = String, example = "4.17.0+ipc2.1")]
    version: VersionName,
    #[schema(value_type = String)]
    checksum: Digest,
    /// Where it was made for.
    #[schema(value_type = String)]
    environment: Environment,
    status: HotfixStatus,
    /// The version that its changes are against.
    #[schema(value_type = String)]
    on_top_of: VersionName,
    /// Its rules, by path.
    changes: Vec<ChangeView>,
    lines_changed: u32,
    reason: String,
    incident: String,
    /// After this instant it is overdue.
    #[schema(value_type = String)]
    ends_at: Timestamp,
    /// True if it is open beyond its end.
    overdue: bool,
    author: PersonView,
    #[schema(value_type = String)]
    at: Timestamp,
    #[schema(value_type = String)]
    entry: EntryRef,
    /// The observation it adopted: then nobody knows who made the change.
    #[schema(value_type = Option<String>)]
    adopts: Option<EntryRef>,
    /// The planned version that absorbed it.
    #[schema(value_type = Option<String>)]
    absorbed_by: Option<VersionName>,
    /// Why it was discarded.
    discarded_because: Option<String>,
}

fn status(caller: &Caller, hotfix: &Hotfix) -> HotfixStatus {
    let state = &caller.snapshot.state;
    let is_open = state
        .track(&hotfix.ruleset, &hotfix.environment)
        .is_some_and(|track| track.open_hotfixes.contains(&hotfix.version));
    match &hotfix.end {
        _ if is_open => HotfixStatus::Open,
        None => HotfixStatus::Proposed,
        Some(HotfixEnd::Absorbed { .. }) => HotfixStatus::Absorbed,
        Some(HotfixEnd::Discarded { .. }) => HotfixStatus::Discarded,
    }
}

fn view(caller: &Caller, hotfix: &Hotfix) -> HotfixView {
    let status = status(caller, hotfix);
    HotfixView {
        ruleset: hotfix.ruleset.clone(),
        version: hotfix.version.clone(),
        checksum: hotfix.checksum,
        environment: hotfix.environment.clone(),
        status,
        on_top_of: hotfix.on_top_of.clone(),
        changes: hotfix.changes.iter().map(ChangeView::of).collect(),
        lines_changed: hotfix.lines_changed,
        reason: hotfix.reason.clone(),
        incident: hotfix.incident.clone(),
        ends_at: hotfix.ends_at,
        overdue: status == HotfixStatus::Open && hotfix.ends_at <= caller.now,
        author: PersonView::of(&caller.api, &hotfix.author),
        at: hotfix.at,
        entry: hotfix.entry.clone(),
        adopts: hotfix.adopts.clone(),
        absorbed_by: match &hotfix.end {
            Some(HotfixEnd::Absorbed { by, .. }) => Some(by.clone()),
            _ => None,
        },
        discarded_because: match &hotfix.end {
            Some(HotfixEnd::Discarded { reason, .. }) => Some(reason.clone()),
            _ => None,
        },
    }
}

/// Every hotfix ever made, newest first.
#[utoipa::path(get, path = "/api/v1/hotfixes", tag = "hotfixes", params(HotfixesParams),
    responses((status = 200, description = "A page.", body = Page<HotfixView>)))]
pub async fn hotfixes(caller: Caller, Query(params): Query<HotfixesParams>) -> ApiResult {
    let is_wanted = |hotfix: &Hotfix| {
        caller.sees(&hotfix.ruleset)
            && params
                .ruleset
                .as_ref()
                .is_none_or(|name| hotfix.ruleset == *name)
            && params
                .status
                .is_none_or(|wanted| status(&caller, hotfix) == wanted)
    };
    let found = page(
        caller.snapshot.state.hotfixes(),
        |hotfix| format!("{}/{}", hotfix.ruleset, hotfix.version),
        |hotfix| is_wanted(hotfix),
        (params.after.as_deref(), params.limit),
    )?;
    Ok(read(&caller, &found.map(|hotfix| view(&caller, hotfix))))
}

/// One hotfix.
#[utoipa::path(get, path = "/api/v1/hotfixes/{ruleset}/{version}", tag = "hotfixes",
    params(("ruleset" = String, Path, description = "The rule set."),
        ("version" = String, Path, description = "Its name, e.g. `4.17.0+ipc2.1`.")),
    responses((status = 200, description = "The hotfix.", body = HotfixView)))]
pub async fn hotfix(
    caller: Caller,
    Path((ruleset, version)): Path<(RuleSetName, VersionName)>,
) -> ApiResult {
    caller.require_ruleset(&ruleset)?;
    match caller.snapshot.state.hotfix(&ruleset, &version) {
        Some(hotfix) => Ok(read(&caller, &view(&caller, hotfix))),
        None => Err(refuse(Refusal::UnknownHotfix { hotfix: version })),
    }
}

/// A hotfix that somebody wants to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The checksum of the pin that the texts were written on: if it moved meanwhile, the answer is 409.
    #[schema(value_type = String)]
    on_top_of: Digest,
    /// New texts by path; null takes the rule out. Paths that are not named stay as they are.
    rules: BTreeMap<String, Option<String>>,
    reason: String,
    /// The incident's reference.
    incident: String,
    /// When it is to be gone: a date or an RFC 3339 time.
    ends_at: String,
}

/// Makes a hotfix of production and opens its review. It activates nothing.
#[utoipa::path(post, path = "/api/v1/rulesets/{ruleset}/environments/{site}/{lane}/hotfixes", tag = "hotfixes",
    params(("ruleset" = String, Path, description = "The rule set."), ("site" = String, Path, description = "The live site."),
        ("lane" = String, Path, description = "The production lane.")),
    request_body = Proposal,
    responses((status = 201, description = "The hotfix and its review.", body = super::answer::Written)))]
pub async fn propose(
    caller: Caller,
    Path((ruleset, site, lane)): Path<(RuleSetName, SiteName, LaneName)>,
    body: Json<Proposal>,
) -> ApiResult {
    let environment = Environment::new(&site, &lane);
    require_environment(&caller, Act::WriteHotfix, &ruleset, &environment)?;
    let Proposal {
        on_top_of,
        rules,
        reason,
        incident,
        ends_at,
    } = body.value;
    let ends_at = timestamp("ends_at", &ends_at)?;
    require_pin(&caller, &ruleset, &environment, &on_top_of)?;
    let edits: Edits = rules
        .into_iter()
        .map(|(path, text)| (path, text.map(Bytes::from)))
        .collect();
    let draft = caller.api.app.draft(&on_top_of, &edits).await?;
    let kept = caller.api.app.keep_draft(&draft).await?;
    let command = command::ProposeHotfix {
        ruleset,
        environment,
        on_top_of,
        snapshot: kept.snapshot,
        changes: kept.changes,
        lines_changed: kept.lines_changed,
        words: HotfixWords {
            reason,
            incident,
            ends_at,
        },
    };
    written(&caller, command, &body.digest).await
}

/// Before bytes are kept: is this written on what runs there?
fn require_pin(
    caller: &Caller,
    ruleset: &RuleSetName,
    environment: &Environment,
    on_top_of: &Digest,
) -> Result<(), Problem> {
    let environment = environment.clone();
    match caller.snapshot.state.pin(ruleset, &environment) {
        None => Err(refuse(Refusal::NothingPinned { environment })),
        Some(pin) if pin.checksum != *on_top_of => {
            let now = pin.version.clone();
            Err(refuse(Refusal::PinMoved { environment, now }))
        }
        Some(_) => Ok(()),
    }
}

/// Discards an open hotfix: its loss is accepted from now on.
#[utoipa::path(post, path = "/api/v1/hotfixes/{ruleset}/{version}/discard", tag = "hotfixes",
    params(("ruleset" = String, Path, description = "The rule set."), ("version" = String, Path, description = "The hotfix.")),
    request_body = Reason,
    responses((status = 201, description = "It is discarded.", body = super::answer::Written)))]
pub async fn discard(
    caller: Caller,
    Path((ruleset, hotfix)): Path<(RuleSetName, VersionName)>,
    body: Json<Reason>,
) -> ApiResult {
    let reason = body.value.reason;
    let command = command::DiscardHotfix {
        ruleset,
        hotfix,
        reason,
    };
    written(&caller, command, &body.digest).await
}
