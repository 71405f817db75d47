//! May this be done, and what becomes true? The one place where the business says yes or no.

mod access;
pub(crate) mod context;
mod drift;
mod execute;
mod hotfix;
mod judging;
mod reconcile;
mod release;
mod requests;
mod stops;
mod transfer;

use crate::command::*;
use crate::judgement::{Evidence, Question};
use crate::refusal::Refusal;
use crate::state::State;
use context::*;
use rulegate_ledger::access::{Act, Actor, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{DriftFinding, Fact};
use rulegate_ledger::ids::{EntryRef, RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

pub use context::{COMMENT_LENGTH_MAX, Decided, REASON_LENGTH_MAX};

/// May `actor` do this now, and what becomes true?
///
/// Pure: the same arguments give the same answer. Errors: [`Refusal`], nothing half-done.
pub fn decide(
    state: &State,
    command: &Command,
    actor: &Actor,
    now: Timestamp,
) -> Result<Decided, Refusal> {
    command.as_decide().decide(Context { state, actor, now })
}

pub(super) use transfer::obstacle as transfer_obstacle;

/// What a release would meet, environment by environment, without delivering it.
///
/// Errors: [`Refusal::EvidenceOutdated`] if a question about an open hotfix has no answer in `evidence`.
pub fn release_findings(
    state: &State,
    ruleset: &RuleSetName,
    candidate: Digest,
    evidence: &[Evidence],
    now: Timestamp,
) -> Result<Vec<DriftFinding>, Refusal> {
    let actor = Actor::site_itself();
    release::findings(
        Context {
            state,
            actor: &actor,
            now,
        },
        ruleset,
        candidate,
        evidence,
    )
}
