//! The store's promises, on each of its databases.
mod browsing;
mod carried;
mod conformance;
mod databases;
mod filled;
pub mod given;
mod migrations;
mod provable;
