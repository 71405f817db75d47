//! The gate with its checks, and what would follow.

use std::collections::BTreeSet;

use super::ReviewContext;
use crate::web::{address, availability, format};
use rulegate_domain::gate::{self, Check, CheckKind, Gate, Outcome};
use rulegate_ledger::access::Act;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::review::{Answer, ShownHotfix, ShownRule, Subject};

/// One check.
#[allow(missing_docs)]
pub(super) struct CheckView {
    pub state: &'static str,
    pub title: &'static str,
    pub detail: String,
    /// Where it is cleared, with the link's text.
    pub href: String,
    pub link: &'static str,
}

impl ReviewContext<'_> {
    /// What is shown, for a form that may turn out stale.
    pub(super) fn shown_json(&self) -> String {
        serde_json::to_string(&self.shown()).unwrap_or_default()
    }

    pub(super) fn checks(&self, gate: &Gate) -> Vec<CheckView> {
        let view = |check: &Check| {
            let (href, link) = self.cleared_at(gate, check.kind);
            let who = self.approvers_left(gate, check);
            let mut parts = vec![check.evidence.clone(), who.unwrap_or(check.remedy())];
            parts.retain(|part| !part.is_empty());
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
        };
        gate.checks.iter().map(view).collect()
    }

    /// For missing approvals: the people who could still give one.
    fn approvers_left(&self, gate: &Gate, check: &Check) -> Option<String> {
        if check.kind != CheckKind::Approvals || check.outcome == Outcome::Pass {
            return None;
        }
        let parties = gate::parties(self.state(), self.review).into_iter();
        let mut not: BTreeSet<_> = parties.map(|(party, _)| party).collect();
        not.extend(gate.counted.iter().cloned());
        let scope = gate::scopes(self.review).first().cloned();
        Some(availability::who_may(
            self.portal,
            self.user,
            Act::Approve,
            &scope.unwrap_or_default(),
            &not,
        ))
    }

    fn cleared_at(&self, gate: &Gate, kind: CheckKind) -> (String, &'static str) {
        if kind == CheckKind::Approvals {
            return ("#decide".into(), "decide");
        }
        let Some(ruleset) = &self.review.ruleset else {
            return (String::new(), "");
        };
        let version = self.review.subject.version();
        let version = version.map_or(String::new(), |v| address::version(ruleset, v));
        match kind {
            CheckKind::SameChecksum => (version, "proof"),
            CheckKind::PassedSoftLaunch => (format!("{version}#soft-launch"), "see"),
            CheckKind::HotfixesAnswered if !gate.evidence.is_empty() => ("#hotfix-1".into(), "go"),
            CheckKind::HotfixesAnswered => (format!("/hotfixes?ruleset={ruleset}"), "see"),
            CheckKind::NoUnexplainedDrift => (self.drift_href(ruleset), "drift"),
            CheckKind::VerifiedAtTargets | CheckKind::NoFreezeOrHold => ("/sites".into(), "sites"),
            CheckKind::OnTopOfPin => (address::ruleset(ruleset), "see"),
            CheckKind::Approvals | CheckKind::NotRecalled => (version, "see"),
        }
    }

    /// The drift that blocks, else all of it.
    fn drift_href(&self, ruleset: &RuleSetName) -> String {
        let targets = self.review.subject.targets();
        let mut open = targets.iter().filter(|target| {
            let drift = self.state().open_drift(ruleset, target, self.user.now);
            drift.is_some()
        });
        open.next().map_or("/drift".to_owned(), |environment| {
            address::drift(ruleset, environment)
        })
    }

    /// What follows, each with what it is about.
    pub(super) fn effects(&self, gate: &Gate) -> Vec<(&'static str, String)> {
        let targets = &gate.shown.targets;
        let hotfixes: Vec<&ShownHotfix> = targets.iter().flat_map(|t| &t.hotfixes).collect();
        let way_back = targets.first().and_then(|target| target.pin.as_ref());
        let way_back = way_back.map(|pin| ("way back", pin.to_string()));
        match &self.review.subject {
            Subject::Activation { .. } | Subject::Hotfix { .. } => {
                let is_activation = matches!(self.review.subject, Subject::Activation { .. });
                let closed = match hotfixes.is_empty() {
                    true => is_activation.then(|| "none".to_owned()),
                    false => Some(fate(&hotfixes)),
                };
                let closed = closed.map(|fate| ("hotfixes closed", fate));
                [closed, way_back].into_iter().flatten().collect()
            }
            Subject::Recall { .. } => {
                let nowhere = "it may be activated nowhere, under any name".to_owned();
                vec![("from then on", nowhere), ("running now", self.running())]
            }
            Subject::Policy { .. } => {
                let everywhere = "the new numbers hold at every site".to_owned();
                vec![("from then on", everywhere)]
            }
        }
    }

    /// Where the version of a recall runs now: a recall moves no pin.
    fn running(&self) -> String {
        let (Some(ruleset), Some(version)) = (&self.review.ruleset, self.review.subject.version())
        else {
            return String::new();
        };
        let state = self.state();
        let runs_it = |place: &&rulegate_ledger::environment::Environment| {
            let pin = state.pin(ruleset, place);
            pin.is_some_and(|pin| pin.version == *version)
        };
        let places = state.topology.environments();
        let places: Vec<String> = places
            .iter()
            .filter(runs_it)
            .map(ToString::to_string)
            .collect();
        match places.is_empty() {
            true => "nowhere".to_owned(),
            false => format!(
                "{}; a recall moves no pin, so roll back there",
                places.join(", ")
            ),
        }
    }
}

fn fate(hotfixes: &[&ShownHotfix]) -> String {
    let is_lost = |rule: &&ShownRule| {
        !rule.verdict.is_contained() && matches!(rule.answer, Some(Answer::LossAccepted { .. }))
    };
    let (settled, open): (Vec<&ShownHotfix>, Vec<&ShownHotfix>) = hotfixes
        .iter()
        .partition(|hotfix| hotfix.rules.iter().all(ShownRule::is_settled));
    let discarded = settled
        .iter()
        .filter(|hotfix| hotfix.rules.iter().any(|rule| is_lost(&rule)))
        .count();
    let absorbed = settled.len() - discarded;
    let lost = hotfixes
        .iter()
        .flat_map(|hotfix| &hotfix.rules)
        .filter(is_lost)
        .count();
    let mut parts = Vec::new();
    if absorbed > 0 {
        parts.push(format!("{absorbed} absorbed"));
    }
    if discarded > 0 {
        let rules = format::count(lost, "rule", "rules");
        parts.push(format!("{discarded} discarded, with {rules} lost"));
    }
    if !open.is_empty() {
        parts.push(format!("{} not answered yet", open.len()));
    }
    parts.join(", ")
}
