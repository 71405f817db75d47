//! What an activation would do: pins that move, hotfixes it would lose, checks of the gate.

use crate::web::Portal;
use crate::web::error::WebError;
use crate::web::user::User;
use rulegate_domain::command;
use rulegate_domain::decide::{Decided, decide};
use rulegate_domain::gate::{Check, Gate, Outcome};
use rulegate_domain::judgement::Evidence;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::{Pin, Review, ReviewStatus};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{Event, Mode};
use rulegate_ledger::ids::{ReviewId, RuleSetName};
use rulegate_ledger::review::Subject;
use rulegate_ledger::version::VersionName;

/// What would follow.
pub(super) struct Preview<'s> {
    pub ruleset: RuleSetName,
    pub version: VersionName,
    pub checksum: Digest,
    mode: Mode,
    /// Every target with what runs there now.
    pub moves: Vec<(Environment, Option<&'s Pin>)>,
    gate: Gate,
}

impl Preview<'_> {
    pub(super) fn title(&self) -> &'static str {
        match self.mode {
            Mode::Rollback => "Roll back to",
            _ => "Activate",
        }
    }

    /// What would become of each open hotfix of a target.
    pub(super) fn hotfixes(&self) -> &[Evidence] {
        &self.gate.evidence
    }

    pub(super) fn lost(&self) -> usize {
        lost(&self.gate.evidence)
    }

    pub(super) fn lost_of(&self, hotfix: &Evidence) -> usize {
        lost(std::slice::from_ref(hotfix))
    }

    pub(super) fn checks(&self) -> &[Check] {
        &self.gate.checks
    }
}

pub(super) fn state_of(check: &Check) -> &'static str {
    match check.outcome {
        Outcome::Pass => "pass",
        Outcome::Warn => "warn",
        Outcome::Block => "block",
    }
}

pub(super) fn detail(check: &Check) -> String {
    match (check.evidence.as_str(), check.remedy().as_str()) {
        ("", remedy) => remedy.to_owned(),
        (evidence, "") => evidence.to_owned(),
        (evidence, remedy) => format!("{evidence}. {remedy}"),
    }
}

/// The review that asking would open, if it may be asked for.
pub(super) fn would_open(
    user: &User,
    ruleset: &RuleSetName,
    version: &VersionName,
    targets: &[Environment],
) -> Result<Review, Refusal> {
    let state = &user.snapshot.state;
    let command = command::OpenActivation {
        ruleset: ruleset.clone(),
        version: version.clone(),
        targets: targets.to_vec(),
        reason: "preview".to_owned(),
    }
    .into();
    let decided = decide(state, &command, &user.actor(), user.now)?;
    let subject = match decided {
        Decided::New(facts) => facts.into_iter().find_map(|fact| match fact.event {
            Event::ReviewOpened(body) => Some(body.subject),
            _ => None,
        }),
        Decided::Already(_) => None,
    };
    Ok(Review {
        id: ReviewId {
            site: state.own.clone(),
            seq: state.head(&state.own).seq + 1,
        },
        ruleset: Some(ruleset.clone()),
        subject: subject.ok_or(Refusal::NoTargets)?,
        reason: String::new(),
        requester: user.person.account.id.clone(),
        opened_at: user.now,
        status: ReviewStatus::Open,
        approvals: Default::default(),
        answers: Default::default(),
        comments: 0,
        glass: None,
    })
}

pub(super) async fn consequences<'s>(
    portal: &Portal,
    user: &'s User,
    review: Review,
) -> Result<Preview<'s>, WebError> {
    let state = &user.snapshot.state;
    let gate = portal.app.gate(state, &review).await?;
    let (
        Some(ruleset),
        Subject::Activation {
            version,
            checksum,
            targets,
            mode,
            ..
        },
    ) = (review.ruleset, review.subject)
    else {
        return Err(Refusal::NoTargets.into());
    };
    let moves = targets.into_iter().map(|target| {
        let pin = state.pin(&ruleset, &target);
        (target, pin)
    });
    Ok(Preview {
        moves: moves.collect(),
        ruleset,
        version,
        checksum,
        mode,
        gate,
    })
}

/// Hotfix rules that a candidate would lose.
pub(super) fn lost(evidence: &[Evidence]) -> usize {
    evidence
        .iter()
        .flat_map(|evidence| &evidence.rules)
        .filter(|rule| !rule.verdict.is_contained())
        .count()
}
