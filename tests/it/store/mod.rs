//! The store's promises, on each of its databases.
mod browsing;
mod conformance;
mod databases;
mod given;
mod provable;
