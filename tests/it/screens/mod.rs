//! Screens through the router in-process, as named people.
mod accounts;
mod drift;
mod hotfixes;
mod ledger;
mod reviews;
mod sign_in;
mod sites;
mod compare;
mod overview;
mod rulesets;
mod versions;
