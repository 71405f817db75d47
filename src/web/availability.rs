//! Whether an act is offered to a person now: the answer of the same decision that the act itself will meet.

use std::collections::BTreeSet;

use super::Portal;
use super::format;
use super::user::User;
use rulegate_domain::command::Command;
use rulegate_domain::decide::decide;
use rulegate_domain::gate;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::Review;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::AccountId;

/// Names shown of those who could do it; more are counted.
const NAMES_MAX: usize = 4;

/// An act with what stands against it; nothing does if `missing` is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Availability {
    pub missing: String,
    pub who: String,
}

impl Availability {
    /// True if the person may do it now.
    pub fn is_open(&self) -> bool {
        self.missing.is_empty()
    }

    /// What stands against it, said by the screen itself.
    pub fn unavailable(missing: impl Into<String>, who: impl Into<String>) -> Availability {
        Availability {
            missing: missing.into(),
            who: who.into(),
        }
    }

    /// Asks the decision; nothing is executed.
    pub fn of(
        portal: &Portal,
        user: &User,
        review: Option<&Review>,
        command: &Command,
    ) -> Availability {
        match decide(&user.snapshot.state, command, &user.actor(), user.now) {
            Ok(_) => Availability::default(),
            Err(refusal) => Availability::refused(portal, user, review, &refusal),
        }
    }

    /// Whether the person has the right, and who has it otherwise.
    pub fn of_right(portal: &Portal, user: &User, act: Act, scope: Scope) -> Availability {
        match user.require(act, scope) {
            Ok(()) => Availability::default(),
            Err(refusal) => Availability::refused(portal, user, None, &refusal),
        }
    }

    /// A refusal with the people who could supply what is missing.
    pub fn refused(
        portal: &Portal,
        user: &User,
        review: Option<&Review>,
        refusal: &Refusal,
    ) -> Availability {
        let state = &user.snapshot.state;
        if let Refusal::GateBlocked { checks } = refusal {
            let titles: Vec<&str> = checks.iter().map(|check| check.title()).collect();
            let count = format::count(checks.len(), "check", "checks");
            return Availability::unavailable(
                format!("Waits for {count}: {}.", titles.join("; ")),
                "",
            );
        }
        let who = match refusal {
            Refusal::NotAllowed { act, scope } => {
                who_may(portal, user, *act, scope, &BTreeSet::new())
            }
            Refusal::OwnReview { .. } | Refusal::AlreadyApproved => {
                let mut not: BTreeSet<AccountId> = [user.person.account.id.clone()].into();
                let mut scope = Scope::EVERYWHERE;
                if let Some(review) = review {
                    not.extend(
                        gate::parties(state, review)
                            .into_iter()
                            .map(|(party, _)| party),
                    );
                    scope = gate::scopes(review).first().cloned().unwrap_or_default();
                }
                who_may(portal, user, Act::Approve, &scope, &not)
            }
            refusal => refusal.remedy(),
        };
        Availability {
            missing: refusal.message(),
            who,
        }
    }
}

/// `Rita Novak or Lucy Moreau can.`
pub fn who_may(
    portal: &Portal,
    user: &User,
    act: Act,
    scope: &Scope,
    not: &BTreeSet<AccountId>,
) -> String {
    let people = user.snapshot.state.people_who_may(act, scope);
    let names: Vec<String> = people
        .iter()
        .filter(|id| !not.contains(id))
        .map(|id| portal.auth.directory.name(id))
        .collect();
    let shown = names.len().min(NAMES_MAX);
    match (names.len(), names.len() - shown) {
        (0, _) => format!(
            "Nobody else may {} yet: an admin can give that right.",
            act.words()
        ),
        (_, 0) => format!("{} can.", joined(&names)),
        (_, more) => format!("{} and {more} others can.", names[..shown].join(", ")),
    }
}

fn joined(names: &[String]) -> String {
    match names {
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
        [] => String::new(),
    }
}
