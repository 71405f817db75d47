//! The queue of reviews: what waits on you first.

use askama::Template;
use axum::extract::{Query, State};

use crate::app::AppError;
use crate::web::environment_view::{Tag, TimeView};
use crate::web::error::WebResult;
use crate::web::page::{self, Page};
use crate::web::paging::{PageOfList, PageQuery, one_page};
use crate::web::review_words::{self, SubjectWords};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, format};
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
struct ListPage {
    page: Page,
    waiting: Vec<ReviewRow>,
    open: Vec<ReviewRow>,
    glass: Vec<ReviewRow>,
    closed: Vec<ReviewRow>,
    paged: PageOfList,
}

/// One review in the queue.
#[allow(missing_docs)]
struct ReviewRow {
    href: String,
    id: String,
    words: SubjectWords,
    reason: String,
    asked_by: String,
    asked: TimeView,
    approvals: String,
    status: Tag,
    tags: Vec<Tag>,
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Query(mut paging): Query<PageQuery>,
) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let waiting_ids: Vec<_> = user
        .waiting()
        .iter()
        .map(|review| review.id.clone())
        .collect();
    let snapshot = user.snapshot.clone();
    let (mut waiting, mut open, mut glass, mut closed) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for review in snapshot
        .state
        .reviews()
        .into_iter()
        .filter(|review| is_visible(&user, review))
    {
        let is_open = review.status == ReviewStatus::Open;
        if waiting_ids.contains(&review.id) {
            waiting.push(row(&portal, &user, review).await?);
        } else if is_open {
            open.push(row(&portal, &user, review).await?);
        } else if review.glass.as_ref().is_some_and(|glass| glass.is_open()) {
            glass.push(row(&portal, &user, review).await?);
        } else {
            closed.push(review.clone());
        }
    }
    // Links from before pages were paged by review count from 1.
    paging.page = paging.page.saturating_sub(1);
    let paged = one_page(&closed, CLOSED_PER_PAGE, &paging, |review, key| {
        let other: Option<ReviewId> = key.parse().ok();
        let other = other.and_then(|id| user.snapshot.state.review(&id));
        // Newest first; a review that is not known stands above all.
        let other = other.map(|other| (other.opened_at, &other.id));
        other.cmp(&Some((review.opened_at, &review.id)))
    })
    .linked(&closed, "/reviews", "#closed", |review| {
        review.id.to_string()
    });
    let mut rows = Vec::new();
    for review in &closed[paged.range.clone()] {
        rows.push(row(&portal, &user, review).await?);
    }
    let page = Page::new(&portal, &user, "reviews", "Reviews");
    Ok(page::html(&ListPage {
        page,
        waiting,
        open,
        glass,
        closed: rows,
        paged,
    }))
}

fn is_visible(user: &User, review: &Review) -> bool {
    user.may(Act::View, &super::review::scope_of(review))
}

async fn row(portal: &Portal, user: &User, review: &Review) -> Result<ReviewRow, AppError> {
    let (kind, words) = review_words::status(review);
    let mut tags = Vec::new();
    let mut approvals = String::new();
    if review.status == ReviewStatus::Open {
        let gate = portal.app.gate(&user.snapshot.state, review).await?;
        approvals = format!("{} of {}", gate.counted.len(), gate.approvals_needed);
        let lost = gate
            .shown
            .rules()
            .filter(|(_, _, rule)| !rule.verdict.is_contained())
            .count();
        if lost > 0 {
            let text = format!(
                "may undo a hotfix: {}",
                format::count(lost, "rule", "rules")
            );
            tags.push(Tag::new("hot", text));
        }
        match gate.stale.len() {
            0 => {}
            1 => tags.push(Tag::new("warn", "1 approval went stale")),
            many => tags.push(Tag::new("warn", format!("{many} approvals went stale"))),
        }
        match gate.blocking().first() {
            Some(check) => tags.push(Tag::new("bad", format!("blocked: {}", check.title()))),
            None => tags.push(Tag::new("ok", "the gate is open")),
        }
    }
    Ok(ReviewRow {
        href: address::review(&review.id),
        id: review.id.to_string(),
        words: review_words::subject(review),
        reason: review.reason.clone(),
        asked_by: portal.auth.directory.name(&review.requester),
        asked: TimeView::ago(review.opened_at, user.now),
        approvals,
        status: Tag::new(kind, words),
        tags,
    })
}
