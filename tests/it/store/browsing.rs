//! Pages of the ledger against the plainest reading of the filters.

use rulegate::store::{Cursor, Direction, KindFilter, LedgerFilter, SCAN_MAX, Store};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::Timestamp;
use rulegate_ledger::ledger::{Head, StoredEntry};

use super::given::{self, On, head_of, site};

const SITES: [&str; 3] = ["a-site", "ipc1", "ipc2"];
const KINDS: [&str; 5] = [
    "review.approved",
    "review.commented",
    "review.opened",
    "reviewer.x",
    "version.activated",
];

/// A small, repeatable source of numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
    fn one_of<'a>(&mut self, names: &[&'a str]) -> &'a str {
        names[self.below(names.len() as u64) as usize]
    }
}

/// Ledgers of three sites whose times often coincide; few values, so that filters meet.
async fn random_ledger(store: &Store, numbers: &mut Numbers, count: usize) -> Vec<StoredEntry> {
    let mut all = Vec::new();
    for name in SITES {
        let mut at = 1_000;
        let mut entries: Vec<StoredEntry> = Vec::new();
        for _ in 0..count {
            at += numbers.below(3) as i64;
            let head = entries.last().map_or(Head::EMPTY, head_of);
            let text = numbers.one_of(&["Straße 5", "STRASSE 6", "rule 50% _off_", "ÄRGER \"x\""]);
            let mut entry = given::entry(name, head, text);
            entry.at = Timestamp(at);
            entry.kind = numbers.one_of(&KINDS).into();
            entry.actor = numbers
                .one_of(&["maria", "jonas", "pipeline"])
                .parse()
                .unwrap();
            let maybe = |name: &'static str| (name != "-").then_some(name);
            entry.ruleset =
                maybe(numbers.one_of(&["-", "crs", "sigma"])).map(|n| n.parse().unwrap());
            entry.lane = maybe(numbers.one_of(&["-", "sl", "prod"])).map(|n| n.parse().unwrap());
            entry.version =
                maybe(numbers.one_of(&["-", "1", "1+ipc1.1"])).map(|n| n.parse().unwrap());
            entry.review =
                maybe(numbers.one_of(&["-", "ipc1-1", "ipc2-3"])).map(|n| n.parse().unwrap());
            entry.hash = Digest::of(entry.bytes.as_bytes());
            entries.push(entry);
        }
        store
            .append(&site(name), Head::EMPTY, &entries)
            .await
            .unwrap();
        all.extend(entries);
    }
    all
}

/// One filter of each sort, with a value that may or may not occur.
fn single_filters(numbers: &mut Numbers) -> Vec<LedgerFilter> {
    let none = LedgerFilter::default;
    let times = [998, 1_000, 1_013, 1_030, 9_999];
    let mut time = || Some(Timestamp(times[numbers.below(5) as usize]));
    let (from, until) = (time(), time());
    let environment = Environment::new(
        &site(numbers.one_of(&SITES)),
        &numbers.one_of(&["sl", "prod", "none"]).parse().unwrap(),
    );
    vec![
        LedgerFilter {
            site: Some(site(numbers.one_of(&["ipc1", "ipc2", "none"]))),
            ..none()
        },
        LedgerFilter {
            environment: Some(environment),
            ..none()
        },
        LedgerFilter {
            ruleset: Some(numbers.one_of(&["crs", "sigma", "none"]).parse().unwrap()),
            ..none()
        },
        LedgerFilter {
            kind: Some(KindFilter::parse(numbers.one_of(&KINDS))),
            ..none()
        },
        LedgerFilter {
            kind: Some(KindFilter::parse(
                numbers.one_of(&["review.", "version.", "none."]),
            )),
            ..none()
        },
        LedgerFilter {
            actor: Some(numbers.one_of(&["maria", "jonas", "none"]).parse().unwrap()),
            ..none()
        },
        LedgerFilter {
            version: Some(numbers.one_of(&["1", "1+ipc1.1", "none"]).parse().unwrap()),
            ..none()
        },
        LedgerFilter {
            review: Some(
                numbers
                    .one_of(&["ipc1-1", "ipc2-3", "ipc2-9"])
                    .parse()
                    .unwrap(),
            ),
            ..none()
        },
        LedgerFilter { from, ..none() },
        LedgerFilter { until, ..none() },
        LedgerFilter {
            words: Some(
                numbers
                    .one_of(&["straße", "50% _OFF_", "ärger", "none"])
                    .into(),
            ),
            ..none()
        },
    ]
}

fn both(one: &LedgerFilter, other: &LedgerFilter) -> LedgerFilter {
    let (one, other) = (one.clone(), other.clone());
    LedgerFilter {
        site: one.site.or(other.site),
        environment: one.environment.or(other.environment),
        ruleset: one.ruleset.or(other.ruleset),
        kind: one.kind.or(other.kind),
        actor: one.actor.or(other.actor),
        version: one.version.or(other.version),
        review: one.review.or(other.review),
        from: one.from.or(other.from),
        until: one.until.or(other.until),
        words: one.words.or(other.words),
    }
}

/// The plainest reading: each condition by itself, over everything, newest first.
fn naive(all: &[StoredEntry], filter: &LedgerFilter) -> Vec<StoredEntry> {
    let mut found: Vec<StoredEntry> = all.to_vec();
    let text = |name: Option<&str>| name.map(str::to_owned);
    if let Some(site) = &filter.site {
        found.retain(|e| e.site == *site);
    }
    if let Some(env) = &filter.environment {
        found.retain(|e| {
            e.lane.as_ref().map(|lane| format!("{}/{lane}", e.site)) == Some(env.to_string())
        });
    }
    if let Some(ruleset) = &filter.ruleset {
        found.retain(|e| {
            text(e.ruleset.as_ref().map(|n| n.as_str())) == text(Some(ruleset.as_str()))
        });
    }
    match &filter.kind {
        Some(KindFilter::Exact(kind)) => found.retain(|e| &*e.kind == kind.as_str()),
        Some(KindFilter::Prefix(prefix)) => found.retain(|e| e.kind.starts_with(prefix.as_str())),
        None => {}
    }
    if let Some(actor) = &filter.actor {
        found.retain(|e| e.actor == *actor);
    }
    if let Some(version) = &filter.version {
        found.retain(|e| e.version.as_ref() == Some(version));
    }
    if let Some(review) = &filter.review {
        found.retain(|e| e.review.as_ref() == Some(review));
    }
    if let Some(from) = filter.from {
        found.retain(|e| e.at.0 >= from.0);
    }
    if let Some(until) = filter.until {
        found.retain(|e| e.at.0 < until.0);
    }
    if let Some(words) = &filter.words {
        found.retain(|e| e.bytes.to_lowercase().contains(&words.to_lowercase()));
    }
    found.sort_by(|a, b| (b.at, &b.site, b.seq).cmp(&(a.at, &a.site, a.seq)));
    found
}

/// Turns all pages in one direction; each page's way back must lead to what stood before it.
async fn read_all(
    store: &Store,
    filter: &LedgerFilter,
    direction: Direction,
    limit: u32,
) -> Vec<StoredEntry> {
    let mut found: Vec<StoredEntry> = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        let page = store
            .browse(filter, cursor.clone(), direction, limit)
            .await
            .unwrap();
        assert!(page.entries.len() <= limit as usize);
        let (onward, back, other_way) = match direction {
            Direction::Older => (page.older, page.newer, Direction::Newer),
            Direction::Newer => (page.newer, page.older, Direction::Older),
        };
        assert_eq!(back.is_some(), cursor.is_some());
        if let Some(back) = back {
            let before = store
                .browse(filter, Some(back), other_way, limit)
                .await
                .unwrap();
            let turned = found[found.len().saturating_sub(limit as usize)..].to_vec();
            let turned = if direction == Direction::Older {
                turned
            } else {
                turned.into_iter().rev().collect()
            };
            assert_eq!(
                before.entries, turned,
                "{filter:?} {direction:?} {cursor:?}"
            );
        }
        let mut entries = page.entries;
        if direction == Direction::Newer {
            entries.reverse();
        }
        found.extend(entries);
        // A cursor survives an address.
        match onward {
            Some(next) => cursor = Some(next.to_string().parse().unwrap()),
            None => return found,
        }
    }
}

async fn pages_match_the_plain_reading(on: On) {
    // Few entries are looked at one by one on SQLite, more are found by its index.
    for (seed, count) in [(11, 40), (12, 40), (13, 700)] {
        let Some(given) = given::store(on).await else {
            return;
        };
        let mut numbers = Numbers(seed);
        let all = random_ledger(&given.store, &mut numbers, count).await;
        let singles = single_filters(&mut numbers);
        let mut filters = vec![LedgerFilter::default()];
        for (at, one) in singles.iter().enumerate() {
            filters.push(one.clone());
            filters.extend(singles[at + 1..].iter().map(|other| both(one, other)));
        }
        for filter in filters {
            if count > 40 && numbers.below(4) > 0 {
                continue;
            }
            let expected = naive(&all, &filter);
            for limit in [(1 + numbers.below(20) as usize * count / 40) as u32, 200] {
                let older = read_all(&given.store, &filter, Direction::Older, limit).await;
                assert_eq!(older, expected, "{filter:?} by {limit}");
            }
            let mut newer = read_all(
                &given.store,
                &filter,
                Direction::Newer,
                13 * count as u32 / 40,
            )
            .await;
            newer.reverse();
            assert_eq!(newer, expected, "{filter:?} towards the present");
        }
    }
}

#[tokio::test]
async fn pages_match_the_plain_reading_in_memory() {
    pages_match_the_plain_reading(On::Memory).await;
}
#[tokio::test]
async fn pages_match_the_plain_reading_on_sqlite() {
    pages_match_the_plain_reading(On::Sqlite).await;
}
#[tokio::test]
async fn pages_match_the_plain_reading_on_postgres() {
    pages_match_the_plain_reading(On::Postgres).await;
}

/// The only matches are the first two entries, far beyond what one call looks at.
async fn a_long_search_stops_and_goes_on(on: On) {
    let Some(given) = given::store(on).await else {
        return;
    };
    let (store, ipc2) = (&given.store, site("ipc2"));
    let mut head = Head::EMPTY;
    let mut entries = given::chain("ipc2", head, SCAN_MAX as usize + 500);
    for (at, entry) in entries.iter_mut().enumerate() {
        let wanted = at < 2;
        entry.actor = if at % 2 == 0 || wanted {
            "maria"
        } else {
            "jonas"
        }
        .parse()
        .unwrap();
        entry.kind = if at % 2 == 1 || wanted {
            "hold.placed"
        } else {
            "hold.lifted"
        }
        .into();
    }
    for group in entries.chunks(5_000) {
        store.append(&ipc2, head, group).await.unwrap();
        head = head_of(&group[group.len() - 1]);
    }
    for filter in [
        LedgerFilter {
            words: Some("ENTRY 1\"".into()),
            ..LedgerFilter::default()
        },
        LedgerFilter {
            words: Some("entry 0\"".into()),
            site: Some(ipc2.clone()),
            ..LedgerFilter::default()
        },
    ] {
        let page = store
            .browse(&filter, None, Direction::Older, 10)
            .await
            .unwrap();
        assert!(page.entries.is_empty() && page.stopped_early);
        let next = store
            .browse(&filter, page.older, Direction::Older, 10)
            .await
            .unwrap();
        assert_eq!(next.entries.len(), 1);
        assert_eq!((next.older, next.stopped_early), (None, false));
    }
    let filter = LedgerFilter {
        actor: Some("maria".parse().unwrap()),
        kind: Some(KindFilter::parse("hold.placed")),
        ..LedgerFilter::default()
    };
    assert_eq!(
        read_all(store, &filter, Direction::Older, 10).await.len(),
        2
    );
}

#[tokio::test]
async fn a_long_search_stops_and_goes_on_on_sqlite() {
    a_long_search_stops_and_goes_on(On::Sqlite).await;
}
#[tokio::test]
async fn a_long_search_stops_and_goes_on_on_postgres() {
    a_long_search_stops_and_goes_on(On::Postgres).await;
}
