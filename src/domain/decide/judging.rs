//! Deciding on a review: answers, approvals, rejection, and carrying it out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::domain::broken::{Check as Left, is_left_out};
use crate::domain::digest::Digest;
use crate::domain::event::*;
use crate::domain::gate::{self, Gate};
use crate::domain::ids::{AccountId, ReviewId};
use crate::domain::judgement::Judged;
use crate::domain::review::{Answer, ShownHotfix, ShownTarget, Subject};
use crate::domain::state::{Pin, Review, ReviewStatus};
use crate::domain::verdict::Verdict;

fn known<'a>(asked: Asked<'a>, id: &ReviewId) -> Result<&'a Arc<Review>, Refusal> {
    let review = asked
        .state
        .review(id)
        .ok_or_else(|| Refusal::UnknownReview { review: id.clone() })?;
    if id.site != asked.state.own {
        return Err(Refusal::OtherSite {
            site: id.site.clone(),
        });
    }
    Ok(review)
}

/// The review if it is open, and if the actor holds the right in every scope of it.
fn open<'a>(asked: Asked<'a>, id: &ReviewId, act: Act) -> Result<&'a Arc<Review>, Refusal> {
    let review = known(asked, id)?;
    for scope in gate::scopes(review) {
        asked.require(act, scope)?;
    }
    let how = match &review.status {
        ReviewStatus::Open => return Ok(review),
        ReviewStatus::Executed { entry, .. } => format!("it was carried out at {entry}"),
        ReviewStatus::Rejected { reason, .. } => format!("it was rejected: {reason}"),
        ReviewStatus::Withdrawn { reason, .. } => format!("it was withdrawn: {reason}"),
    };
    Err(Refusal::ReviewClosed {
        review: id.clone(),
        how,
    })
}

fn fact(review: &Review, event: impl Into<Event>) -> Fact {
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

pub(super) fn answer(
    asked: Asked,
    id: &ReviewId,
    (environment, hotfix, paths): (&Environment, &VersionName, &[String]),
    answer: &Answer,
    judged: &[Judged],
) -> Result<Decided, Refusal> {
    let review = open(asked, id, Act::AnswerHotfix)?;
    let gate = gate::gate(asked.state, review, judged, asked.now)?;
    let verdicts: BTreeMap<&str, Verdict> = gate
        .shown
        .rules()
        .filter(|(e, h, _)| *e == environment && *h == hotfix)
        .map(|(_, _, rule)| (rule.path.as_str(), rule.verdict))
        .collect();
    let once: BTreeSet<&String> = paths.iter().collect();
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
    let reason = given("reason", answer.reason(), REASON_LENGTH_MAX)?;
    let answer = match answer {
        Answer::ContainedByHand { .. } => Answer::ContainedByHand { reason },
        Answer::LossAccepted { .. } => Answer::LossAccepted { reason },
        Answer::SentBack { .. } => Answer::SentBack { reason },
    };
    // One entry a rule: the ledger says of each what was decided about it.
    let answered = |path: &String| ReviewAnswered {
        review: id.clone(),
        environment: environment.clone(),
        hotfix: hotfix.clone(),
        path: path.clone(),
        verdict: verdicts[path.as_str()],
        answer: answer.clone(),
    };
    let facts = once.into_iter().map(|path| fact(review, answered(path)));
    Ok(Decided::New(facts.collect()))
}

pub(super) fn approve(
    asked: Asked,
    id: &ReviewId,
    fingerprint: Digest,
    note: &str,
    judged: &[Judged],
) -> Result<Decided, Refusal> {
    let review = open(asked, id, Act::Approve)?;
    let me = &asked.actor.account;
    if let Some((_, role)) = gate::parties(asked.state, review)
        .into_iter()
        .find(|(party, _)| party == me && !is_left_out(Left::FourEyes))
    {
        return Err(Refusal::OwnReview { role });
    }
    let gate = gate::gate(asked.state, review, judged, asked.now)?;
    if gate.fingerprint != fingerprint {
        return Err(Refusal::Stale {
            changes: since(review, fingerprint, &gate),
        });
    }
    if gate.counted.contains(me) {
        return Err(Refusal::AlreadyApproved);
    }
    let count = gate.shown.unanswered().len();
    if count > 0 && !is_left_out(Left::HotfixAnswers) {
        return Err(Refusal::Unanswered { count });
    }
    let note = optional("note", note, REASON_LENGTH_MAX)?;
    let body = ReviewApproved {
        review: id.clone(),
        fingerprint,
        shown: gate.shown,
        note,
    };
    Ok(Decided::New(vec![fact(review, body)]))
}

/// What changed since the fingerprint was shown, if some approval remembers what it stood for.
fn since(
    review: &Review,
    fingerprint: Digest,
    gate: &Gate,
) -> Vec<crate::domain::review::ShownChange> {
    review
        .approvals
        .iter()
        .find(|approval| approval.fingerprint == fingerprint)
        .map_or(Vec::new(), |approval| {
            approval.shown.changes_until(&gate.shown)
        })
}

pub(super) fn reject(asked: Asked, id: &ReviewId, reason: &str) -> Result<Decided, Refusal> {
    let review = open(asked, id, Act::Approve)?;
    let reason = given("reason", reason, REASON_LENGTH_MAX)?;
    Ok(Decided::New(vec![fact(
        review,
        ReviewRejected {
            review: id.clone(),
            reason,
        },
    )]))
}

pub(super) fn comment(asked: Asked, id: &ReviewId, text: &str) -> Result<Decided, Refusal> {
    let review = known(asked, id)?;
    let scope = review
        .ruleset
        .as_ref()
        .map_or(Scope::EVERYWHERE, Scope::ruleset);
    asked.require(Act::Comment, scope)?;
    let text = given("comment", text, COMMENT_LENGTH_MAX)?;
    Ok(Decided::New(vec![fact(
        review,
        ReviewCommented {
            review: id.clone(),
            text,
        },
    )]))
}

pub(super) fn withdraw(asked: Asked, id: &ReviewId, reason: &str) -> Result<Decided, Refusal> {
    let review = open(asked, id, Act::View)?;
    if review.requester != asked.actor.account {
        return Err(Refusal::NotYourRequest);
    }
    let reason = given("reason", reason, REASON_LENGTH_MAX)?;
    Ok(Decided::New(vec![fact(
        review,
        ReviewWithdrawn {
            review: id.clone(),
            reason,
        },
    )]))
}

pub(super) fn look_at_glass(asked: Asked, id: &ReviewId, note: &str) -> Result<Decided, Refusal> {
    let review = known(asked, id)?;
    for scope in gate::scopes(review) {
        asked.require(Act::ReviewBrokenGlass, scope)?;
    }
    let glass = review.glass.as_ref().ok_or(Refusal::NoGlassBroken)?;
    let me = &asked.actor.account;
    if glass.by == *me || glass.looked.iter().any(|(who, _, _)| who == me) {
        return Err(Refusal::AlreadyLooked);
    }
    let note = given("note", note, REASON_LENGTH_MAX)?;
    Ok(Decided::New(vec![fact(
        review,
        GlassReviewed {
            review: id.clone(),
            note,
        },
    )]))
}

pub(super) fn execute(
    asked: Asked,
    id: &ReviewId,
    fingerprint: Digest,
    break_glass: Option<&str>,
    judged: &[Judged],
) -> Result<Decided, Refusal> {
    let act = match asked.state.review(id).map(|review| &review.subject) {
        Some(Subject::Policy { .. }) => Act::RequestPolicy,
        _ => Act::Activate,
    };
    if asked.actor.token.is_some() {
        return Err(Refusal::NotAllowed {
            act: Act::Activate,
            scope: Scope::EVERYWHERE,
        });
    }
    let review = open(asked, id, act)?;
    let gate = gate::gate(asked.state, review, judged, asked.now)?;
    if gate.fingerprint != fingerprint {
        let refusal = Refusal::Stale {
            changes: since(review, fingerprint, &gate),
        };
        return Err(if break_glass.is_some() {
            Refusal::FingerprintNeverPasses
        } else {
            refusal
        });
    }
    let mut facts = Vec::new();
    let blocking = gate.blocking();
    if !blocking.is_empty() {
        let Some(reason) = break_glass else {
            return Err(Refusal::GateBlocked { checks: blocking });
        };
        for scope in gate::scopes(review) {
            asked.require(Act::BreakGlass, scope)?;
        }
        // What is recalled or absent, or was made on top of something else, no glass can pass.
        let never: Vec<_> = blocking
            .iter()
            .filter(|check| never_passes(check.kind))
            .cloned()
            .collect();
        if !never.is_empty() {
            return Err(Refusal::GateBlocked { checks: never });
        }
        let reason = given("reason", reason, REASON_LENGTH_MAX)?;
        let blocked = blocking
            .iter()
            .map(|check| check.code().to_owned())
            .collect();
        facts.push(fact(
            review,
            GlassBroken {
                review: id.clone(),
                reason,
                blocked,
                fingerprint,
            },
        ));
    }
    match (&review.ruleset, &review.subject) {
        (
            Some(ruleset),
            Subject::Activation {
                version,
                checksum,
                mode,
                ..
            },
        ) => {
            for target in &gate.shown.targets {
                let accepted = Accepted {
                    version,
                    checksum: *checksum,
                    mode: *mode,
                    review: id,
                    fingerprint,
                };
                facts.extend(move_target(
                    asked,
                    ruleset,
                    target,
                    &accepted,
                    &gate.counted,
                ));
            }
        }
        (
            Some(ruleset),
            Subject::Hotfix {
                version,
                checksum,
                environment,
            },
        ) => {
            let made_here = asked
                .state
                .hotfix(ruleset, version)
                .is_none_or(|hotfix| hotfix.environment == *environment);
            let accepted = Accepted {
                version,
                checksum: *checksum,
                mode: match made_here {
                    true => Mode::Hotfix,
                    false => Mode::Transferred,
                },
                review: id,
                fingerprint,
            };
            facts.extend(super::reconcile::transferred(
                asked.state,
                ruleset,
                version,
                environment,
                id,
            ));
            let pin = asked.state.pin(ruleset, environment);
            facts.push(activated(
                ruleset,
                environment,
                pin,
                &accepted,
                &gate.counted,
            ));
        }
        (Some(ruleset), Subject::Recall { version, .. }) => {
            let (version, reason) = (version.clone(), review.reason.clone());
            facts.push(Fact::about(
                ruleset,
                VersionRecalled {
                    version,
                    reason,
                    review: Some(id.clone()),
                },
            ));
        }
        (_, Subject::Policy { policy }) => {
            facts.push(Fact::general(PolicyChanged {
                policy: policy.clone(),
                review: Some(id.clone()),
            }));
        }
        (None, _) => return Err(Refusal::UnknownReview { review: id.clone() }),
    }
    Ok(Decided::New(facts))
}

fn never_passes(kind: gate::CheckKind) -> bool {
    use gate::CheckKind::*;
    matches!(kind, NotRecalled | VerifiedAtTargets | OnTopOfPin)
}

struct Accepted<'a> {
    version: &'a VersionName,
    checksum: Digest,
    mode: Mode,
    review: &'a ReviewId,
    fingerprint: Digest,
}

fn activated(
    ruleset: &RuleSetName,
    environment: &Environment,
    pin: Option<&Pin>,
    what: &Accepted,
    approved_by: &[AccountId],
) -> Fact {
    let body = VersionActivated {
        version: what.version.clone(),
        checksum: what.checksum,
        mode: what.mode,
        from: pin.map(|pin| pin.version.clone()),
        from_checksum: pin.map(|pin| pin.checksum),
        review: Some(what.review.clone()),
        fulfils: None,
        fingerprint: Some(what.fingerprint),
        approved_by: approved_by.to_vec(),
    };
    Fact::within(ruleset, &environment.lane, body)
}

/// The facts for one target: the pin moves and its hotfixes close, or an intent for the other site.
fn move_target(
    asked: Asked,
    ruleset: &RuleSetName,
    target: &ShownTarget,
    what: &Accepted,
    approved_by: &[AccountId],
) -> Vec<Fact> {
    let environment = &target.environment;
    let ends: Vec<HotfixOutcome> = target.hotfixes.iter().map(outcome).collect();
    if environment.site != asked.state.own {
        let body = IntentRecorded {
            environment: environment.clone(),
            version: what.version.clone(),
            checksum: what.checksum,
            mode: what.mode,
            review: what.review.clone(),
            fingerprint: what.fingerprint,
            approved_by: approved_by.to_vec(),
            from_checksum: target.pin_checksum,
            accepted: ends.iter().filter_map(HotfixOutcome::loss).collect(),
            contained: ends.iter().filter_map(HotfixOutcome::contained).collect(),
        };
        return vec![Fact::about(ruleset, body)];
    }
    let mut facts = vec![activated(
        ruleset,
        environment,
        asked.state.pin(ruleset, environment),
        what,
        approved_by,
    )];
    let runs = super::transfer::Runs {
        environment,
        version: what.version,
        review: Some(what.review),
    };
    facts.extend(ends.into_iter().filter_map(|end| match end {
        HotfixOutcome::Contained(hotfix) => Some(runs.absorbed(ruleset, &hotfix)),
        HotfixOutcome::Lost(loss) => Some(runs.discarded(ruleset, &loss)),
        HotfixOutcome::Unanswered => None,
    }));
    facts
}

enum HotfixOutcome {
    Contained(VersionName),
    Lost(AcceptedLoss),
    /// Only past a broken glass: the hotfix stays open, as debt that everybody sees.
    Unanswered,
}

impl HotfixOutcome {
    fn loss(&self) -> Option<AcceptedLoss> {
        if let HotfixOutcome::Lost(loss) = self {
            Some(loss.clone())
        } else {
            None
        }
    }
    fn contained(&self) -> Option<VersionName> {
        if let HotfixOutcome::Contained(hotfix) = self {
            Some(hotfix.clone())
        } else {
            None
        }
    }
}

/// Contained if every rule is, by verdict or by hand; lost if somebody accepted so for any rule.
fn outcome(hotfix: &ShownHotfix) -> HotfixOutcome {
    if hotfix.rules.iter().any(|rule| !rule.is_settled()) {
        return HotfixOutcome::Unanswered;
    }
    let mut reasons: Vec<String> = Vec::new();
    for rule in &hotfix.rules {
        if let Some(Answer::LossAccepted { reason }) = &rule.answer
            && !rule.verdict.is_contained()
            && !reasons.contains(reason)
        {
            reasons.push(reason.clone());
        }
    }
    if reasons.is_empty() {
        HotfixOutcome::Contained(hotfix.hotfix.clone())
    } else {
        HotfixOutcome::Lost(AcceptedLoss {
            hotfix: hotfix.hotfix.clone(),
            reason: reasons.join("; "),
        })
    }
}
