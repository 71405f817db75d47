//! Reviews, verdicts and answers in words, for every page that lists them.

use rulegate_compare::verdict::Verdict;
use rulegate_domain::state::{Review, ReviewStatus};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Mode;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::review::{Answer, Subject};
use rulegate_ledger::version::VersionName;

/// What a review asks for, before, at and after the version's name: `Activate owasp-crs`, `4.18.0`,
/// `in prod at ipc2, then ipc1`. A policy has no version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct SubjectWords<'r> {
    pub before: String,
    pub version: &'r str,
    pub after: String,
}

impl SubjectWords<'_> {
    /// The whole sentence.
    pub fn sentence(&self) -> String {
        let mut parts = vec![self.before.as_str(), self.version, self.after.as_str()];
        parts.retain(|part| !part.is_empty());
        parts.join(" ")
    }
}

/// What a review asks for.
pub fn subject(review: &Review) -> SubjectWords<'_> {
    let ruleset = review.ruleset.as_ref().map_or("", RuleSetName::as_str);
    let words = |before: &str, after: String| SubjectWords {
        before: format!("{before} {ruleset}").trim_end().to_owned(),
        version: review.subject.version().map_or("", VersionName::as_str),
        after,
    };
    match &review.subject {
        Subject::Activation {
            targets,
            mode: Mode::Rollback,
            ..
        } => words("Roll back to", places(targets)),
        Subject::Activation { targets, .. } => words("Activate", places(targets)),
        Subject::Hotfix { environment, .. } if review.subject.is_transfer() => {
            words("Bring hotfix", format!("to {environment}"))
        }
        Subject::Hotfix { environment, .. } => words("Hotfix", format!("for {environment}")),
        Subject::Recall { .. } => words("Recall", "everywhere".to_owned()),
        Subject::Policy { .. } => words("Change the policy", String::new()),
    }
}

/// The act of executing a review, as its button says it.
pub fn execute(review: &Review) -> String {
    match (&review.subject, review.subject.version()) {
        (Subject::Activation { mode, .. }, Some(version)) if *mode == Mode::Rollback => {
            format!("Roll back to {version}")
        }
        (Subject::Recall { .. }, Some(version)) => format!("Recall {version}"),
        (_, Some(version)) => format!("Activate {version}"),
        (_, None) => "Put the policy in force".to_owned(),
    }
}

/// `in prod at ipc2, then ipc1`; environments of several lanes one by one.
pub fn places(targets: &[Environment]) -> String {
    let Some(first) = targets.first() else {
        return String::new();
    };
    if targets.iter().all(|target| target.lane == first.lane) {
        let sites: Vec<&str> = targets.iter().map(|target| target.site.as_str()).collect();
        return format!("in {} at {}", first.lane, sites.join(", then "));
    }
    let all: Vec<String> = targets.iter().map(Environment::to_string).collect();
    format!("in {}", all.join(", then "))
}

/// Where a review stands: a tag's kind and its word.
pub fn status(review: &Review) -> (&'static str, &'static str) {
    match (&review.status, &review.glass) {
        (ReviewStatus::Open, _) => ("plan", "open"),
        (ReviewStatus::Executed { .. }, Some(glass)) if glass.is_open() => {
            ("bad", "glass broken, after-review missing")
        }
        (ReviewStatus::Executed { .. }, Some(_)) => ("warn", "executed past the gate"),
        (ReviewStatus::Executed { .. }, None) => ("ok", "executed"),
        (ReviewStatus::Rejected { .. }, _) => ("bad", "rejected"),
        (ReviewStatus::Withdrawn { .. }, _) => ("mute", "withdrawn"),
    }
}

/// A verdict: a tag's kind and its words.
pub fn verdict(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Included => ("ok", "included"),
        Verdict::Partial => ("warn", "partly included"),
        Verdict::Conflicting => ("bad", "changed another way"),
        Verdict::Overridden => ("bad", "overridden"),
        Verdict::Removed => ("bad", "removed"),
        Verdict::CannotTell => ("bad", "cannot tell"),
    }
}

/// Worst first: what would be undone, then what nobody can tell, then what is partly there.
pub fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Overridden => 0,
        Verdict::Removed => 1,
        Verdict::Conflicting => 2,
        Verdict::CannotTell => 3,
        Verdict::Partial => 4,
        Verdict::Included => 5,
    }
}

/// An answer: a tag's kind and its words.
pub fn answer(answer: &Answer) -> (&'static str, &'static str) {
    match answer {
        Answer::ContainedByHand { .. } => ("ok", "contained, checked by hand"),
        Answer::LossAccepted { .. } => ("warn", "loss accepted"),
        Answer::SentBack { .. } => ("bad", "sent back"),
    }
}
