//! Screens through the router in-process, as named people.
mod drift;
mod hotfixes;
mod reviews;
mod sign_in;
