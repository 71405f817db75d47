//! Trees, checkpoints, trust: what makes a ledger provable to somebody who believes nobody.
mod checkpoints;
pub mod given;
mod tree;
mod trust;
