//! The index, the description, the policy, the sites.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::Api;
use super::answer::{is_known, json, not_modified, read};
use super::caller::Caller;
use super::problem::ApiResult;
use crate::app::peer_status::AccountsStatus;
use rulegate_domain::lag::Lag;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{LaneName, RuleSetName, SiteName, Timestamp};
use rulegate_ledger::policy::Policy;
use rulegate_ledger::version::VersionName;

/// Where to begin.
#[derive(Serialize, utoipa::ToSchema)]
pub struct IndexView {
    /// The product.
    #[schema(value_type = String)]
    name: &'static str,
    /// Its version.
    #[schema(value_type = String)]
    version: &'static str,
    /// The site whose ledger this server appends to.
    #[schema(value_type = String)]
    site: SiteName,
    /// The description of every address.
    #[schema(value_type = String)]
    openapi: &'static str,
}

/// What this is. Needs no token.
#[utoipa::path(get, path = "/api/v1", tag = "sites", security(()),
    responses((status = 200, description = "The index.", body = IndexView)))]
pub async fn index(State(api): State<Arc<Api>>) -> ApiResult {
    let view = IndexView {
        name: "rulegate",
        version: env!("CARGO_PKG_VERSION"),
        site: api.app.config.site.clone(),
        openapi: "/api/v1/openapi.json",
    };
    let body = serde_json::to_vec(&view).expect("a view is JSON");
    Ok(json(StatusCode::OK, body))
}

/// This description. Needs no token.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "sites", security(()),
    responses((status = 200, description = "OpenAPI 3.1.", content_type = "application/json", body = serde_json::Value)))]
pub async fn openapi(State(api): State<Arc<Api>>, headers: HeaderMap) -> ApiResult {
    let (body, etag) = &api.document;
    if is_known(headers.get(header::IF_NONE_MATCH), etag) {
        return Ok(not_modified(etag.clone()));
    }
    let mut response = json(StatusCode::OK, body.clone());
    response.headers_mut().insert(header::ETAG, etag.clone());
    Ok(response)
}

/// How many approvals what needs, and what a hotfix may touch.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Policy)]
pub struct PolicyView {
    production_approvals: u32,
    soft_launch_approvals: u32,
    hotfix_approvals: u32,
    /// For a hotfix over one of its caps.
    hotfix_over_cap_approvals: u32,
    recall_approvals: u32,
    policy_approvals: u32,
    /// A hotfix that touches more rules is over the cap.
    hotfix_rules_max: u32,
    /// A hotfix that changes more lines is over the cap.
    hotfix_lines_max: u32,
    /// Patterns of the paths that a hotfix may touch.
    hotfix_paths: Vec<String>,
    hotfix_days_max: u32,
}

impl From<Policy> for PolicyView {
    fn from(policy: Policy) -> PolicyView {
        PolicyView {
            production_approvals: policy.production_approvals,
            soft_launch_approvals: policy.soft_launch_approvals,
            hotfix_approvals: policy.hotfix_approvals,
            hotfix_over_cap_approvals: policy.hotfix_over_cap_approvals,
            recall_approvals: policy.recall_approvals,
            policy_approvals: policy.policy_approvals,
            hotfix_rules_max: policy.hotfix_rules_max,
            hotfix_lines_max: policy.hotfix_lines_max,
            hotfix_paths: policy.hotfix_paths,
            hotfix_days_max: policy.hotfix_days_max,
        }
    }
}
impl From<PolicyView> for Policy {
    fn from(view: PolicyView) -> Policy {
        Policy {
            production_approvals: view.production_approvals,
            soft_launch_approvals: view.soft_launch_approvals,
            hotfix_approvals: view.hotfix_approvals,
            hotfix_over_cap_approvals: view.hotfix_over_cap_approvals,
            recall_approvals: view.recall_approvals,
            policy_approvals: view.policy_approvals,
            hotfix_rules_max: view.hotfix_rules_max,
            hotfix_lines_max: view.hotfix_lines_max,
            hotfix_paths: view.hotfix_paths,
            hotfix_days_max: view.hotfix_days_max,
        }
    }
}

/// The policy in force.
#[utoipa::path(get, path = "/api/v1/policy", tag = "sites",
    responses((status = 200, description = "The policy.", body = PolicyView)))]
pub async fn policy(caller: Caller) -> ApiResult {
    caller.require(Act::View, Scope::EVERYWHERE)?;
    let view = PolicyView::from(caller.snapshot.state.policy());
    Ok(read(&caller, &view))
}

/// The installation as this server knows it.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SitesView {
    /// This server's site.
    #[schema(value_type = String)]
    own: SiteName,
    /// Where the app is live.
    #[schema(value_type = String)]
    live: SiteName,
    /// Lanes in order of promotion; the last is production.
    #[schema(value_type = Vec<String>)]
    lanes: Vec<LaneName>,
    /// The primary first.
    sites: Vec<SiteView>,
}

/// A site as far as it is known here.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Site)]
pub struct SiteView {
    #[schema(value_type = String)]
    site: SiteName,
    /// The newest entry of its ledger that is here; 0 if none is.
    entries: u64,
    /// That entry's hash.
    #[schema(value_type = String)]
    hash: Digest,
    /// That entry's time; null if none is here.
    #[schema(value_type = Option<String>)]
    at: Option<Timestamp>,
    /// How far our copy is behind; null for this server's own site.
    lag: Option<LagView>,
    /// How it stands with its accounts and tokens; null for this server's own site.
    accounts: Option<AccountsView>,
    /// Versions that are there and not here, as far as its ledger is known.
    not_here: Vec<VersionAt>,
    /// Versions that are here and not there, as far as its ledger is known.
    not_there: Vec<VersionAt>,
}

/// How far our copy of a ledger is behind that ledger: never more than the truth.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
#[schema(as = Lag)]
pub enum LagView {
    /// The site answers.
    Known {
        /// When it answered, UTC.
        #[schema(value_type = String)]
        heard_at: Timestamp,
        /// Entries that it had then and this server has not.
        missing: u64,
        /// For how long the newest entry here has been the newest, in seconds; 0 if none is missing.
        seconds: u64,
    },
    /// The site is silent: what it did since is not known.
    Unknown {
        /// Since when, UTC; null if it was not heard since this process started.
        #[schema(value_type = Option<String>)]
        since: Option<Timestamp>,
        /// The newest entry here.
        last_seen: u64,
        /// It has at least so many entries that are missing here.
        at_least: u64,
    },
}

impl From<Lag> for LagView {
    fn from(lag: Lag) -> LagView {
        match lag {
            Lag::Known {
                heard_at,
                missing,
                seconds,
            } => LagView::Known {
                heard_at,
                missing,
                seconds,
            },
            Lag::Unknown {
                since,
                last_seen,
                at_least,
            } => LagView::Unknown {
                since,
                last_seen,
                at_least,
            },
        }
    }
}

/// How it stands with another site's accounts and tokens, which are carried here sealed.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CarriedAccounts)]
pub struct AccountsView {
    /// When all of them were known here, UTC; null if they were not since this process started.
    #[schema(value_type = Option<String>)]
    carried_at: Option<Timestamp>,
    /// Why they cannot be read for now.
    trouble: Option<String>,
    /// Why they are refused.
    refused: Option<String>,
}

impl From<&AccountsStatus> for AccountsView {
    fn from(status: &AccountsStatus) -> AccountsView {
        AccountsView {
            carried_at: status.carried_at,
            trouble: status.trouble.clone(),
            refused: status.refused.as_ref().map(ToString::to_string),
        }
    }
}

/// A version by its names.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = VersionAt)]
pub struct VersionAt {
    #[schema(value_type = String)]
    ruleset: RuleSetName,
    #[schema(value_type = String)]
    version: VersionName,
}

fn versions(found: Vec<(RuleSetName, VersionName)>) -> Vec<VersionAt> {
    let named = |(ruleset, version)| VersionAt { ruleset, version };
    found.into_iter().map(named).collect()
}

/// Sites and lanes, and how far each site's ledger is known here.
#[utoipa::path(get, path = "/api/v1/sites", tag = "sites",
    responses((status = 200, description = "The sites.", body = SitesView)))]
pub async fn sites(caller: Caller) -> ApiResult {
    caller.require(Act::View, Scope::EVERYWHERE)?;
    let state = &caller.snapshot.state;
    let now = caller.api.app.clock.now();
    let site = |site: &SiteName| {
        let head = state.head(site);
        let is_other = *site != state.own;
        SiteView {
            accounts: is_other.then(|| AccountsView::from(&caller.api.app.peer.load().accounts)),
            lag: is_other.then(|| caller.api.app.lag(state, site, now).into()),
            not_here: versions(state.versions_lacking(site, &state.own)),
            not_there: versions(state.versions_lacking(&state.own, site)),
            site: site.clone(),
            entries: head.seq,
            hash: head.hash,
            at: (head.seq > 0).then_some(head.at),
        }
    };
    let view = SitesView {
        own: state.own.clone(),
        live: state.live_site().clone(),
        lanes: state.topology.lanes.clone(),
        sites: state.topology.sites.iter().map(site).collect(),
    };
    Ok(read(&caller, &view))
}
