//! Screens through the router in-process, as named people.
mod accounts;
mod compare;
mod drift;
mod hotfixes;
mod ledger;
mod overview;
mod reviews;
mod rulesets;
mod sign_in;
mod sites;
mod versions;
