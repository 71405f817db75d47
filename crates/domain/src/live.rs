//! The site where the app is live against the cold one: what the cold site would serve, and how long the app has
//! been away from the primary.

use crate::state::{AcceptedDifference, State};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{LaneName, RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

/// A lane in which a cold site runs other bytes than the live one.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct ColdDifference<'a> {
    pub ruleset: RuleSetName,
    pub cold: Environment,
    pub live: Environment,
    /// What the cold site would serve; none if nothing was ever activated there.
    pub cold_version: Option<VersionName>,
    /// What the live site serves; none likewise.
    pub live_version: Option<VersionName>,
    /// Somebody accepted exactly this difference.
    pub accepted: Option<&'a AcceptedDifference>,
}

impl ColdDifference<'_> {
    /// The difference as a sentence without a full stop.
    pub fn words(&self) -> String {
        let name = |version: &Option<VersionName>| {
            version
                .as_ref()
                .map_or("nothing".to_owned(), ToString::to_string)
        };
        format!(
            "{} would serve {} {}, {} serves {}",
            self.cold,
            self.ruleset,
            name(&self.cold_version),
            self.live,
            name(&self.live_version)
        )
    }
}

/// How urgent a long stay away from the primary has become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// A few hours, nothing to bring back.
    Quiet,
    /// Changes are to be brought back, or it takes longer than a shift.
    Growing,
    /// More than a day, or many changes.
    Loud,
}

/// The app is live away from the primary site.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Stay {
    pub since: Timestamp,
    pub hours: u64,
    /// Hotfixes in effect there and neither here nor decided about.
    pub not_transferred: Vec<(RuleSetName, VersionName)>,
    pub urgency: Urgency,
}

/// A stay of more hours than a shift grows loud by itself.
const HOURS_GROWING: u64 = 8;
/// Beyond a day it is no short stay any more.
const HOURS_LOUD: u64 = 24;
/// So many changes that are not brought back make it loud.
const CHANGES_LOUD: usize = 3;

impl State {
    /// Since when the app has been live where it is; none if nobody ever declared it.
    pub fn live_since(&self) -> Option<Timestamp> {
        self.ledgers
            .iter()
            .filter_map(|(site, ledger)| ledger.live.as_ref().map(|(at, _)| (*at, site)))
            .max()
            .map(|(at, _)| at)
    }

    /// Lanes whose pins at cold sites hold other bytes than at the live one, by rule set and lane.
    pub fn cold_differences(&self) -> Vec<ColdDifference<'_>> {
        let live_site = self.live_site();
        let mut found = Vec::new();
        for ruleset in self.rulesets() {
            for lane in &self.topology.lanes {
                let cold = self.topology.sites.iter().filter(|site| *site != live_site);
                for site in cold {
                    let cold = Environment::new(site, lane);
                    let live = Environment::new(live_site, lane);
                    found.extend(self.cold_difference(&ruleset, cold, live));
                }
            }
        }
        found
    }

    fn cold_difference(
        &self,
        ruleset: &RuleSetName,
        cold: Environment,
        live: Environment,
    ) -> Option<ColdDifference<'_>> {
        let (here, there) = (self.pin(ruleset, &cold), self.pin(ruleset, &live));
        if here.map(|pin| pin.checksum) == there.map(|pin| pin.checksum) {
            return None;
        }
        Some(ColdDifference {
            accepted: self.accepted_difference(ruleset, &cold, &live),
            ruleset: ruleset.clone(),
            cold_version: here.map(|pin| pin.version.clone()),
            live_version: there.map(|pin| pin.version.clone()),
            cold,
            live,
        })
    }

    fn accepted_difference(
        &self,
        ruleset: &RuleSetName,
        cold: &Environment,
        live: &Environment,
    ) -> Option<&AcceptedDifference> {
        let key: (RuleSetName, LaneName) = (ruleset.clone(), cold.lane.clone());
        let accepted = self.ledgers.get(&cold.site)?.accepted.get(&key)?;
        let holds = accepted.live == *live
            && self.pin(ruleset, cold).map(|pin| pin.checksum) == Some(accepted.checksum)
            && self.pin(ruleset, live).map(|pin| pin.checksum) == Some(accepted.live_checksum);
        holds.then_some(accepted.as_ref())
    }

    /// The stay away from the primary site, if there is one.
    pub fn stay(&self, now: Timestamp) -> Option<Stay> {
        let primary = self.topology.sites.first()?;
        if self.live_site() == primary {
            return None;
        }
        let since = self.live_since()?;
        let hours = u64::try_from((now.0 - since.0) / 3_600_000_000).unwrap_or(0);
        let live = self.live_site();
        let not_transferred: Vec<_> = self
            .offered_transfers(primary)
            .into_iter()
            .filter(|offered| offered.from.site == *live)
            .map(|offered| {
                (
                    offered.hotfix.ruleset.clone(),
                    offered.hotfix.version.clone(),
                )
            })
            .collect();
        let urgency = if hours >= HOURS_LOUD || not_transferred.len() >= CHANGES_LOUD {
            Urgency::Loud
        } else if hours >= HOURS_GROWING || !not_transferred.is_empty() {
            Urgency::Growing
        } else {
            Urgency::Quiet
        };
        Some(Stay {
            since,
            hours,
            not_transferred,
            urgency,
        })
    }
}
