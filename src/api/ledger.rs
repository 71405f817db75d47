//! The ledger as it is stored, for auditors and mirrors, and contents by digest.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};

use super::Api;
use super::answer::{Page, is_known, limit, not_modified, read};
use super::caller::Caller;
use super::problem::{ApiResult, Problem};
use super::request::{Path, Query};
use rulegate_ledger::access::Act;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{EntryRef, SiteName};
use rulegate_ledger::ledger::StoredEntry;

/// A page of lines ends once it is larger than this.
const PAGE_SIZE_BYTES: usize = 4 * 1024 * 1024;

/// Which entries.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntriesParams {
    /// Only entries with a higher number; 0 if absent.
    after: Option<u64>,
    /// Entries a page has: 1 to 500, 50 if absent.
    limit: Option<u32>,
}

/// One entry, exactly as it is stored.
#[derive(Serialize, utoipa::ToSchema)]
pub struct EntryView {
    #[schema(value_type = String, example = "ipc2#31")]
    entry: EntryRef,
    /// The SHA-256 of `bytes`.
    #[schema(value_type = String)]
    hash: Digest,
    /// The exact bytes that were hashed: JSON with the hash of the entry before in `prev`.
    #[schema(value_type = String)]
    bytes: Arc<str>,
}

impl EntryView {
    fn of(stored: StoredEntry) -> EntryView {
        EntryView {
            entry: EntryRef {
                site: stored.site,
                seq: stored.seq,
            },
            hash: stored.hash,
            bytes: stored.bytes,
        }
    }
}

/// Whoever may export the ledger may read it here, of every site that is known.
pub fn require_site(caller: &Caller, site: &SiteName) -> Result<(), Problem> {
    caller.require_unbounded(Act::ExportLedger)?;
    let state = &caller.snapshot.state;
    if state.topology.sites.contains(site) || state.ledgers.contains_key(site) {
        return Ok(());
    }
    Err(Problem::not_found("site", site))
}

/// A site's entries in order, as far as they are here. `next` is there as long as more follow.
#[utoipa::path(get, path = "/api/v1/ledger/{site}/entries", tag = "ledger",
    params(("site" = String, Path, description = "The ledger's site."), EntriesParams),
    responses((status = 200, description = "A page.", body = Page<EntryView>)))]
pub async fn entries(
    caller: Caller,
    Path(site): Path<SiteName>,
    Query(params): Query<EntriesParams>,
) -> ApiResult {
    require_site(&caller, &site)?;
    let limit = limit(params.limit)?;
    let after = params.after.unwrap_or(0).min(i64::MAX as u64);
    let mut found = caller
        .api
        .app
        .entries_after(&site, after, limit as u32 + 1)
        .await?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = has_more.then(|| found.last().map(|last| last.seq.to_string()));
    let page = Page {
        next: next.flatten(),
        items: found.into_iter().map(EntryView::of).collect(),
    };
    Ok(read(&caller, &page))
}

/// A site's entries in order as lines, each `{"hash":"<SHA-256>","entry":<the exact bytes>}` as in an export.
/// A page also ends early after 4 MiB; an empty one means that nothing follows yet.
#[utoipa::path(get, path = "/api/v1/ledger/{site}/lines", tag = "ledger",
    params(("site" = String, Path, description = "The ledger's site."), EntriesParams),
    responses((status = 200, description = "A page.", body = String, content_type = "application/x-ndjson")))]
pub async fn lines(
    caller: Caller,
    Path(site): Path<SiteName>,
    Query(params): Query<EntriesParams>,
) -> ApiResult {
    require_site(&caller, &site)?;
    let limit = limit(params.limit)?;
    let after = params.after.unwrap_or(0).min(i64::MAX as u64);
    let found = caller
        .api
        .app
        .entries_after(&site, after, limit as u32)
        .await?;
    let mut text = String::new();
    for stored in found {
        let _ = writeln!(
            text,
            "{{\"hash\":\"{}\",\"entry\":{}}}",
            stored.hash, stored.bytes
        );
        if text.len() > PAGE_SIZE_BYTES {
            break;
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "authorization"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)));
    Ok((StatusCode::OK, headers, text).into_response())
}

/// One entry.
#[utoipa::path(get, path = "/api/v1/ledger/{site}/entries/{seq}", tag = "ledger",
    params(("site" = String, Path, description = "The ledger's site."), ("seq" = u64, Path, description = "Its number, from 1.")),
    responses((status = 200, description = "The entry.", body = EntryView)))]
pub async fn entry(caller: Caller, Path((site, seq)): Path<(SiteName, u64)>) -> ApiResult {
    require_site(&caller, &site)?;
    let id = EntryRef {
        site,
        seq: seq.min(i64::MAX as u64),
    };
    match caller.api.app.entry(&id).await? {
        Some(stored) => Ok(read(&caller, &EntryView::of(stored))),
        None => Err(Problem::not_found("entry", id)),
    }
}

/// One content by its digest: a rule's bytes or a manifest, as they are.
#[utoipa::path(get, path = "/api/v1/contents/{digest}", tag = "ledger",
    params(("digest" = String, Path, description = "Its SHA-256.")),
    responses((status = 200, description = "The bytes.", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "The caller has it.")))]
pub async fn content(caller: Caller, Path(digest): Path<Digest>) -> ApiResult {
    require_content(&caller.api, &caller, &digest).await?;
    let etag = HeaderValue::from_str(&format!("\"{digest}\"")).expect("hex is a header value");
    if is_known(caller.if_none_match.as_ref(), &etag) {
        return Ok(not_modified(etag));
    }
    let Some(bytes) = caller.api.app.content(&digest).await? else {
        return Err(Problem::not_found("content", digest));
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=31536000, immutable"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::ETAG, etag),
    ];
    Ok((StatusCode::OK, headers, bytes).into_response())
}

/// Whoever sees every rule set or may take the whole ledger sees every content; others what a version of a rule set they see holds.
async fn require_content(api: &Api, caller: &Caller, digest: &Digest) -> Result<(), Problem> {
    let Err(not_allowed) = caller
        .require_unbounded(Act::View)
        .or_else(|_| caller.require_unbounded(Act::ExportLedger))
    else {
        return Ok(());
    };
    let state = &caller.snapshot.state;
    let mut sees_any = false;
    for ruleset in state
        .rulesets()
        .into_iter()
        .filter(|name| caller.sees(name))
    {
        sees_any = true;
        for (_, facts) in state.versions(&ruleset) {
            let holds = facts.checksum == *digest
                || api
                    .app
                    .manifest(&facts.checksum)
                    .await
                    .is_ok_and(|manifest| manifest.rules().values().any(|held| held == digest));
            if holds {
                return Ok(());
            }
        }
    }
    match sees_any {
        true => Err(Problem::not_found("content", digest)),
        false => Err(not_allowed),
    }
}
