//! What a pod should run now: answered from memory, the one address that every pod asks all the time.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use quick_cache::sync::Cache;
use serde::Deserialize;

use super::Api;
use super::answer::{is_known, json, not_modified};
use super::caller::bearer;
use super::problem::{ApiResult, Problem, refuse};
use crate::app::Snapshot;
use crate::app::snapshot::AssignmentView;
use crate::auth::token::Bearer;
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{LaneName, RuleSetName, SiteName};

/// Pairs of token and rule set that are remembered.
const REMEMBERED: usize = 4_096;

/// Site and lane, for a pod that wants to be sure: both must be its token's.
#[derive(Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssignmentParams {
    /// Must be the token's.
    #[param(value_type = Option<String>)]
    site: Option<SiteName>,
    /// Must be the token's.
    #[param(value_type = Option<String>)]
    lane: Option<LaneName>,
}

/// What the caller should run now. Site and lane are the token's. Ask again with `If-None-Match`.
#[utoipa::path(get, path = "/api/v1/assignments/{ruleset}", tag = "pods",
    params(("ruleset" = String, Path, description = "The rule set."), AssignmentParams),
    responses((status = 200, description = "The pinned version.", body = AssignmentView),
        (status = 304, description = "Unchanged since the entity tag that was sent.")))]
pub async fn assignment(State(api): State<Arc<Api>>, request: Request) -> ApiResult {
    let bearer = bearer(&api, request.headers())?;
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    let ruleset: RuleSetName = name.parse()?;
    let environment = own_environment(&api, &bearer, request.uri().query(), &ruleset)?;
    let snapshot = api.app.snapshot();
    api.rights
        .require(&bearer, &snapshot, &ruleset, &environment)?;
    let key = (ruleset, environment.lane);
    let Some(assignment) = snapshot.assignments.get(&key) else {
        return Err(not_assigned(&key.0, &key.1));
    };
    let etag = assignment.etag.clone();
    if is_known(request.headers().get(header::IF_NONE_MATCH), &etag) {
        return Ok(not_modified(etag));
    }
    let mut response = json(StatusCode::OK, assignment.body.clone());
    response.headers_mut().insert(header::ETAG, etag);
    Ok(response)
}

/// The environment of the token.
///
/// Errors: `other_environment` if another one was asked for, or the token is for another site.
fn own_environment(
    api: &Api,
    bearer: &Bearer,
    query: Option<&str>,
    ruleset: &RuleSetName,
) -> Result<Environment, Problem> {
    let scope = &bearer.token.scope;
    let (Some(site), Some(lane)) = (&scope.site, &scope.lane) else {
        return Err(refuse(Refusal::NotAllowed {
            act: Act::ReadAssignment,
            scope: Scope::ruleset(ruleset),
        }));
    };
    let wanted: AssignmentParams = match query {
        None | Some("") => AssignmentParams::default(),
        Some(query) => serde_html_form::from_str(query)
            .map_err(|e| Problem::bad_request("bad_parameter", e.to_string()))?,
    };
    let is_other = wanted.site.is_some_and(|wanted| wanted != *site)
        || wanted.lane.is_some_and(|wanted| wanted != *lane);
    if is_other || *site != api.app.config.site {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "other_environment",
            "Not this environment",
            format!(
                "The token is for {site}/{lane} and this server is {}.",
                api.app.config.site
            ),
            "Ask the token's own site for its own lane, or ask an admin for another token.",
        ));
    }
    Ok(Environment::new(site, lane))
}

fn not_assigned(ruleset: &RuleSetName, lane: &LaneName) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_assigned",
        "Nothing to run",
        format!("No version of {ruleset} was ever activated in {lane} here."),
        "A release admin activates one; go on with what you have until then.",
    )
}

/// Which tokens may read which assignment, remembered until a ledger moves. Whether a token still holds is asked
/// every time; what it is limited to never changes.
#[derive(Default)]
pub struct Rights(ArcSwapOption<Remembered>);

struct Remembered {
    of: Arc<Snapshot>,
    allowed: Cache<(Digest, RuleSetName), ()>,
}

impl Rights {
    fn require(
        &self,
        bearer: &Bearer,
        snapshot: &Arc<Snapshot>,
        ruleset: &RuleSetName,
        environment: &Environment,
    ) -> Result<(), Problem> {
        let key = (bearer.token.hash, ruleset.clone());
        let known = self.0.load();
        let known = known
            .as_deref()
            .filter(|known| Arc::ptr_eq(&known.of, snapshot));
        if known.is_some_and(|known| known.allowed.get(&key).is_some()) {
            return Ok(());
        }
        let act = Act::ReadAssignment;
        let scope = Scope::exactly(ruleset, environment);
        if !snapshot.state.may(&bearer.actor(), act, &scope) {
            return Err(refuse(Refusal::NotAllowed { act, scope }));
        }
        match known {
            Some(known) => known.allowed.insert(key, ()),
            None => {
                let fresh = Remembered {
                    of: snapshot.clone(),
                    allowed: Cache::new(REMEMBERED),
                };
                fresh.allowed.insert(key, ());
                self.0.store(Some(Arc::new(fresh)));
            }
        }
        Ok(())
    }
}
