//! Bodies of what becomes of hotfixes, where they were made and at the other site.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::environment::Environment;
use crate::ids::{EntryRef, ReviewId, Timestamp};
use crate::manifest::Change;
use crate::version::VersionName;

/// Body of `hotfix.committed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct HotfixCommitted {
    pub version: VersionName,
    pub checksum: Digest,
    pub rules: u32,
    pub size_bytes: u64,
    pub environment: Environment,
    /// What the pin was when it was made: its changes are against this.
    pub on_top_of: VersionName,
    pub on_top_of_checksum: Digest,
    /// Never empty, by path.
    pub changes: Vec<Change>,
    pub lines_changed: u32,
    pub reason: String,
    pub incident: String,
    /// After this instant it is overdue.
    pub ends_at: Timestamp,
    /// The observation it adopts: then nobody knows who made the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopts: Option<EntryRef>,
    /// The hotfix of the other site that was merged into what ran here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfers: Option<VersionName>,
}

/// Body of `hotfix.absorbed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct HotfixAbsorbed {
    pub environment: Environment,
    pub hotfix: VersionName,
    /// The planned version that contains it.
    pub by: VersionName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
}

/// Body of `hotfix.discarded`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct HotfixDiscarded {
    pub environment: Environment,
    pub hotfix: VersionName,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
}

/// Body of `hotfix.transferred`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct HotfixTransferred {
    /// The hotfix of the other site.
    pub hotfix: VersionName,
    /// What it was made on.
    pub on_top_of: VersionName,
    /// Where it was made.
    pub from: Environment,
    /// Where it went live.
    pub environment: Environment,
    /// The version that brought it: itself, or the hotfix it was merged into.
    pub by: VersionName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
}

/// Body of `transfer.declined`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TransferDeclined {
    pub hotfix: VersionName,
    pub from: Environment,
    pub environment: Environment,
    pub reason: String,
}

/// What two hotfixes are to each other, found in their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PairFinding {
    /// They left the same bytes in the same rules.
    SameBytes,
    /// Each contains what the other changed.
    SameEffect,
    /// Each lacks something of the other.
    Conflict,
}

/// What a person decided about a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum PairOutcome {
    /// They are one fix: nothing has to move.
    One,
    /// This one stays; the other is not brought to its site.
    Keep {
        /// The hotfix that stays.
        #[cfg_attr(feature = "schema", schema(value_type = String))]
        hotfix: VersionName,
    },
    /// Both are needed: each may be brought to the other site.
    Both,
}

/// Body of `pair.closed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PairClosed {
    /// The hotfix of the site that stands first in the order of names.
    pub first: VersionName,
    pub second: VersionName,
    pub finding: PairFinding,
    pub outcome: PairOutcome,
    pub reason: String,
}
