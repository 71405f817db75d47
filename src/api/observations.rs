//! Reporting what a store outside really holds.

use axum::extract::Request;
use axum::response::Response;
use serde::Serialize;

use super::Api;
use super::answer::created;
use super::caller::Caller;
use super::problem::{ApiResult, refuse};
use super::releases::{EnvironmentParams, require_environment};
use super::request::{Path, Query, Received, archive};
use super::view::{ChangeView, PinBrief};
use crate::app::AppError;
use rulegate_domain::command;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::Pin;
use rulegate_ledger::access::Act;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{EntryRef, RuleSetName};

/// How often the difference is taken anew when the pin moves meanwhile.
const TRIES: u32 = 4;

/// What was observed.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ObservedView {
    /// The entry that tells about it; the earlier one if the same was observed before.
    #[schema(value_type = Option<String>, example = "ipc2#31")]
    entry: Option<EntryRef>,
    #[schema(value_type = String)]
    environment: Environment,
    /// The checksum of what was observed.
    #[schema(value_type = String)]
    checksum: Digest,
    /// What it was compared with.
    pin: PinBrief,
    /// True if anything differs.
    differs: bool,
    /// Against the pin, by path.
    changes: Vec<ChangeView>,
}

/// Reports what a store outside really holds. A difference from the pin is drift until somebody explains it.
#[utoipa::path(post, path = "/api/v1/rulesets/{ruleset}/observations", tag = "drift",
    params(("ruleset" = String, Path, description = "The rule set."), EnvironmentParams),
    request_body(description = "A tar of the rules as found, plain or gzip.", content(
        (Vec<u8> = "application/x-tar"), (Vec<u8> = "application/gzip"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 201, description = "It was recorded.", body = ObservedView),
        (status = 200, description = "The same was observed last time; nothing was written.", body = ObservedView)))]
pub async fn observe(
    caller: Caller,
    Path(ruleset): Path<RuleSetName>,
    Query(params): Query<EnvironmentParams>,
    request: Request,
) -> ApiResult {
    let environment = params.environment;
    require_environment(&caller, Act::Observe, &ruleset, &environment)?;
    if environment.site != caller.snapshot.state.own {
        let site = environment.site;
        return Err(refuse(Refusal::OtherSite { site }));
    }
    pinned(&caller.api, &ruleset, &environment)?;
    let received = archive(&caller.api, request).await?;
    for _ in 1..TRIES {
        match record(&caller.api, &caller, &ruleset, &environment, &received).await {
            Err(AppError::Refused(Refusal::EvidenceOutdated)) => continue,
            answered => return Ok(answered?),
        }
    }
    Ok(record(&caller.api, &caller, &ruleset, &environment, &received).await?)
}

/// Compares with the pin as it is now and records what differs.
async fn record(
    api: &Api,
    caller: &Caller,
    ruleset: &RuleSetName,
    environment: &Environment,
    received: &Received,
) -> Result<Response, AppError> {
    let pin = pinned(api, ruleset, environment)?;
    let checksum = received.intake.manifest.checksum();
    let mut changes = Vec::new();
    if checksum != pin.checksum {
        let held = api.app.manifest(&pin.checksum).await?;
        changes = held.differences(&received.intake.manifest);
        api.app.keep(&received.intake).await?;
    }
    let command = command::RecordObservation {
        ruleset: ruleset.clone(),
        environment: environment.clone(),
        checksum,
        pin: pin.checksum,
        changes: changes.clone(),
    };
    let done = caller.execute(command, &received.digest).await?;
    let view = ObservedView {
        entry: done.entry(),
        environment: environment.clone(),
        checksum,
        differs: !changes.is_empty(),
        changes: changes.iter().map(ChangeView::of).collect(),
        pin: PinBrief::of(&pin),
    };
    Ok(created(&done, &view))
}

fn pinned(api: &Api, ruleset: &RuleSetName, environment: &Environment) -> Result<Pin, AppError> {
    let snapshot = api.app.snapshot();
    let pin = snapshot.state.pin(ruleset, environment).cloned();
    pin.ok_or_else(|| {
        let environment = environment.clone();
        Refusal::NothingPinned { environment }.into()
    })
}
