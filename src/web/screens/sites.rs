//! The sites side by side: how far each ledger is known, what only one of them has, what waits, what stops.

use std::sync::atomic::Ordering;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde::Deserialize;

use super::accounts::problem_of;
use super::stops::{PlaceFields, StopRow, WaitingRow, stop_rows, waiting_rows};
use crate::app::AppError;
use crate::web::availability::Availability;
use crate::web::choice::{Choice, choices, choices_or_all};
use crate::web::error::{WebError, WebResult, refuse};
use crate::web::form::{Form, fresh_once, see};
use crate::web::page::{self, Notice, Page};
use crate::web::site_words;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::command::Command;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::State as Truth;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::SiteName;

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/sites", get(show))
        .route("/sites/live", post(declare))
        .route("/sites/link", post(link))
        .route("/sites/power", post(power))
}

struct SiteView {
    name: String,
    here: bool,
    live: bool,
    primary: bool,
    seq: u64,
    hash: String,
    head_href: String,
    at: String,
    at_iso: String,
    /// `ok` or `warn`, with how well it is known here.
    kind: &'static str,
    known: String,
    trouble: String,
    /// How it stands with its accounts: `ok` or `warn`, in words, and what went wrong; no words: they are here.
    accounts: (&'static str, String, String),
    only_here: usize,
}

/// A version that is not at every site.
struct Partial {
    ruleset: String,
    version: String,
    href: String,
    is_hotfix: bool,
    at: String,
    missing: String,
}

/// A lane whose pins differ between the sites.
struct Uneven {
    ruleset: String,
    lane: String,
    pins: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "sites/sites.html")]
struct SitesPage {
    page: Page,
    sites: Vec<SiteView>,
    /// What waits for a decision between the sites.
    between: Vec<Notice>,
    partial: Vec<Partial>,
    uneven: Vec<Uneven>,
    waiting: Vec<WaitingRow>,
    stops: Vec<StopRow>,
    own: String,
    rulesets: Vec<Choice>,
    lanes: Vec<Choice>,
    others: Vec<Choice>,
    hold: Availability,
    freeze: Availability,
    declare: Availability,
    link: Availability,
    demo: bool,
    linked: bool,
    freeze_rulesets: Vec<Choice>,
    freeze_lanes: Vec<Choice>,
    /// The other site of the demonstration, and whether it is switched on.
    other: String,
    powered: bool,
    once: String,
    typed: Typed,
    problem: String,
}

/// What somebody typed into the forms of this page.
#[derive(Default)]
pub(super) struct Typed {
    pub hold: PlaceFields,
    pub freeze: PlaceFields,
    pub live: String,
    pub live_reason: String,
}

async fn show(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let view = view(&portal, &user, Typed::default(), String::new());
    Ok(page::html(&view))
}

/// The page again with what was typed and what is wrong with it.
pub(super) fn again(portal: &Portal, user: &User, typed: Typed, error: AppError) -> WebResult {
    let (status, problem) = problem_of(error)?;
    let view = view(portal, user, typed, problem);
    Ok((status, page::html(&view)).into_response())
}

fn view(portal: &Portal, user: &User, typed: Typed, problem: String) -> SitesPage {
    let truth = &user.snapshot.state;
    let offer = |act| offer(portal, user, act);
    let partial = partial(truth);
    let not_live = truth
        .topology
        .sites
        .iter()
        .filter(|site| *site != truth.live_site());
    let rulesets = |now: &str| choices_or_all("every rule set", truth.rulesets(), now);
    let lanes = |now: &str| choices_or_all("every lane", &truth.topology.lanes, now);
    SitesPage {
        page: Page::new(portal, user, "sites", "Sites"),
        sites: site_views(portal, user, &partial),
        between: [site_words::offered(truth), site_words::cold(truth)]
            .into_iter()
            .flatten()
            .collect(),
        partial,
        uneven: uneven(truth),
        waiting: waiting_rows(portal, user),
        stops: stop_rows(portal, user),
        own: truth.own.to_string(),
        rulesets: rulesets(&typed.hold.ruleset),
        lanes: lanes(&typed.hold.lane),
        freeze_rulesets: rulesets(&typed.freeze.ruleset),
        freeze_lanes: lanes(&typed.freeze.lane),
        others: choices(
            not_live.map(|site| (site.as_str(), site.as_str())),
            &typed.live,
        ),
        hold: offer(Act::Hold),
        freeze: offer(Act::Freeze),
        declare: offer(Act::DeclareLiveSite),
        link: match may_cut(user) {
            true => Availability::default(),
            false => offer(Act::DeclareLiveSite),
        },
        demo: portal.app.config.demo,
        linked: portal.app.is_linked(),
        other: portal
            .other
            .as_ref()
            .map_or(String::new(), |other| other.config.site.to_string()),
        powered: portal
            .other
            .as_ref()
            .is_some_and(|other| other.powered.load(Ordering::Relaxed)),
        once: fresh_once(),
        typed,
        problem,
    }
}

/// Whether the person may do something at this site, somewhere in it.
fn offer(portal: &Portal, user: &User, act: Act) -> Availability {
    let scope = match act {
        Act::DeclareLiveSite => Scope::EVERYWHERE,
        _ => Scope {
            site: Some(user.snapshot.state.own.clone()),
            ..Scope::EVERYWHERE
        },
    };
    match user.may(act, &scope) {
        true => Availability::default(),
        false => Availability::refused(portal, user, None, &Refusal::NotAllowed { act, scope }),
    }
}

fn site_views(portal: &Portal, user: &User, partial: &[Partial]) -> Vec<SiteView> {
    let truth = &user.snapshot.state;
    let view = |(index, site): (usize, &SiteName)| {
        let head = truth.head(site);
        let here = *site == truth.own;
        let (kind, known, trouble) = match here {
            true => (
                "ok",
                "this site: everything is known".to_owned(),
                String::new(),
            ),
            false => heard(portal, user, site),
        };
        SiteView {
            name: site.to_string(),
            here,
            live: truth.live_site() == site,
            primary: index == 0,
            seq: head.seq,
            hash: head.hash.to_hex(),
            head_href: format!("/ledger/{site}/{}", head.seq),
            at: format::short_time(head.at),
            at_iso: head.at.to_rfc3339(),
            kind,
            known,
            trouble,
            accounts: match here || portal.app.peer.load().heard_at.is_none() {
                true => ("", String::new(), String::new()),
                false => site_words::accounts(&portal.app.peer.load().accounts, user.now),
            },
            only_here: partial.iter().filter(|p| p.at == site.as_str()).count(),
        }
    };
    truth.topology.sites.iter().enumerate().map(view).collect()
}

/// How well the other site is known, and what went wrong since.
fn heard(portal: &Portal, user: &User, site: &SiteName) -> (&'static str, String, String) {
    let lag = portal.app.lag(&user.snapshot.state, site, user.now);
    let trouble = portal.app.peer.load().trouble.clone().unwrap_or_default();
    let kind = if lag.is_level() && trouble.is_empty() {
        "ok"
    } else {
        "warn"
    };
    (kind, site_words::lag(site, &lag, user.now), trouble)
}

fn partial(truth: &Truth) -> Vec<Partial> {
    let names = |sites: &[SiteName]| {
        let names: Vec<&str> = sites.iter().map(SiteName::as_str).collect();
        names.join(", ")
    };
    let rulesets = truth.rulesets();
    let found = rulesets.iter().flat_map(|ruleset| truth.only_at(ruleset));
    found
        .map(|only| Partial {
            href: address::version(&only.ruleset, &only.version),
            ruleset: only.ruleset.to_string(),
            is_hotfix: only.version.is_hotfix(),
            version: only.version.to_string(),
            at: names(&only.at),
            missing: names(&only.missing),
        })
        .collect()
}

fn uneven(truth: &Truth) -> Vec<Uneven> {
    let mut found = Vec::new();
    for ruleset in truth.rulesets() {
        for lane in &truth.topology.lanes {
            let pins: Vec<(String, String)> = truth
                .topology
                .sites
                .iter()
                .map(|site| {
                    let pin = truth.pin(&ruleset, &Environment::new(site, lane));
                    let version = pin.map_or("nothing".to_owned(), |pin| pin.version.to_string());
                    (site.to_string(), version)
                })
                .collect();
            if pins.iter().any(|(_, version)| *version != pins[0].1) {
                found.push(Uneven {
                    ruleset: ruleset.to_string(),
                    lane: lane.to_string(),
                    pins,
                });
            }
        }
    }
    found
}

#[derive(Deserialize)]
struct LiveFields {
    live: String,
    #[serde(default, alias = "live_reason")]
    reason: String,
}

async fn declare(State(portal): State<Portal>, form: Form<LiveFields>) -> WebResult {
    let declared = async {
        let live = form.fields.live.parse::<SiteName>()?;
        let reason = form.fields.reason.clone();
        let command = Command::DeclareLiveSite { live, reason };
        form.execute(&portal, command).await
    };
    match declared.await {
        Ok(_) => Ok(see("/sites", "declared")),
        Err(error) => {
            let typed = Typed {
                live: form.fields.live,
                live_reason: form.fields.reason,
                ..Typed::default()
            };
            again(&portal, &form.user, typed, error)
        }
    }
}

/// In the demonstration, operators and admins rehearse a failover.
fn may_cut(user: &User) -> bool {
    [Act::DeclareLiveSite, Act::ManageAccounts]
        .into_iter()
        .any(|act| user.may(act, &Scope::EVERYWHERE))
}

#[derive(Deserialize)]
struct LinkFields {
    up: bool,
}

async fn link(State(portal): State<Portal>, form: Form<LinkFields>) -> WebResult {
    let (user, up) = (&form.user, form.fields.up);
    if !portal.app.config.demo {
        return Err(WebError::BadForm(
            "Only the demonstration has a link that can be cut by hand.".into(),
        ));
    }
    if !may_cut(user) {
        return Err(refuse(Refusal::NotAllowed {
            act: Act::DeclareLiveSite,
            scope: Scope::EVERYWHERE,
        }));
    }
    // The link has two ends in this process: both are cut, both are mended.
    for app in std::iter::once(&portal.app).chain(&portal.other) {
        app.link_up.store(up, Ordering::Relaxed);
    }
    let account = user.person.account.id.as_str();
    tracing::info!(target: "audit", account, up, "link between the sites set by hand");
    Ok(see("/sites", if up { "link-mended" } else { "link-cut" }))
}

#[derive(Deserialize)]
struct PowerFields {
    on: bool,
}

/// Switches the other site of the demonstration off, or on again.
async fn power(State(portal): State<Portal>, form: Form<PowerFields>) -> WebResult {
    let (user, on) = (&form.user, form.fields.on);
    let Some(other) = portal.other.as_ref().filter(|_| portal.app.config.demo) else {
        return Err(WebError::BadForm(
            "Only in the demonstration can a site be switched off by hand.".into(),
        ));
    };
    if !may_cut(user) {
        return Err(refuse(Refusal::NotAllowed {
            act: Act::DeclareLiveSite,
            scope: Scope::EVERYWHERE,
        }));
    }
    other.powered.store(on, Ordering::Relaxed);
    let account = user.person.account.id.as_str();
    let site = other.config.site.as_str();
    tracing::info!(target: "audit", account, site, on, "site switched by hand");
    Ok(see("/sites", if on { "site-on" } else { "site-off" }))
}
