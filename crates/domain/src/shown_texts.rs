//! What somebody has in front of them when they look at one rule of a hotfix: which texts, exactly.

use rulegate_ledger::digest::Digest;

/// A rule's texts as a review shows them side by side. Marks of what was seen name its digest, so a rule counts as
/// seen exactly as long as nothing in it changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ShownTexts<'a> {
    /// The rule.
    pub path: &'a str,
    /// Its text before the hotfix; none if the hotfix added it.
    pub baseline: Option<Digest>,
    /// Its text after the hotfix; none if the hotfix took it out.
    pub hotfix: Option<Digest>,
    /// Where its content stands in the planned version, with the texts there; empty if nowhere.
    pub planned: Vec<(&'a str, Digest)>,
}

impl ShownTexts<'_> {
    /// SHA-256 over all of it.
    pub fn digest(&self) -> Digest {
        let json = serde_json::to_string(self).expect("paths and digests are JSON");
        Digest::of(json.as_bytes())
    }
}
