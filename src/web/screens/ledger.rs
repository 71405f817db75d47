//! The ledger, newest first, with filters.

mod query;
mod row;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};

use super::export;
use crate::app::ledger::{self, Direction, LedgerPage, Listed};
use crate::app::summary::Piece;
use crate::app::{App, AppError};
use crate::web::availability::Availability;
use crate::web::choice::{Choice, options_or_all};
use crate::web::error::WebResult;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, filters, format};
use rulegate_domain::refusal::Refusal;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::{EntryRef, SiteName};

use query::kinds;
pub(super) use query::{LedgerQuery, Wanted};
pub(super) use row::{Row, describe};

/// Entries on a page: a screen or two.
const PAGE_ROWS: u32 = 50;

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/ledger", show)
        .page("/ledger/export.ndjson", export::ndjson)
        .page("/ledger/export.csv", export::csv)
}

#[derive(Template)]
#[template(path = "ledger/ledger.html")]
struct View<'s> {
    page: Page,
    query: LedgerQuery,
    wanted: Wanted,
    sites: Vec<Choice>,
    environments: Vec<Choice>,
    rulesets: Vec<Choice>,
    kinds: Vec<Choice>,
    /// How far each ledger goes that has entries.
    heads: Vec<(&'s SiteName, u64)>,
    own: &'s SiteName,
    rows: Vec<Row>,
    newer: String,
    older: String,
    /// Where a search that stopped early goes on, with its words.
    go_on: Option<(String, String)>,
    export: Availability,
}

impl View<'_> {
    fn is_filtered(&self) -> bool {
        let mut fields = self.query.fields().into_iter();
        fields.any(|(_, value)| !value.is_empty())
    }
    fn empty_title(&self) -> &'static str {
        match (self.go_on.is_some(), self.is_filtered()) {
            (true, _) => "Nothing found yet",
            (false, true) => "Nothing like that",
            (false, false) => "Nothing has happened yet",
        }
    }
    fn empty_text(&self) -> &'static str {
        match (self.go_on.is_some(), self.is_filtered()) {
            (true, _) => "",
            (false, true) => "No entry matches all of these filters.",
            (false, false) => "The first release or right given will stand here.",
        }
    }
    fn stopped(&self) -> String {
        let rows = format::thousands(ledger::SCAN_MAX as usize);
        format!("Some {rows} entries were looked through so far.")
    }
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Query(query): Query<LedgerQuery>,
) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let truth = &user.snapshot.state;
    let wanted = query.wanted(&portal, truth);
    if let Some(entry) = found_entry(&portal.app, &wanted).await? {
        return Ok(Redirect::to(&address::entry(&entry)).into_response());
    }
    let (cursor, direction) = query.place()?;
    let filter = &wanted.filter;
    let mut found = match wanted.problems.is_empty() {
        true => {
            let browse = portal.app.browse(filter, cursor, direction, PAGE_ROWS);
            browse.await?
        }
        false => LedgerPage::default(),
    };
    if let Some(hex) = &wanted.hex {
        put_hashed_in_place(&portal.app, &mut found.entries, hex).await?;
    }
    let link = |side, place: &Option<ledger::Cursor>| match place {
        Some(place) => query.address("/ledger", &[(side, &place.to_string())]),
        None => String::new(),
    };
    let (mut newer, mut older) = (link("newer", &found.newer), link("older", &found.older));
    let go_on = found.stopped_early.then(|| match direction {
        Direction::Older => (
            std::mem::take(&mut older),
            go_on_words("before", &found.older),
        ),
        Direction::Newer => (
            std::mem::take(&mut newer),
            go_on_words("after", &found.newer),
        ),
    });
    let status = match wanted.problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let sites = truth.topology.sites.iter();
    let entries = found.entries.into_iter();
    let view = View {
        page: Page::new(&portal, &user, "ledger", "Ledger"),
        sites: options_or_all("all sites", &truth.topology.sites),
        environments: options_or_all("all environments", truth.topology.environments()),
        rulesets: options_or_all("all rule sets", truth.rulesets()),
        kinds: kinds(),
        heads: sites
            .map(|site| (site, truth.head(site).seq))
            .filter(|(_, seq)| *seq > 0)
            .collect(),
        own: &truth.own,
        rows: entries
            .map(|listed| Row::of(&portal, truth, listed))
            .collect(),
        newer,
        older,
        go_on,
        export: may_export(&user),
        query,
        wanted,
    };
    Ok((status, page::html(&view)).into_response())
}

fn may_export(user: &User) -> Availability {
    let (act, scope) = (Act::ExportLedger, Scope::EVERYWHERE);
    match user.may(act, &scope) {
        true => Availability::default(),
        false => {
            let refusal = Refusal::NotAllowed { act, scope };
            Availability::unavailable(refusal.message(), refusal.remedy())
        }
    }
}

/// `Continue searching before ipc2#57`.
fn go_on_words(side: &str, place: &Option<ledger::Cursor>) -> String {
    let text = place.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut parts = text.splitn(3, '.').skip(1);
    let (seq, site) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    format!("Continue searching {side} {site}#{seq}")
}

/// The one entry that the search field names, by its place or its whole hash.
async fn found_entry(app: &App, wanted: &Wanted) -> Result<Option<EntryRef>, AppError> {
    if wanted.entry.is_some() {
        return Ok(wanted.entry.clone());
    }
    let Some(hash) = wanted.hex.as_ref().and_then(|hex| hex.parse().ok()) else {
        return Ok(None);
    };
    let found = app.entry_by_hash(&hash).await?;
    Ok(found.map(|entry| EntryRef {
        site: entry.site,
        seq: entry.seq,
    }))
}

/// An entry's hash does not stand in the entry itself but in the next one, as `prev`: shows the one meant.
async fn put_hashed_in_place(
    app: &App,
    entries: &mut [Arc<Listed>],
    hex: &str,
) -> Result<(), AppError> {
    let mark = format!("\"prev\":\"{hex}");
    for entry in entries {
        let stored = &entry.stored;
        if stored.bytes.contains(&mark) && stored.seq > 1 {
            let before = EntryRef {
                site: stored.site.clone(),
                seq: stored.seq - 1,
            };
            if let Some(meant) = app.entry(&before).await? {
                *entry = Arc::new(Listed::of(meant));
            }
        }
    }
    Ok(())
}
