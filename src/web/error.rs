//! What a page handler answers instead of a page: told as data here, made into a designed page on its way out.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::sent::Sent;
use crate::app::AppError;
use crate::app::outcome::Outcome;
use rulegate_domain::refusal::Refusal;

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
    /// A form was refused and goes back to its page.
    Refused {
        /// The page's address.
        back: String,
        /// What was typed, and why it was not taken.
        sent: Box<Sent>,
    },
}

impl<E: Into<AppError>> From<E> for WebError {
    fn from(error: E) -> WebError {
        WebError::App(error.into())
    }
}

/// The result of a page handler.
pub type WebResult = Result<Response, WebError>;

impl WebError {
    /// The error as it is told.
    pub fn outcome(&self) -> Outcome {
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
            WebError::Refused { sent, .. } => sent.outcome.clone(),
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
    /// The bare status with the error beside it: [`super::error_page::designed`] makes the page, because only there
    /// is known who asked.
    fn into_response(self) -> Response {
        if let WebError::SignInFirst { back } = &self {
            let to = format!("/sign-in?next={}", super::format::url_encode(back));
            return Redirect::to(&to).into_response();
        }
        let status = StatusCode::from_u16(self.outcome().status);
        let mut response = status
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
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
    WebError::App(AppError::broken(why)).into_response()
}

/// A refusal as a web error, for handlers that decide on one themselves.
pub fn refuse(refusal: Refusal) -> WebError {
    WebError::App(AppError::Refused(refusal))
}
