//! Rule sets against environments, and what is not known of the other site.

use crate::app::App;
use crate::domain::ids::{RuleSetName, Timestamp};
use crate::domain::state::State;
use crate::web::environment_view::{PinView, Place};
use crate::web::page::Notice;
use crate::web::{address, format};

/// After so long without a word the other site counts as silent: the reader asks it every second, and a
/// reader under load may miss a few.
const SILENT_US: i64 = 15 * 1_000_000;

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

/// What this site does not know of the other: set if it is silent, was never heard, or is ahead of our copy.
pub(super) fn other_site(app: &App, state: &State, now: Timestamp) -> Option<Notice> {
    let other = state
        .topology
        .sites
        .iter()
        .find(|site| **site != state.own)?;
    let peer = app.peer.load();
    let copied = state.head(other).seq;
    let warn = |text| Some(Notice { kind: "warn", text });
    let Some(heard_at) = peer.heard_at else {
        return warn(format!(
            "{other} has not been heard from: what it runs is not known at {}.",
            state.own
        ));
    };
    let heard = format!(
        "last heard {}, {} ago",
        format::long_time(heard_at),
        format::ago(heard_at, now)
    );
    if now.0 - heard_at.0 > SILENT_US || !app.is_linked() {
        return warn(format!(
            "{other} is silent: {heard}. {other} as shown here is as of its entry {copied}; later entries are unknown."
        ));
    }
    let behind = peer.head_seq.saturating_sub(copied);
    (behind > 0).then(|| Notice {
        kind: "info",
        text: format!(
            "{} of {other} are on their way here ({heard}).",
            format::count(behind as usize, "entry", "entries")
        ),
    })
}
