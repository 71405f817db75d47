//! The ledger, newest first, with filters.

mod query;
mod row;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};

use super::export;
use crate::app::ledger::{self, Direction, Listed};
use crate::app::{App, AppError};
use crate::web::choice::{Choice, choices_or_all};
use crate::web::error::WebResult;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::State as Truth;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::EntryRef;

use query::kinds;
pub(super) use query::{LedgerQuery, Wanted};
pub(super) use row::describe;
pub(crate) use row::{Row, rows};

/// Entries on a page: a screen or two.
const PAGE_ROWS: u32 = 50;

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/ledger", show)
        .page("/ledger/export.ndjson", export::ndjson)
        .page("/ledger/export.csv", export::csv)
}

struct HeadView {
    site: String,
    seq: u64,
    href: String,
}

#[derive(Template)]
#[template(path = "ledger/ledger.html")]
struct LedgerPage {
    page: Page,
    asked: LedgerQuery,
    filtered: bool,
    sites: Vec<Choice>,
    environments: Vec<Choice>,
    rulesets: Vec<Choice>,
    kinds: Vec<Choice>,
    heads: Vec<HeadView>,
    problems: Vec<String>,
    meaning: String,
    rows: Vec<Row>,
    newer: String,
    older: String,
    /// Where a search that stopped early goes on.
    go_on: String,
    go_on_text: String,
    csv: String,
    csv_rows_max: String,
    may_export: bool,
    held: String,
    site: String,
}

impl LedgerPage {
    fn empty_title(&self) -> &'static str {
        match (self.go_on.is_empty(), self.filtered) {
            (false, _) => "Nothing found yet",
            (true, true) => "Nothing like that",
            (true, false) => "Nothing has happened yet",
        }
    }
    fn empty_text(&self) -> &'static str {
        match (self.go_on.is_empty(), self.filtered) {
            (false, _) => "",
            (true, true) => "No entry matches all of these filters.",
            (true, false) => "The first release or right given will stand here.",
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
    Query(asked): Query<LedgerQuery>,
) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let truth = &user.snapshot.state;
    let wanted = asked.wanted(&portal, truth);
    if let Some(entry) = found_entry(&portal.app, &wanted).await? {
        return Ok(Redirect::to(&address::entry(&entry)).into_response());
    }
    let (cursor, direction) = asked.place()?;
    let found = match wanted.problems.is_empty() {
        true => {
            let browse = portal
                .app
                .browse(&wanted.filter, cursor, direction, PAGE_ROWS);
            Some(browse.await?)
        }
        false => None,
    };
    let mut view = asked.view(&portal, &user, wanted.problems, wanted.meaning);
    if let Some(mut found) = found {
        if let Some(hex) = &wanted.hex {
            put_hashed_in_place(&portal.app, &mut found.entries, hex).await?;
        }
        view.rows = rows(&portal, truth, &found.entries);
        let link = |side, place: &Option<ledger::Cursor>| match place {
            Some(place) => asked.address("/ledger", &[(side, &place.to_string())]),
            None => String::new(),
        };
        view.older = link("older", &found.older);
        view.newer = link("newer", &found.newer);
        if found.stopped_early {
            let (onward, place) = match direction {
                Direction::Older => (std::mem::take(&mut view.older), &found.older),
                Direction::Newer => (std::mem::take(&mut view.newer), &found.newer),
            };
            view.go_on = onward;
            view.go_on_text = go_on_text(direction, place);
        }
    }
    let status = match view.problems.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok((status, page::html(&view)).into_response())
}

fn go_on_text(direction: Direction, place: &Option<ledger::Cursor>) -> String {
    let text = place.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut parts = text.splitn(3, '.').skip(1);
    let (seq, site) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    match direction {
        Direction::Older => format!("Continue searching before {site}#{seq}"),
        Direction::Newer => format!("Continue searching after {site}#{seq}"),
    }
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

impl LedgerQuery {
    fn view(
        &self,
        portal: &Portal,
        user: &User,
        problems: Vec<String>,
        meaning: String,
    ) -> LedgerPage {
        let truth = &user.snapshot.state;
        let export = Refusal::NotAllowed {
            act: Act::ExportLedger,
            scope: Scope::EVERYWHERE,
        };
        LedgerPage {
            page: Page::new(portal, user, "ledger", "Ledger"),
            filtered: self.fields().iter().any(|(_, value)| !value.is_empty()),
            sites: choices_or_all("all sites", &truth.topology.sites, &self.site),
            environments: choices_or_all(
                "all environments",
                truth.topology.environments(),
                &self.environment,
            ),
            rulesets: choices_or_all("all rule sets", truth.rulesets(), &self.ruleset),
            kinds: kinds(&self.kind),
            heads: heads(truth),
            problems,
            meaning,
            rows: Vec::new(),
            newer: String::new(),
            older: String::new(),
            go_on: String::new(),
            go_on_text: String::new(),
            csv: self.address("/ledger/export.csv", &[]),
            csv_rows_max: format::thousands(export::CSV_ROWS_MAX),
            may_export: user.may(Act::ExportLedger, &Scope::EVERYWHERE),
            held: format!("{} {}", export.message(), export.remedy()),
            site: truth.own.to_string(),
            asked: self.clone(),
        }
    }
}

fn heads(truth: &Truth) -> Vec<HeadView> {
    let with_entries = truth.topology.sites.iter().filter_map(|site| {
        let seq = truth.head(site).seq;
        (seq > 0).then(|| HeadView {
            site: site.to_string(),
            href: format!("/ledger/{site}/{seq}"),
            seq,
        })
    });
    with_entries.collect()
}
