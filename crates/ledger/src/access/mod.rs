//! Who may do what: roles, acts, scopes, and the one table between them.

mod act;
mod actor;
mod role;
mod scope;

use serde::{Deserialize, Serialize};

use crate::ids::AccountId;

pub use act::Act;
pub use actor::{Actor, TokenBounds};
pub use role::Role;
pub use scope::Scope;

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

/// A role given to an account inside a scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Grant {
    pub account: AccountId,
    pub role: Role,
    #[serde(default)]
    pub scope: Scope,
}
