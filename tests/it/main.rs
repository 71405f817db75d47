//! Integration tests, one binary.
mod decisions;
mod diff;
mod faults;
mod harness;
mod screens;
mod store;
mod tidy;
mod verdict;
