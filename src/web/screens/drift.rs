//! What stores outside hold that nobody activated: shown with its diff, adopted or dismissed.

use askama::Template;
use axum::extract::{Path, State};
use serde::Deserialize;

use super::hotfix_desk::{SOME_REASON, end_of_day, review_address, unchanged, words};
use crate::app::AppError;
use crate::web::availability::Availability;
use crate::web::draft_view::{self, RuleDiff, Whose};
use crate::web::environment_view::Tag;
use crate::web::error::{WebError, WebResult};
use crate::web::form::{Form, see};
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::sent::FieldError;
use crate::web::user::User;
use crate::web::{Portal, address, filters};
use rulegate_domain::command::{self, Command, HotfixWords, SnapshotFacts};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::{Observation, Resolution};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{EntryRef, RuleSetName, Timestamp};

/// How long drift is accepted, or a hotfix made of it lives, unless somebody says otherwise.
const DAYS_DEFAULT: i64 = 14;

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/drift", list)
        .page("/drift/{ruleset}/{site}/{lane}", show)
        .form("/drift/{ruleset}/{site}/{lane}/adopt", adopt)
        .form("/drift/{ruleset}/{site}/{lane}/dismiss", dismiss)
}

/// An observation that found a difference, with what became of it.
struct DriftRow<'s> {
    seen: &'s Observation,
    tag: Tag,
}

#[derive(Template)]
#[template(path = "drift/list.html")]
struct ListPage<'s> {
    page: Page,
    open: Vec<DriftRow<'s>>,
    explained: Vec<DriftRow<'s>>,
}

async fn list(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let all = user.snapshot.state.observations().into_iter();
    let visible = all.filter(|seen| user.may(Act::View, &Scope::ruleset(&seen.ruleset)));
    let page = Page::new(&portal, &user, "hotfixes", "Observed drift");
    let rows = visible.map(|seen| DriftRow {
        tag: tag(&page, seen),
        seen,
    });
    let (open, explained) = rows.partition(|row| row.seen.is_open(user.now));
    Ok(page::html(&ListPage {
        page,
        open,
        explained,
    }))
}

/// What became of it.
fn tag(page: &Page, seen: &Observation) -> Tag {
    match &seen.resolution {
        None => Tag::new("bad", "unexplained"),
        Some(Resolution::Dismissed { ends_at, .. }) if *ends_at <= page.now => Tag::new(
            "bad",
            format!("unexplained again since {}", ends_at.iso_day()),
        ),
        Some(Resolution::Dismissed { ends_at, by, .. }) => {
            let (name, day) = (page.person(by), ends_at.iso_day());
            Tag::new("mute", format!("dismissed by {name} until {day}"))
        }
        Some(Resolution::Adopted { hotfix, by }) => {
            Tag::new("hot", format!("adopted as {hotfix} by {}", page.person(by)))
                .to(address::hotfix(&seen.ruleset, hotfix))
        }
        Some(Resolution::PinFollowed { at }) => {
            Tag::new("ok", format!("the pin moved to it, {}", at.minute()))
        }
    }
}

#[derive(Template)]
#[template(path = "drift/drift.html")]
struct DriftPage<'s> {
    page: Page,
    seen: &'s Observation,
    tag: Tag,
    is_open: bool,
    pin_moved: bool,
    lines: u32,
    caps: String,
    /// The bytes are here: there is a diff.
    has_bytes: bool,
    diffs: Vec<RuleDiff>,
    hidden: usize,
    adopt: Availability,
    dismiss: Availability,
    ends: Timestamp,
}

type Place = (String, String, String);

async fn show(State(portal): State<Portal>, user: User, Path(place): Path<Place>) -> WebResult {
    let seen = found(&user, &place)?;
    let draft = match portal.app.observed(seen).await {
        Ok(draft) => Some(draft),
        Err(AppError::Refused(Refusal::ObservedBytesMissing)) => None,
        Err(error) => return Err(error.into()),
    };
    let (ruleset, environment) = (&seen.ruleset, &seen.environment);
    let lines = draft.as_ref().map_or(0, |draft| draft.lines_changed());
    let (hidden, diffs) = match &draft {
        Some(draft) => {
            draft_view::rule_diffs(&portal, &user, ruleset, draft, &Whose::Outside).await?
        }
        None => (0, Vec::new()),
    };
    let ends = Timestamp(user.now.0 + DAYS_DEFAULT * Timestamp::DAY_US);
    let any = HotfixWords {
        reason: SOME_REASON.into(),
        incident: SOME_REASON.into(),
        ends_at: ends,
    };
    let adoption = adoption(seen, unchanged(seen.checksum).snapshot, lines, any);
    let mut adopt = Availability::of(&portal, &user, None, &adoption);
    if adopt.is_open() && draft.is_none() {
        adopt = Availability::unavailable(
            Refusal::ObservedBytesMissing.message(),
            "Observe again with the rules themselves.",
        );
    }
    let dismissal = command::DismissDrift {
        observation: seen.id.clone(),
        reason: SOME_REASON.into(),
        ends_at: ends,
    }
    .into();
    let state = &user.snapshot.state;
    let pin_now = state.pin(ruleset, environment);
    let title = format!("Drift of {ruleset} in {environment}");
    let page = Page::new(&portal, &user, "hotfixes", title);
    Ok(page::html(&DriftPage {
        tag: match seen.changes.is_empty() {
            true => Tag::new("ok", "no difference"),
            false => tag(&page, seen),
        },
        page,
        seen,
        is_open: seen.is_open(user.now),
        pin_moved: pin_now.is_some_and(|pin| pin.checksum != seen.pin_checksum),
        lines,
        caps: draft_view::caps_words(&state.policy(), seen.changes.len() as u32, lines),
        has_bytes: draft.is_some(),
        diffs,
        hidden,
        adopt,
        dismiss: Availability::of(&portal, &user, None, &dismissal),
        ends,
    }))
}

/// What a person says about drift.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    observation: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    incident: String,
    #[serde(default)]
    ends: String,
}

async fn adopt(
    State(portal): State<Portal>,
    Path(place): Path<Place>,
    form: Form<Fields>,
) -> WebResult {
    let seen = found(&form.user, &place)?;
    let command = adoption_of(&portal, seen, &form.fields).await;
    let back = address::drift(&seen.ruleset, &seen.environment);
    let executed = form.execute(&portal, &back, |_| command).await?;
    Ok(see(&review_address(&executed), "hotfix-made"))
}

async fn adoption_of(
    portal: &Portal,
    seen: &Observation,
    fields: &Fields,
) -> Result<Command, FieldError> {
    let words = words(&fields.reason, &fields.incident, &fields.ends)?;
    named(fields, seen)?;
    let draft = portal.app.observed(seen).await?;
    let lines = draft.lines_changed();
    Ok(adoption(seen, draft.after.facts(), lines, words))
}

fn adoption(
    seen: &Observation,
    snapshot: SnapshotFacts,
    lines_changed: u32,
    words: HotfixWords,
) -> Command {
    command::AdoptDrift {
        observation: seen.id.clone(),
        snapshot,
        lines_changed,
        words,
    }
    .into()
}

async fn dismiss(
    State(portal): State<Portal>,
    Path(place): Path<Place>,
    form: Form<Fields>,
) -> WebResult {
    let seen = found(&form.user, &place)?;
    let dismissal = |fields: &Fields| {
        let ends_at = end_of_day(&fields.ends)?;
        Ok(command::DismissDrift {
            observation: named(fields, seen)?,
            reason: fields.reason.clone(),
            ends_at,
        }
        .into())
    };
    let back = address::drift(&seen.ruleset, &seen.environment);
    form.execute(&portal, &back, dismissal).await?;
    Ok(see(&back, "dismissed"))
}

/// The observation that the form was about: a newer one meanwhile is refused by the decision.
fn named(fields: &Fields, seen: &Observation) -> Result<EntryRef, FieldError> {
    let id: EntryRef = fields.observation.parse()?;
    match id == seen.id {
        true => Ok(id),
        false => Err(Refusal::UnknownObservation { observation: id }.into()),
    }
}

/// The newest observation of the place.
fn found<'s>(user: &'s User, (ruleset, site, lane): &Place) -> Result<&'s Observation, WebError> {
    let missing = || AppError::NotFound {
        what: "observation of",
        name: format!("{ruleset} in {site}/{lane}")
            .chars()
            .take(120)
            .collect(),
    };
    let ruleset: RuleSetName = ruleset.parse().map_err(|_| missing())?;
    let environment: Environment = format!("{site}/{lane}").parse().map_err(|_| missing())?;
    user.require(Act::View, Scope::exactly(&ruleset, &environment))?;
    let seen = user.snapshot.state.observation(&ruleset, &environment);
    Ok(seen.ok_or_else(missing)?)
}
