//! What was decided between the sites: transfers, closed pairs, accepted differences, and activations that wait.

use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{IntentRecorded, PairFinding, PairOutcome};
use rulegate_ledger::ids::{AccountId, EntryRef, RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

/// What was decided at a site about a hotfix of the other.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Transfer {
    /// It went live here, as itself or merged into another hotfix.
    Done {
        /// What it was made on.
        on_top_of: VersionName,
        by: VersionName,
        at: Timestamp,
        entry: EntryRef,
    },
    /// It stays away.
    Declined {
        reason: String,
        by: AccountId,
        at: Timestamp,
        entry: EntryRef,
    },
}

/// A pair of hotfixes that somebody closed.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct ClosedPair {
    pub finding: PairFinding,
    pub outcome: PairOutcome,
    pub reason: String,
    pub by: AccountId,
    pub at: Timestamp,
    pub entry: EntryRef,
}

/// A difference from the live site that somebody accepted; it holds while both keep these bytes.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct AcceptedDifference {
    pub checksum: Digest,
    pub live: Environment,
    pub live_checksum: Digest,
    pub reason: String,
    pub by: AccountId,
    pub at: Timestamp,
    pub entry: EntryRef,
}

/// An activation decided here that waits at another site.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Intent {
    pub id: EntryRef,
    pub ruleset: RuleSetName,
    pub at: Timestamp,
    pub by: AccountId,
    pub body: IntentRecorded,
    pub cancelled: Option<String>,
}
