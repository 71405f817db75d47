//! Holds, freezes and waiting activations: what keeps pins where they are, and ending it.

use axum::extract::State;
use serde::Deserialize;

use crate::app::AppError;
use crate::web::Portal;
use crate::web::availability::Availability;
use crate::web::error::WebResult;
use crate::web::form::{Form, see};
use crate::web::routes::Routes;
use crate::web::sent::{FieldError, InField};
use crate::web::user::User;
use rulegate_domain::command::{self, Command};
use rulegate_domain::state::{Intent, Stop};
use rulegate_ledger::ids::{EntryRef, LaneName, RuleSetName, Timestamp};

pub(super) fn routes() -> Routes {
    Routes::default()
        .form("/sites/holds", place_hold)
        .form("/sites/freezes", set_freeze)
        .form("/sites/stops/end", lift)
        .form("/sites/intents/end", cancel)
}

/// Stands for a reason in the question whether something may be done at all.
const SOME_REASON: &str = "because";
/// Where the forms are.
const PAGE: &str = "/sites";

/// A hold or a freeze in force.
pub(super) struct StopRow<'s> {
    /// `hold` or `freeze`.
    pub what: &'static str,
    pub stop: &'s Stop,
    pub lift: Availability,
}

impl StopRow<'_> {
    /// `owasp-crs in ipc1/prod`.
    pub fn covers(&self) -> String {
        let stop = self.stop;
        let ruleset = stop.ruleset.as_ref();
        let ruleset = ruleset.map_or("every rule set".to_owned(), ToString::to_string);
        match &stop.lane {
            Some(lane) => format!("{ruleset} in {}/{lane}", stop.id.site),
            None => format!("{ruleset} in every lane of {}", stop.id.site),
        }
    }
}

/// An activation that waits.
pub(super) struct WaitingRow<'s> {
    pub intent: &'s Intent,
    pub obstacle: String,
    pub cancel: Availability,
}

/// Holds and freezes in force at every site, oldest first.
pub(super) fn stop_rows<'s>(portal: &Portal, user: &'s User) -> Vec<StopRow<'s>> {
    let ledgers = user.snapshot.state.ledgers.values();
    let in_force = ledgers.flat_map(|ledger| {
        let holds = ledger.holds.values().map(|stop| ("hold", stop));
        let freezes = ledger.freezes.values();
        let freezes = freezes.filter(|freeze| freeze.until.is_none_or(|until| until > user.now));
        holds.chain(freezes.map(|stop| ("freeze", stop)))
    });
    let row = |(what, stop): (&'static str, &'s Stop)| {
        let command = lift_command(what, stop.id.clone(), SOME_REASON.into());
        StopRow {
            what,
            stop,
            lift: Availability::of(portal, user, None, &command),
        }
    };
    in_force.map(row).collect()
}

fn lift_command(what: &str, id: EntryRef, reason: String) -> Command {
    match what {
        "freeze" => command::LiftFreeze { freeze: id, reason }.into(),
        _ => command::LiftHold { hold: id, reason }.into(),
    }
}

/// Activations that wait anywhere, oldest first, with what stands against each.
pub(super) fn waiting_rows<'s>(portal: &Portal, user: &'s User) -> Vec<WaitingRow<'s>> {
    let state = &user.snapshot.state;
    let row = |intent: &'s Intent| {
        let command = command::CancelIntent {
            intent: intent.id.clone(),
            reason: SOME_REASON.into(),
        }
        .into();
        let site = &intent.body.environment.site;
        WaitingRow {
            intent,
            obstacle: state
                .intent_obstacle(intent, user.now)
                .unwrap_or_else(|| format!("nothing that is known here; {site} goes on by itself")),
            cancel: Availability::of(portal, user, None, &command),
        }
    };
    state.waiting_intents().into_iter().map(row).collect()
}

#[derive(Deserialize)]
struct PlaceFields {
    ruleset: String,
    lane: String,
    #[serde(default)]
    until: String,
    reason: String,
}

impl PlaceFields {
    fn place(&self) -> Result<(Option<RuleSetName>, Option<LaneName>), FieldError> {
        let ruleset = Some(self.ruleset.as_str()).filter(|name| !name.is_empty());
        let lane = Some(self.lane.as_str()).filter(|name| !name.is_empty());
        Ok((
            ruleset.map(str::parse).transpose().in_field("ruleset")?,
            lane.map(str::parse).transpose().in_field("lane")?,
        ))
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
    let hold = |fields: &PlaceFields| {
        let (ruleset, lane) = fields.place()?;
        Ok(command::PlaceHold {
            ruleset,
            lane,
            reason: fields.reason.clone(),
        }
        .into())
    };
    form.execute(&portal, PAGE, hold).await?;
    Ok(see("/sites#stops", "held"))
}

async fn set_freeze(State(portal): State<Portal>, form: Form<PlaceFields>) -> WebResult {
    let freeze = |fields: &PlaceFields| {
        let (ruleset, lane) = fields.place()?;
        Ok(command::SetFreeze {
            ruleset,
            lane,
            until: fields.until().in_field("until")?,
            reason: fields.reason.clone(),
        }
        .into())
    };
    form.execute(&portal, PAGE, freeze).await?;
    Ok(see("/sites#stops", "frozen"))
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
    let lift = |fields: &EndFields| {
        let id = fields.id.parse()?;
        Ok(lift_command(&fields.what, id, fields.reason.clone()))
    };
    form.execute(&portal, PAGE, lift).await?;
    Ok(see("/sites#stops", "lifted"))
}

async fn cancel(State(portal): State<Portal>, form: Form<EndFields>) -> WebResult {
    let cancel = |fields: &EndFields| {
        Ok(command::CancelIntent {
            intent: fields.id.parse()?,
            reason: fields.reason.clone(),
        }
        .into())
    };
    form.execute(&portal, PAGE, cancel).await?;
    Ok(see("/sites#waiting", "cancelled"))
}
