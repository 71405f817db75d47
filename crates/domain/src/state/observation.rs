//! What was observed in stores outside, and what became of it.

use std::sync::Arc;

use super::State;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{AccountId, EntryRef, RuleSetName, Timestamp};
use rulegate_ledger::manifest::Change;
use rulegate_ledger::version::VersionName;

/// What a store outside held.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Observation {
    pub id: EntryRef,
    pub ruleset: RuleSetName,
    pub environment: Environment,
    pub at: Timestamp,
    pub by: AccountId,
    pub checksum: Digest,
    pub pin: VersionName,
    pub pin_checksum: Digest,
    pub changes: Vec<Change>,
    pub resolution: Option<Resolution>,
}

/// What became of observed drift.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Resolution {
    /// The pin moved to what was observed.
    PinFollowed {
        at: Timestamp,
    },
    Adopted {
        hotfix: VersionName,
        by: AccountId,
    },
    Dismissed {
        reason: String,
        by: AccountId,
        ends_at: Timestamp,
    },
}

impl Observation {
    /// True if the difference is unexplained at `now`: neither adopted nor dismissed up to then.
    pub fn is_open(&self, now: Timestamp) -> bool {
        !self.changes.is_empty()
            && match &self.resolution {
                None => true,
                Some(Resolution::Dismissed { ends_at, .. }) => *ends_at <= now,
                Some(_) => false,
            }
    }
}

impl State {
    /// What was last observed in an environment's store.
    pub fn observation(
        &self,
        ruleset: &RuleSetName,
        environment: &Environment,
    ) -> Option<&Arc<Observation>> {
        self.ledgers
            .get(&environment.site)?
            .observations
            .get(&(ruleset.clone(), environment.lane.clone()))
    }

    /// Observed drift of an environment that nobody has explained.
    pub fn open_drift(
        &self,
        ruleset: &RuleSetName,
        environment: &Environment,
        now: Timestamp,
    ) -> Option<&Arc<Observation>> {
        self.observation(ruleset, environment)
            .filter(|observation| observation.is_open(now))
    }

    /// The newest observation of each environment that found a difference, newest first.
    pub fn observations(&self) -> Vec<&Arc<Observation>> {
        let mut all: Vec<_> = self
            .ledgers
            .values()
            .flat_map(|l| l.observations.values())
            .collect();
        all.retain(|o| !o.changes.is_empty());
        all.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        all
    }
}
