//! Bodies of what is said of versions: delivered, received, recalled, passed or failed in soft launch.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::environment::Environment;
use crate::ids::{EntryRef, ReviewId};
use crate::verdict::Verdict;
use crate::version::VersionName;

/// One stage's evidence: which build made the bytes and what checksum it saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct StageEvidence {
    /// The build's name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// The snapshot checksum that stage worked with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub checksum: Option<Digest>,
}

/// Where a planned version comes from. Whatever is absent is shown as missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Provenance {
    /// The commit it was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Stage E1, where rules are authored.
    #[serde(default)]
    pub e1: StageEvidence,
    /// Stage E2, where they are tested.
    #[serde(default)]
    pub e2: StageEvidence,
    /// A web address (http or https) with more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// What was found in one environment when a release arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DriftFinding {
    /// Where.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub environment: Environment,
    /// What was found.
    pub finding: Finding,
}

/// The answer to "would this release undo something here?".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Finding {
    /// Nothing planned was ever activated here: there is nothing to compare with.
    NoBaseline,
    /// What runs is what the last planned activation left: no interim hotfix.
    NoInterimHotfix,
    /// Open hotfixes run here and the release contains every one of them.
    HotfixesContained {
        /// The hotfixes, oldest first.
        #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
        hotfixes: Vec<VersionName>,
    },
    /// The release may override these: verify by hand.
    MayOverride {
        /// Hotfixes with at least one rule that is not contained, oldest first.
        hotfixes: Vec<HotfixAtRisk>,
        /// Entries of observed drift, unexplained at that moment.
        #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
        observations: Vec<EntryRef>,
    },
}

/// A hotfix that a planned version would undo, in whole or in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct HotfixAtRisk {
    /// The hotfix.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub hotfix: VersionName,
    /// Its rules that are not contained, by path.
    pub rules: Vec<RuleAtRisk>,
}

/// One rule of a hotfix that a planned version does not contain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RuleAtRisk {
    /// The rule.
    pub path: String,
    /// What became of the hotfix's changes there.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub verdict: Verdict,
}

/// Body of `release.committed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReleaseCommitted {
    pub version: VersionName,
    pub checksum: Digest,
    pub rules: u32,
    pub size_bytes: u64,
    pub provenance: Provenance,
    /// One finding an environment of the installation, in the topology's order.
    pub drift: Vec<DriftFinding>,
}

/// Body of `release.received`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReleaseReceived {
    pub version: VersionName,
    pub checksum: Digest,
    /// The entry at the other site that this fulfils.
    pub origin: EntryRef,
}

/// Body of `version.recalled`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct VersionRecalled {
    pub version: VersionName,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
}

/// Body of `validation.passed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ValidationPassed {
    pub version: VersionName,
    pub checksum: Digest,
    pub note: String,
    /// Web addresses (http or https) of evidence.
    pub links: Vec<String>,
}

/// Body of `validation.failed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ValidationFailed {
    pub version: VersionName,
    pub checksum: Digest,
    pub note: String,
    pub links: Vec<String>,
}
