//! One rule of a hotfix that a review asks about.

use crate::web::review_words;
use rulegate_compare::verdict::RuleVerdict;
use rulegate_domain::answers::Answered;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::manifest::Change;
use rulegate_ledger::review::ShownRule;

/// One rule of a hotfix.
#[allow(missing_docs)]
pub(super) struct StakeRow<'a> {
    pub rule: &'a ShownRule,
    /// What the hotfix did to it, `3 lines changed`.
    pub lines: String,
    /// Who gave the answer, and when.
    pub given: Option<&'a Answered>,
    /// It waits for an answer.
    pub is_open: bool,
    /// It is the opened rule.
    pub is_here: bool,
    /// Which texts it shows.
    pub sight: Digest,
    /// This person has marked exactly these texts as seen.
    pub is_seen: bool,
    /// Present while the review is open.
    pub evidence: Option<&'a RuleVerdict>,
    pub change: Option<&'a Change>,
}

impl StakeRow<'_> {
    /// Its verdict as a tag's kind and words.
    pub fn verdict(&self) -> (&'static str, &'static str) {
        review_words::verdict(self.rule.verdict)
    }
}
