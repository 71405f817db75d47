//! The word that says what became of a hotfix in a planned version. How it is found is not this crate's matter.

use serde::{Deserialize, Serialize};

/// What became of one hotfix change, or of all changes of one rule, in the planned version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every change is in planned, verbatim, among other changes, moved, or in another form.
    Included,
    /// At least one change is in planned and at least one is not.
    Partial,
    /// Planned changed the same place in another way.
    Conflicting,
    /// Planned still has the text of before the hotfix.
    Overridden,
    /// Planned deletes the rule, or everything in it that the hotfix touched.
    Removed,
    /// Not decidable within the limits; counts as not included.
    CannotTell,
}

impl Verdict {
    /// True only for [`Verdict::Included`]: activating planned loses nothing of this change.
    pub fn is_contained(self) -> bool {
        self == Verdict::Included
    }
}
