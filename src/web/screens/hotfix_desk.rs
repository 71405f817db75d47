//! The hotfix desk: where it aims, which rules, their texts, what the policy says, and off to the review.

mod choose;
mod draft_form;
mod form;
mod merge;

pub(super) use draft_form::end_of_day;

use crate::app::AppError;
use crate::web::Portal;
use crate::web::availability::Availability;
use crate::web::error::WebError;
use crate::web::form::FORM_SIZE_BYTES_MAX;
use crate::web::routes::Routes;
use crate::web::user::User;
use rulegate_domain::command::{self, HotfixWords, SnapshotFacts};
use rulegate_domain::decide::decide;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::State;
use rulegate_ledger::access::Act;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;

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

/// Where a hotfix goes: production of the site where the app is live.
pub(super) fn aim(state: &State) -> Environment {
    Environment::new(state.live_site(), state.topology.production())
}

/// Whether the person may make a hotfix of the rule set now, by the decision that the hotfix itself will meet.
pub(super) fn may_write(portal: &Portal, user: &User, ruleset: &RuleSetName) -> Availability {
    match obstacle(user, ruleset) {
        None => Availability::default(),
        Some(refusal) => Availability::refused(portal, user, None, &refusal),
    }
}

fn obstacle(user: &User, ruleset: &RuleSetName) -> Option<Refusal> {
    let state = &user.snapshot.state;
    let environment = aim(state);
    let pin = state.pin(ruleset, &environment).map(|pin| pin.checksum);
    let on_top_of = pin.unwrap_or(rulegate_ledger::digest::Digest::ZERO);
    let nothing = command::ProposeHotfix {
        ruleset: ruleset.clone(),
        environment,
        on_top_of,
        snapshot: SnapshotFacts {
            checksum: on_top_of,
            rules: 0,
            size_bytes: 0,
        },
        changes: Vec::new(),
        lines_changed: 0,
        words: HotfixWords {
            reason: "…".into(),
            incident: "…".into(),
            ends_at: user.now,
        },
    }
    .into();
    match decide(state, &nothing, &user.actor(), user.now) {
        // All that is missing is a change.
        Ok(_) | Err(Refusal::NothingChanged) => None,
        Err(refusal) => Some(refusal),
    }
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
