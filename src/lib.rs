//! rulegate governs the last mile of business rules: which version of a rule set each production
//! environment runs, who decided so on what evidence, and what became of every hotfix in between.
//!
//! The shells around a pure core, which is the crates `rulegate-ledger`, `rulegate-compare` and `rulegate-domain`;
//! imports follow the arrows:
//!
//! ```text
//! cli ─► web, api ─► app ─► store ─► domain        web, api ─► auth ─► store        ops ─► store (probe)     cli ─► peer ─► app
//! ```
pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod ops;
pub mod peer;
pub mod store;
pub mod web;
