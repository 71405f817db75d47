//! What an environment runs, ran, and should run.

use serde::Serialize;

use super::answer::{Page, page, read};
use super::caller::Caller;
use super::problem::ApiResult;
use super::releases::require_environment;
use super::request::{Path, Query};
use super::rulesets::PageParams;
use super::view::{ObservationView, PinView, StopView};
use rulegate_ledger::access::Act;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{LaneName, RuleSetName, SiteName};
use rulegate_ledger::version::VersionName;

/// An environment of a rule set.
#[derive(Serialize, utoipa::ToSchema)]
pub struct EnvironmentView {
    #[schema(value_type = String)]
    ruleset: RuleSetName,
    #[schema(value_type = String)]
    environment: Environment,
    /// True for the lane that serves production.
    production: bool,
    /// True if the app is live at this site.
    live: bool,
    /// What it runs; null if nothing was ever activated.
    pin: Option<PinView>,
    /// The last planned version that was activated; null if there is none yet.
    baseline: Option<PinView>,
    /// The pin is not the baseline: an interim hotfix. Null without a baseline.
    differs_from_plan: Option<bool>,
    /// Hotfixes in effect and neither absorbed nor discarded, oldest first.
    #[schema(value_type = Vec<String>)]
    open_hotfixes: Vec<VersionName>,
    /// What was last observed there; null if nothing ever was.
    observation: Option<ObservationView>,
    /// Holds in force.
    holds: Vec<StopView>,
    /// Freezes in force.
    freezes: Vec<StopView>,
    /// Every pin, newest first; pages go on with `after`.
    history: Page<PinView>,
}

/// One environment of a rule set with a page of its history.
#[utoipa::path(get, path = "/api/v1/rulesets/{ruleset}/environments/{site}/{lane}", tag = "rule sets",
    params(("ruleset" = String, Path, description = "The rule set."), ("site" = String, Path, description = "The site."),
        ("lane" = String, Path, description = "The lane."), PageParams),
    responses((status = 200, description = "The environment.", body = EnvironmentView)))]
pub async fn environment(
    caller: Caller,
    Path((ruleset, site, lane)): Path<(RuleSetName, SiteName, LaneName)>,
    Query(params): Query<PageParams>,
) -> ApiResult {
    let environment = Environment::new(&site, &lane);
    require_environment(&caller, Act::View, &ruleset, &environment)?;
    let state = &caller.snapshot.state;
    let track = state.track(&ruleset, &environment);
    let baseline = track.and_then(|track| track.baseline.as_ref());
    let history = page(
        track
            .into_iter()
            .flat_map(|track| track.history.iter().rev()),
        |pin| pin.entry.seq.to_string(),
        |_| true,
        params.place(),
    )?;
    let stops = |stops: Vec<&rulegate_domain::state::Stop>| {
        stops
            .into_iter()
            .map(|stop| StopView::of(&caller.api, stop))
            .collect()
    };
    let view = EnvironmentView {
        production: state.topology.is_production(&environment),
        live: *state.live_site() == site,
        pin: track.map(|track| PinView::of(&caller.api, &track.current)),
        baseline: baseline.map(|pin| PinView::of(&caller.api, pin)),
        differs_from_plan: track
            .zip(baseline)
            .map(|(track, b)| track.current.checksum != b.checksum),
        open_hotfixes: track.map_or(Vec::new(), |t| t.open_hotfixes.iter().cloned().collect()),
        observation: state
            .observation(&ruleset, &environment)
            .map(|found| ObservationView::of(&caller.api, found, caller.now)),
        holds: stops(state.holds(&ruleset, &environment)),
        freezes: stops(state.freezes(&ruleset, &environment, caller.now)),
        history: history.map(|pin| PinView::of(&caller.api, pin)),
        ruleset,
        environment,
    };
    Ok(read(&caller, &view))
}
