//! Who asks.

use super::{Role, Scope};
use crate::ids::AccountId;

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
    /// The site doing what is due.
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
