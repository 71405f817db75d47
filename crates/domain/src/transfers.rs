//! What exists at one site only, and which hotfixes of the other site may be brought here.

use std::sync::Arc;

use crate::state::{Hotfix, State, Transfer};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::PairOutcome;
use rulegate_ledger::ids::{RuleSetName, SiteName};
use rulegate_ledger::version::VersionName;

/// How a hotfix of the other site could come here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// What runs here is what it was made on: it goes live as it is.
    FastForward,
    /// Something else runs here: it has to be merged, rule by rule, by a person.
    Merge,
    /// Its bytes are not here yet.
    Absent,
    /// Nothing was ever activated here.
    NothingPinned,
}

/// A hotfix that is in effect at another site and not here, and that nobody has decided about here.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct OfferedTransfer<'a> {
    pub hotfix: &'a Arc<Hotfix>,
    pub from: Environment,
    pub to: Environment,
    pub way: Way,
}

/// A version that is at some sites only.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct OnlyAt {
    pub ruleset: RuleSetName,
    pub version: VersionName,
    pub at: Vec<SiteName>,
    pub missing: Vec<SiteName>,
}

impl State {
    /// Hotfixes open in production of other sites, neither in effect in production of `site` nor decided about
    /// there, by rule set, oldest first. One that itself brought a hotfix of `site` back is no news.
    pub fn offered_transfers(&self, site: &SiteName) -> Vec<OfferedTransfer<'_>> {
        let to = Environment::new(site, self.topology.production());
        let mut offered = Vec::new();
        for ruleset in self.rulesets() {
            for from in self.other_production(site) {
                for hotfix in self.open_hotfixes(&ruleset, &from) {
                    if !self.is_settled_at(hotfix, &to) {
                        offered.push(OfferedTransfer {
                            hotfix,
                            way: self.way(hotfix, &to),
                            from: from.clone(),
                            to: to.clone(),
                        });
                    }
                }
            }
        }
        offered
    }

    /// What was decided at a site about a hotfix of another.
    pub fn transfer(
        &self,
        site: &SiteName,
        ruleset: &RuleSetName,
        hotfix: &VersionName,
    ) -> Option<&Transfer> {
        let key = (ruleset.clone(), hotfix.clone());
        self.ledgers.get(site)?.transfers.get(&key)
    }

    /// Versions of a rule set that are not at every site, newest first.
    pub fn only_at(&self, ruleset: &RuleSetName) -> Vec<OnlyAt> {
        let versions = self.versions(ruleset).into_iter().map(|(name, _)| name);
        versions
            .filter_map(|version| {
                let (at, missing): (Vec<_>, Vec<_>) = self
                    .topology
                    .sites
                    .iter()
                    .cloned()
                    .partition(|site| self.version_at(site, ruleset, &version).is_some());
                (!missing.is_empty()).then_some(OnlyAt {
                    ruleset: ruleset.clone(),
                    version,
                    at,
                    missing,
                })
            })
            .collect()
    }

    /// The hotfixes below a hotfix, itself last, oldest first.
    pub fn hotfix_chain(&self, ruleset: &RuleSetName, version: &VersionName) -> Vec<&Arc<Hotfix>> {
        let mut chain: Vec<&Arc<Hotfix>> = Vec::new();
        let mut next = self.hotfix(ruleset, version);
        while let Some(hotfix) = next {
            if chain.iter().any(|known| known.version == hotfix.version) {
                break;
            }
            chain.push(hotfix);
            next = self.hotfix(ruleset, &hotfix.on_top_of);
        }
        chain.reverse();
        chain
    }

    /// What comes along when a hotfix is brought to an environment: itself and those right below it that are
    /// neither in effect nor declined there, oldest first.
    pub fn missing_chain(&self, hotfix: &Hotfix, to: &Environment) -> Vec<&Arc<Hotfix>> {
        let mut chain = self.hotfix_chain(&hotfix.ruleset, &hotfix.version);
        let settled = chain.iter().rposition(|below| {
            below.version != hotfix.version
                && (self.is_in_effect(below, to)
                    || self
                        .transfer(&to.site, &below.ruleset, &below.version)
                        .is_some())
        });
        chain.split_off(settled.map_or(0, |index| index + 1))
    }

    /// True if the hotfix, with those below it that are missing, goes straight on top of what runs there.
    pub fn continues_pin(&self, hotfix: &Hotfix, to: &Environment) -> bool {
        let pin = self.pin(&hotfix.ruleset, to).map(|pin| pin.checksum);
        self.missing_chain(hotfix, to)
            .iter()
            .any(|below| Some(below.on_top_of_checksum) == pin)
    }

    /// Production of another site in which the hotfix is open.
    pub fn open_elsewhere(&self, hotfix: &Hotfix, to: &Environment) -> Option<Environment> {
        self.other_production(&to.site).into_iter().find(|from| {
            self.track(&hotfix.ruleset, from)
                .is_some_and(|track| track.open_hotfixes.contains(&hotfix.version))
        })
    }

    /// True if the hotfix is open in the environment, or exactly its bytes run there.
    pub fn is_in_effect(&self, hotfix: &Hotfix, to: &Environment) -> bool {
        self.track(&hotfix.ruleset, to).is_some_and(|track| {
            track.current.checksum == hotfix.checksum
                || track.open_hotfixes.contains(&hotfix.version)
        })
    }

    fn way(&self, hotfix: &Hotfix, to: &Environment) -> Way {
        if self.pin(&hotfix.ruleset, to).is_none() {
            Way::NothingPinned
        } else if self
            .version_at(&to.site, &hotfix.ruleset, &hotfix.version)
            .is_none()
        {
            Way::Absent
        } else if self.continues_pin(hotfix, to) {
            Way::FastForward
        } else {
            Way::Merge
        }
    }

    fn other_production(&self, site: &SiteName) -> Vec<Environment> {
        let others = self.topology.sites.iter().filter(|other| *other != site);
        others
            .map(|other| Environment::new(other, self.topology.production()))
            .collect()
    }

    /// In effect there, brought back from there, or decided about there.
    fn is_settled_at(&self, hotfix: &Hotfix, to: &Environment) -> bool {
        let ruleset = &hotfix.ruleset;
        let brought_back = hotfix
            .transfers
            .as_ref()
            .is_some_and(|own| self.was_active(ruleset, own, to));
        brought_back
            || self.is_in_effect(hotfix, to)
            || self.transfer(&to.site, ruleset, &hotfix.version).is_some()
            || self.pair_keeps_away(hotfix, to)
    }

    fn was_active(&self, ruleset: &RuleSetName, version: &VersionName, to: &Environment) -> bool {
        self.track(ruleset, to)
            .is_some_and(|track| track.history.iter().any(|pin| pin.version == *version))
    }

    /// A pair closed as one fix, or in favour of the other hotfix, keeps this one where it is.
    fn pair_keeps_away(&self, hotfix: &Hotfix, to: &Environment) -> bool {
        let closed = self.open_hotfixes(&hotfix.ruleset, to).into_iter();
        closed
            .filter_map(|other| self.closed_pair(&hotfix.ruleset, &hotfix.version, &other.version))
            .any(|pair| match &pair.outcome {
                PairOutcome::One => true,
                PairOutcome::Keep { hotfix: kept } => *kept != hotfix.version,
                PairOutcome::Both => false,
            })
    }
}
