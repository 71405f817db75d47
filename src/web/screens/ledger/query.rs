//! The filters as they stand in the address, and what they come to.

use serde::Deserialize;

use crate::app::AppError;
use crate::app::ledger::{self, Direction, KindFilter, LedgerFilter, Search};
use crate::web::choice::{Choice, options};
use crate::web::{Portal, format};
use rulegate_domain::state::State as Truth;
use rulegate_ledger::event::Event;
use rulegate_ledger::ids::{AccountId, EntryRef, Timestamp};

/// The filters as they stand in the address; an empty one is none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::web::screens) struct LedgerQuery {
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
pub(in crate::web::screens) struct Wanted {
    pub filter: LedgerFilter,
    /// Filters that name nothing; then nothing is shown.
    pub problems: Vec<String>,
    /// How the search field was understood, where that is not plain.
    pub meaning: String,
    /// The search field names this entry.
    pub entry: Option<EntryRef>,
    /// The beginning of a hash that is looked for.
    pub(super) hex: Option<String>,
}

impl LedgerQuery {
    pub(super) fn fields(&self) -> [(&'static str, &str); 8] {
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
    pub(super) fn address(&self, path: &str, more: &[(&str, &str)]) -> String {
        let fields: Vec<String> = self
            .fields()
            .iter()
            .chain(more)
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| format!("{name}={}", format::url_encode(value)))
            .collect();
        match fields.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", fields.join("&")),
        }
    }

    pub(super) fn place(&self) -> Result<(Option<ledger::Cursor>, Direction), AppError> {
        Ok(match (self.older.as_str(), self.newer.as_str()) {
            ("", "") => (None, Direction::Older),
            ("", newer) => (Some(ledger::place(newer)?), Direction::Newer),
            (older, _) => (Some(ledger::place(older)?), Direction::Older),
        })
    }

    /// Reads the filters.
    pub(in crate::web::screens) fn wanted(&self, portal: &Portal, truth: &Truth) -> Wanted {
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

/// Every kind of entry, each family with a choice for all of it.
pub(super) fn kinds() -> Vec<Choice> {
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
    options(pairs)
}
