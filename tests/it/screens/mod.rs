//! Screens through the router in-process, as named people.
mod compare;
mod overview;
mod rulesets;
mod sign_in;
mod versions;
