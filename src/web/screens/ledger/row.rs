//! Entries as rows of a list.

use std::sync::Arc;

use crate::app::ledger::Listed;
use crate::app::summary::{self, Summary};
use crate::web::Portal;
use rulegate_domain::state::State as Truth;
use rulegate_ledger::ids::AccountId;
use rulegate_ledger::ledger::StoredEntry;

/// One entry in a list.
pub(in crate::web::screens) struct Row {
    pub listed: Arc<Listed>,
    pub summary: Summary,
}

impl Row {
    pub(in crate::web::screens) fn of(portal: &Portal, truth: &Truth, listed: Arc<Listed>) -> Row {
        let names = |id: &AccountId| portal.auth.directory.name(id);
        Row {
            summary: describe(&names, truth, &listed),
            listed,
        }
    }

    pub(in crate::web::screens) fn stored(&self) -> &StoredEntry {
        &self.listed.stored
    }
}

/// A stored entry as a sentence.
pub(in crate::web::screens) fn describe(
    names: &dyn Fn(&AccountId) -> String,
    truth: &Truth,
    listed: &Listed,
) -> Summary {
    match &listed.entry {
        Ok(entry) => summary::describe(entry, names, truth),
        Err(why) => summary::unreadable(why.clone()),
    }
}
