//! Bodies of what is said of drift: observed, explained, accepted.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::environment::Environment;
use crate::ids::{EntryRef, Timestamp};
use crate::manifest::Change;
use crate::version::VersionName;

/// Body of `difference.accepted`. It holds while both environments keep these bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DifferenceAccepted {
    /// The cold environment.
    pub environment: Environment,
    pub version: VersionName,
    pub checksum: Digest,
    /// The same lane at the live site.
    pub live: Environment,
    pub live_version: VersionName,
    pub live_checksum: Digest,
    pub reason: String,
}

/// Body of `observation.recorded`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ObservationRecorded {
    pub checksum: Digest,
    pub pin: VersionName,
    pub pin_checksum: Digest,
    /// Against the pin, by path; empty exactly if nothing differs.
    pub changes: Vec<Change>,
}

/// Body of `drift.adopted`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DriftAdopted {
    pub observation: EntryRef,
    pub hotfix: VersionName,
}

/// Body of `drift.dismissed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DriftDismissed {
    pub observation: EntryRef,
    pub reason: String,
    pub ends_at: Timestamp,
}
