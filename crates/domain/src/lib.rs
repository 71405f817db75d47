//! The core: decides, folds and judges. Values in, values out.
//!
//! Two functions carry it. [`decide::decide`] says whether something may be done and what becomes true;
//! [`state::State::apply`] says what is true after a fact. A third, [`state::State::due_commands`], says what a site has to
//! do by itself.
pub mod answers;
mod apply;
mod check;
pub mod command;
pub mod decide;
pub mod defect;
pub mod drift;
mod due_commands;
pub mod gate;
pub mod judgement;
pub mod lag;
pub mod live;
pub mod named;
pub mod pairs;
pub mod refusal;
pub mod shown_texts;
pub mod standing;
pub mod state;
pub mod transfers;
