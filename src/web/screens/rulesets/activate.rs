//! Asking for an activation: what it would do, before the button, decided by what decides it after.

mod preview;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{known, who_can};
use crate::app::AppError;
use crate::web::environment_view::{Place, TimeView};
use crate::web::error::{WebError, WebResult};
use crate::web::form::{Form, fresh_once, see};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::command::Command;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Event;
use rulegate_ledger::ids::{ReviewId, RuleSetName};
use rulegate_ledger::version::VersionName;

use preview::{Preview, consequences, lost, would_open};

/// Versions offered for choosing; older ones by their address.
const OFFERED: usize = 200;
/// Earlier versions offered per environment as the way back.
const WAYS_BACK: usize = 3;

/// What is chosen: by the address, or by the form that came back.
#[derive(Default, serde::Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    version: String,
    #[serde(default)]
    target: Vec<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Template)]
#[template(path = "rulesets/activate.html")]
struct ActivatePage {
    page: Page,
    crumbs: Vec<Link>,
    href: String,
    options: Vec<Choosable>,
    targets: Vec<Target>,
    back: Vec<Back>,
    preview: Option<Preview>,
    /// Why the chosen cannot be asked for, and what to do.
    refused: Option<(String, String)>,
    may: bool,
    who: String,
    reason: String,
    error: String,
    once: String,
}

struct Choosable {
    value: String,
    text: String,
    selected: bool,
}

struct Target {
    value: String,
    pin: String,
    checked: bool,
}

/// An earlier version of one environment.
struct Back {
    place: Place,
    version: String,
    href: String,
    until: TimeView,
    loses: String,
    is_loss: bool,
}

/// `GET /rulesets/{ruleset}/activate`.
pub(super) async fn preview(
    State(portal): State<Portal>,
    user: User,
    Path(name): Path<String>,
    uri: axum::http::Uri,
) -> WebResult {
    let ruleset = known(&user, &name)?;
    let choice: Choice = serde_html_form::from_str(uri.query().unwrap_or_default())
        .map_err(|error| WebError::BadForm(format!("The address cannot be read: {error}.")))?;
    show(&portal, &user, &ruleset, choice, String::new()).await
}

/// `POST /rulesets/{ruleset}/activations`: opens the review.
pub(super) async fn ask(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<Choice>,
) -> WebResult {
    let ruleset = known(&form.user, &name)?;
    let (version, targets) = parse(&form.fields)?;
    let command = Command::OpenActivation {
        ruleset: ruleset.clone(),
        version,
        targets,
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
            Ok(see(&to, "activation-asked"))
        }
        Err(AppError::Refused(refusal)) => {
            let outcome = AppError::Refused(refusal.clone()).outcome();
            let error = format!("{} {}", refusal.message(), refusal.remedy());
            let mut response: Response =
                show(&portal, &form.user, &ruleset, form.fields, error).await?;
            *response.status_mut() = StatusCode::from_u16(outcome.status).unwrap_or_default();
            Ok(response.into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn parse(choice: &Choice) -> Result<(VersionName, Vec<Environment>), AppError> {
    let targets = choice.target.iter().map(|target| target.parse());
    Ok((choice.version.parse()?, targets.collect::<Result<_, _>>()?))
}

async fn show(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    choice: Choice,
    error: String,
) -> WebResult {
    let mut preview = None;
    let mut refused = None;
    if !choice.version.is_empty() && !choice.target.is_empty() {
        let (version, targets) = parse(&choice)?;
        match would_open(user, ruleset, &version, &targets) {
            Ok(review) => preview = Some(consequences(portal, user, ruleset, &review).await?),
            Err(refusal) if refusal.is_not_found() => return Err(refusal.into()),
            Err(refusal) => refused = Some((refusal.message(), refusal.remedy())),
        }
    }
    let page = ActivatePage {
        page: Page::new(portal, user, "rulesets", "Ask for an activation"),
        crumbs: crumbs(ruleset),
        href: address::ruleset(ruleset),
        options: options(user, ruleset, &choice.version),
        targets: targets(user, ruleset, &choice.target),
        back: ways_back(portal, user, ruleset).await?,
        preview,
        refused,
        may: user.may(Act::RequestActivation, &Scope::ruleset(ruleset)),
        who: who_can(Act::RequestActivation),
        reason: choice.reason,
        error,
        once: fresh_once(),
    };
    Ok(page::html(&page))
}

fn crumbs(ruleset: &RuleSetName) -> Vec<Link> {
    vec![
        Link {
            href: "/rulesets".into(),
            text: "Rule sets".into(),
        },
        Link {
            href: address::ruleset(ruleset),
            text: ruleset.to_string(),
        },
    ]
}

fn options(user: &User, ruleset: &RuleSetName, chosen: &str) -> Vec<Choosable> {
    let state = &user.snapshot.state;
    let versions = state.versions(ruleset);
    let mut options: Vec<Choosable> = versions
        .iter()
        .filter(|(v, facts)| state.recall(ruleset, v, facts.checksum).is_none())
        .take(OFFERED)
        .map(|(version, facts)| Choosable {
            value: version.to_string(),
            text: format!("{version} ({} ago)", format::ago(facts.at, user.now)),
            selected: version.as_str() == chosen,
        })
        .collect();
    if !chosen.is_empty() && options.iter().all(|option| !option.selected) {
        options.push(Choosable {
            value: chosen.to_owned(),
            text: chosen.to_owned(),
            selected: true,
        });
    }
    options
}

fn targets(user: &User, ruleset: &RuleSetName, chosen: &[String]) -> Vec<Target> {
    let state = &user.snapshot.state;
    state
        .topology
        .environments()
        .iter()
        .map(|environment| {
            let value = environment.to_string();
            Target {
                pin: state
                    .pin(ruleset, environment)
                    .map_or("runs nothing".to_owned(), |pin| {
                        format!("runs {}", pin.version)
                    }),
                checked: chosen.contains(&value),
                value,
            }
        })
        .collect()
}

/// Earlier versions of each environment, the newest first, with what each would lose.
async fn ways_back(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
) -> Result<Vec<Back>, WebError> {
    let state = Arc::clone(&user.snapshot);
    let state = &state.state;
    let mut ways = Vec::new();
    for environment in state.topology.environments() {
        let Some(track) = state.track(ruleset, &environment) else {
            continue;
        };
        let mut offered: Vec<&VersionName> = vec![&track.current.version];
        let history: Vec<_> = track.history.iter().collect();
        for (index, pin) in history.iter().enumerate().rev().skip(1) {
            let is_good = state.recall(ruleset, &pin.version, pin.checksum).is_none();
            if offered.contains(&&pin.version) || !is_good || offered.len() > WAYS_BACK {
                continue;
            }
            offered.push(&pin.version);
            let questions = state.questions(ruleset, &environment, pin.checksum);
            let lost = lost(&portal.app.judge(&questions).await?);
            ways.push(Back {
                place: Place::of(&environment),
                version: pin.version.to_string(),
                href: address::activate(ruleset, &pin.version, std::slice::from_ref(&environment)),
                until: TimeView::ago(history[index + 1].at, user.now),
                loses: match lost {
                    0 => "loses no open hotfix".to_owned(),
                    lost => format!(
                        "loses {} of open hotfixes",
                        format::count(lost, "rule", "rules")
                    ),
                },
                is_loss: lost > 0,
            });
        }
    }
    Ok(ways)
}
