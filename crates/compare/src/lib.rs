//! What differs between rules: by line and word, by value, and whether a planned version contains a hotfix.
//!
//! Pure functions of bytes, bounded by sizes and steps.
pub mod at_stake;
pub mod diff;
pub mod merge;
pub mod merge_draft;
pub mod same_edits;
pub mod structured;
pub mod verdict;
