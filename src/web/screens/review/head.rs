//! The head of a review: who closed it, what it was built from, and where all that differs is shown.

use super::ReviewContext;
use crate::web::address;
use rulegate_domain::state::ReviewStatus;
use rulegate_ledger::review::Subject;

impl ReviewContext<'_> {
    /// Who closed it, when and why; empty while open.
    pub(super) fn closed(&self) -> String {
        let (what, by, at, reason) = match &self.review.status {
            ReviewStatus::Open => return String::new(),
            ReviewStatus::Executed { at, by, .. } => ("executed", by, at, ""),
            ReviewStatus::Rejected { at, by, reason } => ("rejected", by, at, reason.as_str()),
            ReviewStatus::Withdrawn { at, by, reason } => ("withdrawn", by, at, reason.as_str()),
        };
        let name = self.portal.auth.directory.name(by);
        let closed = format!("{what} by {name}, {}", at.minute());
        match reason {
            "" => closed,
            reason => format!("{closed}: {reason}"),
        }
    }

    /// Where everything that differs is shown; empty where nothing can.
    pub(super) fn changes_href(&self) -> String {
        let Some(ruleset) = &self.review.ruleset else {
            return String::new();
        };
        let from = match &self.review.subject {
            Subject::Activation { targets, .. } => targets.first().map(ToString::to_string),
            Subject::Hotfix { version, .. } => {
                let hotfix = self.state().hotfix(ruleset, version);
                hotfix.map(|hotfix| hotfix.on_top_of.to_string())
            }
            Subject::Recall { .. } | Subject::Policy { .. } => None,
        };
        let version = self.review.subject.version();
        from.zip(version).map_or(String::new(), |(from, version)| {
            address::compare(ruleset, from.as_str(), version.as_str())
        })
    }

    /// Commit and builds; empty if unknown.
    pub(super) fn built_from(&self) -> String {
        let version = self
            .review
            .ruleset
            .as_ref()
            .zip(self.review.subject.version());
        let facts = version.and_then(|(ruleset, version)| self.state().version(ruleset, version));
        let Some(release) = facts.and_then(|facts| facts.release.as_ref()) else {
            return String::new();
        };
        let from = &release.provenance;
        let commit = from.commit.as_ref();
        let commit = commit.map(|c| format!("commit {}", c.chars().take(7).collect::<String>()));
        let build = |stage: &str, build: &Option<String>| {
            build.as_ref().map(|build| format!("{stage} build {build}"))
        };
        let parts = [
            commit,
            build("E1", &from.e1.build),
            build("E2", &from.e2.build),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
