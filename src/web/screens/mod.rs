//! One file a screen; each lists its own addresses.

pub mod drift;
pub mod hotfix_desk;
pub mod hotfixes;
pub mod overview;
pub mod review;
pub mod review_acts;
pub mod reviews;
pub mod sign_in;

use axum::Router;

use super::Portal;

/// Every screen's addresses.
pub fn routes() -> Router<Portal> {
    Router::new()
        .merge(drift::routes())
        .merge(hotfix_desk::routes())
        .merge(hotfixes::routes())
        .merge(overview::routes())
        .merge(review::routes())
        .merge(review_acts::routes())
        .merge(reviews::routes())
        .merge(sign_in::routes())
}
