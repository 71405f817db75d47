//! One version: where it came from, where it stands, what was found, what it holds.

mod acts;
mod downloads;
mod story;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};

pub(super) use self::downloads::attachment;
use self::story::{Found, Stage, StandingRow};
use super::rulesets::known;
use crate::web::availability::Availability;
use crate::web::environment_view::Tag;
use crate::web::error::{WebError, WebResult};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::paging::{PageOfList, PageQuery, one_page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, filters, format};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::{Hotfix, Recall, Validation, VersionFacts};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Provenance;
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
        None => Err(Refusal::UnknownVersion { ruleset, version }.into()),
    }
}

/// Breadcrumbs down to a version.
pub(super) fn crumbs(ruleset: &RuleSetName, version: Option<&VersionName>) -> Vec<Link> {
    let mut crumbs = vec![
        Link::new("/rulesets", "Rule sets"),
        Link::new(address::ruleset(ruleset), ruleset.as_str()),
    ];
    crumbs.extend(version.map(|v| Link::new(address::version(ruleset, v), v.as_str())));
    crumbs
}

#[derive(Template)]
#[template(path = "versions/version.html")]
struct VersionPage<'s> {
    page: Page,
    crumbs: Vec<Link>,
    ruleset: &'s RuleSetName,
    version: &'s VersionName,
    facts: &'s VersionFacts,
    tags: Vec<Tag>,
    /// Environments that run other bytes.
    others: Vec<Environment>,
    provenance: Option<&'s Provenance>,
    hotfix: Option<&'s Hotfix>,
    standings: Vec<StandingRow<'s>>,
    validations: Vec<&'s Validation>,
    found: Vec<Found<'s>>,
    recalled: Option<&'s Recall>,
    validate: Availability,
    recall: Availability,
    rules: RuleList<'s>,
}

impl VersionPage<'_> {
    /// Where the pipeline has more; only an address of the web is one to follow.
    fn link(&self) -> Option<&String> {
        let is_web = |link: &&String| link.starts_with("https://") || link.starts_with("http://");
        self.provenance?.link.as_ref().filter(is_web)
    }

    fn stages(&self) -> Vec<Stage<'_>> {
        let provenance = self.provenance.into_iter();
        provenance
            .flat_map(|from| [("E1", &from.e1), ("E2", &from.e2)])
            .map(|(name, evidence)| Stage::of(name, evidence, self.facts.checksum))
            .collect()
    }
}

/// One page of the rules a version holds.
struct RuleList<'s> {
    /// Rules of the whole version.
    total: usize,
    filter: String,
    rows: Vec<(&'s String, &'s Digest)>,
    paged: PageOfList,
}

/// Which rules are listed.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Listed {
    filter: String,
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Path((ruleset, version)): Path<(String, String)>,
    Query(listed): Query<Listed>,
    Query(paging): Query<PageQuery>,
) -> WebResult {
    let (ruleset, version, facts) = known_version(&user, &ruleset, &version)?;
    let state = &user.snapshot.state;
    let manifest = portal.app.manifest(&facts.checksum).await?;
    let release = facts.release.as_deref();
    let may = |command| Availability::of(&portal, &user, None, &command);
    Ok(page::html(&VersionPage {
        page: Page::new(&portal, &user, "rulesets", format!("{ruleset} {version}")),
        crumbs: crumbs(&ruleset, None),
        tags: story::tags(state, &ruleset, &version, facts),
        others: story::others(state, &ruleset, facts),
        provenance: release.map(|release| &release.provenance),
        hotfix: state.hotfix(&ruleset, &version).map(|hotfix| &**hotfix),
        standings: story::standings(state, &ruleset, &version),
        validations: story::validations(state, &ruleset, &version),
        found: release.map_or(Vec::new(), |release| story::found(&release.drift)),
        recalled: state.recall(&ruleset, &version, facts.checksum),
        validate: may(acts::some_validation(&ruleset, &version)),
        recall: may(acts::some_recall(&ruleset, &version)),
        rules: rule_list(&ruleset, &version, manifest.rules(), listed.filter, &paging),
        ruleset: &ruleset,
        version: &version,
        facts,
    }))
}

fn rule_list<'s>(
    ruleset: &RuleSetName,
    version: &VersionName,
    rules: &'s BTreeMap<String, Digest>,
    filter: String,
    paging: &PageQuery,
) -> RuleList<'s> {
    let wanted = filter.trim().to_lowercase();
    let matching: Vec<_> = rules
        .iter()
        .filter(|(path, _)| wanted.is_empty() || path.to_lowercase().contains(&wanted))
        .collect();
    let href = address::version(ruleset, version);
    let base = format!("{href}?filter={}", format::url_encode(&filter));
    let paged = one_page(&matching, PAGE, paging, |(path, _), key| {
        path.as_str().cmp(key)
    })
    .linked(&matching, &base, "#rules", |(path, _)| (*path).clone());
    RuleList {
        total: rules.len(),
        rows: matching[paged.range.clone()].to_vec(),
        paged,
        filter,
    }
}
