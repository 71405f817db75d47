//! Carries accounts and tokens between sites, sealed: people sign in and programs speak at either site while the
//! other one is away.

use std::sync::Arc;

use super::peer_status::{AccountsStatus, PeerStatus, RoundError};
use super::sealing::{PublicKey, SealError, Sealed};
use super::source::Source;
use super::{App, AppError};
use rulegate_ledger::accounts::Carried;
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::trust::Alarm;

/// Asks for all, whatever is known.
pub const EVERYTHING: i64 = -1;
/// Accounts, and tokens, that travel at a time.
const PAGE: u32 = 1_000;
/// Every how many rounds everything is asked for again: a database that was put back to an earlier state counts its
/// changes anew, so that some would be passed over.
const EVERYTHING_EVERY: u64 = 600;

impl App {
    /// The key with which others seal for this site.
    pub fn sealing_key(&self) -> &PublicKey {
        self.sealing.public()
    }

    /// The accounts and tokens of this site that changed after a number, sealed for another site; `None` if none did.
    ///
    /// Errors: [`AppError::BadInput`] if the key is none that the other site vouched for, as far as it is believed.
    pub async fn sealed_accounts(
        &self,
        since: i64,
        to: &PublicKey,
    ) -> Result<Option<Sealed>, AppError> {
        let refused = |message| AppError::BadInput {
            code: "bad_sealing_key",
            message,
        };
        if to.site == self.config.site {
            return Err(refused("the sealing key is this site's own".to_owned()));
        }
        let keys = self.keys_of(&to.site);
        to.owner(&keys).map_err(refused)?;
        let page = self.store.carried_after(since, PAGE).await?;
        if page.upto == since {
            return Ok(None);
        }
        let plain = serde_json::to_vec(&page.carried).map_err(AppError::broken)?;
        let sealed = to.seal(&self.key, (since, page.upto), &plain, &keys);
        sealed.map(Some).map_err(refused)
    }

    /// Opens what another site sealed for this one and takes account of it, all or nothing. Gives the number up to
    /// which it goes.
    async fn take_accounts(
        &self,
        site: &SiteName,
        since: i64,
        sealed: &Sealed,
    ) -> Result<i64, RoundError> {
        let refused = |problem: String| {
            let site = site.clone();
            RoundError::from(Alarm::BadAccounts { site, problem })
        };
        let (own, keys) = (self.key.origin(), self.keys_of(site));
        let plain = self.sealing.open(sealed, (own, since), &keys);
        let plain = plain.map_err(|error| match error {
            SealError::Newer(_) => RoundError::from(Alarm::NewerFormat {
                problem: format!("accounts: {error}"),
            }),
            SealError::NotBelieved(why) => refused(why),
        })?;
        let offered: Carried = serde_json::from_slice(&plain)
            .map_err(|error| refused(format!("what was sealed is not readable: {error}")))?;
        let written = self.store.take_carried(&offered).await?.map_err(refused)?;
        if written != Carried::default() {
            self.accounts_moved.send_modify(|count| *count += 1);
            for account in &written.accounts {
                let (account, closed) = (account.id.as_str(), account.closed.value.is_some());
                tracing::info!(target: "audit", account, closed, from = %site, "account carried");
            }
            for token in &written.tokens {
                let (token, revoked) = (token.id.as_str(), token.revoked_at.is_some());
                tracing::info!(target: "audit", token, revoked, from = %site, "token carried");
            }
        }
        Ok(sealed.upto)
    }

    fn note_accounts(&self, change: impl FnOnce(&mut AccountsStatus)) {
        let mut status = PeerStatus::clone(&self.peer.load());
        change(&mut status.accounts);
        self.peer.store(Arc::new(status));
    }
}

/// Remembers up to where the other site's accounts are known. Only in memory: whoever starts asks for all of them.
#[derive(Debug)]
pub struct AccountSync {
    since: i64,
    rounds: u64,
}

impl Default for AccountSync {
    fn default() -> Self {
        AccountSync {
            since: EVERYTHING,
            rounds: 0,
        }
    }
}

impl AccountSync {
    /// Brings everything that changed, and tells the app how it went. What is refused changes nothing here.
    pub async fn round(&mut self, app: &App, source: &impl Source) {
        self.rounds += 1;
        if self.rounds.is_multiple_of(EVERYTHING_EVERY) {
            self.since = EVERYTHING;
        }
        match self.pull(app, source).await {
            Ok(()) => {
                let now = app.clock.now();
                app.note_accounts(|accounts| {
                    *accounts = AccountsStatus {
                        carried_at: Some(now),
                        ..AccountsStatus::default()
                    };
                });
            }
            Err(RoundError::Trouble(trouble)) => {
                app.note_accounts(|accounts| accounts.trouble = Some(trouble));
            }
            Err(RoundError::Refused(alarm, _)) => {
                self.since = EVERYTHING;
                let is_new = app.peer.load().accounts.refused.as_ref() != Some(&alarm);
                app.note_accounts(|accounts| accounts.refused = Some(alarm.clone()));
                if is_new {
                    app.raise(source.site(), &alarm, "").await;
                }
            }
            // Only entries are brought by several readers at once.
            Err(RoundError::Overtaken) => {}
        }
    }

    async fn pull(&mut self, app: &App, source: &impl Source) -> Result<(), RoundError> {
        loop {
            let changed = source.accounts(self.since, app.sealing_key()).await?;
            let Some(sealed) = changed else {
                return Ok(());
            };
            let upto = app
                .take_accounts(source.site(), self.since, &sealed)
                .await?;
            if upto <= self.since {
                // It counts anew.
                self.since = EVERYTHING;
                return Ok(());
            }
            self.since = upto;
        }
    }
}
