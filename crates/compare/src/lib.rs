//! What differs between rules: by line and word, by value, and whether a planned version contains a hotfix.
//!
//! Pure functions of bytes, bounded by sizes and steps.
pub mod at_stake;
pub mod diff;
pub mod merge;
pub mod merge_draft;
mod rising;
pub mod same_edits;
pub mod structured;
mod three_way;
pub mod verdict;

pub use three_way::ThreeWay;
