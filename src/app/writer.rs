//! The one task that appends: it takes whatever is waiting, decides it in order, and stores it in one
//! durable commit. Nobody is answered before that commit is durable.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::{App, AppError, Snapshot};
use crate::domain::access::Actor;
use crate::domain::command::Command;
use crate::domain::decide::{Decided, decide};
use crate::domain::ids::{CommandId, EntryRef, SiteName, Timestamp};
use crate::domain::ledger::{Entry, EntryError, Head, StoredEntry};
use crate::store::AppendError;

/// How many commands may wait; beyond that callers wait to submit.
pub(super) const WAITING_MAX: usize = 1_024;
/// How many commands share one commit at most: keeps a commit's bytes and delay bounded.
const BATCH_MAX: usize = 256;
/// How many entries are read at a time when catching up.
const PAGE: u32 = 1_000;
/// Without a wake-up, how often the store is asked for entries of other processes: the safety net.
const POLL: Duration = Duration::from_secs(1);
/// How often a batch is decided again after losing the race for the head.
const RACES_MAX: u32 = 50;
/// How long the writer looks for the outcome of an append whose answer was lost.
const UNKNOWN_PATIENCE: Duration = Duration::from_secs(8);

/// A command with whoever waits for it.
pub(super) struct Submission {
    pub actor: Actor,
    pub command: Command,
    pub id: CommandId,
    pub reply: oneshot::Sender<Result<Executed, AppError>>,
}

/// What came of a command.
#[derive(Debug, Clone)]
pub struct Executed {
    /// The entries it made, in order; for a repetition the ones it made then.
    pub entries: Vec<Arc<Entry>>,
    /// It was true already, since this entry.
    pub already: Option<EntryRef>,
}

impl Executed {
    /// The entry that tells about it: the first one made, or the one since which it was true.
    pub fn entry(&self) -> Option<EntryRef> {
        self.already
            .clone()
            .or_else(|| self.entries.first().map(|entry| entry.at_entry.clone()))
    }
}

pub(super) struct Writer {
    app: Arc<App>,
    receiver: mpsc::Receiver<Submission>,
}

/// A decided submission: its entries in the batch.
struct Placed {
    submission: Submission,
    entries: Vec<Arc<Entry>>,
}

impl Writer {
    pub(super) fn new(app: Arc<App>, receiver: mpsc::Receiver<Submission>) -> Writer {
        Writer { app, receiver }
    }

    /// Reads every ledger in the store from its beginning.
    pub(super) async fn fold_everything(self) -> Result<Writer, AppError> {
        self.catch_up().await?;
        Ok(self)
    }

    pub(super) async fn run(mut self) {
        let mut wakeups = self.app.store.listen().await.ok();
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let mut waiting = Vec::new();
            tokio::select! {
                biased;
                count = self.receiver.recv_many(&mut waiting, BATCH_MAX) => {
                    if count == 0 {
                        return;
                    }
                    self.carry_out(waiting).await;
                }
                _ = woken(&mut wakeups) => self.look_around().await,
                _ = poll.tick() => self.look_around().await,
            }
        }
    }

    async fn look_around(&self) {
        if let Err(error) = self.catch_up().await {
            tracing::debug!(%error, "could not look for new entries");
        }
    }

    /// Applies what the store holds beyond the state, of every site of the installation.
    async fn catch_up(&self) -> Result<(), AppError> {
        let mut snapshot = Snapshot::clone(&self.app.snapshot());
        let mut moved = false;
        for site in self.app.config.topology.sites.clone() {
            moved |= self.catch_up_site(&mut snapshot, &site).await?;
        }
        if moved {
            self.app.publish(snapshot);
        }
        Ok(())
    }

    async fn catch_up_site(
        &self,
        snapshot: &mut Snapshot,
        site: &SiteName,
    ) -> Result<bool, AppError> {
        let mut moved = false;
        if self.app.stopped.load().is_some() {
            return Ok(false);
        }
        loop {
            let head = snapshot.state.head(site);
            let page = self.app.store.entries_after(site, head.seq, PAGE).await?;
            let full = page.len() == PAGE as usize;
            for stored in page {
                match Entry::read(&stored.bytes) {
                    Ok(entry) => take(snapshot, &entry, &stored)?,
                    Err(
                        error @ (EntryError::NewerFormat { .. } | EntryError::UnknownKind { .. }),
                    ) => {
                        self.stop_writing(&format!("{site}#{}: {error}", stored.seq));
                        return Ok(moved);
                    }
                    Err(error) => {
                        return Err(AppError::Broken(format!("{site}#{}: {error}", stored.seq)));
                    }
                }
                moved = true;
            }
            if !full {
                return Ok(moved);
            }
        }
    }

    fn stop_writing(&self, reason: &str) {
        tracing::error!(reason, "this process stops writing");
        self.app.stopped.store(Arc::new(Some(reason.to_owned())));
    }

    async fn carry_out(&self, mut waiting: Vec<Submission>) {
        if let Some(reason) = self.app.stopped.load().as_ref() {
            for submission in waiting {
                let _ = submission
                    .reply
                    .send(Err(AppError::StoppedWriting(reason.clone())));
            }
            return;
        }
        for race in 0.. {
            let (snapshot, placed, stored) = self.decide_all(waiting);
            if placed.is_empty() {
                return;
            }
            let expected = self.app.snapshot().state.head(&self.app.config.site);
            let outcome = self
                .app
                .store
                .append(&self.app.config.site, expected, &stored)
                .await;
            let outcome = match outcome {
                Err(AppendError::Unknown(why)) => self.find_out(expected, &stored, why).await,
                known => known,
            };
            match outcome {
                Ok(()) => {
                    self.app.publish(snapshot);
                    for placed in placed {
                        let done = Executed {
                            entries: placed.entries,
                            already: None,
                        };
                        let _ = placed.submission.reply.send(Ok(done));
                    }
                    return;
                }
                Err(AppendError::HeadMoved) if race < RACES_MAX => {
                    if let Err(error) = self.catch_up().await {
                        return refuse_all(placed, &error);
                    }
                    waiting = placed.into_iter().map(|placed| placed.submission).collect();
                }
                Err(AppendError::CommandKnown) => {
                    waiting = self.answer_known(placed).await;
                    if waiting.is_empty() {
                        return;
                    }
                }
                Err(error) => return refuse_all(placed, &error.into()),
            }
        }
    }

    /// Decides in order on a copy of the state, each on top of what the ones before made true. Whoever is
    /// refused is answered at once.
    fn decide_all(&self, waiting: Vec<Submission>) -> (Snapshot, Vec<Placed>, Vec<StoredEntry>) {
        let mut snapshot = Snapshot::clone(&self.app.snapshot());
        let site = self.app.config.site.clone();
        let now = self.app.clock.now();
        let (mut placed, mut stored) = (Vec::new(), Vec::new());
        for submission in waiting {
            let facts = match decide(&snapshot.state, &submission.command, &submission.actor, now) {
                Ok(Decided::New(facts)) => facts,
                Ok(Decided::Already(entry)) => {
                    let done = Executed {
                        entries: Vec::new(),
                        already: Some(entry),
                    };
                    let _ = submission.reply.send(Ok(done));
                    continue;
                }
                Err(refusal) => {
                    let _ = submission.reply.send(Err(refusal.into()));
                    continue;
                }
            };
            let mut entries = Vec::with_capacity(facts.len());
            for (index, fact) in facts.into_iter().enumerate() {
                let head = snapshot.state.head(&site);
                let entry = Entry {
                    at_entry: EntryRef {
                        site: site.clone(),
                        seq: head.seq + 1,
                    },
                    at: later(now, head),
                    actor: submission.actor.account.clone(),
                    command: submission.id.clone(),
                    fact,
                    prev: head.hash,
                };
                let sealed = entry.seal(index == 0);
                take(&mut snapshot, &entry, &sealed).expect("an entry made on the head follows it");
                stored.push(sealed);
                entries.push(Arc::new(entry));
            }
            placed.push(Placed {
                submission,
                entries,
            });
        }
        (snapshot, placed, stored)
    }

    /// The connection broke during the commit: the ledger itself tells whether it happened.
    async fn find_out(
        &self,
        expected: Head,
        stored: &[StoredEntry],
        why: String,
    ) -> Result<(), AppendError> {
        let deadline = tokio::time::Instant::now() + UNKNOWN_PATIENCE;
        let first = &stored[0];
        loop {
            match self.app.store.entry(&first.site, first.seq).await {
                Ok(Some(there)) if there.hash == first.hash => return Ok(()),
                Ok(Some(_)) => return Err(AppendError::HeadMoved),
                Ok(None) => match self.app.store.append(&first.site, expected, stored).await {
                    Err(AppendError::Unknown(_)) => {}
                    Err(AppendError::HeadMoved) => {}
                    known => return known,
                },
                Err(_) => {}
            }
            if tokio::time::Instant::now() > deadline {
                return Err(AppendError::Unknown(why));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Some command of the batch is in the ledger already: answers it and gives back the others.
    async fn answer_known(&self, placed: Vec<Placed>) -> Vec<Submission> {
        let mut others = Vec::new();
        for Placed { submission, .. } in placed {
            match self.app.by_command(&submission.id).await {
                Ok(Some(done)) => {
                    let _ = submission.reply.send(Ok(done));
                }
                Ok(None) => others.push(submission),
                Err(error) => {
                    let _ = submission.reply.send(Err(error));
                }
            }
        }
        if let Err(error) = self.catch_up().await {
            tracing::debug!(%error, "could not catch up");
        }
        others
    }
}

async fn woken(wakeups: &mut Option<crate::store::Wakeups>) {
    match wakeups {
        Some(wakeups) => wakeups.next().await,
        None => std::future::pending().await,
    }
}

/// Never before the entry before it, whatever the clock says.
fn later(now: Timestamp, head: Head) -> Timestamp {
    now.max(head.at)
}

fn take(snapshot: &mut Snapshot, entry: &Entry, stored: &StoredEntry) -> Result<(), AppError> {
    snapshot
        .state
        .apply(entry, stored.hash)
        .map_err(|error| AppError::Broken(error.to_string()))?;
    snapshot.note(entry);
    Ok(())
}

fn refuse_all(placed: Vec<Placed>, error: &AppError) {
    for placed in placed {
        let same = match error {
            AppError::Full => AppError::Full,
            AppError::Unavailable(why) => AppError::Unavailable(why.clone()),
            AppError::Unknown(why) => AppError::Unknown(why.clone()),
            other => AppError::Broken(other.to_string()),
        };
        let _ = placed.submission.reply.send(Err(same));
    }
}
