//! What waits on the person who looks, and which approved activations wait at a site.

use crate::web::environment_view::Tag;
use crate::web::error::WebError;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::gate::{CheckKind, Gate, Outcome};
use rulegate_domain::state::{Intent, Review, ReviewStatus, State};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::event::Mode;
use rulegate_ledger::ids::Timestamp;
use rulegate_ledger::review::Subject;

/// One thing this person can move on.
pub(super) struct Todo {
    pub at: Timestamp,
    pub href: String,
    pub title: String,
    pub tags: Vec<Tag>,
    pub text: String,
}

/// An approved activation that waits for something; its site executes it next if for nothing.
pub(super) struct Waiting<'s> {
    pub intent: &'s Intent,
    pub obstacle: Option<String>,
}

/// Intents that are neither fulfilled nor cancelled, oldest first.
pub(super) fn intents(state: &State, now: Timestamp) -> Vec<Waiting<'_>> {
    let waiting = state.waiting_intents().into_iter();
    waiting
        .map(|intent| Waiting {
            intent,
            obstacle: state.intent_obstacle(intent, now),
        })
        .collect()
}

/// Reviews, broken glasses and unexplained drift that this person can do something about, the oldest first.
pub(super) async fn waiting_on(portal: &Portal, user: &User) -> Result<Vec<Todo>, WebError> {
    let state = &user.snapshot.state;
    let mut todo = drift(user);
    for review in user.waiting() {
        let is_broken = review.glass.as_ref().is_some_and(|glass| glass.is_open());
        let (tags, text) = match is_broken && review.status != ReviewStatus::Open {
            true => (
                vec![Tag::new("bad", "broken glass: look at it")],
                String::new(),
            ),
            false => {
                let gate = portal.app.gate(state, &review).await?;
                (risk(&gate).into_iter().collect(), approvals(&gate))
            }
        };
        todo.push(Todo {
            at: review.opened_at,
            href: address::review(&review.id),
            title: title(&review),
            tags,
            text,
        });
    }
    todo.sort_by_key(|todo| todo.at);
    Ok(todo)
}

/// Unexplained drift, for those who may adopt or dismiss it.
fn drift(user: &User) -> Vec<Todo> {
    let observations = user.snapshot.state.observations().into_iter();
    observations
        .filter(|seen| {
            let scope = Scope::exactly(&seen.ruleset, &seen.environment);
            let may = user.may(Act::AdoptDrift, &scope) || user.may(Act::DismissDrift, &scope);
            may && seen.is_open(user.now)
        })
        .map(|seen| Todo {
            at: seen.at,
            href: address::drift(&seen.ruleset, &seen.environment),
            title: format!("Explain drift of {} in {}", seen.ruleset, seen.environment),
            tags: vec![Tag::new("bad", "differs from pin")],
            text: format!(
                "{}, author unknown",
                format::count(seen.changes.len(), "rule", "rules")
            ),
        })
        .collect()
}

/// What executing the review could undo.
fn risk(gate: &Gate) -> Option<Tag> {
    let mut rules = gate.shown.rules();
    if !gate.shown.unanswered().is_empty() {
        Some(Tag::new("hot", "may undo a hotfix"))
    } else if rules.any(|(_, _, rule)| !rule.verdict.is_contained()) {
        Some(Tag::new("warn", "undoes a hotfix, answered"))
    } else {
        gate.is_open().then(|| Tag::new("ok", "ready"))
    }
}

fn approvals(gate: &Gate) -> String {
    let blocked = gate
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Block && check.kind != CheckKind::Approvals)
        .count();
    let counted = gate.counted.len();
    let approvals = format!(
        "{counted} of {}",
        format::count(gate.approvals_needed as usize, "approval", "approvals")
    );
    match blocked {
        0 => approvals,
        blocked => format!(
            "{approvals} · {}",
            format::count(blocked, "other check blocks", "other checks block")
        ),
    }
}

/// What a review asks for, as a heading.
fn title(review: &Review) -> String {
    let ruleset = review.ruleset.as_ref().map_or("", |name| name.as_str());
    match &review.subject {
        Subject::Activation {
            version,
            targets,
            mode,
            ..
        } => {
            let verb = match mode {
                Mode::Rollback => "Roll back to",
                _ => "Activate",
            };
            let targets: Vec<String> = targets.iter().map(|t| t.to_string()).collect();
            format!("{verb} {ruleset} {version} in {}", targets.join(", "))
        }
        Subject::Hotfix {
            version,
            environment,
            ..
        } => match review.subject.is_transfer() {
            true => format!("Bring hotfix {ruleset} {version} to {environment}"),
            false => format!("Hotfix {ruleset} {version} in {environment}"),
        },
        Subject::Recall { version, .. } => format!("Recall {ruleset} {version}"),
        Subject::Policy { .. } => "Change the policy".to_owned(),
    }
}
