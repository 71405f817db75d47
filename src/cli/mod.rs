//! The command line.

pub mod verdict;
