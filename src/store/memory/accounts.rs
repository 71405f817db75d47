//! Accounts, sign-ins, tokens and what people have seen, in memory.

use std::collections::BTreeSet;

use super::{Data, Memory};
use crate::store::accounts::{Account, Part, SignIn};
use crate::store::carried::{CarriedPage, Displaced};
use crate::store::error::StoreError;
use rulegate_ledger::accounts::{Carried, CarriedAccount, Naming, Stamped, Token, settle};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{AccountId, ReviewId, SiteName, Timestamp};

fn stamped<T>(value: T, at: Timestamp, site: &SiteName) -> Stamped<T> {
    let site = site.clone();
    Stamped { value, at, site }
}

fn account(carried: &CarriedAccount) -> Account {
    Account {
        id: carried.id.clone(),
        name: carried.naming.value.name.clone(),
        display_name: carried.naming.value.display_name.clone(),
        kind: carried.kind,
        password_hash: carried.password.value.clone(),
        created_at: carried.created_at,
        changed_at: carried.changed_at(),
        disabled_at: carried.closed.value,
    }
}

impl Memory {
    pub(in crate::store) fn create_account(&self, account: &Account) -> Result<(), StoreError> {
        let mut data = self.data();
        if data.accounts.contains_key(&account.id) {
            return Err(StoreError::Taken("this id"));
        }
        check_name(&data, &account.name)?;
        let site = data.here();
        let at = account.changed_at;
        let naming = Naming {
            name: account.name.clone(),
            display_name: account.display_name.clone(),
            wanted: None,
        };
        let carried = CarriedAccount {
            id: account.id.clone(),
            kind: account.kind,
            created_at: account.created_at,
            naming: stamped(naming, at, &site),
            password: stamped(account.password_hash.clone(), at, &site),
            closed: stamped(
                account.disabled_at,
                account.disabled_at.unwrap_or(at),
                &site,
            ),
        };
        let change = data.next_change();
        data.accounts.insert(account.id.clone(), (change, carried));
        Ok(())
    }

    pub(in crate::store) fn change_account(
        &self,
        id: &AccountId,
        part: Part,
        new_name: Option<&str>,
        at: Timestamp,
        change: impl FnOnce(&mut Account),
    ) -> Result<bool, StoreError> {
        let mut data = self.data();
        let Some((_, known)) = data.accounts.get(id).cloned() else {
            return Ok(false);
        };
        match new_name {
            Some(name) if name != known.naming.value.name => check_name(&data, name)?,
            _ => {}
        }
        let mut account = account(&known);
        change(&mut account);
        let site = data.here();
        let mut changed = known;
        let after = |before: Timestamp| Timestamp(at.0.max(before.0 + 1));
        match part {
            Part::Named => {
                let naming = Naming {
                    name: account.name,
                    display_name: account.display_name,
                    wanted: None,
                };
                changed.naming = stamped(naming, after(changed.naming.at), &site);
            }
            Part::Password => {
                let hash = account.password_hash;
                changed.password = stamped(hash, after(changed.password.at), &site);
            }
            Part::Closed => {
                let closed = account.disabled_at;
                changed.closed = stamped(closed, after(changed.closed.at), &site);
            }
        }
        let number = data.next_change();
        data.accounts.insert(id.clone(), (number, changed));
        Ok(true)
    }

    pub(in crate::store) fn accounts(&self) -> Vec<Account> {
        self.data()
            .accounts
            .values()
            .map(|(_, a)| account(a))
            .collect()
    }

    /// Never cut: everything is in memory anyway.
    pub(in crate::store) fn carried_after(&self, since: i64, upto: i64) -> CarriedPage {
        let data = self.data();
        let tokens = data.tokens.values().filter(|(change, _)| *change > since);
        let tokens: Vec<Token> = tokens
            .map(|(_, token)| token.clone())
            .filter(Token::travels)
            .collect();
        let named = |id: &AccountId| tokens.iter().any(|token| token.account == *id);
        let accounts = data.accounts.values();
        let accounts = accounts
            .filter(|(change, account)| *change > since || named(&account.id))
            .map(|(_, account)| account.clone())
            .collect();
        let carried = Carried { accounts, tokens };
        CarriedPage { upto, carried }
    }

    pub(in crate::store) fn take_carried(&self, offered: &Carried) -> Result<Carried, String> {
        let mut data = self.data();
        let known = Carried {
            accounts: data.accounts.values().map(|(_, a)| a.clone()).collect(),
            tokens: data.tokens.values().map(|(_, t)| t.clone()).collect(),
        };
        let settled = settle(&known, offered)?;
        for account in &settled.accounts {
            let change = data.next_change();
            let entry = (change, account.clone());
            let before = data.accounts.insert(account.id.clone(), entry);
            let is_new = before.is_some_and(|(_, b)| b.password.value != account.password.value);
            if is_new || account.closed.value.is_some() {
                data.sign_ins
                    .retain(|_, sign_in| sign_in.account != account.id);
            }
        }
        for token in &settled.tokens {
            let change = data.next_change();
            data.tokens
                .insert(token.id.clone(), (change, token.clone()));
        }
        Ok(settled)
    }

    pub(in crate::store) fn displaced(&self) -> Vec<Displaced> {
        let data = self.data();
        let displaced = |(_, account): &(i64, CarriedAccount)| {
            Some(Displaced {
                account: account.id.clone(),
                wanted: account.naming.value.wanted.clone()?,
            })
        };
        data.accounts.values().filter_map(displaced).collect()
    }

    pub(in crate::store) fn insert_sign_in(&self, sign_in: &SignIn) -> Result<(), StoreError> {
        let mut data = self.data();
        if !data.accounts.contains_key(&sign_in.account) {
            return Err(StoreError::Broken("no such account".into()));
        }
        if data.sign_ins.contains_key(&sign_in.token_hash) {
            return Err(StoreError::Taken("this id"));
        }
        data.sign_ins.insert(sign_in.token_hash, sign_in.clone());
        Ok(())
    }

    pub(in crate::store) fn sign_in(&self, token_hash: &Digest) -> Option<SignIn> {
        self.data().sign_ins.get(token_hash).cloned()
    }

    pub(in crate::store) fn sign_ins(&self) -> Vec<SignIn> {
        self.data().sign_ins.values().cloned().collect()
    }

    pub(in crate::store) fn change_sign_in(
        &self,
        token_hash: &Digest,
        change: impl FnOnce(&mut SignIn),
    ) {
        self.data().sign_ins.get_mut(token_hash).map(change);
    }

    pub(in crate::store) fn retain_sign_ins(&self, keep: impl Fn(&SignIn) -> bool) -> u64 {
        let mut data = self.data();
        let before = data.sign_ins.len();
        data.sign_ins.retain(|_, sign_in| keep(sign_in));
        (before - data.sign_ins.len()) as u64
    }

    pub(in crate::store) fn insert_token(&self, token: &Token) -> Result<(), StoreError> {
        let mut data = self.data();
        if !data.accounts.contains_key(&token.account) {
            return Err(StoreError::Broken("no such account".into()));
        }
        let taken = |(_, other): &(i64, Token)| other.id == token.id || other.hash == token.hash;
        if data.tokens.values().any(taken) {
            return Err(StoreError::Taken("this id"));
        }
        let change = data.next_change();
        data.tokens
            .insert(token.id.clone(), (change, token.clone()));
        Ok(())
    }

    pub(in crate::store) fn tokens(&self) -> Vec<Token> {
        self.data()
            .tokens
            .values()
            .map(|(_, t)| t.clone())
            .collect()
    }

    pub(in crate::store) fn revoke_token(&self, id: &str, at: Timestamp) -> bool {
        let mut data = self.data();
        let change = data.accounts_version + 1;
        match data.tokens.get_mut(id) {
            Some((number, token)) if token.revoked_at.is_none() => {
                (*number, token.revoked_at) = (change, Some(at));
            }
            _ => return false,
        }
        data.accounts_version = change;
        true
    }

    pub(in crate::store) fn accounts_version(&self) -> i64 {
        self.data().accounts_version
    }

    pub(in crate::store) fn seen(
        &self,
        account: &AccountId,
        review: &ReviewId,
    ) -> BTreeSet<Digest> {
        let key = (account.clone(), review.clone());
        self.data().seen.get(&key).cloned().unwrap_or_default()
    }

    pub(in crate::store) fn mark_seen(
        &self,
        account: &AccountId,
        review: &ReviewId,
        sights: &[Digest],
    ) {
        let key = (account.clone(), review.clone());
        self.data().seen.entry(key).or_default().extend(sights);
    }

    pub(in crate::store) fn unmark_seen(
        &self,
        account: &AccountId,
        review: &ReviewId,
        sights: &[Digest],
    ) {
        let key = (account.clone(), review.clone());
        if let Some(seen) = self.data().seen.get_mut(&key) {
            seen.retain(|sight| !sights.contains(sight));
        }
    }
}

fn check_name(data: &Data, name: &str) -> Result<(), StoreError> {
    let mut names = data.accounts.values().map(|(_, a)| &a.naming.value.name);
    if names.any(|known| known == name) {
        return Err(StoreError::Taken("an account of this name"));
    }
    Ok(())
}
