//! Integration tests, one binary.
mod api;
mod decisions;
mod diff;
mod docs;
mod faults;
mod harness;
mod ledger_vector;
mod merge;
mod proofs;
mod scenarios;
mod screens;
mod simulator;
mod sites;
mod store;
mod structured;
mod tidy;
mod verdict;
