//! The register of hotfixes, and one of them.

mod detail;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use crate::app::AppError;
use crate::web::availability::Availability;
use crate::web::environment_view::{Place, Tag, TimeView};
use crate::web::error::WebResult;
use crate::web::hotfix_words::{self, HotfixState};
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::state::Hotfix;
use rulegate_ledger::access::{Act, Scope};

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/hotfixes", show)
        .page("/hotfixes/{ruleset}/{version}", detail::show)
        .form("/hotfixes/{ruleset}/{version}/discard", detail::discard)
}

#[derive(Debug, Default, Deserialize)]
struct Address {
    #[serde(default)]
    ruleset: String,
    #[serde(default)]
    environment: String,
    #[serde(default)]
    state: String,
}

/// One choice of a filter.
#[allow(missing_docs)]
pub(super) struct Choice {
    pub value: String,
    pub text: String,
    pub selected: bool,
}

#[derive(Template)]
#[template(path = "hotfixes/list.html")]
struct ListPage {
    page: Page,
    rulesets: Vec<Choice>,
    environments: Vec<Choice>,
    states: Vec<Choice>,
    sections: Vec<Section>,
    is_filtered: bool,
    /// Where a hotfix may be made, a rule set each.
    desks: Vec<DeskPage>,
    drift: usize,
}

/// Hotfixes of one state.
#[allow(missing_docs)]
struct Section {
    id: &'static str,
    title: &'static str,
    is_debt: bool,
    rows: Vec<HotfixRow>,
}

/// The way to the desk.
#[allow(missing_docs)]
struct DeskPage {
    ruleset: String,
    href: String,
    offer: Availability,
}

/// One hotfix.
#[allow(missing_docs)]
struct HotfixRow {
    href: String,
    ruleset: String,
    version: String,
    place: Place,
    reason: String,
    incident: String,
    author: String,
    made: TimeView,
    size: String,
    tags: Vec<Tag>,
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Query(address): Query<Address>,
) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let snapshot = user.snapshot.clone();
    let state = &snapshot.state;
    let mut sections: Vec<Section> = HotfixState::ALL.into_iter().map(section).collect();
    for hotfix in state.hotfixes() {
        if !user.may(Act::View, &Scope::ruleset(&hotfix.ruleset)) || !address.lets(hotfix) {
            continue;
        }
        let stands = HotfixState::of(state, hotfix);
        if address.state.is_empty() || address.state == stands.word() {
            let index = HotfixState::ALL
                .iter()
                .position(|s| *s == stands)
                .unwrap_or(0);
            sections[index]
                .rows
                .push(row(&portal, &user, hotfix, stands).await?);
        }
    }
    sections.retain(|section| !section.rows.is_empty() || section.is_debt);
    let rulesets = state.rulesets();
    let page = Page::new(&portal, &user, "hotfixes", "Hotfixes");
    let drift = state
        .observations()
        .iter()
        .filter(|seen| seen.is_open(user.now))
        .count();
    Ok(page::html(&ListPage {
        page,
        rulesets: choices(
            "every rule set",
            rulesets.iter().map(ToString::to_string),
            &address.ruleset,
        ),
        environments: choices(
            "everywhere",
            state
                .topology
                .environments()
                .iter()
                .filter(|e| state.topology.is_production(e))
                .map(ToString::to_string),
            &address.environment,
        ),
        states: choices(
            "every state",
            HotfixState::ALL.iter().map(|s| s.word().to_owned()),
            &address.state,
        ),
        sections,
        is_filtered: !(address.ruleset.is_empty()
            && address.environment.is_empty()
            && address.state.is_empty()),
        desks: rulesets
            .iter()
            .map(|ruleset| desk(&portal, &user, ruleset))
            .collect(),
        drift,
    }))
}

impl Address {
    fn lets(&self, hotfix: &Hotfix) -> bool {
        (self.ruleset.is_empty() || self.ruleset == hotfix.ruleset.as_str())
            && (self.environment.is_empty() || self.environment == hotfix.environment.to_string())
    }
}

pub(super) fn choices(
    all: &str,
    values: impl Iterator<Item = String>,
    chosen: &str,
) -> Vec<Choice> {
    let every = Choice {
        value: String::new(),
        text: all.to_owned(),
        selected: chosen.is_empty(),
    };
    std::iter::once(every)
        .chain(values.map(|value| Choice {
            selected: value == chosen,
            text: value.clone(),
            value,
        }))
        .collect()
}

fn section(state: HotfixState) -> Section {
    let (id, title) = match state {
        HotfixState::Open => ("open", "Open: live, and in no planned version that is"),
        HotfixState::Proposed => ("proposed", "Proposed: waiting in their reviews"),
        HotfixState::Absorbed => ("absorbed", "Absorbed by a planned version"),
        HotfixState::Discarded => ("discarded", "Discarded with a reason"),
        HotfixState::Dropped => ("dropped", "Never went live"),
    };
    Section {
        id,
        title,
        is_debt: state == HotfixState::Open,
        rows: Vec::new(),
    }
}

fn desk(portal: &Portal, user: &User, ruleset: &rulegate_ledger::ids::RuleSetName) -> DeskPage {
    DeskPage {
        ruleset: ruleset.to_string(),
        href: format!("/hotfixes/new?ruleset={ruleset}"),
        offer: super::hotfix_desk::may_write(portal, user, ruleset),
    }
}

async fn row(
    portal: &Portal,
    user: &User,
    hotfix: &Arc<Hotfix>,
    stands: HotfixState,
) -> Result<HotfixRow, AppError> {
    let state = &user.snapshot.state;
    let mut tags = vec![stands.tag()];
    if stands == HotfixState::Open {
        tags.push(hotfix_words::due(hotfix.ends_at, user.now));
        match hotfix_words::meets(&portal.app, state, hotfix).await? {
            Some(meets) => tags.push(meets.tag(state, hotfix)),
            None => tags.push(Tag::new("mute", "no planned version since")),
        }
    }
    if stands == HotfixState::Proposed
        && let Some(review) = hotfix_words::review_of(state, hotfix)
    {
        tags.push(
            Tag::new("plan", format!("review {}", review.id)).to(address::review(&review.id)),
        );
    }
    Ok(HotfixRow {
        href: address::hotfix(&hotfix.ruleset, &hotfix.version),
        ruleset: hotfix.ruleset.to_string(),
        version: hotfix.version.to_string(),
        place: Place::of(&hotfix.environment),
        reason: hotfix.reason.clone(),
        incident: hotfix.incident.clone(),
        author: author(portal, hotfix),
        made: TimeView::ago(hotfix.at, user.now),
        size: format!(
            "{}, {}",
            format::count(hotfix.changes.len(), "rule", "rules"),
            format::count(hotfix.lines_changed as usize, "line", "lines")
        ),
        tags,
    })
}

/// Who wrote it; of adopted drift nobody knows.
fn author(portal: &Portal, hotfix: &Hotfix) -> String {
    let name = portal.auth.directory.name(&hotfix.author);
    if hotfix.adopts.is_some() {
        format!("unknown author, adopted by {name}")
    } else {
        name
    }
}
