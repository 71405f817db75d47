//! The list of checks that must pass before a review can be carried out, each with its evidence.

use super::access::{Act, Scope};
use super::broken::{Check as Left, is_left_out};
use super::digest::Digest;
use super::environment::Environment;
use super::event::Mode;
use super::ids::{AccountId, RuleSetName, Timestamp};
use super::judgement::{Judged, Question};
use super::refusal::Refusal;
use super::review::{Shown, ShownChange, ShownHotfix, ShownRule, ShownTarget, Subject};
use super::standing::SoftLaunch;
use super::state::{Approval, Intent, Review, State};
use super::version::VersionName;

/// What a check found.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Fine.
    Pass,
    /// The review may go on; a person should know.
    Warn,
    /// The review may not be carried out.
    Block,
}

/// Which check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum CheckKind {
    SameChecksum,
    PassedSoftLaunch,
    VerifiedAtTargets,
    HotfixesAnswered,
    NoUnexplainedDrift,
    NoFreezeOrHold,
    OnTopOfPin,
    Approvals,
    NotRecalled,
}

/// One check of the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Which.
    pub kind: CheckKind,
    /// What it found.
    pub outcome: Outcome,
    /// The facts behind it, in words; may be empty for a plain pass.
    pub evidence: String,
    /// Acts that can clear it, most direct first; empty where nothing can.
    pub cleared_by: Vec<Act>,
}

impl Check {
    fn pass(kind: CheckKind, evidence: impl Into<String>) -> Check {
        Check {
            kind,
            outcome: Outcome::Pass,
            evidence: evidence.into(),
            cleared_by: Vec::new(),
        }
    }
    fn warn(kind: CheckKind, evidence: impl Into<String>, cleared_by: Vec<Act>) -> Check {
        Check {
            kind,
            outcome: Outcome::Warn,
            evidence: evidence.into(),
            cleared_by,
        }
    }
    fn block(kind: CheckKind, evidence: impl Into<String>, cleared_by: Vec<Act>) -> Check {
        Check {
            kind,
            outcome: Outcome::Block,
            evidence: evidence.into(),
            cleared_by,
        }
    }

    /// The check's stable code.
    pub fn code(&self) -> &'static str {
        match self.kind {
            CheckKind::SameChecksum => "same_checksum",
            CheckKind::PassedSoftLaunch => "passed_soft_launch",
            CheckKind::VerifiedAtTargets => "verified_at_targets",
            CheckKind::HotfixesAnswered => "hotfixes_answered",
            CheckKind::NoUnexplainedDrift => "no_unexplained_drift",
            CheckKind::NoFreezeOrHold => "no_freeze_or_hold",
            CheckKind::OnTopOfPin => "on_top_of_pin",
            CheckKind::Approvals => "approvals",
            CheckKind::NotRecalled => "not_recalled",
        }
    }

    /// The check in words, said the way its outcome is.
    pub fn title(&self) -> &'static str {
        match (self.kind, self.outcome) {
            (CheckKind::SameChecksum, Outcome::Pass) => "Same checksum at E1, E2 and E3",
            (CheckKind::SameChecksum, Outcome::Warn) => "Checksum at E1 or E2 not given",
            (CheckKind::SameChecksum, Outcome::Block) => "Another checksum at E1 or E2",
            (CheckKind::PassedSoftLaunch, Outcome::Block) => "Not passed in soft launch",
            (CheckKind::PassedSoftLaunch, _) => "Passed in soft launch",
            (CheckKind::VerifiedAtTargets, Outcome::Pass) => "Verified at every target site",
            (CheckKind::VerifiedAtTargets, _) => "Not yet verified at every target site",
            (CheckKind::HotfixesAnswered, Outcome::Block) => "An open hotfix is not answered",
            (CheckKind::HotfixesAnswered, _) => "Every open hotfix answered",
            (CheckKind::NoUnexplainedDrift, Outcome::Block) => "Unexplained drift in a target",
            (CheckKind::NoUnexplainedDrift, _) => "No unexplained drift",
            (CheckKind::NoFreezeOrHold, Outcome::Block) => "A freeze or hold is in force",
            (CheckKind::NoFreezeOrHold, _) => "No freeze or hold in force",
            (CheckKind::OnTopOfPin, Outcome::Block) => "Not on top of what runs",
            (CheckKind::OnTopOfPin, _) => "On top of what runs",
            (CheckKind::Approvals, Outcome::Block) => "Approvals are missing",
            (CheckKind::Approvals, _) => "Enough approvals by others",
            (CheckKind::NotRecalled, Outcome::Block) => "The version is recalled",
            (CheckKind::NotRecalled, _) => "Not recalled",
        }
    }

    /// Who can clear it, in words; empty unless it blocks or warns and somebody can.
    pub fn remedy(&self) -> String {
        if self.outcome == Outcome::Pass {
            return String::new();
        }
        let ways: Vec<String> = self
            .cleared_by
            .iter()
            .map(|act| {
                let roles: Vec<&str> = super::access::roles_for(*act)
                    .into_iter()
                    .map(|role| role.name())
                    .collect();
                format!("{} can {}", roles.join(" or "), act.words())
            })
            .collect();
        if ways.is_empty() {
            String::new()
        } else {
            format!("{}.", ways.join("; "))
        }
    }
}

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
    pub judged: Vec<Judged>,
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

/// The people who may not approve: who asked, and who wrote what would go live.
pub fn parties(state: &State, review: &Review) -> Vec<(AccountId, &'static str)> {
    let mut parties = vec![(review.requester.clone(), "one who asked for this")];
    if let (Some(ruleset), Some(version)) = (&review.ruleset, review.subject.version())
        && !matches!(review.subject, Subject::Recall { .. })
    {
        if let Some(hotfix) = state.hotfix(ruleset, version) {
            parties.push((hotfix.author.clone(), "author"));
        } else if let Some(facts) = state.version(ruleset, version) {
            parties.push((facts.by.clone(), "one who delivered it"));
        }
    }
    parties
}

/// The scopes in which an approver of the review must hold the right to approve: all of them.
pub fn scopes(review: &Review) -> Vec<Scope> {
    let targets = review.subject.targets();
    match &review.ruleset {
        Some(ruleset) if targets.is_empty() => vec![Scope::ruleset(ruleset)],
        Some(ruleset) => targets
            .iter()
            .map(|target| Scope::exactly(ruleset, target))
            .collect(),
        None => vec![Scope::EVERYWHERE],
    }
}

/// How many approvals the policy in force asks for.
pub fn approvals_needed(state: &State, review: &Review) -> u32 {
    let policy = state.policy();
    match &review.subject {
        Subject::Activation { targets, .. } => {
            if targets
                .iter()
                .any(|target| state.topology.is_production(target))
            {
                policy.production_approvals
            } else {
                policy.soft_launch_approvals
            }
        }
        Subject::Hotfix { version, .. } => {
            let hotfix = review
                .ruleset
                .as_ref()
                .and_then(|ruleset| state.hotfix(ruleset, version));
            match hotfix {
                Some(h) if policy.over_cap(h.changes.len() as u32, h.lines_changed) => {
                    policy.hotfix_over_cap_approvals
                }
                _ => policy.hotfix_approvals,
            }
        }
        Subject::Recall { .. } => policy.recall_approvals,
        Subject::Policy { .. } => policy.policy_approvals,
    }
}

/// Computes the gate of a review from the state and the evidence for [`questions`].
///
/// Errors: [`Refusal::EvidenceOutdated`] if `judged` does not answer exactly the questions of now.
pub fn gate(
    state: &State,
    review: &Review,
    judged: &[Judged],
    now: Timestamp,
) -> Result<Gate, Refusal> {
    let asked = questions(state, review);
    let judged: Vec<Judged> = State::match_evidence(&asked, judged)
        .ok_or(Refusal::EvidenceOutdated)?
        .into_iter()
        .cloned()
        .collect();
    let shown = shown(state, review, &judged);
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
        if approval.fingerprint != fingerprint && !is_left_out(Left::Fingerprint) {
            if newest == Some(&approval.entry) {
                stale.push((approval.clone(), approval.shown.changes_until(&shown)));
            }
        } else if !counted.contains(&approval.by)
            && (parties.iter().all(|(party, _)| *party != approval.by)
                || is_left_out(Left::FourEyes))
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
            checks.push(hotfixes_answered(&shown, &judged));
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
        judged,
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

/// True if the account holds the right to approve in every scope of the review.
pub fn may_approve(state: &State, review: &Review, account: &AccountId) -> bool {
    let actor = super::access::Actor::person(account);
    scopes(review)
        .iter()
        .all(|scope| state.may(&actor, Act::Approve, scope))
}

fn shown(state: &State, review: &Review, judged: &[Judged]) -> Shown {
    let Some(ruleset) = &review.ruleset else {
        let policy = match &review.subject {
            Subject::Policy { policy } => Some(policy.clone()),
            _ => None,
        };
        return Shown {
            policy,
            ..Shown::default()
        };
    };
    let targets = review
        .subject
        .targets()
        .iter()
        .map(|environment| {
            let pin = state.pin(ruleset, environment);
            ShownTarget {
                environment: environment.clone(),
                pin: pin.map(|pin| pin.version.clone()),
                pin_checksum: pin.map(|pin| pin.checksum),
                hotfixes: judged
                    .iter()
                    .filter(|j| j.question.environment == *environment)
                    .map(|j| shown_hotfix(state, review, ruleset, j))
                    .collect(),
            }
        })
        .collect();
    Shown {
        candidate: review.subject.checksum(),
        targets,
        policy: None,
    }
}

fn shown_hotfix(
    state: &State,
    review: &Review,
    ruleset: &RuleSetName,
    judged: &Judged,
) -> ShownHotfix {
    let question = &judged.question;
    let rules = question
        .changes
        .iter()
        .map(|change| {
            let key = (
                question.environment.clone(),
                question.hotfix.clone(),
                change.path.clone(),
            );
            ShownRule {
                path: change.path.clone(),
                verdict: judged.verdict(&change.path),
                answer: review
                    .answers
                    .get(&key)
                    .map(|answered| answered.answer.clone()),
            }
        })
        .collect();
    let checksum = state
        .hotfix(ruleset, &question.hotfix)
        .map_or(Digest::ZERO, |hotfix| hotfix.checksum);
    ShownHotfix {
        hotfix: question.hotfix.clone(),
        checksum,
        rules,
    }
}

fn same_checksum(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    checksum: Digest,
) -> Check {
    let kind = CheckKind::SameChecksum;
    let Some(release) = state
        .version(ruleset, version)
        .and_then(|facts| facts.release.as_ref())
    else {
        return Check::pass(kind, "made here, not by the pipeline");
    };
    let stages = [
        ("E1", &release.provenance.e1),
        ("E2", &release.provenance.e2),
    ];
    let other = stages
        .iter()
        .find(|(_, stage)| stage.checksum.is_some_and(|c| c != checksum));
    if let Some((name, stage)) = other {
        let theirs = stage.checksum.map_or(String::new(), Digest::short);
        return Check::block(
            kind,
            format!("{name} worked with {theirs}, E3 holds {}", checksum.short()),
            vec![Act::PushRelease],
        );
    }
    let missing: Vec<&str> = stages
        .iter()
        .filter(|(_, s)| s.checksum.is_none())
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        Check::pass(kind, checksum.short())
    } else {
        Check::warn(
            kind,
            format!("the pipeline gave none for {}", missing.join(" and ")),
            vec![],
        )
    }
}

fn passed_soft_launch(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    targets: &[Environment],
    mode: Mode,
) -> Check {
    let kind = CheckKind::PassedSoftLaunch;
    let new_in_production = targets.iter().any(|target| {
        state.topology.is_production(target)
            && state.times_active(ruleset, version, target).is_empty()
    });
    if !new_in_production {
        let why = if mode == Mode::Rollback {
            "was active there before"
        } else {
            "not asked for outside production"
        };
        return Check::pass(kind, why);
    }
    match state.soft_launch(ruleset, version) {
        SoftLaunch::Passed(word) => Check::pass(
            kind,
            format!("{}/{}, {}", word.entry.site, word.lane, day(word.at)),
        ),
        SoftLaunch::Failed(word) => {
            let note = format!(
                "failed in {}/{}, {}: {}",
                word.entry.site,
                word.lane,
                day(word.at),
                word.note
            );
            Check::block(kind, note, vec![Act::Validate])
        }
        SoftLaunch::Running(environment) => Check::block(
            kind,
            format!("it runs in {environment}; nobody has said how it went"),
            vec![Act::Validate],
        ),
        SoftLaunch::Unknown => Check::block(
            kind,
            "it has not run in soft launch",
            vec![Act::RequestActivation, Act::Validate],
        ),
    }
}

fn verified(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    checksum: Digest,
    targets: &[Environment],
) -> Check {
    let kind = CheckKind::VerifiedAtTargets;
    let at = |site| state.version_at(site, ruleset, version);
    if let Some(other) = targets
        .iter()
        .find(|t| at(&t.site).is_some_and(|facts| facts.checksum != checksum))
    {
        let words = format!(
            "{} holds other bytes under the name {version}: two deliveries while the sites were cut apart",
            other.site
        );
        return Check::block(kind, words, vec![Act::PushRelease]);
    }
    let absent: Vec<&Environment> = targets.iter().filter(|t| at(&t.site).is_none()).collect();
    let Some(first) = absent.first() else {
        return Check::pass(kind, "");
    };
    if first.site == state.own {
        return Check::block(
            kind,
            format!("the bytes are not at {}", first.site),
            vec![Act::PushRelease],
        );
    }
    Check::warn(
        kind,
        format!("{} will follow when the bytes arrive there", first.site),
        vec![],
    )
}

fn hotfixes_answered(shown: &Shown, judged: &[Judged]) -> Check {
    let kind = CheckKind::HotfixesAnswered;
    let open = shown.unanswered().len();
    let lost = shown
        .rules()
        .filter(|(_, _, rule)| !rule.verdict.is_contained())
        .count();
    if open > 0 && !is_left_out(Left::HotfixAnswers) {
        let words = if open == 1 {
            "1 rule needs a decision".into()
        } else {
            format!("{open} rules need a decision")
        };
        return Check::block(kind, words, vec![Act::AnswerHotfix]);
    }
    match (judged.len(), lost) {
        (0, _) => Check::pass(kind, "no open hotfix in a target"),
        (_, 0) => Check::pass(kind, "contained by verdict"),
        (_, 1) => Check::pass(kind, "1 rule answered by a person"),
        (_, n) => Check::pass(kind, format!("{n} rules answered by a person")),
    }
}

fn no_drift(
    state: &State,
    ruleset: &RuleSetName,
    targets: &[Environment],
    now: Timestamp,
) -> Check {
    let kind = CheckKind::NoUnexplainedDrift;
    match targets
        .iter()
        .find_map(|target| state.open_drift(ruleset, target, now))
    {
        None => Check::pass(kind, ""),
        Some(drift) => {
            let words = format!(
                "{} holds something else since {}: {} {}",
                drift.environment,
                day(drift.at),
                drift.changes.len(),
                if drift.changes.len() == 1 {
                    "rule"
                } else {
                    "rules"
                }
            );
            Check::block(kind, words, vec![Act::AdoptDrift, Act::DismissDrift])
        }
    }
}

/// A hotfix that adopts the drift explains it.
fn no_drift_but(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    environment: &Environment,
    now: Timestamp,
) -> Check {
    let adopts = state
        .hotfix(ruleset, version)
        .and_then(|hotfix| hotfix.adopts.clone());
    match state.open_drift(ruleset, environment, now) {
        Some(drift) if adopts.as_ref() == Some(&drift.id) => Check::pass(
            CheckKind::NoUnexplainedDrift,
            "this hotfix adopts what was observed",
        ),
        _ => no_drift(state, ruleset, std::slice::from_ref(environment), now),
    }
}

fn no_stop(state: &State, ruleset: &RuleSetName, targets: &[Environment], now: Timestamp) -> Check {
    let kind = CheckKind::NoFreezeOrHold;
    for target in targets {
        if let Some(freeze) = state.freezes(ruleset, target, now).first() {
            let until = freeze
                .until
                .map_or(String::new(), |until| format!(" until {}", day(until)));
            return Check::block(
                kind,
                format!("{target} is frozen{until}: {}", freeze.reason),
                vec![Act::Freeze],
            );
        }
        if let Some(hold) = state.holds(ruleset, target).first() {
            return Check::block(
                kind,
                format!("{target} is on hold: {}", hold.reason),
                vec![Act::Hold],
            );
        }
    }
    Check::pass(kind, "")
}

fn on_top_of_pin(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    environment: &Environment,
) -> Check {
    let kind = CheckKind::OnTopOfPin;
    let record = state.hotfix(ruleset, version);
    let base = record.map(|hotfix| (hotfix.on_top_of.clone(), hotfix.on_top_of_checksum));
    let pin = state.pin(ruleset, environment);
    // One brought from the other site comes with those below it.
    if let (Some(hotfix), Some(pin)) = (record, pin)
        && hotfix.environment != *environment
        && state.continues_pin(hotfix, environment)
    {
        return Check::pass(kind, pin.version.to_string());
    }
    match (base, pin) {
        (Some((name, checksum)), Some(pin))
            if pin.checksum == checksum || is_left_out(Left::OnTopOfPin) =>
        {
            Check::pass(kind, name.to_string())
        }
        (Some((name, _)), Some(pin)) => Check::block(
            kind,
            format!("made on {name}, but {environment} runs {} now", pin.version),
            vec![Act::WriteHotfix],
        ),
        _ => Check::block(kind, format!("nothing runs in {environment}"), vec![]),
    }
}

fn approvals(needed: u32, counted: &[AccountId], stale: &[(Approval, Vec<ShownChange>)]) -> Check {
    let kind = CheckKind::Approvals;
    let have = counted.len() as u32;
    if have >= needed {
        return Check::pass(kind, format!("{have} of {needed}"));
    }
    let stale = match stale.len() {
        0 => String::new(),
        1 => ", 1 went stale".to_owned(),
        n => format!(", {n} went stale"),
    };
    Check::block(
        kind,
        format!("{have} of {needed}{stale}"),
        vec![Act::Approve],
    )
}

fn not_recalled(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    checksum: Digest,
) -> Check {
    match state.recall(ruleset, version, checksum) {
        None => Check::pass(CheckKind::NotRecalled, ""),
        Some(recall) => Check::block(
            CheckKind::NotRecalled,
            format!("{}: {}", day(recall.at), recall.reason),
            vec![],
        ),
    }
}

fn day(at: Timestamp) -> String {
    at.to_datetime().format("%-d %b %Y %H:%M").to_string()
}
