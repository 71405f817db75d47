//! One hotfix: what it changed, why, until when, and what the next planned version would do to it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use serde::Deserialize;

use super::super::hotfix_desk::SOME_REASON;
use super::found;
use crate::app::AppError;
use crate::web::availability::Availability;
use crate::web::draft_view::{self, RuleDiff, Whose};
use crate::web::environment_view::Tag;
use crate::web::error::WebResult;
use crate::web::form::{Form, see};
use crate::web::hotfix_lines;
use crate::web::hotfix_words::{self, HotfixState};
use crate::web::page::{self, Page};
use crate::web::user::User;
use crate::web::{Portal, address, filters, review_words};
use rulegate_compare::verdict::RuleVerdict;
use rulegate_domain::command::{self, Command};
use rulegate_domain::state::{Hotfix, HotfixEnd, Review};
use rulegate_ledger::version::VersionName;

/// Verdicts shown before the fold, worst first.
const RULES_SHOWN: usize = 6;

#[derive(Template)]
#[template(path = "hotfixes/hotfix.html")]
struct HotfixPage<'s> {
    page: Page,
    hotfix: &'s Hotfix,
    tags: Vec<Tag>,
    review: Option<&'s Arc<Review>>,
    caps: String,
    meets: Option<MeetsView>,
    threats: Vec<&'s Arc<Review>>,
    diffs: Vec<RuleDiff>,
    hidden: usize,
    /// Only for an open hotfix.
    discard: Option<Availability>,
}

/// The planned version that it will meet with the verdict on each rule.
struct MeetsView {
    version: VersionName,
    tag: Tag,
    rules: Vec<RuleVerdict>,
    /// The rest of them, folded.
    more: Vec<RuleVerdict>,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    user: User,
    Path((ruleset, version)): Path<(String, String)>,
) -> WebResult {
    let state = &user.snapshot.state;
    let hotfix = found(&user, &ruleset, &version)?;
    let (ruleset, version) = (&hotfix.ruleset, &hotfix.version);
    let stands = HotfixState::of(state, hotfix);
    let mut tags = vec![stands.tag()];
    if let Some(brought) = &hotfix.transfers {
        let tag = Tag::new("hot", format!("brings {brought}"));
        tags.push(tag.to(address::hotfix(ruleset, brought)));
    }
    let (mut meets, mut threats, mut offer) = (None, Vec::new(), None);
    if stands == HotfixState::Open {
        tags.push(hotfix_words::due(hotfix.ends_at, user.now));
        meets = self::meets(&portal, &user, hotfix).await?;
        threats = hotfix_words::threatened_by(state, hotfix);
        let discarding = discarding(hotfix, SOME_REASON);
        offer = Some(Availability::of(&portal, &user, None, &discarding));
    }
    let draft = draft_view::of_hotfix(&portal.app, hotfix).await?;
    let whose = Whose::Hotfix {
        note: hotfix_lines::note(&portal, hotfix),
    };
    let (hidden, diffs) = draft_view::rule_diffs(&portal, &user, ruleset, &draft, &whose).await?;
    let rules = hotfix.changes.len() as u32;
    let title = format!("Hotfix {version} of {ruleset}");
    Ok(page::html(&HotfixPage {
        page: Page::new(&portal, &user, "hotfixes", title),
        hotfix,
        tags,
        review: hotfix_words::review_of(state, hotfix),
        caps: draft_view::caps_words(&state.policy(), rules, hotfix.lines_changed),
        meets,
        threats,
        diffs,
        hidden,
        discard: offer,
    }))
}

#[derive(Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    text: String,
}

pub(super) async fn discard(
    State(portal): State<Portal>,
    Path((ruleset, version)): Path<(String, String)>,
    form: Form<Fields>,
) -> WebResult {
    let hotfix = found(&form.user, &ruleset, &version)?;
    let back = address::hotfix(&hotfix.ruleset, &hotfix.version);
    let command = |fields: &Fields| Ok(discarding(hotfix, &fields.text));
    form.execute(&portal, &back, command).await?;
    Ok(see(&back, "discarded"))
}

fn discarding(hotfix: &Hotfix, reason: &str) -> Command {
    command::DiscardHotfix {
        ruleset: hotfix.ruleset.clone(),
        hotfix: hotfix.version.clone(),
        reason: reason.to_owned(),
    }
    .into()
}

async fn meets(
    portal: &Portal,
    user: &User,
    hotfix: &Hotfix,
) -> Result<Option<MeetsView>, AppError> {
    let state = &user.snapshot.state;
    let Some(meets) = hotfix_words::meets(&portal.app, state, hotfix).await? else {
        return Ok(None);
    };
    let tag = meets.tag(state, hotfix);
    let mut rules = meets.evidence.map_or(Vec::new(), |e| e.rules);
    rules.sort_by_key(|rule| review_words::severity(rule.verdict));
    Ok(Some(MeetsView {
        version: meets.version,
        tag,
        more: rules.split_off(rules.len().min(RULES_SHOWN)),
        rules,
    }))
}
