//! Integration tests, one binary.
mod harness;
mod store;
