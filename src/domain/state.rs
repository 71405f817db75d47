//! What is true, folded from the ledgers: one [`LedgerState`] a site, and questions over all of them.
//!
//! All maps are persistent (cheap to clone), so a writer can try a batch of facts on a copy and
//! throw it away when the append fails.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet, Vector};

use super::access::{self, Act, Actor, Grant, Scope};
use super::answers::Answers;
use super::digest::Digest;
use super::environment::{Environment, Topology};
use super::event::{DriftFinding, IntentRecorded, Mode, PairFinding, PairOutcome, Provenance};
use super::ids::{
    AccountId, CommandId, EntryRef, LaneName, ReviewId, RuleSetName, SiteName, Timestamp,
};
use super::ledger::Head;
use super::manifest::Change;
use super::policy::Policy;
use super::review::{Shown, Subject};
use super::version::VersionName;

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
    pub(super) unreceived: OrdSet<(SiteName, VersionKey)>,
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
    /// Those of them that wait for somebody: open ones, and broken glass that others have not looked at.
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

/// A version whose bytes are at a site.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct VersionFacts {
    pub checksum: Digest,
    /// 0 if it was received from the other site.
    pub rules: u32,
    pub size_bytes: u64,
    pub at: Timestamp,
    pub by: AccountId,
    pub entry: EntryRef,
    /// Present for a planned version committed here.
    pub release: Option<Arc<ReleaseFacts>>,
    /// The committing entry elsewhere, if it was received.
    pub origin: Option<EntryRef>,
    /// Every word on soft launch at this site, oldest first.
    pub validations: Vec<Validation>,
}

/// What a planned version's commit said.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct ReleaseFacts {
    pub provenance: Provenance,
    pub drift: Vec<DriftFinding>,
}

/// One word on a version in soft launch.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Validation {
    pub passed: bool,
    pub lane: LaneName,
    pub at: Timestamp,
    pub by: AccountId,
    pub entry: EntryRef,
    pub note: String,
    pub links: Vec<String>,
}

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

/// A review with its decisions.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Review {
    pub id: ReviewId,
    pub ruleset: Option<RuleSetName>,
    pub subject: Subject,
    pub reason: String,
    pub requester: AccountId,
    pub opened_at: Timestamp,
    pub status: ReviewStatus,
    /// Every approval, oldest first; whether one still counts is decided against what is shown now.
    pub approvals: Vec<Approval>,
    /// The newest answer for each hotfix rule.
    pub answers: Answers,
    pub comments: u32,
    pub glass: Option<Box<Glass>>,
}

/// Where a review stands.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum ReviewStatus {
    Open,
    Executed {
        at: Timestamp,
        by: AccountId,
        entry: EntryRef,
    },
    Rejected {
        at: Timestamp,
        by: AccountId,
        reason: String,
    },
    Withdrawn {
        at: Timestamp,
        by: AccountId,
        reason: String,
    },
}

/// One person's yes.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Approval {
    pub by: AccountId,
    pub at: Timestamp,
    pub entry: EntryRef,
    pub fingerprint: Digest,
    pub shown: Arc<Shown>,
    pub note: String,
}

/// A review carried out past a blocking check; red until two others looked.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Glass {
    pub by: AccountId,
    pub at: Timestamp,
    pub reason: String,
    pub blocked: Vec<String>,
    pub looked: Vec<(AccountId, Timestamp, String)>,
}

impl Review {
    /// True if it waits for somebody: it is open, or others have not looked at its broken glass.
    pub fn is_waiting(&self) -> bool {
        self.status == ReviewStatus::Open
            || self.glass.as_ref().is_some_and(|glass| glass.is_open())
    }
}

impl Glass {
    /// How many others have to look.
    pub const LOOKS_NEEDED: usize = 2;

    /// True while fewer than two others have looked.
    pub fn is_open(&self) -> bool {
        self.looked.len() < Glass::LOOKS_NEEDED
    }
}

/// A hotfix version as it was made.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Hotfix {
    pub ruleset: RuleSetName,
    pub version: VersionName,
    pub checksum: Digest,
    pub environment: Environment,
    pub on_top_of: VersionName,
    pub on_top_of_checksum: Digest,
    pub changes: Vec<Change>,
    pub lines_changed: u32,
    pub reason: String,
    pub incident: String,
    pub ends_at: Timestamp,
    pub author: AccountId,
    pub at: Timestamp,
    pub entry: EntryRef,
    pub adopts: Option<EntryRef>,
    /// The hotfix of the other site that it brings.
    pub transfers: Option<VersionName>,
    pub end: Option<HotfixEnd>,
}

/// What was decided at a site about a hotfix of the other.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Transfer {
    /// It went live here, as itself or merged into another hotfix.
    Done {
        /// What it was made on.
        on_top_of: VersionName,
        by: VersionName,
        at: Timestamp,
        entry: EntryRef,
    },
    /// It stays away.
    Declined {
        reason: String,
        by: AccountId,
        at: Timestamp,
        entry: EntryRef,
    },
}

/// A pair of hotfixes that somebody closed.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct ClosedPair {
    pub finding: PairFinding,
    pub outcome: PairOutcome,
    pub reason: String,
    pub by: AccountId,
    pub at: Timestamp,
    pub entry: EntryRef,
}

/// A difference from the live site that somebody accepted; it holds while both keep these bytes.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct AcceptedDifference {
    pub checksum: Digest,
    pub live: Environment,
    pub live_checksum: Digest,
    pub reason: String,
    pub by: AccountId,
    pub at: Timestamp,
    pub entry: EntryRef,
}

/// How a hotfix ended in the environment it was made for.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum HotfixEnd {
    Absorbed {
        by: VersionName,
        entry: EntryRef,
        at: Timestamp,
    },
    Discarded {
        reason: String,
        by: AccountId,
        entry: EntryRef,
        at: Timestamp,
    },
}

/// An activation decided here that waits at another site.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Intent {
    pub id: EntryRef,
    pub ruleset: RuleSetName,
    pub at: Timestamp,
    pub by: AccountId,
    pub body: IntentRecorded,
    pub cancelled: Option<String>,
}

/// What a store outside held.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Observation {
    pub id: EntryRef,
    pub ruleset: RuleSetName,
    pub environment: Environment,
    pub at: Timestamp,
    pub by: AccountId,
    pub checksum: Digest,
    pub pin: VersionName,
    pub pin_checksum: Digest,
    pub changes: Vec<Change>,
    pub resolution: Option<Resolution>,
}

/// What became of observed drift.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Resolution {
    /// The pin moved to what was observed.
    PinFollowed {
        at: Timestamp,
    },
    Adopted {
        hotfix: VersionName,
        by: AccountId,
    },
    Dismissed {
        reason: String,
        by: AccountId,
        ends_at: Timestamp,
    },
}

impl Observation {
    /// True if the difference is unexplained at `now`: neither adopted nor dismissed up to then.
    pub fn is_open(&self, now: Timestamp) -> bool {
        !self.changes.is_empty()
            && match &self.resolution {
                None => true,
                Some(Resolution::Dismissed { ends_at, .. }) => *ends_at <= now,
                Some(_) => false,
            }
    }
}

/// A hold or a freeze.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Stop {
    pub id: EntryRef,
    /// Absent: every rule set.
    pub ruleset: Option<RuleSetName>,
    /// Absent: every lane of the site.
    pub lane: Option<LaneName>,
    pub by: AccountId,
    pub at: Timestamp,
    pub reason: String,
    /// Only for a freeze.
    pub until: Option<Timestamp>,
}

/// A version declared bad.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Recall {
    pub checksum: Option<Digest>,
    pub reason: String,
    pub by: AccountId,
    pub at: Timestamp,
    pub entry: EntryRef,
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

    /// Every rule set with at least one version somewhere, by name, each once.
    pub fn rulesets(&self) -> Vec<RuleSetName> {
        let names: std::collections::BTreeSet<&RuleSetName> = self
            .ledgers
            .values()
            .flat_map(|ledger| ledger.rulesets.iter())
            .collect();
        names.into_iter().cloned().collect()
    }

    /// True if some site holds a version of the rule set.
    pub fn has_ruleset(&self, ruleset: &RuleSetName) -> bool {
        self.ledgers
            .values()
            .any(|ledger| ledger.rulesets.contains(ruleset))
    }

    /// The version as the site that committed it knows it: a commit before a mere receipt, and what was committed
    /// here before what the other site committed under the same name while the two were cut apart.
    pub fn version(&self, ruleset: &RuleSetName, version: &VersionName) -> Option<&VersionFacts> {
        let key = (ruleset.clone(), version.clone());
        let own = self.own_ledger().versions.get(&key);
        let known = || {
            let others = self
                .ledgers
                .values()
                .filter_map(|ledger| ledger.versions.get(&key));
            own.into_iter().chain(others)
        };
        known()
            .find(|facts| facts.origin.is_none())
            .or(known().next())
            .map(Arc::as_ref)
    }

    /// The version if its bytes are at `site`, verified.
    pub fn version_at(
        &self,
        site: &SiteName,
        ruleset: &RuleSetName,
        version: &VersionName,
    ) -> Option<&VersionFacts> {
        self.ledgers
            .get(site)?
            .versions
            .get(&(ruleset.clone(), version.clone()))
            .map(Arc::as_ref)
    }

    /// Versions of a rule set known anywhere, newest commit first, each name once.
    pub fn versions(&self, ruleset: &RuleSetName) -> Vec<(VersionName, &VersionFacts)> {
        let first = (ruleset.clone(), VersionName::lowest());
        let names: std::collections::BTreeSet<&VersionName> = self
            .ledgers
            .values()
            .flat_map(|ledger| {
                ledger
                    .versions
                    .range(first.clone()..)
                    .map(|(key, _)| key)
                    .take_while(|(name, _)| name == ruleset)
                    .map(|(_, version)| version)
            })
            .collect();
        let mut versions: Vec<_> = names
            .into_iter()
            .filter_map(|name| Some((name.clone(), self.version(ruleset, name)?)))
            .collect();
        versions.sort_by(|(a, x), (b, y)| (y.at, b).cmp(&(x.at, a)));
        versions
    }

    /// Names of versions of a rule set with this checksum.
    pub fn versions_with(&self, ruleset: &RuleSetName, checksum: Digest) -> Vec<VersionName> {
        self.versions(ruleset)
            .into_iter()
            .filter(|(_, facts)| facts.checksum == checksum)
            .map(|(name, _)| name)
            .collect()
    }

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

    /// A review of any site.
    pub fn review(&self, id: &ReviewId) -> Option<&Arc<Review>> {
        self.ledgers.get(&id.site)?.reviews.get(&id.seq)
    }

    /// Every review, newest first.
    pub fn reviews(&self) -> Vec<&Arc<Review>> {
        let mut reviews: Vec<_> = self
            .ledgers
            .values()
            .flat_map(|ledger| ledger.reviews.values())
            .collect();
        reviews.sort_by(|a, b| (b.opened_at, &b.id).cmp(&(a.opened_at, &a.id)));
        reviews
    }

    /// Reviews that wait for somebody, newest first: open ones, and broken glass that others have not looked at.
    pub fn waiting_reviews(&self) -> Vec<&Arc<Review>> {
        let mut reviews: Vec<_> = self
            .ledgers
            .values()
            .flat_map(|ledger| {
                ledger
                    .waiting_reviews
                    .iter()
                    .filter_map(|seq| ledger.reviews.get(seq))
            })
            .collect();
        reviews.sort_by(|a, b| (b.opened_at, &b.id).cmp(&(a.opened_at, &a.id)));
        reviews
    }

    /// A hotfix as it was made, whichever site made it.
    pub fn hotfix(&self, ruleset: &RuleSetName, version: &VersionName) -> Option<&Arc<Hotfix>> {
        let key = (ruleset.clone(), version.clone());
        self.ledgers
            .values()
            .find_map(|ledger| ledger.hotfixes.get(&key))
    }

    /// Every hotfix ever made, newest first.
    pub fn hotfixes(&self) -> Vec<&Arc<Hotfix>> {
        let mut hotfixes: Vec<_> = self
            .ledgers
            .values()
            .flat_map(|ledger| ledger.hotfixes.values())
            .collect();
        hotfixes.sort_by(|a, b| (b.at, &b.entry).cmp(&(a.at, &a.entry)));
        hotfixes
    }

    /// Open hotfixes of a rule set in an environment, oldest first.
    pub fn open_hotfixes(
        &self,
        ruleset: &RuleSetName,
        environment: &Environment,
    ) -> Vec<&Arc<Hotfix>> {
        let Some(track) = self.track(ruleset, environment) else {
            return Vec::new();
        };
        track
            .open_hotfixes
            .iter()
            .filter_map(|version| self.hotfix(ruleset, version))
            .collect()
    }

    /// What was last observed in an environment's store.
    pub fn observation(
        &self,
        ruleset: &RuleSetName,
        environment: &Environment,
    ) -> Option<&Arc<Observation>> {
        self.ledgers
            .get(&environment.site)?
            .observations
            .get(&(ruleset.clone(), environment.lane.clone()))
    }

    /// Observed drift of an environment that nobody has explained.
    pub fn open_drift(
        &self,
        ruleset: &RuleSetName,
        environment: &Environment,
        now: Timestamp,
    ) -> Option<&Arc<Observation>> {
        self.observation(ruleset, environment)
            .filter(|observation| observation.is_open(now))
    }

    /// The newest observation of each environment that found a difference, newest first.
    pub fn observations(&self) -> Vec<&Arc<Observation>> {
        let mut all: Vec<_> = self
            .ledgers
            .values()
            .flat_map(|l| l.observations.values())
            .collect();
        all.retain(|o| !o.changes.is_empty());
        all.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        all
    }

    /// Holds in force for a rule set in an environment.
    pub fn holds(&self, ruleset: &RuleSetName, environment: &Environment) -> Vec<&Stop> {
        self.ledgers
            .get(&environment.site)
            .map_or(Vec::new(), |ledger| {
                stops(&ledger.holds, ruleset, environment)
            })
    }

    /// Freezes in force at `now` for a rule set in an environment.
    pub fn freezes(
        &self,
        ruleset: &RuleSetName,
        environment: &Environment,
        now: Timestamp,
    ) -> Vec<&Stop> {
        let Some(ledger) = self.ledgers.get(&environment.site) else {
            return Vec::new();
        };
        let mut freezes = stops(&ledger.freezes, ruleset, environment);
        freezes.retain(|freeze| freeze.until.is_none_or(|until| until > now));
        freezes
    }

    /// The recall of a version, by its name or its bytes.
    pub fn recall(
        &self,
        ruleset: &RuleSetName,
        version: &VersionName,
        checksum: Digest,
    ) -> Option<&Recall> {
        let key = (ruleset.clone(), version.clone());
        self.ledgers.values().find_map(|ledger| {
            ledger.recalls.get(&key).or_else(|| {
                ledger
                    .recalls
                    .iter()
                    .find(|((name, _), r)| name == ruleset && r.checksum == Some(checksum))
                    .map(|(_, r)| r)
            })
        })
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

    /// Rights in force, in order, each once.
    pub fn grants(&self) -> Vec<Grant> {
        let mut newest: std::collections::BTreeMap<&Grant, (Timestamp, &SiteName, bool)> =
            Default::default();
        for (site, ledger) in &self.ledgers {
            for (grant, (at, given)) in &ledger.grants {
                take_newer(&mut newest, grant, (*at, site, *given));
            }
        }
        newest
            .into_iter()
            .filter(|(_, (_, _, given))| *given)
            .map(|(grant, _)| grant.clone())
            .collect()
    }

    /// Rights of one account.
    pub fn grants_of(&self, account: &AccountId) -> Vec<Grant> {
        let first = Grant {
            account: account.clone(),
            role: access::Role::ALL[0],
            scope: Scope::EVERYWHERE,
        };
        let mut newest: std::collections::BTreeMap<&Grant, (Timestamp, &SiteName, bool)> =
            Default::default();
        for (site, ledger) in &self.ledgers {
            for (grant, (at, given)) in ledger
                .grants
                .range(first.clone()..)
                .take_while(|(g, _)| g.account == *account)
            {
                take_newer(&mut newest, grant, (*at, site, *given));
            }
        }
        newest
            .into_iter()
            .filter(|(_, (_, _, given))| *given)
            .map(|(grant, _)| grant.clone())
            .collect()
    }

    /// May this actor do this act there? The command line on the database may manage accounts; the site
    /// itself needs no right for what it owes; a token never does what needs a person.
    pub fn may(&self, actor: &Actor, act: Act, scope: &Scope) -> bool {
        if actor.account == AccountId::operator_console() {
            return matches!(act, Act::ManageAccounts | Act::View | Act::ExportLedger);
        }
        let grants = self.grants_of(&actor.account);
        let held = |role: access::Role| {
            grants
                .iter()
                .any(|g| g.role == role && act.holds(&g.scope, scope))
        };
        match &actor.token {
            Some(token) => {
                !act.needs_a_person()
                    && access::allows(token.role, act)
                    && act.holds(&token.scope, scope)
                    && held(token.role)
            }
            None => access::roles_for(act).into_iter().any(held),
        }
    }

    /// Accounts that may do an act there, each once.
    pub fn people_who_may(&self, act: Act, scope: &Scope) -> Vec<AccountId> {
        let people: std::collections::BTreeSet<AccountId> = self
            .grants()
            .into_iter()
            .filter(|grant| access::allows(grant.role, act) && act.holds(&grant.scope, scope))
            .map(|grant| grant.account)
            .collect();
        people.into_iter().collect()
    }
}

/// Last writer wins, by time, then site.
fn take_newer<'a>(
    newest: &mut std::collections::BTreeMap<&'a Grant, (Timestamp, &'a SiteName, bool)>,
    grant: &'a Grant,
    word: (Timestamp, &'a SiteName, bool),
) {
    let known = newest.entry(grant).or_insert(word);
    if (word.0, word.1) > (known.0, known.1) {
        *known = word;
    }
}

fn stops<'a>(
    stops: &'a OrdMap<u64, Stop>,
    ruleset: &RuleSetName,
    environment: &Environment,
) -> Vec<&'a Stop> {
    stops
        .values()
        .filter(|stop| stop.ruleset.as_ref().is_none_or(|name| name == ruleset))
        .filter(|stop| {
            stop.lane
                .as_ref()
                .is_none_or(|lane| *lane == environment.lane)
        })
        .collect()
}
