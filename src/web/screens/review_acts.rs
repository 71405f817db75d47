//! What people do on a review's page: comment, answer, approve, reject, execute, break the glass, look.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::review::{Typed, again, folded, known_id};
use crate::app::AppError;
use crate::app::execute::Executed;
use crate::auth::sign_in::SignInError;
use crate::web::error::{WebError, WebResult};
use crate::web::form::{Form, see};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::command::Command;
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::ReviewId;
use rulegate_ledger::review::{Answer, Shown};
use rulegate_ledger::version::VersionName;

pub(super) fn routes() -> Routes {
    Routes::default()
        .form("/reviews/{id}/comments", comment)
        .form("/reviews/{id}/answers", answer)
        .form("/reviews/{id}/approvals", approve)
        .form("/reviews/{id}/rejection", reject)
        .form("/reviews/{id}/withdrawal", withdraw)
        .form("/reviews/{id}/execution", execute_review)
        .form("/reviews/{id}/execute", execute_review)
        .form("/reviews/{id}/break-glass", break_glass)
        .form("/reviews/{id}/looks", look)
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
    fingerprint: String,
    /// What the page showed, so that a stale one can be told what changed.
    #[serde(default)]
    shown: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    password: String,
}

/// A command that carries nothing but a text; its form comes back under `form` if the text will not do.
async fn say(
    portal: &Portal,
    id: &str,
    form: Form<Words>,
    (name, done): (&'static str, &'static str),
    command: impl FnOnce(ReviewId, String) -> Command,
) -> WebResult {
    let review = known_id(id)?;
    let text = form.fields.text.clone();
    let executed = form
        .execute_raw(portal, command(review.clone(), text.clone()))
        .await;
    Finish {
        portal,
        user: &form.user,
        review: &review,
        form: name,
        text,
    }
    .with(executed, done)
    .await
}

async fn comment(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Words>,
) -> WebResult {
    let command = |review, text| Command::Comment { review, text };
    say(&portal, &id, form, ("comment", "commented"), command).await
}

async fn reject(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Words>,
) -> WebResult {
    let command = |review, reason| Command::Reject { review, reason };
    say(&portal, &id, form, ("reject", "rejected"), command).await
}

async fn withdraw(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Words>,
) -> WebResult {
    let command = |review, reason| Command::Withdraw { review, reason };
    say(&portal, &id, form, ("withdraw", "withdrawn"), command).await
}

async fn look(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Words>,
) -> WebResult {
    let command = |review, note| Command::ReviewGlass { review, note };
    say(&portal, &id, form, ("look", "looked"), command).await
}

async fn approve(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Decision>,
) -> WebResult {
    let review = known_id(&id)?;
    let note = form.fields.text.clone();
    let command = Command::Approve {
        review: review.clone(),
        fingerprint: fingerprint(&form.fields)?,
        note: note.clone(),
        evidence: Vec::new(),
    };
    let done = form.execute_raw(&portal, command).await;
    let done = told_what_changed(&portal, &form, &review, done).await;
    Finish {
        portal: &portal,
        user: &form.user,
        review: &review,
        form: "approve",
        text: note,
    }
    .with(done, "approved")
    .await
}

async fn execute_review(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Decision>,
) -> WebResult {
    let review = known_id(&id)?;
    let command = Command::Execute {
        review: review.clone(),
        fingerprint: fingerprint(&form.fields)?,
        break_glass: None,
        evidence: Vec::new(),
    };
    let done = form.execute_raw(&portal, command).await;
    let done = told_what_changed(&portal, &form, &review, done).await;
    Finish {
        portal: &portal,
        user: &form.user,
        review: &review,
        form: "execute",
        text: String::new(),
    }
    .with(done, "executed")
    .await
}

async fn break_glass(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Decision>,
) -> WebResult {
    let review = known_id(&id)?;
    let fingerprint = fingerprint(&form.fields)?;
    let reason = form.fields.text.clone();
    let finish = Finish {
        portal: &portal,
        user: &form.user,
        review: &review,
        form: "glass",
        text: reason.clone(),
    };
    if let Err(error) = portal
        .auth
        .prove_again(&form.user.person, &form.fields.password)
        .await
    {
        let problem = match error {
            SignInError::Wrong => "This is not your password.".to_owned(),
            SignInError::Wait { seconds } => {
                format!(
                    "Too many tries: wait {}.",
                    format::count(seconds as usize, "second", "seconds")
                )
            }
            SignInError::Busy => "Sign-in is busy: try again in a few seconds.".to_owned(),
            SignInError::App(error) => return Err(WebError::App(error)),
        };
        return finish.again(problem).await;
    }
    let command = Command::Execute {
        review: review.clone(),
        fingerprint,
        break_glass: Some(reason),
        evidence: Vec::new(),
    };
    let done = form.execute_raw(&portal, command).await;
    finish.with(done, "glass-broken").await
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

async fn answer(
    State(portal): State<Portal>,
    Path(id): Path<String>,
    form: Form<Answers>,
) -> WebResult {
    let review = known_id(&id)?;
    let fields = &form.fields;
    let environment: Environment = fields.environment.parse()?;
    let hotfix: VersionName = fields.hotfix.parse()?;
    let finish = Finish {
        portal: &portal,
        user: &form.user,
        review: &review,
        form: "answer",
        text: fields.text.clone(),
    };
    let reason = fields.text.clone();
    let answer = match fields.answer.as_str() {
        "contained" => Answer::ContainedByHand { reason },
        "loss" => Answer::LossAccepted { reason },
        "back" => Answer::SentBack { reason },
        _ => {
            return finish
                .again("Choose one of the three answers.".into())
                .await;
        }
    };
    if fields.path.is_empty() {
        return finish.again("Tick at least one rule.".into()).await;
    }
    let command = Command::AnswerHotfix {
        review: review.clone(),
        environment,
        hotfix,
        paths: fields.path.clone(),
        answer,
        evidence: Vec::new(),
    };
    let done = form.execute_raw(&portal, command).await;
    finish.with(done, "answered").await
}

fn fingerprint(fields: &Decision) -> Result<Digest, WebError> {
    fields
        .fingerprint
        .parse()
        .map_err(|_| WebError::BadForm("The fingerprint of what was shown is missing.".into()))
}

/// A page that went stale is told what changed since it was made, if it says honestly what it showed.
async fn told_what_changed(
    portal: &Portal,
    form: &Form<Decision>,
    id: &ReviewId,
    done: Result<Executed, AppError>,
) -> Result<Executed, AppError> {
    let Err(AppError::Refused(Refusal::Stale { .. })) = &done else {
        return done;
    };
    let Ok(shown) = serde_json::from_str::<Shown>(&form.fields.shown) else {
        return done;
    };
    let snapshot = portal.app.snapshot();
    let Some(review) = snapshot.state.review(id) else {
        return done;
    };
    if shown.fingerprint().to_string() != form.fields.fingerprint {
        return done;
    }
    let gate = portal.app.gate(&snapshot.state, review).await?;
    Err(Refusal::Stale {
        changes: shown.changes_until(&gate.shown),
    }
    .into())
}

/// What came of an act, as a page.
struct Finish<'a> {
    portal: &'a Portal,
    user: &'a User,
    review: &'a ReviewId,
    form: &'static str,
    text: String,
}

impl Finish<'_> {
    async fn with<T>(self, done: Result<T, AppError>, word: &'static str) -> WebResult {
        match done {
            Ok(_) => Ok(see(&address::review(self.review), word)),
            Err(AppError::Refused(refusal)) if refusal.is_bad_input() => {
                self.again(refusal.message()).await
            }
            Err(AppError::Refused(refusal)) => Ok(self.refused(&refusal)),
            Err(error) => Err(WebError::App(error)),
        }
    }

    /// The review's page with the form as it was typed.
    async fn again(self, problem: String) -> WebResult {
        let typed = Typed {
            form: self.form,
            text: self.text,
            problem,
        };
        again(self.portal, self.user, self.review, typed).await
    }

    /// The designed refusal, with the way back to the review and the text that was typed.
    fn refused(self, refusal: &Refusal) -> Response {
        let outcome = AppError::Refused(refusal.clone()).outcome();
        let mut details = match refusal {
            Refusal::Stale { changes } => folded(changes),
            _ => outcome.details,
        };
        if !outcome.remedy.is_empty() {
            details.push(outcome.remedy);
        }
        let sentence = match refusal {
            Refusal::Stale { changes } if !changes.is_empty() => {
                "What you were shown is no longer what is true. Since then:".to_owned()
            }
            _ => outcome.sentence,
        };
        let review = Link {
            href: address::review(self.review),
            text: format!("Back to review {}", self.review),
        };
        let mut response = page::html(&RefusedPage {
            page: Page::new(self.portal, self.user, "reviews", outcome.title),
            status: outcome.status,
            code: outcome.code,
            sentence,
            details,
            next: vec![
                review,
                Link {
                    href: "/reviews".into(),
                    text: "All reviews".into(),
                },
            ],
            typed: self.text,
        });
        *response.status_mut() =
            StatusCode::from_u16(outcome.status).unwrap_or(StatusCode::CONFLICT);
        response
    }
}

#[derive(Template)]
#[template(path = "reviews/refused.html")]
struct RefusedPage {
    page: Page,
    status: u16,
    code: &'static str,
    sentence: String,
    details: Vec<String>,
    next: Vec<Link>,
    typed: String,
}
