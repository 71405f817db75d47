//! Bodies of what holds for a site or the installation: stops, the live site, rights, policy.

use serde::{Deserialize, Serialize};

use crate::access::Grant;
use crate::ids::{EntryRef, ReviewId, SiteName, Timestamp};
use crate::policy::Policy;

/// Body of `hold.placed`; the entry's number is the hold's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct HoldPlaced {
    pub reason: String,
}

/// Body of `hold.lifted`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct HoldLifted {
    pub hold: EntryRef,
    pub reason: String,
}

/// Body of `freeze.set`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FreezeSet {
    pub reason: String,
    pub until: Timestamp,
}

/// Body of `freeze.lifted`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FreezeLifted {
    pub freeze: EntryRef,
    pub reason: String,
}

/// Body of `site.declared`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SiteDeclared {
    pub live: SiteName,
    pub reason: String,
}

/// Body of `access.granted`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AccessGranted {
    pub grant: Grant,
}

/// Body of `access.revoked`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AccessRevoked {
    pub grant: Grant,
    pub reason: String,
}

/// Body of `policy.changed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PolicyChanged {
    pub policy: Policy,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
}
