//! One file a screen; each lists its own addresses.

pub mod account;
pub mod accounts;
pub mod between;
pub mod compare;
pub mod drift;
pub mod entry;
pub mod export;
pub mod hotfix_desk;
pub mod hotfixes;
pub mod ledger;
pub mod overview;
pub mod policy;
pub mod review;
pub mod review_acts;
pub mod reviews;
pub mod rules;
pub mod rulesets;
pub mod send_back;
pub mod sign_in;
pub mod sites;
pub mod stops;
pub mod tokens;
pub mod versions;

use axum::Router;

pub use self::compare::Drawings;
use super::Portal;

/// Every screen's addresses.
pub fn routes() -> Router<Portal> {
    Router::new()
        .merge(account::routes())
        .merge(accounts::routes())
        .merge(between::routes())
        .merge(entry::routes())
        .merge(ledger::routes())
        .merge(drift::routes())
        .merge(hotfix_desk::routes())
        .merge(hotfixes::routes())
        .merge(overview::routes())
        .merge(policy::routes())
        .merge(review::routes())
        .merge(review_acts::routes())
        .merge(reviews::routes())
        .merge(versions::routes())
        .merge(rules::routes())
        .merge(compare::routes())
        .merge(rulesets::routes())
        .merge(send_back::routes())
        .merge(sign_in::routes())
        .merge(sites::routes())
        .merge(stops::routes())
        .merge(tokens::routes())
}
