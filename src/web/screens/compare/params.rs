//! What the address of a comparison asks for, ready for drawing.

use std::sync::Arc;

use super::Comparison;
use crate::app::hotfix_lines::{self, Verdicts};
use rulegate_compare::diff::Gap;
use rulegate_domain::state::{Hotfix, State};
use rulegate_ledger::ids::RuleSetName;

/// What the address asks of every rule.
#[derive(Clone)]
pub(super) struct Params {
    pub ruleset: RuleSetName,
    pub query: Comparison,
    /// Old line, new line and number of hidden lines to show.
    pub gap: Option<(u32, u32, u32)>,
    /// What the new side does to the hotfix that is the old side.
    pub verdicts: Option<Arc<Verdicts>>,
    /// Open hotfixes of the rule set: their lines are marked.
    pub hotfixes: Vec<Arc<Hotfix>>,
}

impl Params {
    pub fn new(
        state: &State,
        ruleset: &RuleSetName,
        query: &Comparison,
        verdicts: Option<Verdicts>,
    ) -> Params {
        let mut numbers = query.gap.split('-').map(|number| number.parse().ok());
        let gap = match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Some(old)), Some(Some(new)), Some(Some(count))) => Some((old, new, count)),
            _ => None,
        };
        Params {
            ruleset: ruleset.clone(),
            query: query.clone(),
            gap,
            verdicts: verdicts.map(Arc::new),
            hotfixes: hotfix_lines::open(state, ruleset),
        }
    }

    /// One rule has the page to itself.
    pub fn is_alone(&self) -> bool {
        !self.query.path.is_empty()
    }

    /// The page of one rule.
    pub fn href(&self, path: &str) -> String {
        self.query.address(&self.ruleset, &self.query.view, path)
    }

    /// The page of one rule with a hidden stretch shown.
    pub fn gap_href(&self, path: &str, skip: usize, gap: &Gap) -> String {
        let (old, new, hidden) = (gap.old, gap.new, gap.hidden);
        format!(
            "{}&skip={skip}&gap={old}-{new}-{hidden}#g{new}",
            self.href(path)
        )
    }
}
