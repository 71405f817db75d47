//! What waits on the person who looks, and which approved activations wait at a site.

use crate::web::environment_view::{Tag, TimeView};
use crate::web::error::WebError;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::gate::{CheckKind, Gate, Outcome};
use rulegate_domain::state::{Review, ReviewStatus, State};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::event::Mode;
use rulegate_ledger::ids::Timestamp;
use rulegate_ledger::review::Subject;

/// One thing this person can move on.
pub(super) struct Todo {
    pub href: String,
    pub title: String,
    pub tags: Vec<Tag>,
    pub text: String,
    pub age: TimeView,
}

/// An approved activation that waits for something.
pub(super) struct Waiting {
    pub title: String,
    pub href: String,
    pub why: String,
    pub age: TimeView,
}

/// Intents that are neither fulfilled nor cancelled, oldest first.
pub(super) fn intents(state: &State, now: Timestamp) -> Vec<Waiting> {
    state
        .waiting_intents()
        .into_iter()
        .map(|intent| {
            let (body, ruleset) = (&intent.body, &intent.ruleset);
            Waiting {
                title: format!("{ruleset} {} in {}", body.version, body.environment),
                href: address::review(&body.review),
                why: state.intent_obstacle(intent, now).map_or_else(
                    || format!("{} executes it next", body.environment.site),
                    |obstacle| format!("waits: {obstacle}"),
                ),
                age: TimeView::ago(intent.at, now),
            }
        })
        .collect()
}

/// Reviews, broken glasses and unexplained drift that this person can do something about, the oldest first.
pub(super) async fn waiting_on(portal: &Portal, user: &User) -> Result<Vec<Todo>, WebError> {
    let state = &user.snapshot.state;
    let mut todo = Vec::new();
    for review in user.waiting() {
        let mut tags = Vec::new();
        let mut text = String::new();
        if review.glass.as_ref().is_some_and(|glass| glass.is_open())
            && review.status != ReviewStatus::Open
        {
            tags.push(Tag::new("bad", "broken glass: look at it"));
        } else {
            let gate = portal.app.gate(state, &review).await?;
            tags.extend(risk(&gate));
            text = approvals(&gate);
        }
        todo.push((
            review.opened_at,
            Todo {
                href: address::review(&review.id),
                title: title(&review),
                tags,
                text,
                age: TimeView::ago(review.opened_at, user.now),
            },
        ));
    }
    todo.extend(drift(user));
    todo.sort_by_key(|(at, _)| *at);
    Ok(todo.into_iter().map(|(_, todo)| todo).collect())
}

/// Unexplained drift, for those who may adopt or dismiss it.
fn drift(user: &User) -> Vec<(Timestamp, Todo)> {
    let state = &user.snapshot.state;
    let mut found = Vec::new();
    for seen in state.observations() {
        let scope = Scope::exactly(&seen.ruleset, &seen.environment);
        let may = user.may(Act::AdoptDrift, &scope) || user.may(Act::DismissDrift, &scope);
        if !may || !seen.is_open(user.now) {
            continue;
        }
        found.push((
            seen.at,
            Todo {
                href: address::drift(&seen.ruleset, &seen.environment),
                title: format!("Explain drift of {} in {}", seen.ruleset, seen.environment),
                tags: vec![Tag::new("bad", "differs from pin")],
                text: format!(
                    "{}, author unknown",
                    format::count(seen.changes.len(), "rule", "rules")
                ),
                age: TimeView::ago(seen.at, user.now),
            },
        ));
    }
    found
}

/// What carrying the review out could undo.
fn risk(gate: &Gate) -> Vec<Tag> {
    let lost = gate
        .shown
        .rules()
        .filter(|(_, _, rule)| !rule.verdict.is_contained())
        .count();
    let open = gate.shown.unanswered().len();
    if open > 0 {
        vec![Tag::new("hot", "may undo a hotfix")]
    } else if lost > 0 {
        vec![Tag::new("warn", "undoes a hotfix, answered")]
    } else if gate.is_open() {
        vec![Tag::new("ok", "ready")]
    } else {
        Vec::new()
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
pub(in crate::web) fn title(review: &Review) -> String {
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
