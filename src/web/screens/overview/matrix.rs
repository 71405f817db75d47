//! Rule sets against environments.

use crate::web::environment_view::{PinView, Place};
use crate::web::{address, format};
use rulegate_domain::state::State;
use rulegate_ledger::ids::{RuleSetName, Timestamp};

/// The matrix: a row a rule set, a column an environment.
pub(super) struct Matrix {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

pub(super) struct Column {
    pub place: Place,
    /// The app is live at this site.
    pub is_live: bool,
}

pub(super) struct Row {
    pub name: String,
    pub href: String,
    pub versions: String,
    pub cells: Vec<PinView>,
}

impl Matrix {
    pub(super) fn of(state: &State, rulesets: &[RuleSetName], now: Timestamp) -> Matrix {
        let environments = state.topology.environments();
        let live = state.live_site();
        let columns = environments
            .iter()
            .map(|environment| Column {
                place: Place::of(environment),
                is_live: environment.site == *live,
            })
            .collect();
        let rows = rulesets
            .iter()
            .map(|ruleset| Row {
                name: ruleset.to_string(),
                href: address::ruleset(ruleset),
                versions: format::count(state.versions(ruleset).len(), "version", "versions"),
                cells: environments
                    .iter()
                    .map(|environment| PinView::of(state, ruleset, environment, now))
                    .collect(),
            })
            .collect();
        Matrix { columns, rows }
    }
}
