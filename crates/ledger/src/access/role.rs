//! Roles of persons and of service accounts.

use serde::{Deserialize, Serialize};

/// A role; persons hold the first seven, service accounts the last four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Asks for activations, rollbacks and recalls, and executes approved ones.
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
