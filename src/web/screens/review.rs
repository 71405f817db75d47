//! One review: what is asked, what it would undo, what stands against it, who said what.

mod alike;
mod gate_card;
mod head;
mod rule_view;
mod seen;
mod stake_pages;
mod stakes;
mod subject_view;
mod trail;

pub(super) use trail::folded;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::app::AppError;
use crate::web::error::{WebError, WebResult};
use crate::web::form::fresh_once;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, review_words};
use rulegate_domain::gate::Gate;
use rulegate_domain::state::{Review, ReviewStatus};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::ReviewId;

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/reviews/{id}", show)
        .form("/reviews/{id}/seen", seen::mark)
}

/// What the address asks to see beside the review itself.
#[derive(Debug, Default, Clone, Deserialize)]
struct Query {
    rule: Option<String>,
    hotfix: Option<String>,
    env: Option<String>,
    /// Every line of the opened rule.
    #[serde(default)]
    whole: bool,
    /// How the opened rule is shown, see [`rule_view::View`].
    view: Option<String>,
    /// A page of the rules of one hotfix: after or before the rule or group of this key.
    after: Option<String>,
    before: Option<String>,
    /// Of which hotfix on the page, from 1.
    of: Option<usize>,
    /// The number of a page, from 1, of links from before pages were paged by key.
    page: Option<usize>,
    /// The group whose rules are all listed.
    alike: Option<String>,
}

/// A form that came back: what was typed into it, and what is wrong.
#[derive(Debug, Default, Clone)]
pub(super) struct Typed {
    /// Which form: `comment`, `approve`, `reject`, `withdraw`, `glass`, `look`, `answer`, `seen`.
    pub form: &'static str,
    /// Its text.
    pub text: String,
    /// What is wrong.
    pub problem: String,
}

#[derive(Template)]
#[template(path = "reviews/review.html")]
struct ReviewPage {
    page: Page,
    id: String,
    head: head::Head,
    stakes: Vec<stakes::Stake>,
    rule: Option<rule_view::RuleView>,
    content: Option<subject_view::Content>,
    policy: Vec<subject_view::PolicyRow>,
    gate: Option<gate_card::GateCard>,
    approvals: Vec<trail::ApprovalView>,
    trail: Vec<trail::TrailRow>,
    acts: gate_card::Acts,
    typed: Typed,
}

impl ReviewPage {
    /// A fresh id for each form on the page.
    fn once(&self) -> String {
        fresh_once()
    }
    /// What was typed into a form that came back.
    fn typed(&self, form: &str) -> &str {
        if self.typed.form == form {
            &self.typed.text
        } else {
            ""
        }
    }
    /// What is wrong with a form that came back.
    fn problem(&self, form: &str) -> &str {
        if self.typed.form == form {
            &self.typed.problem
        } else {
            ""
        }
    }
    /// A fold stays open when its form came back.
    fn is_returned(&self, form: &str) -> bool {
        self.typed.form == form
    }
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> WebResult {
    let query = serde_html_form::from_str(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let page = build(&portal, &user, &known_id(&id)?, query, Typed::default()).await?;
    Ok(page::html(&page))
}

/// The page again, with what was typed and what is wrong with it.
pub(super) async fn again(portal: &Portal, user: &User, id: &ReviewId, typed: Typed) -> WebResult {
    let page = build(portal, user, id, Query::default(), typed).await?;
    let mut response: Response = page::html(&page);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// A review's id from an address; anything else is no review.
pub(super) fn known_id(text: &str) -> Result<ReviewId, WebError> {
    text.parse().map_err(|_| {
        WebError::App(AppError::NotFound {
            what: "review",
            name: text.chars().take(80).collect(),
        })
    })
}

/// The scope in which a review may be context at.
pub(super) fn scope_of(review: &Review) -> Scope {
    review
        .ruleset
        .as_ref()
        .map_or(Scope::EVERYWHERE, Scope::ruleset)
}

async fn build(
    portal: &Portal,
    user: &User,
    id: &ReviewId,
    query: Query,
    typed: Typed,
) -> Result<ReviewPage, WebError> {
    let state = &user.snapshot.state;
    let review: Arc<Review> = state
        .review(id)
        .cloned()
        .ok_or_else(|| AppError::NotFound {
            what: "review",
            name: id.to_string(),
        })?;
    user.require(Act::View, scope_of(&review))?;
    let gate: Option<Gate> = match review.status {
        ReviewStatus::Open => Some(portal.app.gate(state, &review).await?),
        _ => None,
    };
    let seen = portal.app.seen(&user.person.account.id, id).await?;
    let context = ReviewContext {
        portal,
        user,
        review: &review,
        gate: gate.as_ref(),
        seen,
    };
    let stakes = stakes::of(&context, &query).await?;
    let rule = rule_view::of(&context, &stakes, &query).await?;
    let entries = portal.app.trail(id).await?;
    Ok(ReviewPage {
        page: Page::new(
            portal,
            user,
            "reviews",
            review_words::subject(&review).sentence(),
        ),
        id: id.to_string(),
        head: head::of(&context),
        rule,
        stakes,
        content: subject_view::content(&context).await?,
        policy: subject_view::policy(&context),
        gate: gate_card::card(&context),
        approvals: trail::approvals(&context),
        trail: trail::trail(&context, &entries),
        acts: gate_card::acts(&context),
        typed,
    })
}

/// Everything that the parts of the page are made from.
struct ReviewContext<'a> {
    portal: &'a Portal,
    user: &'a User,
    review: &'a Review,
    /// Present while the review is open.
    gate: Option<&'a Gate>,
    /// The sights that this person has marked as seen.
    seen: std::collections::BTreeSet<rulegate_ledger::digest::Digest>,
}

impl ReviewContext<'_> {
    fn name(&self, id: &rulegate_ledger::ids::AccountId) -> String {
        self.portal.auth.directory.name(id)
    }
    fn state(&self) -> &rulegate_domain::state::State {
        &self.user.snapshot.state
    }
    /// What is shown now; of a closed review what its last approval stood for.
    fn shown(&self) -> Option<&rulegate_ledger::review::Shown> {
        match self.gate {
            Some(gate) => Some(&gate.shown),
            None => self
                .review
                .approvals
                .last()
                .map(|approval| approval.shown.as_ref()),
        }
    }
}
