//! The frame of every page, and rendering.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Portal;
use super::user::User;

/// An address with its words.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Link {
    pub href: String,
    pub text: String,
}

/// A message above a page; `kind` is `info`, `ok`, `warn`, `bad` or `hot`.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Notice {
    pub kind: &'static str,
    pub text: String,
}

/// Who is signed in, for the top bar.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct UserBadge {
    pub name: String,
    pub roles: String,
}

/// What the frame of a page shows.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Page {
    pub title: String,
    /// The part of the navigation it belongs to.
    pub section: &'static str,
    pub user: Option<UserBadge>,
    pub csrf: String,
    /// Reviews that wait for this person.
    pub waiting: usize,
    pub live_site: String,
    pub site: String,
    pub demo: bool,
    pub may_accounts: bool,
    /// What came of the form just sent.
    pub notice: Option<Notice>,
    /// Loud: the portal does not work as it should.
    pub banners: Vec<Notice>,
}

impl Page {
    /// A frame for nobody in particular.
    pub fn bare() -> Page {
        Page {
            title: String::new(),
            section: "",
            user: None,
            csrf: String::new(),
            waiting: 0,
            live_site: String::new(),
            site: String::new(),
            demo: false,
            may_accounts: false,
            notice: None,
            banners: Vec::new(),
        }
    }

    /// The frame for a signed-in person.
    pub fn new(
        portal: &Portal,
        user: &User,
        section: &'static str,
        title: impl Into<String>,
    ) -> Page {
        Page {
            title: title.into(),
            section,
            ..user.frame(portal)
        }
    }
}

/// Renders a page; a template that fails is a fault of ours, told as one.
pub fn html(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template failed");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "The page could not be made.",
            )
                .into_response()
        }
    }
}
