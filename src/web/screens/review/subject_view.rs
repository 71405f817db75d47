//! What a review would bring: a hotfix's changes with its caps, a policy's old and new numbers.

use std::collections::BTreeMap;

use super::{ReviewContext, seen};
use crate::app::AppError;
use crate::web::draft_view::{self, RuleDiff, Whose};
use crate::web::environment_view::TimeView;
use crate::web::hotfix_lines;
use crate::web::{address, format};
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::manifest::Change;
use rulegate_ledger::policy::Policy;
use rulegate_ledger::review::Subject;

/// A hotfix in its review.
#[allow(missing_docs)]
pub(super) struct Content {
    pub version: String,
    pub on_top_of: String,
    pub environment: String,
    pub author: String,
    pub is_adopted: bool,
    pub incident: String,
    pub ends: TimeView,
    pub href: String,
    pub rules: String,
    pub lines: String,
    /// How many approvals and why.
    pub caps: String,
    pub is_over_cap: bool,
    pub diffs: Vec<ContentRule>,
    /// `7 of 12 seen`, its two numbers, and how the rest is marked.
    pub seen_words: String,
    pub seen: usize,
    pub total: usize,
    /// Rules not shown here; the comparison shows them.
    pub hidden: usize,
    pub compare_href: String,
}

/// One rule of it.
#[allow(missing_docs)]
pub(super) struct ContentRule {
    pub diff: RuleDiff,
    /// Empty but for the first that this person has not seen.
    pub id: &'static str,
    pub is_seen: bool,
    pub shown: String,
}

/// The rules shown, those not seen unfolded as before, those seen folded.
fn with_marks(
    context: &ReviewContext,
    changes: &[Change],
    diffs: Vec<RuleDiff>,
) -> Vec<ContentRule> {
    let sights: BTreeMap<&str, Digest> = changes
        .iter()
        .map(|change| (change.path.as_str(), seen::sight(change, None, None)))
        .collect();
    let mut id = "rule";
    let rules = diffs.into_iter().map(|mut diff| {
        let sight = sights.get(diff.path.as_str()).copied();
        let sight = sight.unwrap_or(Digest::ZERO);
        let is_seen = context.seen.contains(&sight);
        let is_first = !is_seen && !id.is_empty();
        diff.is_open = is_first || diff.is_open && !is_seen;
        ContentRule {
            diff,
            id: if is_first {
                std::mem::take(&mut id)
            } else {
                ""
            },
            is_seen,
            shown: seen::shown(std::iter::once(sight)).to_string(),
        }
    });
    rules.collect()
}

pub(super) async fn content(context: &ReviewContext<'_>) -> Result<Option<Content>, AppError> {
    let (Some(ruleset), Subject::Hotfix { version, .. }) =
        (&context.review.ruleset, &context.review.subject)
    else {
        return Ok(None);
    };
    let state = context.state();
    let hotfix = state
        .hotfix(ruleset, version)
        .ok_or_else(|| Refusal::UnknownHotfix {
            hotfix: version.clone(),
        })?;
    let draft = draft_view::of_hotfix(&context.portal.app, hotfix).await?;
    let policy = state.policy();
    let rules = hotfix.changes.len();
    let is_over_cap = policy.over_cap(rules as u32, hotfix.lines_changed);
    let whose = Whose::Hotfix {
        note: hotfix_lines::note(context.portal, hotfix),
    };
    let (hidden, diffs) =
        draft_view::rule_diffs(context.portal, context.user, ruleset, &draft, &whose).await?;
    let is_seen = |change: &&Change| context.seen.contains(&seen::sight(change, None, None));
    let seen = hotfix.changes.iter().filter(is_seen).count();
    Ok(Some(Content {
        version: version.to_string(),
        on_top_of: hotfix.on_top_of.to_string(),
        environment: hotfix.environment.to_string(),
        author: if hotfix.adopts.is_some() {
            format!("unknown; adopted by {}", context.name(&hotfix.author))
        } else {
            context.name(&hotfix.author)
        },
        is_adopted: hotfix.adopts.is_some(),
        incident: hotfix.incident.clone(),
        ends: TimeView::date(hotfix.ends_at),
        href: address::hotfix(ruleset, version),
        rules: format!("{rules}; the cap is {}", policy.hotfix_rules_max),
        lines: format!(
            "{}; the cap is {}",
            format::thousands(hotfix.lines_changed as usize),
            policy.hotfix_lines_max
        ),
        caps: draft_view::caps_words(&policy, rules as u32, hotfix.lines_changed),
        is_over_cap,
        diffs: with_marks(context, &hotfix.changes, diffs),
        seen_words: format!("{seen} of {rules} seen"),
        seen,
        total: rules,
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

pub(super) fn policy(context: &ReviewContext) -> Vec<PolicyRow> {
    let Subject::Policy { policy } = &context.review.subject else {
        return Vec::new();
    };
    let (old, new) = (numbers(&context.state().policy()), numbers(policy));
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
