//! The one task that appends: it takes whatever is waiting, decides it in order, and stores it in one
//! durable commit. Nobody is answered before that commit is durable.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::batch::Batch;
use super::{App, AppError, Snapshot};
use crate::store::{AppendError, Hint, Wakeups};
use rulegate_domain::command::Command;
use rulegate_domain::defect::{Defect, is_left_out};
use rulegate_domain::state::State;
use rulegate_ledger::access::Actor;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{CommandId, EntryRef, SiteName};
use rulegate_ledger::ledger::{Entry, EntryError, Head, StoredEntry};
use rulegate_ledger::merkle::{Frontier, Tree};
use rulegate_ledger::trust::Alarm;

/// How many commands may wait; beyond that callers wait to submit.
pub(super) const WAITING_MAX: usize = 1_024;
/// How many commands share one commit at most: keeps a commit's bytes and delay bounded.
const BATCH_MAX: usize = 256;
/// How many entries are read at a time when catching up.
const PAGE: u32 = 1_000;
/// Without a wake-up, how often the store is asked for entries of other processes: the safety net.
const POLL: Duration = Duration::from_secs(1);
/// How long a commit that could begin is put off at most, for the sake of those who were just answered.
const LINGER_MAX: Duration = Duration::from_millis(1);
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
    /// Nobody can submit any more.
    is_closed: bool,
}

impl Writer {
    pub(super) fn new(app: Arc<App>, receiver: mpsc::Receiver<Submission>) -> Writer {
        Writer {
            app,
            receiver,
            is_closed: false,
        }
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
                    self.gather(&mut waiting, BATCH_MAX).await;
                    self.execute_review(waiting).await;
                }
                hint = woken(&mut wakeups) => {
                    let snapshot = self.app.snapshot();
                    let known = |(site, head): (&SiteName, &u64)| snapshot.state.head(site).seq >= *head;
                    // Mostly this is the echo of its own appends.
                    if hint.is_empty() || !hint.iter().all(known) {
                        self.poll_store().await;
                    }
                }
                _ = self.app.nudged.notified() => self.poll_store().await,
                _ = poll.tick() => self.poll_store().await,
            }
        }
    }

    /// Lets requests that are being read at this moment share the commit, as long as more come: what they wait
    /// for is the processor, which a commit begun too early would leave idle.
    async fn gather(&mut self, waiting: &mut Vec<Submission>, max: usize) {
        while waiting.len() < max {
            tokio::task::yield_now().await;
            let before = waiting.len();
            while waiting.len() < max
                && let Ok(submission) = self.receiver.try_recv()
            {
                waiting.push(submission);
            }
            if waiting.len() == before {
                return;
            }
        }
    }

    /// Lets those who were just answered come back and share the next commit, for no longer than the last one took:
    /// two half-empty commits cost more than one full one. Without anybody who waits already there is nothing to delay.
    async fn coalesce(&mut self, ahead: &mut Batch, answered: usize, at_most: Duration) {
        let began = Instant::now();
        let mut came = 0;
        loop {
            let mut more = Vec::new();
            let room = BATCH_MAX.saturating_sub(ahead.len());
            self.gather(&mut more, room).await;
            came += more.len();
            self.decide_into(ahead, more);
            let is_full = came >= answered || ahead.len() >= BATCH_MAX;
            if ahead.is_empty() || is_full || began.elapsed() >= at_most {
                return;
            }
        }
    }

    async fn poll_store(&self) {
        if let Err(error) = self.catch_up().await {
            tracing::debug!(%error, "could not look for new entries");
        }
    }

    /// Applies what the store holds beyond the state, of every site of the installation.
    async fn catch_up(&self) -> Result<(), AppError> {
        let mut snapshot = Snapshot::clone(&self.app.snapshot());
        let own = &self.app.config.site;
        let found = self.catch_up_site(&mut snapshot, own, None).await;
        // What follows the last entry known shows that it is still there; else it may be gone.
        let mut moved = match found {
            Ok(true) => true,
            _ if self.start_over_if_lost(&mut snapshot).await? => {
                self.catch_up_site(&mut snapshot, own, None).await?;
                true
            }
            found => found?,
        };
        let sites = self.app.config.topology.sites.iter();
        for site in sites.filter(|site| *site != own) {
            moved |= self.catch_up_other(&mut snapshot, site).await?;
        }
        if moved {
            self.app.publish(snapshot);
        }
        Ok(())
    }

    /// Forgets everything if the last entry known here is not in the database any more: a primary that came back
    /// from a crash showed what its standby never had, and the standby was promoted. What was signed is never
    /// among it; if it is all the same, nothing more is appended.
    async fn start_over_if_lost(&self, snapshot: &mut Snapshot) -> Result<bool, AppError> {
        let site = &self.app.config.site;
        let known = snapshot.state.head(site);
        let (store, topology) = (&self.app.store, &self.app.config.topology);
        // Whoever stopped writing reads no more and goes on serving what it knows.
        if known.seq == 0 || self.app.stopped.load().is_some() {
            return Ok(false);
        }
        let there = store.entry(site, known.seq).await?;
        if there.is_some_and(|there| there.hash == known.hash) {
            return Ok(false);
        }
        tracing::error!(target: "audit", %site, seq = known.seq, "the database lost entries that were seen here: the ledger is read again");
        *snapshot = Snapshot::new(State::new(topology.clone(), site.clone()));
        self.app.blocks.clear();
        *self.app.tree() = Tree::default();
        if let Some(signed) = self.app.signed() {
            let by = "this site signed them";
            self.app.note_signed_elsewhere(signed.size, by).await?;
        }
        Ok(true)
    }

    /// Applies another site's entries as far as a checkpoint of that site covers them, all or nothing: rows that
    /// somebody wrote into our copy never become part of the state.
    async fn catch_up_other(
        &self,
        snapshot: &mut Snapshot,
        site: &SiteName,
    ) -> Result<bool, AppError> {
        let (store, known) = (&self.app.store, snapshot.state.head(site).seq);
        let stored = store.head(site).await?.seq;
        if stored <= known {
            return Ok(false);
        }
        if is_left_out(Defect::Checkpoint) {
            return self.catch_up_site(snapshot, site, None).await;
        }
        let kept = store.checkpoint_upto(site, stored).await?;
        let Some(kept) = kept.filter(|kept| kept.size > known) else {
            return Ok(false);
        };
        // The command line on a database is told no keys: it neither believes nor accuses anybody.
        if self.app.keys_of(site).is_empty() {
            return Ok(false);
        }
        let believed = match self.app.believe_kept(site, &kept) {
            Ok(believed) => believed,
            Err(alarm) => {
                self.app.judge_copy(site, Some((alarm, &kept.note))).await;
                return Ok(false);
            }
        };
        let mut trial = snapshot.clone();
        let mut frontier = Frontier::clone(trial.copies.get(site).unwrap_or(&Arc::default()));
        let read = (&mut frontier, believed.size);
        if !self.catch_up_site(&mut trial, site, Some(read)).await? {
            return Ok(false);
        }
        if (frontier.size(), frontier.root()) != (believed.size, believed.root) {
            let alarm = Alarm::CopyChanged {
                site: site.clone(),
                seq: frontier.size(),
                size: believed.size,
            };
            self.app.judge_copy(site, Some((alarm, &kept.note))).await;
            return Ok(false);
        }
        self.app.judge_copy(site, None).await;
        trial.copies.insert(site.clone(), Arc::new(frontier));
        *snapshot = trial;
        Ok(true)
    }

    /// Applies a ledger's entries beyond the state; of another site's only up to a number, gathering their tree.
    async fn catch_up_site(
        &self,
        snapshot: &mut Snapshot,
        site: &SiteName,
        mut covered: Option<(&mut Frontier, u64)>,
    ) -> Result<bool, AppError> {
        let mut moved = false;
        if self.app.stopped.load().is_some() {
            return Ok(false);
        }
        let store = &self.app.store;
        let head = snapshot.state.head(site);
        let mut page = store.links_after(site, head.seq, PAGE).await?;
        loop {
            let last = page.last().map_or(0, |link| link.seq);
            // The next page is read while this one is applied.
            let next = (page.len() == PAGE as usize).then(|| {
                let (store, site) = (store.clone(), site.clone());
                tokio::spawn(async move { store.links_after(&site, last, PAGE).await })
            });
            for link in page {
                if let Some((frontier, upto)) = &mut covered {
                    if link.seq > *upto {
                        return Ok(moved);
                    }
                    frontier.push(link.bytes.as_bytes());
                }
                match Entry::read(&link.bytes) {
                    Ok(entry) => take(snapshot, &entry, link.hash)?,
                    Err(
                        error @ (EntryError::NewerFormat { .. } | EntryError::UnknownKind { .. }),
                    ) => {
                        self.stop_writing(&format!("{site}#{}: {error}", link.seq));
                        return Ok(moved);
                    }
                    Err(error) => {
                        let entry = format!("{site}#{}", link.seq);
                        return Err(AppError::broken_while(entry, error));
                    }
                }
                moved = true;
            }
            page = match next {
                Some(next) => next.await.map_err(AppError::broken)??,
                None => return Ok(moved),
            };
        }
    }

    fn stop_writing(&self, reason: &str) {
        tracing::error!(reason, "this process stops writing");
        self.app.stopped.store(Arc::new(Some(reason.to_owned())));
    }

    /// Decides and stores what is waiting, and what comes meanwhile, until nothing more waits. While a batch is on
    /// its way to the disk the next one is decided on top of it; nobody hears of that one before the first is
    /// durable, and if it fails the next is decided anew.
    async fn execute_review(&mut self, waiting: Vec<Submission>) {
        let mut looked_at = Instant::now();
        let mut races = 0;
        let mut batch = self.decide_anew(waiting);
        while !batch.is_empty() {
            let began = Instant::now();
            let (outcome, mut ahead) = self.store(&batch).await;
            match outcome {
                Ok(()) => {
                    races = 0;
                    let (took, answered) = (began.elapsed(), batch.len());
                    self.grow_tree(batch.expected, &batch.stored);
                    self.app.publish(batch.snapshot.clone());
                    let mut repeated = batch.stored_now();
                    repeated.extend(ahead.take_repeated());
                    let must_look = looked_at.elapsed() > POLL;
                    if repeated.is_empty() && !must_look && self.may_append() {
                        self.coalesce(&mut ahead, answered, took.min(LINGER_MAX))
                            .await;
                        ahead.answer_all();
                        batch = ahead;
                        continue;
                    }
                    // What others appended comes in between, so the next batch is decided on that.
                    let mut waiting = self.answer_known(repeated).await;
                    if must_look {
                        looked_at = Instant::now();
                        self.poll_store().await;
                    }
                    waiting.extend(ahead.into_submissions());
                    batch = self.decide_anew(waiting);
                }
                Err(AppendError::HeadMoved) if races < RACES_MAX => {
                    races += 1;
                    let mut waiting = batch.into_submissions();
                    waiting.extend(ahead.into_submissions());
                    if let Err(error) = self.catch_up().await {
                        return refuse_all(waiting, &error);
                    }
                    batch = self.decide_anew(waiting);
                }
                Err(AppendError::CommandKnown) if races < RACES_MAX => {
                    races += 1;
                    let mut waiting = self.answer_known(batch.into_submissions()).await;
                    waiting.extend(ahead.into_submissions());
                    batch = self.decide_anew(waiting);
                }
                Err(error) => {
                    refuse_all(batch.into_submissions(), &error.into());
                    batch = self.decide_anew(ahead.into_submissions());
                }
            }
        }
    }

    /// Stores a batch and decides meanwhile what comes in.
    async fn store(&mut self, batch: &Batch) -> (Result<(), AppendError>, Batch) {
        let app = self.app.clone();
        let append = app
            .store
            .append(&app.config.site, batch.expected, &batch.stored);
        let mut append = std::pin::pin!(append);
        let mut ahead = batch.next();
        let mut came = Vec::new();
        let outcome = loop {
            let room = BATCH_MAX.saturating_sub(ahead.len());
            tokio::select! {
                biased;
                outcome = &mut append => break outcome,
                count = self.receiver.recv_many(&mut came, room), if room > 0 && !self.is_closed => {
                    self.is_closed = count == 0;
                    self.decide_into(&mut ahead, std::mem::take(&mut came));
                }
            }
        };
        let outcome = match outcome {
            Err(AppendError::Unknown(why)) => {
                self.resolve_unknown(batch.expected, &batch.stored, why)
                    .await
            }
            known => known,
        };
        (outcome, ahead)
    }

    fn may_append(&self) -> bool {
        self.app.stopped.load().is_none() && self.app.behind.load().is_none()
    }

    /// Decides on what is published, and answers at once whoever is refused.
    fn decide_anew(&self, waiting: Vec<Submission>) -> Batch {
        let mut batch = Batch::on(Snapshot::clone(&self.app.snapshot()));
        if let Some(reason) = self.app.stopped.load().as_ref() {
            refuse_all(waiting, &AppError::StoppedWriting(reason.clone()));
        } else if let Some(reason) = self.app.behind.load().as_ref() {
            refuse_all(waiting, &AppError::Behind(reason.clone()));
        } else {
            self.decide_into(&mut batch, waiting);
            batch.answer_all();
        }
        batch
    }

    fn decide_into(&self, batch: &mut Batch, waiting: Vec<Submission>) {
        let now = self.app.clock.now();
        for submission in waiting {
            batch.decide(now, submission);
        }
    }

    /// Spares the signer from reading what was just written. If it has not come as far yet it reads everything.
    fn grow_tree(&self, expected: Head, stored: &[StoredEntry]) {
        let mut tree = self.app.tree();
        if tree.size() == expected.seq {
            stored
                .iter()
                .for_each(|entry| tree.push(entry.bytes.as_bytes()));
        }
    }

    /// The connection broke during the commit: the ledger itself tells whether it happened.
    async fn resolve_unknown(
        &self,
        expected: Head,
        stored: &[StoredEntry],
        why: String,
    ) -> Result<(), AppendError> {
        let deadline = Instant::now() + UNKNOWN_PATIENCE;
        let first = &stored[0];
        loop {
            // What is seen may be on one disk only, as long as the database was not asked for more.
            let seen = match self.app.store.confirm_durable().await {
                Ok(()) => self.app.store.entry(&first.site, first.seq).await,
                Err(error) => Err(error),
            };
            match seen {
                Ok(Some(there)) if there.hash == first.hash => return Ok(()),
                Ok(Some(_)) => return Err(AppendError::HeadMoved),
                Ok(None) => match self.app.store.append(&first.site, expected, stored).await {
                    Err(AppendError::Unknown(_)) => {}
                    Err(AppendError::HeadMoved) => {}
                    known => return known,
                },
                Err(_) => {}
            }
            if Instant::now() > deadline {
                return Err(AppendError::Unknown(why));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Answers the commands that are in the ledger already and gives back the others.
    async fn answer_known(&self, submissions: Vec<Submission>) -> Vec<Submission> {
        if submissions.is_empty() {
            return submissions;
        }
        let mut others = Vec::new();
        for submission in submissions {
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

async fn woken(wakeups: &mut Option<Wakeups>) -> Hint {
    match wakeups {
        Some(wakeups) => wakeups.next().await,
        None => std::future::pending().await,
    }
}

pub(super) fn take(snapshot: &mut Snapshot, entry: &Entry, hash: Digest) -> Result<(), AppError> {
    snapshot
        .state
        .apply(entry, hash)
        .map_err(AppError::broken)?;
    snapshot.note(entry);
    Ok(())
}

fn refuse_all(submissions: Vec<Submission>, error: &AppError) {
    for submission in submissions {
        let same = match error {
            AppError::Full => AppError::Full,
            AppError::Unavailable(why) => AppError::Unavailable(why.clone()),
            AppError::Unknown(why) => AppError::Unknown(why.clone()),
            AppError::StoppedWriting(why) => AppError::StoppedWriting(why.clone()),
            AppError::Behind(why) => AppError::Behind(why.clone()),
            AppError::Broken(why) => AppError::Broken(why.clone()),
            other => AppError::broken(other.to_string()),
        };
        let _ = submission.reply.send(Err(same));
    }
}
