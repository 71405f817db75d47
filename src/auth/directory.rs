//! Accounts and tokens in memory, so that pods and pages are answered without asking the database.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use crate::app::{App, AppError};
use crate::store::{Account, Token};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::AccountId;

/// How often other processes' changes are looked for.
const POLL: Duration = Duration::from_secs(1);
/// How often sign-ins that ended are removed.
const CLEAN_EVERY: Duration = Duration::from_secs(3_600);

/// Every account and token, as of a version of the tables.
#[derive(Default)]
pub struct Known {
    /// The tables' running number.
    pub version: i64,
    /// By id.
    pub accounts: HashMap<AccountId, Arc<Account>>,
    /// By the SHA-256 of the token.
    pub tokens: HashMap<Digest, Arc<Token>>,
}

impl Known {
    /// The name that an account shows.
    pub fn name(&self, id: &AccountId) -> String {
        match self.accounts.get(id) {
            Some(account) => account.display_name.clone(),
            None if *id == AccountId::site_itself() => "the site itself".to_owned(),
            None if *id == AccountId::operator_console() => "the console".to_owned(),
            None => format!(
                "unknown account {}",
                &id.as_str()[..id.as_str().len().min(8)]
            ),
        }
    }
}

/// The directory: replaced as a whole.
#[derive(Default)]
pub struct Directory {
    known: ArcSwap<Known>,
}

impl Directory {
    /// What is known now.
    pub fn known(&self) -> Arc<Known> {
        self.known.load_full()
    }

    /// An account by its id.
    pub fn account(&self, id: &AccountId) -> Option<Arc<Account>> {
        self.known.load().accounts.get(id).cloned()
    }

    /// An account by its name, in any case.
    pub fn by_name(&self, name: &str) -> Option<Arc<Account>> {
        let name = name.trim().to_lowercase();
        self.known
            .load()
            .accounts
            .values()
            .find(|account| account.name == name)
            .cloned()
    }

    /// What to call an account on a screen: its name, or what it is if it is nobody's.
    pub fn name(&self, id: &AccountId) -> String {
        self.known.load().name(id)
    }

    /// A token by its digest.
    pub fn token(&self, hash: &Digest) -> Option<Arc<Token>> {
        self.known.load().tokens.get(hash).cloned()
    }

    /// Reads the tables if they changed since.
    ///
    /// Errors: the store's; then the last known accounts stay in force.
    pub async fn refresh(&self, app: &App) -> Result<(), AppError> {
        let version = app.store.accounts_version().await?;
        if version == self.known.load().version && version != 0 {
            return Ok(());
        }
        let accounts = app.store.accounts().await?;
        let tokens = app.store.tokens().await?;
        self.known.store(Arc::new(Known {
            version,
            accounts: accounts
                .into_iter()
                .map(|account| (account.id.clone(), Arc::new(account)))
                .collect(),
            tokens: tokens
                .into_iter()
                .map(|token| (token.hash, Arc::new(token)))
                .collect(),
        }));
        Ok(())
    }
}

/// Reads the tables once and then whenever they changed, until the app is gone.
pub(super) async fn start(app: Arc<App>) -> Arc<Directory> {
    let directory = Arc::new(Directory::default());
    if let Err(error) = directory.refresh(&app).await {
        tracing::warn!(%error, "accounts are not readable yet");
    }
    let mut moved = app.accounts_moved.subscribe();
    let (kept, app) = (directory.clone(), Arc::downgrade(&app));
    tokio::spawn(async move {
        let mut cleaned: Option<Instant> = None;
        while let Some(app) = app.upgrade() {
            if let Err(error) = kept.refresh(&app).await {
                tracing::debug!(%error, "accounts are not readable now");
            }
            if cleaned.is_none_or(|at| at.elapsed() >= CLEAN_EVERY) {
                cleaned = Some(Instant::now());
                if let Err(error) = app.store.delete_expired_sign_ins(app.clock.now()).await {
                    tracing::debug!(%error, "sign-ins that ended are not removed yet");
                }
            }
            drop(app);
            tokio::select! {
                _ = tokio::time::sleep(POLL) => {}
                // What another site closed is closed here at once.
                Ok(()) = moved.changed() => {}
            }
        }
    });
    directory
}
