//! Making, closing and equipping accounts. Not ledger facts: each act goes to the audit log.

use std::sync::Arc;

use super::Auth;
use super::password::acceptable;
use crate::app::AppError;
use crate::store::{Account, AccountKind, Displaced, SignIn};
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::{AccountId, SiteName, Timestamp};

/// The longest name to show.
const DISPLAY_LENGTH_MAX: usize = 80;

/// An account that somebody wants.
#[allow(missing_docs)]
pub struct NewAccount {
    pub name: String,
    pub display_name: String,
    pub kind: AccountKind,
    /// Only a person has one.
    pub password: String,
}

fn bad(code: &'static str, message: impl Into<String>) -> AppError {
    AppError::BadInput {
        code,
        message: message.into(),
    }
}

/// The rule of every short name: 1 to 63 of a-z, 0-9, '.', '_', '-', a letter or digit first.
fn check_name(name: &str) -> Result<(), AppError> {
    match name.parse::<SiteName>() {
        Ok(_) => Ok(()),
        Err(_) => Err(bad(
            "bad_account_name",
            "A name has 1 to 63 characters of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit",
        )),
    }
}

fn taken(name: &str) -> AppError {
    bad(
        "account_exists",
        format!("There is an account {name} already"),
    )
}

impl Auth {
    /// Makes an account without rights.
    ///
    /// Errors: [`AppError::BadInput`] with what is wrong with the name, the shown name or the password.
    pub async fn create_account(
        &self,
        wanted: NewAccount,
        by: &AccountId,
    ) -> Result<Arc<Account>, AppError> {
        let name = wanted.name.trim().to_lowercase();
        check_name(&name)?;
        if self.app.store.account_by_name(&name).await?.is_some() {
            return Err(taken(&name));
        }
        let display_name = match wanted.display_name.trim() {
            "" => name.clone(),
            given if given.chars().count() > DISPLAY_LENGTH_MAX => {
                let why = format!("The name to show has at most {DISPLAY_LENGTH_MAX} characters");
                return Err(bad("bad_display_name", why));
            }
            given => crate::app::summary::visible(given),
        };
        let password_hash = match wanted.kind {
            AccountKind::Person => Some(self.hashed(&wanted.password, &name).await?),
            AccountKind::Service => None,
        };
        let now = self.app.clock.now();
        let account = Account {
            id: uuid::Uuid::now_v7().to_string().parse()?,
            name,
            display_name,
            kind: wanted.kind,
            password_hash,
            created_at: now,
            changed_at: now,
            disabled_at: None,
        };
        self.app.store.create_account(&account).await?;
        self.directory.refresh(&self.app).await?;
        let (id, name) = (account.id.as_str(), account.name.as_str());
        tracing::info!(target: "audit", account = id, name, by = by.as_str(), "account made");
        Ok(Arc::new(account))
    }

    /// Sets a password and ends every sign-in of the account but `but`.
    ///
    /// Errors: [`AppError::BadInput`] if the password is not acceptable.
    pub async fn set_password(
        &self,
        account: &Account,
        password: &str,
        but: Option<&SignIn>,
        by: &AccountId,
    ) -> Result<(), AppError> {
        if account.kind != AccountKind::Person {
            return Err(bad(
                "no_password",
                "A service account has tokens, not a password",
            ));
        }
        let hash = self.hashed(password, &account.name).await?;
        let now = self.app.clock.now();
        self.app.store.set_password(&account.id, &hash, now).await?;
        self.directory.refresh(&self.app).await?;
        self.end_other_sign_ins(&account.id, but).await?;
        let id = account.id.as_str();
        tracing::info!(target: "audit", account = id, by = by.as_str(), "password set");
        Ok(())
    }

    /// Gives an account another name.
    ///
    /// Errors: [`AppError::BadInput`] if it cannot be a name or another account has it.
    pub async fn rename(
        &self,
        account: &Account,
        name: &str,
        by: &AccountId,
    ) -> Result<String, AppError> {
        let name = name.trim().to_lowercase();
        check_name(&name)?;
        let known = self.app.store.account_by_name(&name).await?;
        if known.is_some_and(|known| known.id != account.id) {
            return Err(taken(&name));
        }
        let now = self.app.clock.now();
        let store = &self.app.store;
        store
            .rename(&account.id, &name, &account.display_name, now)
            .await?;
        self.directory.refresh(&self.app).await?;
        let (id, by) = (account.id.as_str(), by.as_str());
        tracing::info!(target: "audit", account = id, name, by, "account renamed");
        Ok(name)
    }

    /// Accounts made at a site that did not know that their name was taken, with that name.
    pub async fn displaced(&self) -> Result<Vec<Displaced>, AppError> {
        Ok(self.app.store.displaced().await?)
    }

    async fn hashed(&self, password: &str, name: &str) -> Result<String, AppError> {
        acceptable(password, name).map_err(|why| bad("bad_password", why))?;
        let busy = |_| {
            bad(
                "busy",
                "Many passwords are being checked just now: try again in a few seconds",
            )
        };
        self.passwords.hash(password).await.map_err(busy)
    }

    /// Closes an account: its sign-ins and tokens are worth nothing at once. Or opens it again.
    ///
    /// Errors: [`AppError::BadInput`] for one's own account; [`Refusal::LastAdmin`].
    pub async fn set_closed(
        &self,
        account: &Account,
        closed: bool,
        by: &AccountId,
    ) -> Result<(), AppError> {
        if closed && account.id == *by {
            return Err(bad(
                "own_account",
                "This is your own account: another admin has to close it",
            ));
        }
        if closed && self.is_last_admin(&account.id) {
            return Err(Refusal::LastAdmin.into());
        }
        let now = self.app.clock.now();
        let disabled_at = closed.then_some(now);
        self.app
            .store
            .set_disabled(&account.id, disabled_at, now)
            .await?;
        self.directory.refresh(&self.app).await?;
        if closed {
            self.end_sign_ins(&account.id).await?;
        }
        let (id, by) = (account.id.as_str(), by.as_str());
        tracing::info!(target: "audit", account = id, by, closed, "account closed or opened");
        Ok(())
    }

    /// True if nobody else with an open account could manage accounts.
    fn is_last_admin(&self, account: &AccountId) -> bool {
        let state = &self.app.snapshot().state;
        let admins = state.people_who_may(Act::ManageAccounts, &Scope::EVERYWHERE);
        let open = |id: &AccountId| {
            let known = self.directory.account(id);
            known.is_some_and(|account| account.disabled_at.is_none())
        };
        admins.contains(account) && !admins.iter().any(|id| id != account && open(id))
    }

    /// The sign-ins of an account that are still good, newest first.
    pub async fn sign_ins_of(&self, account: &AccountId) -> Result<Vec<SignIn>, AppError> {
        let now = self.app.clock.now();
        let mut found = self.app.store.sign_ins_of(account).await?;
        let idle = super::sign_in::IDLE_US;
        found.retain(|s| s.expires_at > now && s.seen_at.0 + idle > now.0);
        Ok(found)
    }

    /// When accounts last signed in, as far as it is still known.
    pub async fn last_sign_ins(&self) -> Result<Vec<(AccountId, Timestamp)>, AppError> {
        Ok(self.app.store.last_sign_ins().await?)
    }

    /// Ends every sign-in of the account but `but`.
    pub async fn end_other_sign_ins(
        &self,
        account: &AccountId,
        but: Option<&SignIn>,
    ) -> Result<(), AppError> {
        let Some(but) = but else {
            return self.end_sign_ins(account).await;
        };
        for sign_in in self.app.store.sign_ins_of(account).await? {
            if sign_in.token_hash != but.token_hash {
                self.end_sign_in(&sign_in).await?;
            }
        }
        Ok(())
    }
}
