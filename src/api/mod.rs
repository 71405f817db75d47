//! The interface for programs, under `/api/v1`: the same acts, checks and words as the portal, for bearers of
//! tokens. Every address is registered together with its description.

mod accounts;
mod answer;
mod assignments;
mod between;
mod bundles;
mod caller;
mod comparisons;
mod document;
mod drift;
mod environments;
mod hotfixes;
mod ledger;
mod metrics;
mod observations;
mod persons;
mod problem;
mod proofs;
mod releases;
mod request;
mod requests;
mod reviews;
mod rule_comparison;
mod rulesets;
mod send_back;
mod site;
mod stops;
mod view;
mod wake;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::routing::any;
use bytes::Bytes;
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
    listeners: Arc<Semaphore>,
    packed: bundles::Packed,
    rights: assignments::Rights,
    /// The description of every address, with its entity tag.
    document: (Bytes, HeaderValue),
}

/// Every address of the interface. No layer stands around them: pods ask all the time.
pub fn router(app: Arc<App>, auth: Auth) -> Router {
    let (router, document) = described().split_for_parts();
    let api = Arc::new(Api {
        app,
        auth,
        intakes: Semaphore::new(INTAKES_MAX),
        listeners: Arc::new(Semaphore::new(wake::LISTENERS_MAX)),
        packed: bundles::Packed::default(),
        rights: assignments::Rights::default(),
        document: document::served(document),
    });
    router
        .route("/api/{*rest}", any(problem::no_such_address))
        .method_not_allowed_fallback(problem::method_not_allowed)
        .with_state(api)
}

/// The description of the interface as JSON, the same bytes for the same program.
pub fn openapi() -> String {
    document::text(described().into_openapi())
}

fn described() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(site::index))
        .routes(routes!(site::openapi))
        .routes(routes!(site::sites))
        .routes(routes!(metrics::metrics))
        .routes(routes!(between::between))
        .routes(routes!(accounts::sealed))
        .routes(routes!(site::policy))
        .routes(routes!(rulesets::rulesets))
        .routes(routes!(rulesets::ruleset))
        .routes(routes!(rulesets::versions))
        .routes(routes!(rulesets::version))
        .routes(routes!(comparisons::comparison))
        .routes(routes!(rule_comparison::rule))
        .routes(routes!(environments::environment))
        .routes(routes!(releases::push))
        .routes(routes!(releases::check))
        .routes(routes!(reviews::reviews))
        .routes(routes!(reviews::review))
        .routes(routes!(requests::activation))
        .routes(routes!(requests::recall))
        .routes(routes!(requests::policy))
        .routes(routes!(requests::comment))
        .routes(routes!(requests::withdraw))
        .routes(routes!(persons::approve))
        .routes(routes!(persons::reject))
        .routes(routes!(persons::answer))
        .routes(routes!(persons::execute))
        .routes(routes!(persons::validate))
        .routes(routes!(hotfixes::hotfixes))
        .routes(routes!(hotfixes::hotfix))
        .routes(routes!(send_back::patch))
        .routes(routes!(send_back::draft))
        .routes(routes!(send_back::draft_patch))
        .routes(routes!(send_back::draft_archive))
        .routes(routes!(hotfixes::propose))
        .routes(routes!(hotfixes::discard))
        .routes(routes!(observations::observe))
        .routes(routes!(drift::observations))
        .routes(routes!(drift::adopt))
        .routes(routes!(drift::dismiss))
        .routes(routes!(stops::hold))
        .routes(routes!(stops::lift_hold))
        .routes(routes!(stops::freeze))
        .routes(routes!(stops::lift_freeze))
        .routes(routes!(stops::cancel_intent))
        .routes(routes!(stops::declare_live))
        .routes(routes!(ledger::entries))
        .routes(routes!(ledger::entry))
        .routes(routes!(ledger::lines))
        .routes(routes!(proofs::checkpoint))
        .routes(routes!(proofs::checkpoints))
        .routes(routes!(proofs::consistency))
        .routes(routes!(proofs::inclusion))
        .routes(routes!(wake::events))
        .routes(routes!(ledger::content))
        .routes(routes!(assignments::assignment))
        .routes(routes!(bundles::bundle))
        .routes(routes!(bundles::manifest))
}
