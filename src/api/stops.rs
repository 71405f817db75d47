//! Holds, freezes, waiting activations, and where the app is live.

use serde::Deserialize;

use super::answer::{Written, written};
use super::caller::Caller;
use super::problem::ApiResult;
use super::request::{Json, Path, timestamp};
use super::requests::Reason;
use rulegate_domain::command;
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
pub async fn hold(caller: Caller, body: Json<HoldRequest>) -> ApiResult {
    let HoldRequest {
        ruleset,
        lane,
        reason,
    } = body.value;
    let command = command::PlaceHold {
        ruleset,
        lane,
        reason,
    };
    written(&caller, command, &body.digest).await
}

/// Ends a hold.
#[utoipa::path(post, path = "/api/v1/holds/{site}/{seq}/lift", tag = "holds and freezes",
    params(("site" = String, Path, description = "The ledger's site."), ("seq" = u64, Path, description = "The hold's entry.")),
    request_body = Reason,
    responses((status = 201, description = "It is lifted.", body = Written)))]
pub async fn lift_hold(
    caller: Caller,
    Path((site, seq)): Path<(SiteName, u64)>,
    body: Json<Reason>,
) -> ApiResult {
    let (hold, reason) = (EntryRef { site, seq }, body.value.reason);
    let command = command::LiftHold { hold, reason };
    written(&caller, command, &body.digest).await
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
pub async fn freeze(caller: Caller, body: Json<FreezeRequest>) -> ApiResult {
    let FreezeRequest {
        ruleset,
        lane,
        until,
        reason,
    } = body.value;
    let until = timestamp("until", &until)?;
    let command = command::SetFreeze {
        ruleset,
        lane,
        until,
        reason,
    };
    written(&caller, command, &body.digest).await
}

/// Ends a freeze early.
#[utoipa::path(post, path = "/api/v1/freezes/{site}/{seq}/lift", tag = "holds and freezes",
    params(("site" = String, Path, description = "The ledger's site."), ("seq" = u64, Path, description = "The freeze's entry.")),
    request_body = Reason,
    responses((status = 201, description = "It is lifted.", body = Written)))]
pub async fn lift_freeze(
    caller: Caller,
    Path((site, seq)): Path<(SiteName, u64)>,
    body: Json<Reason>,
) -> ApiResult {
    let (freeze, reason) = (EntryRef { site, seq }, body.value.reason);
    let command = command::LiftFreeze { freeze, reason };
    written(&caller, command, &body.digest).await
}

/// Takes an approved activation back that waits at another site.
#[utoipa::path(post, path = "/api/v1/intents/{site}/{seq}/cancel", tag = "holds and freezes",
    params(("site" = String, Path, description = "The ledger's site."), ("seq" = u64, Path, description = "The intent's entry.")),
    request_body = Reason,
    responses((status = 201, description = "It is cancelled.", body = Written)))]
pub async fn cancel_intent(
    caller: Caller,
    Path((site, seq)): Path<(SiteName, u64)>,
    body: Json<Reason>,
) -> ApiResult {
    let (intent, reason) = (EntryRef { site, seq }, body.value.reason);
    let command = command::CancelIntent { intent, reason };
    written(&caller, command, &body.digest).await
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
pub async fn declare_live(caller: Caller, body: Json<LiveRequest>) -> ApiResult {
    let LiveRequest { site, reason } = body.value;
    let command = command::DeclareLiveSite { live: site, reason };
    written(&caller, command, &body.digest).await
}
