//! Reading requests: names in the address, parameters, JSON bodies, archives. Whatever is unknown, repeated or
//! too large is refused before anything else happens.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{self, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::Api;
use super::problem::Problem;
use crate::app::AppError;
use crate::app::intake::{ARCHIVE_SIZE_BYTES_MAX, Intake};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::Timestamp;

/// How long the next piece of an upload may take: places are few, and a client that is gone must not keep one.
const PIECE_PATIENCE: Duration = Duration::from_secs(30);
/// How long a whole upload may take.
const WHOLE_PATIENCE: Duration = Duration::from_secs(300);
/// The most bytes of a JSON body: a hotfix of some large rules.
const JSON_SIZE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Names in the address.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Api>> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Path<T>, Problem> {
        match extract::Path::from_request_parts(parts, api).await {
            Ok(extract::Path(value)) => Ok(Path(value)),
            Err(rejection) => {
                let text = rejection.body_text();
                let text = text.strip_prefix("Invalid URL: ").unwrap_or(&text);
                Err(Problem::unfit("bad_name", sentence(text)))
            }
        }
    }
}

/// The parameters behind `?`: each at most once, none that nobody knows.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Api>> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api>) -> Result<Query<T>, Problem> {
        match extract::Query::try_from_uri(&parts.uri) {
            Ok(extract::Query(value)) => Ok(Query(value)),
            Err(rejection) => {
                let text = rejection.body_text();
                let text = text
                    .strip_prefix("Failed to deserialize query string: ")
                    .unwrap_or(&text);
                Err(Problem::bad_request("bad_parameter", sentence(text)))
            }
        }
    }
}

/// A JSON body with its digest.
pub struct Json<T> {
    /// What was sent.
    pub value: T,
    /// The SHA-256 of the bytes as they came.
    pub digest: Digest,
}

impl<T: DeserializeOwned> FromRequest<Arc<Api>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Arc<Api>) -> Result<Json<T>, Problem> {
        if !has_type(request.headers(), &["application/json"]) {
            return Err(wrong_type("application/json"));
        }
        let bytes = whole_body(request, JSON_SIZE_BYTES_MAX).await?;
        let value = serde_json::from_slice(&bytes)
            .map_err(|e| Problem::bad_request("bad_json", sentence(&e.to_string())))?;
        Ok(Json {
            value,
            digest: Digest::of(&bytes),
        })
    }
}

/// An archive that was received and unpacked, with the digest of the bytes as they travelled.
pub struct Received {
    /// The rules; nothing is stored yet.
    pub intake: Intake,
    /// The SHA-256 of the archive.
    pub digest: Digest,
}

/// Reads a tar or tar.gz to its end and unpacks it off the async threads. Access is checked before this.
pub async fn archive(api: &Api, request: Request) -> Result<Received, Problem> {
    const TYPES: &[&str] = &[
        "application/x-tar",
        "application/gzip",
        "application/x-gzip",
        "application/octet-stream",
    ];
    if request.headers().contains_key(header::CONTENT_TYPE) && !has_type(request.headers(), TYPES) {
        return Err(wrong_type(
            "application/x-tar, application/gzip or application/octet-stream",
        ));
    }
    let _place = api.intakes.acquire().await;
    let bytes = whole_body(request, ARCHIVE_SIZE_BYTES_MAX).await?;
    let work = move || {
        Intake::unpack(&bytes).map(|intake| Received {
            intake,
            digest: Digest::of(&bytes),
        })
    };
    let unpacked = tokio::task::spawn_blocking(work)
        .await
        .map_err(AppError::broken)?;
    Ok(unpacked?)
}

async fn whole_body(request: Request, size_bytes_max: usize) -> Result<Bytes, Problem> {
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > size_bytes_max as u64) {
        return Err(too_large(size_bytes_max));
    }
    let mut body = request.into_body();
    let mut bytes = BytesMut::new();
    let deadline = Instant::now() + WHOLE_PATIENCE;
    loop {
        let patience = deadline.min(Instant::now() + PIECE_PATIENCE);
        let Ok(frame) = tokio::time::timeout_at(patience, body.frame()).await else {
            return Err(too_slow());
        };
        let Some(frame) = frame else { break };
        let Ok(frame) = frame else {
            return Err(Problem::bad_request(
                "truncated_upload",
                "The upload broke off before its end. Nothing was stored.",
            ));
        };
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if bytes.len() + data.len() > size_bytes_max {
            return Err(too_large(size_bytes_max));
        }
        bytes.extend_from_slice(data);
    }
    if length.is_some_and(|length| length != bytes.len() as u64) {
        return Err(Problem::bad_request(
            "truncated_upload",
            "The upload broke off before its end. Nothing was stored.",
        ));
    }
    Ok(bytes.freeze())
}

fn has_type(headers: &HeaderMap, types: &[&str]) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.split(';').next().unwrap_or_default().trim())
        .is_some_and(|given| types.iter().any(|known| given.eq_ignore_ascii_case(known)))
}

fn wrong_type(wanted: &str) -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "Not in this form",
        format!("The body must be {wanted}."),
        "Send it in that form and name it in the header Content-Type.",
    )
}

fn too_slow() -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "too_slow",
        "Too slow",
        "The upload did not arrive in time. Nothing was stored.",
        "Send it again, over a better line.",
    )
}

fn too_large(size_bytes_max: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        "Too large",
        format!("The body has more than {size_bytes_max} bytes."),
        "Send less: split the rule set, or send only what changed.",
    )
}

/// A time in a body: RFC 3339, or a day, which means its beginning in UTC.
pub fn timestamp(name: &str, text: &str) -> Result<Timestamp, Problem> {
    Timestamp::parse(text)
        .or_else(|| Timestamp::parse_day(text))
        .ok_or_else(|| {
            Problem::unfit(
                "bad_time",
                format!("{name} is neither a date, as in 2026-11-21, nor an RFC 3339 time."),
            )
        })
}

/// A library's message as a sentence.
fn sentence(text: &str) -> String {
    let mut rest = text.trim_end_matches('.').chars().take(500);
    let first: String = rest
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    format!("{first}{}.", rest.collect::<String>())
}
