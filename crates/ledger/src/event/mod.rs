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

/// Declares the event enum, and all that is to be said of each kind, in one place: its body (which has the variant's
/// name), its name in the ledger and, of a body, the contents that it needs, the version that it is mainly about and
/// the review that it belongs to.
macro_rules! events {
    ($($(#[$doc:meta])* $kind:ident = $name:literal |$b:tt| $needs:ident, $version:expr, $review:expr;)*) => {
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

            /// The version the fact is mainly about, for the ledger's index.
            #[allow(unused_variables)]
            pub fn version(&self) -> Option<&VersionName> {
                match self { $(Event::$kind($b) => $version,)* }
            }

            /// The review the fact belongs to, for the ledger's index. A review's opening is found by its number.
            #[allow(unused_variables)]
            pub fn review(&self) -> Option<&ReviewId> {
                match self { $(Event::$kind($b) => $review,)* }
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
    ReleaseCommitted = "release.committed" |b| Whole, Some(&b.version), None;
    /// A version committed at the other site arrived here and its bytes were verified.
    ReleaseReceived = "release.received" |b| Whole, Some(&b.version), None;
    /// A version was declared bad: nowhere may it be activated again.
    VersionRecalled = "version.recalled" |b| Nothing, Some(&b.version), b.review.as_ref();
    /// Soft launch passed.
    ValidationPassed = "validation.passed" |b| Nothing, Some(&b.version), None;
    /// Soft launch failed.
    ValidationFailed = "validation.failed" |b| Nothing, Some(&b.version), None;
    /// A review was opened.
    ReviewOpened = "review.opened" |b| Nothing, b.subject.version(), None;
    /// One person's yes, bound to exactly what was shown.
    ReviewApproved = "review.approved" |b| Nothing, None, Some(&b.review);
    /// One person's no; it closes the review.
    ReviewRejected = "review.rejected" |b| Nothing, None, Some(&b.review);
    /// A comment on a review.
    ReviewCommented = "review.commented" |b| Nothing, None, Some(&b.review);
    /// The decision on one hotfix rule.
    ReviewAnswered = "review.answered" |b| Nothing, Some(&b.hotfix), Some(&b.review);
    /// The requester took the review back.
    ReviewWithdrawn = "review.withdrawn" |b| Nothing, None, Some(&b.review);
    /// A review was executed although a check blocked; two others must look at it afterwards.
    GlassBroken = "review.glass_broken" |b| Nothing, None, Some(&b.review);
    /// One of the two others who look at a broken glass afterwards.
    GlassReviewed = "review.glass_reviewed" |b| Nothing, None, Some(&b.review);
    /// A pin moved.
    VersionActivated = "version.activated" |b| Nothing, Some(&b.version), b.review.as_ref();
    /// An approved activation waits at a site for the bytes to arrive.
    IntentRecorded = "intent.recorded" |b| Nothing, Some(&b.version), Some(&b.review);
    /// A waiting activation was taken back.
    IntentCancelled = "intent.cancelled" |_| Nothing, None, None;
    /// A hotfix version was made; it activates nothing by itself.
    HotfixCommitted = "hotfix.committed" |b| Whole, Some(&b.version), None;
    /// A planned version that contains the hotfix went live.
    HotfixAbsorbed = "hotfix.absorbed" |b| Nothing, Some(&b.hotfix), b.review.as_ref();
    /// A hotfix was discarded, with a reason.
    HotfixDiscarded = "hotfix.discarded" |b| Nothing, Some(&b.hotfix), b.review.as_ref();
    /// A hotfix made at the other site went live here.
    HotfixTransferred = "hotfix.transferred" |b| Nothing, Some(&b.hotfix), b.review.as_ref();
    /// A hotfix made at the other site is not brought here, with a reason.
    TransferDeclined = "transfer.declined" |b| Nothing, Some(&b.hotfix), None;
    /// What two hotfixes, made at two sites for one incident, are to each other.
    PairClosed = "pair.closed" |b| Nothing, Some(&b.first), None;
    /// What a store outside really holds.
    ObservationRecorded = "observation.recorded" |b| Partial, None, None;
    /// An observed difference became a hotfix.
    DriftAdopted = "drift.adopted" |b| Nothing, Some(&b.hotfix), None;
    /// An observed difference was accepted until a date.
    DriftDismissed = "drift.dismissed" |_| Nothing, None, None;
    /// An environment's pins stay where they are until the hold is lifted.
    HoldPlaced = "hold.placed" |_| Nothing, None, None;
    /// A hold ended.
    HoldLifted = "hold.lifted" |_| Nothing, None, None;
    /// A freeze: no activation in the environment until a time.
    FreezeSet = "freeze.set" |_| Nothing, None, None;
    /// A freeze ended early.
    FreezeLifted = "freeze.lifted" |_| Nothing, None, None;
    /// Where the app is live.
    SiteDeclared = "site.declared" |_| Nothing, None, None;
    /// What a cold environment runs may differ from the live site, as long as neither moves.
    DifferenceAccepted = "difference.accepted" |b| Nothing, Some(&b.version), None;
    /// A right was given.
    AccessGranted = "access.granted" |_| Nothing, None, None;
    /// A right was taken.
    AccessRevoked = "access.revoked" |_| Nothing, None, None;
    /// The approval and hotfix policy changed.
    PolicyChanged = "policy.changed" |b| Nothing, None, b.review.as_ref();
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
