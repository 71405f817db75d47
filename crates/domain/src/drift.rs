//! What differs in an environment: from the plan, from the pin, between the sites. Three facts, never one.

use crate::state::State;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{RuleSetName, SiteName};
use rulegate_ledger::version::VersionName;

/// How a pin stands to the last planned version that went live there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgainstPlan {
    /// Nothing planned was ever activated there: there is nothing to compare with.
    NoBaseline,
    /// The pin holds the baseline's bytes.
    Same,
    /// The pin holds other bytes: an interim hotfix.
    Differs,
}

/// How a pin stands to the pin of the same lane at another site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgainstSite {
    /// The other site.
    pub site: SiteName,
    /// What it runs; none if nothing was ever activated there.
    pub version: Option<VersionName>,
    /// Which of the two was committed later.
    pub order: SiteOrder,
}

/// Which of two sites is further on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteOrder {
    /// The other site runs a version committed later.
    Behind,
    /// The other site runs a version committed earlier, or nothing.
    Ahead,
    /// Neither can be told.
    Apart,
}

impl State {
    /// *Differs from plan*; `None` if nothing runs there.
    pub fn against_plan(
        &self,
        ruleset: &RuleSetName,
        environment: &Environment,
    ) -> Option<AgainstPlan> {
        let track = self.track(ruleset, environment)?;
        Some(match &track.baseline {
            None => AgainstPlan::NoBaseline,
            Some(baseline) if baseline.checksum == track.current.checksum => AgainstPlan::Same,
            Some(_) => AgainstPlan::Differs,
        })
    }

    /// *Differs between sites*: sites whose pin of the same lane has another checksum, in the topology's
    /// order. Sites never heard of are left out: what they run is not known.
    pub fn against_sites(
        &self,
        ruleset: &RuleSetName,
        environment: &Environment,
    ) -> Vec<AgainstSite> {
        let Some(pin) = self.pin(ruleset, environment) else {
            return Vec::new();
        };
        let committed = |version: &VersionName| self.version(ruleset, version).map(|v| v.at);
        self.topology
            .sites
            .iter()
            .filter(|site| **site != environment.site && self.ledgers.contains_key(*site))
            .filter_map(|site| {
                let there = self.pin(ruleset, &Environment::new(site, &environment.lane));
                if there.is_some_and(|there| there.checksum == pin.checksum) {
                    return None;
                }
                let order = match there.map(|t| (committed(&t.version), committed(&pin.version))) {
                    None => SiteOrder::Ahead,
                    Some((Some(there), Some(here))) if there > here => SiteOrder::Behind,
                    Some((Some(there), Some(here))) if there < here => SiteOrder::Ahead,
                    Some(_) => SiteOrder::Apart,
                };
                Some(AgainstSite {
                    site: site.clone(),
                    version: there.map(|there| there.version.clone()),
                    order,
                })
            })
            .collect()
    }
}
