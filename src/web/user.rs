//! Who asks for a page: taken from the cookie, once per request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::Portal;
use super::cookies::{cookie, cookie_name};
use super::error::WebError;
use super::notice::{Notice, notice_of};
use super::read_your_writes;
use super::sent::Sent;
use crate::app::Snapshot;
use crate::auth::sign_in::Person;
use rulegate_domain::gate;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::ReviewStatus;
use rulegate_ledger::access::{Act, Actor, Scope};
use rulegate_ledger::ids::Timestamp;

/// A signed-in person with the state as it was when the request came: one consistent picture per page.
#[derive(Clone)]
pub struct User {
    /// Who.
    pub person: Person,
    /// What is true.
    pub snapshot: Arc<Snapshot>,
    /// When the request came.
    pub now: Timestamp,
    /// What came of the form just sent, from the address.
    pub(super) notice: Option<Notice>,
    /// The form just sent, if it was refused.
    pub(super) sent: Option<Arc<Sent>>,
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
    pub fn require(&self, act: Act, scope: Scope) -> Result<(), Refusal> {
        match self.may(act, &scope) {
            true => Ok(()),
            false => Err(Refusal::NotAllowed { act, scope }),
        }
    }

    /// Open reviews that this person could move on: approve, answer, execute, or look at afterwards.
    pub fn waiting(&self) -> Vec<Arc<rulegate_domain::state::Review>> {
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
}

impl User {
    /// Whoever sends these headers; `None` if nobody is signed in. What the browser has seen is waited for.
    pub async fn of(portal: &Portal, headers: &HeaderMap) -> Option<User> {
        let secret = cookie(headers, cookie_name(portal.app.config.is_tls()))?;
        let seen = read_your_writes::seen(portal, headers);
        if let Some(seen) = &seen {
            portal.auth.catch_up_to(seen.accounts).await;
        }
        let person = portal.auth.person(secret).await?;
        if let Some(seen) = &seen {
            portal.app.catch_up_to(&seen.entry).await;
        }
        Some(User {
            person,
            snapshot: portal.app.snapshot(),
            now: portal.app.clock.now(),
            notice: None,
            sent: None,
        })
    }
}

impl FromRequestParts<Portal> for User {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<User, WebError> {
        let Some(user) = User::of(portal, &parts.headers).await else {
            let address = parts.uri.path_and_query();
            return Err(WebError::SignInFirst {
                back: address.map_or("/".to_owned(), |address| address.to_string()),
            });
        };
        Ok(User {
            notice: notice_of(parts.uri.query()),
            sent: parts.extensions.get::<Arc<Sent>>().cloned(),
            ..user
        })
    }
}
