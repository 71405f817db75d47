//! The store's promises, on each of its databases.
mod browsing;
mod carried;
mod conformance;
mod databases;
pub mod given;
mod provable;
