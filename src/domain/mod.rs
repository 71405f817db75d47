//! The pure core: no I/O, no clock, no randomness, no async, no log, no environment.
//!
//! Two functions carry it. [`decide::decide`] says whether something may be done and what becomes
//! true; [`state::State::apply`] says what is true after a fact. A third, [`owed::owed`], says what
//! a site has to do by itself.
pub mod access;
pub mod digest;
pub mod environment;
pub mod event;
pub mod ids;
pub mod ledger;
pub mod manifest;
pub mod policy;
pub mod review;
pub mod verdict;
pub mod version;
