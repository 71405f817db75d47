//! Saying how soft launch went; asking that a version be declared bad.

use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::{Listed, known_version, page_of};
use crate::app::AppError;
use crate::web::error::WebResult;
use crate::web::form::{Form, fresh_once, see};
use crate::web::user::User;
use crate::web::{Portal, address};
use rulegate_domain::command::Command;
use rulegate_domain::decide::decide;
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::event::Event;
use rulegate_ledger::ids::{ReviewId, RuleSetName};
use rulegate_ledger::version::VersionName;

/// The form on soft launch, as typed, with why it cannot be sent now.
#[derive(Default)]
pub(super) struct Validate {
    pub outcome: String,
    pub note: String,
    pub links: String,
    pub error: String,
    /// What is missing, and who can supply it.
    pub held: Option<(String, String)>,
    pub once: String,
}

/// The form that asks for a recall, as typed.
#[derive(Default)]
pub(super) struct Recall {
    pub reason: String,
    pub error: String,
    pub held: Option<(String, String)>,
    pub once: String,
}

impl Validate {
    pub(super) fn checked(
        self,
        user: &User,
        ruleset: &RuleSetName,
        version: &VersionName,
    ) -> Validate {
        let command = Command::RecordValidation {
            ruleset: ruleset.clone(),
            version: version.clone(),
            passed: true,
            note: "as if".to_owned(),
            links: Vec::new(),
        };
        Validate {
            held: refusal(user, &command),
            once: fresh_once(),
            ..self
        }
    }

    pub(super) fn is(&self, outcome: &str) -> bool {
        self.outcome == outcome
    }
}

impl Recall {
    pub(super) fn checked(
        self,
        user: &User,
        ruleset: &RuleSetName,
        version: &VersionName,
    ) -> Recall {
        let command = Command::OpenRecall {
            ruleset: ruleset.clone(),
            version: version.clone(),
            reason: "as if".to_owned(),
        };
        Recall {
            held: refusal(user, &command),
            once: fresh_once(),
            ..self
        }
    }
}

/// Why the command would be refused now, whatever the texts in it.
fn refusal(user: &User, command: &Command) -> Option<(String, String)> {
    let refusal = decide(&user.snapshot.state, command, &user.actor(), user.now).err()?;
    Some((refusal.message(), refusal.remedy()))
}

#[derive(serde::Deserialize)]
pub(super) struct ValidateFields {
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    note: String,
    /// One address a line.
    #[serde(default)]
    links: String,
}

/// `POST .../validations`.
pub(super) async fn validate(
    State(portal): State<Portal>,
    Path((ruleset, version)): Path<(String, String)>,
    form: Form<ValidateFields>,
) -> WebResult {
    let (ruleset, version, _) = known_version(&form.user, &ruleset, &version)?;
    let fields = &form.fields;
    let command = Command::RecordValidation {
        ruleset: ruleset.clone(),
        version: version.clone(),
        passed: fields.outcome == "passed",
        note: fields.note.clone(),
        links: fields.links.lines().map(str::to_owned).collect(),
    };
    let outcome = match fields.outcome.as_str() {
        "passed" | "failed" => form.execute_raw(&portal, command).await,
        _ => Err(Refusal::Missing { what: "outcome" }.into()),
    };
    match outcome {
        Ok(_) => {
            let href = address::version(&ruleset, &version);
            Ok(see(&format!("{href}#soft-launch"), "validated"))
        }
        Err(AppError::Refused(refusal)) => {
            let typed = Validate {
                outcome: form.fields.outcome,
                note: form.fields.note,
                links: form.fields.links,
                error: words(&refusal),
                ..Validate::default()
            };
            let (listed, recall) = (Listed::default(), Recall::default());
            let page = page_of(
                &portal, &form.user, &ruleset, &version, listed, typed, recall,
            );
            again(page.await, refusal)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(serde::Deserialize)]
pub(super) struct RecallFields {
    #[serde(default)]
    reason: String,
}

/// `POST .../recall`: opens the review.
pub(super) async fn recall(
    State(portal): State<Portal>,
    Path((ruleset, version)): Path<(String, String)>,
    form: Form<RecallFields>,
) -> WebResult {
    let (ruleset, version, _) = known_version(&form.user, &ruleset, &version)?;
    let command = Command::OpenRecall {
        ruleset: ruleset.clone(),
        version: version.clone(),
        reason: form.fields.reason.clone(),
    };
    match form.execute_raw(&portal, command).await {
        Ok(done) => {
            let review = done.entries.iter().find_map(|entry| {
                matches!(entry.fact.event, Event::ReviewOpened(_)).then(|| ReviewId {
                    site: entry.at_entry.site.clone(),
                    seq: entry.at_entry.seq,
                })
            });
            let to = review.map_or("/reviews".to_owned(), |id| address::review(&id));
            Ok(see(&to, "recall-asked"))
        }
        Err(AppError::Refused(refusal)) => {
            let typed = Recall {
                reason: form.fields.reason,
                error: words(&refusal),
                ..Recall::default()
            };
            let (listed, validate) = (Listed::default(), Validate::default());
            let page = page_of(
                &portal, &form.user, &ruleset, &version, listed, validate, typed,
            );
            again(page.await, refusal)
        }
        Err(error) => Err(error.into()),
    }
}

fn words(refusal: &Refusal) -> String {
    format!("{} {}", refusal.message(), refusal.remedy())
}

/// The page with the form as it was typed, under the refusal's own status.
fn again(page: WebResult, refusal: Refusal) -> WebResult {
    let mut response = page?;
    let status = AppError::Refused(refusal).outcome().status;
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    Ok(response)
}
