//! Addresses of pages about rule sets, versions, rules and comparisons.

use std::fmt::Display;

use super::format::url_encode;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{EntryRef, ReviewId, RuleSetName};
use rulegate_ledger::version::VersionName;

/// A rule set.
pub fn ruleset(ruleset: &RuleSetName) -> String {
    format!("/rulesets/{ruleset}")
}

/// A version of a rule set.
pub fn version(ruleset: &RuleSetName, version: &VersionName) -> String {
    format!(
        "/rulesets/{ruleset}/versions/{}",
        url_encode(version.as_str())
    )
}

/// One rule of a version.
pub fn rule(ruleset: &RuleSetName, of: &VersionName, path: &str) -> String {
    let parts: Vec<String> = path.split('/').map(url_encode).collect();
    format!("{}/rules/{}", version(ruleset, of), parts.join("/"))
}

/// A comparison of two: each a version's name, an environment or a checksum.
pub fn compare(ruleset: &RuleSetName, from: impl Display, to: impl Display) -> String {
    format!(
        "/rulesets/{ruleset}/compare?from={}&to={}",
        url_encode(&from.to_string()),
        url_encode(&to.to_string())
    )
}

/// The form that asks for an activation of a version in some environments.
pub fn activate(ruleset: &RuleSetName, version: &VersionName, targets: &[Environment]) -> String {
    let mut address = format!(
        "/rulesets/{ruleset}/activate?version={}",
        url_encode(version.as_str())
    );
    for target in targets {
        address.push_str("&target=");
        address.push_str(&url_encode(&target.to_string()));
    }
    address
}

/// A hotfix.
pub fn hotfix(ruleset: &RuleSetName, version: &VersionName) -> String {
    format!("/hotfixes/{ruleset}/{}", url_encode(version.as_str()))
}

/// The desk where a hotfix of another site is merged into what an environment runs.
pub fn merge(ruleset: &RuleSetName, hotfix: &VersionName, to: &Environment) -> String {
    format!(
        "/hotfixes/new/merge?ruleset={ruleset}&hotfix={}&environment={}",
        url_encode(hotfix.as_str()),
        url_encode(&to.to_string())
    )
}

/// Patch and draft of a hotfix that a planned version does not contain.
pub fn send_back(ruleset: &RuleSetName, hotfix: &VersionName, planned: &VersionName) -> String {
    format!(
        "{}/into/{}",
        self::hotfix(ruleset, hotfix),
        url_encode(planned.as_str())
    )
}

/// Observed drift of an environment.
pub fn drift(ruleset: &RuleSetName, environment: &Environment) -> String {
    format!("/drift/{ruleset}/{}/{}", environment.site, environment.lane)
}

/// A review.
pub fn review(review: &ReviewId) -> String {
    format!("/reviews/{review}")
}

/// A review with one rule of a hotfix opened.
pub fn review_rule(
    review: &ReviewId,
    environment: impl Display,
    hotfix: impl Display,
    path: &str,
) -> String {
    format!(
        "/reviews/{review}?rule={}&hotfix={}&env={}#rule",
        url_encode(path),
        url_encode(&hotfix.to_string()),
        url_encode(&environment.to_string())
    )
}

/// An entry of a ledger.
pub fn entry(entry: &EntryRef) -> String {
    format!("/ledger/{}/{}", entry.site, entry.seq)
}

/// An account, by its name.
pub fn account(name: &str) -> String {
    format!("/accounts/{}", url_encode(name))
}
