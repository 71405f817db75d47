//! rulegate governs the last mile of business rules.
pub mod domain;
pub mod store;
