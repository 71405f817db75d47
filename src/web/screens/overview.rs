//! What runs where, what waits, what is at risk: the first screen.

mod debt;
mod matrix;
mod picture;
mod todo;

use askama::Template;
use axum::extract::State;

use self::debt::Debt;
use self::matrix::Matrix;
use self::picture::Picture;
use self::todo::{Todo, Waiting};
use crate::web::error::WebResult;
use crate::web::notice::Notice;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::site_words;
use crate::web::user::User;
use crate::web::{Portal, format};
use rulegate_ledger::access::{Act, Scope};

pub(super) fn routes() -> Routes {
    Routes::default().page("/", show)
}

#[derive(Template)]
#[template(path = "overview/overview.html")]
struct OverviewPage {
    page: Page,
    summary: String,
    /// What lies between the sites, and how far the other one is known.
    between: Vec<Notice>,
    matrix: Matrix,
    intents: Vec<Waiting>,
    todo: Vec<Todo>,
    debt: Vec<Debt>,
    pictures: Vec<Picture>,
    may_hotfix: bool,
}

async fn show(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let state = &user.snapshot.state;
    let rulesets = state.rulesets();
    let matrix = Matrix::of(state, &rulesets, user.now);
    let summary = format!(
        "{}, {}.",
        format::count(rulesets.len(), "rule set", "rule sets"),
        format::count(matrix.columns.len(), "environment", "environments"),
    );
    let pictures = rulesets
        .iter()
        .map(|ruleset| Picture::of(state, ruleset, user.now))
        .filter(|picture| !picture.is_empty())
        .collect();
    Ok(page::html(&OverviewPage {
        page: Page::new(&portal, &user, "overview", "What runs where"),
        summary,
        between: between(&portal, &user),
        matrix,
        intents: todo::intents(state, user.now),
        todo: todo::waiting_on(&portal, &user).await?,
        debt: debt::open(&portal, &user).await?,
        pictures,
        may_hotfix: user.may(Act::WriteHotfix, &Scope::EVERYWHERE),
    }))
}

/// What waits for a decision between the sites, and entries that are on their way.
fn between(portal: &Portal, user: &User) -> Vec<Notice> {
    let state = &user.snapshot.state;
    let mut notices = Vec::new();
    notices.extend(site_words::offered(state));
    notices.extend(site_words::cold(state));
    notices.extend(site_words::coming(portal, state, user.now));
    notices
}
