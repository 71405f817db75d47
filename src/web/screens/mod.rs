//! One file a screen; each lists its own addresses.

pub mod entry;
pub mod export;
pub mod ledger;
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
        .merge(entry::routes())
        .merge(ledger::routes())
        .merge(overview::routes())
        .merge(review::routes())
        .merge(review_acts::routes())
        .merge(reviews::routes())
        .merge(sign_in::routes())
}
