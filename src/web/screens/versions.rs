//! One version: where it came from, where it stands, what was found, what it holds.

mod acts;
mod downloads;
mod story;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};

use self::acts::{Recall, Validate};
pub(super) use self::downloads::attachment;
use self::story::{Found, Provenance, StandingRow, Word};
use super::rulesets::known;
use crate::web::environment_view::{Tag, TimeView};
use crate::web::error::{WebError, WebResult, refuse};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::paging::{PageOfList, PageQuery, one_page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, filters, format};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::VersionFacts;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

/// Rules on one page of a version.
const PAGE: usize = 200;

pub(super) fn routes() -> Routes {
    let version = "/rulesets/{ruleset}/versions/{version}";
    let at = |end: &str| format!("{version}{end}");
    Routes::default()
        .page(version, show)
        .form(&at("/validations"), acts::validate)
        .form(&at("/recall"), acts::recall)
        .page(&at("/manifest"), downloads::manifest)
        .page(&at("/bundle"), downloads::bundle)
}

/// The version of an address; unknown ones are not here.
pub(super) fn known_version<'u>(
    user: &'u User,
    ruleset: &str,
    version: &str,
) -> Result<(RuleSetName, VersionName, &'u VersionFacts), WebError> {
    let ruleset = known(user, ruleset)?;
    let version: VersionName = version.parse()?;
    match user.snapshot.state.version(&ruleset, &version) {
        Some(facts) => Ok((ruleset, version, facts)),
        None => Err(refuse(Refusal::UnknownVersion { ruleset, version })),
    }
}

/// Breadcrumbs down to a version.
pub(super) fn crumbs(ruleset: &RuleSetName, version: Option<&VersionName>) -> Vec<Link> {
    let link = |href: String, text: String| Link { href, text };
    let mut crumbs = vec![
        link("/rulesets".into(), "Rule sets".into()),
        link(address::ruleset(ruleset), ruleset.to_string()),
    ];
    crumbs.extend(version.map(|v| link(address::version(ruleset, v), v.to_string())));
    crumbs
}

#[derive(Template)]
#[template(path = "versions/version.html")]
struct VersionPage {
    page: Page,
    crumbs: Vec<Link>,
    ruleset: String,
    version: String,
    href: String,
    summary: String,
    tags: Vec<Tag>,
    compare: Vec<Link>,
    activate: String,
    checksum: String,
    provenance: Option<Provenance>,
    hotfix: Option<HotfixWords>,
    standings: Vec<StandingRow>,
    words: Vec<Word>,
    found: Vec<Found>,
    recalled: Option<(String, String, TimeView)>,
    validate: Validate,
    recall: Recall,
    rules: RuleList,
}

/// What a hotfix says about itself.
struct HotfixWords {
    href: String,
    on_top_of: String,
    on_top_of_href: String,
    changes_href: String,
    changes: String,
    author: String,
    reason: String,
    incident: String,
    ends: TimeView,
}

/// One page of the rules a version holds.
struct RuleList {
    filter: String,
    rows: Vec<(String, String, String)>,
    paged: PageOfList,
}

/// Which rules are listed.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Listed {
    filter: String,
    #[serde(skip)]
    paging: PageQuery,
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Path((ruleset, version)): Path<(String, String)>,
    Query(listed): Query<Listed>,
    Query(paging): Query<PageQuery>,
) -> WebResult {
    let listed = Listed { paging, ..listed };
    let (ruleset, version, _) = known_version(&user, &ruleset, &version)?;
    let (validate, recall) = (Validate::default(), Recall::default());
    page_of(&portal, &user, &ruleset, &version, listed, validate, recall).await
}

/// The page, with the forms as they were typed.
async fn page_of(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    version: &VersionName,
    listed: Listed,
    validate: Validate,
    recall: Recall,
) -> WebResult {
    let state = &user.snapshot.state;
    let (_, _, facts) = known_version(user, ruleset.as_str(), version.as_str())?;
    let manifest = portal.app.manifest(&facts.checksum).await?;
    let name = |id| portal.auth.directory.name(id);
    let recalled = state.recall(ruleset, version, facts.checksum);
    let page = VersionPage {
        page: Page::new(portal, user, "rulesets", format!("{ruleset} {version}")),
        crumbs: crumbs(ruleset, None),
        ruleset: ruleset.to_string(),
        version: version.to_string(),
        href: address::version(ruleset, version),
        summary: format!(
            "{}, delivered {} by {}",
            format::count(manifest.rules().len(), "rule", "rules"),
            format::short_time(facts.at),
            name(&facts.by)
        ),
        tags: story::tags(state, ruleset, version, facts),
        compare: story::comparisons(state, ruleset, facts),
        activate: address::activate(ruleset, version, &[]),
        checksum: facts.checksum.to_string(),
        provenance: facts
            .release
            .as_ref()
            .map(|release| Provenance::of(&release.provenance, facts.checksum)),
        hotfix: hotfix(portal, user, ruleset, version),
        standings: story::standings(state, ruleset, version, user.now),
        words: story::words(portal, state, ruleset, version),
        found: facts
            .release
            .as_ref()
            .map_or(Vec::new(), |release| story::found(ruleset, &release.drift)),
        recalled: recalled.map(|recall| {
            (
                recall.reason.clone(),
                name(&recall.by),
                TimeView::date(recall.at),
            )
        }),
        validate: validate.checked(user, ruleset, version),
        recall: recall.checked(user, ruleset, version),
        rules: rule_list(ruleset, version, manifest.rules(), listed),
    };
    Ok(page::html(&page))
}

fn hotfix(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    version: &VersionName,
) -> Option<HotfixWords> {
    let hotfix = user.snapshot.state.hotfix(ruleset, version)?;
    Some(HotfixWords {
        href: address::hotfix(ruleset, version),
        on_top_of: hotfix.on_top_of.to_string(),
        on_top_of_href: address::version(ruleset, &hotfix.on_top_of),
        changes_href: address::compare(
            ruleset,
            &hotfix.on_top_of_checksum.to_string(),
            version.as_str(),
        ),
        changes: format!(
            "{}, {}",
            format::count(hotfix.changes.len(), "rule", "rules"),
            format::count(hotfix.lines_changed as usize, "line", "lines")
        ),
        author: portal.auth.directory.name(&hotfix.author),
        reason: hotfix.reason.clone(),
        incident: hotfix.incident.clone(),
        ends: TimeView::day(hotfix.ends_at),
    })
}

fn rule_list(
    ruleset: &RuleSetName,
    version: &VersionName,
    rules: &BTreeMap<String, Digest>,
    listed: Listed,
) -> RuleList {
    let wanted = listed.filter.trim().to_lowercase();
    let matching: Vec<_> = rules
        .iter()
        .filter(|(path, _)| wanted.is_empty() || path.to_lowercase().contains(&wanted))
        .collect();
    let href = address::version(ruleset, version);
    let base = format!("{href}?filter={}", format::url_encode(&listed.filter));
    let paged = one_page(&matching, PAGE, &listed.paging, |(path, _), key| {
        path.as_str().cmp(key)
    })
    .linked(&matching, &base, "#rules", |(path, _)| (*path).clone());
    RuleList {
        rows: matching[paged.range.clone()]
            .iter()
            .map(|(path, digest)| {
                let href = address::rule(ruleset, version, path);
                ((*path).clone(), href, digest.to_string())
            })
            .collect(),
        paged,
        filter: listed.filter,
    }
}
