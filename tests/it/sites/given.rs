//! Sites to connect, and a site that offers whatever a test wants.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use rulegate::app::sealing::{PublicKey, Sealed};
use rulegate::app::source::{Source, SourceError};
use rulegate::app::{App, AppError, Clock, IdentitySettings};
use rulegate::config::Config;
use rulegate::store::Store;
use rulegate_domain::command;
use rulegate_ledger::access::{Actor, Grant, Role, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Topology;
use rulegate_ledger::ids::SiteName;
use tokio::sync::watch;

use crate::proofs::given::{Ledger, key};

pub fn config(site: &str) -> Config {
    Config {
        site: site.parse().unwrap(),
        topology: Topology::default(),
        listen: "127.0.0.1:0".parse().unwrap(),
        public_origin: None,
        demo: false,
    }
}

/// A site in memory.
pub async fn site(name: &str) -> Arc<App> {
    site_on(name, Store::open("memory:").await.unwrap())
        .await
        .unwrap()
}

/// A site on a store; its key is made with the store.
pub async fn site_on(name: &str, store: Store) -> Result<Arc<App>, AppError> {
    let identity = IdentitySettings {
        installation: Some("example.org/e3".into()),
        ..IdentitySettings::default()
    };
    App::start_as(config(name), &identity, store, Clock::default()).await
}

/// Appends an entry: a right for somebody.
pub async fn grow(app: &App, account: &str) -> Result<u64, AppError> {
    let grant = Grant {
        account: account.parse().unwrap(),
        role: Role::Auditor,
        scope: Scope::EVERYWHERE,
    };
    let command = command::GrantRight { grant }.into();
    let done = app
        .execute(Actor::operator_console(), command, app.fresh_command())
        .await?;
    Ok(done.entry().unwrap().seq)
}

/// Waits until something is so, at most 20 s.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(
            tokio::time::Instant::now() < deadline,
            "not so after 20 s: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// How many entries of `site` are part of the app's state.
pub fn known(app: &App, site: &str) -> u64 {
    app.snapshot().state.head(&site.parse().unwrap()).seq
}

/// The code of the alarm that stands.
pub fn alarm(app: &App) -> Option<&'static str> {
    app.peer.load().alarm().map(|alarm| alarm.code())
}

/// A site that says what it is told to say.
#[derive(Clone)]
pub struct Scripted(Arc<Offered>);

impl std::ops::Deref for Scripted {
    type Target = Offered;
    fn deref(&self) -> &Offered {
        &self.0
    }
}

/// Seals, or pretends to.
pub type Sealing =
    Box<dyn Fn(&PublicKey) -> Result<Option<Sealed>, SourceError> + Send + Sync + 'static>;

pub struct Offered {
    pub ledger: Mutex<Ledger>,
    /// Entries that it gives instead of those of its ledger.
    pub forged: Mutex<Option<Ledger>>,
    pub note: Mutex<String>,
    pub contents: Mutex<HashMap<Digest, Bytes>>,
    /// What it answers to whoever asks for accounts with a key.
    pub accounts: Mutex<Option<Sealing>>,
    hints: watch::Sender<u64>,
    site: SiteName,
}

impl Scripted {
    /// Offers a ledger, honestly signed by its key 1.
    pub fn new(ledger: Ledger) -> Scripted {
        let offers = Scripted(Arc::new(Offered {
            site: ledger.site.clone(),
            ledger: Mutex::new(ledger),
            forged: Mutex::default(),
            note: Mutex::default(),
            contents: Mutex::default(),
            accounts: Mutex::default(),
            hints: watch::Sender::new(0),
        }));
        offers.sign(1);
        offers
    }

    /// Signs the whole ledger with a key.
    pub fn sign(&self, number: u8) {
        let ledger = self.ledger.lock().unwrap();
        let key = key(self.site.as_str(), number);
        *self.note.lock().unwrap() = key.sign(ledger.tree.size(), ledger.tree.root());
    }

    /// Offers another ledger from now on, signed with key 1.
    pub fn offer(&self, ledger: Ledger) {
        *self.ledger.lock().unwrap() = ledger;
        self.sign(1);
    }
}

impl Source for Scripted {
    fn site(&self) -> &SiteName {
        &self.site
    }
    async fn checkpoint(&self, of: &SiteName) -> Result<Option<String>, SourceError> {
        Ok((*of == self.site).then(|| self.note.lock().unwrap().clone()))
    }
    async fn proof(&self, from: u64, to: u64) -> Result<Vec<Digest>, SourceError> {
        Ok(self.ledger.lock().unwrap().proof(from, to))
    }
    async fn entries(
        &self,
        _: &SiteName,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, String)>, SourceError> {
        let (honest, forged) = (self.ledger.lock().unwrap(), self.forged.lock().unwrap());
        let ledger = forged.as_ref().unwrap_or(&honest);
        let page = ledger.page(after as usize, limit as usize).into_iter();
        Ok(page.map(|(seq, bytes)| (seq, bytes.to_owned())).collect())
    }
    async fn content(&self, digest: &Digest) -> Result<Option<Bytes>, SourceError> {
        Ok(self.contents.lock().unwrap().get(digest).cloned())
    }
    async fn accounts(&self, _: i64, key: &PublicKey) -> Result<Option<Sealed>, SourceError> {
        match &*self.accounts.lock().unwrap() {
            Some(sealed) => sealed(key),
            None => Ok(None),
        }
    }
    fn hints(&self) -> watch::Receiver<u64> {
        self.hints.subscribe()
    }
}
