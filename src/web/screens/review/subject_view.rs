//! What a review would bring: a hotfix's changes with its caps, a policy's old and new numbers.

use std::collections::BTreeMap;

use super::{ReviewContext, seen};
use crate::app::AppError;
use crate::web::address;
use crate::web::draft_view::{self, RuleDiff, Whose};
use crate::web::hotfix_lines;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::Hotfix;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::manifest::Change;
use rulegate_ledger::policy::Policy;
use rulegate_ledger::review::Subject;

/// A hotfix in its review.
#[allow(missing_docs)]
pub(super) struct Content<'a> {
    pub hotfix: &'a Hotfix,
    pub policy: Policy,
    /// Its rules; more stand in the comparison.
    pub rules: Vec<ContentRule>,
    pub hidden: usize,
    /// Rules that this person has marked as seen.
    pub seen: usize,
}

impl Content<'_> {
    /// How many rules and lines it changes.
    fn size(&self) -> (u32, u32) {
        let rules = self.hotfix.changes.len();
        (rules as u32, self.hotfix.lines_changed)
    }
    /// How many approvals and why.
    pub fn needs(&self) -> String {
        let (rules, lines) = self.size();
        draft_view::caps_words(&self.policy, rules, lines)
    }
    pub fn is_over_cap(&self) -> bool {
        let (rules, lines) = self.size();
        self.policy.over_cap(rules, lines)
    }
    /// `7 of 12 seen`.
    pub fn seen_words(&self) -> String {
        format!("{} of {} seen", self.seen, self.hotfix.changes.len())
    }
    pub fn compare_href(&self) -> String {
        let Hotfix {
            on_top_of, version, ..
        } = self.hotfix;
        address::compare(&self.hotfix.ruleset, on_top_of.as_str(), version.as_str())
    }
}

/// One rule of it.
#[allow(missing_docs)]
pub(super) struct ContentRule {
    pub diff: RuleDiff,
    /// Empty but for the first that this person has not seen.
    pub id: &'static str,
    pub is_seen: bool,
    /// What it shows, for the mark that it was seen.
    pub sight: Digest,
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
            sight: seen::shown(std::iter::once(sight)),
        }
    });
    rules.collect()
}

pub(super) async fn content<'a>(
    context: &ReviewContext<'a>,
) -> Result<Option<Content<'a>>, AppError> {
    let (Some(ruleset), Subject::Hotfix { version, .. }) =
        (&context.review.ruleset, &context.review.subject)
    else {
        return Ok(None);
    };
    let hotfix = context.state().hotfix(ruleset, version);
    let hotfix = hotfix.ok_or_else(|| Refusal::UnknownHotfix {
        hotfix: version.clone(),
    })?;
    let draft = draft_view::of_hotfix(&context.portal.app, hotfix).await?;
    let whose = Whose::Hotfix {
        note: hotfix_lines::note(context.portal, hotfix),
    };
    let (hidden, diffs) =
        draft_view::rule_diffs(context.portal, context.user, ruleset, &draft, &whose).await?;
    let is_seen = |change: &&Change| context.seen.contains(&seen::sight(change, None, None));
    Ok(Some(Content {
        hotfix,
        policy: context.state().policy(),
        rules: with_marks(context, &hotfix.changes, diffs),
        hidden,
        seen: hotfix.changes.iter().filter(is_seen).count(),
    }))
}

/// One number of the policy, in force and asked for.
#[allow(missing_docs)]
pub(super) struct PolicyRow {
    pub what: &'static str,
    pub old: String,
    pub new: String,
}

pub(super) fn policy(context: &ReviewContext) -> Vec<PolicyRow> {
    let Subject::Policy { policy } = &context.review.subject else {
        return Vec::new();
    };
    let (old, new) = (numbers(&context.state().policy()), numbers(policy));
    old.into_iter()
        .zip(new)
        .map(|((what, old), (_, new))| PolicyRow { what, old, new })
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
