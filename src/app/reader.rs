//! Reads the other site's ledger: page by page from our copy's head to its last checkpoint, each page judged by
//! [`Trust`] before it is kept. It changes nothing at the other site and any number of processes may run it.

use std::sync::Arc;
use std::time::Duration;

use super::account_sync::AccountSync;
use super::bring::bring;
use super::peer_status::{PeerStatus, RoundError};
use super::source::{InProcess, Source};
use super::{App, AppError};
use crate::store::{AppendError, KeptCheckpoint};
use rulegate_domain::defect::{Defect, is_left_out};
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::ledger::{Entry, StoredEntry};
use rulegate_ledger::trust::{Alarm, Copy, Trust};

/// Entries taken in one transaction.
const PAGE: u32 = 500;
/// Without a hint, how often the other site is asked.
const POLL: Duration = Duration::from_secs(1);
/// Every how many rounds the other site's copy of our ledger is compared with ours.
const COMPARE_EVERY: u64 = 10;
/// Rounds after which a shorter checkpoint counts as a rollback: one of several processes may lag for a moment.
const ROLLED_BACK_AFTER: u32 = 3;

/// Reads `peer`, a site in the same process, until the process ends, and believes its key.
pub fn start(app: Arc<App>, peer: Arc<App>) {
    app.trust_keys(&[peer.verifier_key()]);
    start_from(app, InProcess(peer));
}

/// Reads a site until the process ends. Its keys are believed by [`App::trust_keys`] before.
pub fn start_from(app: Arc<App>, source: impl Source) {
    tokio::spawn(async move {
        let mut hints = source.hints();
        let mut reader = Reader::new(source);
        loop {
            reader.round(&app).await;
            tokio::select! {
                changed = hints.changed() => {
                    if changed.is_err() {
                        tokio::time::sleep(POLL).await;
                    }
                }
                _ = tokio::time::sleep(POLL) => {}
            }
        }
    });
}

/// Compares the own ledger with what the other site holds of it; see [`App::check_against`].
///
/// Errors: [`AppError::Unavailable`] if it cannot be asked.
pub async fn compare(app: &App, source: &impl Source) -> Result<(), AppError> {
    let asked = source.checkpoint(&app.config.site).await;
    let note = asked.map_err(|error| AppError::Unavailable(error.to_string()))?;
    match note {
        Some(note) => app.check_against(&note, source.site()).await,
        None => Ok(()),
    }
}

/// One reader with what it believes so far.
pub struct Reader<S> {
    source: S,
    site: SiteName,
    /// Absent at first and whenever the database may know more.
    trust: Option<Trust>,
    rounds: u64,
    shorter: u32,
    account_sync: AccountSync,
}

impl<S: Source> Reader<S> {
    /// A reader that believes nothing yet.
    pub fn new(source: S) -> Reader<S> {
        let site = source.site().clone();
        Reader {
            source,
            site,
            trust: None,
            rounds: 0,
            shorter: 0,
            account_sync: AccountSync::default(),
        }
    }

    /// Brings everything that can be brought now, and tells the app how it went.
    pub async fn round(&mut self, app: &App) {
        if !app.is_linked() {
            return;
        }
        self.rounds += 1;
        let mut outcome = self.pull(app).await;
        // Each other reader brings at least one page before it overtakes, so this ends.
        while let Err(RoundError::Overtaken) = outcome {
            self.trust = None;
            outcome = self.pull(app).await;
        }
        let mut status = PeerStatus::clone(&app.peer.load());
        match outcome {
            Ok(()) => {
                self.shorter = 0;
                let head_seq = self.trust.as_ref().map_or(0, Trust::seen_size);
                let heard_at = Some(app.clock.now());
                status = PeerStatus {
                    heard_at,
                    head_seq,
                    trouble: None,
                    refused: None,
                    copy: status.copy,
                    accounts: status.accounts,
                };
                app.peer.store(Arc::new(status));
                // Whose ledger is not believed, whose word on accounts is not either.
                self.account_sync.round(app, &self.source).await;
            }
            Err(RoundError::Refused(alarm, evidence)) => {
                self.trust = None;
                let is_shorter = matches!(alarm, Alarm::RolledBack { .. });
                self.shorter = if is_shorter { self.shorter + 1 } else { 0 };
                if !is_shorter || self.shorter >= ROLLED_BACK_AFTER {
                    app.refuse(&self.site, &alarm, &evidence).await;
                }
            }
            Err(RoundError::Trouble(trouble)) => {
                status.trouble = Some(trouble);
                app.peer.store(Arc::new(status));
            }
            Err(RoundError::Overtaken) => {}
        }
    }

    async fn pull(&mut self, app: &App) -> Result<(), RoundError> {
        if is_left_out(Defect::Checkpoint) {
            return self.take_unsigned(app).await;
        }
        if self.rounds % COMPARE_EVERY == 1 {
            compare(app, &self.source).await?;
        }
        let mut trust = match self.trust.take() {
            Some(trust) => trust,
            None => believed_so_far(app, &self.site).await?,
        };
        if let Some(note) = self.source.checkpoint(&self.site).await? {
            trust = self.see(app, trust, &note).await?;
        }
        while trust.head().seq < trust.seen_size() {
            trust = self.page(app, trust).await?;
        }
        self.trust = Some(trust);
        Ok(())
    }

    /// What [`Reader::pull`] would be if it believed whatever is offered: for the drill's negative control only.
    async fn take_unsigned(&self, app: &App) -> Result<(), RoundError> {
        loop {
            let head = app.store.head(&self.site).await?;
            let page = self.source.entries(&self.site, head.seq, PAGE).await?;
            let mut stored = Vec::new();
            for (_, bytes) in &page {
                let broken = |error| RoundError::Trouble(format!("{}: {error}", self.site));
                stored.push(Entry::read(bytes).map_err(broken)?.seal(false));
            }
            app.store.append_foreign(&self.site, head, &stored).await?;
            if page.len() < PAGE as usize {
                return Ok(());
            }
        }
    }

    /// Takes note of the checkpoint that the other site shows.
    async fn see(&self, app: &App, trust: Trust, note: &str) -> Result<Trust, RoundError> {
        let refused = |alarm| RoundError::Refused(alarm, note.to_owned());
        let offered = trust.open(note).map_err(refused)?;
        if trust.seen() == Some(&offered) {
            return Ok(trust);
        }
        let proof = match trust.seen_size() {
            seen if seen > 0 && seen < offered.size => {
                self.source.proof(seen, offered.size).await?
            }
            _ => Vec::new(),
        };
        let next = trust.see(&offered, &proof).map_err(|alarm| {
            let ours = trust.seen().map_or(String::new(), |seen| seen.text());
            RoundError::Refused(alarm, format!("{note}\nseen before:\n{ours}"))
        })?;
        let kept = KeptCheckpoint {
            size: offered.size,
            root: offered.root,
            note: note.to_owned(),
            at: app.clock.now(),
        };
        if kept.size > 0 {
            app.store.put_checkpoint(&self.site, &kept).await?;
        }
        Ok(next)
    }

    /// Brings the next page with the contents that it names, in one transaction.
    async fn page(&self, app: &App, trust: Trust) -> Result<Trust, RoundError> {
        let (after, size) = (trust.head().seq, trust.seen_size());
        let page = self.source.entries(&self.site, after, PAGE).await?;
        let to = page.last().map_or(after, |(seq, _)| *seq).min(size);
        if to <= after {
            return Err(RoundError::Trouble(format!(
                "{} signs entry {size} and does not give entry {}",
                self.site,
                after + 1
            )));
        }
        let proof = match to < size {
            true => self.source.proof(to, size).await?,
            false => Vec::new(),
        };
        let lines = page.iter().map(|(seq, bytes)| (*seq, bytes.as_str()));
        let taken = trust.take(lines, &proof).map_err(|alarm| {
            let note = trust.seen().map_or(String::new(), |seen| seen.text());
            let lines: Vec<&str> = page.iter().map(|(_, bytes)| bytes.as_str()).collect();
            RoundError::Refused(alarm, format!("{note}{}", lines.join("\n")))
        })?;
        for (entry, _) in &taken.entries {
            bring(&app.store, &self.source, entry.fact.event.contents()).await?;
        }
        let stored: Vec<StoredEntry> = taken.entries.into_iter().map(|(_, s)| s).collect();
        match app
            .store
            .append_foreign(&self.site, trust.head(), &stored)
            .await
        {
            Ok(()) => Ok(taken.next),
            Err(AppendError::HeadMoved | AppendError::CommandKnown | AppendError::Unknown(_)) => {
                Err(RoundError::Overtaken)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What the database says is believed: the newest checkpoint kept, believed again, and the whole copy.
async fn believed_so_far(app: &App, site: &SiteName) -> Result<Trust, RoundError> {
    let keys = app.keys_of(site);
    if keys.is_empty() {
        return Err(RoundError::Trouble(format!(
            "no key is believed for {site}: give it with --peer-key"
        )));
    }
    // The state holds the checked part of the copy with its tree; only the rest is read again.
    let snapshot = app.snapshot();
    let head = snapshot.state.head(site);
    let mut copy = match snapshot.copies.get(site) {
        Some(frontier) if frontier.size() == head.seq => {
            let last = app.store.entry(site, head.seq).await?;
            let command = last
                .map(|last| Entry::read(&last.bytes))
                .transpose()
                .map_err(|e| RoundError::Trouble(format!("{site}#{}: {e}", head.seq)))?
                .map(|entry| entry.command);
            Copy {
                head,
                frontier: (**frontier).clone(),
                command,
            }
        }
        _ => Copy::default(),
    };
    let mut broken = None;
    while broken.is_none() {
        let page = app.store.links_after(site, copy.head.seq, PAGE).await?;
        for link in &page {
            if let Err(alarm) = copy.push(site, &link.bytes) {
                broken = Some((alarm, link.bytes.clone()));
                break;
            }
        }
        if page.len() < PAGE as usize {
            break;
        }
    }
    // After the rows: whoever brings rows keeps the checkpoint that covers them before.
    let kept = app.store.last_checkpoint(site).await?;
    let seen = match &kept {
        Some(kept) => {
            let believed = app.believe_kept(site, kept);
            Some(believed.map_err(|alarm| RoundError::Refused(alarm, kept.note.clone()))?)
        }
        None => None,
    };
    let size = seen.as_ref().map_or(0, |seen| seen.size);
    if let Some((alarm, evidence)) = broken {
        return Err(RoundError::Refused(
            in_our_copy(site, alarm, size),
            evidence,
        ));
    }
    if copy.head.seq > size {
        let seq = copy.head.seq;
        let (site, seen) = (
            site.clone(),
            seen.as_ref().map_or(String::new(), |s| s.text()),
        );
        return Err(RoundError::Refused(
            Alarm::CopyChanged { site, seq, size },
            seen,
        ));
    }
    Ok(Trust::new(site.clone(), keys, seen, copy))
}

/// What is wrong in our own copy is not the other site's doing.
fn in_our_copy(site: &SiteName, alarm: Alarm, size: u64) -> Alarm {
    match alarm {
        Alarm::BadEntry { entry, .. } => Alarm::CopyChanged {
            site: site.clone(),
            seq: entry.seq,
            size,
        },
        other => other,
    }
}
