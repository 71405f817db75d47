//! One hotfix: what it changed, why, until when, and what the next planned version would do to it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

use crate::app::AppError;
use crate::web::availability::Availability;
use crate::web::draft_view::{self, RuleDiff, Whose};
use crate::web::environment_view::{Place, Tag, TimeView};
use crate::web::error::{WebError, WebResult};
use crate::web::form::{Form, fresh_once, see};
use crate::web::hotfix_lines;
use crate::web::hotfix_words::{self, HotfixState};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::user::User;
use crate::web::{Portal, address, format, review_words};
use rulegate_domain::command;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::{Hotfix, HotfixEnd};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

/// Verdicts shown before the fold, worst first.
const RULES_SHOWN: usize = 6;

#[derive(Template)]
#[template(path = "hotfixes/hotfix.html")]
struct HotfixPage {
    page: Page,
    ruleset: String,
    version: String,
    version_href: String,
    place: Place,
    tags: Vec<Tag>,
    reason: String,
    incident: String,
    author: String,
    is_adopted: bool,
    made: TimeView,
    ends: TimeView,
    on_top_of: String,
    checksum: String,
    entry: Link,
    review: Option<Link>,
    size: String,
    caps: String,
    ended: String,
    meets: Option<MeetsView>,
    threats: Vec<Link>,
    diffs: Vec<RuleDiff>,
    hidden: usize,
    compare_href: String,
    patch_href: String,
    /// Only for an open hotfix.
    discard: Option<Availability>,
    typed: String,
    problem: String,
}

impl HotfixPage {
    fn once(&self) -> String {
        fresh_once()
    }
}

/// The planned version that it will meet with the verdict on each rule.
#[allow(missing_docs)]
struct MeetsView {
    version: String,
    href: String,
    /// Patch and draft.
    draft_href: String,
    tag: Tag,
    rows: Vec<(String, Tag, String)>,
    /// The rest of them, folded.
    more: Vec<(String, Tag, String)>,
}

pub(super) async fn show(
    State(portal): State<Portal>,
    user: User,
    Path((ruleset, version)): Path<(String, String)>,
) -> WebResult {
    let (ruleset, version) = named(&ruleset, &version)?;
    let page = build(&portal, &user, &ruleset, &version).await?;
    Ok(page::html(&page))
}

#[derive(Deserialize)]
pub(super) struct Reason {
    #[serde(default)]
    text: String,
}

pub(super) async fn discard(
    State(portal): State<Portal>,
    Path((ruleset, version)): Path<(String, String)>,
    form: Form<Reason>,
) -> WebResult {
    let (ruleset, version) = named(&ruleset, &version)?;
    let reason = form.fields.text.clone();
    let command = command::DiscardHotfix {
        ruleset: ruleset.clone(),
        hotfix: version.clone(),
        reason: reason.clone(),
    }
    .into();
    match form.execute_raw(&portal, command).await {
        Ok(_) => Ok(see(&address::hotfix(&ruleset, &version), "discarded")),
        Err(AppError::Refused(refusal)) if refusal.is_bad_input() => {
            let mut page = build(&portal, &form.user, &ruleset, &version).await?;
            (page.typed, page.problem) = (reason, refusal.message());
            let mut response = page::html(&page);
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
        Err(error) => Err(WebError::App(error)),
    }
}

fn named(ruleset: &str, version: &str) -> Result<(RuleSetName, VersionName), WebError> {
    let missing = || AppError::NotFound {
        what: "hotfix",
        name: version.chars().take(80).collect(),
    };
    Ok((
        ruleset.parse().map_err(|_| missing())?,
        version.parse().map_err(|_| missing())?,
    ))
}

async fn build(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    version: &VersionName,
) -> Result<HotfixPage, WebError> {
    user.require(Act::View, Scope::ruleset(ruleset))?;
    let state = &user.snapshot.state;
    let hotfix = state
        .hotfix(ruleset, version)
        .ok_or_else(|| Refusal::UnknownHotfix {
            hotfix: version.clone(),
        })?;
    let stands = HotfixState::of(state, hotfix);
    let is_open = stands == HotfixState::Open;
    let mut tags = vec![stands.tag()];
    if let Some(brought) = &hotfix.transfers {
        let tag = Tag::new("hot", format!("brings {brought}"));
        tags.push(tag.to(address::hotfix(ruleset, brought)));
    }
    if is_open {
        tags.push(hotfix_words::due(hotfix.ends_at, user.now));
    }
    let draft = draft_view::of_hotfix(&portal.app, hotfix).await?;
    let whose = Whose::Hotfix {
        note: hotfix_lines::note(portal, hotfix),
    };
    let (hidden, diffs) = draft_view::rule_diffs(portal, user, ruleset, &draft, &whose).await?;
    let review = hotfix_words::review_of(state, hotfix);
    let threats = if is_open {
        hotfix_words::threatened_by(state, hotfix)
    } else {
        Vec::new()
    };
    let command = command::DiscardHotfix {
        ruleset: ruleset.clone(),
        hotfix: version.clone(),
        reason: "…".to_owned(),
    }
    .into();
    Ok(HotfixPage {
        page: Page::new(
            portal,
            user,
            "hotfixes",
            format!("Hotfix {version} of {ruleset}"),
        ),
        ruleset: ruleset.to_string(),
        version: version.to_string(),
        version_href: address::version(ruleset, version),
        place: Place::of(&hotfix.environment),
        tags,
        reason: hotfix.reason.clone(),
        incident: hotfix.incident.clone(),
        author: super::author(portal, hotfix),
        is_adopted: hotfix.adopts.is_some(),
        made: TimeView::date(hotfix.at),
        ends: TimeView::date(hotfix.ends_at),
        on_top_of: hotfix.on_top_of.to_string(),
        checksum: hotfix.checksum.to_string(),
        entry: Link {
            href: address::entry(&hotfix.entry),
            text: hotfix.entry.to_string(),
        },
        review: review.map(|r| Link {
            href: address::review(&r.id),
            text: format!("{}, {}", r.id, review_words::status(r).1),
        }),
        size: format!(
            "{}, {} changed",
            format::count(hotfix.changes.len(), "rule", "rules"),
            format::count(hotfix.lines_changed as usize, "line", "lines")
        ),
        caps: draft_view::caps_words(
            &state.policy(),
            hotfix.changes.len() as u32,
            hotfix.lines_changed,
        ),
        ended: ended(portal, hotfix),
        meets: if is_open {
            meets(portal, user, hotfix).await?
        } else {
            None
        },
        threats: threats
            .iter()
            .map(|r| Link {
                href: address::review(&r.id),
                text: review_words::subject(r).sentence(),
            })
            .collect(),
        diffs,
        hidden,
        compare_href: address::compare(ruleset, hotfix.on_top_of.as_str(), version.as_str()),
        patch_href: format!("{}/hotfix.patch", address::hotfix(ruleset, version)),
        discard: is_open.then(|| Availability::of(portal, user, None, &command)),
        typed: String::new(),
        problem: String::new(),
    })
}

fn ended(portal: &Portal, hotfix: &Hotfix) -> String {
    match &hotfix.end {
        None => String::new(),
        Some(HotfixEnd::Absorbed { by, at, entry }) => {
            format!(
                "Absorbed by {by}, {}, entry {entry}.",
                format::short_time(*at)
            )
        }
        Some(HotfixEnd::Discarded {
            reason,
            by,
            at,
            entry,
        }) => {
            let name = portal.auth.directory.name(by);
            format!(
                "Discarded by {name}, {}, entry {entry}: {reason}",
                format::short_time(*at)
            )
        }
    }
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
    let mut rules: Vec<_> = meets
        .evidence
        .iter()
        .flat_map(|evidence| &evidence.rules)
        .collect();
    rules.sort_by_key(|rule| review_words::severity(rule.verdict));
    let mut rows: Vec<(String, Tag, String)> = rules
        .iter()
        .map(|rule| {
            let (kind, words) = review_words::verdict(rule.verdict);
            (rule.path.clone(), Tag::new(kind, words), rule.why.clone())
        })
        .collect();
    Ok(Some(MeetsView {
        href: address::version(&hotfix.ruleset, &meets.version),
        draft_href: address::send_back(&hotfix.ruleset, &hotfix.version, &meets.version),
        tag: meets.tag(state, hotfix),
        version: meets.version.to_string(),
        more: rows.split_off(rows.len().min(RULES_SHOWN)),
        rows,
    }))
}
