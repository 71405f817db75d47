//! One file a screen; each lists its own addresses.

pub mod overview;
pub mod sign_in;

use axum::Router;

use super::Portal;

/// Every screen's addresses.
pub fn routes() -> Router<Portal> {
    Router::new()
        .merge(overview::routes())
        .merge(sign_in::routes())
}
