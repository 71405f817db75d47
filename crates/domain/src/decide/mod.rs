//! May this be done, and what becomes true? The one place where the business says yes or no.

mod access;
mod drift;
mod execute;
mod hotfix;
mod judging;
mod reconcile;
mod release;
mod requests;
mod stops;
mod transfer;

use crate::command::Command;
use crate::refusal::Refusal;
use crate::state::{State, VersionFacts};
use rulegate_ledger::access::{Act, Actor, Scope};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Fact;
use rulegate_ledger::ids::{EntryRef, RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

/// What a permitted command comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Decided {
    /// These facts become true together; never empty.
    New(Vec<Fact>),
    /// It is true already, since this entry: nothing to append.
    Already(EntryRef),
}

/// May `actor` do this now, and what becomes true?
///
/// Pure: the same arguments give the same answer. Errors: [`Refusal`], nothing half-done.
pub fn decide(
    state: &State,
    command: &Command,
    actor: &Actor,
    now: Timestamp,
) -> Result<Decided, Refusal> {
    let asked = Context { state, actor, now };
    match command {
        Command::CommitRelease {
            ruleset,
            version,
            snapshot,
            provenance,
            evidence,
        } => release::commit(asked, ruleset, version, snapshot, provenance, evidence),
        Command::ReceiveRelease {
            ruleset,
            version,
            checksum,
            origin,
        } => transfer::receive(asked, ruleset, version, *checksum, origin),
        Command::RecordValidation {
            ruleset,
            version,
            passed,
            note,
            links,
        } => release::validate(asked, ruleset, version, *passed, note, links),
        Command::OpenActivation {
            ruleset,
            version,
            targets,
            reason,
        } => requests::activation(asked, ruleset, version, targets, reason),
        Command::ProposeHotfix {
            ruleset,
            environment,
            on_top_of,
            snapshot,
            changes,
            lines_changed,
            words,
        } => {
            let proposal = hotfix::Proposal {
                ruleset,
                environment,
                snapshot,
                changes,
                lines_changed: *lines_changed,
                words,
            };
            hotfix::propose(asked, proposal, *on_top_of)
        }
        Command::AdoptDrift {
            observation,
            snapshot,
            lines_changed,
            words,
        } => drift::adopt(asked, observation, snapshot, *lines_changed, words),
        Command::DismissDrift {
            observation,
            reason,
            ends_at,
        } => drift::dismiss(asked, observation, reason, *ends_at),
        Command::RecordObservation {
            ruleset,
            environment,
            checksum,
            pin,
            changes,
        } => drift::observe(asked, ruleset, environment, (*checksum, *pin), changes),
        Command::DiscardHotfix {
            ruleset,
            hotfix,
            reason,
        } => hotfix::discard(asked, ruleset, hotfix, reason),
        Command::OpenRecall {
            ruleset,
            version,
            reason,
        } => requests::recall(asked, ruleset, version, reason),
        Command::OpenPolicy { policy, reason } => requests::policy(asked, policy, reason),
        Command::AnswerHotfix {
            review,
            environment,
            hotfix,
            paths,
            answer,
            evidence,
        } => judging::answer(
            asked,
            review,
            (environment, hotfix, paths),
            answer,
            evidence,
        ),
        Command::Approve {
            review,
            fingerprint,
            note,
            evidence,
        } => judging::approve(asked, review, *fingerprint, note, evidence),
        Command::Reject { review, reason } => judging::reject(asked, review, reason),
        Command::Comment { review, text } => judging::comment(asked, review, text),
        Command::Withdraw { review, reason } => judging::withdraw(asked, review, reason),
        Command::Execute {
            review,
            fingerprint,
            break_glass,
            evidence,
        } => execute::execute(
            asked,
            review,
            *fingerprint,
            break_glass.as_deref(),
            evidence,
        ),
        Command::ReviewGlass { review, note } => judging::look_at_glass(asked, review, note),
        Command::FulfilIntent { intent } => transfer::fulfil(asked, intent),
        Command::OpenTransfer {
            ruleset,
            hotfix,
            environment,
            reason,
        } => reconcile::open(asked, ruleset, hotfix, environment, reason),
        Command::MergeTransfer {
            ruleset,
            hotfix,
            environment,
            on_top_of,
            snapshot,
            changes,
            lines_changed,
            words,
        } => {
            let proposal = hotfix::Proposal {
                ruleset,
                environment,
                snapshot,
                changes,
                lines_changed: *lines_changed,
                words,
            };
            reconcile::merge(asked, proposal, hotfix, *on_top_of)
        }
        Command::DeclineTransfer {
            ruleset,
            hotfix,
            environment,
            reason,
        } => reconcile::decline(asked, ruleset, hotfix, environment, reason),
        Command::ClosePair {
            ruleset,
            first,
            second,
            outcome,
            reason,
            evidence,
        } => reconcile::close_pair(asked, ruleset, (first, second), outcome, reason, evidence),
        Command::AcceptDifference {
            ruleset,
            environment,
            reason,
        } => reconcile::accept(asked, ruleset, environment, reason),
        Command::CancelIntent { intent, reason } => transfer::cancel(asked, intent, reason),
        Command::PlaceHold {
            ruleset,
            lane,
            reason,
        } => stops::hold(asked, ruleset, lane, reason),
        Command::LiftHold { hold, reason } => stops::lift_hold(asked, hold, reason),
        Command::SetFreeze {
            ruleset,
            lane,
            until,
            reason,
        } => stops::freeze(asked, ruleset, lane, *until, reason),
        Command::LiftFreeze { freeze, reason } => stops::lift_freeze(asked, freeze, reason),
        Command::DeclareLiveSite { live, reason } => stops::declare_live(asked, live, reason),
        Command::Grant { grant } => access::grant(asked, grant),
        Command::Revoke { grant, reason } => access::revoke(asked, grant, reason),
    }
}

pub(super) use transfer::obstacle as transfer_obstacle;

/// What a release would meet, environment by environment, without delivering it.
///
/// Errors: [`Refusal::EvidenceOutdated`] if a question about an open hotfix has no answer in `evidence`.
pub fn release_findings(
    state: &State,
    ruleset: &RuleSetName,
    candidate: rulegate_ledger::digest::Digest,
    evidence: &[crate::judgement::Evidence],
    now: Timestamp,
) -> Result<Vec<rulegate_ledger::event::DriftFinding>, Refusal> {
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

/// Who asks, when, on what state.
#[derive(Clone, Copy)]
struct Context<'a> {
    state: &'a State,
    actor: &'a Actor,
    now: Timestamp,
}

impl<'a> Context<'a> {
    fn require(self, act: Act, scope: Scope) -> Result<(), Refusal> {
        if self.state.may(self.actor, act, &scope) {
            Ok(())
        } else {
            Err(Refusal::NotAllowed { act, scope })
        }
    }

    /// The site's own duties are nobody else's to do.
    fn require_site_itself(self) -> Result<(), Refusal> {
        if *self.actor == Actor::site_itself() {
            Ok(())
        } else {
            Err(Refusal::NotAllowed {
                act: Act::Activate,
                scope: Scope::EVERYWHERE,
            })
        }
    }

    fn known_environment(self, environment: &Environment) -> Result<(), Refusal> {
        if self.state.topology.has(environment) {
            Ok(())
        } else {
            Err(Refusal::UnknownEnvironment {
                environment: environment.clone(),
            })
        }
    }

    fn own_environment(self, environment: &Environment) -> Result<(), Refusal> {
        self.known_environment(environment)?;
        if environment.site == self.state.own {
            Ok(())
        } else {
            Err(Refusal::OtherSite {
                site: environment.site.clone(),
            })
        }
    }

    fn known_version(
        self,
        ruleset: &RuleSetName,
        version: &VersionName,
    ) -> Result<&'a VersionFacts, Refusal> {
        if !self.state.has_ruleset(ruleset) {
            return Err(Refusal::UnknownRuleSet {
                ruleset: ruleset.clone(),
            });
        }
        self.state
            .version(ruleset, version)
            .ok_or_else(|| Refusal::UnknownVersion {
                ruleset: ruleset.clone(),
                version: version.clone(),
            })
    }

    fn ends(self, ends_at: Timestamp) -> Result<(), Refusal> {
        let days_max = self.state.policy().hotfix_days_max;
        if ends_at <= self.now {
            return Err(Refusal::EndsTooSoon);
        }
        // A whole day of grace: an end date is a date, and the day is somebody's local one.
        if ends_at.0 > self.now.0 + (i64::from(days_max) + 1) * Timestamp::DAY_US {
            return Err(Refusal::EndsTooLate { days_max });
        }
        Ok(())
    }
}

/// The longest reason, note or incident reference, in characters.
pub const REASON_LENGTH_MAX: usize = 2_000;
/// The longest comment, in characters.
pub const COMMENT_LENGTH_MAX: usize = 10_000;

/// A text that somebody had to give: trimmed, present and not too long.
fn required_text(what: &'static str, text: &str, max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::Missing { what });
    }
    if text.chars().count() > max {
        return Err(Refusal::TooLong { what, max });
    }
    Ok(text.to_owned())
}

/// A text that may be empty, but not too long.
fn optional(what: &'static str, text: &str, max: usize) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        Ok(String::new())
    } else {
        required_text(what, text, max)
    }
}

/// Only http and https addresses may become links.
fn link(text: &str) -> Result<String, Refusal> {
    let text = required_text("link", text, REASON_LENGTH_MAX)?;
    let plain = text.bytes().all(|b| b.is_ascii_graphic());
    if plain && (text.starts_with("https://") || text.starts_with("http://")) {
        Ok(text)
    } else {
        Err(Refusal::BadLink { link: text })
    }
}
