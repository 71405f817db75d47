//! Holds, freezes and waiting activations: what keeps pins where they are, and ending it.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::Deserialize;

use super::sites::{Typed, again};
use crate::app::AppError;
use crate::web::availability::Availability;
use crate::web::error::WebResult;
use crate::web::form::{Form, fresh_once, see};
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::command::Command;
use rulegate_domain::state::Stop;
use rulegate_ledger::ids::{EntryRef, LaneName, RuleSetName, Timestamp};

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/sites/holds", post(place_hold))
        .route("/sites/freezes", post(set_freeze))
        .route("/sites/stops/end", post(lift))
        .route("/sites/intents/end", post(cancel))
}

/// Stands for a reason in the question whether something may be done at all.
const SOME_REASON: &str = "because";

/// A hold or a freeze in force.
pub(super) struct StopRow {
    pub id: String,
    pub href: String,
    /// `hold` or `freeze`.
    pub what: &'static str,
    pub covers: String,
    pub by: String,
    pub since: String,
    pub since_iso: String,
    pub until: String,
    pub reason: String,
    pub lift: Availability,
    pub once: String,
}

/// An activation that waits.
pub(super) struct WaitingRow {
    pub id: String,
    pub href: String,
    pub version: String,
    pub version_href: String,
    pub site: String,
    pub lane: String,
    pub by: String,
    pub since: String,
    pub since_iso: String,
    pub obstacle: String,
    pub review: String,
    pub cancel: Availability,
    pub once: String,
}

/// Holds and freezes in force at every site, oldest first.
pub(super) fn stop_rows(portal: &Portal, user: &User) -> Vec<StopRow> {
    let truth = &user.snapshot.state;
    let mut rows = Vec::new();
    for ledger in truth.ledgers.values() {
        let holds = ledger.holds.values().map(|stop| ("hold", stop));
        let freezes = ledger
            .freezes
            .values()
            .filter(|freeze| freeze.until.is_none_or(|until| until > user.now))
            .map(|stop| ("freeze", stop));
        rows.extend(
            holds
                .chain(freezes)
                .map(|(what, stop)| stop_row(portal, user, what, stop)),
        );
    }
    rows
}

fn stop_row(portal: &Portal, user: &User, what: &'static str, stop: &Stop) -> StopRow {
    let ruleset = stop
        .ruleset
        .as_ref()
        .map_or("every rule set".to_owned(), ToString::to_string);
    let place = match &stop.lane {
        Some(lane) => format!("{}/{lane}", stop.id.site),
        None => format!("every lane of {}", stop.id.site),
    };
    let command = lift_command(what, stop.id.clone(), SOME_REASON.into());
    StopRow {
        id: stop.id.to_string(),
        href: address::entry(&stop.id),
        what,
        covers: format!("{ruleset} in {place}"),
        by: portal.auth.directory.name(&stop.by),
        since: format::short_time(stop.at),
        since_iso: stop.at.to_rfc3339(),
        until: stop.until.map_or(String::new(), format::short_time),
        reason: crate::app::summary::visible(&stop.reason),
        lift: Availability::of(portal, user, None, &command),
        once: fresh_once(),
    }
}

fn lift_command(what: &str, id: EntryRef, reason: String) -> Command {
    match what {
        "freeze" => Command::LiftFreeze { freeze: id, reason },
        _ => Command::LiftHold { hold: id, reason },
    }
}

/// Activations that wait anywhere, oldest first, with what stands against each.
pub(super) fn waiting_rows(portal: &Portal, user: &User) -> Vec<WaitingRow> {
    let truth = &user.snapshot.state;
    let row = |intent: &rulegate_domain::state::Intent| {
        let body = &intent.body;
        let obstacle = truth.intent_obstacle(intent, user.now);
        let command = Command::CancelIntent {
            intent: intent.id.clone(),
            reason: SOME_REASON.into(),
        };
        WaitingRow {
            id: intent.id.to_string(),
            href: address::entry(&intent.id),
            version: format!("{} {}", intent.ruleset, body.version),
            version_href: address::version(&intent.ruleset, &body.version),
            site: body.environment.site.to_string(),
            lane: body.environment.lane.to_string(),
            by: portal.auth.directory.name(&intent.by),
            since: format::short_time(intent.at),
            since_iso: intent.at.to_rfc3339(),
            obstacle: obstacle.unwrap_or_else(|| {
                format!(
                    "nothing that is known here; {} goes on by itself",
                    body.environment.site
                )
            }),
            review: address::review(&body.review),
            cancel: Availability::of(portal, user, None, &command),
            once: fresh_once(),
        }
    };
    truth.waiting_intents().into_iter().map(row).collect()
}

/// Two forms of one page send these, under names of their own, because a field's name is its id there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PlaceFields {
    #[serde(alias = "freeze_ruleset")]
    pub ruleset: String,
    #[serde(alias = "freeze_lane")]
    pub lane: String,
    pub until: String,
    #[serde(alias = "freeze_reason")]
    pub reason: String,
}

impl PlaceFields {
    fn place(&self) -> Result<(Option<RuleSetName>, Option<LaneName>), AppError> {
        let ruleset = match self.ruleset.as_str() {
            "" => None,
            name => Some(name.parse()?),
        };
        let lane = match self.lane.as_str() {
            "" => None,
            name => Some(name.parse()?),
        };
        Ok((ruleset, lane))
    }

    /// A browser's `2026-11-21T18:00`, taken as UTC.
    fn until(&self) -> Result<Timestamp, AppError> {
        let text = self.until.trim();
        let bad = || AppError::BadInput {
            code: "bad_time",
            message: format!("{text:?} is no time, as in 2026-11-21T18:00"),
        };
        let whole = match text.matches(':').count() {
            1 => format!("{text}:00Z"),
            _ => format!("{text}Z"),
        };
        Timestamp::parse(&whole)
            .or_else(|| Timestamp::parse(text))
            .ok_or_else(bad)
    }
}

async fn place_hold(State(portal): State<Portal>, form: Form<PlaceFields>) -> WebResult {
    let placed = async {
        let (ruleset, lane) = form.fields.place()?;
        let reason = form.fields.reason.clone();
        let command = Command::PlaceHold {
            ruleset,
            lane,
            reason,
        };
        form.execute(&portal, command).await
    };
    match placed.await {
        Ok(_) => Ok(see("/sites#stops", "held")),
        Err(error) => {
            let hold = form.fields;
            let typed = Typed {
                hold,
                ..Typed::default()
            };
            again(&portal, &form.user, typed, error)
        }
    }
}

async fn set_freeze(State(portal): State<Portal>, form: Form<PlaceFields>) -> WebResult {
    let set = async {
        let (ruleset, lane) = form.fields.place()?;
        let command = Command::SetFreeze {
            ruleset,
            lane,
            until: form.fields.until()?,
            reason: form.fields.reason.clone(),
        };
        form.execute(&portal, command).await
    };
    match set.await {
        Ok(_) => Ok(see("/sites#stops", "frozen")),
        Err(error) => {
            let freeze = form.fields;
            let typed = Typed {
                freeze,
                ..Typed::default()
            };
            again(&portal, &form.user, typed, error)
        }
    }
}

#[derive(Deserialize)]
struct EndFields {
    id: String,
    #[serde(default)]
    what: String,
    #[serde(default)]
    reason: String,
}

async fn lift(State(portal): State<Portal>, form: Form<EndFields>) -> WebResult {
    let id = form.fields.id.parse()?;
    let command = lift_command(&form.fields.what, id, form.fields.reason.clone());
    form.execute(&portal, command).await?;
    Ok(see("/sites#stops", "lifted"))
}

async fn cancel(State(portal): State<Portal>, form: Form<EndFields>) -> WebResult {
    let command = Command::CancelIntent {
        intent: form.fields.id.parse()?,
        reason: form.fields.reason.clone(),
    };
    form.execute(&portal, command).await?;
    Ok(see("/sites#waiting", "cancelled"))
}
