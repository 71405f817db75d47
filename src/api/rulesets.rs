//! Rule sets and their versions.

use serde::{Deserialize, Serialize};

use super::answer::{Page, page, read};
use super::caller::Caller;
use super::problem::{ApiResult, refuse};
use super::request::{Path, Query};
use super::view::{PersonView, PinBrief};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::standing::Standing;
use rulegate_domain::state::VersionFacts;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{DriftFinding, Provenance};
use rulegate_ledger::ids::{EntryRef, LaneName, RuleSetName, SiteName, Timestamp};
use rulegate_ledger::version::VersionName;

/// A page of a list.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// Items a page has: 1 to 500, 50 if absent.
    pub limit: Option<u32>,
    /// Where the page begins: what the page before gave as `next`.
    pub after: Option<String>,
}

impl PageParams {
    /// For [`page`].
    pub fn place(&self) -> (Option<&str>, Option<u32>) {
        (self.after.as_deref(), self.limit)
    }
}

/// A rule set.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RuleSetView {
    #[schema(value_type = String)]
    ruleset: RuleSetName,
    /// How many versions of it are known.
    versions: usize,
    /// What each environment runs.
    environments: Vec<RunsView>,
}

/// What an environment runs.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RunsView {
    #[schema(value_type = String)]
    environment: Environment,
    /// Null if nothing was ever activated there.
    pin: Option<PinBrief>,
    /// Hotfixes in effect there and neither absorbed nor discarded, oldest first.
    #[schema(value_type = Vec<String>)]
    open_hotfixes: Vec<VersionName>,
    /// True if what was last observed there differs from the pin and nobody explained it.
    unexplained_drift: bool,
}

fn ruleset_view(caller: &Caller, ruleset: RuleSetName) -> RuleSetView {
    let state = &caller.snapshot.state;
    let runs = |environment: Environment| RunsView {
        pin: state.pin(&ruleset, &environment).map(PinBrief::of),
        open_hotfixes: state
            .track(&ruleset, &environment)
            .map_or(Vec::new(), |track| {
                track.open_hotfixes.iter().cloned().collect()
            }),
        unexplained_drift: state
            .open_drift(&ruleset, &environment, caller.now)
            .is_some(),
        environment,
    };
    let environments = state.topology.environments().into_iter().map(runs);
    RuleSetView {
        versions: state.versions(&ruleset).len(),
        environments: environments.collect(),
        ruleset,
    }
}

/// Every rule set that the token may see, by name.
#[utoipa::path(get, path = "/api/v1/rulesets", tag = "rule sets", params(PageParams),
    responses((status = 200, description = "A page.", body = Page<RuleSetView>)))]
pub async fn rulesets(caller: Caller, Query(params): Query<PageParams>) -> ApiResult {
    let names = caller.snapshot.state.rulesets();
    let found = page(
        names,
        |name| name.to_string(),
        |name| caller.sees(name),
        params.place(),
    )?;
    Ok(read(
        &caller,
        &found.map(|name| ruleset_view(&caller, name)),
    ))
}

/// One rule set.
#[utoipa::path(get, path = "/api/v1/rulesets/{ruleset}", tag = "rule sets",
    params(("ruleset" = String, Path, description = "Its name.")),
    responses((status = 200, description = "The rule set.", body = RuleSetView)))]
pub async fn ruleset(caller: Caller, Path(ruleset): Path<RuleSetName>) -> ApiResult {
    caller.require_ruleset(&ruleset)?;
    let view = ruleset_view(&caller, ruleset);
    Ok(read(&caller, &view))
}

/// A version in a list.
#[derive(Serialize, utoipa::ToSchema)]
pub struct VersionBrief {
    #[schema(value_type = String)]
    version: VersionName,
    /// True for a hotfix.
    hotfix: bool,
    /// The SHA-256 of its manifest.
    #[schema(value_type = String)]
    checksum: Digest,
    /// When it was committed.
    #[schema(value_type = String)]
    at: Timestamp,
    /// The entry that committed it.
    #[schema(value_type = String)]
    entry: EntryRef,
    /// Sites where its bytes are, verified.
    #[schema(value_type = Vec<String>)]
    at_sites: Vec<SiteName>,
    /// True if it was declared bad.
    recalled: bool,
}

/// A version with everything known about it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct VersionView {
    #[schema(value_type = String)]
    ruleset: RuleSetName,
    #[serde(flatten)]
    brief: VersionBrief,
    /// Who committed it.
    by: PersonView,
    /// How many rules it has.
    rules: u32,
    size_bytes: u64,
    /// Where it comes from; null for a hotfix.
    provenance: Option<Provenance>,
    /// What was found in each environment when it arrived.
    drift: Vec<DriftFinding>,
    /// Every word on its soft launch, oldest first.
    validations: Vec<ValidationView>,
    /// Where it stands in each environment.
    standings: Vec<StandingView>,
    /// Where its bytes are, relative to this server.
    bundle: String,
}

/// A word on soft launch.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ValidationView {
    passed: bool,
    #[schema(value_type = String)]
    site: SiteName,
    #[schema(value_type = String)]
    lane: LaneName,
    by: PersonView,
    #[schema(value_type = String)]
    at: Timestamp,
    #[schema(value_type = String)]
    entry: EntryRef,
    note: String,
    links: Vec<String>,
}

/// Where a version stands in an environment.
#[derive(Serialize, utoipa::ToSchema)]
pub struct StandingView {
    #[schema(value_type = String)]
    environment: Environment,
    /// Stable, e.g. `awaiting_soft_launch`.
    #[schema(value_type = String)]
    standing: &'static str,
    /// The same in words.
    #[schema(value_type = String)]
    words: &'static str,
    /// Since when it runs there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    since: Option<Timestamp>,
}

fn brief(
    caller: &Caller,
    ruleset: &RuleSetName,
    version: VersionName,
    facts: &VersionFacts,
) -> VersionBrief {
    let state = &caller.snapshot.state;
    let has = |site: &&SiteName| state.version_at(site, ruleset, &version).is_some();
    VersionBrief {
        hotfix: version.is_hotfix(),
        checksum: facts.checksum,
        at: facts.at,
        entry: facts.entry.clone(),
        at_sites: state.topology.sites.iter().filter(has).cloned().collect(),
        recalled: state.recall(ruleset, &version, facts.checksum).is_some(),
        version,
    }
}

/// The versions of a rule set, newest first.
#[utoipa::path(get, path = "/api/v1/rulesets/{ruleset}/versions", tag = "rule sets",
    params(("ruleset" = String, Path, description = "The rule set."), PageParams),
    responses((status = 200, description = "A page.", body = Page<VersionBrief>)))]
pub async fn versions(
    caller: Caller,
    Path(ruleset): Path<RuleSetName>,
    Query(params): Query<PageParams>,
) -> ApiResult {
    caller.require_ruleset(&ruleset)?;
    let found = page(
        caller.snapshot.state.versions(&ruleset),
        |(version, _)| version.to_string(),
        |_| true,
        params.place(),
    )?;
    let view = found.map(|(version, facts)| brief(&caller, &ruleset, version, facts));
    Ok(read(&caller, &view))
}

/// One version: its provenance, where it stands, what was said about it.
#[utoipa::path(get, path = "/api/v1/rulesets/{ruleset}/versions/{version}", tag = "rule sets",
    params(("ruleset" = String, Path, description = "The rule set."), ("version" = String, Path, description = "Its name.")),
    responses((status = 200, description = "The version.", body = VersionView)))]
pub async fn version(
    caller: Caller,
    Path((ruleset, version)): Path<(RuleSetName, VersionName)>,
) -> ApiResult {
    caller.require_ruleset(&ruleset)?;
    let state = &caller.snapshot.state;
    let Some(facts) = state.version(&ruleset, &version) else {
        return Err(refuse(Refusal::UnknownVersion { ruleset, version }));
    };
    let standing = |environment: Environment| {
        let standing = state.standing(&ruleset, &version, &environment);
        StandingView {
            standing: standing.code(),
            words: standing.words(),
            since: match standing {
                Standing::Active { since } => Some(since),
                _ => None,
            },
            environment,
        }
    };
    let release = facts.release.as_ref();
    let view = VersionView {
        by: PersonView::of(&caller.api, &facts.by),
        rules: facts.rules,
        size_bytes: facts.size_bytes,
        provenance: release.map(|release| release.provenance.clone()),
        drift: release.map_or(Vec::new(), |release| release.drift.clone()),
        validations: validations(&caller, &ruleset, &version),
        standings: state
            .topology
            .environments()
            .into_iter()
            .map(standing)
            .collect(),
        bundle: format!("/api/v1/bundles/{}", facts.checksum),
        brief: brief(&caller, &ruleset, version.clone(), facts),
        ruleset,
    };
    Ok(read(&caller, &view))
}

/// The words of every site.
fn validations(
    caller: &Caller,
    ruleset: &RuleSetName,
    version: &VersionName,
) -> Vec<ValidationView> {
    let state = &caller.snapshot.state;
    let mut words: Vec<ValidationView> = state
        .topology
        .sites
        .iter()
        .filter_map(|site| state.version_at(site, ruleset, version))
        .flat_map(|facts| facts.validations.iter())
        .map(|word| ValidationView {
            passed: word.passed,
            site: word.entry.site.clone(),
            lane: word.lane.clone(),
            by: PersonView::of(&caller.api, &word.by),
            at: word.at,
            entry: word.entry.clone(),
            note: word.note.clone(),
            links: word.links.clone(),
        })
        .collect();
    words.sort_by(|a, b| (a.at, &a.entry).cmp(&(b.at, &b.entry)));
    words
}
