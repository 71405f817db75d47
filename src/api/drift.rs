//! Explaining what was observed: adopted as a hotfix, or accepted until a date.

use serde::Deserialize;

use super::answer::{Page, page, read, written};
use super::caller::Caller;
use super::problem::{ApiResult, refuse};
use super::request::{Json, Path, Query, timestamp};
use super::rulesets::PageParams;
use super::view::ObservationView;
use rulegate_domain::command::{self, HotfixWords};
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::{EntryRef, SiteName};

/// The newest observation of each environment that found a difference, newest first.
#[utoipa::path(get, path = "/api/v1/observations", tag = "drift", params(PageParams),
    responses((status = 200, description = "A page.", body = Page<ObservationView>)))]
pub async fn observations(caller: Caller, Query(params): Query<PageParams>) -> ApiResult {
    let found = page(
        caller.snapshot.state.observations(),
        |found| found.id.to_string(),
        |found| {
            caller.may(
                Act::View,
                &Scope::exactly(&found.ruleset, &found.environment),
            )
        },
        params.place(),
    )?;
    let view = found.map(|found| ObservationView::of(&caller.api, found, caller.now));
    Ok(read(&caller, &view))
}

/// Why observed drift is accepted, and until when.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dismissal {
    reason: String,
    /// A date or an RFC 3339 time.
    ends_at: String,
}

/// Accepts observed drift until a date.
#[utoipa::path(post, path = "/api/v1/observations/{site}/{seq}/dismiss", tag = "drift",
    params(("site" = String, Path, description = "The ledger's site."), ("seq" = u64, Path, description = "The observation's entry.")),
    request_body = Dismissal,
    responses((status = 201, description = "It is accepted until then.", body = super::answer::Written)))]
pub async fn dismiss(
    caller: Caller,
    Path((site, seq)): Path<(SiteName, u64)>,
    body: Json<Dismissal>,
) -> ApiResult {
    let Dismissal { reason, ends_at } = body.value;
    let command = command::DismissDrift {
        observation: EntryRef { site, seq },
        reason,
        ends_at: timestamp("ends_at", &ends_at)?,
    };
    written(&caller, command, &body.digest).await
}

/// What the hotfix made of observed drift says about itself.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Adoption {
    reason: String,
    incident: String,
    /// A date or an RFC 3339 time.
    ends_at: String,
}

/// Makes a hotfix of what was observed and opens its review.
#[utoipa::path(post, path = "/api/v1/observations/{site}/{seq}/adopt", tag = "drift",
    params(("site" = String, Path, description = "The ledger's site."), ("seq" = u64, Path, description = "The observation's entry.")),
    request_body = Adoption,
    responses((status = 201, description = "The hotfix and its review.", body = super::answer::Written)))]
pub async fn adopt(
    caller: Caller,
    Path((site, seq)): Path<(SiteName, u64)>,
    body: Json<Adoption>,
) -> ApiResult {
    let Adoption {
        reason,
        incident,
        ends_at,
    } = body.value;
    let ends_at = timestamp("ends_at", &ends_at)?;
    caller.require(Act::AdoptDrift, Scope::EVERYWHERE)?;
    let observation = EntryRef { site, seq };
    let snapshot = caller.snapshot.clone();
    let known = snapshot.state.observations();
    let Some(found) = known.into_iter().find(|found| found.id == observation) else {
        return Err(refuse(Refusal::UnknownObservation { observation }));
    };
    caller.require(
        Act::AdoptDrift,
        Scope::exactly(&found.ruleset, &found.environment),
    )?;
    let draft = caller.api.app.observed(found).await?;
    let command = command::AdoptDrift {
        observation,
        snapshot: draft.after.facts(),
        lines_changed: draft.lines_changed(),
        words: HotfixWords {
            reason,
            incident,
            ends_at,
        },
    };
    written(&caller, command, &body.digest).await
}
