//! The gate with its checks, what would follow, and which acts are offered.

use super::ReviewContext;
use crate::web::availability::{self, Availability};
use crate::web::environment_view::Place;
use crate::web::{address, format};
use rulegate_domain::command::Command;
use rulegate_domain::gate::{self, Check, CheckKind, Gate, Outcome};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::{Review, ReviewStatus};
use rulegate_ledger::access::Act;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::review::{Answer, ShownHotfix, ShownTarget, Subject};

/// Stands for whatever a person will type, when an act is only asked about.
const SOME_TEXT: &str = "…";

/// The gate as a page shows it.
#[allow(missing_docs)]
pub(super) struct GateCard {
    pub tag_kind: &'static str,
    pub tag: String,
    pub checks: Vec<CheckView>,
    pub moves: Vec<MoveView>,
    pub effects: Vec<(&'static str, String)>,
    pub fingerprint: String,
    /// What is shown, as JSON, so that a stale form can be told what changed.
    pub shown: String,
}

/// One check.
#[allow(missing_docs)]
pub(super) struct CheckView {
    pub state: &'static str,
    pub title: &'static str,
    pub detail: String,
    pub href: String,
    pub link: &'static str,
}

/// A pin that would move.
#[allow(missing_docs)]
pub(super) struct MoveView {
    pub place: Place,
    pub from: String,
    pub to: String,
    /// It waits at another site as an intent.
    pub is_intent: bool,
}

pub(super) fn card(context: &ReviewContext) -> Option<GateCard> {
    let gate = context.gate?;
    let blocking = gate.blocking().len();
    let (tag_kind, tag) = match blocking {
        0 => ("ok", "open".to_owned()),
        1 => ("bad", "1 blocks".to_owned()),
        many => ("bad", format!("{many} block")),
    };
    let shown = &gate.shown;
    Some(GateCard {
        tag_kind,
        tag,
        checks: gate
            .checks
            .iter()
            .map(|check| check_view(context, check))
            .collect(),
        moves: moves(context, gate),
        effects: effects(context, gate),
        fingerprint: gate.fingerprint.to_string(),
        shown: serde_json::to_string(shown).unwrap_or_default(),
    })
}

fn check_view(context: &ReviewContext, check: &Check) -> CheckView {
    let (href, link) = cleared_at(context, check.kind);
    let remedy = check.remedy();
    let who = approvers_left(context, check).unwrap_or(remedy);
    let parts: Vec<&str> = [check.evidence.as_str(), who.as_str()]
        .into_iter()
        .filter(|p| !p.is_empty())
        .collect();
    CheckView {
        state: match check.outcome {
            Outcome::Pass => "pass",
            Outcome::Warn => "warn",
            Outcome::Block => "block",
        },
        title: check.title(),
        detail: parts.join(" · "),
        href,
        link,
    }
}

/// For missing approvals: the people who could still give one.
fn approvers_left(context: &ReviewContext, check: &Check) -> Option<String> {
    if check.kind != CheckKind::Approvals || check.outcome == Outcome::Pass {
        return None;
    }
    let (state, review) = (context.state(), context.review);
    let mut not: std::collections::BTreeSet<_> = gate::parties(state, review)
        .into_iter()
        .map(|(party, _)| party)
        .collect();
    not.extend(context.gate?.counted.iter().cloned());
    let scope = gate::scopes(review).first().cloned().unwrap_or_default();
    Some(availability::who_may(
        context.portal,
        context.user,
        Act::Approve,
        &scope,
        &not,
    ))
}

/// Where a check is cleared.
fn cleared_at(context: &ReviewContext, kind: CheckKind) -> (String, &'static str) {
    let review = context.review;
    let Some(ruleset) = &review.ruleset else {
        return match kind {
            CheckKind::Approvals => ("#decide".into(), "decide"),
            _ => (String::new(), ""),
        };
    };
    let version = || {
        review
            .subject
            .version()
            .map(|v| address::version(ruleset, v))
            .unwrap_or_default()
    };
    match kind {
        CheckKind::SameChecksum => (version(), "proof"),
        CheckKind::PassedSoftLaunch => (format!("{}#soft-launch", version()), "see"),
        CheckKind::VerifiedAtTargets => ("/sites".into(), "sites"),
        CheckKind::HotfixesAnswered
            if context.gate.is_some_and(|gate| !gate.evidence.is_empty()) =>
        {
            ("#hotfix-1".into(), "go")
        }
        CheckKind::HotfixesAnswered => (format!("/hotfixes?ruleset={ruleset}"), "see"),
        CheckKind::NoUnexplainedDrift => (drift_address(context, ruleset), "drift"),
        CheckKind::NoFreezeOrHold => ("/sites".into(), "sites"),
        CheckKind::OnTopOfPin => (address::ruleset(ruleset), "see"),
        CheckKind::Approvals => ("#decide".into(), "decide"),
        CheckKind::NotRecalled => (version(), "see"),
    }
}

/// The drift that blocks, else all of it.
fn drift_address(context: &ReviewContext, ruleset: &RuleSetName) -> String {
    let open = context.review.subject.targets().iter().find(|target| {
        context
            .state()
            .open_drift(ruleset, target, context.user.now)
            .is_some()
    });
    open.map_or("/drift".to_owned(), |Environment { site, lane }| {
        format!("/drift/{ruleset}/{site}/{lane}")
    })
}

fn moves(context: &ReviewContext, gate: &Gate) -> Vec<MoveView> {
    let to = context
        .review
        .subject
        .version()
        .map(ToString::to_string)
        .unwrap_or_default();
    gate.shown
        .targets
        .iter()
        .map(|target| MoveView {
            place: Place::of(&target.environment),
            from: target
                .pin
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            to: to.clone(),
            is_intent: target.environment.site != context.state().own,
        })
        .collect()
}

fn effects(context: &ReviewContext, gate: &Gate) -> Vec<(&'static str, String)> {
    let mut effects = Vec::new();
    match &context.review.subject {
        Subject::Activation { .. } | Subject::Hotfix { .. } => {
            let all: Vec<&ShownHotfix> = gate
                .shown
                .targets
                .iter()
                .flat_map(|target| &target.hotfixes)
                .collect();
            if !all.is_empty() {
                effects.push(("hotfixes closed", fate(&all)));
            } else if matches!(context.review.subject, Subject::Activation { .. }) {
                effects.push(("hotfixes closed", "none".to_owned()));
            }
            let back = |target: &ShownTarget| target.pin.as_ref().map(ToString::to_string);
            if let Some(back) = gate.shown.targets.first().and_then(back) {
                effects.push(("way back", back));
            }
        }
        Subject::Recall { .. } => {
            effects.push((
                "from then on",
                "it may be activated nowhere, under any name".to_owned(),
            ));
            effects.push(("running now", running(context)));
        }
        Subject::Policy { .. } => effects.push((
            "from then on",
            "the new numbers hold at every site".to_owned(),
        )),
    }
    effects
}

fn fate(hotfixes: &[&ShownHotfix]) -> String {
    let is_lost = |h: &&&ShownHotfix| {
        h.rules.iter().any(|r| {
            !r.verdict.is_contained() && matches!(r.answer, Some(Answer::LossAccepted { .. }))
        })
    };
    let open = hotfixes
        .iter()
        .filter(|h| h.rules.iter().any(|r| !r.is_settled()))
        .count();
    let discarded = hotfixes
        .iter()
        .filter(|h| h.rules.iter().all(|r| r.is_settled()))
        .filter(is_lost)
        .count();
    let absorbed = hotfixes.len() - open - discarded;
    let lost_rules = hotfixes
        .iter()
        .flat_map(|h| &h.rules)
        .filter(|r| {
            !r.verdict.is_contained() && matches!(r.answer, Some(Answer::LossAccepted { .. }))
        })
        .count();
    let mut parts = Vec::new();
    if absorbed > 0 {
        parts.push(format!("{absorbed} absorbed"));
    }
    if discarded > 0 {
        parts.push(format!(
            "{discarded} discarded, with {} lost",
            format::count(lost_rules, "rule", "rules")
        ));
    }
    if open > 0 {
        parts.push(format!("{open} not answered yet"));
    }
    parts.join(", ")
}

/// Where the version of a recall runs now: a recall moves no pin.
fn running(context: &ReviewContext) -> String {
    let (Some(ruleset), Some(version)) =
        (&context.review.ruleset, context.review.subject.version())
    else {
        return String::new();
    };
    let state = context.state();
    let places: Vec<String> = state
        .topology
        .environments()
        .iter()
        .filter(|place| {
            state
                .pin(ruleset, place)
                .is_some_and(|pin| pin.version == *version)
        })
        .map(ToString::to_string)
        .collect();
    if places.is_empty() {
        "nowhere".to_owned()
    } else {
        format!(
            "{}; a recall moves no pin, so roll back there",
            places.join(", ")
        )
    }
}

/// Which acts are offered, and what stands against the others.
#[allow(missing_docs)]
pub(super) struct Acts {
    pub is_open: bool,
    pub carry_out_text: String,
    pub approve: Availability,
    pub reject: Availability,
    pub withdraw: Option<Availability>,
    pub execute_review: Availability,
    pub answer: Availability,
    pub comment: Availability,
    /// Present where the glass may be broken, or where it could if something else held.
    pub break_glass: Option<Availability>,
    pub glass: Option<GlassView>,
}

/// A broken glass.
#[allow(missing_docs)]
pub(super) struct GlassView {
    pub by: String,
    pub at: String,
    pub reason: String,
    pub blocked: String,
    pub is_open: bool,
    pub after_reviews: Vec<(String, String, String)>,
    pub look: Availability,
}

pub(super) fn acts(context: &ReviewContext) -> Acts {
    let (review, user) = (context.review, context.user);
    let is_open = review.status == ReviewStatus::Open;
    let ask = |command: Command| Availability::of(context.portal, user, Some(review), &command);
    let id = || review.id.clone();
    let fingerprint = context
        .gate
        .map(|gate| gate.fingerprint)
        .unwrap_or(rulegate_ledger::digest::Digest::ZERO);
    let evidence = || {
        context
            .gate
            .map(|gate| gate.evidence.clone())
            .unwrap_or_default()
    };
    let execute = |glass: Option<&str>| Command::Execute {
        review: id(),
        fingerprint,
        break_glass: glass.map(str::to_owned),
        evidence: evidence(),
    };
    let execute_review = ask(execute(None));
    Acts {
        is_open,
        carry_out_text: carry_out_text(review),
        approve: ask(Command::Approve {
            review: id(),
            fingerprint,
            note: String::new(),
            evidence: evidence(),
        }),
        reject: ask(Command::Reject {
            review: id(),
            reason: SOME_TEXT.into(),
        }),
        withdraw: (review.requester == user.person.account.id).then(|| {
            ask(Command::Withdraw {
                review: id(),
                reason: SOME_TEXT.into(),
            })
        }),
        answer: answer_offer(context),
        comment: ask(Command::Comment {
            review: id(),
            text: SOME_TEXT.into(),
        }),
        break_glass: (is_open && !execute_review.is_open())
            .then(|| ask(execute(Some(SOME_TEXT))))
            .filter(|_| may_break(context)),
        execute_review,
        glass: glass(context),
    }
}

fn carry_out_text(review: &Review) -> String {
    match (&review.subject, review.subject.version()) {
        (
            Subject::Activation {
                mode: rulegate_ledger::event::Mode::Rollback,
                ..
            },
            Some(version),
        ) => {
            format!("Roll back to {version}")
        }
        (Subject::Recall { .. }, Some(version)) => format!("Recall {version}"),
        (Subject::Policy { .. }, _) => "Put the policy in force".to_owned(),
        (_, Some(version)) => format!("Activate {version}"),
        (_, None) => "Execute".to_owned(),
    }
}

/// Breaking the glass is offered to those who may, and to nobody else.
fn may_break(context: &ReviewContext) -> bool {
    let blocked = context.gate.is_some_and(|gate| !gate.is_open());
    blocked
        && gate::scopes(context.review)
            .iter()
            .all(|scope| context.user.may(Act::BreakGlass, scope))
}

fn answer_offer(context: &ReviewContext) -> Availability {
    let Some(gate) = context.gate else {
        return Availability::unavailable("The review is closed.", "");
    };
    let Some((environment, hotfix, rule)) = gate
        .shown
        .rules()
        .find(|(_, _, rule)| !rule.verdict.is_contained())
    else {
        return Availability::default();
    };
    let command = Command::AnswerHotfix {
        review: context.review.id.clone(),
        environment: environment.clone(),
        hotfix: hotfix.clone(),
        paths: vec![rule.path.clone()],
        answer: Answer::LossAccepted {
            reason: SOME_TEXT.into(),
        },
        evidence: gate.evidence.clone(),
    };
    Availability::of(context.portal, context.user, Some(context.review), &command)
}

fn glass(context: &ReviewContext) -> Option<GlassView> {
    let glass = context.review.glass.as_ref()?;
    let command = Command::ReviewGlass {
        review: context.review.id.clone(),
        note: SOME_TEXT.into(),
    };
    let mut look = Availability::of(context.portal, context.user, Some(context.review), &command);
    if !look.is_open() && look.missing == Refusal::AlreadyLooked.message() {
        look.who = "Two others have to.".to_owned();
    }
    Some(GlassView {
        by: context.name(&glass.by),
        at: format::short_time(glass.at),
        reason: glass.reason.clone(),
        blocked: glass
            .blocked
            .iter()
            .map(|code| code.replace('_', " "))
            .collect::<Vec<_>>()
            .join(", "),
        is_open: glass.is_open(),
        after_reviews: glass
            .after_reviews
            .iter()
            .map(|(who, at, note)| (context.name(who), format::short_time(*at), note.clone()))
            .collect(),
        look,
    })
}
