//! A snapshot's bytes by checksum: the same for ever, so caches may keep them.

use std::io::Write as _;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::Api;
use super::answer::{is_known, not_modified};
use super::caller::Caller;
use super::problem::{ApiResult, Problem};
use super::request::Path;
use crate::app::AppError;
use rulegate_domain::state::State;
use rulegate_ledger::access::{Act, Role, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;

/// Compressed bundles kept, by size.
const PACKED_SIZE_BYTES: u64 = 64 * 1024 * 1024;
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// A snapshot's rules as a tar: sorted bytewise, mode 644, time 0, owner 0; the same bytes for the same checksum.
#[utoipa::path(get, path = "/api/v1/bundles/{checksum}", tag = "pods",
    params(("checksum" = String, Path, description = "The snapshot's checksum.")),
    responses((status = 200, description = "The tar, compressed if the caller accepts gzip.", body = Vec<u8>, content_type = "application/x-tar"),
        (status = 304, description = "The caller has it.")))]
pub async fn bundle(caller: Caller, Path(checksum): Path<Digest>, headers: HeaderMap) -> ApiResult {
    require_reachable(&caller, &checksum)?;
    let is_gzip = accepts_gzip(&headers);
    let etag = tag(&checksum, if is_gzip { "-gzip" } else { "" });
    if is_known(caller.if_none_match.as_ref(), &etag) {
        return Ok(immutable(not_modified(etag)));
    }
    let body = match is_gzip {
        true => caller.api.packed(&checksum).await?,
        false => caller.api.app.bundle(&checksum).await?,
    };
    let mut response = typed("application/x-tar", etag, body);
    if is_gzip {
        let gzip = HeaderValue::from_static("gzip");
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, gzip);
    }
    Ok(response)
}

/// A snapshot's manifest: `<sha256>  <path>` lines that `sha256sum -c` accepts. Its SHA-256 is the checksum.
#[utoipa::path(get, path = "/api/v1/bundles/{checksum}/manifest", tag = "pods",
    params(("checksum" = String, Path, description = "The snapshot's checksum.")),
    responses((status = 200, description = "The manifest.", body = String, content_type = "text/plain"),
        (status = 304, description = "The caller has it.")))]
pub async fn manifest(caller: Caller, Path(checksum): Path<Digest>) -> ApiResult {
    require_reachable(&caller, &checksum)?;
    let etag = tag(&checksum, "-manifest");
    if is_known(caller.if_none_match.as_ref(), &etag) {
        return Ok(immutable(not_modified(etag)));
    }
    let text = caller.api.app.manifest(&checksum).await?.text();
    Ok(typed("text/plain; charset=utf-8", etag, text.into()))
}

fn tag(checksum: &Digest, form: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{checksum}{form}\"")).expect("hex is a header value")
}

fn typed(kind: &'static str, etag: HeaderValue, body: Bytes) -> Response {
    let mut response = (StatusCode::OK, Body::from(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::ETAG, etag);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    immutable(response)
}

fn immutable(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, FOR_EVER);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// True if gzip is among the accepted encodings and not with weight 0.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let is_gzip = parts.next().is_some_and(|n| n.eq_ignore_ascii_case("gzip"));
            is_gzip && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
}

/// A pod gets what is or was pinned where its token reaches; others what they may see a version of.
fn require_reachable(caller: &Caller, checksum: &Digest) -> Result<(), Problem> {
    let state = &caller.snapshot.state;
    let is_known = is_version(state, checksum, |_| true);
    let is_reachable = match caller.bearer.token.role {
        Role::Pod => was_pinned(caller, checksum),
        _ => is_version(state, checksum, |ruleset| caller.sees(ruleset)),
    };
    match (is_known, is_reachable) {
        (_, true) => Ok(()),
        (true, false) => {
            let act = match caller.bearer.token.role {
                Role::Pod => Act::ReadAssignment,
                _ => Act::View,
            };
            Err(caller
                .not_allowed(act, caller.bearer.token.scope.clone())
                .with_detail("This checksum was never pinned where the token reaches."))
        }
        (false, false) => Err(Problem::not_found("snapshot", checksum)),
    }
}

fn is_version(
    state: &State,
    checksum: &Digest,
    sees: impl Fn(&rulegate_ledger::ids::RuleSetName) -> bool,
) -> bool {
    state
        .ledgers
        .values()
        .flat_map(|ledger| ledger.versions.iter())
        .any(|((ruleset, _), facts)| facts.checksum == *checksum && sees(ruleset))
}

fn was_pinned(caller: &Caller, checksum: &Digest) -> bool {
    let state = &caller.snapshot.state;
    let own = state.own.clone();
    state
        .own_ledger()
        .pins
        .iter()
        .any(|((ruleset, lane), track)| {
            let scope = Scope::exactly(ruleset, &Environment::new(&own, lane));
            track.history.iter().any(|pin| pin.checksum == *checksum)
                && caller.may(Act::ReadAssignment, &scope)
        })
}

#[derive(Clone)]
struct Weigh;

impl quick_cache::Weighter<Digest, Bytes> for Weigh {
    fn weight(&self, _: &Digest, bytes: &Bytes) -> u64 {
        bytes.len() as u64 + 128
    }
}

/// Compressed bundles.
pub struct Packed(quick_cache::sync::Cache<Digest, Bytes, Weigh>);

impl Default for Packed {
    fn default() -> Self {
        Packed(quick_cache::sync::Cache::with_weighter(
            64,
            PACKED_SIZE_BYTES,
            Weigh,
        ))
    }
}

impl Api {
    /// A bundle compressed once; whoever asks meanwhile waits for the same one.
    async fn packed(&self, checksum: &Digest) -> Result<Bytes, AppError> {
        let bundle = self.app.bundle(checksum).await?;
        let pack = async {
            let work = move || {
                let level = flate2::Compression::default();
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
                gzip.write_all(&bundle)?;
                gzip.finish()
            };
            let packed = tokio::task::spawn_blocking(work).await;
            let packed = packed.map_err(AppError::broken)?;
            Ok(Bytes::from(packed.map_err(AppError::broken)?))
        };
        self.packed.0.get_or_insert_async(checksum, pack).await
    }
}
