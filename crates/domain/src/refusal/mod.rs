//! The business says no: a stable code, a sentence, and what to do next.

mod words;

use crate::check::Check;
use rulegate_ledger::access::{Act, Role, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{EntryRef, ReviewId, RuleSetName, SiteName};
use rulegate_ledger::policy::PolicyError;
use rulegate_ledger::review::ShownChange;
use rulegate_ledger::version::VersionName;

/// What kind of no it is: whoever answers over HTTP makes a status of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// Somebody else has to decide or do it.
    NotYours,
    /// What was named is not there, or the caller may not know it.
    NotFound,
    /// The text given is at fault, whatever the state.
    BadInput,
    /// It does not go with what is true now.
    Conflict,
}

/// Declares the refusals: what each holds, its kind, its stable code and its sentence.
macro_rules! refusals {
    ($($refusal:ident $({ $($field:ident: $type:ty),* })? is $kind:ident, $code:literal: $message:expr,)*) => {
        /// Why a command was not executed. Nothing was written.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs)]
        pub enum Refusal { $($refusal $({ $($field: $type),* })?,)* }

        impl Refusal {
            /// The stable code shared by pages and interfaces.
            pub fn code(&self) -> &'static str {
                match self { $(Refusal::$refusal { .. } => $code,)* }
            }

            /// What kind of no it is.
            pub fn kind(&self) -> RefusalKind {
                match self { $(Refusal::$refusal { .. } => RefusalKind::$kind,)* }
            }

            /// What is the case, in one or two sentences.
            #[allow(unused_variables)]
            pub fn message(&self) -> String {
                match self { $(Refusal::$refusal $({ $($field),* })? => $message,)* }
            }

            /// True if the caller may not know or named something that is not there.
            pub fn is_not_found(&self) -> bool {
                self.kind() == RefusalKind::NotFound
            }

            /// True if the text given is at fault, whatever the state.
            pub fn is_bad_input(&self) -> bool {
                self.kind() == RefusalKind::BadInput
            }
        }
    };
}

refusals! {
    NotAllowed { act: Act, scope: Scope } is NotYours, "not_allowed": words::not_allowed(*act, scope),
    UnknownRuleSet { ruleset: RuleSetName } is NotFound, "unknown_ruleset":
        format!("There is no rule set {ruleset}."),
    UnknownVersion { ruleset: RuleSetName, version: VersionName } is NotFound, "unknown_version":
        format!("Rule set {ruleset} has no version {version}."),
    UnknownEnvironment { environment: Environment } is NotFound, "unknown_environment":
        format!("There is no environment {environment}."),
    UnknownReview { review: ReviewId } is NotFound, "unknown_review": format!("There is no review {review}."),
    UnknownHotfix { hotfix: VersionName } is NotFound, "unknown_hotfix": format!("There is no hotfix {hotfix}."),
    UnknownObservation { observation: EntryRef } is NotFound, "unknown_observation":
        format!("Observation {observation} is unknown or a newer one has replaced it."),
    UnknownStop { id: EntryRef } is NotFound, "unknown_hold_or_freeze": format!("Nothing set at {id} is in force."),
    UnknownIntent { id: EntryRef } is NotFound, "unknown_intent": format!("No activation waits under {id}."),
    OtherSite { site: SiteName } is Conflict, "other_site": format!("Site {site} decides this in its own ledger."),
    VersionExists { version: VersionName, checksum: Digest, entry: EntryRef } is Conflict, "version_exists":
        format!("Version {version} exists with checksum {checksum} (entry {entry}) and versions never change."),
    NotAPlannedName { version: VersionName } is BadInput, "not_a_planned_name":
        format!("{version} is a hotfix's name: the pipeline gives names without '+'."),
    HotfixStaysHome { version: VersionName, made_for: Environment } is Conflict, "hotfix_stays_home":
        format!("Hotfix {version} was made for {made_for}; moving it to another environment is a transfer."),
    NoTargets is BadInput, "no_targets": "No target environment was named.".into(),
    AlreadyActive { version: VersionName, environment: Environment } is Conflict, "already_active":
        format!("{environment} runs {version} already."),
    NothingPinned { environment: Environment } is Conflict, "nothing_pinned":
        format!("Nothing was ever activated in {environment}."),
    NotInSoftLaunch { version: VersionName } is Conflict, "not_in_soft_launch":
        format!("Version {version} never ran in soft launch at this site."),
    Missing { what: &'static str } is BadInput, "missing": format!("The {what} is missing."),
    TooLong { what: &'static str, max: usize } is BadInput, "too_long":
        format!("The {what} is longer than {max} characters."),
    BadLink { link: String } is BadInput, "bad_link": format!("{link:?} is not an http or https address."),
    EndsTooSoon is BadInput, "ends_too_soon": "The end date lies in the past.".into(),
    EndsTooLate { days_max: u32 } is BadInput, "ends_too_late":
        format!("The end date lies more than {days_max} days ahead."),
    NothingChanged is Conflict, "nothing_changed": "Nothing differs from what runs there.".into(),
    PathNotEditable { path: String, patterns: Vec<String> } is BadInput, "path_not_editable":
        format!("A hotfix may not touch {path}; the policy allows {}.", patterns.join(", ")),
    PinMoved { environment: Environment, now: VersionName } is Conflict, "pin_moved":
        format!("What this was made on top of is no longer what runs: {environment} moved to {now}."),
    NotProduction { environment: Environment } is BadInput, "not_production":
        format!("{environment} is not production; hotfixes go to production only."),
    NotTheLiveSite { environment: Environment, live: SiteName } is Conflict, "not_the_live_site":
        format!("The app is live at {live}; a hotfix for {environment} would change nothing people use."),
    ReviewClosed { review: ReviewId, how: String } is Conflict, "review_closed":
        format!("Review {review} is closed: {how}."),
    OwnReview { role: &'static str } is NotYours, "four_eyes":
        format!("You are the {role}: somebody else has to decide."),
    NotYourRequest is NotYours, "not_your_request": "Somebody else asked for this.".into(),
    AlreadyApproved is Conflict, "already_approved": "You have approved exactly this already.".into(),
    Unanswered { count: usize, sent_back: usize } is Conflict, "hotfixes_unanswered":
        words::unanswered(*count, *sent_back),
    NothingToAnswer { path: String } is Conflict, "nothing_to_answer":
        format!("No open hotfix at stake touches {path}."),
    AnswerNotNeeded { path: String } is Conflict, "answer_not_needed":
        format!("The candidate contains the hotfix of {path}: no answer is needed."),
    Stale { changes: Vec<ShownChange> } is Conflict, "stale": words::stale(changes),
    EvidenceOutdated is Conflict, "evidence_outdated": "The verdicts at hand are about other bytes.".into(),
    GateBlocked { checks: Vec<Check> } is Conflict, "gate_blocked": words::gate_blocked(checks),
    FingerprintNeverPasses is Conflict, "fingerprint_never_passes":
        "Breaking the glass passes a check, never what was shown.".into(),
    NoGlassBroken is Conflict, "no_glass_broken": "No glass was broken here.".into(),
    AlreadyLooked is Conflict, "already_looked":
        "You have reviewed this already, or broke the glass yourself.".into(),
    HotfixNotOpen { hotfix: VersionName } is Conflict, "hotfix_not_open": format!("Hotfix {hotfix} is not open."),
    DriftSettled { observation: EntryRef } is Conflict, "drift_settled":
        format!("Observation {observation} needs no explanation any more."),
    ObservedBytesMissing is Conflict, "observed_bytes_missing":
        "The observed rules' bytes are not in the store.".into(),
    AlreadyRecalled { version: VersionName } is Conflict, "already_recalled":
        format!("Version {version} is recalled."),
    PolicyRefused { error: PolicyError } is BadInput, "policy_refused": format!("{error}."),
    PolicySame is Conflict, "policy_same": "This is the policy in force.".into(),
    AlreadyGranted is Conflict, "already_granted": "The account has this right already.".into(),
    NotGranted is Conflict, "not_granted": "The account does not have this right.".into(),
    LastAdmin is Conflict, "last_admin": "This is the last admin: nobody could manage accounts any more.".into(),
    ServiceRole { role: Role } is BadInput, "service_role":
        format!("{} goes to service accounts only, and services hold no other role.", role.name()),
    AlreadyLive { site: SiteName } is Conflict, "already_live":
        format!("The app is declared live at {site} already."),
    BytesAbsent { version: VersionName, site: SiteName } is Conflict, "bytes_absent":
        format!("The bytes of {version} are not at {site} yet."),
    NeedsMerge { hotfix: VersionName, environment: Environment, now: VersionName } is Conflict, "needs_merge":
        format!("{environment} runs {now}, which is not what {hotfix} was made on: bringing it as it is would undo something."),
    UnknownPair { first: VersionName, second: VersionName } is NotFound, "unknown_pair":
        format!("{first} and {second} are no open pair of hotfixes."),
    PairConflicts { first: VersionName, second: VersionName } is Conflict, "pair_conflicts":
        format!("{first} and {second} are not one fix: each lacks something that the other changed."),
    NothingDiffers { environment: Environment } is Conflict, "nothing_differs":
        format!("{environment} differs from no live environment, or the difference is accepted."),
}
