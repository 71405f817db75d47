//! The store's promises, on each of its databases.
mod conformance;
mod given;
