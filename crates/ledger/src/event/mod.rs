//! Facts in the ledger: every kind with its body. Kinds are past tense and never change meaning;
//! a new field is optional, a new meaning is a new kind.

mod activation;
mod drift;
mod hotfix;
mod release;
mod review;
mod site;

use crate::digest::Digest;
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

/// Which bytes an entry needs beside it, wherever it is kept, exported or brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// None.
    Nothing,
    /// The whole snapshot under this checksum: its manifest and every rule.
    Whole(Digest),
    /// What there is of it: only digests may have been reported.
    Partial(Digest),
}

impl Contents {
    /// The snapshot's checksum, and whether all of it must be there.
    pub fn snapshot(self) -> Option<(Digest, bool)> {
        match self {
            Contents::Nothing => None,
            Contents::Whole(checksum) => Some((checksum, true)),
            Contents::Partial(checksum) => Some((checksum, false)),
        }
    }
}

/// The contents that a body names, by the word in the table.
macro_rules! contents {
    (Nothing, $body:ident) => {{
        let _ = $body;
        Contents::Nothing
    }};
    ($needs:ident, $body:ident) => {
        Contents::$needs($body.checksum)
    };
}

/// Declares the event enum, and everything that is to be said of each kind, in one place: its name in the ledger,
/// its body (which has the variant's name) and the contents it needs.
macro_rules! events {
    ($($(#[$doc:meta])* $kind:ident = $name:literal with $needs:ident,)*) => {
        /// One fact, without its place in the ledger.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event { $($(#[$doc])* $kind($kind),)* }

        impl Event {
            /// Every kind this program knows, in order of declaration.
            pub const KINDS: &'static [&'static str] = &[$($name),*];

            /// The kind's name in the ledger, e.g. `version.activated`.
            pub fn kind(&self) -> &'static str {
                match self { $(Event::$kind(_) => $name,)* }
            }

            /// The contents that the fact makes necessary.
            pub fn contents(&self) -> Contents {
                match self { $(Event::$kind(body) => contents!($needs, body),)* }
            }

            /// False if facts of the kind never need contents: then an entry need not be read to know.
            pub fn may_need_contents(kind: &str) -> bool {
                match kind {
                    $($name => stringify!($needs) != "Nothing",)*
                    _ => true,
                }
            }

            /// The body as compact JSON, as it stands in the entry.
            pub fn body_json(&self) -> String {
                match self { $(Event::$kind(body) => serde_json::to_string(body),)* }
                    .expect("event bodies have string keys and finite numbers")
            }

            /// Reads a body by its kind. `None`: this program does not know the kind.
            pub fn parse(kind: &str, body: &str) -> Option<Result<Event, serde_json::Error>> {
                match kind {
                    $($name => Some(serde_json::from_str::<$kind>(body).map(Event::$kind)),)*
                    _ => None,
                }
            }
        }

        $(impl From<$kind> for Event { fn from(body: $kind) -> Event { Event::$kind(body) } })*
    };
}

events! {
    /// A planned version was delivered here. It activates nothing.
    ReleaseCommitted = "release.committed" with Whole,
    /// A version committed at the other site arrived here and its bytes were verified.
    ReleaseReceived = "release.received" with Whole,
    /// A version was declared bad: nowhere may it be activated again.
    VersionRecalled = "version.recalled" with Nothing,
    /// Soft launch passed.
    ValidationPassed = "validation.passed" with Nothing,
    /// Soft launch failed.
    ValidationFailed = "validation.failed" with Nothing,
    /// A review was opened.
    ReviewOpened = "review.opened" with Nothing,
    /// One person's yes, bound to exactly what was shown.
    ReviewApproved = "review.approved" with Nothing,
    /// One person's no; it closes the review.
    ReviewRejected = "review.rejected" with Nothing,
    /// A comment on a review.
    ReviewCommented = "review.commented" with Nothing,
    /// The decision on one hotfix rule.
    ReviewAnswered = "review.answered" with Nothing,
    /// The requester took the review back.
    ReviewWithdrawn = "review.withdrawn" with Nothing,
    /// A review was executed although a check blocked; two others must look at it afterwards.
    GlassBroken = "review.glass_broken" with Nothing,
    /// One of the two others who look at a broken glass afterwards.
    GlassReviewed = "review.glass_reviewed" with Nothing,
    /// A pin moved.
    VersionActivated = "version.activated" with Nothing,
    /// An approved activation waits at a site for the bytes to arrive.
    IntentRecorded = "intent.recorded" with Nothing,
    /// A waiting activation was taken back.
    IntentCancelled = "intent.cancelled" with Nothing,
    /// A hotfix version was made; it activates nothing by itself.
    HotfixCommitted = "hotfix.committed" with Whole,
    /// A planned version that contains the hotfix went live.
    HotfixAbsorbed = "hotfix.absorbed" with Nothing,
    /// A hotfix was discarded, with a reason.
    HotfixDiscarded = "hotfix.discarded" with Nothing,
    /// A hotfix made at the other site went live here.
    HotfixTransferred = "hotfix.transferred" with Nothing,
    /// A hotfix made at the other site is not brought here, with a reason.
    TransferDeclined = "transfer.declined" with Nothing,
    /// What two hotfixes, made at two sites for one incident, are to each other.
    PairClosed = "pair.closed" with Nothing,
    /// What a store outside really holds.
    ObservationRecorded = "observation.recorded" with Partial,
    /// An observed difference became a hotfix.
    DriftAdopted = "drift.adopted" with Nothing,
    /// An observed difference was accepted until a date.
    DriftDismissed = "drift.dismissed" with Nothing,
    /// An environment's pins stay where they are until the hold is lifted.
    HoldPlaced = "hold.placed" with Nothing,
    /// A hold ended.
    HoldLifted = "hold.lifted" with Nothing,
    /// A freeze: no activation in the environment until a time.
    FreezeSet = "freeze.set" with Nothing,
    /// A freeze ended early.
    FreezeLifted = "freeze.lifted" with Nothing,
    /// Where the app is live.
    SiteDeclared = "site.declared" with Nothing,
    /// What a cold environment runs may differ from the live site, as long as neither moves.
    DifferenceAccepted = "difference.accepted" with Nothing,
    /// A right was given.
    AccessGranted = "access.granted" with Nothing,
    /// A right was taken.
    AccessRevoked = "access.revoked" with Nothing,
    /// The approval and hotfix policy changed.
    PolicyChanged = "policy.changed" with Nothing,
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
