//! The application: one door for writes, questions over the folded state, contents through a cache.

pub mod account_sync;
pub mod alike;
mod batch;
mod bring;
mod catch_up;
pub mod clock;
pub mod contents;
pub mod duties;
pub mod error;
pub mod execute;
pub mod export;
pub mod hotfix_lines;
pub mod hotfixing;
pub mod identity;
pub mod intake;
pub mod judge;
pub mod ledger;
mod ledger_blocks;
pub mod outcome;
pub mod peer_status;
mod proofs;
pub mod read_your_writes;
pub mod reader;
pub mod reconcile;
pub mod recovery;
pub mod sealing;
pub mod seen;
pub mod send_back;
mod signer;
pub mod snapshot;
pub mod source;
mod submission;
pub mod summary;
pub mod trail;
pub mod watchdog;
mod writer;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::{Notify, mpsc, watch};

use crate::config::Config;
use crate::store::Store;
use rulegate_domain::state::State;
use rulegate_ledger::checkpoint::{SigningKey, VerifierKey};
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::merkle::Tree;

pub use clock::Clock;
pub use error::AppError;
pub use identity::IdentitySettings;
pub use snapshot::Snapshot;

pub use crate::store::{KeptAlarm, KeptCheckpoint};

/// One site's application in this process. Cheap to share; every field is safe to use from any task.
pub struct App {
    /// What it was started with.
    pub config: Config,
    /// Ledger, contents, accounts.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// What is true now; replaced as a whole by the writer, never changed in place.
    snapshot: ArcSwap<Snapshot>,
    /// Tells that the snapshot was replaced; the value is a running number.
    changed: watch::Sender<u64>,
    submissions: mpsc::Sender<submission::Submission>,
    contents: contents::Cache,
    blocks: ledger_blocks::Cache,
    evidence: judge::Cache,
    edited: alike::Cache,
    /// Whether the reader may reach the other site; only the demonstration cuts it.
    pub link_up: AtomicBool,
    /// Whether the site answers at all; only the demonstration switches it off.
    pub powered: AtomicBool,
    /// When the reader last heard from the other site, and what went wrong since.
    pub peer: ArcSwap<peer_status::PeerStatus>,
    /// Why this process stopped writing, if it did.
    pub stopped: ArcSwap<Option<String>>,
    /// Why nothing is appended although everything else works: the own ledger is shorter than what was signed.
    pub behind: ArcSwap<Option<String>>,
    /// Settings of the database that were right when this process started and are wrong now, in words.
    pub drifted: ArcSwap<Vec<String>>,
    /// With what this site signs its checkpoints.
    key: SigningKey,
    /// With what it opens what others sealed for it.
    sealing: sealing::SealingKey,
    /// Wakes when accounts or tokens came from the other site; the value is a running number.
    pub accounts_moved: watch::Sender<u64>,
    /// The tree over the own ledger, as far as it was built.
    tree: Mutex<Tree>,
    signed: ArcSwapOption<KeptCheckpoint>,
    signed_changed: watch::Sender<u64>,
    /// Under which keys other sites' checkpoints are believed.
    peer_keys: ArcSwap<BTreeMap<SiteName, Vec<VerifierKey>>>,
    /// Asks the writer to poll the store at once.
    nudged: Notify,
    /// True once the process is about to end: streams that never end by themselves end now.
    pub ending: watch::Sender<bool>,
}

impl App {
    /// Claims the database for the site, folds what it holds and starts the writer.
    ///
    /// Errors: [`AppError::Unavailable`] if the database is away; [`AppError::Broken`] if it belongs to another
    /// site or its ledger does not follow from its first entry. A ledger with entries that this program does not
    /// know opens, serves and refuses to write.
    pub async fn start(config: Config, store: Store, clock: Clock) -> Result<Arc<App>, AppError> {
        App::start_as(config, &IdentitySettings::default(), store, clock).await
    }

    /// As [`App::start`], with what is told about keys.
    ///
    /// Errors: also [`AppError::Broken`] if the database signs for another installation or with another key.
    pub async fn start_as(
        config: Config,
        identity: &IdentitySettings,
        store: Store,
        clock: Clock,
    ) -> Result<Arc<App>, AppError> {
        store.claim_identity(&config.site).await?;
        let key = identity::establish(&store, &config.site, identity).await?;
        let signed = store.last_checkpoint(&config.site).await?;
        let (submissions, receiver) = mpsc::channel(writer::WAITING_MAX);
        let snapshot = Snapshot::new(State::new(config.topology.clone(), config.site.clone()));
        let app = Arc::new(App {
            config,
            store,
            clock,
            snapshot: ArcSwap::from_pointee(snapshot),
            changed: watch::Sender::new(0),
            submissions,
            contents: contents::Cache::default(),
            blocks: ledger_blocks::Cache::default(),
            evidence: judge::Cache::default(),
            edited: alike::Cache::default(),
            link_up: AtomicBool::new(true),
            powered: AtomicBool::new(true),
            peer: ArcSwap::from_pointee(peer_status::PeerStatus::default()),
            stopped: ArcSwap::from_pointee(None),
            behind: ArcSwap::from_pointee(None),
            drifted: ArcSwap::default(),
            sealing: sealing::SealingKey::of(&key),
            key,
            accounts_moved: watch::Sender::new(0),
            tree: Mutex::default(),
            signed: ArcSwapOption::empty(),
            signed_changed: watch::Sender::new(0),
            peer_keys: ArcSwap::default(),
            nudged: Notify::new(),
            ending: watch::Sender::new(false),
        });
        app.trust_keys(&identity.peer_keys);
        if let Some(signed) = &signed {
            app.note_signed_elsewhere(signed.size, "this site signed them")
                .await?;
        }
        let writer = writer::Writer::new(app.clone(), receiver);
        let writer = writer.fold_everything().await?;
        tokio::spawn(writer.run());
        if !identity.is_guest {
            signer::start(&app);
            watchdog::start(&app);
        }
        duties::start(app.clone());
        Ok(app)
    }

    /// What is true now, as one consistent value.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Wakes whenever the snapshot has been replaced.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn publish(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
        self.changed.send_modify(|number| *number += 1);
    }

    /// True while the link to the other site is not cut by hand.
    pub fn is_linked(&self) -> bool {
        self.link_up.load(Ordering::Relaxed) && self.powered.load(Ordering::Relaxed)
    }
}
