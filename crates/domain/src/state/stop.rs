//! Holds and freezes, and which are in force.

use imbl::OrdMap;

use super::State;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{AccountId, EntryRef, LaneName, RuleSetName, Timestamp};

/// A hold or a freeze.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Stop {
    pub id: EntryRef,
    /// Absent: every rule set.
    pub ruleset: Option<RuleSetName>,
    /// Absent: every lane of the site.
    pub lane: Option<LaneName>,
    pub by: AccountId,
    pub at: Timestamp,
    pub reason: String,
    /// Only for a freeze.
    pub until: Option<Timestamp>,
}

impl State {
    /// Holds in force for a rule set in an environment.
    pub fn holds(&self, ruleset: &RuleSetName, environment: &Environment) -> Vec<&Stop> {
        self.ledgers
            .get(&environment.site)
            .map_or(Vec::new(), |ledger| {
                stops(&ledger.holds, ruleset, environment)
            })
    }

    /// Freezes in force at `now` for a rule set in an environment.
    pub fn freezes(
        &self,
        ruleset: &RuleSetName,
        environment: &Environment,
        now: Timestamp,
    ) -> Vec<&Stop> {
        let Some(ledger) = self.ledgers.get(&environment.site) else {
            return Vec::new();
        };
        let mut freezes = stops(&ledger.freezes, ruleset, environment);
        freezes.retain(|freeze| freeze.until.is_none_or(|until| until > now));
        freezes
    }
}

fn stops<'a>(
    stops: &'a OrdMap<u64, Stop>,
    ruleset: &RuleSetName,
    environment: &Environment,
) -> Vec<&'a Stop> {
    stops
        .values()
        .filter(|stop| stop.ruleset.as_ref().is_none_or(|name| name == ruleset))
        .filter(|stop| {
            stop.lane
                .as_ref()
                .is_none_or(|lane| *lane == environment.lane)
        })
        .collect()
}
