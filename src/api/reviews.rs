//! Reviews: what is asked for, what the gate says, who said what.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Api;
use super::answer::{Page, page, read};
use super::caller::Caller;
use super::problem::{ApiResult, Problem, refuse};
use super::releases::VerdictView;
use super::request::{Path, Query};
use super::view::PersonView;
use rulegate_domain::gate::{Check, CheckKind, Gate, Outcome};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::{Review, ReviewStatus};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{ReviewId, RuleSetName, Timestamp};
use rulegate_ledger::review::{Answer, Subject};
use rulegate_ledger::version::VersionName;

/// Which reviews.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReviewsParams {
    /// Only those of this rule set.
    #[param(value_type = Option<String>)]
    ruleset: Option<RuleSetName>,
    /// Only those that stand so.
    status: Option<StatusWord>,
    /// Items a page has: 1 to 500, 50 if absent.
    limit: Option<u32>,
    /// Where the page begins: what the page before gave as `next`.
    after: Option<String>,
}

/// Where a review stands.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusWord {
    /// Waiting for decisions.
    Open,
    /// Executed.
    Executed,
    /// Somebody said no.
    Rejected,
    /// Taken back.
    Withdrawn,
}

impl StatusWord {
    fn of(status: &ReviewStatus) -> StatusWord {
        match status {
            ReviewStatus::Open => StatusWord::Open,
            ReviewStatus::Executed { .. } => StatusWord::Executed,
            ReviewStatus::Rejected { .. } => StatusWord::Rejected,
            ReviewStatus::Withdrawn { .. } => StatusWord::Withdrawn,
        }
    }
}

/// A review in a list.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ReviewBrief {
    #[schema(value_type = String, example = "ipc2-57")]
    review: ReviewId,
    /// Absent for a change of policy.
    #[schema(value_type = Option<String>)]
    ruleset: Option<RuleSetName>,
    /// `activation`, `hotfix`, `recall` or `policy`.
    #[schema(value_type = String)]
    asks_for: &'static str,
    #[schema(value_type = Option<String>)]
    version: Option<VersionName>,
    /// The environments whose pins it moves, in order.
    #[schema(value_type = Vec<String>)]
    targets: Vec<Environment>,
    reason: String,
    requester: PersonView,
    #[schema(value_type = String)]
    opened_at: Timestamp,
    status: StatusWord,
    /// True while two others have to look at a broken glass.
    glass_open: bool,
}

fn brief(api: &Api, review: &Review) -> ReviewBrief {
    ReviewBrief {
        review: review.id.clone(),
        ruleset: review.ruleset.clone(),
        asks_for: match &review.subject {
            Subject::Activation { .. } => "activation",
            Subject::Hotfix { .. } => "hotfix",
            Subject::Recall { .. } => "recall",
            Subject::Policy { .. } => "policy",
        },
        version: review.subject.version().cloned(),
        targets: review.subject.targets().to_vec(),
        reason: review.reason.clone(),
        requester: PersonView::of(api, &review.requester),
        opened_at: review.opened_at,
        status: StatusWord::of(&review.status),
        glass_open: review.glass.as_ref().is_some_and(|glass| glass.is_open()),
    }
}

fn sees(caller: &Caller, review: &Review) -> bool {
    match &review.ruleset {
        Some(ruleset) => caller.sees(ruleset),
        None => caller.may(Act::View, &Scope::EVERYWHERE),
    }
}

/// Reviews of all sites, newest first.
#[utoipa::path(get, path = "/api/v1/reviews", tag = "reviews", params(ReviewsParams),
    responses((status = 200, description = "A page.", body = Page<ReviewBrief>)))]
pub async fn reviews(caller: Caller, Query(params): Query<ReviewsParams>) -> ApiResult {
    let is_wanted = |review: &Review| {
        sees(&caller, review)
            && params
                .ruleset
                .as_ref()
                .is_none_or(|name| review.ruleset.as_ref() == Some(name))
            && params
                .status
                .is_none_or(|status| StatusWord::of(&review.status) == status)
    };
    let found = page(
        caller.snapshot.state.reviews(),
        |review| review.id.to_string(),
        |review| is_wanted(review),
        (params.after.as_deref(), params.limit),
    )?;
    Ok(read(
        &caller,
        &found.map(|review| brief(&caller.api, review)),
    ))
}

/// A review with its gate as it stands.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ReviewView {
    #[serde(flatten)]
    brief: ReviewBrief,
    /// What would go live; absent for a change of policy.
    #[schema(value_type = Option<String>)]
    checksum: Option<Digest>,
    /// The gate; null once the review is closed.
    gate: Option<GateView>,
    /// Every approval, oldest first.
    approvals: Vec<ApprovalView>,
    /// Decisions on hotfix rules.
    answers: Vec<AnswerView>,
    comments: u32,
}

/// The checks that must pass, and what an approval given now is bound to.
#[derive(Serialize, utoipa::ToSchema)]
pub struct GateView {
    /// True if nothing blocks.
    open: bool,
    #[schema(value_type = String)]
    fingerprint: Digest,
    checks: Vec<CheckView>,
    approvals_needed: u32,
    approvals_counted: usize,
    /// Verdicts on the open hotfixes of the targets.
    hotfixes: Vec<HotfixVerdicts>,
}

/// One check.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = GateCheck)]
pub struct CheckView {
    check: CheckKind,
    outcome: Outcome,
    /// In words.
    #[schema(value_type = String)]
    title: &'static str,
    /// The facts behind it.
    evidence: String,
    /// Who can clear it.
    remedy: String,
}

impl CheckView {
    fn of(check: &Check) -> CheckView {
        CheckView {
            check: check.kind,
            outcome: check.outcome,
            title: check.title(),
            evidence: check.evidence.clone(),
            remedy: check.remedy(),
        }
    }
}

/// What the candidate does to one open hotfix.
#[derive(Serialize, utoipa::ToSchema)]
pub struct HotfixVerdicts {
    #[schema(value_type = String)]
    environment: Environment,
    #[schema(value_type = String)]
    hotfix: VersionName,
    /// Every rule that it changed.
    rules: Vec<VerdictView>,
}

/// One person's yes.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ApprovalView {
    by: PersonView,
    #[schema(value_type = String)]
    at: Timestamp,
    #[schema(value_type = String)]
    fingerprint: Digest,
    note: String,
    /// What changed since, so that it no longer counts; empty while it is bound to what is shown.
    stale_because: Vec<String>,
}

/// The decision on one hotfix rule.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AnswerView {
    #[schema(value_type = String)]
    environment: Environment,
    #[schema(value_type = String)]
    hotfix: VersionName,
    path: String,
    /// `contained_by_hand`, `loss_accepted` or `sent_back`.
    #[schema(value_type = String)]
    answer: &'static str,
    reason: String,
    by: PersonView,
    #[schema(value_type = String)]
    at: Timestamp,
}

/// One review: checks with evidence, fingerprint, approvals, verdicts.
#[utoipa::path(get, path = "/api/v1/reviews/{review}", tag = "reviews",
    params(("review" = String, Path, description = "Its id, e.g. `ipc2-57`.")),
    responses((status = 200, description = "The review.", body = ReviewView)))]
pub async fn review(caller: Caller, Path(id): Path<ReviewId>) -> ApiResult {
    let review = known(&caller, &id)?.clone();
    let gate = match review.status {
        ReviewStatus::Open => Some(caller.api.app.gate(&caller.snapshot.state, &review).await?),
        _ => None,
    };
    let answers = review
        .answers
        .iter()
        .map(|((environment, hotfix, path), given)| AnswerView {
            environment: environment.clone(),
            hotfix: hotfix.clone(),
            path: path.clone(),
            answer: match given.answer {
                Answer::ContainedByHand { .. } => "contained_by_hand",
                Answer::LossAccepted { .. } => "loss_accepted",
                Answer::SentBack { .. } => "sent_back",
            },
            reason: given.answer.reason().to_owned(),
            by: PersonView::of(&caller.api, &given.by),
            at: given.at,
        });
    let view = ReviewView {
        brief: brief(&caller.api, &review),
        checksum: review.subject.checksum(),
        approvals: approvals(&caller.api, &review, gate.as_ref()),
        gate: gate.as_ref().map(GateView::of),
        answers: answers.collect(),
        comments: review.comments,
    };
    Ok(read(&caller, &view))
}

fn approvals(api: &Api, review: &Review, gate: Option<&Gate>) -> Vec<ApprovalView> {
    let stale_because = |approval: &rulegate_domain::state::Approval| {
        gate.filter(|gate| gate.fingerprint != approval.fingerprint)
            .map(|gate| approval.shown.changes_until(&gate.shown))
            .map_or(Vec::new(), |changes| {
                changes.iter().map(|change| change.words()).collect()
            })
    };
    review
        .approvals
        .iter()
        .map(|approval| ApprovalView {
            by: PersonView::of(api, &approval.by),
            at: approval.at,
            fingerprint: approval.fingerprint,
            note: approval.note.clone(),
            stale_because: stale_because(approval),
        })
        .collect()
}

impl GateView {
    fn of(gate: &Gate) -> GateView {
        GateView {
            open: gate.is_open(),
            fingerprint: gate.fingerprint,
            checks: gate.checks.iter().map(CheckView::of).collect(),
            approvals_needed: gate.approvals_needed,
            approvals_counted: gate.counted.len(),
            hotfixes: gate
                .evidence
                .iter()
                .map(|evidence| HotfixVerdicts {
                    environment: evidence.question.environment.clone(),
                    hotfix: evidence.question.hotfix.clone(),
                    rules: evidence.rules.iter().map(VerdictView::of).collect(),
                })
                .collect(),
        }
    }
}

/// A review that the caller may see. One that it may not see is as good as absent.
pub fn known<'a>(caller: &'a Caller, id: &ReviewId) -> Result<&'a Arc<Review>, Problem> {
    caller.require(Act::View, Scope::EVERYWHERE)?;
    caller
        .snapshot
        .state
        .review(id)
        .filter(|review| sees(caller, review))
        .ok_or_else(|| refuse(Refusal::UnknownReview { review: id.clone() }))
}
