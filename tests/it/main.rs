//! Integration tests, one binary.
mod diff;
