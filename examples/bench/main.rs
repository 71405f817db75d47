//! What `scripts/bench` runs beside the server.
//!
//! `bench fill DATABASE ENTRIES RULES TOKENS` fills an empty database: ENTRIES valid, chained entries in the ledgers
//! of both sites (three quarters in the own one, `ipc2`), the newest a minute old; the rule set `bench` with RULES
//! rules pinned in ipc2/prod; TOKENS tokens of pods there. The entries tell of 50 rule sets whose releases each take
//! about 25 entries: delivery, soft launch, reviews with comments, answers and approvals, activations in two lanes,
//! what was then observed, and in every third release a hotfix from its making to its end. Prints what the drivers
//! need as one line of JSON.
//!
//! `bench intake DIR DATABASE` and `bench drift DATABASE ACCOUNT`: see [`intake`].

mod facts;
mod handles;
mod intake;
mod story;

use std::error::Error;
use std::path::Path;

use bytes::Bytes;
use rulegate::store::Store;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::manifest::Manifest;

use facts::TEXT;
use handles::Handles;
use story::Ledger;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let told = match arguments.as_slice() {
        ["fill", database, entries, rules, tokens] => {
            fill(database, entries.parse()?, rules.parse()?, tokens.parse()?).await?
        }
        ["intake", dir, database] => intake::intake(Path::new(dir), database).await?,
        ["drift", database, account] => intake::drift(database, account).await?,
        _ => return Err("see the head of examples/bench/main.rs".into()),
    };
    println!("{told}");
    Ok(())
}

async fn fill(database: &str, entries: u64, rules: u64, tokens: u64) -> Outcome<serde_json::Value> {
    let store = Store::open(database).await?;
    let own: SiteName = "ipc2".parse()?;
    let other: SiteName = "ipc1".parse()?;
    store.claim_identity(&own).await?;
    let now = rulegate::app::clock::Clock::default().now();
    let mut handles = Handles::make(&store, &own, now, tokens).await?;
    let checksum = keep_rules(&store, rules).await?;

    let there = if entries > 1_000 { entries / 4 } else { 0 };
    let mut ledger = Ledger::new(&store, own, entries - there, now, &handles.people);
    ledger.grants(&handles).await?;
    handles.review = Some(ledger.bench_rule_set(checksum, rules).await?);
    ledger.tell_until_full().await?;
    let head = ledger.head.seq;
    if there > 0 {
        let mut ledger = Ledger::new(&store, other, there, now, &handles.people);
        ledger.tell_until_full().await?;
    }
    // The index of SQLite follows in the background: closing now would leave it behind.
    tokio::time::sleep(std::time::Duration::from_secs(if entries > 1_000 {
        5
    } else {
        0
    }))
    .await;
    store.close().await;
    Ok(handles.json(head, checksum))
}

/// A well-mixed number, the same in every run.
pub fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

async fn keep_rules(store: &Store, rules: u64) -> Outcome<Digest> {
    let contents: Vec<(String, Bytes)> = (0..rules)
        .map(|n| {
            let text = format!("rule {n}\n{}", TEXT.repeat(3 + (mix(n) % 6) as usize));
            (format!("group-{:02}/rule-{n:05}.yml", n % 40), text.into())
        })
        .collect();
    let manifest = Manifest::new(contents.iter().map(|(p, b)| (p.clone(), Digest::of(b))))?;
    let mut kept: Vec<(Digest, Bytes)> = contents
        .into_iter()
        .map(|(_, bytes)| (Digest::of(&bytes), bytes))
        .collect();
    kept.push((manifest.checksum(), manifest.text().into()));
    store.put_contents(&kept).await?;
    Ok(manifest.checksum())
}
