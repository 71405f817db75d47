//! What runs where: pins with their history.

use imbl::Vector;

use super::State;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Mode;
use rulegate_ledger::ids::{AccountId, EntryRef, ReviewId, RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

/// What one rule set runs in one lane of a site.
#[derive(Debug, Clone)]
pub struct PinTrack {
    /// The pin now.
    pub current: Pin,
    /// The last planned version that went live here; none while only hotfixes did.
    pub baseline: Option<Pin>,
    /// Every pin, oldest first, the current one last.
    pub history: Vector<Pin>,
    /// Hotfixes in effect here and not absorbed or discarded, oldest first.
    pub open_hotfixes: Vector<VersionName>,
}

/// One position of a pin.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Pin {
    pub version: VersionName,
    pub checksum: Digest,
    pub mode: Mode,
    pub at: Timestamp,
    pub by: AccountId,
    pub entry: EntryRef,
    pub review: Option<ReviewId>,
}

impl State {
    /// What a rule set runs in an environment, with its history; none before the first activation.
    pub fn track(&self, ruleset: &RuleSetName, environment: &Environment) -> Option<&PinTrack> {
        self.ledgers
            .get(&environment.site)?
            .pins
            .get(&(ruleset.clone(), environment.lane.clone()))
    }

    /// The pin of a rule set in an environment.
    pub fn pin(&self, ruleset: &RuleSetName, environment: &Environment) -> Option<&Pin> {
        self.track(ruleset, environment).map(|track| &track.current)
    }
}
