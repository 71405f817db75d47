//! Saying how soft launch went; asking that a version be declared bad.

use axum::extract::{Path, State};

use super::known_version;
use crate::web::error::WebResult;
use crate::web::form::{Form, see};
use crate::web::sent::FieldError;
use crate::web::{Portal, address};
use rulegate_domain::command::{self, Command};
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

/// Stands for a text in the question whether something may be done at all.
const SOME_TEXT: &str = "as if";

/// Asks whether the person may say now how soft launch went.
pub(super) fn some_validation(ruleset: &RuleSetName, version: &VersionName) -> Command {
    command::RecordValidation {
        ruleset: ruleset.clone(),
        version: version.clone(),
        passed: true,
        note: SOME_TEXT.to_owned(),
        links: Vec::new(),
    }
    .into()
}

/// Asks whether the person may ask for a recall now.
pub(super) fn some_recall(ruleset: &RuleSetName, version: &VersionName) -> Command {
    command::OpenRecall {
        ruleset: ruleset.clone(),
        version: version.clone(),
        reason: SOME_TEXT.to_owned(),
    }
    .into()
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct ValidateFields {
    outcome: String,
    note: String,
    /// One address a line.
    links: String,
}

/// `POST .../validations`.
pub(super) async fn validate(
    State(portal): State<Portal>,
    Path((ruleset, version)): Path<(String, String)>,
    form: Form<ValidateFields>,
) -> WebResult {
    let (ruleset, version, _) = known_version(&form.user, &ruleset, &version)?;
    let page = address::version(&ruleset, &version);
    let record = |fields: &ValidateFields| {
        if !["passed", "failed"].contains(&fields.outcome.as_str()) {
            let what = "outcome";
            return Err(FieldError::at(what, Refusal::Missing { what }));
        }
        Ok(command::RecordValidation {
            ruleset,
            version,
            passed: fields.outcome == "passed",
            note: fields.note.clone(),
            links: fields.links.lines().map(str::to_owned).collect(),
        }
        .into())
    };
    form.execute(&portal, &page, record).await?;
    Ok(see(&format!("{page}#soft-launch"), "validated"))
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
    let page = address::version(&ruleset, &version);
    let open = |fields: &RecallFields| {
        Ok(command::OpenRecall {
            ruleset,
            version,
            reason: fields.reason.clone(),
        }
        .into())
    };
    let done = form.execute(&portal, &page, open).await?;
    let to = done
        .review()
        .map_or("/reviews".to_owned(), |id| address::review(&id));
    Ok(see(&to, "recall-asked"))
}
