//! The store in memory: the plainest reading of each promise except durability. For tests.

mod accounts;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::accounts::SignIn;
use super::browse::{Cursor, Direction, LedgerFilter, LedgerPage};
use super::error::AppendError;
use super::sites::{ALARMS_MAX, KeptAlarm, KeptCheckpoint, SigningIdentity};
use super::wakeups::Appended;
use rulegate_ledger::accounts::{CarriedAccount, Token};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{AccountId, CommandId, ReviewId, SiteName};
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
}
