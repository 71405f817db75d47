//! Hotfixes as they were made, and which are open where.

use std::sync::Arc;

use super::State;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{AccountId, EntryRef, RuleSetName, Timestamp};
use rulegate_ledger::manifest::Change;
use rulegate_ledger::version::VersionName;

/// A hotfix version as it was made.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Hotfix {
    pub ruleset: RuleSetName,
    pub version: VersionName,
    pub checksum: Digest,
    pub environment: Environment,
    pub on_top_of: VersionName,
    pub on_top_of_checksum: Digest,
    pub changes: Vec<Change>,
    pub lines_changed: u32,
    pub reason: String,
    pub incident: String,
    pub ends_at: Timestamp,
    pub author: AccountId,
    pub at: Timestamp,
    pub entry: EntryRef,
    pub adopts: Option<EntryRef>,
    /// The hotfix of the other site that it brings.
    pub transfers: Option<VersionName>,
    pub end: Option<HotfixEnd>,
}

/// How a hotfix ended in the environment it was made for.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum HotfixEnd {
    Absorbed {
        by: VersionName,
        entry: EntryRef,
        at: Timestamp,
    },
    Discarded {
        reason: String,
        by: AccountId,
        entry: EntryRef,
        at: Timestamp,
    },
}

impl State {
    /// A hotfix as it was made, whichever site made it.
    pub fn hotfix(&self, ruleset: &RuleSetName, version: &VersionName) -> Option<&Arc<Hotfix>> {
        let key = (ruleset.clone(), version.clone());
        self.ledgers
            .values()
            .find_map(|ledger| ledger.hotfixes.get(&key))
    }

    /// Every hotfix ever made, newest first.
    pub fn hotfixes(&self) -> Vec<&Arc<Hotfix>> {
        let mut hotfixes: Vec<_> = self
            .ledgers
            .values()
            .flat_map(|ledger| ledger.hotfixes.values())
            .collect();
        hotfixes.sort_by(|a, b| (b.at, &b.entry).cmp(&(a.at, &a.entry)));
        hotfixes
    }

    /// Open hotfixes of a rule set in an environment, oldest first.
    pub fn open_hotfixes(
        &self,
        ruleset: &RuleSetName,
        environment: &Environment,
    ) -> Vec<&Arc<Hotfix>> {
        let Some(track) = self.track(ruleset, environment) else {
            return Vec::new();
        };
        track
            .open_hotfixes
            .iter()
            .filter_map(|version| self.hotfix(ruleset, version))
            .collect()
    }
}
