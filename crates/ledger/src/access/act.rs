//! Acts: what a person or a service may want to do.

use super::Scope;

/// Something a person or a service may want to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Read rule sets, versions, reviews, hotfixes, ledger.
    View,
    /// Deliver a planned version; ask what it would put at risk.
    PushRelease,
    /// Say that a version passed or failed in soft launch.
    Validate,
    /// Ask for an activation or a rollback.
    RequestActivation,
    /// Execute an approved review.
    Activate,
    /// Answer for a hotfix rule that a planned version would lose.
    AnswerHotfix,
    /// Approve or reject a review.
    Approve,
    /// Comment on a review.
    Comment,
    /// Make a hotfix.
    WriteHotfix,
    /// Give a hotfix up.
    DiscardHotfix,
    /// Report what a store outside really holds.
    Observe,
    /// Turn observed drift into a hotfix.
    AdoptDrift,
    /// Accept observed drift until a date.
    DismissDrift,
    /// Ask that a version be declared bad.
    RequestRecall,
    /// Place or lift a hold.
    Hold,
    /// Set or lift a freeze.
    Freeze,
    /// Cancel a waiting activation.
    CancelIntent,
    /// Declare where the app is live.
    DeclareLiveSite,
    /// Decide what moves between the sites: transfers, pairs, differences from the live site.
    Transfer,
    /// Execute a review although a check blocks.
    BreakGlass,
    /// Look at a broken glass afterwards.
    ReviewBrokenGlass,
    /// Download the ledger.
    ExportLedger,
    /// Create, disable and equip accounts; grant and revoke rights; make tokens.
    ManageAccounts,
    /// Ask for a change of policy.
    RequestPolicy,
    /// Read the version to run, and its bundle.
    ReadAssignment,
    /// Take accounts and tokens to another site, sealed for it.
    CarryAccounts,
}

impl Act {
    /// Every act, in the order of the table.
    pub const ALL: [Act; 26] = [
        Act::View,
        Act::PushRelease,
        Act::Validate,
        Act::RequestActivation,
        Act::Activate,
        Act::AnswerHotfix,
        Act::Approve,
        Act::Comment,
        Act::WriteHotfix,
        Act::DiscardHotfix,
        Act::Observe,
        Act::AdoptDrift,
        Act::DismissDrift,
        Act::RequestRecall,
        Act::Hold,
        Act::Freeze,
        Act::CancelIntent,
        Act::DeclareLiveSite,
        Act::Transfer,
        Act::BreakGlass,
        Act::ReviewBrokenGlass,
        Act::ExportLedger,
        Act::ManageAccounts,
        Act::RequestPolicy,
        Act::ReadAssignment,
        Act::CarryAccounts,
    ];

    /// What the act is, as in "to {words}".
    pub fn words(self) -> &'static str {
        match self {
            Act::View => "view this",
            Act::PushRelease => "deliver a release",
            Act::Validate => "say whether a version passed soft launch",
            Act::RequestActivation => "ask for an activation",
            Act::Activate => "activate",
            Act::AnswerHotfix => "answer for a hotfix",
            Act::Approve => "approve or reject",
            Act::Comment => "comment",
            Act::WriteHotfix => "make a hotfix",
            Act::DiscardHotfix => "give a hotfix up",
            Act::Observe => "report an observation",
            Act::AdoptDrift => "adopt drift as a hotfix",
            Act::DismissDrift => "dismiss drift",
            Act::RequestRecall => "ask for a recall",
            Act::Hold => "place or lift a hold",
            Act::Freeze => "set or lift a freeze",
            Act::CancelIntent => "cancel a waiting activation",
            Act::DeclareLiveSite => "declare the live site",
            Act::Transfer => "decide what moves between the sites",
            Act::BreakGlass => "break the glass",
            Act::ReviewBrokenGlass => "look at a broken glass afterwards",
            Act::ExportLedger => "export the ledger",
            Act::ManageAccounts => "manage accounts",
            Act::RequestPolicy => "ask for a change of policy",
            Act::ReadAssignment => "read an assignment",
            Act::CarryAccounts => "take accounts to the other site",
        }
    }

    /// True if a right held in `held` lets the act be done in `wanted`. Looking and talking need to reach
    /// into it; every act that changes something must be covered.
    pub fn holds(self, held: &Scope, wanted: &Scope) -> bool {
        match self {
            Act::View | Act::Comment => held.reaches(wanted),
            _ => held.covers(wanted),
        }
    }

    /// Acts that need a person who is signed in: no token may do them.
    pub fn needs_a_person(self) -> bool {
        matches!(
            self,
            Act::Approve
                | Act::AnswerHotfix
                | Act::BreakGlass
                | Act::ReviewBrokenGlass
                | Act::ManageAccounts
                | Act::Activate
                | Act::Validate
                | Act::Transfer
        )
    }
}
