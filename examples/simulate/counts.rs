//! States that are seldom reached, counted: a run that never meets one proves nothing about it.

macro_rules! rare {
    ($($name:ident = $words:literal,)*) => {
        /// A state that a run must have met.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Rare { $($name,)* }

        impl Rare {
            pub const ALL: &'static [(Rare, &'static str)] = &[$((Rare::$name, $words),)*];
        }
    };
}

rare! {
    StaleInCut = "an approval went stale while the link was cut",
    Stale = "an approval was refused as stale",
    PairOpen = "both sites hotfixed for one incident",
    PairSameBytes = "a pair with the same bytes was closed",
    PairSameEffect = "a pair with the same effect was closed",
    PairConflict = "a pair in conflict was closed",
    IntentWaited = "an intent waited for its bytes",
    IntentFulfilled = "an intent was fulfilled",
    IntentFulfilledLate = "an intent was fulfilled after something had stood against it",
    IntentStopped = "a hold or freeze stopped an intent",
    IntentFailed = "a word of failure stopped an intent",
    IntentRecalled = "a recall stopped an intent",
    IntentOvertaken = "the pin of an intent's target moved before it arrived",
    IntentCancelledHere = "an intent was cancelled where it was decided",
    IntentCancelledThere = "an intent was cancelled where it waits",
    IntentCancelledTooLate = "an intent was cancelled at one site and fulfilled at the other",
    CrashBefore = "a crash before an append was durable",
    CrashAfter = "a crash after an append was durable and before anybody was told",
    RetryKnown = "a repeated command was answered with the entries of the first time",
    RetryAnew = "a repeated command had not happened and was done",
    LostRace = "a process lost the race for the head and decided again",
    PageTwice = "a page came twice",
    PageStale = "a page came after a newer one",
    PageForged = "a forged page was refused",
    CrashInCopy = "a crash after a page was durable",
    ClockBack = "a site's clock ran back",
    FastForward = "a hotfix was transferred as it is",
    ChainTransfer = "a chain of hotfixes was transferred at once",
    Merged = "a hotfix was transferred by a merge",
    Declined = "a transfer was declined",
    SameRelease = "both sites were delivered the same bytes under one name",
    NameClash = "both sites were delivered other bytes under one name",
    RecallInCut = "a version was recalled while the link was cut",
    ActivatedRecalled = "a version was activated at a site that did not know of its recall yet",
    Glass = "the glass was broken",
    Absorbed = "a hotfix was absorbed",
    Discarded = "a hotfix was discarded",
    Rollback = "a rollback",
    LiveTwice = "both sites declared another live site while cut apart",
    RightGone = "a right was taken in one ledger and used in the other",
    Accepted = "a cold difference was accepted",
    Adopted = "drift was adopted",
    LagUnknown = "a site was behind by more than was known",
    PolicyMoved = "the policy changed",
}

/// How often each was met.
#[derive(Clone)]
pub struct Counts([u64; Rare::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Counts([0; Rare::ALL.len()])
    }
}

impl Counts {
    pub fn met(&mut self, rare: Rare) {
        self.0[rare as usize] += 1;
    }

    pub fn add(&mut self, other: &Counts) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }

    pub fn of(&self, rare: Rare) -> u64 {
        self.0[rare as usize]
    }
}
