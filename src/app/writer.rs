//! The one task that appends: it takes whatever is waiting, decides it in order, and stores it in one
//! durable commit. Nobody is answered before that commit is durable.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::batch::Batch;
use super::submission::Submission;
use super::{App, AppError, Snapshot};
use crate::store::{AppendError, Hint, Wakeups};
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::ledger::{Head, StoredEntry};

/// How many commands may wait; beyond that callers wait to submit.
pub(super) const WAITING_MAX: usize = 1_024;
/// How many commands share one commit at most: keeps a commit's bytes and delay bounded.
const BATCH_MAX: usize = 256;
/// Without a wake-up, how often the store is asked for entries of other processes: the safety net.
const POLL: Duration = Duration::from_secs(1);
/// How long a commit that could begin is put off at most, for the sake of those who were just answered.
const LINGER_MAX: Duration = Duration::from_millis(1);
/// How often a batch is decided again after losing the race for the head.
const RACES_MAX: u32 = 50;
/// How long the writer looks for the outcome of an append whose answer was lost.
const UNKNOWN_PATIENCE: Duration = Duration::from_secs(8);

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
        self.app.catch_up().await?;
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
                    self.execute_waiting(waiting).await;
                }
                hint = woken(&mut wakeups) => {
                    let snapshot = self.app.snapshot();
                    let known = |(site, head): (&SiteName, &u64)| snapshot.state.head(site).seq >= *head;
                    // Mostly this is the echo of its own appends.
                    if hint.is_empty() || !hint.iter().all(known) {
                        self.app.poll_store().await;
                    }
                }
                _ = self.app.nudged.notified() => self.app.poll_store().await,
                _ = poll.tick() => self.app.poll_store().await,
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

    /// Decides and stores what is waiting, and what comes meanwhile, until nothing more waits. While a batch is on
    /// its way to the disk the next one is decided on top of it; nobody hears of that one before the first is
    /// durable, and if it fails the next is decided anew.
    async fn execute_waiting(&mut self, waiting: Vec<Submission>) {
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
                        self.app.poll_store().await;
                    }
                    waiting.extend(ahead.into_submissions());
                    batch = self.decide_anew(waiting);
                }
                Err(AppendError::HeadMoved) if races < RACES_MAX => {
                    races += 1;
                    let mut waiting = batch.into_submissions();
                    waiting.extend(ahead.into_submissions());
                    if let Err(error) = self.app.catch_up().await {
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
        if let Err(error) = self.app.catch_up().await {
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
