//! The ledger page by page: newest first by time, site and number, across all sites.
//!
//! Within a site time never runs back, so its order is that of its numbers. A page is merged from a few
//! *walks*: one a site (and kind, for a family of kinds), each along one index that ends in `seq`. A
//! second filter is checked on the walk of the rarer one. Times become numbers by bisection.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use sqlx::{query_as, query_scalar};

use super::error::StoreError;
use super::rows::{EntryRow, entry_columns};
use super::{Backend, Store, rd};
use crate::domain::environment::Environment;
use crate::domain::ids::{AccountId, LaneName, ReviewId, RuleSetName, SiteName, Timestamp};
use crate::domain::ledger::StoredEntry;
use crate::domain::version::VersionName;

/// Rows that one call looks at in vain before it stops and says where to go on.
pub const SCAN_MAX: u32 = 20_000;

/// Rows fetched at a time when words are looked for.
const WORDS_CHUNK: i64 = 1_000;

/// With two filters, how many hits back each index is sounded to find the rarer one.
const SOUNDING: i64 = 256;

/// What a reader of the ledger wants to see; the default is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerFilter {
    /// Only this site's ledger.
    pub site: Option<SiteName>,
    /// Only facts about this environment (its site and lane).
    pub environment: Option<Environment>,
    /// Only facts about this rule set.
    pub ruleset: Option<RuleSetName>,
    /// Only these kinds.
    pub kind: Option<KindFilter>,
    /// Only what this account did.
    pub actor: Option<AccountId>,
    /// Only facts mainly about this version.
    pub version: Option<VersionName>,
    /// Only facts of this review.
    pub review: Option<ReviewId>,
    /// From this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// Only entries whose bytes contain this text, in whatever case. Text in JSON strings is escaped.
    pub words: Option<String>,
}

/// One kind of entry or a family of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KindFilter {
    /// This kind, e.g. `version.activated`.
    Exact(String),
    /// All kinds that begin so, e.g. `review.`.
    Prefix(String),
}

impl KindFilter {
    /// A text that ends in a dot is a family.
    pub fn parse(text: &str) -> KindFilter {
        if text.ends_with('.') {
            KindFilter::Prefix(text.to_owned())
        } else {
            KindFilter::Exact(text.to_owned())
        }
    }

    fn matches(&self, kind: &str) -> bool {
        match self {
            KindFilter::Exact(exact) => kind == exact,
            KindFilter::Prefix(prefix) => kind.starts_with(prefix.as_str()),
        }
    }

    /// The kind, or the bytewise bounds of the family, the upper one exclusive.
    fn bounds(&self) -> (String, Option<String>) {
        match self {
            KindFilter::Exact(exact) => (exact.clone(), None),
            KindFilter::Prefix(prefix) => (prefix.clone(), Some(format!("{prefix}\u{10ffff}"))),
        }
    }
}

impl LedgerFilter {
    /// Whether the entry is wanted.
    pub fn matches(&self, entry: &StoredEntry) -> bool {
        fn agrees<T: PartialEq>(wanted: &Option<T>, found: Option<&T>) -> bool {
            wanted.as_ref().is_none_or(|wanted| Some(wanted) == found)
        }
        agrees(&self.site, Some(&entry.site))
            && self
                .environment
                .as_ref()
                .is_none_or(|env| env.site == entry.site && Some(&env.lane) == entry.lane.as_ref())
            && agrees(&self.ruleset, entry.ruleset.as_ref())
            && self.kind.as_ref().is_none_or(|k| k.matches(&entry.kind))
            && agrees(&self.actor, Some(&entry.actor))
            && agrees(&self.version, entry.version.as_ref())
            && agrees(&self.review, entry.review.as_ref())
            && self.from.is_none_or(|from| entry.at >= from)
            && self.until.is_none_or(|until| entry.at < until)
            && self
                .words
                .as_ref()
                .is_none_or(|words| contains(&entry.bytes, &words.to_lowercase()))
    }

    fn lane(&self) -> Option<&LaneName> {
        self.environment.as_ref().map(|env| &env.lane)
    }

    /// The one site that can match; `Err` if none can.
    fn only_site(&self) -> Result<Option<&SiteName>, ()> {
        match (&self.site, &self.environment) {
            (Some(site), Some(env)) if *site != env.site => Err(()),
            (Some(site), _) => Ok(Some(site)),
            (None, env) => Ok(env.as_ref().map(|env| &env.site)),
        }
    }
}

fn contains(bytes: &str, lower_words: &str) -> bool {
    bytes.to_lowercase().contains(lower_words)
}

/// A place between entries in the order of pages, written `1763720430123456.57.ipc2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    at: Timestamp,
    site: SiteName,
    seq: u64,
}

impl Cursor {
    /// The place of an entry.
    pub fn at(entry: &StoredEntry) -> Cursor {
        Cursor {
            at: entry.at,
            site: entry.site.clone(),
            seq: entry.seq,
        }
    }

    /// Whether `other` comes after this place when going in `direction`.
    pub(super) fn is_before(&self, other: &Cursor, direction: Direction) -> bool {
        match direction {
            Direction::Older => other < self,
            Direction::Newer => other > self,
        }
    }

    /// A place such that going the other way begins with the entry at this one.
    fn including(&self, direction: Direction) -> Cursor {
        Cursor {
            seq: match direction {
                Direction::Older => self.seq + 1,
                Direction::Newer => self.seq.saturating_sub(1),
            },
            ..self.clone()
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at.0, self.seq, self.site)
    }
}
impl FromStr for Cursor {
    type Err = StoreError;
    fn from_str(text: &str) -> Result<Cursor, StoreError> {
        let parse = || {
            let mut parts = text.splitn(3, '.');
            Some(Cursor {
                at: Timestamp(parts.next()?.parse().ok()?),
                seq: parts.next()?.parse().ok()?,
                site: parts.next()?.parse().ok()?,
            })
        };
        parse().ok_or_else(|| StoreError::Broken(format!("{text:?} is no place in the ledger")))
    }
}

/// Which way to turn the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards the past: from the newest entry, or from the cursor.
    Older,
    /// Towards the present: from the oldest entry, or from the cursor.
    Newer,
}

/// What stands for a stored entry in a page.
pub trait Listing {
    /// The entry as it is stored.
    fn stored(&self) -> &StoredEntry;
}

impl Listing for StoredEntry {
    fn stored(&self) -> &StoredEntry {
        self
    }
}

/// A page of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerPage<E = StoredEntry> {
    /// Newest first, whichever way the page was reached.
    pub entries: Vec<E>,
    /// Where the next page towards the past begins; `None` if this one reaches the oldest match.
    pub older: Option<Cursor>,
    /// Where the next page towards the present begins; `None` if this one reaches the newest match.
    pub newer: Option<Cursor>,
    /// The search stopped after [`SCAN_MAX`] rows before the page was full: go on at `older` (or `newer`).
    pub stopped_early: bool,
}

impl<E: Listing> LedgerPage<E> {
    /// Makes a page of entries that stand in the order of travel, `found` being all of them up to `horizon`.
    pub fn of(
        mut found: Vec<E>,
        horizon: Option<Cursor>,
        cursor: Option<&Cursor>,
        direction: Direction,
        limit: u32,
    ) -> LedgerPage<E> {
        let place = |entry: &E| Cursor::at(entry.stored());
        if let Some(horizon) = &horizon {
            found.retain(|entry| !horizon.is_before(&place(entry), direction));
        }
        let limit = limit as usize;
        let full = found.len() > limit;
        found.truncate(limit);
        let onward = match found.last() {
            Some(last) if full => Some(place(last)),
            _ if full => cursor.cloned(),
            _ => horizon.clone(),
        };
        let back = match (found.first(), cursor) {
            (_, None) => None,
            (Some(first), _) => Some(place(first)),
            (None, Some(cursor)) => Some(cursor.including(match direction {
                Direction::Older => Direction::Newer,
                Direction::Newer => Direction::Older,
            })),
        };
        let stopped_early = !full && horizon.is_some();
        if direction == Direction::Newer {
            found.reverse();
        }
        let (older, newer) = match direction {
            Direction::Older => (onward, back),
            Direction::Newer => (back, onward),
        };
        LedgerPage {
            entries: found,
            older,
            newer,
            stopped_early,
        }
    }

    /// The same page of something else that stands for its entries.
    pub fn map<F>(self, each: impl FnMut(E) -> F) -> LedgerPage<F> {
        LedgerPage {
            entries: self.entries.into_iter().map(each).collect(),
            older: self.older,
            newer: self.newer,
            stopped_early: self.stopped_early,
        }
    }
}

/// A filter's times and a cursor, as exclusive bounds of one site's numbers and as times that still have to
/// become such bounds.
pub struct Bounds {
    /// Only larger numbers.
    pub above: u64,
    /// Only smaller numbers.
    pub below: u64,
    /// From this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
}

impl Bounds {
    /// The bounds of `site`'s entries.
    pub fn of(
        filter: &LedgerFilter,
        cursor: Option<&Cursor>,
        site: &SiteName,
        direction: Direction,
    ) -> Bounds {
        let (mut from, mut until) = (filter.from, filter.until);
        let (mut above, mut below) = (0, u64::MAX);
        if let Some(cursor) = cursor {
            // At the cursor's instant sites stand in order of their names.
            let next = Timestamp(cursor.at.0.saturating_add(1));
            match (direction, site.cmp(&cursor.site)) {
                (Direction::Older, Ordering::Equal) => below = cursor.seq,
                (Direction::Newer, Ordering::Equal) => above = cursor.seq,
                (Direction::Older, Ordering::Less) => until = earliest(until, next),
                (Direction::Older, Ordering::Greater) => until = earliest(until, cursor.at),
                (Direction::Newer, Ordering::Less) => from = latest(from, next),
                (Direction::Newer, Ordering::Greater) => from = latest(from, cursor.at),
            }
        }
        Bounds {
            above,
            below,
            from,
            until,
        }
    }
}

/// The index that a walk follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Index {
    Site,
    Review,
    Version,
    Actor,
    Kind,
    RuleSet,
    Lane,
}

/// Whether a hit has another facet's value too, if one is wanted.
macro_rules! also {
    ($facet:literal, $value:literal) => {
        concat!(
            "(",
            $value,
            " IS NULL OR EXISTS (SELECT 1 FROM entry_index AS also WHERE also.site = $1 ",
            "AND also.facet = ",
            $facet,
            " AND also.value = ",
            $value,
            " AND also.seq = hit.seq))"
        )
    };
}

/// The statements of the walks. `$1` site, `$2` the indexed value (for the site itself ''), `$3` and `$4`
/// exclusive bounds of seq, `$5` rows to look at; then the other filters, NULL for none, and the page's size.
/// `$9` is a kind, or with `$10` the bounds of a family of kinds. PostgreSQL has an index a column, SQLite
/// one table for all.
macro_rules! walk_sql {
    (entry $column:literal, $order:literal) => {
        WalkSql {
            rows: concat!(
                "SELECT ", entry_columns!(), " FROM (SELECT ", entry_columns!(),
                " FROM entry WHERE site = $1 AND ", $column, " = $2 AND seq > $3 AND seq < $4 ORDER BY seq ",
                $order, " LIMIT $5) AS hit WHERE ($6 IS NULL OR ruleset = $6) AND ($7 IS NULL OR lane = $7) ",
                "AND ($8 IS NULL OR actor = $8) AND ($9 IS NULL OR $10 IS NOT NULL OR kind = $9) ",
                "AND ($10 IS NULL OR (kind >= $9 AND kind < $10)) ",
                "AND ($11 IS NULL OR version = $11) AND ($12 IS NULL OR review = $12) ORDER BY seq ",
                $order, " LIMIT $13"
            ),
            place: concat!(
                "SELECT seq FROM entry WHERE site = $1 AND ", $column,
                " = $2 AND seq > $3 AND seq < $4 ORDER BY seq ", $order, " LIMIT 1 OFFSET $5"
            ),
        }
    };
    // The other filters are looked up in the same index, so that only wanted entries are read.
    // CROSS JOIN: SQLite keeps this order of the two tables, and the hits stay in theirs; to ask for it
    // once more would make it sort them all before the first. `walk` checks it.
    (facet $facet:literal, $order:literal) => {
        WalkSql {
            rows: concat!(
                "SELECT e.site, e.seq, at_us, actor, kind, ruleset, lane, version, review, command, bytes, hash ",
                "FROM (SELECT seq FROM entry_index WHERE site = $1 AND facet = ", $facet,
                " AND value = $2 AND seq > $3 AND seq < $4 ORDER BY seq ", $order, " LIMIT $5) AS hit ",
                "CROSS JOIN entry AS e ON e.site = $1 AND e.seq = hit.seq WHERE ",
                also!("5", "$6"), " AND ", also!("6", "$7"), " AND ", also!("3", "$8"),
                " AND ($10 IS NOT NULL OR ", also!("4", "$9"), ") AND ", also!("2", "$11"), " AND ",
                also!("1", "$12"), " AND ($10 IS NULL OR (kind >= $9 AND kind < $10)) LIMIT $13"
            ),
            place: concat!(
                "SELECT seq FROM entry_index WHERE site = $1 AND facet = ", $facet,
                " AND value = $2 AND seq > $3 AND seq < $4 ORDER BY seq ", $order, " LIMIT 1 OFFSET $5"
            ),
        }
    };
    ($direction:expr, $sqlite:expr, $column:literal, $facet:literal) => {
        match ($sqlite, $direction) {
            (false, Direction::Older) => walk_sql!(entry $column, "DESC"),
            (false, Direction::Newer) => walk_sql!(entry $column, "ASC"),
            (true, Direction::Older) => walk_sql!(facet $facet, "DESC"),
            (true, Direction::Newer) => walk_sql!(facet $facet, "ASC"),
        }
    };
}

struct WalkSql {
    /// Rows in the order of travel.
    rows: &'static str,
    /// The number of the row that is `$5` rows further.
    place: &'static str,
}

fn walk_sql(index: Index, direction: Direction, sqlite: bool) -> WalkSql {
    match index {
        Index::Site => walk_sql!(direction, false, "''", "0"),
        Index::Review => walk_sql!(direction, sqlite, "review", "1"),
        Index::Version => walk_sql!(direction, sqlite, "version", "2"),
        Index::Actor => walk_sql!(direction, sqlite, "actor", "3"),
        Index::Kind => walk_sql!(direction, sqlite, "kind", "4"),
        Index::RuleSet => walk_sql!(direction, sqlite, "ruleset", "5"),
        Index::Lane => walk_sql!(direction, sqlite, "lane", "6"),
    }
}

/// One walk: a site, an index with its value, and exclusive bounds of seq.
struct Walk<'a> {
    site: &'a SiteName,
    index: Index,
    value: String,
    above: i64,
    below: i64,
}

/// What a walk brought, in the order of travel.
struct Walked {
    entries: Vec<StoredEntry>,
    /// The last row looked at, if there are or may be more behind it.
    seen_to: Option<Cursor>,
}

impl Store {
    /// A page of at most `limit` entries that match, beginning beyond `cursor` in `direction` (without a
    /// cursor at the newest, or oldest, entry). Costs the same on every page; never counts.
    ///
    /// Looks in vain at no more than [`SCAN_MAX`] rows: then the page is short (even empty),
    /// `stopped_early` is set, and going on at its cursor continues the search.
    pub async fn browse(
        &self,
        filter: &LedgerFilter,
        cursor: Option<Cursor>,
        direction: Direction,
        limit: u32,
    ) -> Result<LedgerPage, StoreError> {
        self.check_away()?;
        let cursor = cursor.as_ref();
        if let Backend::Memory(memory) = &*self.backend {
            return Ok(memory.browse(filter, cursor, direction, limit));
        }
        let sites = match filter.only_site() {
            Err(()) => Vec::new(),
            Ok(Some(site)) => vec![site.clone()],
            Ok(None) => self.sites().await?,
        };
        let mut walks = Vec::new();
        for site in &sites {
            let (above, below) = self.bounds(site, filter, cursor, direction).await?;
            // The youngest entries may not be in the index yet: they are looked at one by one.
            let indexed_to = self.indexed_to(site).await?;
            let indexed = below.min(indexed_to.saturating_add(1));
            let index = self.rarest(site, filter, above, indexed, direction).await?;
            let mut add = |index, value, above, below| {
                walks.push(Walk {
                    site,
                    index,
                    value,
                    above,
                    below,
                });
            };
            if index == Index::Site {
                add(index, String::new(), above, below);
                continue;
            }
            for value in self.values(site, filter, index).await? {
                add(index, value, above, indexed);
            }
            if indexed < below {
                add(Index::Site, String::new(), above.max(indexed_to), below);
            }
        }
        let budget = (i64::from(SCAN_MAX) / walks.len().max(1) as i64).max(WORDS_CHUNK);
        let mut found = Vec::new();
        let mut horizon: Option<Cursor> = None;
        for walk in walks {
            let walked = self.walk(walk, filter, direction, limit, budget).await?;
            found.extend(walked.entries);
            if let Some(seen_to) = walked.seen_to {
                horizon = Some(match horizon {
                    Some(nearer) if nearer.is_before(&seen_to, direction) => nearer,
                    _ => seen_to,
                });
            }
        }
        found.sort_by(|a, b| {
            let key = |entry: &StoredEntry| (entry.at, entry.seq);
            let order = (a.at, &a.site, a.seq).cmp(&(b.at, &b.site, b.seq));
            debug_assert!(order != Ordering::Equal || key(a) == key(b));
            match direction {
                Direction::Older => order.reverse(),
                Direction::Newer => order,
            }
        });
        Ok(LedgerPage::of(found, horizon, cursor, direction, limit))
    }

    fn walk_sql(&self, index: Index, direction: Direction) -> WalkSql {
        walk_sql(index, direction, self.kind() == "sqlite")
    }

    async fn walk(
        &self,
        mut walk: Walk<'_>,
        filter: &LedgerFilter,
        direction: Direction,
        limit: u32,
        budget: i64,
    ) -> Result<Walked, StoreError> {
        let sql = self.walk_sql(walk.index, direction);
        let words = filter.words.as_ref().map(|words| words.to_lowercase());
        // One more than the page needs tells whether there is another.
        let wanted = limit as usize + 1;
        let (look_at, take) = match words {
            Some(_) => (WORDS_CHUNK, WORDS_CHUNK),
            None => (budget, wanted as i64),
        };
        let other = |index: Index| walk.index != index;
        let ruleset = filter.ruleset.as_ref().filter(|_| other(Index::RuleSet));
        let lane = filter.lane().filter(|_| other(Index::Lane));
        let actor = filter.actor.as_ref().filter(|_| other(Index::Actor));
        let version = filter.version.as_ref().filter(|_| other(Index::Version));
        let review = filter.review.as_ref().filter(|_| other(Index::Review));
        let review = review.map(|review| review.to_string());
        let kind = filter.kind.as_ref().filter(|_| other(Index::Kind));
        let (kind_from, kind_to) = kind.map(KindFilter::bounds).unzip();
        let kind_to: Option<String> = kind_to.flatten();
        let sifting = ruleset.is_some()
            || lane.is_some()
            || actor.is_some()
            || version.is_some()
            || review.is_some()
            || kind_from.is_some();

        let mut entries: Vec<StoredEntry> = Vec::new();
        let mut looked = 0;
        loop {
            let rows = rd!(self, pool => query_as::<_, EntryRow>(sql.rows)
                .bind(walk.site.as_str())
                .bind(walk.value.as_str())
                .bind(walk.above)
                .bind(walk.below)
                .bind(look_at)
                .bind(ruleset.map(|name| name.as_str()))
                .bind(lane.map(|name| name.as_str()))
                .bind(actor.map(|id| id.as_str()))
                .bind(kind_from.as_deref())
                .bind(kind_to.as_deref())
                .bind(version.map(|name| name.as_str()))
                .bind(review.as_deref())
                .bind(take)
                .fetch_all(pool))?;
            let in_order = |pair: &[EntryRow]| match direction {
                Direction::Older => pair[0].seq > pair[1].seq,
                Direction::Newer => pair[0].seq < pair[1].seq,
            };
            if !rows.windows(2).all(in_order) {
                return Err(StoreError::Broken("rows came out of order".to_owned()));
            }
            // Where this look ended: at its last row if it is full, else at the last row it was allowed.
            let mut place = None;
            if rows.len() as i64 == take {
                place = rows.last().map(|row| row.seq);
            } else if sifting {
                place = rd!(self, pool => query_scalar::<_, i64>(sql.place)
                    .bind(walk.site.as_str())
                    .bind(walk.value.as_str())
                    .bind(walk.above)
                    .bind(walk.below)
                    .bind(look_at - 1)
                    .fetch_optional(pool))?;
            }
            for row in rows {
                if words
                    .as_ref()
                    .is_none_or(|words| contains(&row.bytes, words))
                {
                    entries.push(row.entry()?);
                    if entries.len() == wanted {
                        let seen_to = entries.last().map(Cursor::at);
                        return Ok(Walked { entries, seen_to });
                    }
                }
            }
            looked += look_at;
            let Some(place) = place else {
                return Ok(Walked {
                    entries,
                    seen_to: None,
                });
            };
            if looked >= budget {
                let seen_to = self.cursor_at(walk.site, place).await?;
                return Ok(Walked { entries, seen_to });
            }
            match direction {
                Direction::Older => walk.below = place,
                Direction::Newer => walk.above = place,
            }
        }
    }

    /// The last entry that the index knows; without bound where the database keeps indexes itself.
    async fn indexed_to(&self, site: &SiteName) -> Result<i64, StoreError> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => {
                let read = super::sqlite::indexed_to(&sqlite.readers, site.as_str());
                Ok(super::error::bounded(read).await?)
            }
            _ => Ok(i64::MAX),
        }
    }

    async fn cursor_at(&self, site: &SiteName, place: i64) -> Result<Option<Cursor>, StoreError> {
        const SQL: &str = "SELECT at_us FROM entry WHERE site = $1 AND seq = $2";
        let at_us: Option<i64> = rd!(self, pool => query_scalar(SQL)
            .bind(site.as_str())
            .bind(place)
            .fetch_optional(pool))?;
        Ok(at_us.map(|at_us| Cursor {
            at: Timestamp(at_us),
            site: site.clone(),
            seq: place as u64,
        }))
    }

    /// The filter's times and the cursor as exclusive bounds of this site's numbers.
    async fn bounds(
        &self,
        site: &SiteName,
        filter: &LedgerFilter,
        cursor: Option<&Cursor>,
        direction: Direction,
    ) -> Result<(i64, i64), StoreError> {
        let Bounds {
            above,
            below,
            from,
            until,
        } = Bounds::of(filter, cursor, site, direction);
        let (mut above, mut below) = (super::ledger::seq(above), super::ledger::seq(below));
        if let Some(from) = from {
            above = above.max(self.first_at(site, from).await? - 1);
        }
        if let Some(until) = until {
            below = below.min(self.first_at(site, until).await?);
        }
        Ok((above, below))
    }

    /// The number of the first entry at or after an instant, or one beyond the last.
    async fn first_at(&self, site: &SiteName, at: Timestamp) -> Result<i64, StoreError> {
        // Bisection between `low` (before the instant) and `high` (not before): 20 steps in a million.
        // SQLite allows no subquery around the recursion, so the entry in the middle is asked for twice.
        const SQL: &str = "WITH RECURSIVE search (low, high) AS (\
             SELECT CAST(0 AS BIGINT), \
                    COALESCE((SELECT seq FROM entry WHERE site = $1 ORDER BY seq DESC LIMIT 1), 0) + 1 \
             UNION ALL \
             SELECT CASE WHEN (SELECT at_us FROM entry WHERE site = $1 AND seq = (low + high) / 2) < $2 \
                         THEN (low + high) / 2 ELSE low END, \
                    CASE WHEN (SELECT at_us FROM entry WHERE site = $1 AND seq = (low + high) / 2) < $2 \
                         THEN high ELSE (low + high) / 2 END \
             FROM search WHERE high - low > 1) \
             SELECT high FROM search WHERE high - low = 1";
        let first: Option<i64> = rd!(self, pool => query_scalar(SQL)
            .bind(site.as_str())
            .bind(at.0)
            .fetch_optional(pool))?;
        Ok(first.unwrap_or(1))
    }

    /// The index to walk: that of the only filter, or of the one whose hits lie furthest apart here.
    async fn rarest(
        &self,
        site: &SiteName,
        filter: &LedgerFilter,
        above: i64,
        below: i64,
        direction: Direction,
    ) -> Result<Index, StoreError> {
        let candidates: Vec<(Index, String)> = [
            Index::Review,
            Index::Version,
            Index::Actor,
            Index::Kind,
            Index::RuleSet,
            Index::Lane,
        ]
        .into_iter()
        .filter_map(|index| Some((index, exact_value(filter, index)?)))
        .collect();
        match candidates.as_slice() {
            [] if filter.kind.is_some() => return Ok(Index::Kind),
            [] => return Ok(Index::Site),
            [(only, _)] => return Ok(*only),
            _ => {}
        }
        let mut best: Option<(i64, Index)> = None;
        for (index, value) in candidates {
            let sql = self.walk_sql(index, direction).place;
            let place: Option<i64> = rd!(self, pool => query_scalar(sql)
                .bind(site.as_str())
                .bind(value.as_str())
                .bind(above)
                .bind(below)
                .bind(SOUNDING)
                .fetch_optional(pool))?;
            let Some(place) = place else {
                return Ok(index);
            };
            let reach = match direction {
                Direction::Older => -place,
                Direction::Newer => place,
            };
            if best.is_none_or(|(furthest, _)| reach > furthest) {
                best = Some((reach, index));
            }
        }
        Ok(best.map_or(Index::Site, |(_, index)| index))
    }

    /// The values to walk on an index: one, or every kind of a family that the site's ledger holds.
    async fn values(
        &self,
        site: &SiteName,
        filter: &LedgerFilter,
        index: Index,
    ) -> Result<Vec<String>, StoreError> {
        // One step along the index a kind.
        const POSTGRES: &str = "WITH RECURSIVE hop (kind) AS (\
             SELECT (SELECT kind FROM entry WHERE site = $1 AND kind >= $2 ORDER BY kind LIMIT 1) \
             UNION ALL SELECT (SELECT e.kind FROM entry e WHERE e.site = $1 AND e.kind > hop.kind \
                               ORDER BY e.kind LIMIT 1) \
             FROM hop WHERE hop.kind < $3) \
             SELECT kind FROM hop WHERE kind < $3";
        const SQLITE: &str = "WITH RECURSIVE hop (kind) AS (\
             SELECT (SELECT MIN(value) FROM entry_index WHERE site = $1 AND facet = 4 AND value >= $2) \
             UNION ALL SELECT (SELECT MIN(value) FROM entry_index \
                               WHERE site = $1 AND facet = 4 AND value > hop.kind) \
             FROM hop WHERE hop.kind < $3) \
             SELECT kind FROM hop WHERE kind < $3";
        match &filter.kind {
            Some(family @ KindFilter::Prefix(_)) if index == Index::Kind => {
                let (from, to) = family.bounds();
                let sql = if self.kind() == "sqlite" {
                    SQLITE
                } else {
                    POSTGRES
                };
                rd!(self, pool => query_scalar(sql)
                    .bind(site.as_str())
                    .bind(from.as_str())
                    .bind(to.as_deref())
                    .fetch_all(pool))
            }
            _ => Ok(vec![exact_value(filter, index).unwrap_or_default()]),
        }
    }
}

/// The value an index is asked for, if the filter names exactly one.
fn exact_value(filter: &LedgerFilter, index: Index) -> Option<String> {
    match index {
        Index::Site => None,
        Index::Review => filter.review.as_ref().map(|review| review.to_string()),
        Index::Version => filter.version.as_ref().map(|name| name.to_string()),
        Index::Actor => filter.actor.as_ref().map(|id| id.to_string()),
        Index::Kind => match &filter.kind {
            Some(KindFilter::Exact(kind)) => Some(kind.clone()),
            _ => None,
        },
        Index::RuleSet => filter.ruleset.as_ref().map(|name| name.to_string()),
        Index::Lane => filter.lane().map(|name| name.to_string()),
    }
}

fn earliest(bound: Option<Timestamp>, other: Timestamp) -> Option<Timestamp> {
    Some(bound.map_or(other, |bound| bound.min(other)))
}

fn latest(bound: Option<Timestamp>, other: Timestamp) -> Option<Timestamp> {
    Some(bound.map_or(other, |bound| bound.max(other)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{AssertSqlSafe, Row};

    /// SQLite's plan of a statement, a line a step.
    async fn plan(pool: &sqlx::SqlitePool, sql: &str) -> String {
        let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let steps = sqlx::raw_sql(sql).fetch_all(pool).await.unwrap();
        let steps: Vec<String> = steps.iter().map(|row| row.get("detail")).collect();
        steps.join("\n")
    }

    #[tokio::test]
    async fn walks_follow_their_indexes_and_sort_nothing() {
        const HIT: &str = "SEARCH entry_index USING PRIMARY KEY (site=? AND facet=? AND value=? AND seq>? AND seq<?)";
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("t.db").display());
        let _store = Store::open(&url).await.unwrap();
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        for (index, name) in [
            (
                Index::Site,
                "entry USING PRIMARY KEY (site=? AND seq>? AND seq<?)",
            ),
            (Index::Review, HIT),
            (Index::Version, HIT),
            (Index::Actor, HIT),
            (Index::Kind, HIT),
            (Index::RuleSet, HIT),
            (Index::Lane, HIT),
        ] {
            for direction in [Direction::Older, Direction::Newer] {
                let sql = walk_sql(index, direction, true);
                for sql in [sql.rows, sql.place] {
                    let plan = plan(&pool, sql).await;
                    assert!(plan.contains(name), "{plan}");
                    assert!(
                        !plan.contains("B-TREE") && !plan.contains("SCAN entry"),
                        "{plan}"
                    );
                }
            }
        }
    }
}
