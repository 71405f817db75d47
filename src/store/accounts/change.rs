//! The number that grows with every change, and when and where each part of an account was changed.

use sqlx::query_scalar;

use crate::store::error::StoreError;
use crate::store::{Store, read};

/// Comes first in every change: its row is locked until the commit, so that numbers become visible in their order.
pub(in crate::store) const BUMP: &str = "UPDATE account_change SET version = version + 1";

/// The number of the change that is being made.
macro_rules! this_change {
    () => {
        "(SELECT version FROM account_change)"
    };
}
pub(in crate::store) use this_change;

/// Where the change is made.
macro_rules! here {
    () => {
        "(SELECT COALESCE(MAX(value), 'unclaimed') FROM meta WHERE name = 'site')"
    };
}
pub(super) use here;

/// Sets when and where one part of an account was changed: never before what was said of it last, so that the word
/// given last counts although a clock goes wrong. `$at` is the number of the argument with the time.
macro_rules! stamped {
    ($part:literal, $at:literal) => {
        concat!(
            $part,
            "_at = CASE WHEN ",
            $part,
            "_at >= ",
            $at,
            " THEN ",
            $part,
            "_at + 1 ELSE ",
            $at,
            " END, ",
            $part,
            "_site = ",
            here!(),
            ", change = ",
            this_change!()
        )
    };
}
pub(super) use stamped;

/// What of an account is changed apart from the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Part {
    Named,
    Password,
    Closed,
}

impl Store {
    /// A number that grows with every change of an account or token: as long as it is the same, so are they.
    pub async fn accounts_version(&self) -> Result<i64, StoreError> {
        const SQL: &str = "SELECT version FROM account_change";
        if let Some(memory) = self.memory()? {
            return Ok(memory.accounts_version());
        }
        read!(self, pool => query_scalar(SQL).fetch_one(pool))
    }
}
