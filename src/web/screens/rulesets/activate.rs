//! Asking for an activation: what it would do, before the button, decided by what decides it after.

mod preview;

use askama::Template;
use axum::extract::{Path, State};

use super::{known, may_ask};
use crate::app::AppError;
use crate::web::availability::Availability;
use crate::web::choice::{Choice, options};
use crate::web::error::{WebError, WebResult};
use crate::web::form::{Form, see};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::sent::InField;
use crate::web::user::User;
use crate::web::{Portal, address, filters, format};
use rulegate_domain::command;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::Pin;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

use preview::{Preview, consequences, lost, would_open};

/// Versions offered for choosing; older ones by their address.
const OFFERED: usize = 200;
/// Earlier versions offered per environment as the way back.
const WAYS_BACK: usize = 3;

/// What is chosen: by the address, or by the form.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    version: String,
    target: Vec<String>,
    reason: String,
}

impl Chosen {
    fn parse(&self) -> Result<(VersionName, Vec<Environment>), AppError> {
        let targets = self.target.iter().map(|target| target.parse());
        Ok((self.version.parse()?, targets.collect::<Result<_, _>>()?))
    }
}

#[derive(Template)]
#[template(path = "rulesets/activate.html")]
struct ActivatePage<'s> {
    page: Page,
    crumbs: Vec<Link>,
    ruleset: RuleSetName,
    chosen: Chosen,
    options: Vec<Choice>,
    /// Every environment with what runs there.
    targets: Vec<(Environment, Option<&'s Pin>)>,
    back: Vec<Back<'s>>,
    preview: Option<Preview<'s>>,
    /// Why the chosen cannot be asked for.
    refused: Option<Refusal>,
    ask: Availability,
}

impl ActivatePage<'_> {
    fn is_chosen(&self, environment: &Environment) -> bool {
        self.chosen.target.contains(&environment.to_string())
    }
    fn runs(&self, pin: &Option<&Pin>) -> String {
        pin.map_or("runs nothing".to_owned(), |pin| {
            format!("runs {}", pin.version)
        })
    }
    fn ask_address(&self) -> String {
        format!("{}/activations", address::ruleset(&self.ruleset))
    }
}

/// An earlier version of one environment.
struct Back<'s> {
    href: String,
    environment: Environment,
    version: &'s VersionName,
    until: Timestamp,
    /// Rules of open hotfixes that it does not have.
    lost: usize,
}

/// `GET /rulesets/{ruleset}/activate`.
pub(super) async fn preview(
    State(portal): State<Portal>,
    user: User,
    Path(name): Path<String>,
    uri: axum::http::Uri,
) -> WebResult {
    let ruleset = known(&user, &name)?;
    let chosen: Chosen = serde_html_form::from_str(uri.query().unwrap_or_default())
        .map_err(|error| WebError::BadForm(format!("The address cannot be read: {error}.")))?;
    let mut preview = None;
    let mut refused = None;
    if !chosen.version.is_empty() && !chosen.target.is_empty() {
        let (version, targets) = chosen.parse()?;
        match would_open(&user, &ruleset, &version, &targets) {
            Ok(review) => preview = Some(consequences(&portal, &user, review).await?),
            Err(refusal) if refusal.is_not_found() => return Err(refusal.into()),
            Err(refusal) => refused = Some(refusal),
        }
    }
    let state = &user.snapshot.state;
    let environments = state.topology.environments().into_iter();
    Ok(page::html(&ActivatePage {
        page: Page::new(&portal, &user, "rulesets", "Ask for an activation"),
        crumbs: crumbs(&ruleset),
        options: versions(&user, &ruleset, &chosen.version),
        targets: environments
            .map(|environment| (environment.clone(), state.pin(&ruleset, &environment)))
            .collect(),
        back: ways_back(&portal, &user, &ruleset).await?,
        preview,
        refused,
        ask: may_ask(&user, &ruleset),
        chosen,
        ruleset,
    }))
}

/// `POST /rulesets/{ruleset}/activations`: opens the review.
pub(super) async fn ask(
    State(portal): State<Portal>,
    Path(name): Path<String>,
    form: Form<Chosen>,
) -> WebResult {
    let ruleset = known(&form.user, &name)?;
    let back = match form.fields.parse() {
        Ok((version, targets)) => address::activate(&ruleset, &version, &targets),
        Err(_) => format!("{}/activate", address::ruleset(&ruleset)),
    };
    let open = |fields: &Chosen| {
        let (version, targets) = fields.parse().in_field("version")?;
        Ok(command::OpenActivation {
            ruleset: ruleset.clone(),
            version,
            targets,
            reason: fields.reason.clone(),
        }
        .into())
    };
    let done = form.execute(&portal, &back, open).await?;
    let to = done
        .review()
        .map_or("/reviews".to_owned(), |id| address::review(&id));
    Ok(see(&to, "activation-asked"))
}

fn crumbs(ruleset: &RuleSetName) -> Vec<Link> {
    vec![
        Link::new("/rulesets", "Rule sets"),
        Link::new(address::ruleset(ruleset), ruleset.to_string()),
    ]
}

/// Versions that may be asked for, the chosen one among them whatever it is.
fn versions(user: &User, ruleset: &RuleSetName, chosen: &str) -> Vec<Choice> {
    let state = &user.snapshot.state;
    let versions = state.versions(ruleset).into_iter();
    let mut pairs: Vec<(String, String)> = versions
        .filter(|(v, facts)| state.recall(ruleset, v, facts.checksum).is_none())
        .take(OFFERED)
        .map(|(version, facts)| {
            let ago = format::ago(facts.at, user.now);
            (version.to_string(), format!("{version} ({ago} ago)"))
        })
        .collect();
    if !chosen.is_empty() && pairs.iter().all(|(version, _)| version != chosen) {
        pairs.push((chosen.to_owned(), chosen.to_owned()));
    }
    options(pairs)
}

/// Earlier versions of each environment, the newest first, with what each would lose.
async fn ways_back<'s>(
    portal: &Portal,
    user: &'s User,
    ruleset: &RuleSetName,
) -> Result<Vec<Back<'s>>, WebError> {
    let state = &user.snapshot.state;
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
            let targets = std::slice::from_ref(&environment);
            ways.push(Back {
                href: address::activate(ruleset, &pin.version, targets),
                environment: environment.clone(),
                version: &pin.version,
                until: history[index + 1].at,
                lost: lost(&portal.app.judge(&questions).await?),
            });
        }
    }
    Ok(ways)
}
