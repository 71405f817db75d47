//! Commands decided together, to be stored in one durable commit.

use std::collections::HashSet;
use std::sync::Arc;

use super::submission::{Executed, Submission};
use super::{AppError, Snapshot};
use rulegate_domain::decide::{Decided, decide};
use rulegate_ledger::ids::{CommandId, EntryRef, Timestamp};
use rulegate_ledger::ledger::{Entry, Head, StoredEntry};

/// Decided in order on a copy of the state, each on top of what the ones before made true.
pub(super) struct Batch {
    /// The head that the entries follow.
    pub expected: Head,
    /// What is true once they are stored.
    pub snapshot: Snapshot,
    /// Every entry, in order.
    pub stored: Vec<StoredEntry>,
    placed: Vec<Placed>,
    /// Answers that need no entry; true once what they were decided on is durable.
    answered: Vec<(Submission, Result<Executed, AppError>)>,
    /// The same commands once more: they are answered with what comes of the first.
    repeated: Vec<Submission>,
    /// Keys of the commands here, and of the batch before that is not stored yet.
    keys: HashSet<CommandId>,
}

/// A decided submission: its entries in the batch.
struct Placed {
    submission: Submission,
    entries: Vec<Arc<Entry>>,
}

impl Batch {
    /// An empty batch on a state.
    pub fn on(snapshot: Snapshot) -> Batch {
        Batch {
            expected: snapshot.state.own_ledger().head,
            snapshot,
            stored: Vec::new(),
            placed: Vec::new(),
            answered: Vec::new(),
            repeated: Vec::new(),
            keys: HashSet::new(),
        }
    }

    /// An empty batch on top of this one, which is on its way to the disk.
    pub fn next(&self) -> Batch {
        let mut next = Batch::on(self.snapshot.clone());
        let keys = self.placed.iter().map(|placed| placed.submission.id.key());
        next.keys = keys.collect();
        next
    }

    /// True if there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.placed.is_empty()
    }

    /// How many submissions it holds.
    pub fn len(&self) -> usize {
        self.placed.len() + self.answered.len() + self.repeated.len()
    }

    /// Decides one more submission. Nobody is answered yet.
    pub fn decide(&mut self, now: Timestamp, submission: Submission) {
        if self.keys.contains(&submission.id.key()) {
            self.repeated.push(submission);
            return;
        }
        let state = &self.snapshot.state;
        let facts = match decide(state, &submission.command, &submission.actor, now) {
            Ok(Decided::New(facts)) => facts,
            Ok(Decided::Already(entry)) => {
                let done = Executed {
                    entries: Vec::new(),
                    already: Some(entry),
                };
                self.answered.push((submission, Ok(done)));
                return;
            }
            Err(refusal) => {
                self.answered.push((submission, Err(refusal.into())));
                return;
            }
        };
        let mut entries = Vec::with_capacity(facts.len());
        for (index, fact) in facts.into_iter().enumerate() {
            let state = &self.snapshot.state;
            let head = state.own_ledger().head;
            let entry = Entry {
                at_entry: EntryRef {
                    site: state.own.clone(),
                    seq: head.seq + 1,
                },
                // Never before the entry before it, whatever the clock says.
                at: now.max(head.at),
                actor: submission.actor.account.clone(),
                command: submission.id.clone(),
                fact,
                prev: head.hash,
            };
            let sealed = entry.seal(index == 0);
            self.snapshot
                .apply(&entry, sealed.hash)
                .expect("an entry made on the head follows it");
            self.stored.push(sealed);
            entries.push(Arc::new(entry));
        }
        self.keys.insert(submission.id.key());
        self.placed.push(Placed {
            submission,
            entries,
        });
    }

    /// What it was decided on is durable: whoever needs no entry is answered.
    pub fn answer_all(&mut self) {
        for (submission, answer) in self.answered.drain(..) {
            let _ = submission.reply.send(answer);
        }
    }

    /// The repeated ones, to be answered from the ledger.
    pub fn take_repeated(&mut self) -> Vec<Submission> {
        std::mem::take(&mut self.repeated)
    }

    /// Its entries are durable: their commands are answered. Gives back the repeated ones.
    pub fn stored_now(self) -> Vec<Submission> {
        for placed in self.placed {
            let done = Executed {
                entries: placed.entries,
                already: None,
            };
            let _ = placed.submission.reply.send(Ok(done));
        }
        self.repeated
    }

    /// Everything that was not answered, to be decided anew.
    pub fn into_submissions(self) -> Vec<Submission> {
        let placed = self.placed.into_iter().map(|placed| placed.submission);
        let answered = self.answered.into_iter().map(|(submission, _)| submission);
        placed.chain(answered).chain(self.repeated).collect()
    }
}
