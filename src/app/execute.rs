//! The one door for writes: screens, interface, command line and the site's own duties end here.

use std::sync::Arc;

use tokio::sync::oneshot;

pub use super::submission::Executed;
use super::submission::Submission;
use super::{App, AppError};
use rulegate_domain::command::Command;
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::Actor;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{AccountId, CommandId};
use rulegate_ledger::ledger::Entry;

/// How often the evidence is gathered anew when the state moves under a decision.
const EVIDENCE_TRIES: u32 = 8;

impl App {
    /// Executes a command, or says why not. When this returns `Ok`, its entries are durable and
    /// [`App::snapshot`] shows them. Evidence from bytes is gathered here and renewed when it is outdated.
    ///
    /// Safe to repeat with the same `id`: a command that is in the ledger already is answered with its entries.
    /// Errors: [`AppError::Refused`] and the store's; only [`AppError::Unknown`] leaves the outcome open.
    pub async fn execute(
        &self,
        actor: Actor,
        mut command: Command,
        id: CommandId,
    ) -> Result<Executed, AppError> {
        let decided = self.decide_and_store(actor, &mut command, &id).await;
        let is_new = matches!(&decided, Ok(done) if done.already.is_none());
        if is_new || id == id.key() {
            return decided;
        }
        // A repetition finds that its own first time stands against it. Looked up only now: the ledger
        // keeps keys unique, so a command that is new need not ask whether it is.
        match self.by_command(&id).await {
            Ok(Some(done)) => Ok(done),
            Err(AppError::KeyReused) => Err(AppError::KeyReused),
            Ok(None) | Err(_) => decided,
        }
    }

    async fn decide_and_store(
        &self,
        actor: Actor,
        command: &mut Command,
        id: &CommandId,
    ) -> Result<Executed, AppError> {
        for _ in 0..EVIDENCE_TRIES {
            self.gather_evidence(command).await?;
            let (reply, answer) = oneshot::channel();
            let submission = Submission {
                actor: actor.clone(),
                command: command.clone(),
                id: id.clone(),
                reply,
            };
            let gone = || AppError::Unavailable("this process is stopping".into());
            self.submissions
                .send(submission)
                .await
                .map_err(|_| gone())?;
            match answer.await.map_err(|_| gone())? {
                Err(AppError::Refused(Refusal::EvidenceOutdated)) => continue,
                answered => return answered,
            }
        }
        Err(Refusal::EvidenceOutdated.into())
    }

    /// A fresh id for a command that came without an idempotency key.
    pub fn fresh_command(&self) -> CommandId {
        uuid::Uuid::now_v7()
            .to_string()
            .parse()
            .expect("a UUID is a command id")
    }

    /// The id of a command that came with a key, bound to what it asks.
    ///
    /// Errors: [`AppError::BadInput`] if the key is not printable.
    pub fn keyed_command(
        &self,
        account: &AccountId,
        key: &str,
        request: &[u8],
    ) -> Result<CommandId, AppError> {
        Ok(CommandId::keyed(account, key, &Digest::of(request))?)
    }

    /// What a command did, if it is in this site's ledger.
    ///
    /// Errors: [`AppError::KeyReused`] if another request stands there under the same key.
    pub async fn by_command(&self, id: &CommandId) -> Result<Option<Executed>, AppError> {
        let stored = self.store.by_command(&self.config.site, &id.key()).await?;
        let mut entries = Vec::with_capacity(stored.len());
        for stored in stored {
            let entry = Entry::read(&stored.bytes).map_err(AppError::broken)?;
            if entry.command != *id {
                return Err(AppError::KeyReused);
            }
            entries.push(Arc::new(entry));
        }
        if entries.is_empty() {
            return Ok(None);
        }
        self.store.confirm_durable().await?;
        Ok(Some(Executed {
            entries,
            already: None,
        }))
    }

    async fn gather_evidence(&self, command: &mut Command) -> Result<(), AppError> {
        if let Some((questions, evidence)) = command.questions(&self.snapshot().state) {
            *evidence = self.judge(&questions).await?;
        }
        Ok(())
    }
}
