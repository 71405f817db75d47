//! One file a screen; each lists its own addresses.

pub mod compare;
pub mod overview;
pub mod rules;
pub mod rulesets;
pub mod sign_in;
pub mod versions;

use axum::Router;

use super::Portal;

/// Every screen's addresses.
pub fn routes() -> Router<Portal> {
    Router::new()
        .merge(overview::routes())
        .merge(versions::routes())
        .merge(rules::routes())
        .merge(compare::routes())
        .merge(rulesets::routes())
        .merge(sign_in::routes())
}
