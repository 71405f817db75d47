//! One review: what is asked, what it would undo, what stands against it, who said what.

mod acts;
mod alike;
mod gate_card;
mod head;
mod rule_view;
mod seen;
mod stake;
mod stake_pages;
mod stake_row;
mod stakes;
mod subject_view;
mod trail;

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use serde::Deserialize;

use crate::app::AppError;
use crate::app::outcome;
use crate::web::error::{WebError, WebResult};
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, filters, review_words};
use rulegate_domain::gate::Gate;
use rulegate_domain::state::{Review, ReviewStatus, State as Truth};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::ReviewId;
use rulegate_ledger::review::Shown;

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

#[derive(Template)]
#[template(path = "reviews/review.html")]
struct ReviewPage<'s> {
    page: Page,
    context: &'s ReviewContext<'s>,
    review: &'s Review,
    /// Present while the review is open.
    gate: Option<&'s Gate>,
    stakes: &'s [stake::Stake<'s>],
    rule: Option<rule_view::RuleView<'s>>,
    content: Option<subject_view::Content<'s>>,
    policy: Vec<subject_view::PolicyRow>,
    trail: Vec<trail::TrailRow<'s>>,
    acts: acts::Acts,
}

impl ReviewPage<'_> {
    /// Where a form of the page is sent.
    fn action(&self, act: &str) -> String {
        format!("{}/{act}", address::review(&self.review.id))
    }
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> WebResult {
    let query: Query =
        serde_html_form::from_str(query.as_deref().unwrap_or_default()).unwrap_or_default();
    let review = known(&user, &known_id(&id)?)?;
    let gate = match review.status {
        ReviewStatus::Open => Some(portal.app.gate(&user.snapshot.state, review).await?),
        _ => None,
    };
    let me = &user.person.account.id;
    let context = ReviewContext {
        portal: &portal,
        user: &user,
        review,
        gate: gate.as_ref(),
        seen: portal.app.seen(me, &review.id).await?,
    };
    let stakes = stakes::of(&context, &query).await?;
    let entries = portal.app.trail(&review.id).await?;
    let title = review_words::subject(review).sentence();
    Ok(page::html(&ReviewPage {
        page: Page::new(&portal, &user, "reviews", title),
        review,
        gate: context.gate,
        rule: rule_view::of(&context, &stakes, &query).await?,
        stakes: &stakes,
        content: subject_view::content(&context).await?,
        policy: subject_view::policy(&context),
        trail: trail::trail(&context, &entries),
        acts: acts::acts(&context),
        context: &context,
    }))
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

/// A review that the person may look at.
fn known<'u>(user: &'u User, id: &ReviewId) -> Result<&'u Review, WebError> {
    let review = user.snapshot.state.review(id);
    let review = review.ok_or_else(|| AppError::NotFound {
        what: "review",
        name: id.to_string(),
    })?;
    user.require(Act::View, scope_of(review))?;
    Ok(review)
}

/// The scope in which a review may be looked at.
pub(super) fn scope_of(review: &Review) -> Scope {
    review
        .ruleset
        .as_ref()
        .map_or(Scope::EVERYWHERE, Scope::ruleset)
}

/// Everything that the parts of the page are made from.
struct ReviewContext<'a> {
    portal: &'a Portal,
    user: &'a User,
    review: &'a Review,
    /// Present while the review is open.
    gate: Option<&'a Gate>,
    /// The texts that this person has marked as seen.
    seen: BTreeSet<Digest>,
}

impl<'a> ReviewContext<'a> {
    fn state(&self) -> &'a Truth {
        &self.user.snapshot.state
    }
    /// What is shown now; of a closed review what its last approval stood for.
    fn shown(&self) -> Option<&'a Shown> {
        match self.gate {
            Some(gate) => Some(&gate.shown),
            None => {
                let last = self.review.approvals.last();
                last.map(|approval| approval.shown.as_ref())
            }
        }
    }
}
