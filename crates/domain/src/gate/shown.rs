//! What a review shows of the state now; an approval is bound to exactly this.

use crate::judgement::Evidence;
use crate::state::{Review, State};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::review::{Shown, ShownHotfix, ShownRule, ShownTarget, Subject};

pub(super) fn shown(state: &State, review: &Review, evidence: &[Evidence]) -> Shown {
    let Some(ruleset) = &review.ruleset else {
        let policy = match &review.subject {
            Subject::Policy { policy } => Some(policy.clone()),
            _ => None,
        };
        return Shown {
            policy,
            ..Shown::default()
        };
    };
    let targets = review
        .subject
        .targets()
        .iter()
        .map(|environment| {
            let pin = state.pin(ruleset, environment);
            ShownTarget {
                environment: environment.clone(),
                pin: pin.map(|pin| pin.version.clone()),
                pin_checksum: pin.map(|pin| pin.checksum),
                hotfixes: evidence
                    .iter()
                    .filter(|j| j.question.environment == *environment)
                    .map(|j| shown_hotfix(state, review, ruleset, j))
                    .collect(),
            }
        })
        .collect();
    Shown {
        candidate: review.subject.checksum(),
        targets,
        policy: None,
    }
}

fn shown_hotfix(
    state: &State,
    review: &Review,
    ruleset: &RuleSetName,
    evidence: &Evidence,
) -> ShownHotfix {
    let question = &evidence.question;
    let rules = question
        .changes
        .iter()
        .map(|change| {
            let key = (
                question.environment.clone(),
                question.hotfix.clone(),
                change.path.clone(),
            );
            ShownRule {
                path: change.path.clone(),
                verdict: evidence.verdict(&change.path),
                answer: review
                    .answers
                    .get(&key)
                    .map(|answered| answered.answer.clone()),
            }
        })
        .collect();
    let checksum = state
        .hotfix(ruleset, &question.hotfix)
        .map_or(Digest::ZERO, |hotfix| hotfix.checksum);
    ShownHotfix {
        hotfix: question.hotfix.clone(),
        checksum,
        rules,
    }
}
