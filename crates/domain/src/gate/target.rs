//! Checks of the target environments: open hotfixes, drift, stops, and what runs there.

use crate::check::{Check, CheckKind};
use crate::defect::{Defect, is_left_out};
use crate::judgement::Evidence;
use crate::state::State;
use rulegate_ledger::access::Act;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{RuleSetName, Timestamp};
use rulegate_ledger::review::Shown;
use rulegate_ledger::text::counted;
use rulegate_ledger::version::VersionName;

pub(super) fn hotfixes_answered(shown: &Shown, evidence: &[Evidence]) -> Check {
    let kind = CheckKind::HotfixesAnswered;
    let open = shown.unanswered().len();
    let lost = shown
        .rules()
        .filter(|(_, _, rule)| !rule.verdict.is_contained())
        .count();
    if open > 0 && !is_left_out(Defect::HotfixAnswers) {
        let sent_back = shown.sent_back();
        let mut words = Vec::new();
        if open > sent_back {
            words.push(counted(
                open - sent_back,
                "rule needs a decision",
                "rules need a decision",
            ));
        }
        if sent_back > 0 {
            words.push(counted(
                sent_back,
                "rule was sent back",
                "rules were sent back",
            ));
        }
        let words = words.join(", ");
        return Check::block(kind, words, vec![Act::AnswerHotfix]);
    }
    match (evidence.len(), lost) {
        (0, _) => Check::pass(kind, "no open hotfix in a target"),
        (_, 0) => Check::pass(kind, "contained by verdict"),
        (_, lost) => {
            let rules = counted(lost, "rule", "rules");
            Check::pass(kind, format!("{rules} answered by a person"))
        }
    }
}

pub(super) fn no_drift(
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
                drift.at.minute(),
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
pub(super) fn no_drift_but(
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

pub(super) fn no_stop(
    state: &State,
    ruleset: &RuleSetName,
    targets: &[Environment],
    now: Timestamp,
) -> Check {
    let kind = CheckKind::NoFreezeOrHold;
    for target in targets {
        if let Some(freeze) = state.freezes(ruleset, target, now).first() {
            let until = freeze
                .until
                .map_or(String::new(), |until| format!(" until {}", until.minute()));
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

pub(super) fn on_top_of_pin(
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
            if pin.checksum == checksum || is_left_out(Defect::OnTopOfPin) =>
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
