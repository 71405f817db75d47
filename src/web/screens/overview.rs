//! What runs where, what waits, what is at risk: the first screen.

mod debt;
mod picture;
mod todo;

use askama::Template;
use axum::extract::State;

use self::debt::Debt;
use self::picture::Picture;
use self::todo::{Todo, Waiting};
use crate::web::environment_view::PinView;
use crate::web::error::WebResult;
use crate::web::notice::Notice;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::site_words;
use crate::web::user::User;
use crate::web::{Portal, address, filters};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{RuleSetName, SiteName};

pub(super) fn routes() -> Routes {
    Routes::default().page("/", show)
}

#[derive(Template)]
#[template(path = "overview/overview.html")]
struct OverviewPage<'s> {
    page: Page,
    /// What lies between the sites, and how far the other one is known.
    between: Vec<Notice>,
    live: &'s SiteName,
    environments: Vec<Environment>,
    rows: Vec<Row<'s>>,
    intents: Vec<Waiting<'s>>,
    todo: Vec<Todo>,
    debt: Vec<Debt<'s>>,
    pictures: Vec<Picture<'s>>,
    may_hotfix: bool,
}

/// A rule set against every environment.
struct Row<'s> {
    ruleset: RuleSetName,
    versions: usize,
    cells: Vec<PinView<'s>>,
}

async fn show(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let state = &user.snapshot.state;
    let rulesets = state.rulesets();
    let environments = state.topology.environments();
    let row = |ruleset: &RuleSetName| Row {
        ruleset: ruleset.clone(),
        versions: state.versions(ruleset).len(),
        cells: PinView::everywhere(state, ruleset, user.now),
    };
    let pictures = rulesets
        .iter()
        .map(|ruleset| Picture::of(state, ruleset, user.now))
        .filter(|picture| !picture.is_empty())
        .collect();
    Ok(page::html(&OverviewPage {
        page: Page::new(&portal, &user, "overview", "What runs where"),
        between: between(&portal, &user),
        live: state.live_site(),
        environments,
        rows: rulesets.iter().map(row).collect(),
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
    let decisions = site_words::offered(state).into_iter();
    decisions
        .chain(site_words::cold(state))
        .chain(site_words::coming(portal, state, user.now))
        .collect()
}
