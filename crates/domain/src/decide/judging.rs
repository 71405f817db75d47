//! Deciding on a review: answers, approvals, rejection.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::defect::{Defect, is_left_out};
use crate::gate::{self, Gate};
use crate::state::{Review, ReviewStatus};
use rulegate_compare::verdict::Verdict;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::*;
use rulegate_ledger::ids::ReviewId;
use rulegate_ledger::review::{Answer, Subject};

fn known<'a>(context: Context<'a>, id: &ReviewId) -> Result<&'a Arc<Review>, Refusal> {
    let review = context
        .state
        .review(id)
        .ok_or_else(|| Refusal::UnknownReview { review: id.clone() })?;
    if id.site != context.state.own {
        return Err(Refusal::OtherSite {
            site: id.site.clone(),
        });
    }
    Ok(review)
}

/// The review if it is open, and if the actor holds the right in every scope of it.
pub(super) fn open<'a>(
    context: Context<'a>,
    id: &ReviewId,
    act: Act,
) -> Result<&'a Arc<Review>, Refusal> {
    let review = known(context, id)?;
    for scope in gate::scopes(review) {
        context.require(act, scope)?;
    }
    let how = match &review.status {
        ReviewStatus::Open => return Ok(review),
        ReviewStatus::Executed { entry, .. } => format!("it was executed at {entry}"),
        ReviewStatus::Rejected { reason, .. } => format!("it was rejected: {reason}"),
        ReviewStatus::Withdrawn { reason, .. } => format!("it was withdrawn: {reason}"),
    };
    Err(Refusal::ReviewClosed {
        review: id.clone(),
        how,
    })
}

pub(super) fn fact(review: &Review, event: impl Into<Event>) -> Fact {
    let lane = match &review.subject {
        Subject::Hotfix { environment, .. } => Some(environment.lane.clone()),
        Subject::Activation { targets, .. } => {
            let lane = targets.first().map(|target| target.lane.clone());
            lane.filter(|lane| targets.iter().all(|target| target.lane == *lane))
        }
        Subject::Recall { .. } | Subject::Policy { .. } => None,
    };
    Fact {
        ruleset: review.ruleset.clone(),
        lane,
        event: event.into(),
    }
}

impl Decide for AnswerHotfix {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let review = open(context, &self.review, Act::AnswerHotfix)?;
        let gate = gate::gate(context.state, review, &self.evidence, context.now)?;
        let verdicts: BTreeMap<&str, Verdict> = gate
            .shown
            .rules()
            .filter(|(e, h, _)| *e == &self.environment && *h == &self.hotfix)
            .map(|(_, _, rule)| (rule.path.as_str(), rule.verdict))
            .collect();
        let once: BTreeSet<&String> = self.paths.iter().collect();
        if once.is_empty() {
            return Err(Refusal::Missing { what: "rule" });
        }
        for path in &once {
            match verdicts.get(path.as_str()) {
                None => {
                    return Err(Refusal::NothingToAnswer {
                        path: path.to_string(),
                    });
                }
                Some(Verdict::Included) => {
                    return Err(Refusal::AnswerNotNeeded {
                        path: path.to_string(),
                    });
                }
                Some(_) => {}
            }
        }
        let reason = required_text("reason", self.answer.reason(), REASON_LENGTH_MAX)?;
        let answer = match &self.answer {
            Answer::ContainedByHand { .. } => Answer::ContainedByHand { reason },
            Answer::LossAccepted { .. } => Answer::LossAccepted { reason },
            Answer::SentBack { .. } => Answer::SentBack { reason },
        };
        // One entry a rule: the ledger says of each what was decided about it.
        let answered = |path: &String| ReviewAnswered {
            review: self.review.clone(),
            environment: self.environment.clone(),
            hotfix: self.hotfix.clone(),
            path: path.clone(),
            verdict: verdicts[path.as_str()],
            answer: answer.clone(),
        };
        let facts = once.into_iter().map(|path| fact(review, answered(path)));
        Ok(Decided::New(facts.collect()))
    }

    fn questions(&mut self, state: &State) -> Option<(Vec<Question>, &mut Vec<Evidence>)> {
        let review = state.review(&self.review)?;
        Some((gate::questions(state, review), &mut self.evidence))
    }
}

impl Decide for Approve {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let review = open(context, &self.review, Act::Approve)?;
        let me = &context.actor.account;
        if let Some((_, role)) = gate::parties(context.state, review)
            .into_iter()
            .find(|(party, _)| party == me && !is_left_out(Defect::FourEyes))
        {
            return Err(Refusal::OwnReview { role });
        }
        let gate = gate::gate(context.state, review, &self.evidence, context.now)?;
        if gate.fingerprint != self.fingerprint {
            return Err(Refusal::Stale {
                changes: since(review, self.fingerprint, &gate),
            });
        }
        if gate.counted.contains(me) {
            return Err(Refusal::AlreadyApproved);
        }
        let count = gate.shown.unanswered().len();
        if count > 0 && !is_left_out(Defect::HotfixAnswers) {
            let sent_back = gate.shown.sent_back();
            return Err(Refusal::Unanswered { count, sent_back });
        }
        let note = optional("note", &self.note, REASON_LENGTH_MAX)?;
        let body = ReviewApproved {
            review: self.review.clone(),
            fingerprint: self.fingerprint,
            shown: gate.shown,
            note,
        };
        Ok(fact(review, body).into())
    }

    fn questions(&mut self, state: &State) -> Option<(Vec<Question>, &mut Vec<Evidence>)> {
        let review = state.review(&self.review)?;
        Some((gate::questions(state, review), &mut self.evidence))
    }
}

/// What changed since the fingerprint was shown, if some approval remembers what it stood for.
pub(super) fn since(
    review: &Review,
    fingerprint: Digest,
    gate: &Gate,
) -> Vec<rulegate_ledger::review::ShownChange> {
    review
        .approvals
        .iter()
        .find(|approval| approval.fingerprint == fingerprint)
        .map_or(Vec::new(), |approval| {
            approval.shown.changes_until(&gate.shown)
        })
}

impl Decide for Reject {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let review = open(context, &self.review, Act::Approve)?;
        let reason = required_reason(&self.reason)?;
        Ok(fact(
            review,
            ReviewRejected {
                review: self.review.clone(),
                reason,
            },
        )
        .into())
    }
}

impl Decide for Comment {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let review = known(context, &self.review)?;
        let scope = review
            .ruleset
            .as_ref()
            .map_or(Scope::EVERYWHERE, Scope::ruleset);
        context.require(Act::Comment, scope)?;
        let text = required_text("comment", &self.text, COMMENT_LENGTH_MAX)?;
        Ok(fact(
            review,
            ReviewCommented {
                review: self.review.clone(),
                text,
            },
        )
        .into())
    }
}

impl Decide for Withdraw {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let review = open(context, &self.review, Act::View)?;
        if review.requester != context.actor.account {
            return Err(Refusal::NotYourRequest);
        }
        let reason = required_reason(&self.reason)?;
        Ok(fact(
            review,
            ReviewWithdrawn {
                review: self.review.clone(),
                reason,
            },
        )
        .into())
    }
}

impl Decide for ReviewGlass {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let review = known(context, &self.review)?;
        for scope in gate::scopes(review) {
            context.require(Act::ReviewBrokenGlass, scope)?;
        }
        let glass = review.glass.as_ref().ok_or(Refusal::NoGlassBroken)?;
        let me = &context.actor.account;
        if glass.by == *me || glass.after_reviews.iter().any(|(who, _, _)| who == me) {
            return Err(Refusal::AlreadyLooked);
        }
        let note = required_text("note", &self.note, REASON_LENGTH_MAX)?;
        Ok(fact(
            review,
            GlassReviewed {
                review: self.review.clone(),
                note,
            },
        )
        .into())
    }
}
