//! What may be done, and what becomes true: the domain through the one door, in memory.
mod approvals;
pub mod drift;
mod kill;
mod race;
mod shown_texts;
mod standing;
