//! Facts in the ledger: every kind with its body. Kinds are past tense and never change meaning;
//! a new field is optional, a new meaning is a new kind.

mod activation;
mod drift;
mod hotfix;
mod release;
mod review;
mod site;

use crate::ids::{LaneName, ReviewId, RuleSetName};
use crate::version::VersionName;

pub use activation::{AcceptedLoss, IntentCancelled, IntentRecorded, Mode, VersionActivated};
pub use drift::{DifferenceAccepted, DriftAdopted, DriftDismissed, ObservationRecorded};
pub use hotfix::{
    HotfixAbsorbed, HotfixCommitted, HotfixDiscarded, HotfixTransferred, PairClosed, PairFinding,
    PairOutcome, TransferDeclined,
};
pub use release::{
    DriftFinding, Finding, HotfixAtRisk, Provenance, ReleaseCommitted, ReleaseReceived, RuleAtRisk,
    StageEvidence, ValidationFailed, ValidationPassed, VersionRecalled,
};
pub use review::{
    GlassBroken, GlassReviewed, ReviewAnswered, ReviewApproved, ReviewCommented, ReviewOpened,
    ReviewRejected, ReviewWithdrawn,
};
pub use site::{
    AccessGranted, AccessRevoked, FreezeLifted, FreezeSet, HoldLifted, HoldPlaced, PolicyChanged,
    SiteDeclared,
};

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
    /// A review was executed although a check blocked; two others must look at it afterwards.
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
    /// A hotfix was discarded, with a reason.
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
