//! The business says no: a stable code, a sentence, and what to do next.

mod words;

use crate::check::Check;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{EntryRef, ReviewId, RuleSetName};
use rulegate_ledger::policy::PolicyError;
use rulegate_ledger::review::ShownChange;
use rulegate_ledger::version::VersionName;

/// Why a command was not executed. Nothing was written.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Refusal {
    NotAllowed {
        act: Act,
        scope: Scope,
    },
    UnknownRuleSet {
        ruleset: RuleSetName,
    },
    UnknownVersion {
        ruleset: RuleSetName,
        version: VersionName,
    },
    UnknownEnvironment {
        environment: Environment,
    },
    UnknownReview {
        review: ReviewId,
    },
    UnknownHotfix {
        hotfix: VersionName,
    },
    UnknownObservation {
        observation: EntryRef,
    },
    UnknownStop {
        id: EntryRef,
    },
    UnknownIntent {
        id: EntryRef,
    },
    OtherSite {
        site: rulegate_ledger::ids::SiteName,
    },
    VersionExists {
        version: VersionName,
        checksum: Digest,
        entry: EntryRef,
    },
    NotAPlannedName {
        version: VersionName,
    },
    HotfixStaysHome {
        version: VersionName,
        made_for: Environment,
    },
    NoTargets,
    AlreadyActive {
        version: VersionName,
        environment: Environment,
    },
    NothingPinned {
        environment: Environment,
    },
    NotInSoftLaunch {
        version: VersionName,
    },
    Missing {
        what: &'static str,
    },
    TooLong {
        what: &'static str,
        max: usize,
    },
    BadLink {
        link: String,
    },
    EndsTooSoon,
    EndsTooLate {
        days_max: u32,
    },
    NothingChanged,
    PathNotEditable {
        path: String,
        patterns: Vec<String>,
    },
    PinMoved {
        environment: Environment,
        now: VersionName,
    },
    NotProduction {
        environment: Environment,
    },
    NotTheLiveSite {
        environment: Environment,
        live: rulegate_ledger::ids::SiteName,
    },
    ReviewClosed {
        review: ReviewId,
        how: String,
    },
    OwnReview {
        role: &'static str,
    },
    NotYourRequest,
    AlreadyApproved,
    Unanswered {
        count: usize,
        /// How many of them were sent back.
        sent_back: usize,
    },
    NothingToAnswer {
        path: String,
    },
    AnswerNotNeeded {
        path: String,
    },
    Stale {
        changes: Vec<ShownChange>,
    },
    EvidenceOutdated,
    GateBlocked {
        checks: Vec<Check>,
    },
    FingerprintNeverPasses,
    NoGlassBroken,
    AlreadyLooked,
    HotfixNotOpen {
        hotfix: VersionName,
    },
    DriftSettled {
        observation: EntryRef,
    },
    ObservedBytesMissing,
    AlreadyRecalled {
        version: VersionName,
    },
    PolicyRefused(PolicyError),
    PolicySame,
    AlreadyGranted,
    NotGranted,
    LastAdmin,
    ServiceRole {
        role: rulegate_ledger::access::Role,
    },
    AlreadyLive {
        site: rulegate_ledger::ids::SiteName,
    },
    BytesAbsent {
        version: VersionName,
        site: rulegate_ledger::ids::SiteName,
    },
    NeedsMerge {
        hotfix: VersionName,
        environment: Environment,
        now: VersionName,
    },
    UnknownPair {
        first: VersionName,
        second: VersionName,
    },
    PairConflicts {
        first: VersionName,
        second: VersionName,
    },
    NothingDiffers {
        environment: Environment,
    },
}

impl Refusal {
    /// The stable code shared by pages and interfaces.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NotAllowed { .. } => "not_allowed",
            Refusal::UnknownRuleSet { .. } => "unknown_ruleset",
            Refusal::UnknownVersion { .. } => "unknown_version",
            Refusal::UnknownEnvironment { .. } => "unknown_environment",
            Refusal::UnknownReview { .. } => "unknown_review",
            Refusal::UnknownHotfix { .. } => "unknown_hotfix",
            Refusal::UnknownObservation { .. } => "unknown_observation",
            Refusal::UnknownStop { .. } => "unknown_hold_or_freeze",
            Refusal::UnknownIntent { .. } => "unknown_intent",
            Refusal::OtherSite { .. } => "other_site",
            Refusal::VersionExists { .. } => "version_exists",
            Refusal::NotAPlannedName { .. } => "not_a_planned_name",
            Refusal::HotfixStaysHome { .. } => "hotfix_stays_home",
            Refusal::NoTargets => "no_targets",
            Refusal::AlreadyActive { .. } => "already_active",
            Refusal::NothingPinned { .. } => "nothing_pinned",
            Refusal::NotInSoftLaunch { .. } => "not_in_soft_launch",
            Refusal::Missing { .. } => "missing",
            Refusal::TooLong { .. } => "too_long",
            Refusal::BadLink { .. } => "bad_link",
            Refusal::EndsTooSoon => "ends_too_soon",
            Refusal::EndsTooLate { .. } => "ends_too_late",
            Refusal::NothingChanged => "nothing_changed",
            Refusal::PathNotEditable { .. } => "path_not_editable",
            Refusal::PinMoved { .. } => "pin_moved",
            Refusal::NotProduction { .. } => "not_production",
            Refusal::NotTheLiveSite { .. } => "not_the_live_site",
            Refusal::ReviewClosed { .. } => "review_closed",
            Refusal::OwnReview { .. } => "four_eyes",
            Refusal::NotYourRequest => "not_your_request",
            Refusal::AlreadyApproved => "already_approved",
            Refusal::Unanswered { .. } => "hotfixes_unanswered",
            Refusal::NothingToAnswer { .. } => "nothing_to_answer",
            Refusal::AnswerNotNeeded { .. } => "answer_not_needed",
            Refusal::Stale { .. } => "stale",
            Refusal::EvidenceOutdated => "evidence_outdated",
            Refusal::GateBlocked { .. } => "gate_blocked",
            Refusal::FingerprintNeverPasses => "fingerprint_never_passes",
            Refusal::NoGlassBroken => "no_glass_broken",
            Refusal::AlreadyLooked => "already_looked",
            Refusal::HotfixNotOpen { .. } => "hotfix_not_open",
            Refusal::DriftSettled { .. } => "drift_settled",
            Refusal::ObservedBytesMissing => "observed_bytes_missing",
            Refusal::AlreadyRecalled { .. } => "already_recalled",
            Refusal::PolicyRefused(_) => "policy_refused",
            Refusal::PolicySame => "policy_same",
            Refusal::AlreadyGranted => "already_granted",
            Refusal::NotGranted => "not_granted",
            Refusal::LastAdmin => "last_admin",
            Refusal::ServiceRole { .. } => "service_role",
            Refusal::AlreadyLive { .. } => "already_live",
            Refusal::BytesAbsent { .. } => "bytes_absent",
            Refusal::NeedsMerge { .. } => "needs_merge",
            Refusal::UnknownPair { .. } => "unknown_pair",
            Refusal::PairConflicts { .. } => "pair_conflicts",
            Refusal::NothingDiffers { .. } => "nothing_differs",
        }
    }

    /// True if the caller may not know or named something that is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            Refusal::UnknownRuleSet { .. }
                | Refusal::UnknownVersion { .. }
                | Refusal::UnknownEnvironment { .. }
                | Refusal::UnknownReview { .. }
                | Refusal::UnknownHotfix { .. }
                | Refusal::UnknownObservation { .. }
                | Refusal::UnknownStop { .. }
                | Refusal::UnknownIntent { .. }
                | Refusal::UnknownPair { .. }
        )
    }

    /// True if the text given is at fault, whatever the state.
    pub fn is_bad_input(&self) -> bool {
        matches!(
            self,
            Refusal::NotAPlannedName { .. }
                | Refusal::NoTargets
                | Refusal::Missing { .. }
                | Refusal::TooLong { .. }
                | Refusal::BadLink { .. }
                | Refusal::EndsTooSoon
                | Refusal::EndsTooLate { .. }
                | Refusal::PathNotEditable { .. }
                | Refusal::NotProduction { .. }
                | Refusal::PolicyRefused(_)
                | Refusal::ServiceRole { .. }
        )
    }
}
