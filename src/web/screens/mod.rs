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
pub mod me;
pub mod overview;
pub mod policy;
pub mod review;
pub mod review_acts;
pub mod reviews;
mod right_fields;
pub mod rules;
pub mod rulesets;
pub mod send_back;
pub mod sign_in;
pub mod sites;
pub mod stops;
pub mod tokens;
pub mod versions;

pub use self::compare::Drawings;
use super::routes::Routes;

/// Every screen's addresses.
pub fn routes() -> Routes {
    Routes::default()
        .and(account::routes())
        .and(accounts::routes())
        .and(between::routes())
        .and(entry::routes())
        .and(ledger::routes())
        .and(me::routes())
        .and(drift::routes())
        .and(hotfix_desk::routes())
        .and(hotfixes::routes())
        .and(overview::routes())
        .and(policy::routes())
        .and(review::routes())
        .and(review_acts::routes())
        .and(reviews::routes())
        .and(versions::routes())
        .and(rules::routes())
        .and(compare::routes())
        .and(rulesets::routes())
        .and(send_back::routes())
        .and(sign_in::routes())
        .and(sites::routes())
        .and(stops::routes())
        .and(tokens::routes())
}
