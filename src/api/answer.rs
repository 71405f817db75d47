//! Answers: JSON with an entity tag, pages by key, what a write came to.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

use super::caller::Caller;
use super::problem::{ApiResult, Problem};
use crate::app::execute::Executed;
use rulegate_domain::command::Command;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{EntryRef, ReviewId};

/// Items a page has if nobody says.
const LIMIT_DEFAULT: u32 = 50;
/// Items a page has at most.
pub const LIMIT_MAX: u32 = 500;

/// A read's answer: JSON with an entity tag, or 304 if the caller has it already.
pub fn read(caller: &Caller, view: &impl Serialize) -> Response {
    let body: Bytes = serde_json::to_vec(view)
        .expect("a view has string keys and finite numbers")
        .into();
    let tag = format!("\"{}\"", &Digest::of(&body).to_hex()[..32]);
    let etag = HeaderValue::from_str(&tag).expect("hex is a header value");
    if is_known(caller.if_none_match.as_ref(), &etag) {
        return not_modified(etag);
    }
    let mut response = json(StatusCode::OK, body);
    response.headers_mut().insert(header::ETAG, etag);
    let ledger = caller.snapshot.state.own_ledger();
    let entry = EntryRef {
        site: caller.snapshot.state.own.clone(),
        seq: ledger.head.seq,
    };
    up_to(&mut response, &entry);
    response
}

/// Says up to which entry of the site's ledger an answer knows: the caller may ask another process of the site for
/// at least that.
fn up_to(response: &mut Response, entry: &EntryRef) {
    if let Ok(value) = HeaderValue::from_str(&entry.to_string()) {
        let name = HeaderName::from_static("rulegate-ledger");
        response.headers_mut().insert(name, value);
    }
}

/// JSON that is ready to send.
pub fn json(status: StatusCode, body: impl Into<Bytes>) -> Response {
    let body: Bytes = body.into();
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    let put = |headers: &mut HeaderMap, name, value| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    put(headers, header::CONTENT_TYPE, "application/json");
    put(headers, header::CACHE_CONTROL, "private, no-cache");
    put(headers, header::VARY, "authorization");
    put(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

/// Bytes to be kept as a file of this name, with an entity tag, or 304 if the caller has them already.
pub fn file(caller: &Caller, kind: &'static str, name: &str, bytes: Bytes) -> Response {
    let tag = format!("\"{}\"", &Digest::of(&bytes).to_hex()[..32]);
    let etag = HeaderValue::from_str(&tag).expect("hex is a header value");
    if is_known(caller.if_none_match.as_ref(), &etag) {
        return not_modified(etag);
    }
    // Names of rule sets and versions hold no quotes, no controls and nothing but ASCII.
    let kept = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let mut response = json(StatusCode::OK, bytes);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::ETAG, etag);
    if let Ok(kept) = kept {
        headers.insert(header::CONTENT_DISPOSITION, kept);
    }
    response
}

/// 304.
pub fn not_modified(etag: HeaderValue) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    response.headers_mut().insert(header::ETAG, etag);
    response
}

/// True if the tag is among those that the caller has.
pub fn is_known(if_none_match: Option<&HeaderValue>, etag: &HeaderValue) -> bool {
    let Some(Ok(known)) = if_none_match.map(HeaderValue::to_str) else {
        return false;
    };
    let weak = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.as_bytes() == etag.as_bytes()
        || known.trim() == "*"
        || known
            .split(',')
            .any(|tag| weak(tag).as_bytes() == etag.as_bytes())
}

/// A page of a list.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// What the page holds.
    pub items: Vec<T>,
    /// Give this as `after` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// How many items a page is to have.
///
/// Errors: a number outside 1 to [`LIMIT_MAX`].
pub fn limit(asked: Option<u32>) -> Result<usize, Problem> {
    match asked.unwrap_or(LIMIT_DEFAULT) {
        limit if (1..=LIMIT_MAX).contains(&limit) => Ok(limit as usize),
        _ => Err(Problem::bad_request(
            "bad_parameter",
            format!("The parameter limit is not a number from 1 to {LIMIT_MAX}."),
        )),
    }
}

/// The page that follows the item `after`. `all` is the whole list in its order, filtered by `keep` only after
/// the place was found, so that a page goes on where the last one ended even if that item is filtered out by now.
pub fn page<T>(
    all: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> String,
    keep: impl Fn(&T) -> bool,
    (after, limit_asked): (Option<&str>, Option<u32>),
) -> Result<Page<T>, Problem> {
    let limit = limit(limit_asked)?;
    let mut rest = all.into_iter();
    if let Some(after) = after
        && !rest.any(|item| key(&item) == after)
    {
        return Err(Problem::bad_request(
            "bad_parameter",
            "The parameter after names nothing in this list: use what the page before gave as next.",
        ));
    }
    let mut items: Vec<T> = rest.filter(keep).take(limit + 1).collect();
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next = has_more.then(|| items.last().map(&key)).flatten();
    Ok(Page { items, next })
}

impl<T> Page<T> {
    /// The same page with its items seen another way.
    pub fn map<U>(self, view: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(view).collect(),
            next: self.next,
        }
    }
}

/// What a write came to.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Written {
    /// The entry that tells about it.
    #[schema(value_type = Option<String>, example = "ipc2#31")]
    entry: Option<EntryRef>,
    /// Every entry it made, in order; empty if it was true already.
    #[schema(value_type = Vec<String>)]
    entries: Vec<EntryRef>,
    /// The review that it opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "ipc2-31")]
    review: Option<ReviewId>,
    /// True if it was true before, so that nothing was written now.
    already: bool,
}

/// Executes a command for the caller: 201 with the entries, or 200 if it was true already. `body` is the digest of
/// the request's bytes, which an idempotency key is bound to.
pub async fn written(caller: &Caller, command: impl Into<Command>, body: &Digest) -> ApiResult {
    let done = caller.execute(command, body).await?;
    let view = Written {
        entry: done.entry(),
        entries: done.entries.iter().map(|e| e.at_entry.clone()).collect(),
        review: done.review(),
        already: done.already.is_some(),
    };
    Ok(created(&done, &view))
}

/// A write's own view: 201, or 200 if it was true already.
pub fn created(done: &Executed, view: &impl Serialize) -> Response {
    let status = match done.already {
        None => StatusCode::CREATED,
        Some(_) => StatusCode::OK,
    };
    let mut response = json(status, serde_json::to_vec(view).expect("a view is JSON"));
    let last = done.entries.last().map(|entry| &entry.at_entry);
    if let Some(entry) = last.or(done.already.as_ref()) {
        up_to(&mut response, entry);
    }
    response
}
