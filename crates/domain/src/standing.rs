//! A version's life in an environment, derived from entries, never stored.

use crate::state::{Pin, State, Validation};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Mode;
use rulegate_ledger::ids::{RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

/// Where a version stands in one environment.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Standing {
    /// The bytes are not at the site.
    Absent,
    /// Declared bad; `active` if it still runs here.
    Recalled { active: bool },
    /// It runs here.
    Active { since: Timestamp },
    /// It ran in this soft-launch lane and failed there: back to soft launch only.
    FailedInSoftLaunch,
    /// It passed soft launch and is not active here: ready.
    Ready,
    /// At the site, never active here, not yet passed soft launch.
    AwaitingSoftLaunch,
    /// At the site, never active here, and a later release is: it may still start in soft launch.
    Superseded,
    /// It left this soft-launch lane without a word on it: back to soft launch only.
    LeftSoftLaunch,
    /// It has been active in this production environment: it may return without a new soft launch.
    InactiveFromProduction,
    /// A hotfix that was made and never went live here.
    HotfixProposed,
}

impl Standing {
    /// The state in a few words.
    pub fn words(&self) -> &'static str {
        match self {
            Standing::Absent => "not at this site",
            Standing::Recalled { active: true } => "recalled, still active",
            Standing::Recalled { active: false } => "recalled",
            Standing::Active { .. } => "active",
            Standing::FailedInSoftLaunch => "failed in soft launch",
            Standing::Ready => "ready",
            Standing::AwaitingSoftLaunch => "awaiting soft launch",
            Standing::Superseded => "superseded, never active here",
            Standing::LeftSoftLaunch => "inactive, left soft launch without passing",
            Standing::InactiveFromProduction => "inactive, was active here",
            Standing::HotfixProposed => "hotfix, never active here",
        }
    }

    /// A stable word for interfaces.
    pub fn code(&self) -> &'static str {
        match self {
            Standing::Absent => "absent",
            Standing::Recalled { .. } => "recalled",
            Standing::Active { .. } => "active",
            Standing::FailedInSoftLaunch => "failed_in_soft_launch",
            Standing::Ready => "ready",
            Standing::AwaitingSoftLaunch => "awaiting_soft_launch",
            Standing::Superseded => "superseded",
            Standing::LeftSoftLaunch => "left_soft_launch",
            Standing::InactiveFromProduction => "inactive_from_production",
            Standing::HotfixProposed => "hotfix_proposed",
        }
    }
}

/// Whether soft launch lets a version into production.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum SoftLaunch<'a> {
    /// The newest word on it says it passed.
    Passed(&'a Validation),
    /// The newest word on it says it failed.
    Failed(&'a Validation),
    /// It runs in soft launch and nobody has said anything yet.
    Running(Environment),
    /// Nobody has said anything and it does not run there.
    Unknown,
}

impl State {
    /// The newest word on a version's soft launch at any site.
    pub fn soft_launch(&self, ruleset: &RuleSetName, version: &VersionName) -> SoftLaunch<'_> {
        let key = (ruleset.clone(), version.clone());
        let newest = self
            .ledgers
            .values()
            .filter_map(|ledger| ledger.versions.get(&key))
            .flat_map(|facts| facts.validations.iter())
            .max_by(|a, b| (a.at, &a.entry).cmp(&(b.at, &b.entry)));
        match newest {
            Some(word) if word.passed => SoftLaunch::Passed(word),
            Some(word) => SoftLaunch::Failed(word),
            None => self
                .topology
                .environments()
                .into_iter()
                .filter(|e| !self.topology.is_production(e))
                .find(|e| {
                    self.pin(ruleset, e)
                        .is_some_and(|pin| pin.version == *version)
                })
                .map_or(SoftLaunch::Unknown, SoftLaunch::Running),
        }
    }

    /// The pins that `version` had in an environment, oldest first.
    pub fn times_active(
        &self,
        ruleset: &RuleSetName,
        version: &VersionName,
        environment: &Environment,
    ) -> Vec<&Pin> {
        self.track(ruleset, environment)
            .map_or(Vec::new(), |track| {
                track
                    .history
                    .iter()
                    .filter(|pin| pin.version == *version)
                    .collect()
            })
    }

    /// Where a version stands in an environment.
    pub fn standing(
        &self,
        ruleset: &RuleSetName,
        version: &VersionName,
        environment: &Environment,
    ) -> Standing {
        let pin = self.pin(ruleset, environment);
        let active = pin.is_some_and(|pin| pin.version == *version);
        let here = self.version_at(&environment.site, ruleset, version);
        let Some(facts) = here.or_else(|| self.version(ruleset, version)) else {
            return Standing::Absent;
        };
        if self.recall(ruleset, version, facts.checksum).is_some() {
            return Standing::Recalled { active };
        }
        if let Some(pin) = pin.filter(|_| active) {
            return Standing::Active { since: pin.at };
        }
        if here.is_none() {
            return Standing::Absent;
        }
        let was_active = !self.times_active(ruleset, version, environment).is_empty();
        if self.topology.is_production(environment) && was_active {
            return Standing::InactiveFromProduction;
        }
        if version.is_hotfix() {
            return Standing::HotfixProposed;
        }
        match self.soft_launch(ruleset, version) {
            SoftLaunch::Failed(_) => Standing::FailedInSoftLaunch,
            SoftLaunch::Passed(_) => Standing::Ready,
            SoftLaunch::Running(_) => Standing::AwaitingSoftLaunch,
            SoftLaunch::Unknown if was_active => Standing::LeftSoftLaunch,
            SoftLaunch::Unknown => {
                let later = pin
                    .and_then(|pin| self.version(ruleset, &pin.version))
                    .is_some_and(|p| p.at > facts.at);
                if later {
                    Standing::Superseded
                } else {
                    Standing::AwaitingSoftLaunch
                }
            }
        }
    }

    /// Forward or back: back if every target had the version before.
    pub fn mode_for(
        &self,
        ruleset: &RuleSetName,
        version: &VersionName,
        targets: &[Environment],
    ) -> Mode {
        let had = |target: &Environment| !self.times_active(ruleset, version, target).is_empty();
        if !targets.is_empty() && targets.iter().all(had) {
            Mode::Rollback
        } else {
            Mode::Planned
        }
    }
}
