//! The hotfix desk: where it aims, which rules, their texts, what the policy says, and off to the review.

mod choose;
mod draft_form;
mod form;
mod merge;

use crate::app::AppError;
use crate::app::execute::Executed;
use crate::app::hotfixing::Kept;
use crate::web::availability::Availability;
use crate::web::error::WebError;
use crate::web::form::FORM_SIZE_BYTES_MAX;
use crate::web::routes::Routes;
use crate::web::sent::FieldError;
use crate::web::user::User;
use crate::web::{Portal, address};
use rulegate_domain::command::{self, Command, HotfixWords, SnapshotFacts};
use rulegate_domain::decide::decide;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::State;
use rulegate_ledger::access::Act;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{RuleSetName, Timestamp};

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/hotfixes/new", choose::show)
        .form("/hotfixes/new", form::submit)
        .page("/hotfixes/new/edit", form::edit)
        .form("/hotfixes/new/preview", form::preview)
        .page("/hotfixes/new/merge", merge::show)
        .form("/hotfixes/new/merge", merge::submit)
        .with_bodies_of(FORM_SIZE_BYTES_MAX)
}

/// Stands for a reason in the question whether something may be done at all.
pub(super) const SOME_REASON: &str = "…";

/// Where a hotfix goes: production of the site where the app is live.
pub(super) fn aim(state: &State) -> Environment {
    Environment::new(state.live_site(), state.topology.production())
}

/// Whether the person may make a hotfix of the rule set now, by the decision that the hotfix itself will meet.
pub(super) fn may_write(portal: &Portal, user: &User, ruleset: &RuleSetName) -> Availability {
    availability(portal, user, obstacle(user, &empty_hotfix(user, ruleset)))
}

fn availability(portal: &Portal, user: &User, obstacle: Option<Refusal>) -> Availability {
    obstacle.map_or_else(Availability::default, |refusal| {
        Availability::refused(portal, user, None, &refusal)
    })
}

/// What stands against a hotfix that changes nothing yet.
fn obstacle(user: &User, command: &Command) -> Option<Refusal> {
    match decide(&user.snapshot.state, command, &user.actor(), user.now) {
        // All that is missing is a change.
        Ok(_) | Err(Refusal::NothingChanged) => None,
        Err(refusal) => Some(refusal),
    }
}

fn empty_hotfix(user: &User, ruleset: &RuleSetName) -> Command {
    let environment = aim(&user.snapshot.state);
    let pin = user.snapshot.state.pin(ruleset, &environment);
    let on_top_of = pin.map_or(Digest::ZERO, |pin| pin.checksum);
    let words = HotfixWords {
        reason: SOME_REASON.into(),
        incident: SOME_REASON.into(),
        ends_at: user.now,
    };
    proposal(ruleset, environment, on_top_of, unchanged(on_top_of), words)
}

fn proposal(
    ruleset: &RuleSetName,
    environment: Environment,
    on_top_of: Digest,
    kept: Kept,
    words: HotfixWords,
) -> Command {
    command::ProposeHotfix {
        ruleset: ruleset.clone(),
        environment,
        on_top_of,
        snapshot: kept.snapshot,
        changes: kept.changes,
        lines_changed: kept.lines_changed,
        words,
    }
    .into()
}

/// A draft that changes nothing, for asking what stands against any.
pub(super) fn unchanged(checksum: Digest) -> Kept {
    Kept {
        snapshot: SnapshotFacts {
            checksum,
            rules: 0,
            size_bytes: 0,
        },
        changes: Vec::new(),
        lines_changed: 0,
    }
}

/// What a person says about a hotfix, as typed.
pub(super) fn words(reason: &str, incident: &str, ends: &str) -> Result<HotfixWords, FieldError> {
    Ok(HotfixWords {
        reason: reason.to_owned(),
        incident: incident.to_owned(),
        ends_at: end_of_day(ends)?,
    })
}

/// The last second of a UTC day named by `2026-12-05` in the field `ends`: an end date includes its day.
pub(super) fn end_of_day(day: &str) -> Result<Timestamp, FieldError> {
    let start = Timestamp::parse_day(day.trim());
    let end = start.and_then(|start| start.0.checked_add(Timestamp::DAY_US));
    let end = end.map(|end| Timestamp(end - 1_000_000));
    end.ok_or_else(|| FieldError::new("ends", "The end date is not a date."))
}

/// The address of the review in which a hotfix just made waits.
pub(super) fn review_address(executed: &Executed) -> String {
    let review = executed.review();
    review.map_or("/hotfixes".to_owned(), |review| address::review(&review))
}

/// The rule set of an address, if the person may see it.
fn known_ruleset(user: &User, name: &str) -> Result<RuleSetName, WebError> {
    let missing = || AppError::NotFound {
        what: "rule set",
        name: name.chars().take(80).collect(),
    };
    let ruleset: RuleSetName = name.parse().map_err(|_| missing())?;
    if !user.snapshot.state.has_ruleset(&ruleset) {
        return Err(missing().into());
    }
    user.require(Act::View, rulegate_ledger::access::Scope::ruleset(&ruleset))?;
    Ok(ruleset)
}
