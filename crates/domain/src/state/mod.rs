//! What is true, folded from the ledgers: one [`LedgerState`] a site, and questions over all of them.
//!
//! All maps are persistent (cheap to clone), so a writer can try a batch of facts on a copy and
//! throw it away when the append fails.

mod between;
mod hotfix;
mod observation;
mod pin;
mod review;
mod rights;
mod stop;
mod version;

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use rulegate_ledger::access::Grant;
use rulegate_ledger::environment::Topology;
use rulegate_ledger::ids::{CommandId, EntryRef, LaneName, RuleSetName, SiteName, Timestamp};
use rulegate_ledger::ledger::Head;
use rulegate_ledger::policy::Policy;
use rulegate_ledger::version::VersionName;

pub use between::{AcceptedDifference, ClosedPair, Intent, Transfer};
pub use hotfix::{Hotfix, HotfixEnd};
pub use observation::{Observation, Resolution};
pub use pin::{Pin, PinTrack};
pub use review::{Approval, Glass, Review, ReviewStatus};
pub use stop::Stop;
pub use version::{Recall, ReleaseFacts, Validation, VersionFacts};

/// A rule set and a lane of the ledger's own site.
pub type PinKey = (RuleSetName, LaneName);
/// A version of a rule set.
pub type VersionKey = (RuleSetName, VersionName);
/// Two hotfixes of a rule set, in the order of their names.
pub type PairKey = (RuleSetName, VersionName, VersionName);

/// Everything that is true, as far as this site knows.
#[derive(Debug, Clone)]
pub struct State {
    /// Sites and lanes of the installation.
    pub topology: Topology,
    /// The site whose ledger this process appends to.
    pub own: SiteName,
    /// The fold of each site's ledger, as far as it is here; a site never heard of is absent.
    pub ledgers: OrdMap<SiteName, LedgerState>,
    /// Versions that other sites committed and that are not here yet, by the committing site.
    pub(crate) unreceived: OrdSet<(SiteName, VersionKey)>,
}

/// The fold of one site's ledger.
#[derive(Debug, Clone)]
pub struct LedgerState {
    /// Its last entry.
    pub head: Head,
    /// The command of the last entry.
    pub last_command: Option<CommandId>,
    /// Versions whose bytes are at this site, verified.
    pub versions: OrdMap<VersionKey, Arc<VersionFacts>>,
    /// Rule sets with at least one version here.
    pub rulesets: OrdSet<RuleSetName>,
    /// What each rule set runs in each lane here.
    pub pins: OrdMap<PinKey, PinTrack>,
    /// Reviews opened here, by their number.
    pub reviews: OrdMap<u64, Arc<Review>>,
    /// Those of them that wait for somebody: open ones, and broken glass without both after-reviews.
    pub waiting_reviews: OrdSet<u64>,
    /// Hotfixes made here.
    pub hotfixes: OrdMap<VersionKey, Arc<Hotfix>>,
    /// Activations decided here that wait at another site, by their number.
    pub intents: OrdMap<u64, Arc<Intent>>,
    /// Those of them that are neither fulfilled nor cancelled.
    pub waiting_intents: OrdSet<u64>,
    /// Intents of other ledgers that this site fulfilled.
    pub fulfilled: OrdMap<EntryRef, EntryRef>,
    /// Intents of other ledgers that this site cancelled, with the reason.
    pub cancelled: OrdMap<EntryRef, String>,
    /// What was decided here about hotfixes of other sites.
    pub transfers: OrdMap<VersionKey, Transfer>,
    /// Pairs of hotfixes closed here; the names in their order.
    pub pairs: OrdMap<PairKey, ClosedPair>,
    /// Differences from the live site accepted here, the newest of each rule set and lane.
    pub accepted: OrdMap<PinKey, Arc<AcceptedDifference>>,
    /// The newest observation of each pin; older ones are in the ledger only.
    pub observations: OrdMap<PinKey, Arc<Observation>>,
    /// Holds in force, by their number.
    pub holds: OrdMap<u64, Stop>,
    /// Freezes set and not lifted, by their number; each ends by itself at `until`.
    pub freezes: OrdMap<u64, Stop>,
    /// Where the app was last declared live, by this ledger.
    pub live: Option<(Timestamp, SiteName)>,
    /// The newest word on each grant in this ledger.
    pub grants: OrdMap<Grant, (Timestamp, bool)>,
    /// The newest policy in this ledger.
    pub policy: Option<(Timestamp, Policy)>,
    /// Versions declared bad.
    pub recalls: OrdMap<VersionKey, Recall>,
}

impl Default for LedgerState {
    fn default() -> Self {
        LedgerState {
            head: Head::EMPTY,
            last_command: None,
            versions: OrdMap::new(),
            rulesets: OrdSet::new(),
            pins: OrdMap::new(),
            reviews: OrdMap::new(),
            waiting_reviews: OrdSet::new(),
            hotfixes: OrdMap::new(),
            intents: OrdMap::new(),
            waiting_intents: OrdSet::new(),
            fulfilled: OrdMap::new(),
            cancelled: OrdMap::new(),
            transfers: OrdMap::new(),
            pairs: OrdMap::new(),
            accepted: OrdMap::new(),
            observations: OrdMap::new(),
            holds: OrdMap::new(),
            freezes: OrdMap::new(),
            live: None,
            grants: OrdMap::new(),
            policy: None,
            recalls: OrdMap::new(),
        }
    }
}

impl State {
    /// Nothing has happened yet.
    pub fn new(topology: Topology, own: SiteName) -> State {
        let ledgers = OrdMap::unit(own.clone(), LedgerState::default());
        State {
            topology,
            own,
            ledgers,
            unreceived: OrdSet::new(),
        }
    }

    /// The fold of this site's own ledger.
    pub fn own_ledger(&self) -> &LedgerState {
        self.ledgers
            .get(&self.own)
            .expect("the own ledger is there from the start")
    }

    /// The head of a site's ledger as far as it is here.
    pub fn head(&self, site: &SiteName) -> Head {
        self.ledgers
            .get(site)
            .map_or(Head::EMPTY, |ledger| ledger.head)
    }

    /// Where the app is live: the newest declaration of any ledger, else the primary site.
    pub fn live_site(&self) -> &SiteName {
        self.ledgers
            .iter()
            .filter_map(|(site, ledger)| ledger.live.as_ref().map(|(at, live)| (*at, site, live)))
            .max_by_key(|(at, site, _)| (*at, *site))
            .map_or(&self.topology.sites[0], |(_, _, live)| live)
    }

    /// The policy in force: the newest of any ledger, else the default.
    pub fn policy(&self) -> Policy {
        self.ledgers
            .iter()
            .filter_map(|(site, ledger)| {
                ledger
                    .policy
                    .as_ref()
                    .map(|(at, policy)| (*at, site, policy))
            })
            .max_by_key(|(at, site, _)| (*at, *site))
            .map_or_else(Policy::default, |(_, _, policy)| policy.clone())
    }
}
