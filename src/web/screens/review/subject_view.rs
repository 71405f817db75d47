//! What a review would bring: a hotfix's changes with its caps, a policy's old and new numbers.

use super::Looked;
use crate::app::AppError;
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::review::Subject;
use crate::web::draft_view::{self, RuleDiff};
use crate::web::environment_view::At;
use crate::web::{address, format};

/// A hotfix in its review.
#[allow(missing_docs)]
pub(super) struct Content {
    pub version: String,
    pub on_top_of: String,
    pub environment: String,
    pub author: String,
    pub is_adopted: bool,
    pub incident: String,
    pub ends: At,
    pub href: String,
    pub rules: String,
    pub lines: String,
    /// How many approvals and why.
    pub caps: String,
    pub is_over_cap: bool,
    pub diffs: Vec<RuleDiff>,
    /// Rules not shown here; the comparison shows them.
    pub hidden: usize,
    pub compare_href: String,
}

pub(super) async fn content(looked: &Looked<'_>) -> Result<Option<Content>, AppError> {
    let (Some(ruleset), Subject::Hotfix { version, .. }) =
        (&looked.review.ruleset, &looked.review.subject)
    else {
        return Ok(None);
    };
    let state = looked.state();
    let hotfix = state
        .hotfix(ruleset, version)
        .ok_or_else(|| Refusal::UnknownHotfix {
            hotfix: version.clone(),
        })?;
    let draft = draft_view::of_hotfix(&looked.portal.app, hotfix).await?;
    let policy = state.policy();
    let rules = hotfix.changes.len();
    let is_over_cap = policy.over_cap(rules as u32, hotfix.lines_changed);
    let (hidden, diffs) = draft_view::rule_diffs(&draft);
    Ok(Some(Content {
        version: version.to_string(),
        on_top_of: hotfix.on_top_of.to_string(),
        environment: hotfix.environment.to_string(),
        author: if hotfix.adopts.is_some() {
            format!("unknown; adopted by {}", looked.name(&hotfix.author))
        } else {
            looked.name(&hotfix.author)
        },
        is_adopted: hotfix.adopts.is_some(),
        incident: hotfix.incident.clone(),
        ends: At::date(hotfix.ends_at),
        href: address::hotfix(ruleset, version),
        rules: format!("{rules}; the cap is {}", policy.hotfix_rules_max),
        lines: format!(
            "{}; the cap is {}",
            format::thousands(hotfix.lines_changed as usize),
            policy.hotfix_lines_max
        ),
        caps: draft_view::caps_words(&policy, rules as u32, hotfix.lines_changed),
        is_over_cap,
        diffs,
        hidden,
        compare_href: address::compare(ruleset, hotfix.on_top_of.as_str(), version.as_str()),
    }))
}

/// One number of the policy, in force and asked for.
#[allow(missing_docs)]
pub(super) struct PolicyRow {
    pub what: &'static str,
    pub old: String,
    pub new: String,
    pub is_changed: bool,
}

pub(super) fn policy(looked: &Looked) -> Vec<PolicyRow> {
    let Subject::Policy { policy } = &looked.review.subject else {
        return Vec::new();
    };
    let (old, new) = (numbers(&looked.state().policy()), numbers(policy));
    old.into_iter()
        .zip(new)
        .map(|((what, old), (_, new))| PolicyRow {
            what,
            is_changed: old != new,
            old,
            new,
        })
        .collect()
}

fn numbers(policy: &Policy) -> Vec<(&'static str, String)> {
    vec![
        (
            "approvals for an activation in production",
            policy.production_approvals.to_string(),
        ),
        (
            "approvals for an activation in soft launch",
            policy.soft_launch_approvals.to_string(),
        ),
        (
            "approvals for a hotfix",
            policy.hotfix_approvals.to_string(),
        ),
        (
            "approvals for a hotfix over its cap",
            policy.hotfix_over_cap_approvals.to_string(),
        ),
        (
            "approvals for a recall",
            policy.recall_approvals.to_string(),
        ),
        (
            "approvals for a change of policy",
            policy.policy_approvals.to_string(),
        ),
        (
            "rules a hotfix touches within its cap",
            policy.hotfix_rules_max.to_string(),
        ),
        (
            "lines a hotfix changes within its cap",
            policy.hotfix_lines_max.to_string(),
        ),
        ("paths a hotfix may touch", policy.hotfix_paths.join(", ")),
        (
            "longest life of a hotfix, in days",
            policy.hotfix_days_max.to_string(),
        ),
    ]
}
