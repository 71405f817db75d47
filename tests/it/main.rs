//! Integration tests, one binary.
mod verdict;
