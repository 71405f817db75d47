//! Proofs for whoever believes nobody: checkpoints, and that one ledger is the beginning of another.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};

use super::Api;
use super::answer::{Page, limit, read};
use super::caller::Caller;
use super::ledger::require_site;
use super::problem::{ApiResult, Problem};
use super::request::{Path, Query};
use crate::app::KeptCheckpoint;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{SiteName, Timestamp};

/// The newest checkpoint of a ledger as a signed note: of this server's own site as it was signed, of another
/// site as it was seen last. C2SP tlog-checkpoint, Ed25519.
#[utoipa::path(get, path = "/api/v1/ledger/{site}/checkpoint", tag = "ledger",
    params(("site" = String, Path, description = "The ledger's site.")),
    responses((status = 200, description = "The note.", body = String, content_type = "text/plain")))]
pub async fn checkpoint(caller: Caller, Path(site): Path<SiteName>) -> ApiResult {
    require_site(&caller, &site)?;
    let Some(kept) = caller.api.app.checkpoint(&site).await? else {
        return Err(Problem::not_found("checkpoint of", site));
    };
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "authorization"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)));
    Ok((StatusCode::OK, headers, kept.note.clone()).into_response())
}

/// Which checkpoints.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CheckpointsParams {
    /// Only checkpoints of more entries; 0 if absent.
    after: Option<u64>,
    /// Checkpoints a page has: 1 to 500, 50 if absent.
    limit: Option<u32>,
}

/// A checkpoint as it is kept here.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Checkpoint)]
pub struct CheckpointView {
    /// How many entries it covers.
    size: u64,
    /// The root of the tree over them.
    #[schema(value_type = String)]
    root: Digest,
    /// The signed note.
    note: String,
    /// When it was signed or seen here.
    #[schema(value_type = String)]
    at: Timestamp,
}

impl From<KeptCheckpoint> for CheckpointView {
    fn from(kept: KeptCheckpoint) -> CheckpointView {
        CheckpointView {
            size: kept.size,
            root: kept.root,
            note: kept.note,
            at: kept.at,
        }
    }
}

/// Every checkpoint of a ledger that is kept here, by size. `next` is there as long as more follow.
#[utoipa::path(get, path = "/api/v1/ledger/{site}/checkpoints", tag = "ledger",
    params(("site" = String, Path, description = "The ledger's site."), CheckpointsParams),
    responses((status = 200, description = "A page.", body = Page<CheckpointView>)))]
pub async fn checkpoints(
    caller: Caller,
    Path(site): Path<SiteName>,
    Query(params): Query<CheckpointsParams>,
) -> ApiResult {
    require_site(&caller, &site)?;
    let limit = limit(params.limit)?;
    let after = params.after.unwrap_or(0).min(i64::MAX as u64);
    let found = caller
        .api
        .app
        .checkpoints_after(&site, after, limit as u32 + 1);
    let mut found = found.await?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = has_more.then(|| found.last().map(|last| last.size.to_string()));
    let page = Page {
        next: next.flatten(),
        items: found.into_iter().map(CheckpointView::from).collect(),
    };
    Ok(read(&caller, &page))
}

/// Between which sizes.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConsistencyParams {
    /// The smaller size.
    from: u64,
    /// The larger size.
    to: u64,
}

/// A proof.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Proof)]
pub struct ProofView {
    /// Hashes in the order of RFC 6962.
    #[schema(value_type = Vec<String>)]
    pub hashes: Vec<Digest>,
}

/// Proves that this site's ledger of `from` entries is the beginning of the one of `to` (RFC 6962, 2.1.2).
#[utoipa::path(get, path = "/api/v1/ledger/{site}/consistency", tag = "ledger",
    params(("site" = String, Path, description = "This server's own site: only it has the whole tree."), ConsistencyParams),
    responses((status = 200, description = "The proof.", body = ProofView)))]
pub async fn consistency(
    caller: Caller,
    Path(site): Path<SiteName>,
    Query(params): Query<ConsistencyParams>,
) -> ApiResult {
    require_own(&caller.api, &caller, &site)?;
    let hashes = caller
        .api
        .app
        .prove_consistency(params.from, params.to)
        .await?;
    Ok(read(&caller, &ProofView { hashes }))
}

/// Which entry in which tree.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InclusionParams {
    /// The entry's number, from 1. It is leaf number `entry - 1`.
    entry: u64,
    /// The size of the tree, as a checkpoint states it.
    size: u64,
}

/// Proves that an entry stands in this site's ledger of `size` entries (RFC 6962, 2.1.1).
#[utoipa::path(get, path = "/api/v1/ledger/{site}/inclusion", tag = "ledger",
    params(("site" = String, Path, description = "This server's own site: only it has the whole tree."), InclusionParams),
    responses((status = 200, description = "The proof.", body = ProofView)))]
pub async fn inclusion(
    caller: Caller,
    Path(site): Path<SiteName>,
    Query(params): Query<InclusionParams>,
) -> ApiResult {
    require_own(&caller.api, &caller, &site)?;
    let hashes = caller
        .api
        .app
        .prove_inclusion(params.entry, params.size)
        .await?;
    Ok(read(&caller, &ProofView { hashes }))
}

fn require_own(api: &Api, caller: &Caller, site: &SiteName) -> Result<(), Problem> {
    require_site(caller, site)?;
    match *site == api.app.config.site {
        true => Ok(()),
        false => Err(Problem::not_found("tree of the ledger of", site)),
    }
}
