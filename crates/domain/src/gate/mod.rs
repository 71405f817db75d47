//! The list of checks that must pass before a review can be executed, each with its evidence.

mod approvals;
mod shown;
mod target;
mod version;

use crate::defect::{Defect, is_left_out};
use crate::judgement::{Evidence, Question};
use crate::refusal::Refusal;
use crate::state::{Approval, Intent, Review, State};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{AccountId, Timestamp};
use rulegate_ledger::review::{Shown, ShownChange, Subject};

pub use crate::check::{Check, CheckKind, Outcome};
use approvals::approvals;
pub use approvals::{approvals_needed, may_approve, parties, scopes};
use shown::shown;
use target::{hotfixes_answered, no_drift, no_drift_but, no_stop, on_top_of_pin};
use version::{not_recalled, passed_soft_launch, same_checksum, verified};

/// The gate as it stands, and what exactly would be decided upon.
#[derive(Debug, Clone)]
pub struct Gate {
    /// What is shown.
    pub shown: Shown,
    /// Its digest: what an approval given now is bound to.
    pub fingerprint: Digest,
    /// Every check, always all of them.
    pub checks: Vec<Check>,
    /// How many approvals the policy asks for.
    pub approvals_needed: u32,
    /// People whose approvals count now, in order of approving.
    pub counted: Vec<AccountId>,
    /// Approvals that no longer count because what was shown has changed, with what changed.
    pub stale: Vec<(Approval, Vec<ShownChange>)>,
    /// Answered verdicts per target, for what follows from the activation.
    pub evidence: Vec<Evidence>,
}

impl Gate {
    /// True if nothing blocks.
    pub fn is_open(&self) -> bool {
        self.checks
            .iter()
            .all(|check| check.outcome != Outcome::Block)
    }

    /// The checks that block.
    pub fn blocking(&self) -> Vec<Check> {
        self.checks
            .iter()
            .filter(|check| check.outcome == Outcome::Block)
            .cloned()
            .collect()
    }
}

/// Questions that have to be answered from bytes before a review's gate can be told, target by target.
pub fn questions(state: &State, review: &Review) -> Vec<Question> {
    let (
        Some(ruleset),
        Subject::Activation {
            checksum, targets, ..
        },
    ) = (&review.ruleset, &review.subject)
    else {
        return Vec::new();
    };
    targets
        .iter()
        .flat_map(|target| state.questions(ruleset, target, *checksum))
        .collect()
}

/// Computes the gate of a review from the state and the evidence for [`questions`].
///
/// Errors: [`Refusal::EvidenceOutdated`] if `evidence` does not answer exactly the questions of now.
pub fn gate(
    state: &State,
    review: &Review,
    evidence: &[Evidence],
    now: Timestamp,
) -> Result<Gate, Refusal> {
    let asked = questions(state, review);
    let evidence: Vec<Evidence> = State::match_evidence(&asked, evidence)
        .ok_or(Refusal::EvidenceOutdated)?
        .into_iter()
        .cloned()
        .collect();
    let shown = shown(state, review, &evidence);
    let fingerprint = shown.fingerprint();
    let mut counted: Vec<AccountId> = Vec::new();
    let mut stale = Vec::new();
    let parties = parties(state, review);
    for approval in &review.approvals {
        let newest = review
            .approvals
            .iter()
            .rev()
            .find(|a| a.by == approval.by)
            .map(|a| &a.entry);
        if approval.fingerprint != fingerprint && !is_left_out(Defect::Fingerprint) {
            if newest == Some(&approval.entry) {
                stale.push((approval.clone(), approval.shown.changes_until(&shown)));
            }
        } else if !counted.contains(&approval.by)
            && (parties.iter().all(|(party, _)| *party != approval.by)
                || is_left_out(Defect::FourEyes))
            && may_approve(state, review, &approval.by)
        {
            counted.push(approval.by.clone());
        }
    }
    let needed = approvals_needed(state, review);
    let mut checks = Vec::new();
    match (&review.ruleset, &review.subject) {
        (
            Some(ruleset),
            Subject::Activation {
                version,
                checksum,
                targets,
                mode,
            },
        ) => {
            checks.push(same_checksum(state, ruleset, version, *checksum));
            checks.push(passed_soft_launch(state, ruleset, version, targets, *mode));
            checks.push(verified(state, ruleset, version, *checksum, targets));
            checks.push(hotfixes_answered(&shown, &evidence));
            checks.push(no_drift(state, ruleset, targets, now));
            checks.push(no_stop(state, ruleset, targets, now));
        }
        (
            Some(ruleset),
            Subject::Hotfix {
                version,
                checksum,
                environment,
            },
        ) => {
            let targets = std::slice::from_ref(environment);
            checks.push(on_top_of_pin(state, ruleset, version, environment));
            checks.push(verified(state, ruleset, version, *checksum, targets));
            checks.push(no_drift_but(state, ruleset, version, environment, now));
            checks.push(no_stop(state, ruleset, targets, now));
        }
        _ => {}
    }
    checks.push(approvals(needed, &counted, &stale));
    if let (Some(ruleset), Some(version), Some(checksum), false) = (
        &review.ruleset,
        review.subject.version(),
        review.subject.checksum(),
        matches!(review.subject, Subject::Recall { .. }),
    ) {
        checks.push(not_recalled(state, ruleset, version, checksum));
    }
    Ok(Gate {
        shown,
        fingerprint,
        checks,
        approvals_needed: needed,
        counted,
        stale,
        evidence,
    })
}

/// The checks of a waiting activation once more, at the site that it is for: the whole gate, as far as it is about
/// this one environment. What a broken glass passed stays passed.
pub(super) fn recheck(state: &State, intent: &Intent, now: Timestamp) -> Vec<Check> {
    let (ruleset, body) = (&intent.ruleset, &intent.body);
    let targets = std::slice::from_ref(&body.environment);
    let mut checks = vec![
        same_checksum(state, ruleset, &body.version, body.checksum),
        passed_soft_launch(state, ruleset, &body.version, targets, body.mode),
        no_drift(state, ruleset, targets, now),
        no_stop(state, ruleset, targets, now),
        not_recalled(state, ruleset, &body.version, body.checksum),
    ];
    let Some(review) = state.review(&body.review) else {
        return checks;
    };
    let still: Vec<AccountId> = body
        .approved_by
        .iter()
        .filter(|account| may_approve(state, review, account))
        .cloned()
        .collect();
    checks.push(approvals(approvals_needed(state, review), &still, &[]));
    let passed_glass = |check: &Check| {
        review
            .glass
            .as_ref()
            .is_some_and(|glass| glass.blocked.iter().any(|code| code == check.code()))
    };
    checks.retain(|check| !passed_glass(check));
    checks
}
