//! Who may do what: roles, acts, scopes, and the one table between them.

use serde::{Deserialize, Serialize};

use super::environment::Environment;
use super::ids::{AccountId, LaneName, RuleSetName, SiteName};

/// A role; persons hold the first seven, service accounts the last four.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Asks for activations, rollbacks and recalls, and carries out approved ones.
    ReleaseAdmin,
    /// Judges reviews.
    Reviewer,
    /// Makes hotfixes.
    Author,
    /// Says whether a version passed soft launch.
    Validator,
    /// Runs the installation: holds, freezes, live site, observations.
    Operator,
    /// Reads and exports everything, changes nothing.
    Auditor,
    /// Manages accounts, rights, tokens and policy; judges nothing by that.
    Admin,
    /// Pushes releases and asks before releasing.
    Pipeline,
    /// Asks what to run.
    Pod,
    /// Reads ledgers with contents and checkpoints: a mirror, a witness.
    Mirror,
    /// The other site's reader: what a mirror reads, and accounts sealed for that site.
    Peer,
}

impl Role {
    /// Every role, in the order of the table.
    pub const ALL: [Role; 11] = [
        Role::ReleaseAdmin,
        Role::Reviewer,
        Role::Author,
        Role::Validator,
        Role::Operator,
        Role::Auditor,
        Role::Admin,
        Role::Pipeline,
        Role::Pod,
        Role::Mirror,
        Role::Peer,
    ];

    /// The role's name, as in `release-admin`.
    pub fn name(self) -> &'static str {
        match self {
            Role::ReleaseAdmin => "release-admin",
            Role::Reviewer => "reviewer",
            Role::Author => "author",
            Role::Validator => "validator",
            Role::Operator => "operator",
            Role::Auditor => "auditor",
            Role::Admin => "admin",
            Role::Pipeline => "pipeline",
            Role::Pod => "pod",
            Role::Mirror => "mirror",
            Role::Peer => "peer",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// True for the roles of service accounts.
    pub fn is_service(self) -> bool {
        matches!(self, Role::Pipeline | Role::Pod | Role::Mirror | Role::Peer)
    }
}

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
    /// Carry out an approved review.
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
    /// Carry out a review although a check blocks.
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

/// The whole table: may this role do this act (inside its scope)?
pub fn allows(role: Role, act: Act) -> bool {
    use Role::*;
    let roles: &[Role] = match act {
        Act::View => &[
            ReleaseAdmin,
            Reviewer,
            Author,
            Validator,
            Operator,
            Auditor,
            Admin,
            Pipeline,
        ],
        Act::PushRelease => &[Pipeline],
        Act::Validate => &[Validator],
        Act::RequestActivation
        | Act::Activate
        | Act::RequestRecall
        | Act::Transfer
        | Act::BreakGlass => &[ReleaseAdmin],
        Act::AnswerHotfix | Act::Approve => &[ReleaseAdmin, Reviewer],
        Act::Comment => &[ReleaseAdmin, Reviewer, Author, Validator, Operator, Admin],
        Act::WriteHotfix => &[Author],
        Act::DiscardHotfix | Act::DismissDrift => &[ReleaseAdmin],
        Act::AdoptDrift => &[ReleaseAdmin, Author],
        Act::Observe => &[Operator, Pipeline],
        Act::Hold | Act::CancelIntent => &[ReleaseAdmin, Operator],
        Act::Freeze | Act::DeclareLiveSite => &[Operator],
        Act::ReviewBrokenGlass => &[ReleaseAdmin, Reviewer, Auditor],
        Act::ExportLedger => &[ReleaseAdmin, Auditor, Admin, Mirror, Peer],
        Act::ManageAccounts | Act::RequestPolicy => &[Admin],
        Act::ReadAssignment => &[Pod],
        Act::CarryAccounts => &[Peer],
    };
    roles.contains(&role)
}

/// The roles that may do an act, in the order of the table.
pub fn roles_for(act: Act) -> Vec<Role> {
    Role::ALL
        .into_iter()
        .filter(|role| allows(*role, act))
        .collect()
}

/// Where a right holds; an absent part means everywhere.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
pub struct Scope {
    /// Only this rule set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ruleset: Option<RuleSetName>,
    /// Only environments of this site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub site: Option<SiteName>,
    /// Only environments of this lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub lane: Option<LaneName>,
}

impl Scope {
    /// Everything.
    pub const EVERYWHERE: Scope = Scope {
        ruleset: None,
        site: None,
        lane: None,
    };

    /// A rule set in one environment.
    pub fn exactly(ruleset: &RuleSetName, environment: &Environment) -> Scope {
        Scope {
            ruleset: Some(ruleset.clone()),
            site: Some(environment.site.clone()),
            lane: Some(environment.lane.clone()),
        }
    }

    /// A rule set, in whatever environment.
    pub fn ruleset(ruleset: &RuleSetName) -> Scope {
        Scope {
            ruleset: Some(ruleset.clone()),
            site: None,
            lane: None,
        }
    }

    /// True if a right held in `self` reaches `wanted`. Where `wanted` leaves a part open (an act on
    /// a whole rule set, say) a right restricted in that part still reaches it.
    pub fn reaches(&self, wanted: &Scope) -> bool {
        fn part<T: PartialEq>(held: &Option<T>, wanted: &Option<T>) -> bool {
            match (held, wanted) {
                (Some(held), Some(wanted)) => held == wanted,
                _ => true,
            }
        }
        part(&self.ruleset, &wanted.ruleset)
            && part(&self.site, &wanted.site)
            && part(&self.lane, &wanted.lane)
    }

    /// True if a right held in `self` holds in all of `wanted`: where `wanted` is open, so is the right.
    /// A right over one rule set does not cover an act on every rule set.
    pub fn covers(&self, wanted: &Scope) -> bool {
        fn part<T: PartialEq>(held: &Option<T>, wanted: &Option<T>) -> bool {
            held.is_none() || held == wanted
        }
        part(&self.ruleset, &wanted.ruleset)
            && part(&self.site, &wanted.site)
            && part(&self.lane, &wanted.lane)
    }

    /// As in `owasp-crs at ipc2/prod`, `everywhere`.
    pub fn words(&self) -> String {
        let place = match (&self.site, &self.lane) {
            (Some(site), Some(lane)) => Some(format!("{site}/{lane}")),
            (Some(site), None) => Some(site.to_string()),
            (None, Some(lane)) => Some(format!("{lane} at every site")),
            (None, None) => None,
        };
        match (&self.ruleset, place) {
            (None, None) => "everywhere".to_owned(),
            (Some(ruleset), None) => ruleset.to_string(),
            (None, Some(place)) => place,
            (Some(ruleset), Some(place)) => format!("{ruleset} at {place}"),
        }
    }
}

/// A role given to an account inside a scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Grant {
    pub account: AccountId,
    pub role: Role,
    #[serde(default)]
    pub scope: Scope,
}

/// Who asks: an account, and the bounds of its token if it came with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub account: AccountId,
    /// Present when a token spoke: its role and scope narrow the account's.
    pub token: Option<TokenBounds>,
}

/// What a token is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenBounds {
    /// The one role it speaks in.
    pub role: Role,
    /// Where.
    pub scope: Scope,
}

impl Actor {
    /// A person who is signed in.
    pub fn person(account: &AccountId) -> Actor {
        Actor {
            account: account.clone(),
            token: None,
        }
    }
    /// The site doing what it owes.
    pub fn site_itself() -> Actor {
        Actor {
            account: AccountId::site_itself(),
            token: None,
        }
    }
    /// The command line on the database itself.
    pub fn operator_console() -> Actor {
        Actor {
            account: AccountId::operator_console(),
            token: None,
        }
    }
}

/// The whole table as text, one line an act, for the golden file and the documentation.
pub fn table() -> String {
    let mut text = String::from("act");
    for role in Role::ALL {
        text.push('\t');
        text.push_str(role.name());
    }
    text.push_str("\ttoken\n");
    for act in Act::ALL {
        text.push_str(&format!("{act:?}"));
        for role in Role::ALL {
            text.push('\t');
            text.push_str(if allows(role, act) { "yes" } else { "-" });
        }
        text.push('\t');
        text.push_str(if act.needs_a_person() { "-" } else { "yes" });
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_reaches_no_further_than_its_scope() {
        let name: RuleSetName = "a".parse().unwrap();
        let here: Environment = "ipc2/prod".parse().unwrap();
        let there: Environment = "ipc1/prod".parse().unwrap();
        let held = Scope {
            ruleset: None,
            site: Some(here.site.clone()),
            lane: None,
        };
        assert!(held.reaches(&Scope::exactly(&name, &here)));
        assert!(!held.reaches(&Scope::exactly(&name, &there)));
        assert!(held.reaches(&Scope::ruleset(&name)));
        assert!(!held.covers(&Scope::ruleset(&name)));
        assert!(!Act::ManageAccounts.holds(&held, &Scope::EVERYWHERE));
        assert!(Act::View.holds(&held, &Scope::EVERYWHERE));
    }

    #[test]
    fn no_service_role_judges() {
        for act in Act::ALL.into_iter().filter(|act| act.needs_a_person()) {
            assert!(
                roles_for(act).iter().all(|role| !role.is_service()),
                "{act:?}"
            );
        }
    }
}
