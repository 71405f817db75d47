//! Screens through the router in-process, as named people.
mod sign_in;
mod accounts;
mod ledger;
mod sites;
