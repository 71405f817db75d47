//! What lies between the sites, as the page of that name shows it.

use serde::Serialize;

use super::answer::read;
use super::caller::Caller;
use super::problem::ApiResult;
use rulegate_domain::live::ColdDifference;
use rulegate_domain::transfers::{OfferedTransfer, Way};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::PairFinding;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

/// What waits for a person's decision between the sites, as far as both are known here.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Between)]
pub struct BetweenView {
    /// Hotfixes of another site that are offered to this one.
    offered: Vec<OfferedView>,
    /// Pairs of hotfixes that nobody has closed.
    pairs: Vec<PairView>,
    /// Environments of cold sites that would serve something else than the live site.
    cold: Vec<ColdView>,
}

/// A hotfix that is open at another site, not in effect here, and not decided about here.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = OfferedTransfer)]
pub struct OfferedView {
    #[schema(value_type = String)]
    ruleset: RuleSetName,
    #[schema(value_type = String)]
    hotfix: VersionName,
    /// Where it is open.
    #[schema(value_type = String)]
    from: Environment,
    /// Where it may be brought.
    #[schema(value_type = String)]
    to: Environment,
    /// `fast_forward`, `merge`, `absent` (its bytes are not here yet) or `nothing_pinned`.
    #[schema(value_type = String)]
    way: &'static str,
}

/// Two hotfixes made at two sites for one incident or on one rule.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Pair)]
pub struct PairView {
    #[schema(value_type = String)]
    ruleset: RuleSetName,
    #[schema(value_type = String)]
    first: VersionName,
    #[schema(value_type = String)]
    second: VersionName,
    /// What they are to each other, judged from their bytes.
    finding: PairFinding,
}

/// What a cold environment would serve, against what the live one serves.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ColdDifference)]
pub struct ColdView {
    #[schema(value_type = String)]
    ruleset: RuleSetName,
    #[schema(value_type = String)]
    cold: Environment,
    /// Null if nothing was ever activated there.
    #[schema(value_type = Option<String>)]
    cold_version: Option<VersionName>,
    #[schema(value_type = String)]
    live: Environment,
    /// Null likewise.
    #[schema(value_type = Option<String>)]
    live_version: Option<VersionName>,
    /// Why somebody accepted exactly this difference; null if nobody did.
    accepted: Option<String>,
}

/// What lies between the sites and waits for a person. Persons decide it in the portal.
#[utoipa::path(get, path = "/api/v1/sites/between", tag = "sites",
    responses((status = 200, description = "What is in effect at one site only.", body = BetweenView)))]
pub async fn between(caller: Caller) -> ApiResult {
    caller.require(Act::View, Scope::EVERYWHERE)?;
    let state = &caller.snapshot.state;
    let mut pairs = Vec::new();
    for pair in state.open_pairs() {
        pairs.push(PairView {
            ruleset: pair.first.ruleset.clone(),
            first: pair.first.version.clone(),
            second: pair.second.version.clone(),
            finding: caller.api.app.pair_finding(&pair).await?,
        });
    }
    let offered = state.offered_transfers(&state.own);
    let view = BetweenView {
        offered: offered.iter().map(offered_view).collect(),
        pairs,
        cold: state.cold_differences().into_iter().map(cold).collect(),
    };
    Ok(read(&caller, &view))
}

fn offered_view(offered: &OfferedTransfer<'_>) -> OfferedView {
    OfferedView {
        ruleset: offered.hotfix.ruleset.clone(),
        hotfix: offered.hotfix.version.clone(),
        from: offered.from.clone(),
        to: offered.to.clone(),
        way: match offered.way {
            Way::FastForward => "fast_forward",
            Way::Merge => "merge",
            Way::Absent => "absent",
            Way::NothingPinned => "nothing_pinned",
        },
    }
}

fn cold(found: ColdDifference<'_>) -> ColdView {
    ColdView {
        ruleset: found.ruleset,
        cold: found.cold,
        cold_version: found.cold_version,
        live: found.live,
        live_version: found.live_version,
        accepted: found.accepted.map(|accepted| accepted.reason.clone()),
    }
}
