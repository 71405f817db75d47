//! What a refusal says where that takes more than a line, and what to do next.

use super::Refusal;
use crate::check::Check;
use rulegate_ledger::access::{Act, Scope, roles_for};
use rulegate_ledger::review::ShownChange;
use rulegate_ledger::text::counted;

pub(super) fn not_allowed(act: Act, scope: &Scope) -> String {
    match *scope == Scope::EVERYWHERE {
        true => format!("You may not {}.", act.words()),
        false => format!("You may not {} for {}.", act.words(), scope.words()),
    }
}

pub(super) fn unanswered(count: usize, sent_back: usize) -> String {
    let mut words = Vec::new();
    if count > sent_back {
        let open = counted(count - sent_back, "hotfix rule is", "hotfix rules are");
        words.push(format!(
            "{open} not contained in the candidate and nobody has answered for that yet"
        ));
    }
    if sent_back > 0 {
        let back = counted(sent_back, "hotfix rule was", "hotfix rules were");
        words.push(format!(
            "{back} sent back: the candidate does not contain what they fix"
        ));
    }
    format!("{}.", words.join("; "))
}

pub(super) fn stale(changes: &[ShownChange]) -> String {
    if changes.is_empty() {
        return "What you were shown is no longer what is true.".into();
    }
    let words: Vec<String> = changes.iter().map(ShownChange::words).collect();
    format!(
        "What you were shown is no longer what is true: {}.",
        words.join("; ")
    )
}

pub(super) fn gate_blocked(checks: &[Check]) -> String {
    let words: Vec<&str> = checks.iter().map(|check| check.title()).collect();
    format!("The gate is closed: {}.", words.join("; "))
}

impl Refusal {
    /// What to do next, and who can.
    pub fn remedy(&self) -> String {
        match self {
            Refusal::NotAllowed { act, .. } => {
                let roles: Vec<&str> = roles_for(*act)
                    .into_iter()
                    .map(|role| role.name())
                    .collect();
                let roles = match roles.as_slice() {
                    [most @ .., last] if !most.is_empty() => format!("{} or {last}", most.join(", ")),
                    roles => roles.join(", "),
                };
                format!("Ask someone with the role {roles}, or an admin for that role.")
            }
            Refusal::VersionExists { .. } => "Give the changed bytes a name of their own.".into(),
            Refusal::HotfixStaysHome { .. } => {
                "A release admin of that site brings it there, on the page Sites.".into()
            }
            Refusal::BytesAbsent { .. } => {
                "They come by themselves once the link between the sites is up.".into()
            }
            Refusal::NeedsMerge { .. } => {
                "An author merges it rule by rule at the hotfix desk.".into()
            }
            Refusal::PairConflicts { .. } => "Say which one stays, or that both are needed.".into(),
            Refusal::PinMoved { .. } => {
                "Start again from what runs now; your text is kept on the page you came from."
                    .into()
            }
            Refusal::OwnReview { .. } => {
                "Ask a reviewer or a release admin who neither asked for this nor wrote it.".into()
            }
            Refusal::NotYourRequest => {
                "Only whoever asked can take it back; whoever may approve it can reject it.".into()
            }
            Refusal::NothingChanged => {
                "Change at least one rule: what you wrote is what runs there already.".into()
            }
            Refusal::Unanswered { count, sent_back } if count == sent_back => {
                "Wait for a version that contains what was sent back and reject this one, or accept the loss with a reason instead."
                    .into()
            }
            Refusal::Unanswered { .. } => {
                "Answer for each rule first: contained, loss accepted with a reason, or sent back."
                    .into()
            }
            Refusal::Stale { .. } | Refusal::EvidenceOutdated => {
                "Look at the page again and decide on what is true now.".into()
            }
            Refusal::GateBlocked { checks } => {
                let words: Vec<String> = checks
                    .iter()
                    .map(Check::remedy)
                    .filter(|r| !r.is_empty())
                    .collect();
                words.join(" ")
            }
            Refusal::PathNotEditable { .. } => {
                "Plan the change as a release, or ask an admin for a change of policy.".into()
            }
            Refusal::NotTheLiveSite { live, .. } => format!(
                "Make the hotfix at {live}, or have an operator declare where the app is live."
            ),
            Refusal::OtherSite { site } => format!("Do it at the portal of {site}."),
            Refusal::NotInSoftLaunch { .. } => "Activate it in soft launch first.".into(),
            Refusal::NothingPinned { .. } => "Activate a planned version there first.".into(),
            Refusal::EndsTooSoon | Refusal::EndsTooLate { .. } => "Choose another date.".into(),
            Refusal::Missing { .. } | Refusal::TooLong { .. } | Refusal::BadLink { .. } => {
                "Correct it and send it again.".into()
            }
            Refusal::ReviewClosed { .. } => {
                "Open a new review if something is still to be decided.".into()
            }
            Refusal::LastAdmin => "Give another account the admin role first.".into(),
            Refusal::PolicyRefused { .. } => {
                "Lower the number, or give more people the right to approve.".into()
            }
            _ => "Check the name and try again.".into(),
        }
    }
}
