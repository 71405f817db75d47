//! Screens through the router in-process, as named people.
mod accounts;
mod compare;
mod desk;
mod drift;
mod errors;
mod forms;
mod hotfixes;
mod ledger;
mod overview;
mod paging;
mod reviews;
mod rulesets;
pub mod send_back;
mod sign_in;
mod sites;
mod versions;
