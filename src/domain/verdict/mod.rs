//! Does the planned version contain the hotfix? A pure function of three snapshots' bytes.
//!
//! A verdict never says *included* when it is not: whatever cannot be told is `CannotTell`,
//! which counts as not included everywhere.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// A snapshot's contents: rule path to bytes, sorted bytewise by path, each path once.
pub type Texts<'a> = BTreeMap<&'a str, &'a [u8]>;

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

/// First and last line, counted from 1; `None` where the text has nothing there.
pub type Span = Option<(u32, u32)>;

/// One single change of the hotfix inside a rule, with its own verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// The change in words and names a reviewer recognises, e.g. `rule 942361: t:replaceComments added`.
    pub what: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Lines in the baseline.
    pub base: Span,
    /// Lines in the hotfix.
    pub hotfix: Span,
    /// Lines in planned.
    pub planned: Span,
}

/// The verdict on one rule that the hotfix changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleVerdict {
    /// The rule's path in baseline or hotfix.
    pub path: String,
    /// The verdict over all its units.
    pub verdict: Verdict,
    /// Where the content lives in planned when not (only) under `path`.
    pub planned_paths: Vec<String>,
    /// The single changes, in the order of the hotfix text.
    pub units: Vec<Unit>,
    /// One sentence with the evidence.
    pub why: String,
}

/// Judges every rule that differs between `base` and `hotfix`, by path, each once;
/// empty means the hotfix changed nothing.
pub fn verdict(base: &Texts, hotfix: &Texts, planned: &Texts) -> Vec<RuleVerdict> {
    let paths: BTreeSet<&str> = base.keys().chain(hotfix.keys()).copied().collect();
    paths
        .into_iter()
        .filter(|path| base.get(path) != hotfix.get(path))
        .map(|path| judge(path, base.get(path), hotfix.get(path), planned.get(path)))
        .collect()
}

fn judge(
    path: &str,
    base: Option<&&[u8]>,
    hotfix: Option<&&[u8]>,
    planned: Option<&&[u8]>,
) -> RuleVerdict {
    let (verdict, why) = if planned == hotfix {
        (
            Verdict::Included,
            "planned holds exactly the bytes of the hotfix",
        )
    } else if planned == base {
        (
            Verdict::Overridden,
            "planned still holds exactly the bytes of before the hotfix",
        )
    } else if planned.is_none() {
        (Verdict::Removed, "planned has no rule of this name")
    } else {
        (Verdict::Conflicting, "planned holds a third text")
    };
    RuleVerdict {
        path: path.to_owned(),
        verdict,
        planned_paths: Vec::new(),
        units: Vec::new(),
        why: why.to_owned(),
    }
}
