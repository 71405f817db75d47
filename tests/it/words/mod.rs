//! The ledger's words, and what the domain says with them.
mod access;
mod ids;
mod invisible;
mod lag;
mod manifest;
mod policy;
mod version;
