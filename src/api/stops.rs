//! Holds, freezes, waiting activations, and where the app is live.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;

use super::Api;
use super::answer::{Written, written};
use super::caller::Caller;
use super::problem::ApiResult;
use super::request::{Json, Path, timestamp};
use super::requests::Reason;
use rulegate_domain::command::Command;
use rulegate_ledger::ids::{EntryRef, LaneName, RuleSetName, SiteName};

/// Where pins are to stay, and why.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldRequest {
    /// Absent: every rule set.
    #[schema(value_type = Option<String>)]
    ruleset: Option<RuleSetName>,
    /// Absent: every lane of this site.
    #[schema(value_type = Option<String>)]
    lane: Option<LaneName>,
    reason: String,
}

/// Keeps pins of this site where they are until the hold is lifted.
#[utoipa::path(post, path = "/api/v1/holds", tag = "holds and freezes", request_body = HoldRequest,
    responses((status = 201, description = "The hold; its entry names it.", body = Written)))]
pub async fn hold(
    State(api): State<Arc<Api>>,
    caller: Caller,
    told: Json<HoldRequest>,
) -> ApiResult {
    let HoldRequest {
        ruleset,
        lane,
        reason,
    } = told.value;
    let command = Command::PlaceHold {
        ruleset,
        lane,
        reason,
    };
    Ok(written(&caller.execute(&api, command, &told.digest).await?))
}

/// Ends a hold.
#[utoipa::path(post, path = "/api/v1/holds/{site}/{seq}/lift", tag = "holds and freezes",
    params(("site" = String, Path, description = "The ledger's site."), ("seq" = u64, Path, description = "The hold's entry.")),
    request_body = Reason,
    responses((status = 201, description = "It is lifted.", body = Written)))]
pub async fn lift_hold(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((site, seq)): Path<(SiteName, u64)>,
    told: Json<Reason>,
) -> ApiResult {
    let (hold, reason) = (EntryRef { site, seq }, told.value.reason);
    let command = Command::LiftHold { hold, reason };
    Ok(written(&caller.execute(&api, command, &told.digest).await?))
}

/// Until when nothing is to be activated, where, and why.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeRequest {
    /// Absent: every rule set.
    #[schema(value_type = Option<String>)]
    ruleset: Option<RuleSetName>,
    /// Absent: every lane of this site.
    #[schema(value_type = Option<String>)]
    lane: Option<LaneName>,
    /// A date or an RFC 3339 time.
    until: String,
    reason: String,
}

/// No activation at this site until a time.
#[utoipa::path(post, path = "/api/v1/freezes", tag = "holds and freezes", request_body = FreezeRequest,
    responses((status = 201, description = "The freeze; its entry names it.", body = Written)))]
pub async fn freeze(
    State(api): State<Arc<Api>>,
    caller: Caller,
    told: Json<FreezeRequest>,
) -> ApiResult {
    let FreezeRequest {
        ruleset,
        lane,
        until,
        reason,
    } = told.value;
    let until = timestamp("until", &until)?;
    let command = Command::SetFreeze {
        ruleset,
        lane,
        until,
        reason,
    };
    Ok(written(&caller.execute(&api, command, &told.digest).await?))
}

/// Ends a freeze early.
#[utoipa::path(post, path = "/api/v1/freezes/{site}/{seq}/lift", tag = "holds and freezes",
    params(("site" = String, Path, description = "The ledger's site."), ("seq" = u64, Path, description = "The freeze's entry.")),
    request_body = Reason,
    responses((status = 201, description = "It is lifted.", body = Written)))]
pub async fn lift_freeze(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((site, seq)): Path<(SiteName, u64)>,
    told: Json<Reason>,
) -> ApiResult {
    let (freeze, reason) = (EntryRef { site, seq }, told.value.reason);
    let command = Command::LiftFreeze { freeze, reason };
    Ok(written(&caller.execute(&api, command, &told.digest).await?))
}

/// Takes an approved activation back that waits at another site.
#[utoipa::path(post, path = "/api/v1/intents/{site}/{seq}/cancel", tag = "holds and freezes",
    params(("site" = String, Path, description = "The ledger's site."), ("seq" = u64, Path, description = "The intent's entry.")),
    request_body = Reason,
    responses((status = 201, description = "It is cancelled.", body = Written)))]
pub async fn cancel_intent(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((site, seq)): Path<(SiteName, u64)>,
    told: Json<Reason>,
) -> ApiResult {
    let (intent, reason) = (EntryRef { site, seq }, told.value.reason);
    let command = Command::CancelIntent { intent, reason };
    Ok(written(&caller.execute(&api, command, &told.digest).await?))
}

/// Where the app is live now, and why.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiveRequest {
    #[schema(value_type = String)]
    site: SiteName,
    reason: String,
}

/// Declares at which site the app is live.
#[utoipa::path(post, path = "/api/v1/sites/live", tag = "sites", request_body = LiveRequest,
    responses((status = 201, description = "It is declared.", body = Written)))]
pub async fn declare_live(
    State(api): State<Arc<Api>>,
    caller: Caller,
    told: Json<LiveRequest>,
) -> ApiResult {
    let LiveRequest { site, reason } = told.value;
    let command = Command::DeclareLiveSite { live: site, reason };
    Ok(written(&caller.execute(&api, command, &told.digest).await?))
}
