//! The portal: the site map, and what every page needs.

pub mod address;
pub mod assets;
pub mod availability;
pub mod choice;
pub mod cookies;
pub mod diff_view;
pub mod draft_view;
pub mod environment_view;
pub mod error;
pub mod error_page;
pub(crate) mod filters;
pub mod form;
pub mod format;
pub mod frame;
pub mod headers;
pub mod hotfix_lines;
pub mod hotfix_words;
pub mod notice;
pub mod page;
pub mod paging;
pub mod read_your_writes;
pub mod rehearsal;
pub mod review_words;
pub mod routes;
pub mod screens;
pub mod sent;
pub mod site_words;
pub mod structured_view;
pub mod three_way;
pub mod typed;
pub mod user;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::auth::Auth;

/// What handlers share.
#[derive(Clone)]
pub struct Portal {
    /// The site's application.
    pub app: Arc<App>,
    /// Who is asking.
    pub auth: Auth,
    /// The other site, when both run in this process (the demonstration).
    pub other: Option<Arc<App>>,
    /// Name, password and role of the demonstration's people, for its sign-in page; else empty.
    pub sample: Arc<Vec<(String, String, String)>>,
    /// What comparisons showed before.
    pub drawings: Arc<screens::Drawings>,
}

/// Where forms of the portal are sent.
pub fn forms() -> Vec<String> {
    screens::routes().forms().to_vec()
}

/// Every page of the portal, by address.
pub fn router(portal: Portal) -> Router {
    let pages = Router::new()
        .route("/static/{*path}", get(assets::serve))
        .merge(screens::routes().router());
    served(pages, portal)
}

/// Pages with what stands around all of them: what is not there and what breaks is a designed page too.
pub fn served(pages: Router<Portal>, portal: Portal) -> Router {
    let pages = pages
        .fallback(error::no_such_page)
        .layer(CatchPanicLayer::custom(error::panicked));
    let again = pages.clone().with_state(portal.clone());
    let guard = axum::middleware::from_fn_with_state((portal.clone(), again), headers::guard);
    pages.layer(guard).with_state(portal)
}
