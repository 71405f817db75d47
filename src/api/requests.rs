//! Asking for something that a review decides, and taking part in its discussion.

use serde::Deserialize;

use super::answer::{Written, written};
use super::caller::Caller;
use super::problem::{ApiResult, refuse};
use super::request::{Json, Path};
use super::reviews::known;
use super::site::PolicyView;
use rulegate_domain::command;
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{ReviewId, RuleSetName};
use rulegate_ledger::version::VersionName;

/// Why.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    pub reason: String,
}

/// An activation or a rollback that somebody asks for.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivationRequest {
    #[schema(value_type = String)]
    version: VersionName,
    /// Environments, e.g. `ipc2/prod`, in the order in which their pins are to move.
    #[schema(value_type = Vec<String>)]
    targets: Vec<Environment>,
    reason: String,
}

/// Asks for an activation or a rollback: opens a review. It moves no pin.
#[utoipa::path(post, path = "/api/v1/rulesets/{ruleset}/activations", tag = "reviews",
    params(("ruleset" = String, Path, description = "The rule set.")), request_body = ActivationRequest,
    responses((status = 201, description = "The review.", body = Written)))]
pub async fn activation(
    caller: Caller,
    Path(ruleset): Path<RuleSetName>,
    body: Json<ActivationRequest>,
) -> ApiResult {
    let scope = Scope::ruleset(&ruleset);
    caller.require(Act::RequestActivation, scope)?;
    let ActivationRequest {
        version,
        targets,
        reason,
    } = body.value;
    let command = command::OpenActivation {
        ruleset,
        version,
        targets,
        reason,
    };
    written(&caller, command, &body.digest).await
}

/// Asks that a version be declared bad: opens a review.
#[utoipa::path(post, path = "/api/v1/rulesets/{ruleset}/versions/{version}/recalls", tag = "reviews",
    params(("ruleset" = String, Path, description = "The rule set."), ("version" = String, Path, description = "The version.")),
    request_body = Reason,
    responses((status = 201, description = "The review.", body = Written)))]
pub async fn recall(
    caller: Caller,
    Path((ruleset, version)): Path<(RuleSetName, VersionName)>,
    body: Json<Reason>,
) -> ApiResult {
    let reason = body.value.reason;
    let command = command::OpenRecall {
        ruleset,
        version,
        reason,
    };
    written(&caller, command, &body.digest).await
}

/// A change of policy that somebody asks for.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyRequest {
    /// The whole policy as it is to be.
    policy: PolicyView,
    reason: String,
}

/// Asks for a change of policy: opens a review.
#[utoipa::path(post, path = "/api/v1/policy/changes", operation_id = "ask_for_policy", tag = "reviews", request_body = PolicyRequest,
    responses((status = 201, description = "The review.", body = Written)))]
pub async fn policy(caller: Caller, body: Json<PolicyRequest>) -> ApiResult {
    let PolicyRequest { policy, reason } = body.value;
    let policy = policy.into();
    let command = command::OpenPolicy { policy, reason };
    written(&caller, command, &body.digest).await
}

/// Something to say.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommentText {
    text: String,
}

/// Says something on a review.
#[utoipa::path(post, path = "/api/v1/reviews/{review}/comments", tag = "reviews",
    params(("review" = String, Path, description = "Its id.")), request_body = CommentText,
    responses((status = 201, description = "It is said.", body = Written)))]
pub async fn comment(
    caller: Caller,
    Path(review): Path<ReviewId>,
    body: Json<CommentText>,
) -> ApiResult {
    known(&caller, &review)?;
    let text = body.value.text;
    let command = command::Comment { review, text };
    written(&caller, command, &body.digest).await
}

/// Takes one's own review back.
#[utoipa::path(post, path = "/api/v1/reviews/{review}/withdraw", tag = "reviews",
    params(("review" = String, Path, description = "Its id.")), request_body = Reason,
    responses((status = 201, description = "It is withdrawn.", body = Written)))]
pub async fn withdraw(
    caller: Caller,
    Path(review): Path<ReviewId>,
    body: Json<Reason>,
) -> ApiResult {
    let record = known(&caller, &review)?;
    if record.requester != caller.bearer.account.id {
        let (act, scope) = (Act::RequestActivation, Scope::EVERYWHERE);
        let refusal = refuse(Refusal::NotAllowed { act, scope });
        return Err(refusal.with_detail("Only whoever asked can take a review back."));
    }
    let reason = body.value.reason;
    let command = command::Withdraw { review, reason };
    written(&caller, command, &body.digest).await
}
