//! The store in memory: the plainest reading of each promise except durability. For tests.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::accounts::{Account, Part, SignIn};
use super::browse::{Cursor, Direction, LedgerFilter, LedgerPage};
use super::carried::{CarriedPage, Displaced};
use super::error::{AppendError, StoreError};
use super::sites::{ALARMS_MAX, KeptAlarm, KeptCheckpoint, SigningIdentity};
use super::wakeups::Appended;
use rulegate_ledger::accounts::{Carried, CarriedAccount, Naming, Stamped, Token, settle};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{AccountId, CommandId, ReviewId, SiteName, Timestamp};
use rulegate_ledger::ledger::{Head, StoredEntry};

#[derive(Default)]
pub(super) struct Memory {
    /// Everything, behind one lock that is never held across an await.
    data: Mutex<Data>,
    pub appended: Appended,
}

#[derive(Default)]
struct Data {
    identity: Option<SiteName>,
    ledgers: BTreeMap<SiteName, Vec<StoredEntry>>,
    commands: HashMap<(SiteName, CommandId), u64>,
    contents: HashMap<Digest, Bytes>,
    /// With the number of the last change.
    accounts: BTreeMap<AccountId, (i64, CarriedAccount)>,
    sign_ins: HashMap<Digest, SignIn>,
    /// With the number of the last change.
    tokens: BTreeMap<String, (i64, Token)>,
    accounts_version: i64,
    signing: Option<SigningIdentity>,
    checkpoints: BTreeMap<(SiteName, u64), KeptCheckpoint>,
    alarms: Vec<KeptAlarm>,
    seen: BTreeMap<(AccountId, ReviewId), BTreeSet<Digest>>,
}

impl Data {
    fn ledger(&self, site: &SiteName) -> &[StoredEntry] {
        self.ledgers.get(site).map_or(&[], Vec::as_slice)
    }

    /// Where changes are made.
    fn here(&self) -> SiteName {
        let unclaimed = || "unclaimed".parse().expect("a name");
        self.identity.clone().unwrap_or_else(unclaimed)
    }

    fn next_change(&mut self) -> i64 {
        self.accounts_version += 1;
        self.accounts_version
    }
}

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
    fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn identity(&self) -> Option<SiteName> {
        self.data().identity.clone()
    }

    pub(super) fn claim_identity(&self, site: &SiteName) {
        self.data().identity.get_or_insert_with(|| site.clone());
    }

    pub(super) fn signing_identity(&self) -> Option<SigningIdentity> {
        self.data().signing.clone()
    }

    pub(super) fn claim_signing_identity(&self, wanted: &SigningIdentity) {
        self.data().signing.get_or_insert_with(|| wanted.clone());
    }

    pub(super) fn put_checkpoint(&self, site: &SiteName, kept: &KeptCheckpoint) {
        let key = (site.clone(), kept.size);
        let mut data = self.data();
        data.checkpoints.entry(key).or_insert_with(|| kept.clone());
    }

    pub(super) fn checkpoint_upto(&self, site: &SiteName, upto: u64) -> Option<KeptCheckpoint> {
        let data = self.data();
        let mut upto = data
            .checkpoints
            .range((site.clone(), 0)..=(site.clone(), upto));
        upto.next_back().map(|(_, kept)| kept.clone())
    }

    pub(super) fn checkpoints_after(
        &self,
        site: &SiteName,
        after: u64,
        limit: u32,
    ) -> Vec<KeptCheckpoint> {
        let data = self.data();
        let from = (site.clone(), after.saturating_add(1));
        let after = data.checkpoints.range(from..=(site.clone(), u64::MAX));
        after
            .take(limit as usize)
            .map(|(_, kept)| kept.clone())
            .collect()
    }

    pub(super) fn put_alarm(&self, alarm: &KeptAlarm) {
        let alarms = &mut self.data().alarms;
        let is_same = |kept: &KeptAlarm| {
            (&kept.site, &kept.code, &kept.sentence, &kept.evidence)
                == (&alarm.site, &alarm.code, &alarm.sentence, &alarm.evidence)
        };
        let of_site = alarms.iter().filter(|kept| kept.site == alarm.site).count();
        if of_site < ALARMS_MAX as usize && !alarms.iter().any(is_same) {
            alarms.push(alarm.clone());
        }
    }

    pub(super) fn alarms(&self, limit: u32) -> Vec<KeptAlarm> {
        let data = self.data();
        data.alarms
            .iter()
            .rev()
            .take(limit as usize)
            .cloned()
            .collect()
    }

    pub(super) fn head(&self, site: &SiteName) -> Head {
        self.data()
            .ledger(site)
            .last()
            .map_or(Head::EMPTY, |last| Head {
                seq: last.seq,
                hash: last.hash,
                at: last.at,
            })
    }

    pub(super) fn append(
        &self,
        site: &SiteName,
        expected: Head,
        entries: &[StoredEntry],
    ) -> Result<(), AppendError> {
        let mut data = self.data();
        let last = data.ledger(site).last();
        let head = last.map_or((0, Digest::ZERO), |last| (last.seq, last.hash));
        if head.0 != expected.seq || (head.0 > 0 && head.1 != expected.hash) {
            return Err(AppendError::HeadMoved);
        }
        let commands: Vec<_> = entries
            .iter()
            .filter_map(|entry| Some(((site.clone(), entry.command.clone()?), entry.seq)))
            .collect();
        let mut once = std::collections::HashSet::new();
        if commands
            .iter()
            .any(|(key, _)| data.commands.contains_key(key) || !once.insert(key))
        {
            return Err(AppendError::CommandKnown);
        }
        data.commands.extend(commands);
        data.ledgers
            .entry(site.clone())
            .or_default()
            .extend_from_slice(entries);
        drop(data);
        self.appended
            .tell(site, expected.seq + entries.len() as u64);
        Ok(())
    }

    pub(super) fn entries_after(
        &self,
        site: &SiteName,
        after: u64,
        limit: u32,
    ) -> Vec<StoredEntry> {
        let data = self.data();
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        let ledger = data.ledger(site).iter();
        ledger.skip(after).take(limit as usize).cloned().collect()
    }

    pub(super) fn entry(&self, site: &SiteName, seq: u64) -> Option<StoredEntry> {
        self.entries_after(site, seq.checked_sub(1)?, 1).pop()
    }

    pub(super) fn entry_by_hash(&self, hash: &Digest) -> Option<StoredEntry> {
        let data = self.data();
        let mut all = data.ledgers.values().flatten();
        all.find(|entry| entry.hash == *hash).cloned()
    }

    pub(super) fn by_command(&self, site: &SiteName, command: &CommandId) -> Vec<StoredEntry> {
        let data = self.data();
        let Some(first) = data.commands.get(&(site.clone(), command.clone())) else {
            return Vec::new();
        };
        let from = &data.ledger(site)[*first as usize - 1..];
        let following = from[1..].iter().take_while(|e| e.command.is_none());
        from[..1].iter().chain(following).cloned().collect()
    }

    pub(super) fn sites(&self) -> Vec<SiteName> {
        self.data().ledgers.keys().cloned().collect()
    }

    pub(super) fn browse(
        &self,
        filter: &LedgerFilter,
        cursor: Option<&Cursor>,
        direction: Direction,
        limit: u32,
    ) -> LedgerPage {
        let mut found = self.matching(filter);
        if direction == Direction::Newer {
            found.reverse();
        }
        if let Some(cursor) = cursor {
            found.retain(|entry| cursor.is_before(&Cursor::at(entry), direction));
        }
        LedgerPage::of(found, None, cursor, direction, limit)
    }

    /// Newest first.
    fn matching(&self, filter: &LedgerFilter) -> Vec<StoredEntry> {
        let data = self.data();
        let all = data.ledgers.values().flatten();
        let mut found: Vec<_> = all.filter(|e| filter.matches(e)).cloned().collect();
        found.sort_by_cached_key(|entry| std::cmp::Reverse(Cursor::at(entry)));
        found
    }

    pub(super) fn put_contents(&self, contents: &[&(Digest, Bytes)]) -> u64 {
        let mut data = self.data();
        let before = data.contents.len();
        for (digest, bytes) in contents {
            data.contents
                .entry(*digest)
                .or_insert_with(|| bytes.clone());
        }
        (data.contents.len() - before) as u64
    }

    pub(super) fn content(&self, digest: &Digest) -> Option<Bytes> {
        self.data().contents.get(digest).cloned()
    }

    pub(super) fn create_account(&self, account: &Account) -> Result<(), StoreError> {
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

    pub(super) fn change_account(
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

    pub(super) fn accounts(&self) -> Vec<Account> {
        self.data()
            .accounts
            .values()
            .map(|(_, a)| account(a))
            .collect()
    }

    /// Never cut: everything is in memory anyway.
    pub(super) fn carried_after(&self, since: i64, upto: i64) -> CarriedPage {
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

    pub(super) fn take_carried(&self, offered: &Carried) -> Result<Carried, String> {
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

    pub(super) fn displaced(&self) -> Vec<Displaced> {
        let data = self.data();
        let displaced = |(_, account): &(i64, CarriedAccount)| {
            Some(Displaced {
                account: account.id.clone(),
                wanted: account.naming.value.wanted.clone()?,
            })
        };
        data.accounts.values().filter_map(displaced).collect()
    }

    pub(super) fn insert_sign_in(&self, sign_in: &SignIn) -> Result<(), StoreError> {
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

    pub(super) fn sign_in(&self, token_hash: &Digest) -> Option<SignIn> {
        self.data().sign_ins.get(token_hash).cloned()
    }

    pub(super) fn sign_ins(&self) -> Vec<SignIn> {
        self.data().sign_ins.values().cloned().collect()
    }

    pub(super) fn change_sign_in(&self, token_hash: &Digest, change: impl FnOnce(&mut SignIn)) {
        self.data().sign_ins.get_mut(token_hash).map(change);
    }

    pub(super) fn retain_sign_ins(&self, keep: impl Fn(&SignIn) -> bool) -> u64 {
        let mut data = self.data();
        let before = data.sign_ins.len();
        data.sign_ins.retain(|_, sign_in| keep(sign_in));
        (before - data.sign_ins.len()) as u64
    }

    pub(super) fn insert_token(&self, token: &Token) -> Result<(), StoreError> {
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

    pub(super) fn tokens(&self) -> Vec<Token> {
        self.data()
            .tokens
            .values()
            .map(|(_, t)| t.clone())
            .collect()
    }

    pub(super) fn revoke_token(&self, id: &str, at: Timestamp) -> bool {
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

    pub(super) fn accounts_version(&self) -> i64 {
        self.data().accounts_version
    }

    pub(super) fn seen(&self, account: &AccountId, review: &ReviewId) -> BTreeSet<Digest> {
        let key = (account.clone(), review.clone());
        self.data().seen.get(&key).cloned().unwrap_or_default()
    }

    pub(super) fn mark_seen(&self, account: &AccountId, review: &ReviewId, sights: &[Digest]) {
        let key = (account.clone(), review.clone());
        self.data().seen.entry(key).or_default().extend(sights);
    }

    pub(super) fn unmark_seen(&self, account: &AccountId, review: &ReviewId, sights: &[Digest]) {
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
