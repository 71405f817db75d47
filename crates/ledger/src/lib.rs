//! The words of the ledger, its entries, their proofs and the verification of an export.
//!
//! What an auditor reads and can build alone, as `rulegate-verify`. Pure: no file, clock, network or randomness; the
//! caller hands in bytes or a reader and gets values or defects.
pub mod access;
pub mod accounts;
pub mod checkpoint;
pub mod digest;
pub mod environment;
pub mod event;
pub mod ids;
pub mod invisible;
pub mod ledger;
pub mod manifest;
pub mod merkle;
pub mod policy;
pub mod review;
pub mod text;
pub mod time;
pub mod trust;
pub mod verdict;
pub mod verify;
pub mod version;
