//! The pure core: no I/O, no clock, no randomness, no async, no log, no environment.
pub mod diff;
pub mod verdict;
