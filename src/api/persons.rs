//! What only a signed-in person may do: offered, so that the refusal says why instead of "no such address".

use axum::http::StatusCode;

use super::caller::Caller;
use super::problem::{ApiResult, Problem};

/// Every one of these answers so, whatever the token.
fn needs_a_person(caller: &Caller, act: &str) -> ApiResult {
    let role = caller.bearer.token.role.name();
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "not_allowed",
        "A person has to decide this",
        format!("A token never may {act}, not even one that speaks as {role}."),
        "Sign in to the portal as a person with the right to do it.",
    ))
}

/// Always 403: a token never approves.
#[utoipa::path(post, path = "/api/v1/reviews/{review}/approvals", tag = "for persons only",
    params(("review" = String, Path, description = "A review's id.")),
    responses((status = 403, description = "A token never approves: a person does, in the portal.")))]
pub async fn approve(caller: Caller) -> ApiResult {
    needs_a_person(&caller, "approve")
}

/// Always 403: a token never rejects.
#[utoipa::path(post, path = "/api/v1/reviews/{review}/rejections", tag = "for persons only",
    params(("review" = String, Path, description = "A review's id.")),
    responses((status = 403, description = "A token never rejects: a person does, in the portal.")))]
pub async fn reject(caller: Caller) -> ApiResult {
    needs_a_person(&caller, "reject")
}

/// Always 403: a token never answers for a hotfix.
#[utoipa::path(post, path = "/api/v1/reviews/{review}/answers", tag = "for persons only",
    params(("review" = String, Path, description = "A review's id.")),
    responses((status = 403, description = "A token never answers for a hotfix: a person does, in the portal.")))]
pub async fn answer(caller: Caller) -> ApiResult {
    needs_a_person(&caller, "answer for a hotfix")
}

/// Always 403: a token never executes a review.
#[utoipa::path(post, path = "/api/v1/reviews/{review}/executions", tag = "for persons only",
    params(("review" = String, Path, description = "A review's id.")),
    responses((status = 403, description = "A token never activates: a person does, in the portal.")))]
pub async fn execute(caller: Caller) -> ApiResult {
    needs_a_person(&caller, "execute a review")
}

/// Always 403: a token never says whether soft launch passed.
#[utoipa::path(post, path = "/api/v1/rulesets/{ruleset}/versions/{version}/validations", tag = "for persons only",
    params(("ruleset" = String, Path, description = "The rule set."), ("version" = String, Path, description = "The version.")),
    responses((status = 403, description = "A token never validates: a person does, in the portal.")))]
pub async fn validate(caller: Caller) -> ApiResult {
    needs_a_person(&caller, "say whether a version passed soft launch")
}
