//! Every refusal and failure as RFC 9457 problem details, with the codes that pages show too.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::app::AppError;
use crate::app::error::chain;
use crate::app::outcome::Outcome;
use rulegate_domain::refusal::Refusal;

/// The media type of every problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What a handler answers instead of what was asked for.
#[derive(Debug)]
pub struct Problem(Box<Fields>);

#[derive(Debug)]
struct Fields {
    outcome: Outcome,
    /// What stands in `WWW-Authenticate`, for 401 only.
    challenge: Option<&'static str>,
    /// What broke, for the log only.
    inner: Option<String>,
}

/// Problem details (RFC 9457).
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemView {
    /// `urn:rulegate:problem:` and the code: stable.
    #[serde(rename = "type")]
    #[schema(example = "urn:rulegate:problem:version_exists")]
    kind: String,
    /// A few words for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is the case.
    detail: String,
    /// Stable, for programs.
    code: &'static str,
    /// What to do next; may be empty.
    remedy: String,
    /// More, one line each, e.g. the checks that block.
    details: Vec<String>,
    /// This occurrence, to quote when asking for help.
    #[schema(example = "urn:uuid:01938e70-5a5f-7cc4-8f6f-0e7ad3f1c9b2")]
    instance: String,
}

/// The result of a handler.
pub type ApiResult = Result<Response, Problem>;

impl Problem {
    /// A problem of the interface itself.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        sentence: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Problem {
        Problem::from_outcome(Outcome {
            status: status.as_u16(),
            code,
            title,
            sentence: sentence.into(),
            remedy: remedy.into(),
            details: Vec::new(),
            retry_after_s: None,
        })
    }

    fn from_outcome(outcome: Outcome) -> Problem {
        Problem(Box::new(Fields {
            outcome,
            challenge: None,
            inner: None,
        }))
    }

    /// The same with the header that tells how to authenticate.
    pub fn with_challenge(mut self, challenge: &'static str) -> Problem {
        self.0.challenge = Some(challenge);
        self
    }

    /// The same with one more line.
    pub fn with_detail(mut self, detail: impl Into<String>) -> Problem {
        self.0.outcome.details.push(detail.into());
        self
    }

    /// The request cannot be read.
    pub fn bad_request(code: &'static str, sentence: impl Into<String>) -> Problem {
        Problem::new(
            StatusCode::BAD_REQUEST,
            code,
            "This request cannot be read",
            sentence,
            "Correct it; the interface is described at /api/v1/openapi.json.",
        )
    }

    /// A value in the address or the body cannot be taken.
    pub fn unfit(code: &'static str, sentence: impl Into<String>) -> Problem {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            code,
            "This cannot be taken",
            sentence,
            "Correct it and send it again; nothing was stored.",
        )
    }

    /// There is nothing of that name, or the caller may not know.
    pub fn not_found(what: &'static str, name: impl ToString) -> Problem {
        AppError::NotFound {
            what,
            name: name.to_string().chars().take(200).collect(),
        }
        .into()
    }
}

impl<E: Into<AppError>> From<E> for Problem {
    fn from(error: E) -> Problem {
        let error = error.into();
        let mut problem = Problem::from_outcome(error.outcome());
        if let AppError::Broken(why) = error {
            problem.0.inner = Some(chain(why.as_ref()));
        }
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Fields {
            outcome,
            challenge,
            inner,
        } = *self.0;
        let reference = uuid::Uuid::now_v7();
        if let Some(why) = inner {
            tracing::error!(%reference, why, "something broke");
        }
        let view = ProblemView {
            kind: format!("urn:rulegate:problem:{}", outcome.code),
            title: outcome.title,
            status: outcome.status,
            detail: outcome.sentence,
            code: outcome.code,
            remedy: outcome.remedy,
            details: outcome.details,
            instance: reference.urn().to_string(),
        };
        let body = serde_json::to_vec(&view).expect("a problem is JSON");
        let status = StatusCode::from_u16(outcome.status);
        let mut response =
            (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        if let Some(challenge) = challenge {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(challenge),
            );
        }
        if let Some(seconds) = outcome.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A refusal that a handler decides on itself.
pub fn refuse(refusal: Refusal) -> Problem {
    refusal.into()
}

/// No such address.
pub async fn no_such_address(uri: axum::http::Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_such_address",
        "Not here",
        format!(
            "There is nothing at {}.",
            uri.path().chars().take(200).collect::<String>()
        ),
        "The addresses are listed at /api/v1/openapi.json.",
    )
}

/// The address is right, the method is not. The `Allow` header is added by the router.
pub async fn method_not_allowed(method: axum::http::Method) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "Not with this method",
        format!("{method} does nothing at this address."),
        "The methods are listed at /api/v1/openapi.json.",
    )
}
