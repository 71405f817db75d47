//! Which acts a review's page offers, and what stands against the others.

use super::ReviewContext;
use crate::web::availability::Availability;
use rulegate_domain::command::{self, Command};
use rulegate_domain::gate;
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::Act;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::review::Answer;

/// Stands for whatever a person will type, when an act is only asked about.
const SOME_TEXT: &str = "…";

/// The acts of the page.
#[allow(missing_docs)]
pub(super) struct Acts {
    pub approve: Availability,
    pub reject: Availability,
    /// Present for whoever asked.
    pub withdraw: Option<Availability>,
    pub execute: Availability,
    pub answer: Availability,
    pub comment: Availability,
    /// Present where the glass may be broken, or where it could if something else held.
    pub break_glass: Option<Availability>,
    /// Of a broken glass.
    pub after_review: Availability,
}

pub(super) fn acts(context: &ReviewContext) -> Acts {
    let (review, user) = (context.review, context.user);
    let ask = |command: Command| Availability::of(context.portal, user, Some(review), &command);
    let id = || review.id.clone();
    let text = || SOME_TEXT.to_owned();
    let fingerprint = context.gate.map_or(Digest::ZERO, |gate| gate.fingerprint);
    let evidence = || {
        context
            .gate
            .map_or(Vec::new(), |gate| gate.evidence.clone())
    };
    let ask_to_execute = |break_glass: Option<String>| {
        ask(command::Execute {
            review: id(),
            fingerprint,
            break_glass,
            evidence: evidence(),
        }
        .into())
    };
    let execute = ask_to_execute(None);
    Acts {
        approve: ask(command::Approve {
            review: id(),
            fingerprint,
            note: String::new(),
            evidence: evidence(),
        }
        .into()),
        reject: ask(command::Reject {
            review: id(),
            reason: text(),
        }
        .into()),
        withdraw: (review.requester == user.person.account.id).then(|| {
            ask(command::Withdraw {
                review: id(),
                reason: text(),
            }
            .into())
        }),
        answer: answer(context),
        comment: ask(command::Comment {
            review: id(),
            text: text(),
        }
        .into()),
        break_glass: (may_break(context) && !execute.is_open())
            .then(|| ask_to_execute(Some(text()))),
        execute,
        after_review: after_review(ask(command::ReviewGlass {
            review: id(),
            note: text(),
        }
        .into())),
    }
}

/// Breaking the glass is offered to those who may, and to nobody else.
fn may_break(context: &ReviewContext) -> bool {
    let blocked = context.gate.is_some_and(|gate| !gate.is_open());
    blocked
        && gate::scopes(context.review)
            .iter()
            .all(|scope| context.user.may(Act::BreakGlass, scope))
}

fn answer(context: &ReviewContext) -> Availability {
    let Some(gate) = context.gate else {
        return Availability::unavailable("The review is closed.", "");
    };
    let mut rules = gate.shown.rules();
    let asking = rules.find(|(_, _, rule)| !rule.verdict.is_contained());
    let Some((environment, hotfix, rule)) = asking else {
        return Availability::default();
    };
    let command = command::AnswerHotfix {
        review: context.review.id.clone(),
        environment: environment.clone(),
        hotfix: hotfix.clone(),
        paths: vec![rule.path.clone()],
        answer: Answer::LossAccepted {
            reason: SOME_TEXT.into(),
        },
        evidence: gate.evidence.clone(),
    }
    .into();
    Availability::of(context.portal, context.user, Some(context.review), &command)
}

fn after_review(mut offer: Availability) -> Availability {
    if offer.missing == Refusal::AlreadyLooked.message() {
        offer.who = "Two others have to.".to_owned();
    }
    offer
}
