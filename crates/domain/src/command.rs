//! What somebody wants done, parsed and with its evidence.

use crate::decide::context::Decide;
use crate::judgement::{Evidence, Question};
use crate::state::State;
use rulegate_ledger::access::Grant;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{PairOutcome, Provenance};
use rulegate_ledger::ids::{EntryRef, LaneName, ReviewId, RuleSetName, SiteName, Timestamp};
use rulegate_ledger::manifest::Change;
use rulegate_ledger::policy::Policy;
use rulegate_ledger::review::Answer;
use rulegate_ledger::version::VersionName;

/// A snapshot in the store, by its checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct SnapshotFacts {
    pub checksum: Digest,
    pub rules: u32,
    pub size_bytes: u64,
}

/// What a hotfix says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct HotfixWords {
    pub reason: String,
    pub incident: String,
    pub ends_at: Timestamp,
}

/// Declares the commands: a struct each, the enum of them, its name for logs and metrics, and the way to its
/// [`Decide`]. A row without a decision beside its kin under `decide/` does not compile.
macro_rules! commands {
    ($($(#[$doc:meta])* $command:ident = $name:literal { $($field:ident: $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone)]
            #[allow(missing_docs)]
            pub struct $command { $(pub $field: $type,)* }

            impl From<$command> for Command {
                fn from(command: $command) -> Command { Command::$command(command) }
            }
        )*

        /// What somebody wants done.
        #[derive(Debug, Clone)]
        pub enum Command { $($(#[$doc])* $command($command),)* }

        impl Command {
            /// The command's name for logs and metrics.
            pub fn name(&self) -> &'static str {
                match self { $(Command::$command(_) => $name,)* }
            }

            pub(crate) fn as_decide(&self) -> &dyn Decide {
                match self { $(Command::$command(command) => command,)* }
            }

            /// What has to be answered from bytes before this can be decided on `state`, with the place for the
            /// answers; `None` if nothing has to be.
            pub fn questions(&mut self, state: &State) -> Option<(Vec<Question>, &mut Vec<Evidence>)> {
                match self { $(Command::$command(command) => command.questions(state),)* }
            }
        }
    };
}

commands! {
    /// Deliver a planned version. `evidence` answers the questions of every environment.
    CommitRelease = "commit_release" {
        ruleset: RuleSetName, version: VersionName, snapshot: SnapshotFacts, provenance: Provenance,
        evidence: Vec<Evidence>,
    }
    /// The bytes of a version committed elsewhere are here and verified.
    ReceiveRelease = "receive_release" {
        ruleset: RuleSetName, version: VersionName, checksum: Digest, origin: EntryRef,
    }
    /// Say whether a version passed soft launch at this site.
    RecordValidation = "record_validation" {
        ruleset: RuleSetName, version: VersionName, passed: bool, note: String, links: Vec<String>,
    }
    /// Ask for an activation or a rollback.
    OpenActivation = "open_activation" {
        ruleset: RuleSetName, version: VersionName, targets: Vec<Environment>, reason: String,
    }
    /// Make a hotfix and ask for its activation. `changes` are against `on_top_of`.
    ProposeHotfix = "propose_hotfix" {
        ruleset: RuleSetName, environment: Environment, on_top_of: Digest, snapshot: SnapshotFacts,
        changes: Vec<Change>, lines_changed: u32, words: HotfixWords,
    }
    /// Make a hotfix of what was observed and ask for its activation.
    AdoptDrift = "adopt_drift" {
        observation: EntryRef, snapshot: SnapshotFacts, lines_changed: u32, words: HotfixWords,
    }
    /// Accept an observed difference until a date.
    DismissDrift = "dismiss_drift" { observation: EntryRef, reason: String, ends_at: Timestamp }
    /// Report what a store outside holds; `changes` are against the pin with checksum `pin`.
    RecordObservation = "record_observation" {
        ruleset: RuleSetName, environment: Environment, checksum: Digest, pin: Digest, changes: Vec<Change>,
    }
    /// Discard an open hotfix.
    DiscardHotfix = "discard_hotfix" { ruleset: RuleSetName, hotfix: VersionName, reason: String }
    /// Ask that a version be declared bad.
    OpenRecall = "open_recall" { ruleset: RuleSetName, version: VersionName, reason: String }
    /// Ask for a change of policy.
    OpenPolicy = "open_policy" { policy: Policy, reason: String }
    /// Answer for rules of one hotfix in the same words: recorded one by one, all or none.
    AnswerHotfix = "answer_hotfix" {
        review: ReviewId, environment: Environment, hotfix: VersionName, paths: Vec<String>, answer: Answer,
        evidence: Vec<Evidence>,
    }
    /// Say yes to exactly what has this fingerprint.
    Approve = "approve" { review: ReviewId, fingerprint: Digest, note: String, evidence: Vec<Evidence> }
    /// Say no; closes the review.
    Reject = "reject" { review: ReviewId, reason: String }
    /// Say something.
    Comment = "comment" { review: ReviewId, text: String }
    /// Take one's own review back.
    Withdraw = "withdraw" { review: ReviewId, reason: String }
    /// Execute an approved review; with `break_glass` past blocking checks.
    Execute = "execute" {
        review: ReviewId, fingerprint: Digest, break_glass: Option<String>, evidence: Vec<Evidence>,
    }
    /// Record an after-review of a broken glass.
    ReviewGlass = "review_glass" { review: ReviewId, note: String }
    /// Fulfil an intent recorded in another ledger, if nothing stands in the way.
    FulfilIntent = "fulfil_intent" { intent: EntryRef }
    /// Ask that a hotfix of the other site go live here as it is.
    OpenTransfer = "open_transfer" {
        ruleset: RuleSetName, hotfix: VersionName, environment: Environment, reason: String,
    }
    /// Merge a hotfix of the other site into what runs here, as a hotfix of its own, and ask for its activation.
    MergeTransfer = "merge_transfer" {
        ruleset: RuleSetName, hotfix: VersionName, environment: Environment, on_top_of: Digest,
        snapshot: SnapshotFacts, changes: Vec<Change>, lines_changed: u32, words: HotfixWords,
    }
    /// Leave a hotfix of the other site where it is.
    DeclineTransfer = "decline_transfer" {
        ruleset: RuleSetName, hotfix: VersionName, environment: Environment, reason: String,
    }
    /// Say what two hotfixes made at two sites are to each other. `evidence` answers the pair's questions.
    ClosePair = "close_pair" {
        ruleset: RuleSetName, first: VersionName, second: VersionName, outcome: PairOutcome, reason: String,
        evidence: Vec<Evidence>,
    }
    /// Let a cold environment differ from the live site.
    AcceptDifference = "accept_difference" { ruleset: RuleSetName, environment: Environment, reason: String }
    /// Take a waiting activation back.
    CancelIntent = "cancel_intent" { intent: EntryRef, reason: String }
    /// Keep pins where they are.
    PlaceHold = "place_hold" { ruleset: Option<RuleSetName>, lane: Option<LaneName>, reason: String }
    /// End a hold.
    LiftHold = "lift_hold" { hold: EntryRef, reason: String }
    /// No activation until a time.
    SetFreeze = "set_freeze" {
        ruleset: Option<RuleSetName>, lane: Option<LaneName>, until: Timestamp, reason: String,
    }
    /// End a freeze early.
    LiftFreeze = "lift_freeze" { freeze: EntryRef, reason: String }
    /// Declare where the app is live.
    DeclareLiveSite = "declare_live_site" { live: SiteName, reason: String }
    /// Give a right.
    GrantRight = "grant" { grant: Grant }
    /// Take a right.
    RevokeRight = "revoke" { grant: Grant, reason: String }
}
