//! What stores outside hold that nobody activated: shown with its diff, adopted or dismissed.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::hotfix_desk::end_of_day;
use crate::app::AppError;
use crate::web::availability::Availability;
use crate::web::draft_view::{self, RuleDiff, Whose};
use crate::web::environment_view::{Place, Tag, TimeView};
use crate::web::error::{WebError, WebResult};
use crate::web::form::{Form, fresh_once, see};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::command::{self, HotfixWords, SnapshotFacts};
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

/// One observation that found a difference.
#[allow(missing_docs)]
struct DriftRow {
    href: String,
    ruleset: String,
    place: Place,
    size: String,
    pin: String,
    seen: TimeView,
    tag: Tag,
}

#[derive(Template)]
#[template(path = "drift/list.html")]
struct ListPage {
    page: Page,
    open: Vec<DriftRow>,
    explained: Vec<DriftRow>,
}

async fn list(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let snapshot = user.snapshot.clone();
    let all = snapshot.state.observations();
    let visible = all
        .into_iter()
        .filter(|seen| user.may(Act::View, &Scope::ruleset(&seen.ruleset)));
    let (open, explained): (Vec<_>, Vec<_>) = visible.partition(|seen| seen.is_open(user.now));
    let rows = |list: Vec<&std::sync::Arc<Observation>>| {
        list.into_iter()
            .map(|seen| row(&portal, &user, seen))
            .collect()
    };
    let page = Page::new(&portal, &user, "hotfixes", "Observed drift");
    Ok(page::html(&ListPage {
        page,
        open: rows(open),
        explained: rows(explained),
    }))
}

fn row(portal: &Portal, user: &User, seen: &Observation) -> DriftRow {
    let Environment { site, lane } = &seen.environment;
    DriftRow {
        href: format!("/drift/{}/{site}/{lane}", seen.ruleset),
        ruleset: seen.ruleset.to_string(),
        place: Place::of(&seen.environment),
        size: format::count(seen.changes.len(), "rule differs", "rules differ"),
        pin: seen.pin.to_string(),
        seen: TimeView::ago(seen.at, user.now),
        tag: tag(portal, user, seen),
    }
}

/// What became of it.
fn tag(portal: &Portal, user: &User, seen: &Observation) -> Tag {
    let name = |by| portal.auth.directory.name(by);
    match &seen.resolution {
        None => Tag::new("bad", "unexplained"),
        Some(Resolution::Dismissed { ends_at, .. }) if *ends_at <= user.now => Tag::new(
            "bad",
            format!("unexplained again since {}", format::day(*ends_at)),
        ),
        Some(Resolution::Dismissed { ends_at, by, .. }) => Tag::new(
            "mute",
            format!("dismissed by {} until {}", name(by), format::day(*ends_at)),
        ),
        Some(Resolution::Adopted { hotfix, by }) => {
            Tag::new("hot", format!("adopted as {hotfix} by {}", name(by)))
                .to(address::hotfix(&seen.ruleset, hotfix))
        }
        Some(Resolution::PinFollowed { at }) => Tag::new(
            "ok",
            format!("the pin moved to it, {}", format::short_time(*at)),
        ),
    }
}

#[derive(Template)]
#[template(path = "drift/drift.html")]
struct DriftPage {
    page: Page,
    ruleset: String,
    place: Place,
    /// Hidden in every form: acts are about exactly this observation.
    observation: String,
    href: String,
    tag: Tag,
    reason: String,
    is_open: bool,
    pin: String,
    pin_checksum: String,
    pin_moved: String,
    checksum: String,
    seen: TimeView,
    reported_by: String,
    entry: Link,
    size: String,
    caps: String,
    /// The bytes are here: there is a diff.
    has_bytes: bool,
    diffs: Vec<RuleDiff>,
    hidden: usize,
    paths: Vec<String>,
    compare_href: String,
    adopt: Availability,
    dismiss: Availability,
    typed: Words,
    /// `adopt` or `dismiss`, if its form came back.
    returned: &'static str,
    problem: String,
}

impl DriftPage {
    fn once(&self) -> String {
        fresh_once()
    }
    fn problem(&self, form: &str) -> &str {
        if self.returned == form {
            &self.problem
        } else {
            ""
        }
    }
    fn reason_typed(&self, form: &str) -> &str {
        if self.returned == form {
            &self.typed.reason
        } else {
            ""
        }
    }
}

type Place3 = (String, String, String);

async fn show(State(portal): State<Portal>, user: User, Path(place): Path<Place3>) -> WebResult {
    let seen = found(&user, &place)?;
    Ok(page::html(&build(&portal, &user, &seen).await?))
}

/// What a person says about drift.
#[derive(Debug, Default, Clone, Deserialize)]
struct Words {
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
    Path(place): Path<Place3>,
    form: Form<Words>,
) -> WebResult {
    let seen = found(&form.user, &place)?;
    let Some(ends_at) = end_of_day(&form.fields.ends) else {
        return again(
            &portal,
            &form,
            &seen,
            "adopt",
            "The end date is not a date.".into(),
        )
        .await;
    };
    let observation = named(&form.fields, &seen)?;
    let draft = portal.app.observed(&seen).await?;
    let command = command::AdoptDrift {
        observation,
        snapshot: draft.after.facts(),
        lines_changed: draft.lines_changed(),
        words: HotfixWords {
            reason: form.fields.reason.clone(),
            incident: form.fields.incident.clone(),
            ends_at,
        },
    }
    .into();
    match form.execute_raw(&portal, command).await {
        Ok(done) => {
            let to = done
                .review()
                .map_or("/hotfixes".to_owned(), |id| address::review(&id));
            Ok(see(&to, "hotfix-made"))
        }
        Err(error) => or_again(&portal, &form, &seen, "adopt", error).await,
    }
}

async fn dismiss(
    State(portal): State<Portal>,
    Path(place): Path<Place3>,
    form: Form<Words>,
) -> WebResult {
    let seen = found(&form.user, &place)?;
    let Some(ends_at) = end_of_day(&form.fields.ends) else {
        return again(
            &portal,
            &form,
            &seen,
            "dismiss",
            "The end date is not a date.".into(),
        )
        .await;
    };
    let command = command::DismissDrift {
        observation: named(&form.fields, &seen)?,
        reason: form.fields.reason.clone(),
        ends_at,
    }
    .into();
    match form.execute_raw(&portal, command).await {
        Ok(_) => Ok(see(&href(&seen), "dismissed")),
        Err(error) => or_again(&portal, &form, &seen, "dismiss", error).await,
    }
}

/// The observation that the form was about: a newer one meanwhile is refused by the decision.
fn named(words: &Words, seen: &Observation) -> Result<EntryRef, WebError> {
    let id: EntryRef = words
        .observation
        .parse()
        .map_err(|_| WebError::BadForm("It does not say which observation it is about.".into()))?;
    if id != seen.id {
        return Err(crate::web::error::refuse(Refusal::UnknownObservation {
            observation: id,
        }));
    }
    Ok(id)
}

async fn or_again(
    portal: &Portal,
    form: &Form<Words>,
    seen: &Observation,
    name: &'static str,
    error: AppError,
) -> WebResult {
    match error {
        AppError::Refused(refusal) if refusal.is_bad_input() => {
            again(portal, form, seen, name, refusal.message()).await
        }
        error => Err(WebError::App(error)),
    }
}

async fn again(
    portal: &Portal,
    form: &Form<Words>,
    seen: &Observation,
    name: &'static str,
    problem: String,
) -> WebResult {
    let mut page = build(portal, &form.user, seen).await?;
    (page.typed, page.returned, page.problem) = (form.fields.clone(), name, problem);
    let mut response = page::html(&page);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

/// The newest observation of the place.
fn found(user: &User, (ruleset, site, lane): &Place3) -> Result<Observation, WebError> {
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
    let seen = user
        .snapshot
        .state
        .observation(&ruleset, &environment)
        .ok_or_else(missing)?;
    Ok(seen.as_ref().clone())
}

fn href(seen: &Observation) -> String {
    let Environment { site, lane } = &seen.environment;
    format!("/drift/{}/{site}/{lane}", seen.ruleset)
}

async fn build(portal: &Portal, user: &User, seen: &Observation) -> Result<DriftPage, WebError> {
    let state = &user.snapshot.state;
    let draft = match portal.app.observed(seen).await {
        Ok(draft) => Some(draft),
        Err(AppError::Refused(Refusal::ObservedBytesMissing)) => None,
        Err(error) => return Err(error.into()),
    };
    let lines = draft.as_ref().map_or(0, |draft| draft.lines_changed());
    let (hidden, diffs) = match &draft {
        Some(draft) => {
            draft_view::rule_diffs(portal, user, &seen.ruleset, draft, &Whose::Outside).await?
        }
        None => (0, Vec::new()),
    };
    let ends_at = Timestamp(user.now.0 + DAYS_DEFAULT * Timestamp::DAY_US);
    let words = HotfixWords {
        reason: "…".into(),
        incident: "…".into(),
        ends_at,
    };
    let snapshot = SnapshotFacts {
        checksum: seen.checksum,
        rules: 0,
        size_bytes: 0,
    };
    let adopt = command::AdoptDrift {
        observation: seen.id.clone(),
        snapshot,
        lines_changed: lines,
        words,
    }
    .into();
    let dismiss = command::DismissDrift {
        observation: seen.id.clone(),
        reason: "…".into(),
        ends_at,
    }
    .into();
    let mut adopt = Availability::of(portal, user, None, &adopt);
    if adopt.is_open() && draft.is_none() {
        adopt = Availability::unavailable(
            Refusal::ObservedBytesMissing.message(),
            "Observe again with the rules themselves.",
        );
    }
    let pin_now = state.pin(&seen.ruleset, &seen.environment);
    let moved = pin_now
        .filter(|pin| pin.checksum != seen.pin_checksum)
        .map(|pin| pin.version.to_string());
    Ok(DriftPage {
        page: Page::new(
            portal,
            user,
            "hotfixes",
            format!("Drift of {} in {}", seen.ruleset, seen.environment),
        ),
        ruleset: seen.ruleset.to_string(),
        place: Place::of(&seen.environment),
        observation: seen.id.to_string(),
        href: href(seen),
        tag: if seen.changes.is_empty() {
            Tag::new("ok", "no difference")
        } else {
            tag(portal, user, seen)
        },
        reason: match &seen.resolution {
            Some(Resolution::Dismissed { reason, .. }) => reason.clone(),
            _ => String::new(),
        },
        is_open: seen.is_open(user.now),
        pin: seen.pin.to_string(),
        pin_checksum: seen.pin_checksum.to_string(),
        pin_moved: moved.unwrap_or_default(),
        checksum: seen.checksum.to_string(),
        seen: TimeView::date(seen.at),
        reported_by: portal.auth.directory.name(&seen.by),
        entry: Link {
            href: address::entry(&seen.id),
            text: seen.id.to_string(),
        },
        size: format!(
            "{}, {} changed",
            format::count(seen.changes.len(), "rule", "rules"),
            format::count(lines as usize, "line", "lines")
        ),
        caps: draft_view::caps_words(&state.policy(), seen.changes.len() as u32, lines),
        has_bytes: draft.is_some(),
        diffs,
        hidden,
        paths: seen
            .changes
            .iter()
            .map(|change| change.path.clone())
            .collect(),
        compare_href: address::compare(
            &seen.ruleset,
            &seen.pin_checksum.to_string(),
            &seen.checksum.to_string(),
        ),
        adopt,
        dismiss: Availability::of(portal, user, None, &dismiss),
        typed: Words {
            ends: format::day(ends_at),
            ..Words::default()
        },
        returned: "",
        problem: String::new(),
    })
}
