//! A command on its way through the writer, and what came of it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::AppError;
use rulegate_domain::command::Command;
use rulegate_ledger::access::Actor;
use rulegate_ledger::event::Event;
use rulegate_ledger::ids::{CommandId, EntryRef, ReviewId};
use rulegate_ledger::ledger::Entry;

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
    /// The entry to point at: the first one made, or the one since which it was true.
    pub fn entry(&self) -> Option<EntryRef> {
        self.already
            .clone()
            .or_else(|| self.entries.first().map(|entry| entry.at_entry.clone()))
    }

    /// The review that it opened; a command opens one at most.
    pub fn review(&self) -> Option<ReviewId> {
        self.entries
            .iter()
            .find(|entry| matches!(entry.fact.event, Event::ReviewOpened(_)))
            .map(|opened| ReviewId::from(opened.at_entry.clone()))
    }
}
