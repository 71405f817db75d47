//! Every error is a designed page: what is the case, what to do next, a reference to quote. A refused form comes back
//! on the page that it was sent from.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt as _;

use super::Portal;
use super::error::WebError;
use super::notice::Link;
use super::page::{Page, html};
use super::sent::Sent;
use super::user::User;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    status: u16,
    code: &'static str,
    sentence: String,
    details: Vec<String>,
    next: Vec<Link>,
    reference: String,
}

/// Of a request's headers those that say who asks, and where.
pub fn who_asks(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in [header::COOKIE, header::HOST] {
        for value in headers.get_all(&name) {
            kept.append(&name, value.clone());
        }
    }
    kept
}

/// Makes a page of an error; every other answer passes. `pages` is the portal itself, which is asked again for the
/// page of a refused form; `asked` is what [`who_asks`] kept of the request.
pub async fn designed(
    portal: &Portal,
    pages: &Router,
    asked: &HeaderMap,
    response: Response,
) -> Response {
    let status = response.status();
    let error = match response.extensions().get::<Arc<WebError>>() {
        Some(error) => error.clone(),
        // An address or a body that could not be read is refused before any handler runs, in bare words.
        None if status.is_client_error() && is_bare(&response) => Arc::new(WebError::Unreadable {
            status: status.as_u16(),
        }),
        None => return response,
    };
    let page = match &*error {
        WebError::Refused { back, sent } => returned(pages, asked, back, sent).await,
        _ => None,
    };
    let mut page = match page {
        Some(page) => page,
        None => error_page(portal, asked, &error).await,
    };
    *page.status_mut() = status;
    if let Some(seconds) = error.outcome().retry_after_s {
        page.headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    page
}

fn is_bare(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

/// The page that a form came from, with what was typed: in the form, or apart if the page has it no more.
async fn returned(pages: &Router, asked: &HeaderMap, back: &str, sent: &Sent) -> Option<Response> {
    let page = page_with(pages, asked, back, sent.clone()).await?;
    match sent.has_form() {
        true => Some(page),
        false => page_with(pages, asked, back, sent.orphan()).await,
    }
}

async fn page_with(pages: &Router, asked: &HeaderMap, back: &str, sent: Sent) -> Option<Response> {
    let mut request = Request::get(back).body(Body::empty()).ok()?;
    *request.headers_mut() = asked.clone();
    request.extensions_mut().insert(Arc::new(sent));
    let page = pages.clone().oneshot(request).await.ok()?;
    page.status().is_success().then_some(page)
}

async fn error_page(portal: &Portal, asked: &HeaderMap, error: &WebError) -> Response {
    let mut reference = String::new();
    if let WebError::App(error) = error {
        reference = uuid::Uuid::now_v7().to_string();
        error.log(&reference);
    }
    let outcome = error.outcome();
    let mut page = match User::of(portal, asked).await {
        Some(user) => user.frame(portal),
        None => Page::bare(),
    };
    page.title = outcome.title.to_owned();
    if let WebError::Refused { sent, .. } = error {
        page.sent = Some(Arc::new(sent.orphan()));
        reference = sent.reference.clone();
    }
    if outcome.status < 500 {
        reference.clear();
    }
    let remedy = Some(outcome.remedy).filter(|remedy| !remedy.is_empty());
    html(&ErrorPage {
        page,
        status: outcome.status,
        code: outcome.code,
        sentence: outcome.sentence,
        details: outcome.details.into_iter().chain(remedy).collect(),
        next: vec![Link {
            href: "/".into(),
            text: "What runs where".into(),
        }],
        reference,
    })
    .into_response()
}
