//! Screens through the router in-process, as named people.
mod drift;
mod hotfixes;
mod reviews;
mod sign_in;
mod accounts;
mod ledger;
mod sites;
mod compare;
mod overview;
mod rulesets;
mod versions;
