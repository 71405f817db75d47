//! Measures the store alone, one JSON line a figure.
//!
//!     cargo run --profile dist --example bench_store -- [ENTRIES] [sqlite|postgres://...]...
//!
//! Appends a second with 1 and 16 callers (one writer gathers what waits into one commit, as the
//! application does), beside a plain single-row insert on the same database; pages of 50 at ENTRIES
//! entries; contents; bytes on disk an entry.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rulegate::store::{Cursor, Direction, KindFilter, LedgerFilter, Store};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Event;
use rulegate_ledger::ids::{ReviewId, SiteName, Timestamp};
use rulegate_ledger::ledger::{Head, StoredEntry};
use tokio::sync::{mpsc, oneshot};

/// How long each figure of throughput is taken.
const TAKE: Duration = Duration::from_secs(4);
const ACTORS: u64 = 20;
const RULE_SETS: u64 = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let entries: u64 = arguments
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(100_000);
    let mut databases: Vec<String> = arguments.collect();
    if databases.is_empty() {
        databases.push("sqlite".to_owned());
    }
    for database in databases {
        let directory = std::env::temp_dir().join(format!("rulegate-bench-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        let url = match database.as_str() {
            "sqlite" => format!("sqlite:{}/bench.db", directory.display()),
            url => url.to_owned(),
        };
        let store = Store::open(&url).await.expect("the store opens");
        plain_inserts(&url, store.kind()).await;
        appends(&store, 1).await;
        appends(&store, 16).await;
        contents(&store).await;
        fill(&store, entries).await;
        pages(&store).await;
        disk(&url, &store).await;
        store.close().await;
        let _ = std::fs::remove_dir_all(&directory);
    }
}

fn say(store: &str, figure: &str, value: f64, unit: &str) {
    println!(
        "{}",
        serde_json::json!({"store": store, "figure": figure, "value": (value * 1000.0).round() / 1000.0, "unit": unit})
    );
}

fn percentiles(store: &str, figure: &str, mut times: Vec<Duration>) {
    times.sort();
    let ms = |at: f64| times[((times.len() - 1) as f64 * at) as usize].as_secs_f64() * 1e3;
    say(store, &format!("{figure} p50"), ms(0.5), "ms");
    say(store, &format!("{figure} p99"), ms(0.99), "ms");
}

fn site(name: &str) -> SiteName {
    name.parse().expect("a site")
}

/// An entry with the columns, and about the size, of a real one.
fn entry(site: &SiteName, head: Head) -> StoredEntry {
    let seq = head.seq + 1;
    // A cheap, well-mixed number for the columns.
    let mut mix = seq.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut pick = |of: u64| {
        mix ^= mix >> 29;
        mix = mix.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mix >> 33) % of
    };
    let kind = Event::KINDS[pick(Event::KINDS.len() as u64) as usize];
    let actor = format!("0192f3a1-7c{:02}-7abc-8def-0123456789ab", pick(ACTORS));
    let ruleset = format!("rules-{}", pick(RULE_SETS));
    let lane = ["sl", "prod", ""][pick(3) as usize];
    let version = (pick(2) == 0).then(|| format!("4.{}.0", seq / 500));
    let review = (pick(2) == 0).then(|| ReviewId {
        site: site.clone(),
        seq: seq.saturating_sub(pick(20)).max(1),
    });
    let command = format!("{actor}:{}", uuid::Uuid::now_v7());
    let bytes = format!(
        r#"{{"format":1,"site":"{site}","seq":{seq},"at":"2026-11-21T10:20:30.000000Z","actor":"{actor}","command":"{command}","kind":"{kind}","ruleset":"{ruleset}","lane":"{lane}","body":{{"note":"{}"}},"prev":"{}"}}"#,
        "the quick brown fox jumps ".repeat(4),
        head.hash
    );
    StoredEntry {
        site: site.clone(),
        seq,
        at: Timestamp(1_700_000_000_000_000 + seq as i64 * 1_000_000),
        actor: actor.parse().expect("an id"),
        kind: kind.into(),
        ruleset: Some(ruleset.parse().expect("a name")),
        lane: (!lane.is_empty()).then(|| lane.parse().expect("a lane")),
        version: version.map(|v| v.parse().expect("a version")),
        review,
        command: Some(command.parse().expect("an id")),
        hash: Digest::of(bytes.as_bytes()),
        bytes: bytes.into(),
    }
}

fn head_of(entry: &StoredEntry) -> Head {
    Head {
        seq: entry.seq,
        hash: entry.hash,
        at: entry.at,
    }
}

/// The yardstick: one row of the same size a commit, one index, no chain.
async fn plain_inserts(url: &str, kind: &str) {
    if kind == "sqlite" {
        use sqlx::sqlite::*;
        let options = SqliteConnectOptions::new()
            .filename(format!("{}.plain", url.trim_start_matches("sqlite:")))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_with(options)
            .await
            .expect("SQLite opens");
        sqlx::raw_sql("CREATE TABLE plain (id INTEGER PRIMARY KEY, prev BLOB, hash BLOB, bytes TEXT) STRICT; CREATE INDEX plain_hash ON plain (id, hash)")
            .execute(&pool).await.expect("a table");
        const SQL: &str = "INSERT INTO plain (prev, hash, bytes) VALUES ($1, $2, $3)";
        let (started, mut count, mut times) = (Instant::now(), 0, Vec::new());
        while started.elapsed() < TAKE {
            let once = Instant::now();
            let row = sqlx::query(SQL).bind(vec![7u8; 32]).bind(vec![9u8; 32]);
            row.bind("x".repeat(400))
                .execute(&pool)
                .await
                .expect("inserts");
            times.push(once.elapsed());
            count += 1;
        }
        say(
            kind,
            "plain insert, 1 caller",
            f64::from(count) / started.elapsed().as_secs_f64(),
            "/s",
        );
        percentiles(kind, "plain insert, 1 caller", times);
    } else {
        let pool = sqlx::postgres::PgPoolOptions::new()
            .max_connections(16)
            .min_connections(16)
            .test_before_acquire(false)
            .connect(url)
            .await
            .expect("PostgreSQL answers");
        sqlx::raw_sql("CREATE TABLE plain (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, prev BYTEA, hash BYTEA, bytes TEXT)")
            .execute(&pool).await.expect("a table");
        const SQL: &str = "INSERT INTO plain (prev, hash, bytes) VALUES ($1, $2, $3)";
        for callers in [1, 16] {
            let (started, mut tasks) = (Instant::now(), tokio::task::JoinSet::new());
            for _ in 0..callers {
                let pool = pool.clone();
                tasks.spawn(async move {
                    let mut times = Vec::new();
                    while started.elapsed() < TAKE {
                        let once = Instant::now();
                        let row = sqlx::query(SQL).bind(vec![7u8; 32]).bind(vec![9u8; 32]);
                        row.bind("x".repeat(400))
                            .execute(&pool)
                            .await
                            .expect("inserts");
                        times.push(once.elapsed());
                    }
                    times
                });
            }
            let times: Vec<Duration> = tasks.join_all().await.concat();
            let name = format!("plain insert, {callers} callers");
            say(
                kind,
                &name,
                times.len() as f64 / started.elapsed().as_secs_f64(),
                "/s",
            );
            percentiles(kind, &name, times);
        }
        sqlx::raw_sql("DROP TABLE plain")
            .execute(&pool)
            .await
            .expect("dropped");
        pool.close().await;
    }
}

/// Callers that each wait for their entry to be durable; one writer gathers what waits.
async fn appends(store: &Store, callers: usize) {
    let ipc2 = site("ipc2");
    let (ask, mut asked) = mpsc::channel::<oneshot::Sender<()>>(1_000);
    let writer = {
        let (store, ipc2) = (store.clone(), ipc2.clone());
        tokio::spawn(async move {
            let mut head = store.head(&ipc2).await.expect("a head");
            let (mut commits, mut waiting) = (0u64, Vec::new());
            while asked.recv_many(&mut waiting, 256).await > 0 {
                let mut entries: Vec<StoredEntry> = Vec::with_capacity(waiting.len());
                for _ in &waiting {
                    let after = entries.last().map_or(head, head_of);
                    entries.push(entry(&ipc2, after));
                }
                store.append(&ipc2, head, &entries).await.expect("appends");
                head = head_of(entries.last().expect("at least one"));
                commits += 1;
                for done in waiting.drain(..) {
                    let _ = done.send(());
                }
            }
            commits
        })
    };
    let (started, mut tasks) = (Instant::now(), tokio::task::JoinSet::new());
    for _ in 0..callers {
        let ask = ask.clone();
        tasks.spawn(async move {
            let mut times = Vec::new();
            while started.elapsed() < TAKE {
                let once = Instant::now();
                let (done, durable) = oneshot::channel();
                ask.send(done).await.expect("the writer lives");
                durable.await.expect("the writer answers");
                times.push(once.elapsed());
            }
            times
        });
    }
    drop(ask);
    let times: Vec<Duration> = tasks.join_all().await.concat();
    let seconds = started.elapsed().as_secs_f64();
    let commits = writer.await.expect("the writer ends");
    let name = format!("append, {callers} callers");
    say(store.kind(), &name, times.len() as f64 / seconds, "/s");
    say(
        store.kind(),
        &format!("{name}, commits"),
        commits as f64 / seconds,
        "/s",
    );
    percentiles(store.kind(), &name, times);
}

async fn contents(store: &Store) {
    let rules: Vec<(Digest, Bytes)> = (0..3_000)
        .map(|n| {
            let bytes = Bytes::from(format!("rule {n}\n{}", "x".repeat(1_500)));
            (Digest::of(&bytes), bytes)
        })
        .collect();
    let digests: Vec<Digest> = rules.iter().map(|(digest, _)| *digest).collect();
    let timed = |name: &str, started: Instant| {
        let ms = started.elapsed().as_secs_f64() * 1e3;
        say(
            store.kind(),
            &format!("3,000 contents of 1.5 kB, {name}"),
            ms,
            "ms",
        );
    };
    let started = Instant::now();
    store.put_contents(&rules).await.expect("puts");
    timed("put", started);
    let started = Instant::now();
    store.put_contents(&rules).await.expect("puts");
    timed("put again", started);
    let started = Instant::now();
    store.contents_missing(&digests).await.expect("asks");
    timed("missing", started);
    let started = Instant::now();
    store.contents(&digests).await.expect("reads");
    timed("read", started);
}

/// Two sites of half the entries each.
async fn fill(store: &Store, entries: u64) {
    let started = Instant::now();
    let mut stored = 0;
    for name in ["ipc1", "ipc2"] {
        let site = site(name);
        let mut head = store.head(&site).await.expect("a head");
        while head.seq < entries / 2 {
            let mut group: Vec<StoredEntry> = Vec::with_capacity(1_000);
            for _ in 0..1_000.min(entries / 2 - head.seq) {
                let after = group.last().map_or(head, head_of);
                group.push(entry(&site, after));
            }
            store.append(&site, head, &group).await.expect("appends");
            head = head_of(group.last().expect("a group"));
            stored += group.len();
        }
    }
    let rate = stored as f64 / started.elapsed().as_secs_f64();
    say(store.kind(), "import in groups of 1,000", rate, "entries/s");
}

async fn pages(store: &Store) {
    let all = LedgerFilter::default();
    let newest = store
        .browse(&all, None, Direction::Older, 1)
        .await
        .expect("a page");
    let last = newest.entries.first().expect("an entry").clone();
    let place = |part: f64| -> Cursor {
        let at = 1_700_000_000_000_000 + (last.seq as f64 * part) as i64 * 1_000_000;
        format!("{at}.{}.ipc2", (last.seq as f64 * part) as u64)
            .parse()
            .expect("a cursor")
    };
    let actor = Some(last.actor.clone());
    let kind = Some(KindFilter::Exact(last.kind.to_string()));
    let ruleset = last.ruleset.clone();
    let environment = Some(Environment::new(
        &site("ipc2"),
        &"prod".parse().expect("a lane"),
    ));
    let (from, until) = (Some(place_time(&last, 0.4)), Some(place_time(&last, 0.5)));
    let cases: Vec<(&str, LedgerFilter, Option<Cursor>)> = vec![
        ("first", all.clone(), None),
        ("middle", all.clone(), Some(place(0.5))),
        ("last", all.clone(), Some(place(0.0001))),
        (
            "site",
            LedgerFilter {
                site: Some(site("ipc1")),
                ..all.clone()
            },
            None,
        ),
        (
            "environment",
            LedgerFilter {
                environment: environment.clone(),
                ..all.clone()
            },
            None,
        ),
        (
            "rule set",
            LedgerFilter {
                ruleset: ruleset.clone(),
                ..all.clone()
            },
            None,
        ),
        (
            "kind",
            LedgerFilter {
                kind: kind.clone(),
                ..all.clone()
            },
            None,
        ),
        (
            "family of kinds",
            LedgerFilter {
                kind: Some(KindFilter::parse("review.")),
                ..all.clone()
            },
            None,
        ),
        (
            "person",
            LedgerFilter {
                actor: actor.clone(),
                ..all.clone()
            },
            None,
        ),
        (
            "version",
            LedgerFilter {
                version: Some("4.100.0".parse().expect("a version")),
                ..all.clone()
            },
            None,
        ),
        (
            "time",
            LedgerFilter {
                from,
                until,
                ..all.clone()
            },
            None,
        ),
        (
            "person and kind",
            LedgerFilter {
                actor: actor.clone(),
                kind: kind.clone(),
                ..all.clone()
            },
            None,
        ),
        (
            "rule set and environment",
            LedgerFilter {
                ruleset: ruleset.clone(),
                environment: environment.clone(),
                ..all.clone()
            },
            None,
        ),
        (
            "rule set and kind",
            LedgerFilter {
                ruleset: ruleset.clone(),
                kind: kind.clone(),
                ..all.clone()
            },
            None,
        ),
        (
            "person and time",
            LedgerFilter {
                actor: actor.clone(),
                from,
                until,
                ..all.clone()
            },
            None,
        ),
        (
            "nobody",
            LedgerFilter {
                actor: Some("nobody".parse().expect("an id")),
                ..all.clone()
            },
            None,
        ),
        (
            "words, frequent",
            LedgerFilter {
                words: Some("Brown Fox".into()),
                ..all.clone()
            },
            None,
        ),
        (
            "words, absent",
            LedgerFilter {
                words: Some("no such words".into()),
                ..all.clone()
            },
            None,
        ),
    ];
    for (name, filter, cursor) in cases {
        let mut times = Vec::new();
        let started = Instant::now();
        let mut page = None;
        while times.len() < 5 || (times.len() < 300 && started.elapsed() < Duration::from_secs(1)) {
            let once = Instant::now();
            page = Some(
                store
                    .browse(&filter, cursor.clone(), Direction::Older, 50)
                    .await
                    .expect("a page"),
            );
            times.push(once.elapsed());
        }
        let page = page.expect("a page");
        let note = if page.stopped_early {
            ", stopped early"
        } else {
            ""
        };
        let name = format!("page: {name} ({} entries{note})", page.entries.len());
        percentiles(store.kind(), &name, times);
    }
    let once = Instant::now();
    let store = Arc::new(store.clone());
    store.entry_by_hash(&Digest::ZERO).await.expect("no entry");
    say(
        store.kind(),
        "entry by a hash that is not there",
        once.elapsed().as_secs_f64() * 1e3,
        "ms",
    );
}

fn place_time(last: &StoredEntry, part: f64) -> Timestamp {
    Timestamp(1_700_000_000_000_000 + (last.seq as f64 * part) as i64 * 1_000_000)
}

async fn disk(url: &str, store: &Store) {
    let mut entries = 0;
    for name in ["ipc1", "ipc2"] {
        entries += store.head(&site(name)).await.expect("a head").seq;
    }
    let size = if let Some(path) = url.strip_prefix("sqlite:") {
        // Contents are 3,000 * 1.6 kB of it.
        std::fs::metadata(path).map_or(0, |file| file.len()) as f64 - 4.8e6
    } else {
        let pool = sqlx::PgPool::connect(url)
            .await
            .expect("PostgreSQL answers");
        let size: i64 = sqlx::query_scalar("SELECT pg_total_relation_size('entry')")
            .fetch_one(&pool)
            .await
            .expect("a size");
        size as f64
    };
    say(
        store.kind(),
        "disk an entry, indexes included",
        size / entries as f64,
        "bytes",
    );
}
