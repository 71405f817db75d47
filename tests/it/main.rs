//! Integration tests, one binary.
mod diff;
mod harness;
mod store;
