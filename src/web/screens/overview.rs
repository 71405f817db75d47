//! What runs where, what waits, what is at risk: the first screen.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;

use crate::web::Portal;
use crate::web::error::WebResult;
use crate::web::page::{self, Page};
use crate::web::user::User;

pub(super) fn routes() -> Router<Portal> {
    Router::new().route("/", get(show))
}

#[derive(Template)]
#[template(path = "overview/overview.html")]
struct OverviewPage {
    page: Page,
}

async fn show(State(portal): State<Portal>, user: User) -> WebResult {
    let page = Page::new(&portal, &user, "overview", "What runs where");
    Ok(page::html(&OverviewPage { page }))
}
