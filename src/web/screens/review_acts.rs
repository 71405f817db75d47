//! What people do on a review's page: comment, answer, approve, reject, execute, break the glass, review it afterwards.

use axum::extract::{Path, State};
use serde::Deserialize;

use super::review::known_id;
use crate::app::outcome;
use crate::auth::sign_in::SignInError;
use crate::web::error::{WebError, WebResult};
use crate::web::form::{Form, see};
use crate::web::routes::Routes;
use crate::web::sent::{FieldError, InField};
use crate::web::{Portal, address, format};
use rulegate_domain::command::{self, Command};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::ReviewId;
use rulegate_ledger::review::{Answer, Shown};

pub(super) fn routes() -> Routes {
    Routes::default()
        .form("/reviews/{id}/comments", comment)
        .form("/reviews/{id}/answers", answer)
        .form("/reviews/{id}/approvals", approve)
        .form("/reviews/{id}/rejection", reject)
        .form("/reviews/{id}/withdrawal", withdraw)
        .form("/reviews/{id}/execution", execute)
        .form("/reviews/{id}/execute", execute)
        .form("/reviews/{id}/break-glass", break_glass)
        .form("/reviews/{id}/looks", review_glass)
}

/// A text and nothing else.
#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    text: String,
}

/// What was decided upon, with what was shown.
#[derive(Deserialize)]
struct Decision {
    #[serde(default)]
    fingerprint: String,
    /// What the page showed, so that a stale one can be told what changed.
    #[serde(default)]
    shown: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    password: String,
}

/// A command that carries nothing but a text.
async fn say(
    portal: &Portal,
    id: &str,
    form: &Form<Words>,
    notice: &'static str,
    command: impl FnOnce(ReviewId, String) -> Command,
) -> WebResult {
    let review = known_id(id)?;
    let page = address::review(&review);
    let command = |fields: &Words| Ok(command(review, fields.text.clone()));
    form.execute(portal, &page, command).await?;
    Ok(see(&page, notice))
}

async fn comment(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Words>,
) -> WebResult {
    let command = |review, text| command::Comment { review, text }.into();
    say(&portal, &id, &form, "commented", command).await
}

async fn reject(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Words>,
) -> WebResult {
    let command = |review, reason| command::Reject { review, reason }.into();
    say(&portal, &id, &form, "rejected", command).await
}

async fn withdraw(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Words>,
) -> WebResult {
    let command = |review, reason| command::Withdraw { review, reason }.into();
    say(&portal, &id, &form, "withdrawn", command).await
}

async fn review_glass(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Words>,
) -> WebResult {
    let command = |review, note| command::ReviewGlass { review, note }.into();
    say(&portal, &id, &form, "looked", command).await
}

/// A command that is bound to what the page showed.
async fn decide(
    portal: &Portal,
    id: &str,
    form: &Form<Decision>,
    notice: &'static str,
    command: impl FnOnce(ReviewId, Digest, String) -> Command,
) -> WebResult {
    let review = known_id(id)?;
    let page = address::review(&review);
    let command = |fields: &Decision| {
        let missing = |_| FieldError::new("", "the fingerprint of what was shown is missing");
        let fingerprint = fields.fingerprint.parse().map_err(missing)?;
        Ok(command(review.clone(), fingerprint, fields.text.clone()))
    };
    let mut executed = form.execute(portal, &page, command).await;
    if let Err(WebError::Refused { sent, .. }) = &mut executed
        && sent.outcome.code == "stale"
    {
        // The lines below it say all that changed; the sentence repeats none of it.
        sent.outcome.sentence = "What you were shown is no longer what is true.".to_owned();
        if let Some(changes) = changes_since(portal, &form.fields, &review).await {
            sent.outcome.details = changes;
        }
    }
    executed?;
    Ok(see(&page, notice))
}

/// What changed since a page was made, if it says honestly what it showed.
async fn changes_since(portal: &Portal, fields: &Decision, id: &ReviewId) -> Option<Vec<String>> {
    let shown: Shown = serde_json::from_str(&fields.shown).ok()?;
    if shown.fingerprint().to_string() != fields.fingerprint {
        return None;
    }
    let snapshot = portal.app.snapshot();
    let review = snapshot.state.review(id)?;
    let gate = portal.app.gate(&snapshot.state, review).await.ok()?;
    Some(outcome::folded(&shown.changes_until(&gate.shown)))
}

async fn approve(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Decision>,
) -> WebResult {
    let command = |review, fingerprint, note| {
        command::Approve {
            review,
            fingerprint,
            note,
            evidence: Vec::new(),
        }
        .into()
    };
    decide(&portal, &id, &form, "approved", command).await
}

async fn execute(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Decision>,
) -> WebResult {
    let command = |review, fingerprint, _| {
        command::Execute {
            review,
            fingerprint,
            break_glass: None,
            evidence: Vec::new(),
        }
        .into()
    };
    decide(&portal, &id, &form, "executed", command).await
}

async fn break_glass(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Decision>,
) -> WebResult {
    let page = address::review(&known_id(&id)?);
    let (person, password) = (&form.user.person, &form.fields.password);
    let proven = portal.auth.prove_again(person, password).await;
    proven.map_err(|error| form.refused(&page, not_proven(error)))?;
    let command = |review, fingerprint, reason| {
        command::Execute {
            review,
            fingerprint,
            break_glass: Some(reason),
            evidence: Vec::new(),
        }
        .into()
    };
    decide(&portal, &id, &form, "glass-broken", command).await
}

fn not_proven(error: SignInError) -> FieldError {
    let message = match error {
        SignInError::Wrong => "This is not your password.".to_owned(),
        SignInError::Wait { seconds } => format!(
            "Too many tries: wait {}.",
            format::count(seconds as usize, "second", "seconds")
        ),
        SignInError::Busy => "Sign-in is busy: try again in a few seconds.".to_owned(),
        SignInError::App(error) => return error.into(),
    };
    FieldError::new("password", message)
}

/// One answer for one rule or for several.
#[derive(Deserialize)]
struct Answers {
    environment: String,
    hotfix: String,
    #[serde(default)]
    path: Vec<String>,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    text: String,
}

impl Answers {
    fn command(&self, review: ReviewId) -> Result<Command, FieldError> {
        let reason = self.text.clone();
        let answer = match self.answer.as_str() {
            "contained" => Answer::ContainedByHand { reason },
            "loss" => Answer::LossAccepted { reason },
            "back" => Answer::SentBack { reason },
            _ => {
                let message = "Choose one of the three answers.";
                return Err(FieldError::new("answer", message));
            }
        };
        if self.path.is_empty() {
            return Err(FieldError::new("path", "Tick at least one rule."));
        }
        Ok(command::AnswerHotfix {
            review,
            environment: self.environment.parse().in_field("environment")?,
            hotfix: self.hotfix.parse().in_field("hotfix")?,
            paths: self.path.clone(),
            answer,
            evidence: Vec::new(),
        }
        .into())
    }
}

async fn answer(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Answers>,
) -> WebResult {
    let review = known_id(&id)?;
    let page = address::review(&review);
    let fields = &form.fields;
    // Opening its first rule turns to the page of the list that has the form, whether it answers one or many.
    let back = match fields.path.first() {
        Some(path) => address::review_rule(&review, &fields.environment, &fields.hotfix, path),
        None => page.clone(),
    };
    form.execute(&portal, &back, |fields| fields.command(review))
        .await?;
    Ok(see(&page, "answered"))
}
