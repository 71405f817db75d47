//! What an activation would do: pins that move, hotfixes it would lose, checks of the gate.

use crate::web::environment_view::{PinWords, Place, Tag, verdict};
use crate::web::error::WebError;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::command::Command;
use rulegate_domain::decide::{Decided, decide};
use rulegate_domain::gate::{Gate, Outcome};
use rulegate_domain::judgement::Evidence;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::{Review, ReviewStatus};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{Event, Mode};
use rulegate_ledger::ids::{ReviewId, RuleSetName};
use rulegate_ledger::review::Subject;
use rulegate_ledger::version::VersionName;

/// What would follow.
pub(super) struct Preview {
    pub version: String,
    pub version_href: String,
    pub checksum: String,
    pub title: &'static str,
    pub moves: Vec<Move>,
    pub hotfixes: Vec<HotfixGroup>,
    pub lost: usize,
    pub checks: Vec<CheckRow>,
    pub targets: Vec<String>,
}

pub(super) struct Move {
    pub place: Place,
    pub from: Option<PinWords>,
    pub compare: String,
}

/// An open hotfix of a target with what would become of it.
pub(super) struct HotfixGroup {
    pub place: Place,
    pub hotfix: String,
    pub href: String,
    pub loses: String,
    pub rules: Vec<HotfixRow>,
}

pub(super) struct HotfixRow {
    pub path: String,
    pub verdict: Tag,
    pub why: String,
}

pub(super) struct CheckRow {
    pub state: &'static str,
    pub title: &'static str,
    pub detail: String,
}

/// The review that asking would open, if it may be asked for.
pub(super) fn would_open(
    user: &User,
    ruleset: &RuleSetName,
    version: &VersionName,
    targets: &[Environment],
) -> Result<Review, Refusal> {
    let state = &user.snapshot.state;
    let command = Command::OpenActivation {
        ruleset: ruleset.clone(),
        version: version.clone(),
        targets: targets.to_vec(),
        reason: "preview".to_owned(),
    };
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

pub(super) async fn consequences(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    review: &Review,
) -> Result<Preview, WebError> {
    let state = &user.snapshot.state;
    let gate = portal.app.gate(state, review).await?;
    let (version, checksum, mode) = match &review.subject {
        Subject::Activation {
            version,
            checksum,
            mode,
            ..
        } => (version, checksum, *mode),
        _ => return Err(Refusal::NoTargets.into()),
    };
    let moves = review.subject.targets().iter().map(|target| {
        let pin = state.pin(ruleset, target);
        Move {
            place: Place::of(target),
            from: pin.map(|pin| PinWords::of(ruleset, pin, user.now)),
            compare: pin.map_or(String::new(), |_| {
                address::compare(ruleset, &target.to_string(), version.as_str())
            }),
        }
    });
    let hotfixes = gate
        .evidence
        .iter()
        .map(|evidence| hotfix_group(ruleset, evidence))
        .collect();
    Ok(Preview {
        version: version.to_string(),
        version_href: address::version(ruleset, version),
        checksum: checksum.to_string(),
        title: if mode == Mode::Rollback {
            "Roll back to"
        } else {
            "Activate"
        },
        moves: moves.collect(),
        lost: lost(&gate.evidence),
        hotfixes,
        checks: checks(&gate),
        targets: review
            .subject
            .targets()
            .iter()
            .map(|target| target.to_string())
            .collect(),
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

fn hotfix_group(ruleset: &RuleSetName, evidence: &Evidence) -> HotfixGroup {
    let question = &evidence.question;
    HotfixGroup {
        place: Place::of(&question.environment),
        hotfix: question.hotfix.to_string(),
        href: address::hotfix(ruleset, &question.hotfix),
        loses: format!(
            "loses {} of {}",
            lost(std::slice::from_ref(evidence)),
            format::count(evidence.rules.len(), "rule", "rules")
        ),
        rules: evidence
            .rules
            .iter()
            .map(|rule| HotfixRow {
                path: rule.path.clone(),
                verdict: verdict(rule.verdict),
                why: rule.why.clone(),
            })
            .collect(),
    }
}

fn checks(gate: &Gate) -> Vec<CheckRow> {
    gate.checks
        .iter()
        .map(|check| CheckRow {
            state: match check.outcome {
                Outcome::Pass => "pass",
                Outcome::Warn => "warn",
                Outcome::Block => "block",
            },
            title: check.title(),
            detail: match (check.evidence.as_str(), check.remedy().as_str()) {
                ("", remedy) => remedy.to_owned(),
                (evidence, "") => evidence.to_owned(),
                (evidence, remedy) => format!("{evidence}. {remedy}"),
            },
        })
        .collect()
}
