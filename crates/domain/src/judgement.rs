//! Which questions of containment a decision needs, and the evidence that answers them.
//!
//! The verdict itself is a function of bytes and is computed outside; here stands only which bytes
//! are asked about, so that evidence about other bytes is refused.

use crate::state::State;
use rulegate_compare::verdict::{RuleVerdict, Verdict};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{HotfixAtRisk, RuleAtRisk};
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::manifest::Change;
use rulegate_ledger::version::VersionName;

/// Does the candidate contain what these changes did?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Where the hotfix is open.
    pub environment: Environment,
    /// The hotfix.
    pub hotfix: VersionName,
    /// The snapshot it was made on: context for the verdict.
    pub on_top_of: Digest,
    /// Its rules by path, from before the first open hotfix that touched them to after the last.
    pub changes: Vec<Change>,
    /// The candidate's checksum.
    pub candidate: Digest,
}

/// A question with its answer from bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What was asked.
    pub question: Question,
    /// One verdict a rule of the question, by path; a rule whose net change is nothing is absent.
    pub rules: Vec<RuleVerdict>,
}

impl Evidence {
    /// The verdict on one rule; a rule whose net change is nothing is contained.
    pub fn verdict(&self, path: &str) -> Verdict {
        self.rules
            .iter()
            .find(|rule| rule.path == path)
            .map_or(Verdict::Included, |rule| rule.verdict)
    }

    /// The hotfix with its rules that are not contained; none if all are.
    pub fn at_risk(&self) -> Option<HotfixAtRisk> {
        let rules: Vec<RuleAtRisk> = self
            .rules
            .iter()
            .filter(|rule| !rule.verdict.is_contained())
            .map(|rule| RuleAtRisk {
                path: rule.path.clone(),
                verdict: rule.verdict,
            })
            .collect();
        (!rules.is_empty()).then(|| HotfixAtRisk {
            hotfix: self.question.hotfix.clone(),
            rules,
        })
    }
}

impl State {
    /// What has to be evidence before `candidate` may replace the pin of `environment`: one question
    /// an open hotfix, oldest first; empty if the candidate is what runs there already.
    pub fn questions(
        &self,
        ruleset: &RuleSetName,
        environment: &Environment,
        candidate: Digest,
    ) -> Vec<Question> {
        if self
            .pin(ruleset, environment)
            .is_some_and(|pin| pin.checksum == candidate)
        {
            return Vec::new();
        }
        let open = self.open_hotfixes(ruleset, environment);
        let before = |path: &str| {
            open.iter()
                .find_map(|h| h.changes.iter().find(|c| c.path == path))
                .map(|c| c.from)
        };
        let after = |path: &str| {
            open.iter()
                .rev()
                .find_map(|h| h.changes.iter().find(|c| c.path == path))
                .map(|c| c.to)
        };
        open.iter()
            .map(|hotfix| Question {
                environment: environment.clone(),
                hotfix: hotfix.version.clone(),
                on_top_of: hotfix.on_top_of_checksum,
                changes: hotfix
                    .changes
                    .iter()
                    .map(|change| Change {
                        path: change.path.clone(),
                        from: before(&change.path).flatten(),
                        to: after(&change.path).flatten(),
                    })
                    .collect(),
                candidate,
            })
            .collect()
    }

    /// The evidence for exactly these questions, in their order; `None` if any is missing.
    pub fn match_evidence<'a>(
        questions: &[Question],
        evidence: &'a [Evidence],
    ) -> Option<Vec<&'a Evidence>> {
        questions
            .iter()
            .map(|question| evidence.iter().find(|j| j.question == *question))
            .collect()
    }
}
