//! Server-side sign-in records: a random secret in a cookie, its digest in the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::{Auth, random_secret};
use crate::app::AppError;
use crate::store::{Account, AccountKind, SignIn};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::Timestamp;

/// Without a request for this long, a sign-in ends.
pub const IDLE_US: i64 = 30 * 60 * 1_000_000;
/// However busy, a sign-in ends after this long.
pub const ABSOLUTE_US: i64 = 12 * 3_600 * 1_000_000;
/// How long a record is believed without asking the database; while it is away, for as long as the record lasts.
const BELIEVED_US: i64 = 2_000_000;
/// How often the time of the last request is written.
const TOUCH_US: i64 = 60_000_000;
/// Records kept in memory.
const KEPT_MAX: usize = 5_000;

/// Records by digest with when they were read.
#[derive(Default)]
pub struct Cache(Mutex<HashMap<Digest, (SignIn, Timestamp)>>);

/// A person who is signed in.
#[derive(Clone)]
pub struct Person {
    /// Who.
    pub account: Arc<Account>,
    /// The record.
    pub sign_in: SignIn,
    /// What forms of this sign-in carry.
    pub csrf: String,
}

/// Why nobody was signed in.
#[derive(Debug)]
pub enum SignInError {
    /// Name and password do not belong together, or the account is closed: never said which.
    Wrong,
    /// Too many failures: wait.
    Wait {
        /// How long.
        seconds: u32,
    },
    /// Too many people sign in at once.
    Busy,
    /// The database is away or broken.
    App(AppError),
}

impl From<SignInError> for AppError {
    fn from(error: SignInError) -> AppError {
        let wait = |message, seconds| AppError::TooManyTries { message, seconds };
        match error {
            SignInError::Wrong => AppError::WrongPassword,
            SignInError::Wait { seconds: 1 } => wait("Too many tries: wait 1 second".into(), 1),
            SignInError::Wait { seconds } => {
                wait(format!("Too many tries: wait {seconds} seconds"), seconds)
            }
            SignInError::Busy => wait("Sign-in is busy: try again in a few seconds".into(), 5),
            SignInError::App(error) => error,
        }
    }
}

/// What a form of the sign-in with this secret carries.
pub fn csrf_of(secret: &str) -> String {
    Digest::of(format!("rulegate form\n{secret}").as_bytes()).to_hex()
}

impl Auth {
    /// Checks name and password and makes a record.
    ///
    /// Returns the account and the secret for the cookie; the database keeps only its digest.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        address: &str,
        agent: &str,
    ) -> Result<(Arc<Account>, String), SignInError> {
        let now = self.app.clock.now();
        let keys = [
            format!("name {}", name.trim().to_lowercase()),
            format!("address {address}"),
        ];
        if let Some(seconds) = keys
            .iter()
            .filter_map(|key| self.throttle.wait_s(key, now))
            .max()
        {
            return Err(SignInError::Wait { seconds });
        }
        self.directory
            .refresh(&self.app)
            .await
            .map_err(SignInError::App)?;
        let account = self.directory.by_name(name);
        let account = account.filter(|a| a.kind == AccountKind::Person && a.disabled_at.is_none());
        let hash = account
            .as_ref()
            .and_then(|account| account.password_hash.clone());
        let right = self
            .passwords
            .verify(hash, password)
            .await
            .map_err(|_| SignInError::Busy)?;
        let Some(account) = account.filter(|_| right) else {
            keys.iter().for_each(|key| self.throttle.failed(key, now));
            tracing::info!(target: "audit", address, "sign-in refused");
            return Err(SignInError::Wrong);
        };
        keys.iter().for_each(|key| self.throttle.succeeded(key));
        let secret = random_secret();
        let record = SignIn {
            token_hash: Digest::of(secret.as_bytes()),
            account: account.id.clone(),
            created_at: now,
            seen_at: now,
            expires_at: Timestamp(now.0 + ABSOLUTE_US),
            reauthenticated_at: now,
            address: address.chars().take(64).collect(),
            agent: agent.chars().take(200).collect(),
        };
        self.app
            .store
            .insert_sign_in(&record)
            .await
            .map_err(|e| SignInError::App(e.into()))?;
        tracing::info!(target: "audit", account = account.id.as_str(), address, "signed in");
        Ok((account, secret))
    }

    /// Who has this secret; `None` if nobody, no longer, or the account was closed.
    ///
    /// While the database is away, records read before stay believed until they end.
    pub async fn person(&self, secret: &str) -> Option<Person> {
        let hash = Digest::of(secret.as_bytes());
        let now = self.app.clock.now();
        let kept = self.sign_ins.0.lock().ok()?.get(&hash).cloned();
        let record = match kept {
            Some((record, read_at)) if read_at.0 + BELIEVED_US > now.0 => record,
            kept => match self.app.store.sign_in(&hash).await {
                Ok(Some(record)) => {
                    self.keep(record.clone(), now);
                    record
                }
                Ok(None) => {
                    self.forget(&hash);
                    return None;
                }
                Err(_) => kept?.0,
            },
        };
        if now >= record.expires_at || now.0 >= record.seen_at.0 + IDLE_US {
            return None;
        }
        let account = self
            .directory
            .account(&record.account)
            .filter(|account| account.disabled_at.is_none())?;
        if now.0 - record.seen_at.0 > TOUCH_US
            && self
                .app
                .store
                .touch_sign_in(&hash, now, record.expires_at)
                .await
                .is_ok()
        {
            self.keep(
                SignIn {
                    seen_at: now,
                    ..record.clone()
                },
                now,
            );
        }
        Some(Person {
            account,
            sign_in: record,
            csrf: csrf_of(secret),
        })
    }

    fn keep(&self, record: SignIn, now: Timestamp) {
        if let Ok(mut kept) = self.sign_ins.0.lock() {
            if kept.len() >= KEPT_MAX {
                kept.retain(|_, (_, read_at)| read_at.0 + BELIEVED_US > now.0);
            }
            kept.insert(record.token_hash, (record, now));
        }
    }

    fn forget(&self, hash: &Digest) {
        if let Ok(mut kept) = self.sign_ins.0.lock() {
            kept.remove(hash);
        }
    }

    /// Ends a sign-in.
    pub async fn sign_out(&self, person: &Person) -> Result<(), AppError> {
        self.app
            .store
            .delete_sign_in(&person.sign_in.token_hash)
            .await?;
        self.forget(&person.sign_in.token_hash);
        Ok(())
    }

    /// Ends one sign-in, here at once.
    pub(super) async fn end_sign_in(&self, sign_in: &SignIn) -> Result<(), AppError> {
        self.app.store.delete_sign_in(&sign_in.token_hash).await?;
        self.forget(&sign_in.token_hash);
        Ok(())
    }

    /// Ends every sign-in of an account.
    pub async fn end_sign_ins(
        &self,
        account: &rulegate_ledger::ids::AccountId,
    ) -> Result<(), AppError> {
        self.app.store.delete_sign_ins_of(account).await?;
        if let Ok(mut kept) = self.sign_ins.0.lock() {
            kept.retain(|_, (record, _)| record.account != *account);
        }
        Ok(())
    }

    /// Takes note that the person just gave the password again, if it is the right one.
    ///
    /// Errors: as [`Auth::sign_in`].
    pub async fn prove_again(&self, person: &Person, password: &str) -> Result<(), SignInError> {
        let now = self.app.clock.now();
        let key = format!("name {}", person.account.name);
        if let Some(seconds) = self.throttle.wait_s(&key, now) {
            return Err(SignInError::Wait { seconds });
        }
        let hash = person.account.password_hash.clone();
        if !self
            .passwords
            .verify(hash, password)
            .await
            .map_err(|_| SignInError::Busy)?
        {
            self.throttle.failed(&key, now);
            return Err(SignInError::Wrong);
        }
        let hash = person.sign_in.token_hash;
        self.app
            .store
            .set_reauthenticated(&hash, now)
            .await
            .map_err(|e| SignInError::App(e.into()))?;
        self.forget(&hash);
        Ok(())
    }
}
