//! Every error is a designed page: what is the case, what to do next, a reference to quote.

use std::cell::RefCell;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Portal;
use super::page::{Link, Page};
use super::user::User;
use crate::app::AppError;
use crate::app::outcome::Outcome;
use rulegate_domain::refusal::Refusal;

tokio::task_local! {
    /// Whoever asked, so that an error keeps their navigation.
    static FRAME: RefCell<Option<(Portal, User)>>;
}

/// What a page handler answers instead of a page.
#[derive(Debug)]
pub enum WebError {
    /// The app said no, or could not.
    App(AppError),
    /// Nobody is signed in: to the sign-in page, and back to this address afterwards.
    SignInFirst {
        /// Where to go afterwards.
        back: String,
    },
    /// Another site's page sent this.
    ForeignOrigin,
    /// The form's token is missing or of another sign-in.
    FormExpired,
    /// The address, the method or the body does not fit; refused before a handler saw it.
    Unreadable {
        /// The HTTP status.
        status: u16,
    },
    /// The form could not be read.
    BadForm(String),
}

impl<E: Into<AppError>> From<E> for WebError {
    fn from(error: E) -> WebError {
        WebError::App(error.into())
    }
}

/// The result of a page handler.
pub type WebResult = Result<Response, WebError>;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    status: u16,
    code: String,
    sentence: String,
    details: Vec<String>,
    next: Vec<Link>,
    reference: String,
}

impl WebError {
    fn outcome(&self) -> Outcome {
        let outcome = |status, code, title, sentence: &str, remedy: &str| Outcome {
            status,
            code,
            title,
            sentence: sentence.to_owned(),
            remedy: remedy.to_owned(),
            details: Vec::new(),
            retry_after_s: None,
        };
        match self {
            WebError::App(error) => error.outcome(),
            WebError::SignInFirst { .. } => outcome(401, "sign_in_first", "Sign in first", "", ""),
            WebError::ForeignOrigin => outcome(
                403,
                "foreign_origin",
                "This came from elsewhere",
                "Another web site tried to send this form in your name. Nothing was done.",
                "If you meant to do it, do it from the portal's own page.",
            ),
            WebError::FormExpired => outcome(
                403,
                "form_expired",
                "This form is no longer good",
                "It belongs to an earlier sign-in, or it was not made by this portal. Nothing was done.",
                "Go back, reload the page and send the form again.",
            ),
            WebError::Unreadable { status } => outcome(
                *status,
                "unreadable",
                "This cannot be read",
                "A part of the address, or what was sent to it, is not of the kind that belongs there. Nothing was done.",
                "Check the address, or start from what runs where.",
            ),
            WebError::BadForm(why) => outcome(
                422,
                "bad_form",
                "This form cannot be read",
                why,
                "Go back and send it again.",
            ),
        }
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        if let WebError::SignInFirst { back } = &self {
            let to = format!("/sign-in?next={}", super::format::url_encode(back));
            return axum::response::Redirect::to(&to).into_response();
        }
        let reference = uuid::Uuid::now_v7().to_string();
        if let WebError::App(AppError::Broken(why)) = &self {
            tracing::error!(reference, why, "something broke");
        }
        let outcome = self.outcome();
        error_page(outcome, reference)
    }
}

fn error_page(outcome: Outcome, reference: String) -> Response {
    let asking = FRAME.try_with(|frame| frame.borrow_mut().take());
    let asking = asking.ok().flatten();
    let mut page = asking.map_or_else(Page::bare, |(portal, user)| user.frame(&portal));
    page.title = outcome.title.to_owned();
    let mut details = outcome.details;
    if !outcome.remedy.is_empty() {
        details.push(outcome.remedy);
    }
    let next = vec![Link {
        href: "/".into(),
        text: "What runs where".into(),
    }];
    let template = ErrorPage {
        page,
        status: outcome.status,
        code: outcome.code.to_owned(),
        sentence: outcome.sentence,
        details,
        next,
        reference: if outcome.status >= 500 {
            reference
        } else {
            String::new()
        },
    };
    let mut response = super::page::html(&template);
    *response.status_mut() =
        StatusCode::from_u16(outcome.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(seconds) = outcome.retry_after_s {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Runs a request with a place where its page frame is remembered for errors.
pub async fn with_frame<T>(work: impl Future<Output = T>) -> T {
    FRAME.scope(RefCell::new(None), work).await
}

/// Remembers whoever asks; their frame is made only if an error needs it.
pub fn remember_user(portal: &Portal, user: &User) {
    let _ = FRAME.try_with(|frame| *frame.borrow_mut() = Some((portal.clone(), user.clone())));
}

/// No page at this address.
pub async fn no_such_page(uri: axum::http::Uri) -> WebError {
    WebError::App(AppError::NotFound {
        what: "page",
        name: uri.path().chars().take(200).collect(),
    })
}

/// A handler panicked: a fault of ours, told like every other one. The text goes to the log only.
pub fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    let why = format!("a page panicked: {}", text.unwrap_or("without a word"));
    WebError::App(AppError::Broken(why)).into_response()
}

/// A refusal as a web error, for handlers that decide on one themselves.
pub fn refuse(refusal: Refusal) -> WebError {
    WebError::App(AppError::Refused(refusal))
}
