//! Versions at a site: what came with them, what was said of them in soft launch, and which are recalled.

use std::sync::Arc;

use super::State;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::{DriftFinding, Provenance};
use rulegate_ledger::ids::{AccountId, EntryRef, LaneName, RuleSetName, SiteName, Timestamp};
use rulegate_ledger::version::VersionName;

/// A version whose bytes are at a site.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct VersionFacts {
    pub checksum: Digest,
    /// 0 if it was received from the other site.
    pub rules: u32,
    pub size_bytes: u64,
    pub at: Timestamp,
    pub by: AccountId,
    pub entry: EntryRef,
    /// Present for a planned version committed here.
    pub release: Option<Arc<ReleaseFacts>>,
    /// The committing entry elsewhere, if it was received.
    pub origin: Option<EntryRef>,
    /// Every word on soft launch at this site, oldest first.
    pub validations: Vec<Validation>,
}

/// What a planned version's commit said.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct ReleaseFacts {
    pub provenance: Provenance,
    pub drift: Vec<DriftFinding>,
}

/// One word on a version in soft launch.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Validation {
    pub passed: bool,
    pub lane: LaneName,
    pub at: Timestamp,
    pub by: AccountId,
    pub entry: EntryRef,
    pub note: String,
    pub links: Vec<String>,
}

/// A version declared bad.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Recall {
    pub checksum: Option<Digest>,
    pub reason: String,
    pub by: AccountId,
    pub at: Timestamp,
    pub entry: EntryRef,
}

impl State {
    /// Every rule set with at least one version somewhere, by name, each once.
    pub fn rulesets(&self) -> Vec<RuleSetName> {
        let names: std::collections::BTreeSet<&RuleSetName> = self
            .ledgers
            .values()
            .flat_map(|ledger| ledger.rulesets.iter())
            .collect();
        names.into_iter().cloned().collect()
    }

    /// True if some site holds a version of the rule set.
    pub fn has_ruleset(&self, ruleset: &RuleSetName) -> bool {
        self.ledgers
            .values()
            .any(|ledger| ledger.rulesets.contains(ruleset))
    }

    /// The version as the site that committed it knows it: a commit before a mere receipt, and what was committed
    /// here before what the other site committed under the same name while the two were cut apart.
    pub fn version(&self, ruleset: &RuleSetName, version: &VersionName) -> Option<&VersionFacts> {
        let key = (ruleset.clone(), version.clone());
        let own = self.own_ledger().versions.get(&key);
        let known = || {
            let others = self
                .ledgers
                .values()
                .filter_map(|ledger| ledger.versions.get(&key));
            own.into_iter().chain(others)
        };
        known()
            .find(|facts| facts.origin.is_none())
            .or(known().next())
            .map(Arc::as_ref)
    }

    /// The version if its bytes are at `site`, verified.
    pub fn version_at(
        &self,
        site: &SiteName,
        ruleset: &RuleSetName,
        version: &VersionName,
    ) -> Option<&VersionFacts> {
        self.ledgers
            .get(site)?
            .versions
            .get(&(ruleset.clone(), version.clone()))
            .map(Arc::as_ref)
    }

    /// Versions of a rule set known anywhere, newest commit first, each name once.
    pub fn versions(&self, ruleset: &RuleSetName) -> Vec<(VersionName, &VersionFacts)> {
        let first = (ruleset.clone(), VersionName::lowest());
        let names: std::collections::BTreeSet<&VersionName> = self
            .ledgers
            .values()
            .flat_map(|ledger| {
                ledger
                    .versions
                    .range(first.clone()..)
                    .map(|(key, _)| key)
                    .take_while(|(name, _)| name == ruleset)
                    .map(|(_, version)| version)
            })
            .collect();
        let mut versions: Vec<_> = names
            .into_iter()
            .filter_map(|name| Some((name.clone(), self.version(ruleset, name)?)))
            .collect();
        versions.sort_by(|(a, x), (b, y)| (y.at, b).cmp(&(x.at, a)));
        versions
    }

    /// Names of versions of a rule set with this checksum.
    pub fn versions_with(&self, ruleset: &RuleSetName, checksum: Digest) -> Vec<VersionName> {
        self.versions(ruleset)
            .into_iter()
            .filter(|(_, facts)| facts.checksum == checksum)
            .map(|(name, _)| name)
            .collect()
    }

    /// The recall of a version, by its name or its bytes.
    pub fn recall(
        &self,
        ruleset: &RuleSetName,
        version: &VersionName,
        checksum: Digest,
    ) -> Option<&Recall> {
        let key = (ruleset.clone(), version.clone());
        self.ledgers.values().find_map(|ledger| {
            ledger.recalls.get(&key).or_else(|| {
                ledger
                    .recalls
                    .iter()
                    .find(|((name, _), r)| name == ruleset && r.checksum == Some(checksum))
                    .map(|(_, r)| r)
            })
        })
    }
}
