//! What a refusal says, and what to do next.

use super::Refusal;
use crate::check::Check;
use rulegate_ledger::access::{Scope, roles_for};
use rulegate_ledger::review::ShownChange;
use rulegate_ledger::text::counted;

impl Refusal {
    /// What is the case, in one or two sentences.
    pub fn message(&self) -> String {
        match self {
            Refusal::NotAllowed { act, scope } => match *scope == Scope::EVERYWHERE {
                true => format!("You may not {}.", act.words()),
                false => format!("You may not {} for {}.", act.words(), scope.words()),
            },
            Refusal::UnknownRuleSet { ruleset } => format!("There is no rule set {ruleset}."),
            Refusal::UnknownVersion { ruleset, version } => {
                format!("Rule set {ruleset} has no version {version}.")
            }
            Refusal::UnknownEnvironment { environment } => {
                format!("There is no environment {environment}.")
            }
            Refusal::UnknownReview { review } => format!("There is no review {review}."),
            Refusal::UnknownHotfix { hotfix } => format!("There is no hotfix {hotfix}."),
            Refusal::UnknownObservation { observation } => {
                format!("Observation {observation} is unknown or a newer one has replaced it.")
            }
            Refusal::UnknownStop { id } => format!("Nothing set at {id} is in force."),
            Refusal::UnknownIntent { id } => format!("No activation waits under {id}."),
            Refusal::OtherSite { site } => format!("Site {site} decides this in its own ledger."),
            Refusal::VersionExists {
                version,
                checksum,
                entry,
            } => {
                format!(
                    "Version {version} exists with checksum {checksum} (entry {entry}) and versions never change."
                )
            }
            Refusal::NotAPlannedName { version } => {
                format!("{version} is a hotfix's name: the pipeline gives names without '+'.")
            }
            Refusal::HotfixStaysHome { version, made_for } => {
                format!(
                    "Hotfix {version} was made for {made_for}; moving it to another environment is a transfer."
                )
            }
            Refusal::NoTargets => "No target environment was named.".into(),
            Refusal::AlreadyActive {
                version,
                environment,
            } => format!("{environment} runs {version} already."),
            Refusal::NothingPinned { environment } => {
                format!("Nothing was ever activated in {environment}.")
            }
            Refusal::NotInSoftLaunch { version } => {
                format!("Version {version} never ran in soft launch at this site.")
            }
            Refusal::Missing { what } => format!("The {what} is missing."),
            Refusal::TooLong { what, max } => {
                format!("The {what} is longer than {max} characters.")
            }
            Refusal::BadLink { link } => format!("{link:?} is not an http or https address."),
            Refusal::EndsTooSoon => "The end date lies in the past.".into(),
            Refusal::EndsTooLate { days_max } => {
                format!("The end date lies more than {days_max} days ahead.")
            }
            Refusal::NotYourRequest => "Somebody else asked for this.".into(),
            Refusal::NothingChanged => "Nothing differs from what runs there.".into(),
            Refusal::PathNotEditable { path, patterns } => {
                format!(
                    "A hotfix may not touch {path}; the policy allows {}.",
                    patterns.join(", ")
                )
            }
            Refusal::PinMoved { environment, now } => {
                format!(
                    "What this was made on top of is no longer what runs: {environment} moved to {now}."
                )
            }
            Refusal::NotProduction { environment } => {
                format!("{environment} is not production; hotfixes go to production only.")
            }
            Refusal::NotTheLiveSite { environment, live } => {
                format!(
                    "The app is live at {live}; a hotfix for {environment} would change nothing people use."
                )
            }
            Refusal::ReviewClosed { review, how } => format!("Review {review} is closed: {how}."),
            Refusal::OwnReview { role } => {
                format!("You are the {role}: somebody else has to decide.")
            }
            Refusal::AlreadyApproved => "You have approved exactly this already.".into(),
            Refusal::Unanswered { count, sent_back } => {
                let mut words = Vec::new();
                if count > sent_back {
                    let open = counted(count - sent_back, "hotfix rule is", "hotfix rules are");
                    words.push(format!(
                        "{open} not contained in the candidate and nobody has answered for that yet"
                    ));
                }
                if *sent_back > 0 {
                    let back = counted(*sent_back, "hotfix rule was", "hotfix rules were");
                    words.push(format!(
                        "{back} sent back: the candidate does not contain what they fix"
                    ));
                }
                format!("{}.", words.join("; "))
            }
            Refusal::NothingToAnswer { path } => format!("No open hotfix at stake touches {path}."),
            Refusal::AnswerNotNeeded { path } => {
                format!("The candidate contains the hotfix of {path}: no answer is needed.")
            }
            Refusal::Stale { changes } if changes.is_empty() => {
                "What you were shown is no longer what is true.".into()
            }
            Refusal::Stale { changes } => {
                let words: Vec<String> = changes.iter().map(ShownChange::words).collect();
                format!(
                    "What you were shown is no longer what is true: {}.",
                    words.join("; ")
                )
            }
            Refusal::EvidenceOutdated => "The verdicts at hand are about other bytes.".into(),
            Refusal::GateBlocked { checks } => {
                let words: Vec<&str> = checks.iter().map(|check| check.title()).collect();
                format!("The gate is closed: {}.", words.join("; "))
            }
            Refusal::FingerprintNeverPasses => {
                "Breaking the glass passes a check, never what was shown.".into()
            }
            Refusal::NoGlassBroken => "No glass was broken here.".into(),
            Refusal::AlreadyLooked => {
                "You have reviewed this already, or broke the glass yourself.".into()
            }
            Refusal::HotfixNotOpen { hotfix } => format!("Hotfix {hotfix} is not open."),
            Refusal::DriftSettled { observation } => {
                format!("Observation {observation} needs no explanation any more.")
            }
            Refusal::ObservedBytesMissing => {
                "The observed rules' bytes are not in the store.".into()
            }
            Refusal::AlreadyRecalled { version } => format!("Version {version} is recalled."),
            Refusal::PolicyRefused(error) => format!("{error}."),
            Refusal::PolicySame => "This is the policy in force.".into(),
            Refusal::AlreadyGranted => "The account has this right already.".into(),
            Refusal::NotGranted => "The account does not have this right.".into(),
            Refusal::LastAdmin => {
                "This is the last admin: nobody could manage accounts any more.".into()
            }
            Refusal::ServiceRole { role } => format!(
                "{} goes to service accounts only, and services hold no other role.",
                role.name()
            ),
            Refusal::AlreadyLive { site } => format!("The app is declared live at {site} already."),
            Refusal::BytesAbsent { version, site } => {
                format!("The bytes of {version} are not at {site} yet.")
            }
            Refusal::NeedsMerge {
                hotfix,
                environment,
                now,
            } => format!(
                "{environment} runs {now}, which is not what {hotfix} was made on: bringing it as it is would undo something."
            ),
            Refusal::UnknownPair { first, second } => {
                format!("{first} and {second} are no open pair of hotfixes.")
            }
            Refusal::PairConflicts { first, second } => format!(
                "{first} and {second} are not one fix: each lacks something that the other changed."
            ),
            Refusal::NothingDiffers { environment } => format!(
                "{environment} differs from no live environment, or the difference is accepted."
            ),
        }
    }

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
            Refusal::PolicyRefused(_) => {
                "Lower the number, or give more people the right to approve.".into()
            }
            _ => "Check the name and try again.".into(),
        }
    }
}
