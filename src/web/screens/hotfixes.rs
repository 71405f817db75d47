//! The register of hotfixes, and one of them.

mod detail;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::hotfix_desk::may_write;
use crate::app::AppError;
use crate::web::availability::Availability;
use crate::web::choice::{Choice, options_or_all};
use crate::web::environment_view::Tag;
use crate::web::error::{WebError, WebResult};
use crate::web::hotfix_words::{self, HotfixState};
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, filters};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::Hotfix;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

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

#[derive(Template)]
#[template(path = "hotfixes/list.html")]
struct ListPage<'s> {
    page: Page,
    rulesets: Vec<Choice>,
    environments: Vec<Choice>,
    states: Vec<Choice>,
    chosen: Address,
    sections: Vec<Section<'s>>,
    /// Whether a hotfix may be made, a rule set each.
    desks: Vec<(RuleSetName, Availability)>,
    drift: usize,
}

/// Hotfixes of one state.
struct Section<'s> {
    id: &'static str,
    title: &'static str,
    rows: Vec<HotfixRow<'s>>,
}

/// One hotfix with where it stands.
struct HotfixRow<'s> {
    hotfix: &'s Hotfix,
    tags: Vec<Tag>,
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Query(chosen): Query<Address>,
) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let state = &user.snapshot.state;
    let mut sections = Vec::from(HotfixState::ALL.map(section));
    for hotfix in state.hotfixes() {
        let stands = HotfixState::of(state, hotfix);
        if chosen.lets(hotfix, stands) && user.may(Act::View, &Scope::ruleset(&hotfix.ruleset)) {
            let tags = tags(&portal, &user, hotfix, stands).await?;
            let rows = &mut sections[stands as usize].rows;
            rows.push(HotfixRow { hotfix, tags });
        }
    }
    sections.retain(|section| !section.rows.is_empty() || section.id == "open");
    let rulesets = state.rulesets();
    let drift = state.observations().into_iter();
    let environments = state.topology.environments().into_iter();
    let production = environments.filter(|e| state.topology.is_production(e));
    Ok(page::html(&ListPage {
        page: Page::new(&portal, &user, "hotfixes", "Hotfixes"),
        rulesets: options_or_all("every rule set", &rulesets),
        environments: options_or_all("everywhere", production),
        states: options_or_all("every state", HotfixState::ALL.map(HotfixState::word)),
        chosen,
        sections,
        drift: drift.filter(|seen| seen.is_open(user.now)).count(),
        desks: rulesets
            .into_iter()
            .map(|ruleset| {
                let availability = may_write(&portal, &user, &ruleset);
                (ruleset, availability)
            })
            .collect(),
    }))
}

impl Address {
    fn is_filtered(&self) -> bool {
        !(self.ruleset.is_empty() && self.environment.is_empty() && self.state.is_empty())
    }

    fn lets(&self, hotfix: &Hotfix, stands: HotfixState) -> bool {
        (self.ruleset.is_empty() || self.ruleset == hotfix.ruleset.as_str())
            && (self.environment.is_empty() || self.environment == hotfix.environment.to_string())
            && (self.state.is_empty() || self.state == stands.word())
    }
}

fn section<'s>(state: HotfixState) -> Section<'s> {
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
        rows: Vec::new(),
    }
}

async fn tags(
    portal: &Portal,
    user: &User,
    hotfix: &Hotfix,
    stands: HotfixState,
) -> Result<Vec<Tag>, AppError> {
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
        let tag = Tag::new("plan", format!("review {}", review.id));
        tags.push(tag.to(address::review(&review.id)));
    }
    Ok(tags)
}

/// The hotfix of an address, if the person may see it.
pub(super) fn found<'s>(
    user: &'s User,
    ruleset: &str,
    version: &str,
) -> Result<&'s Arc<Hotfix>, WebError> {
    let missing = || AppError::NotFound {
        what: "hotfix",
        name: version.chars().take(80).collect(),
    };
    let ruleset: RuleSetName = ruleset.parse().map_err(|_| missing())?;
    let version: VersionName = version.parse().map_err(|_| missing())?;
    user.require(Act::View, Scope::ruleset(&ruleset))?;
    let hotfix = user.snapshot.state.hotfix(&ruleset, &version);
    hotfix.ok_or_else(|| Refusal::UnknownHotfix { hotfix: version }.into())
}
