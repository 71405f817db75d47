//! rulegate governs the last mile of business rules.
pub mod cli;
pub mod domain;
