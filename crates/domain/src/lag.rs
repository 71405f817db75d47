//! How far a site lags behind another: never more than the truth, and "unknown" where nobody can say.

use crate::state::State;
use rulegate_ledger::ids::{RuleSetName, SiteName, Timestamp};
use rulegate_ledger::ledger::Head;
use rulegate_ledger::version::VersionName;

/// After so long without a word a site counts as silent. It is asked every second, and a reader under load may
/// miss a few, in microseconds.
pub const SILENT_US: i64 = 15 * 1_000_000;

/// What the other site was heard to say about its own ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    /// When it last answered; none if never since this process started.
    pub at: Option<Timestamp>,
    /// The most entries it has proved or named so far; a ledger never shrinks, so it has at least these.
    pub entries: u64,
    /// The link is cut by hand.
    pub is_cut: bool,
}

/// How our copy of a ledger stands to that ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    /// The site answers: at `heard_at` exactly so many entries were missing here.
    Known {
        /// When it answered.
        heard_at: Timestamp,
        /// Entries that it has and our copy has not.
        missing: u64,
        /// For how long the newest of our copy has been the newest, in whole seconds; 0 if none is missing.
        seconds: u64,
    },
    /// The site is silent: what it did since is not known.
    Unknown {
        /// Since when; none if it was never heard.
        since: Option<Timestamp>,
        /// The newest entry of our copy.
        last_seen: u64,
        /// It has at least so many entries that are missing here: never more than the truth.
        at_least: u64,
    },
}

impl Lag {
    /// How `copy`, our copy's head, stands to the ledger that was `heard` of.
    pub fn of(copy: Head, heard: Heard, now: Timestamp) -> Lag {
        let missing = heard.entries.saturating_sub(copy.seq);
        match heard.at {
            Some(heard_at) if !heard.is_cut && now.0 - heard_at.0 <= SILENT_US => Lag::Known {
                heard_at,
                missing,
                seconds: match missing {
                    0 => 0,
                    _ => u64::try_from((now.0 - copy.at.0) / 1_000_000).unwrap_or(0),
                },
            },
            since => Lag::Unknown {
                since,
                last_seen: copy.seq,
                at_least: missing,
            },
        }
    }

    /// The lower bound on the entries missing here.
    pub fn at_least(&self) -> u64 {
        match self {
            Lag::Known { missing, .. } => *missing,
            Lag::Unknown { at_least, .. } => *at_least,
        }
    }

    /// True if nothing is known to be missing and the site answers.
    pub fn is_level(&self) -> bool {
        matches!(self, Lag::Known { missing: 0, .. })
    }
}

impl State {
    /// Versions that are at `ahead` and not at `behind`, as far as their ledgers are known here.
    pub fn versions_lacking(
        &self,
        ahead: &SiteName,
        behind: &SiteName,
    ) -> Vec<(RuleSetName, VersionName)> {
        let Some(ledger) = self.ledgers.get(ahead) else {
            return Vec::new();
        };
        let has = |key: &(RuleSetName, VersionName)| {
            self.ledgers
                .get(behind)
                .is_some_and(|ledger| ledger.versions.contains_key(key))
        };
        ledger
            .versions
            .keys()
            .filter(|key| !has(key))
            .cloned()
            .collect()
    }
}
