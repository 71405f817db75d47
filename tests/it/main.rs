//! Integration tests, one binary.
mod diff;
mod harness;
mod screens;
mod store;
