//! The pure core: no I/O, no clock, no randomness, no async, no log, no environment.
//!
//! Two functions carry it. [`decide::decide`] says whether something may be done and what becomes
//! true; [`state::State::apply`] says what is true after a fact. A third, [`state::State::owed`], says
//! what a site has to do by itself.
pub mod access;
mod apply;
pub mod command;
pub mod decide;
pub mod diff;
pub mod digest;
pub mod drift;
pub mod environment;
pub mod event;
pub mod gate;
pub mod ids;
pub mod judgement;
pub mod ledger;
pub mod manifest;
pub mod merge;
pub mod merge_draft;
mod owed;
pub mod policy;
pub mod refusal;
pub mod review;
pub mod same_edits;
pub mod sight;
pub mod standing;
pub mod state;
mod text;
pub mod verdict;
pub mod verify;
pub mod version;
