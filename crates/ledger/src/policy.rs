//! How many approvals what needs, and what a hotfix may touch. Changed only through a review.

use serde::{Deserialize, Serialize};

/// The installation's policy; folded over all ledgers, the newest wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Approvals to move a pin of the production lane.
    pub production_approvals: u32,
    /// Approvals to move a pin of any other lane.
    pub soft_launch_approvals: u32,
    /// Approvals for a hotfix within its caps.
    pub hotfix_approvals: u32,
    /// Approvals for a hotfix over one of its caps.
    pub hotfix_over_cap_approvals: u32,
    /// Approvals to declare a version bad.
    pub recall_approvals: u32,
    /// Approvals to change this policy.
    pub policy_approvals: u32,
    /// A hotfix that touches more rules than this is over the cap.
    pub hotfix_rules_max: u32,
    /// A hotfix that changes more lines than this is over the cap.
    pub hotfix_lines_max: u32,
    /// Glob patterns of the rule paths that a hotfix may touch; others are refused.
    pub hotfix_paths: Vec<String>,
    /// The longest life of a hotfix in days; a later end date is refused.
    pub hotfix_days_max: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            production_approvals: 1,
            soft_launch_approvals: 0,
            hotfix_approvals: 1,
            hotfix_over_cap_approvals: 2,
            recall_approvals: 1,
            policy_approvals: 1,
            hotfix_rules_max: 5,
            hotfix_lines_max: 60,
            hotfix_paths: vec!["**".to_owned()],
            hotfix_days_max: 90,
        }
    }
}

/// Why a policy is refused when saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum PolicyError {
    #[error(
        "{what} would need {needed} approvals, but only {people} people may approve and one of them asks: \
             nothing could ever be approved"
    )]
    Unsatisfiable {
        what: &'static str,
        needed: u32,
        people: u32,
    },
    #[error("production needs at least one approval: nobody moves production alone")]
    NobodyApproves { what: &'static str },
    #[error("{pattern:?} is not a path pattern: {problem}")]
    Pattern { pattern: String, problem: String },
    #[error("a hotfix may touch no path at all: give at least one pattern, '**' for every path")]
    NoPaths,
    #[error("a hotfix over its cap must need at least as many approvals as one within it")]
    CapNeedsLess,
}

impl Policy {
    /// Every number of approvals with what it is for.
    pub fn approvals(&self) -> [(&'static str, u32); 6] {
        [
            ("an activation in production", self.production_approvals),
            ("an activation in soft launch", self.soft_launch_approvals),
            ("a hotfix", self.hotfix_approvals),
            ("a hotfix over its cap", self.hotfix_over_cap_approvals),
            ("a recall", self.recall_approvals),
            ("a change of policy", self.policy_approvals),
        ]
    }

    /// Checks that the policy can be satisfied by `people` distinct persons who may approve, one of
    /// whom may be the one who asks.
    ///
    /// Errors: [`PolicyError`], the first problem.
    pub fn check(&self, people: u32) -> Result<(), PolicyError> {
        for (what, needed) in self.approvals() {
            if needed > people.saturating_sub(1) {
                return Err(PolicyError::Unsatisfiable {
                    what,
                    needed,
                    people,
                });
            }
        }
        for (what, needed) in self.approvals() {
            if needed == 0 && what != "an activation in soft launch" {
                return Err(PolicyError::NobodyApproves { what });
            }
        }
        if self.hotfix_over_cap_approvals < self.hotfix_approvals {
            return Err(PolicyError::CapNeedsLess);
        }
        if self.hotfix_paths.is_empty() {
            return Err(PolicyError::NoPaths);
        }
        for pattern in &self.hotfix_paths {
            globset::Glob::new(pattern).map_err(|e| PolicyError::Pattern {
                pattern: pattern.clone(),
                problem: e.kind().to_string(),
            })?;
        }
        Ok(())
    }

    /// True if a hotfix may touch this path. Patterns that do not parse match nothing.
    pub fn may_touch(&self, path: &str) -> bool {
        self.hotfix_paths.iter().any(|pattern| {
            globset::GlobBuilder::new(pattern)
                .literal_separator(true)
                .build()
                .is_ok_and(|glob| glob.compile_matcher().is_match(path))
        })
    }

    /// True if a hotfix of this size needs the higher number of approvals.
    pub fn over_cap(&self, rules: u32, lines: u32) -> bool {
        rules > self.hotfix_rules_max || lines > self.hotfix_lines_max
    }
}
