//! Delivering a planned version, and asking before releasing what it would undo.

use axum::extract::Request;
use serde::{Deserialize, Serialize};

use super::answer::created;
use super::caller::Caller;
use super::problem::{ApiResult, Problem, refuse};
use super::request::{Path, Query, archive};
use rulegate_compare::verdict::{RuleVerdict, Span, Unit, Verdict};
use rulegate_domain::command;
use rulegate_domain::judgement::Evidence;
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{DriftFinding, Finding, Provenance, RuleAtRisk, StageEvidence};
use rulegate_ledger::ids::{EntryRef, RuleSetName};
use rulegate_ledger::version::VersionName;

/// The version's name and where it comes from.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReleaseParams {
    /// The name the pipeline gives, e.g. `4.18.0`.
    #[param(value_type = String)]
    version: VersionName,
    /// The commit it was built from.
    commit: Option<String>,
    /// The build at stage E1.
    e1_build: Option<String>,
    /// The snapshot checksum that stage E1 worked with: 64 lower-case hex digits.
    e1_checksum: Option<String>,
    /// The build at stage E2.
    e2_build: Option<String>,
    /// The snapshot checksum that stage E2 worked with.
    e2_checksum: Option<String>,
    /// A web address with more.
    link: Option<String>,
}

/// A delivered version.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ReleaseView {
    #[schema(value_type = String)]
    ruleset: RuleSetName,
    #[schema(value_type = String)]
    version: VersionName,
    /// The SHA-256 of its manifest.
    #[schema(value_type = String)]
    checksum: Digest,
    /// The entry that committed it; the same one when it is sent again.
    #[schema(value_type = Option<String>, example = "ipc2#31")]
    entry: Option<EntryRef>,
    /// Open hotfixes that it does not contain, as found when it arrived.
    may_override: Vec<OverrideView>,
    /// What was found in each environment when it arrived.
    drift: Vec<DriftFinding>,
}

/// An open hotfix that a release may override.
#[derive(Serialize, utoipa::ToSchema)]
pub struct OverrideView {
    #[schema(value_type = String)]
    environment: Environment,
    #[schema(value_type = String)]
    hotfix: VersionName,
    /// Its rules that are not contained.
    rules: Vec<RuleAtRiskView>,
}

/// A rule of a hotfix that a release does not contain.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RuleAtRiskView {
    path: String,
    /// What became of the hotfix's changes there, as found when the release arrived.
    #[schema(value_type = String, example = "overridden")]
    verdict: Verdict,
    /// The single changes; absent once the hotfix is no longer open.
    #[serde(skip_serializing_if = "Option::is_none")]
    units: Option<Vec<UnitView>>,
}

/// Delivers a planned version. It activates nothing. The same bytes again are answered with the same entry.
#[utoipa::path(post, path = "/api/v1/rulesets/{ruleset}/releases", tag = "releases",
    params(("ruleset" = String, Path, description = "The rule set; a new name begins a new one."), ReleaseParams),
    request_body(description = "A tar of the rules, plain or gzip.", content(
        (Vec<u8> = "application/x-tar"), (Vec<u8> = "application/gzip"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 201, description = "It was committed.", body = ReleaseView),
        (status = 200, description = "It was there already; nothing was written.", body = ReleaseView)))]
pub async fn push(
    caller: Caller,
    Path(ruleset): Path<RuleSetName>,
    Query(params): Query<ReleaseParams>,
    request: Request,
) -> ApiResult {
    caller.require(Act::PushRelease, Scope::ruleset(&ruleset))?;
    let provenance = params.provenance()?;
    let version = params.version;
    if version.is_hotfix() {
        return Err(refuse(Refusal::NotAPlannedName { version }));
    }
    let received = archive(&caller.api, request).await?;
    let command = command::CommitRelease {
        ruleset: ruleset.clone(),
        version: version.clone(),
        snapshot: caller.api.app.keep(&received.intake).await?,
        provenance,
        evidence: Vec::new(),
    };
    let done = caller.execute(command, &received.digest).await?;
    let snapshot = caller.api.app.snapshot();
    let drift = snapshot
        .state
        .version(&ruleset, &version)
        .and_then(|facts| facts.release.as_ref())
        .map_or(Vec::new(), |release| release.drift.clone());
    // The same questions were asked when it was committed: the answers are remembered.
    let mut asked = Vec::new();
    for found in drift
        .iter()
        .filter(|found| matches!(found.finding, Finding::MayOverride { .. }))
    {
        let checksum = received.intake.manifest.checksum();
        asked.extend(
            snapshot
                .state
                .questions(&ruleset, &found.environment, checksum),
        );
    }
    let evidence = caller.api.app.judge(&asked).await?;
    let view = ReleaseView {
        ruleset,
        version,
        checksum: received.intake.manifest.checksum(),
        entry: done.entry(),
        may_override: overrides(&drift, &evidence),
        drift,
    };
    Ok(created(&done, &view))
}

impl ReleaseParams {
    fn provenance(&self) -> Result<Provenance, Problem> {
        Ok(Provenance {
            commit: self.commit.clone(),
            e1: stage("e1_checksum", &self.e1_build, &self.e1_checksum)?,
            e2: stage("e2_checksum", &self.e2_build, &self.e2_checksum)?,
            link: self.link.clone(),
        })
    }
}

fn stage(
    name: &str,
    build: &Option<String>,
    checksum: &Option<String>,
) -> Result<StageEvidence, Problem> {
    let checksum = match checksum.as_deref().filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            Problem::unfit(
                "bad_checksum",
                format!("The parameter {name} is not 64 lower-case hex digits."),
            )
        })?),
    };
    Ok(StageEvidence {
        build: build.clone(),
        checksum,
    })
}

/// Hotfixes at risk, environment by environment, with the single changes of those that are evidence.
fn overrides(drift: &[DriftFinding], evidence: &[Evidence]) -> Vec<OverrideView> {
    let mut views = Vec::new();
    for found in drift {
        let Finding::MayOverride { hotfixes, .. } = &found.finding else {
            continue;
        };
        for risk in hotfixes {
            let evidence = evidence.iter().find(|evidence| {
                evidence.question.environment == found.environment
                    && evidence.question.hotfix == risk.hotfix
            });
            views.push(OverrideView {
                environment: found.environment.clone(),
                hotfix: risk.hotfix.clone(),
                rules: risk
                    .rules
                    .iter()
                    .map(|rule| RuleAtRiskView::of(rule, evidence))
                    .collect(),
            });
        }
    }
    views
}

impl RuleAtRiskView {
    fn of(rule: &RuleAtRisk, evidence: Option<&Evidence>) -> RuleAtRiskView {
        let known = evidence.and_then(|evidence| {
            let mut rules = evidence.rules.iter();
            rules.find(|known| known.path == rule.path && known.verdict == rule.verdict)
        });
        RuleAtRiskView {
            path: rule.path.clone(),
            verdict: rule.verdict,
            units: known.map(|known| known.units.iter().map(UnitView::of).collect()),
        }
    }
}

/// Where it is to run.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EnvironmentParams {
    /// Site and lane, e.g. `ipc2/prod`.
    #[param(value_type = String)]
    pub environment: Environment,
}

/// What a candidate would do to an environment.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CheckView {
    #[schema(value_type = String)]
    ruleset: RuleSetName,
    #[schema(value_type = String)]
    environment: Environment,
    /// The candidate's checksum.
    #[schema(value_type = String)]
    checksum: Digest,
    /// Open hotfixes that the candidate does not contain in full, oldest first.
    would_lose: Vec<LossView>,
    /// Open hotfixes that it contains, oldest first.
    #[schema(value_type = Vec<String>)]
    contained: Vec<VersionName>,
    /// What a release of these bytes would record for the environment.
    finding: Finding,
}

/// A hotfix that would be lost, in whole or in part.
#[derive(Serialize, utoipa::ToSchema)]
pub struct LossView {
    #[schema(value_type = String)]
    hotfix: VersionName,
    /// Its rules that are not contained, by path.
    rules: Vec<VerdictView>,
}

/// What became of a hotfix's changes in one rule.
#[derive(Serialize, utoipa::ToSchema)]
pub struct VerdictView {
    path: String,
    #[schema(value_type = String, example = "overridden")]
    verdict: Verdict,
    /// The evidence in a sentence.
    why: String,
    /// Where the content lives in the candidate if not under `path`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidate_paths: Vec<String>,
    /// The single changes.
    units: Vec<UnitView>,
}

/// One single change of a hotfix.
#[derive(Serialize, utoipa::ToSchema)]
pub struct UnitView {
    /// The change in words.
    what: String,
    #[schema(value_type = String, example = "overridden")]
    verdict: Verdict,
    /// First and last line in what the hotfix was made on, from 1; null if it has nothing there.
    #[schema(value_type = Option<Vec<u32>>)]
    base: Span,
    /// The same in the hotfix.
    #[schema(value_type = Option<Vec<u32>>)]
    hotfix: Span,
    /// The same in the candidate.
    #[schema(value_type = Option<Vec<u32>>)]
    candidate: Span,
}

impl UnitView {
    fn of(unit: &Unit) -> UnitView {
        UnitView {
            what: unit.what.clone(),
            verdict: unit.verdict,
            base: unit.base,
            hotfix: unit.hotfix,
            candidate: unit.planned,
        }
    }
}

impl VerdictView {
    /// The view of one rule's verdict.
    pub fn of(rule: &RuleVerdict) -> VerdictView {
        VerdictView {
            path: rule.path.clone(),
            verdict: rule.verdict,
            why: rule.why.clone(),
            candidate_paths: rule.planned_paths.clone(),
            units: rule.units.iter().map(UnitView::of).collect(),
        }
    }
}

/// Tells what these rules would do to an environment's open hotfixes. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/rulesets/{ruleset}/checks", tag = "releases",
    params(("ruleset" = String, Path, description = "The rule set."), EnvironmentParams),
    request_body(description = "A tar of the rules, plain or gzip.", content(
        (Vec<u8> = "application/x-tar"), (Vec<u8> = "application/gzip"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 200, description = "What would be lost; nothing if the list is empty.", body = CheckView)))]
pub async fn check(
    caller: Caller,
    Path(ruleset): Path<RuleSetName>,
    Query(params): Query<EnvironmentParams>,
    request: Request,
) -> ApiResult {
    let environment = params.environment;
    require_environment(&caller, Act::View, &ruleset, &environment)?;
    let received = archive(&caller.api, request).await?;
    let checksum = received.intake.manifest.checksum();
    let snapshot = caller.api.app.snapshot();
    let asked = snapshot.state.questions(&ruleset, &environment, checksum);
    let evidence = caller
        .api
        .app
        .judge_candidate(&asked, &received.intake)
        .await?;
    let losses = evidence.iter().filter_map(|evidence| {
        let rules: Vec<VerdictView> = evidence
            .rules
            .iter()
            .filter(|rule| !rule.verdict.is_contained())
            .map(VerdictView::of)
            .collect();
        (!rules.is_empty()).then(|| LossView {
            hotfix: evidence.question.hotfix.clone(),
            rules,
        })
    });
    let contained = evidence
        .iter()
        .filter(|evidence| evidence.at_risk().is_none())
        .map(|evidence| evidence.question.hotfix.clone())
        .collect();
    let view = CheckView {
        would_lose: losses.collect(),
        contained,
        finding: snapshot
            .state
            .finding(&ruleset, &environment, checksum, &evidence, caller.now)?,
        ruleset,
        environment,
        checksum,
    };
    Ok(super::answer::json(
        axum::http::StatusCode::OK,
        serde_json::to_vec(&view).expect("a view is JSON"),
    ))
}

/// Refuses environments where the caller may not do this, that do not exist, or whose rule set does not.
pub fn require_environment(
    caller: &Caller,
    act: Act,
    ruleset: &RuleSetName,
    environment: &Environment,
) -> Result<(), Problem> {
    caller.require(act, Scope::exactly(ruleset, environment))?;
    let state = &caller.snapshot.state;
    if !state.topology.has(environment) {
        return Err(refuse(Refusal::UnknownEnvironment {
            environment: environment.clone(),
        }));
    }
    if !state.has_ruleset(ruleset) {
        return Err(refuse(Refusal::UnknownRuleSet {
            ruleset: ruleset.clone(),
        }));
    }
    Ok(())
}
