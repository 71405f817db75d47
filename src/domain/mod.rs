//! The pure core: no I/O, no clock, no randomness, no async, no log, no environment.
//!
//! Two functions carry it. [`decide::decide`] says whether something may be done and what becomes
//! true; [`state::State::apply`] says what is true after a fact. A third, [`state::State::owed`], says
//! what a site has to do by itself.
pub mod access;
pub mod accounts;
pub mod answers;
mod apply;
pub mod at_stake;
pub mod broken;
pub mod checkpoint;
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
pub mod lag;
pub mod ledger;
pub mod live;
pub mod manifest;
pub mod merge;
pub mod merge_draft;
pub mod merkle;
pub mod named;
mod owed;
pub mod pairs;
pub mod policy;
pub mod refusal;
pub mod review;
pub mod same_edits;
pub mod sight;
pub mod standing;
pub mod state;
pub mod structured;
pub(crate) mod text;
pub mod transfers;
pub mod trust;
pub mod verdict;
pub mod verify;
pub mod version;
