//! Facts in the ledger: every kind with its body. Kinds are past tense and never change meaning;
//! a new field is optional, a new meaning is a new kind.

use serde::{Deserialize, Serialize};

use super::access::Grant;
use super::digest::Digest;
use super::environment::Environment;
use super::ids::{AccountId, EntryRef, LaneName, ReviewId, RuleSetName, SiteName, Timestamp};
use super::manifest::Change;
use super::policy::Policy;
use super::review::{Answer, Shown, Subject};
use super::verdict::Verdict;
use super::version::VersionName;

/// Declares the event enum, the kind names and the reading of a body by its kind in one place.
macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident($body:ty) = $kind:literal,)*) => {
        /// One fact, without its place in the ledger.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event { $($(#[$doc])* $variant($body),)* }

        impl Event {
            /// Every kind this program knows, in order of declaration.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            /// The kind's name in the ledger, e.g. `version.activated`.
            pub fn kind(&self) -> &'static str {
                match self { $(Event::$variant(_) => $kind,)* }
            }

            /// The body as compact JSON, as it stands in the entry.
            pub fn body_json(&self) -> String {
                match self { $(Event::$variant(body) => serde_json::to_string(body),)* }
                    .expect("event bodies have string keys and finite numbers")
            }

            /// Reads a body by its kind. `None`: this program does not know the kind.
            pub fn parse(kind: &str, body: &str) -> Option<Result<Event, serde_json::Error>> {
                match kind {
                    $($kind => Some(serde_json::from_str::<$body>(body).map(Event::$variant)),)*
                    _ => None,
                }
            }
        }

        $(impl From<$body> for Event { fn from(body: $body) -> Event { Event::$variant(body) } })*
    };
}

events! {
    /// A planned version was delivered here. It activates nothing.
    ReleaseCommitted(ReleaseCommitted) = "release.committed",
    /// A version committed at the other site arrived here and its bytes were verified.
    ReleaseReceived(ReleaseReceived) = "release.received",
    /// A version was declared bad: nowhere may it be activated again.
    VersionRecalled(VersionRecalled) = "version.recalled",
    /// Soft launch passed.
    ValidationPassed(ValidationPassed) = "validation.passed",
    /// Soft launch failed.
    ValidationFailed(ValidationFailed) = "validation.failed",
    /// A review was opened.
    ReviewOpened(ReviewOpened) = "review.opened",
    /// One person's yes, bound to exactly what was shown.
    ReviewApproved(ReviewApproved) = "review.approved",
    /// One person's no; it closes the review.
    ReviewRejected(ReviewRejected) = "review.rejected",
    /// A comment on a review.
    ReviewCommented(ReviewCommented) = "review.commented",
    /// The decision on one hotfix rule.
    ReviewAnswered(ReviewAnswered) = "review.answered",
    /// The requester took the review back.
    ReviewWithdrawn(ReviewWithdrawn) = "review.withdrawn",
    /// A review was carried out although a check blocked; two others must look at it afterwards.
    GlassBroken(GlassBroken) = "review.glass_broken",
    /// One of the two others who look at a broken glass afterwards.
    GlassReviewed(GlassReviewed) = "review.glass_reviewed",
    /// A pin moved.
    VersionActivated(VersionActivated) = "version.activated",
    /// An approved activation waits at a site for the bytes to arrive.
    IntentRecorded(IntentRecorded) = "intent.recorded",
    /// A waiting activation was taken back.
    IntentCancelled(IntentCancelled) = "intent.cancelled",
    /// A hotfix version was made; it activates nothing by itself.
    HotfixCommitted(HotfixCommitted) = "hotfix.committed",
    /// A planned version that contains the hotfix went live.
    HotfixAbsorbed(HotfixAbsorbed) = "hotfix.absorbed",
    /// A hotfix was given up, with a reason.
    HotfixDiscarded(HotfixDiscarded) = "hotfix.discarded",
    /// A hotfix made at the other site went live here.
    HotfixTransferred(HotfixTransferred) = "hotfix.transferred",
    /// A hotfix made at the other site is not brought here, with a reason.
    TransferDeclined(TransferDeclined) = "transfer.declined",
    /// What two hotfixes, made at two sites for one incident, are to each other.
    PairClosed(PairClosed) = "pair.closed",
    /// What a store outside really holds.
    ObservationRecorded(ObservationRecorded) = "observation.recorded",
    /// An observed difference became a hotfix.
    DriftAdopted(DriftAdopted) = "drift.adopted",
    /// An observed difference was accepted until a date.
    DriftDismissed(DriftDismissed) = "drift.dismissed",
    /// An environment's pins stay where they are until the hold is lifted.
    HoldPlaced(HoldPlaced) = "hold.placed",
    /// A hold ended.
    HoldLifted(HoldLifted) = "hold.lifted",
    /// A freeze: no activation in the environment until a time.
    FreezeSet(FreezeSet) = "freeze.set",
    /// A freeze ended early.
    FreezeLifted(FreezeLifted) = "freeze.lifted",
    /// Where the app is live.
    SiteDeclared(SiteDeclared) = "site.declared",
    /// What a cold environment runs may differ from the live site, as long as neither moves.
    DifferenceAccepted(DifferenceAccepted) = "difference.accepted",
    /// A right was given.
    AccessGranted(AccessGranted) = "access.granted",
    /// A right was taken.
    AccessRevoked(AccessRevoked) = "access.revoked",
    /// The approval and hotfix policy changed.
    PolicyChanged(PolicyChanged) = "policy.changed",
}

/// One entry's fact with what it is about; becomes an entry when appended.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The rule set, if the fact is about one.
    pub ruleset: Option<RuleSetName>,
    /// The lane of the ledger's own site, if the fact is about one environment.
    pub lane: Option<LaneName>,
    /// What is true.
    pub event: Event,
}

impl Fact {
    /// A fact about the whole installation or site.
    pub fn general(event: impl Into<Event>) -> Fact {
        Fact {
            ruleset: None,
            lane: None,
            event: event.into(),
        }
    }
    /// A fact about a rule set.
    pub fn about(ruleset: &RuleSetName, event: impl Into<Event>) -> Fact {
        Fact {
            ruleset: Some(ruleset.clone()),
            lane: None,
            event: event.into(),
        }
    }
    /// A fact about a rule set in a lane of the ledger's own site.
    pub fn within(ruleset: &RuleSetName, lane: &LaneName, event: impl Into<Event>) -> Fact {
        Fact {
            ruleset: Some(ruleset.clone()),
            lane: Some(lane.clone()),
            event: event.into(),
        }
    }
}

impl Event {
    /// The version the fact is mainly about, for the ledger's index.
    pub fn version(&self) -> Option<&VersionName> {
        Some(match self {
            Event::ReleaseCommitted(b) => &b.version,
            Event::ReleaseReceived(b) => &b.version,
            Event::VersionRecalled(b) => &b.version,
            Event::ValidationPassed(b) => &b.version,
            Event::ValidationFailed(b) => &b.version,
            Event::ReviewOpened(b) => return b.subject.version(),
            Event::VersionActivated(b) => &b.version,
            Event::IntentRecorded(b) => &b.version,
            Event::HotfixCommitted(b) => &b.version,
            Event::HotfixAbsorbed(b) => &b.hotfix,
            Event::HotfixDiscarded(b) => &b.hotfix,
            Event::HotfixTransferred(b) => &b.hotfix,
            Event::TransferDeclined(b) => &b.hotfix,
            Event::PairClosed(b) => &b.first,
            Event::DifferenceAccepted(b) => &b.version,
            Event::ReviewAnswered(b) => &b.hotfix,
            Event::DriftAdopted(b) => &b.hotfix,
            _ => return None,
        })
    }

    /// The review the fact belongs to, for the ledger's index. A review's opening is found by its number.
    pub fn review(&self) -> Option<&ReviewId> {
        match self {
            Event::ReviewApproved(b) => Some(&b.review),
            Event::ReviewRejected(b) => Some(&b.review),
            Event::ReviewCommented(b) => Some(&b.review),
            Event::ReviewAnswered(b) => Some(&b.review),
            Event::ReviewWithdrawn(b) => Some(&b.review),
            Event::GlassBroken(b) => Some(&b.review),
            Event::GlassReviewed(b) => Some(&b.review),
            Event::VersionActivated(b) => b.review.as_ref(),
            Event::VersionRecalled(b) => b.review.as_ref(),
            Event::PolicyChanged(b) => b.review.as_ref(),
            Event::IntentRecorded(b) => Some(&b.review),
            Event::HotfixAbsorbed(b) => b.review.as_ref(),
            Event::HotfixDiscarded(b) => b.review.as_ref(),
            Event::HotfixTransferred(b) => b.review.as_ref(),
            _ => None,
        }
    }
}

/// One stage's evidence: which build made the bytes and what checksum it saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StageEvidence {
    /// The build's name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// The snapshot checksum that stage worked with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub checksum: Option<Digest>,
}

/// Where a planned version comes from. Whatever is absent is shown as missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DriftFinding {
    /// Where.
    #[schema(value_type = String)]
    pub environment: Environment,
    /// What was found.
    pub finding: Finding,
}

/// The answer to "would this release undo something here?".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Finding {
    /// Nothing planned was ever activated here: there is nothing to compare with.
    NoBaseline,
    /// What runs is what the last planned activation left: no interim hotfix.
    NoInterimHotfix,
    /// Open hotfixes run here and the release contains every one of them.
    HotfixesContained {
        /// The hotfixes, oldest first.
        #[schema(value_type = Vec<String>)]
        hotfixes: Vec<VersionName>,
    },
    /// The release may override these: verify by hand.
    MayOverride {
        /// Hotfixes with at least one rule that is not contained, oldest first.
        hotfixes: Vec<HotfixAtRisk>,
        /// Entries of observed drift, unexplained at that moment.
        #[schema(value_type = Vec<String>)]
        observations: Vec<EntryRef>,
    },
}

/// A hotfix that a planned version would undo, in whole or in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HotfixAtRisk {
    /// The hotfix.
    #[schema(value_type = String)]
    pub hotfix: VersionName,
    /// Its rules that are not contained, by path.
    pub rules: Vec<RuleAtRisk>,
}

/// One rule of a hotfix that a planned version does not contain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RuleAtRisk {
    /// The rule.
    pub path: String,
    /// What became of the hotfix's changes there.
    #[schema(value_type = String)]
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

/// Body of `review.opened`. The entry's own number is the review's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewOpened {
    pub subject: Subject,
    pub reason: String,
}

/// Body of `review.approved`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewApproved {
    pub review: ReviewId,
    /// SHA-256 of `shown`'s JSON: what this approval is bound to.
    pub fingerprint: Digest,
    /// Exactly what was shown, so that a later page can say what changed since.
    pub shown: Shown,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Body of `review.rejected`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewRejected {
    pub review: ReviewId,
    pub reason: String,
}

/// Body of `review.commented`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewCommented {
    pub review: ReviewId,
    pub text: String,
}

/// Body of `review.answered`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewAnswered {
    pub review: ReviewId,
    pub environment: Environment,
    pub hotfix: VersionName,
    pub path: String,
    /// The verdict that stood beside the question.
    pub verdict: Verdict,
    pub answer: Answer,
}

/// Body of `review.withdrawn`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReviewWithdrawn {
    pub review: ReviewId,
    pub reason: String,
}

/// Body of `review.glass_broken`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct GlassBroken {
    pub review: ReviewId,
    pub reason: String,
    /// The codes of the checks that blocked.
    pub blocked: Vec<String>,
    pub fingerprint: Digest,
}

/// Body of `review.glass_reviewed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct GlassReviewed {
    pub review: ReviewId,
    pub note: String,
}

/// Why a pin moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum PairOutcome {
    /// They are one fix: nothing has to move.
    One,
    /// This one stays; the other is not brought to its site.
    Keep {
        /// The hotfix that stays.
        #[schema(value_type = String)]
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
