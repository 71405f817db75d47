//! What somebody wants done, parsed and with its evidence.

use crate::judgement::Evidence;
use rulegate_ledger::access::Grant;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{PairOutcome, Provenance};
use rulegate_ledger::ids::{EntryRef, LaneName, ReviewId, RuleSetName, SiteName, Timestamp};
use rulegate_ledger::manifest::Change;
use rulegate_ledger::policy::Policy;
use rulegate_ledger::review::Answer;
use rulegate_ledger::version::VersionName;

/// A snapshot in the store, by its checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct SnapshotFacts {
    pub checksum: Digest,
    pub rules: u32,
    pub size_bytes: u64,
}

/// What a hotfix says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct HotfixWords {
    pub reason: String,
    pub incident: String,
    pub ends_at: Timestamp,
}

/// What somebody wants done.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Command {
    /// Deliver a planned version. `evidence` answers the questions of every environment.
    CommitRelease {
        ruleset: RuleSetName,
        version: VersionName,
        snapshot: SnapshotFacts,
        provenance: Provenance,
        evidence: Vec<Evidence>,
    },
    /// The bytes of a version committed elsewhere are here and verified.
    ReceiveRelease {
        ruleset: RuleSetName,
        version: VersionName,
        checksum: Digest,
        origin: EntryRef,
    },
    /// Say whether a version passed soft launch at this site.
    RecordValidation {
        ruleset: RuleSetName,
        version: VersionName,
        passed: bool,
        note: String,
        links: Vec<String>,
    },
    /// Ask for an activation or a rollback.
    OpenActivation {
        ruleset: RuleSetName,
        version: VersionName,
        targets: Vec<Environment>,
        reason: String,
    },
    /// Make a hotfix and ask for its activation. `changes` are against `on_top_of`.
    ProposeHotfix {
        ruleset: RuleSetName,
        environment: Environment,
        on_top_of: Digest,
        snapshot: SnapshotFacts,
        changes: Vec<Change>,
        lines_changed: u32,
        words: HotfixWords,
    },
    /// Make a hotfix of what was observed and ask for its activation.
    AdoptDrift {
        observation: EntryRef,
        snapshot: SnapshotFacts,
        lines_changed: u32,
        words: HotfixWords,
    },
    /// Accept an observed difference until a date.
    DismissDrift {
        observation: EntryRef,
        reason: String,
        ends_at: Timestamp,
    },
    /// Report what a store outside holds; `changes` are against the pin with checksum `pin`.
    RecordObservation {
        ruleset: RuleSetName,
        environment: Environment,
        checksum: Digest,
        pin: Digest,
        changes: Vec<Change>,
    },
    /// Give an open hotfix up.
    DiscardHotfix {
        ruleset: RuleSetName,
        hotfix: VersionName,
        reason: String,
    },
    /// Ask that a version be declared bad.
    OpenRecall {
        ruleset: RuleSetName,
        version: VersionName,
        reason: String,
    },
    /// Ask for a change of policy.
    OpenPolicy { policy: Policy, reason: String },
    /// Answer for rules of one hotfix in the same words: recorded one by one, all or none.
    AnswerHotfix {
        review: ReviewId,
        environment: Environment,
        hotfix: VersionName,
        paths: Vec<String>,
        answer: Answer,
        evidence: Vec<Evidence>,
    },
    /// Say yes to exactly what has this fingerprint.
    Approve {
        review: ReviewId,
        fingerprint: Digest,
        note: String,
        evidence: Vec<Evidence>,
    },
    /// Say no; closes the review.
    Reject { review: ReviewId, reason: String },
    /// Say something.
    Comment { review: ReviewId, text: String },
    /// Take one's own review back.
    Withdraw { review: ReviewId, reason: String },
    /// Carry an approved review out; with `break_glass` past blocking checks.
    Execute {
        review: ReviewId,
        fingerprint: Digest,
        break_glass: Option<String>,
        evidence: Vec<Evidence>,
    },
    /// Look at a broken glass afterwards.
    ReviewGlass { review: ReviewId, note: String },
    /// Fulfil an intent recorded in another ledger, if nothing stands in the way.
    FulfilIntent { intent: EntryRef },
    /// Ask that a hotfix of the other site go live here as it is.
    OpenTransfer {
        ruleset: RuleSetName,
        hotfix: VersionName,
        environment: Environment,
        reason: String,
    },
    /// Merge a hotfix of the other site into what runs here, as a hotfix of its own, and ask for its activation.
    MergeTransfer {
        ruleset: RuleSetName,
        hotfix: VersionName,
        environment: Environment,
        on_top_of: Digest,
        snapshot: SnapshotFacts,
        changes: Vec<Change>,
        lines_changed: u32,
        words: HotfixWords,
    },
    /// Leave a hotfix of the other site where it is.
    DeclineTransfer {
        ruleset: RuleSetName,
        hotfix: VersionName,
        environment: Environment,
        reason: String,
    },
    /// Say what two hotfixes made at two sites are to each other. `evidence` answers the pair's questions.
    ClosePair {
        ruleset: RuleSetName,
        first: VersionName,
        second: VersionName,
        outcome: PairOutcome,
        reason: String,
        evidence: Vec<Evidence>,
    },
    /// Let a cold environment differ from the live site.
    AcceptDifference {
        ruleset: RuleSetName,
        environment: Environment,
        reason: String,
    },
    /// Take a waiting activation back.
    CancelIntent { intent: EntryRef, reason: String },
    /// Keep pins where they are.
    PlaceHold {
        ruleset: Option<RuleSetName>,
        lane: Option<LaneName>,
        reason: String,
    },
    /// End a hold.
    LiftHold { hold: EntryRef, reason: String },
    /// No activation until a time.
    SetFreeze {
        ruleset: Option<RuleSetName>,
        lane: Option<LaneName>,
        until: Timestamp,
        reason: String,
    },
    /// End a freeze early.
    LiftFreeze { freeze: EntryRef, reason: String },
    /// Declare where the app is live.
    DeclareLiveSite { live: SiteName, reason: String },
    /// Give a right.
    Grant { grant: Grant },
    /// Take a right.
    Revoke { grant: Grant, reason: String },
}

impl Command {
    /// The command's name for logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Command::CommitRelease { .. } => "commit_release",
            Command::ReceiveRelease { .. } => "receive_release",
            Command::RecordValidation { .. } => "record_validation",
            Command::OpenActivation { .. } => "open_activation",
            Command::ProposeHotfix { .. } => "propose_hotfix",
            Command::AdoptDrift { .. } => "adopt_drift",
            Command::DismissDrift { .. } => "dismiss_drift",
            Command::RecordObservation { .. } => "record_observation",
            Command::DiscardHotfix { .. } => "discard_hotfix",
            Command::OpenRecall { .. } => "open_recall",
            Command::OpenPolicy { .. } => "open_policy",
            Command::AnswerHotfix { .. } => "answer_hotfix",
            Command::Approve { .. } => "approve",
            Command::Reject { .. } => "reject",
            Command::Comment { .. } => "comment",
            Command::Withdraw { .. } => "withdraw",
            Command::Execute { .. } => "execute",
            Command::ReviewGlass { .. } => "review_glass",
            Command::FulfilIntent { .. } => "fulfil_intent",
            Command::OpenTransfer { .. } => "open_transfer",
            Command::MergeTransfer { .. } => "merge_transfer",
            Command::DeclineTransfer { .. } => "decline_transfer",
            Command::ClosePair { .. } => "close_pair",
            Command::AcceptDifference { .. } => "accept_difference",
            Command::CancelIntent { .. } => "cancel_intent",
            Command::PlaceHold { .. } => "place_hold",
            Command::LiftHold { .. } => "lift_hold",
            Command::SetFreeze { .. } => "set_freeze",
            Command::LiftFreeze { .. } => "lift_freeze",
            Command::DeclareLiveSite { .. } => "declare_live_site",
            Command::Grant { .. } => "grant",
            Command::Revoke { .. } => "revoke",
        }
    }
}
