//! The application: one door for writes, questions over the folded state, contents through a cache.

pub mod alike;
pub mod clock;
pub mod contents;
pub mod duties;
pub mod error;
pub mod execute;
pub mod export;
pub mod hotfixing;
pub mod intake;
pub mod judge;
pub mod ledger;
pub mod outcome;
pub mod reader;
pub mod seen;
pub mod send_back;
pub mod snapshot;
pub mod told;
pub mod trail;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, watch};

use crate::config::Config;
use crate::domain::state::State;
use crate::store::Store;

pub use clock::Clock;
pub use error::AppError;
pub use snapshot::Snapshot;

/// One site's application in this process. Cheap to share; every field is safe to use from any task.
pub struct App {
    /// What it was told from outside.
    pub config: Config,
    /// Ledger, contents, accounts.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// What is true now; replaced as a whole by the writer, never changed in place.
    snapshot: ArcSwap<Snapshot>,
    /// Tells that the snapshot was replaced; the value is a running number.
    changed: watch::Sender<u64>,
    submissions: mpsc::Sender<writer::Submission>,
    contents: contents::Cache,
    judged: judge::Cache,
    edited: alike::Cache,
    /// Whether the reader may reach the other site; only the demonstration cuts it.
    pub link_up: AtomicBool,
    /// When the reader last heard from the other site, and what went wrong since.
    pub peer: ArcSwap<reader::PeerStatus>,
    /// Why this process stopped writing, if it did.
    pub stopped: ArcSwap<Option<String>>,
}

impl App {
    /// Claims the database for the site, folds what it holds and starts the writer.
    ///
    /// Errors: [`AppError::Unavailable`] if the database is away; [`AppError::Broken`] if it belongs to another
    /// site or its ledger does not follow from its first entry. A ledger with entries that this program does not
    /// know opens, serves and refuses to write.
    pub async fn start(config: Config, store: Store, clock: Clock) -> Result<Arc<App>, AppError> {
        store.claim_identity(&config.site).await?;
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
            judged: judge::Cache::default(),
            edited: alike::Cache::default(),
            link_up: AtomicBool::new(true),
            peer: ArcSwap::from_pointee(reader::PeerStatus::default()),
            stopped: ArcSwap::from_pointee(None),
        });
        let writer = writer::Writer::new(app.clone(), receiver);
        let writer = writer.fold_everything().await?;
        tokio::spawn(writer.run());
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
        self.link_up.load(Ordering::Relaxed)
    }
}
