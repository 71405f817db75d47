//! Words that sentences are made of: what people typed, counts, days, subjects, findings.

use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{DriftFinding, Finding, Mode, PairFinding};
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::invisible::hides_in_prose;
use rulegate_ledger::policy::Policy;
use rulegate_ledger::review::Subject;
use rulegate_ledger::text::counted;

/// Characters of a person's text that a list shows; the entry's own page shows all of it.
const QUOTE_LENGTH_MAX: usize = 200;

/// A text that somebody typed, on one line, with characters that hide or turn text made visible.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.push(' '),
            c if hides_in_prose(c) => {
                shown.push_str(&format!("‹U+{:04X}›", c as u32));
            }
            c => shown.push(c),
        }
    }
    shown
}

pub(super) fn quoted(text: &str) -> String {
    let shown = visible(text.trim());
    let mut short: String = shown.chars().take(QUOTE_LENGTH_MAX).collect();
    if short.len() < shown.len() {
        short.push('…');
    }
    format!("“{short}”")
}

/// Parts that are not empty, joined.
pub(super) fn joined(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

pub(super) fn size(rules: usize, lines: u32) -> String {
    format!(
        "{}, {}",
        counted(rules, "rule", "rules"),
        counted(lines as usize, "line", "lines")
    )
}

/// What a review asks for: `activate owasp-crs 4.18.0 in ipc2/prod, ipc1/prod`.
pub fn subject_words(subject: &Subject, ruleset: Option<&RuleSetName>) -> String {
    let ruleset = ruleset.map_or(String::new(), |name| format!("{name} "));
    match subject {
        Subject::Activation {
            version,
            targets,
            mode,
            ..
        } => {
            let verb = match mode {
                Mode::Rollback => "roll back to",
                _ => "activate",
            };
            let targets: Vec<String> = targets.iter().map(Environment::to_string).collect();
            format!("{verb} {ruleset}{version} in {}", targets.join(", "))
        }
        Subject::Hotfix {
            version,
            environment,
            ..
        } => match subject.is_transfer() {
            true => format!("bring hotfix {ruleset}{version} to {environment}"),
            false => format!("hotfix {ruleset}{version} in {environment}"),
        },
        Subject::Recall { version, .. } => format!("recall {ruleset}{version}"),
        Subject::Policy { .. } => "change the policy".to_owned(),
    }
}

/// What two hotfixes are to each other, in words.
pub fn pair_words(finding: PairFinding) -> &'static str {
    match finding {
        PairFinding::SameBytes => "same bytes",
        PairFinding::SameEffect => "same effect",
        PairFinding::Conflict => "conflict: each lacks something of the other",
    }
}

pub(super) fn verdict_word(verdict: &rulegate_compare::verdict::Verdict) -> String {
    serde_json::to_value(verdict)
        .ok()
        .and_then(|value| value.as_str().map(|word| word.replace('-', " ")))
        .unwrap_or_default()
}

pub(super) fn drift_words(drift: &[DriftFinding]) -> String {
    let mut at_risk = Vec::new();
    let mut contained = 0;
    for found in drift {
        match &found.finding {
            Finding::MayOverride {
                hotfixes,
                observations,
            } => {
                let mut what: Vec<String> = hotfixes.iter().map(|h| h.hotfix.to_string()).collect();
                if !observations.is_empty() {
                    what.push("observed drift".to_owned());
                }
                at_risk.push(format!("{} in {}", what.join(", "), found.environment));
            }
            Finding::HotfixesContained { hotfixes } => contained += hotfixes.len(),
            Finding::NoBaseline | Finding::NoInterimHotfix => {}
        }
    }
    match (at_risk.is_empty(), contained) {
        (false, _) => format!("may override {}", at_risk.join("; ")),
        (true, 0) => "no interim hotfix at release time".to_owned(),
        (true, count) => format!(
            "contains {}",
            counted(count, "open hotfix", "open hotfixes")
        ),
    }
}

pub(super) fn policy_words(policy: &Policy) -> String {
    let numbers: Vec<String> = policy
        .approvals()
        .iter()
        .map(|(what, needed)| format!("{what} {needed}"))
        .collect();
    format!("approvals: {}", numbers.join(", "))
}
