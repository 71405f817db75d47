//! The queue of reviews: what waits on you first.

use askama::Template;
use axum::extract::{Query, State};

use crate::app::AppError;
use crate::web::error::WebResult;
use crate::web::page::{self, Page};
use crate::web::paging::{PageOfList, PageQuery, one_page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, filters, format, review_words};
use rulegate_domain::gate::Gate;
use rulegate_domain::state::{Review, ReviewStatus};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::ReviewId;

/// Closed reviews on one page.
const CLOSED_PER_PAGE: usize = 25;

pub(super) fn routes() -> Routes {
    Routes::default().page("/reviews", show)
}

#[derive(Template)]
#[template(path = "reviews/list.html")]
struct ListPage<'s> {
    page: Page,
    waiting: Vec<ReviewRow<'s>>,
    open: Vec<ReviewRow<'s>>,
    glass: Vec<ReviewRow<'s>>,
    closed: Vec<ReviewRow<'s>>,
    paged: PageOfList,
}

/// One review in the queue.
struct ReviewRow<'s> {
    review: &'s Review,
    /// Present while it is open.
    gate: Option<Gate>,
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Query(mut paging): Query<PageQuery>,
) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let waiting_ids: Vec<ReviewId> = user.waiting().iter().map(|r| r.id.clone()).collect();
    let (mut waiting, mut open, mut glass, mut closed) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for review in user.snapshot.state.reviews() {
        if !user.may(Act::View, &super::review::scope_of(review)) {
            continue;
        }
        if waiting_ids.contains(&review.id) {
            waiting.push(row(&portal, &user, review).await?);
        } else if review.status == ReviewStatus::Open {
            open.push(row(&portal, &user, review).await?);
        } else if review.glass.as_ref().is_some_and(|glass| glass.is_open()) {
            glass.push(row(&portal, &user, review).await?);
        } else {
            closed.push(ReviewRow { review, gate: None });
        }
    }
    // Links from before pages were paged by review count from 1.
    paging.page = paging.page.saturating_sub(1);
    let paged = one_page(&closed, CLOSED_PER_PAGE, &paging, |row, key| {
        let other: Option<ReviewId> = key.parse().ok();
        let other = other.and_then(|id| user.snapshot.state.review(&id));
        // Newest first; a review that is not known stands above all.
        let other = other.map(|other| (other.opened_at, &other.id));
        other.cmp(&Some((row.review.opened_at, &row.review.id)))
    })
    .linked(&closed, "/reviews", "#closed", |row| {
        row.review.id.to_string()
    });
    Ok(page::html(&ListPage {
        page: Page::new(&portal, &user, "reviews", "Reviews"),
        waiting,
        open,
        glass,
        closed: closed.drain(paged.range.clone()).collect(),
        paged,
    }))
}

async fn row<'s>(
    portal: &Portal,
    user: &User,
    review: &'s Review,
) -> Result<ReviewRow<'s>, AppError> {
    let gate = match review.status {
        ReviewStatus::Open => Some(portal.app.gate(&user.snapshot.state, review).await?),
        _ => None,
    };
    Ok(ReviewRow { review, gate })
}

impl ReviewRow<'_> {
    /// What is at risk, what went stale, what blocks: tags with their kinds.
    fn tags(&self) -> Vec<(&'static str, String)> {
        let Some(gate) = &self.gate else {
            return Vec::new();
        };
        let lost = gate.shown.rules();
        let lost = lost
            .filter(|(_, _, rule)| !rule.verdict.is_contained())
            .count();
        let lost = (lost > 0).then(|| {
            let rules = format::count(lost, "rule", "rules");
            ("hot", format!("may undo a hotfix: {rules}"))
        });
        let stale = (!gate.stale.is_empty()).then(|| {
            let approvals = format::count(gate.stale.len(), "approval", "approvals");
            ("warn", format!("{approvals} went stale"))
        });
        let stands = match gate.blocking().first() {
            Some(check) => ("bad", format!("blocked: {}", check.title())),
            None => ("ok", "the gate is open".to_owned()),
        };
        [lost, stale, Some(stands)].into_iter().flatten().collect()
    }
}
