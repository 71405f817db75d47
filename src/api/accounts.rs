//! Accounts on their way to the other site: sealed, for nobody else.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;

use super::answer::json;
use super::caller::Caller;
use super::problem::ApiResult;
use super::request::Query;
use crate::app::account_sync::EVERYTHING;
use crate::app::sealing::{PublicKey, Sealed};
use rulegate_ledger::access::Act;
use rulegate_ledger::ids::SiteName;

/// After which change, and for whom.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SealedParams {
    /// The number up to which the caller knows them; everything if absent or -1.
    since: Option<i64>,
    /// The site that asks.
    #[param(value_type = String)]
    site: SiteName,
    /// The X25519 key to seal for, as 64 hexadecimal digits.
    key: String,
    /// That site's Ed25519 signature under the key, as 128 hexadecimal digits.
    signature: String,
}

/// Accounts with the hashes of their passwords, and tokens with the hashes of their secrets, that changed after a
/// number: sealed for the site that asks (HPKE, RFC 9180) and signed by this one. Sign-ins do not travel.
#[utoipa::path(get, path = "/api/v1/accounts/sealed", tag = "sites",
    params(SealedParams),
    responses((status = 200, description = "What changed, sealed.", body = Sealed),
        (status = 204, description = "Nothing changed.")))]
pub async fn sealed(caller: Caller, Query(params): Query<SealedParams>) -> ApiResult {
    caller.require_unbounded(Act::CarryAccounts)?;
    let SealedParams {
        site,
        key,
        signature,
        ..
    } = params;
    let to = PublicKey {
        site,
        key,
        signature,
    };
    let since = params.since.unwrap_or(EVERYTHING).max(EVERYTHING);
    match caller.api.app.sealed_accounts(since, &to).await? {
        Some(sealed) => {
            let body = serde_json::to_vec(&sealed).expect("a view is JSON");
            Ok(json(StatusCode::OK, body))
        }
        None => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}
