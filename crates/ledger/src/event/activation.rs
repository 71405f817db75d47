//! Bodies of what moves a pin, here or later at the other site.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::environment::Environment;
use crate::ids::{AccountId, EntryRef, ReviewId};
use crate::version::VersionName;

/// Why a pin moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A planned version went forward.
    Planned,
    /// A hotfix went live.
    Hotfix,
    /// Back to a version the environment had before.
    Rollback,
    /// A waiting activation was fulfilled by the site itself.
    Fulfilled,
    /// A hotfix made at the other site went live as it is.
    Transferred,
}

/// Body of `version.activated`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct VersionActivated {
    pub version: VersionName,
    pub checksum: Digest,
    pub mode: Mode,
    /// The version that the pin was on; none for the first activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<VersionName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_checksum: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
    /// The intent that this fulfils.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfils: Option<EntryRef>,
    /// What the approvals were bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Digest>,
    /// The people whose approvals counted.
    #[serde(default)]
    pub approved_by: Vec<AccountId>,
}

/// Body of `intent.recorded`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct IntentRecorded {
    pub environment: Environment,
    pub version: VersionName,
    pub checksum: Digest,
    pub mode: Mode,
    pub review: ReviewId,
    pub fingerprint: Digest,
    pub approved_by: Vec<AccountId>,
    /// The pin that was shown there; the site itself goes on only from this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_checksum: Option<Digest>,
    /// Losses there that were accepted in the review.
    #[serde(default)]
    pub accepted: Vec<AcceptedLoss>,
    /// Hotfixes there that the version contains.
    #[serde(default)]
    pub contained: Vec<VersionName>,
}

/// A hotfix whose loss somebody accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AcceptedLoss {
    pub hotfix: VersionName,
    pub reason: String,
}

/// Body of `intent.cancelled`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct IntentCancelled {
    pub intent: EntryRef,
    pub reason: String,
}
