//! The sites side by side: how far each ledger is known, what only one of them has, what waits, what stops.

use std::sync::atomic::Ordering;

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::stops::{StopRow, WaitingRow, stop_rows, waiting_rows};
use crate::web::availability::Availability;
use crate::web::choice::{Choice, options, options_or_all};
use crate::web::error::{WebError, WebResult, refuse};
use crate::web::form::{Form, see};
use crate::web::notice::Notice;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::sent::InField;
use crate::web::site_words;
use crate::web::user::User;
use crate::web::{Portal, address, filters};
use rulegate_domain::command;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::State as Truth;
use rulegate_domain::transfers::OnlyAt;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::ledger::Head;

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/sites", show)
        .form("/sites/live", declare)
        .form("/sites/link", link)
        .form("/sites/power", power)
}

struct SiteView<'s> {
    name: &'s SiteName,
    here: bool,
    live: bool,
    primary: bool,
    head: Head,
    /// `ok` or `warn`, with how well it is known here.
    kind: &'static str,
    known: String,
    trouble: String,
    /// How it stands with its accounts: `ok` or `warn`, in words, and what went wrong; no words: they are here.
    accounts: (&'static str, String, String),
    only_here: usize,
}

/// A lane whose pins differ between the sites.
struct Uneven {
    ruleset: String,
    lane: String,
    pins: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "sites/sites.html")]
struct SitesPage<'s> {
    page: Page,
    sites: Vec<SiteView<'s>>,
    /// What waits for a decision between the sites.
    between: Vec<Notice>,
    /// Versions that are not at every site.
    partial: Vec<OnlyAt>,
    uneven: Vec<Uneven>,
    waiting: Vec<WaitingRow<'s>>,
    stops: Vec<StopRow<'s>>,
    own: &'s SiteName,
    rulesets: Vec<Choice>,
    lanes: Vec<Choice>,
    others: Vec<Choice>,
    hold: Availability,
    freeze: Availability,
    declare: Availability,
    link: Availability,
    demo: bool,
    linked: bool,
    /// The other site of the demonstration, and whether it is switched on.
    other: String,
    powered: bool,
}

async fn show(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let state = &user.snapshot.state;
    let offer = |act| offer(&portal, &user, act);
    let partial: Vec<OnlyAt> = state
        .rulesets()
        .iter()
        .flat_map(|r| state.only_at(r))
        .collect();
    let sites = state.topology.sites.iter();
    let not_live = sites.filter(|site| *site != state.live_site());
    let other = portal.other.as_ref();
    Ok(page::html(&SitesPage {
        page: Page::new(&portal, &user, "sites", "Sites"),
        sites: site_views(&portal, &user, &partial),
        between: [site_words::offered(state), site_words::cold(state)]
            .into_iter()
            .flatten()
            .collect(),
        partial,
        uneven: uneven(state),
        waiting: waiting_rows(&portal, &user),
        stops: stop_rows(&portal, &user),
        own: &state.own,
        rulesets: options_or_all("every rule set", state.rulesets()),
        lanes: options_or_all("every lane", &state.topology.lanes),
        others: options(not_live.map(|site| (site.as_str(), site.as_str()))),
        hold: offer(Act::Hold),
        freeze: offer(Act::Freeze),
        declare: offer(Act::DeclareLiveSite),
        link: match may_cut(&user) {
            true => Availability::default(),
            false => offer(Act::DeclareLiveSite),
        },
        demo: portal.app.config.demo,
        linked: portal.app.is_linked(),
        other: other.map_or(String::new(), |other| other.config.site.to_string()),
        powered: other.is_some_and(|other| other.powered.load(Ordering::Relaxed)),
    }))
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

fn site_views<'s>(portal: &Portal, user: &'s User, partial: &[OnlyAt]) -> Vec<SiteView<'s>> {
    let state = &user.snapshot.state;
    let view = |(index, name): (usize, &'s SiteName)| {
        let here = *name == state.own;
        let (kind, known, trouble) = match here {
            true => (
                "ok",
                "this site: everything is known".to_owned(),
                String::new(),
            ),
            false => heard(portal, user, name),
        };
        let peer = portal.app.peer.load();
        SiteView {
            name,
            here,
            live: state.live_site() == name,
            primary: index == 0,
            head: state.head(name),
            kind,
            known,
            trouble,
            accounts: match here || peer.heard_at.is_none() {
                true => ("", String::new(), String::new()),
                false => site_words::accounts(&peer.accounts, user.now),
            },
            only_here: partial.iter().filter(|p| p.at == [name.clone()]).count(),
        }
    };
    state.topology.sites.iter().enumerate().map(view).collect()
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
    reason: String,
}

async fn declare(State(portal): State<Portal>, form: Form<LiveFields>) -> WebResult {
    let declare = |fields: &LiveFields| {
        Ok(command::DeclareLiveSite {
            live: fields.live.parse::<SiteName>().in_field("live")?,
            reason: fields.reason.clone(),
        }
        .into())
    };
    form.execute(&portal, "/sites", declare).await?;
    Ok(see("/sites", "declared"))
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
