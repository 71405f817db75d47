//! Who asks for a page: taken from the cookie, once per request.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use super::Portal;
use super::error::{WebError, remember_user};
use super::page::{Notice, Page, UserBadge};
use super::read_your_writes;
use super::site_words;
use crate::app::Snapshot;
use crate::auth::sign_in::Person;
use rulegate_domain::gate;
use rulegate_domain::state::ReviewStatus;
use rulegate_ledger::access::{Act, Actor, Scope};
use rulegate_ledger::ids::Timestamp;

/// The cookie's name; over TLS with the prefix that binds it to this host and to TLS.
pub fn cookie_name(is_tls: bool) -> &'static str {
    if is_tls {
        "__Host-rulegate"
    } else {
        "rulegate"
    }
}

/// A cookie as it is set: no script reads it, and other sites' pages do not send it along with what they send.
pub fn cookie_line(portal: &Portal, name: &str, value: &str, max_age_s: i64) -> HeaderValue {
    let secure = if portal.app.config.is_tls() {
        "; Secure"
    } else {
        ""
    };
    let line =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
    HeaderValue::from_str(&line).expect("names and base64url are header values")
}

/// A cookie's value.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// A signed-in person with the state as it was when the request came: one consistent picture per page.
#[derive(Clone)]
pub struct User {
    /// Who.
    pub person: Person,
    /// What is true.
    pub snapshot: std::sync::Arc<Snapshot>,
    /// When the request came.
    pub now: Timestamp,
    /// What came of the form just sent, from the address.
    notice: Option<Notice>,
}

impl User {
    /// As the domain knows the person.
    pub fn actor(&self) -> Actor {
        Actor::person(&self.person.account.id)
    }

    /// May the person do this there?
    pub fn may(&self, act: Act, scope: &Scope) -> bool {
        self.snapshot.state.may(&self.actor(), act, scope)
    }

    /// Refuses what the person may not do.
    pub fn require(&self, act: Act, scope: Scope) -> Result<(), WebError> {
        if self.may(act, &scope) {
            Ok(())
        } else {
            Err(super::error::refuse(
                rulegate_domain::refusal::Refusal::NotAllowed { act, scope },
            ))
        }
    }

    /// Open reviews that this person could move on: approve, answer, execute, or look at afterwards.
    pub fn waiting(&self) -> Vec<std::sync::Arc<rulegate_domain::state::Review>> {
        let state = &self.snapshot.state;
        let me = &self.person.account.id;
        state
            .waiting_reviews()
            .into_iter()
            .filter(|review| {
                let everywhere = |act| {
                    gate::scopes(review)
                        .iter()
                        .all(|scope| self.may(act, scope))
                };
                match &review.status {
                    ReviewStatus::Open => {
                        let party = gate::parties(state, review)
                            .iter()
                            .any(|(party, _)| party == me);
                        let approved = review.approvals.iter().any(|approval| approval.by == *me);
                        let can_judge = !party && !approved && everywhere(Act::Approve);
                        let enough =
                            review.approvals.len() as u32 >= gate::approvals_needed(state, review);
                        can_judge || (enough && everywhere(Act::Activate))
                    }
                    _ => review.glass.as_ref().is_some_and(|glass| {
                        glass.is_open()
                            && glass.by != *me
                            && glass.after_reviews.iter().all(|(who, _, _)| who != me)
                            && everywhere(Act::ReviewBrokenGlass)
                    }),
                }
            })
            .cloned()
            .collect()
    }

    pub(super) fn frame(&self, portal: &Portal) -> Page {
        let state = &self.snapshot.state;
        let account = &self.person.account;
        let grants = state.grants_of(&account.id);
        let roles: std::collections::BTreeSet<&str> =
            grants.iter().map(|grant| grant.role.name()).collect();
        let roles: Vec<&str> = roles.into_iter().collect();
        let mut banners = Vec::new();
        if let Some(reason) = portal.app.stopped.load().as_ref() {
            banners.push(Notice {
                kind: "bad",
                text: format!("This process writes no more: {reason}. Reading works."),
            });
        }
        if let Some(reason) = portal.app.behind.load().as_ref() {
            banners.push(Notice {
                kind: "bad",
                text: format!("This site takes no entries: {reason}"),
            });
        }
        for drifted in portal.app.drifted.load().iter() {
            banners.push(Notice {
                kind: "bad",
                text: format!("The database's settings changed: {drifted}."),
            });
        }
        if let Some(alarm) = portal.app.peer.load().alarm() {
            banners.push(Notice {
                kind: "bad",
                text: format!("Not believed: {alarm}. {}", alarm.remedy()),
            });
        }
        banners.extend(site_words::silence(portal, state, self.now));
        banners.extend(site_words::stay(state, self.now));
        Page {
            title: String::new(),
            section: "",
            user: Some(UserBadge {
                name: account.display_name.clone(),
                roles: roles.join(", "),
            }),
            csrf: self.person.csrf.clone(),
            waiting: self.waiting().len(),
            live_site: state.live_site().to_string(),
            site: state.own.to_string(),
            demo: portal.app.config.demo,
            may_accounts: self.may(Act::ManageAccounts, &Scope::EVERYWHERE)
                || self.may(Act::ExportLedger, &Scope::EVERYWHERE),
            notice: self.notice.clone(),
            banners,
        }
    }
}

impl FromRequestParts<Portal> for User {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<User, WebError> {
        let back = || {
            parts
                .uri
                .path_and_query()
                .map_or("/".to_owned(), |address| address.to_string())
        };
        let name = cookie_name(portal.app.config.is_tls());
        let secret =
            cookie(&parts.headers, name).ok_or_else(|| WebError::SignInFirst { back: back() })?;
        let seen = read_your_writes::seen(portal, &parts.headers);
        if let Some(seen) = &seen {
            portal.auth.catch_up_to(seen.accounts).await;
        }
        let person = portal
            .auth
            .person(secret)
            .await
            .ok_or_else(|| WebError::SignInFirst { back: back() })?;
        if let Some(seen) = &seen {
            portal.app.catch_up_to(&seen.entry).await;
        }
        let notice = super::form::notice_of(parts.uri.query());
        let user = User {
            person,
            snapshot: portal.app.snapshot(),
            now: portal.app.clock.now(),
            notice,
        };
        remember_user(portal, &user);
        Ok(user)
    }
}
