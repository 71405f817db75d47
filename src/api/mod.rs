//! The interface for programs, under `/api/v1`: the same acts, checks and words as the portal, for bearers of
//! tokens. Every address is registered together with its description.

mod answer;
mod assignments;
mod bundles;
mod caller;
mod observations;
mod problem;
mod releases;
mod request;

use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::Auth;

/// Archives that are received at a time: each may hold 96 MiB as it travels and 256 MiB unpacked.
const INTAKES_MAX: usize = 4;

/// What handlers share.
pub struct Api {
    /// The site's application.
    pub app: Arc<App>,
    /// Who is asking.
    pub auth: Auth,
    intakes: Semaphore,
    packed: bundles::Packed,
}

/// Every address of the interface.
pub fn router(app: Arc<App>, auth: Auth) -> Router {
    let api = Arc::new(Api {
        app,
        auth,
        intakes: Semaphore::new(INTAKES_MAX),
        packed: bundles::Packed::default(),
    });
    let (router, _document) = described().split_for_parts();
    router
        .route("/api/{*rest}", any(problem::no_such_address))
        .method_not_allowed_fallback(problem::method_not_allowed)
        .with_state(api)
}

fn described() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(releases::push))
        .routes(routes!(releases::check))
        .routes(routes!(observations::observe))
        .routes(routes!(assignments::assignment))
        .routes(routes!(bundles::bundle))
        .routes(routes!(bundles::manifest))
}
