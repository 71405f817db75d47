//! The frame of every page, and rendering.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use std::borrow::Borrow;
use std::fmt::Display;
use std::sync::Arc;

use super::notice::Notice;
use super::sent::{Field, Sent, field_id, plain};
use crate::auth::directory::Known;
use rulegate_ledger::ids::{AccountId, Timestamp};

/// Who is signed in, for the top bar.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct UserBadge {
    pub name: String,
    pub roles: String,
}

/// What the frame of a page shows.
#[derive(Clone)]
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
    /// The form just sent, if it was refused.
    pub sent: Option<Arc<Sent>>,
    /// Loud: the portal does not work as it should.
    pub banners: Vec<Notice>,
    /// When the page was asked for.
    pub now: Timestamp,
    /// Whose name is what.
    pub names: Arc<Known>,
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
            sent: None,
            banners: Vec::new(),
            now: Timestamp(0),
            names: Arc::default(),
        }
    }
}

/// What forms and lists of a page ask for.
impl Page {
    /// A field with what was typed if its form came back, else with `default`.
    pub fn field(&self, form: &str, name: &str, default: impl ToString) -> Field {
        let sent = self.sent.as_ref().filter(|sent| sent.is(form));
        Field {
            id: field_id(form, name),
            value: match sent {
                Some(sent) => sent.values(name).next().unwrap_or_default().to_owned(),
                None => default.to_string(),
            },
            error: sent.map_or(String::new(), |sent| sent.error_at(name).to_owned()),
        }
    }

    /// Whether a box is ticked: as it came if its form came back, else as `default` says.
    pub fn ticked(
        &self,
        form: &str,
        name: &str,
        value: impl Display,
        default: impl Borrow<bool>,
    ) -> bool {
        match self.sent.as_ref().filter(|sent| sent.is(form)) {
            Some(sent) => {
                let value = value.to_string();
                sent.values(name).any(|known| known == value)
            }
            None => *default.borrow(),
        }
    }

    /// The name of a form that stands once for each of many things on its page.
    pub fn form_of(&self, act: &str, id: impl Display) -> String {
        format!("{act}-{id}").chars().map(plain).collect()
    }

    /// True if this form came back.
    pub fn is_returned(&self, form: &str) -> bool {
        self.sent.as_ref().is_some_and(|sent| sent.is(form))
    }

    /// As [`Page::is_returned`], asked where the form begins: then the page has it.
    pub fn opens(&self, form: &str) -> bool {
        let sent = self.sent.as_ref().filter(|sent| sent.is(form));
        sent.inspect(|sent| sent.found()).is_some()
    }

    /// A fresh id for a form.
    pub fn once(&self) -> String {
        uuid::Uuid::now_v7().simple().to_string()
    }

    /// The name that an account shows.
    pub fn person(&self, id: &AccountId) -> String {
        self.names.name(id)
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
