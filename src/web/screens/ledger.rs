//! The ledger, newest first, with filters.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use serde::Deserialize;

use super::export;
use crate::app::ledger::{self, Direction, KindFilter, LedgerFilter, Listed, Search};
use crate::app::{self, App, AppError};
use crate::domain::access::{Act, Scope};
use crate::domain::event::Event;
use crate::domain::ids::{AccountId, EntryRef, Timestamp};
use crate::domain::refusal::Refusal;
use crate::domain::state::State as Truth;
use crate::web::choice::{Choice, choices, choices_or_all};
use crate::web::error::WebResult;
use crate::web::page::{self, Page};
use crate::web::told::{Bit, bits};
use crate::web::user::User;
use crate::web::{Portal, address, format};

/// Entries on a page: a screen or two.
const PAGE_ROWS: u32 = 50;

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/ledger", get(show))
        .route("/ledger/export.ndjson", get(export::ndjson))
        .route("/ledger/export.csv", get(export::csv))
}

/// The filters as they stand in the address; an empty one is none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub site: String,
    pub environment: String,
    pub ruleset: String,
    pub kind: String,
    pub person: String,
    pub from: String,
    pub to: String,
    pub q: String,
    older: String,
    newer: String,
}

/// What the filters come to.
pub(super) struct Wanted {
    pub filter: LedgerFilter,
    /// Filters that name nothing; then nothing is shown.
    pub problems: Vec<String>,
    /// How the search field was understood, where that is not plain.
    pub meaning: String,
    /// The search field names this entry.
    pub entry: Option<EntryRef>,
    /// The beginning of a hash that is looked for.
    hex: Option<String>,
}

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

struct HeadView {
    site: String,
    seq: u64,
    href: String,
}

#[derive(Template)]
#[template(path = "ledger/ledger.html")]
struct LedgerPage {
    page: Page,
    asked: Asked,
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

async fn show(State(portal): State<Portal>, user: User, Query(asked): Query<Asked>) -> WebResult {
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

/// Entries as rows of a list.
pub(crate) fn rows(portal: &Portal, truth: &Truth, entries: &[Arc<Listed>]) -> Vec<Row> {
    let names = |id: &AccountId| portal.auth.directory.name(id);
    entries
        .iter()
        .map(|listed| row(&names, truth, listed))
        .collect()
}

fn row(names: &dyn Fn(&AccountId) -> String, truth: &Truth, listed: &Listed) -> Row {
    let told = tell(names, truth, listed);
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
pub(super) fn tell(
    names: &dyn Fn(&AccountId) -> String,
    truth: &Truth,
    listed: &Listed,
) -> app::told::Told {
    match &listed.entry {
        Ok(entry) => app::told::told(entry, names, truth),
        Err(why) => app::told::unreadable(why.clone()),
    }
}

impl Asked {
    fn fields(&self) -> [(&'static str, &str); 8] {
        [
            ("site", &self.site),
            ("environment", &self.environment),
            ("ruleset", &self.ruleset),
            ("kind", &self.kind),
            ("person", &self.person),
            ("from", &self.from),
            ("to", &self.to),
            ("q", &self.q),
        ]
    }

    /// The address with these filters and more.
    fn address(&self, path: &str, more: &[(&str, &str)]) -> String {
        let given: Vec<String> = self
            .fields()
            .iter()
            .chain(more)
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| format!("{name}={}", format::url_encode(value)))
            .collect();
        match given.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", given.join("&")),
        }
    }

    fn place(&self) -> Result<(Option<ledger::Cursor>, Direction), AppError> {
        Ok(match (self.older.as_str(), self.newer.as_str()) {
            ("", "") => (None, Direction::Older),
            ("", newer) => (Some(ledger::place(newer)?), Direction::Newer),
            (older, _) => (Some(ledger::place(older)?), Direction::Older),
        })
    }

    /// Reads the filters.
    pub(super) fn wanted(&self, portal: &Portal, truth: &Truth) -> Wanted {
        let mut wanted = Wanted {
            filter: LedgerFilter::default(),
            problems: Vec::new(),
            meaning: String::new(),
            entry: None,
            hex: None,
        };
        let Wanted {
            filter, problems, ..
        } = &mut wanted;
        fn named<T: std::str::FromStr>(
            what: &str,
            text: &str,
            problems: &mut Vec<String>,
        ) -> Option<T> {
            let text = text.trim();
            let parsed = text.parse().ok();
            if parsed.is_none() && !text.is_empty() {
                problems.push(format!("{text:?} is no {what}."));
            }
            parsed
        }
        filter.site = named("site", &self.site, problems);
        filter.environment = named("environment", &self.environment, problems);
        filter.ruleset = named("rule set", &self.ruleset, problems);
        let kind = self.kind.trim();
        filter.kind = (!kind.is_empty()).then(|| KindFilter::parse(kind));
        if !self.person.trim().is_empty() {
            filter.actor = find_person(portal, &self.person);
            if filter.actor.is_none() {
                problems.push(format!("Nobody is called {:?}.", self.person.trim()));
            }
        }
        filter.from = named_day("From", &self.from, problems);
        filter.until =
            named_day("To", &self.to, problems).map(|day| Timestamp(day.0 + Timestamp::DAY_US));
        if !self.q.trim().is_empty() {
            wanted.search(Search::of(&self.q, truth));
        }
        wanted
    }

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

impl Wanted {
    fn search(&mut self, search: Search) {
        match search {
            Search::Entry(entry) => self.entry = Some(entry),
            Search::Review(review) => {
                self.meaning = format!("Facts of review {review}.");
                self.filter.review = Some(review);
            }
            Search::Version { ruleset, version } => {
                let of = ruleset
                    .as_ref()
                    .map_or(String::new(), |name| format!("{name} "));
                self.meaning = format!("Facts that are mainly about version {of}{version}.");
                self.filter.version = Some(version);
                if self.filter.ruleset.is_none() {
                    self.filter.ruleset = ruleset;
                }
            }
            Search::Hex(hex) => {
                self.meaning =
                    format!("Entries that name a checksum or hash with {hex}, or have it.");
                self.filter.words = Some(hex.clone());
                self.hex = Some(hex);
            }
            Search::Words(words) => self.filter.words = Some(ledger::escaped(&words)),
        }
    }
}

fn named_day(what: &str, text: &str, problems: &mut Vec<String>) -> Option<Timestamp> {
    let text = text.trim();
    let day = Timestamp::parse_day(text);
    if day.is_none() && !text.is_empty() {
        problems.push(format!("{what}: {text:?} is no day, as in 2026-11-21."));
    }
    day
}

/// An account by its name or by what people call it.
fn find_person(portal: &Portal, text: &str) -> Option<AccountId> {
    let known = portal.auth.directory.known();
    let text = text.trim().to_lowercase();
    let by = |fits: &dyn Fn(&str) -> bool| {
        let mut found = known
            .accounts
            .values()
            .filter(|a| fits(&a.name) || fits(&a.display_name.to_lowercase()));
        let first = found.next()?.id.clone();
        found.next().is_none().then_some(first)
    };
    let special = [AccountId::site_itself(), AccountId::operator_console()];
    by(&|name| name == text)
        .or_else(|| by(&|name| name.starts_with(&text)))
        .or_else(|| {
            let fits =
                |id: &AccountId| id.as_str() == text || portal.auth.directory.name(id) == text;
            special.into_iter().find(fits)
        })
}

fn kinds(now: &str) -> Vec<Choice> {
    let mut families: Vec<&str> = Vec::new();
    let mut pairs = vec![(String::new(), "any kind".to_owned())];
    for kind in Event::KINDS {
        let family = kind.split('.').next().unwrap_or(kind);
        if !families.contains(&family) {
            families.push(family);
        }
    }
    for family in families {
        let family = format!("{family}.");
        let of_family = Event::KINDS.iter().filter(|kind| kind.starts_with(&family));
        pairs.push((family.clone(), format!("{family} any")));
        pairs.extend(of_family.map(|kind| (kind.to_string(), kind.to_string())));
    }
    choices(pairs, now)
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
