//! Entries as rows of a list.

use std::sync::Arc;

use crate::app;
use crate::app::ledger::Listed;
use crate::web::summary::{Bit, bits};
use crate::web::{Portal, format};
use rulegate_domain::state::State as Truth;
use rulegate_ledger::ids::AccountId;

/// One entry in a list.
pub(crate) struct Row {
    pub class: &'static str,
    pub seq: String,
    pub href: String,
    pub iso: String,
    pub when: String,
    pub title: &'static str,
    pub bits: Vec<Bit>,
    pub detail: String,
    pub lane: String,
    pub hash: String,
    pub short_hash: String,
}

/// Entries as rows of a list.
pub(crate) fn rows(portal: &Portal, truth: &Truth, entries: &[Arc<Listed>]) -> Vec<Row> {
    let names = |id: &AccountId| portal.auth.directory.name(id);
    entries
        .iter()
        .map(|listed| row(&names, truth, listed))
        .collect()
}

fn row(names: &dyn Fn(&AccountId) -> String, truth: &Truth, listed: &Listed) -> Row {
    let told = describe(names, truth, listed);
    let stored = &listed.stored;
    let own = stored.site == truth.own;
    Row {
        class: told.class,
        seq: match own {
            true => stored.seq.to_string(),
            false => format!("{} {}", stored.site, stored.seq),
        },
        href: format!("/ledger/{}/{}", stored.site, stored.seq),
        iso: stored.at.to_rfc3339(),
        when: format::long_time(stored.at),
        title: told.title,
        bits: bits(&told),
        detail: told.detail,
        lane: stored
            .lane
            .as_ref()
            .map_or(String::new(), ToString::to_string),
        short_hash: stored.hash.short(),
        hash: stored.hash.to_hex(),
    }
}

/// A stored entry as a sentence.
pub(in crate::web::screens) fn describe(
    names: &dyn Fn(&AccountId) -> String,
    truth: &Truth,
    listed: &Listed,
) -> app::summary::Summary {
    match &listed.entry {
        Ok(entry) => app::summary::describe(entry, names, truth),
        Err(why) => app::summary::unreadable(why.clone()),
    }
}
