//! Trees, checkpoints, trust: what makes a ledger provable to somebody who believes nobody.
mod checkpoints;
mod given;
mod tree;
mod trust;
