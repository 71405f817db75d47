//! Whether what planned has may be without effect.
//!
//! ```text
//! base        | hotfix      | planned
//! - rule: A   | - rule: A   | - rule: A
//!   limit: 10 |   limit: 20 |   limit: 20         cannot tell: planned switches it off
//!             |             |   enabled: false
//! ```

use crate::verdict::conditions::is_doubtful;
use crate::verdict::doc::{Container, Fact, STEP};
use crate::verdict::facts::Draft;

/// Doubts all of a container's.
pub(super) fn doubt(drafts: &mut [Draft], reason: &str) {
    drafts.iter_mut().for_each(|draft| draft.doubt(reason));
}

/// Why a container may be without effect in planned though the hotfix's has one.
pub(super) fn without_effect(new: &Container, there: &Container) -> Option<String> {
    if let Some(condition) = there
        .conditions
        .iter()
        .find(|c| is_doubtful(c) && !new.conditions.contains(c))
    {
        return Some(format!("planned has it under {condition}"));
    }
    let switch = there.facts.iter().find(|fact| {
        is_off(fact)
            && !new
                .facts
                .iter()
                .any(|f| f.addr == fact.addr && f.value == fact.value)
    })?;
    Some(format!(
        "planned switches it off by {}: {}",
        switch.addr.replace(STEP, "."),
        switch.value
    ))
}

/// Ways of working in which a rule is looked at and stops nothing.
const ONLY_WATCHES: [&str; 11] = [
    "audit",
    "detect",
    "detectiononly",
    "disabled",
    "dryrun",
    "monitor",
    "none",
    "off",
    "report",
    "simulate",
    "test",
];

/// A switch in the position off.
fn is_off(fact: &Fact) -> bool {
    // Most facts are lines without a key.
    if fact.addr.is_empty() || fact.value.len() > 20 {
        return false;
    }
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let key = plain(fact.addr.rsplit(STEP).next().unwrap_or(""));
    let value = || plain(&fact.value);
    match key.as_str() {
        "enabled" | "enable" | "active" | "isenabled" => {
            ["false", "no", "off", "0", "n"].contains(&value().as_str())
        }
        "disabled" | "disable" | "isdisabled" | "skip" | "suppressed" | "noalert" | "dryrun"
        | "ignore" | "ignored" | "muted" | "silenced" => {
            ["true", "yes", "on", "1", "y"].contains(&value().as_str())
        }
        "mode" | "enforcement" | "enforcementaction" | "validationfailureaction" => {
            ONLY_WATCHES.contains(&value().as_str())
        }
        "count" | "replicas" => value() == "0",
        "when" | "if" => ["false", "0", "never"].contains(&value().as_str()),
        "status" | "state" => [
            "disabled",
            "inactive",
            "off",
            "unsupported",
            "deprecated",
            "removed",
        ]
        .contains(&value().as_str()),
        _ => false,
    }
}
