//! kill -9 at random moments of a write load: whatever was acknowledged is there once, and the chain holds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rulegate::store::Store;
use rulegate_domain::command;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::ledger::{Entry, Head, follow};

use crate::harness::postgres;
use crate::harness::world::World;

const TIMES: u32 = 100;
const WRITERS: usize = 16;
const CHILD: &str = "decisions::kill::write_until_killed";

/// Not a test of its own: the process that is killed. It says each acknowledged command on its output.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "not a test: the process that the kill tests start and kill"]
async fn write_until_killed() {
    let Ok(url) = std::env::var("RULEGATE_KILLED_STORE") else {
        return;
    };
    let world = Arc::new(World::on(Store::open(&url).await.unwrap()).await);
    let review = match world.app.snapshot().state.reviews().first() {
        Some(review) => review.id.clone(),
        None => {
            world.release("1", &[("a", "1\n")]).await;
            world.ask("1", &["ipc2/sl"]).await
        }
    };
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let (world, review) = (world.clone(), review.clone());
        writers.push(tokio::spawn(async move {
            loop {
                let id = world.app.fresh_command();
                let command = command::Comment {
                    review: review.clone(),
                    text: "a word".into(),
                }
                .into();
                world
                    .app
                    .execute(world.actor("rita"), command, id.clone())
                    .await
                    .unwrap();
                let mut out = std::io::stdout().lock();
                writeln!(out, "ack {id}").unwrap();
                out.flush().unwrap();
            }
        }));
    }
    // They never end by themselves; the first that fails ends the process.
    writers.remove(0).await.unwrap();
}

async fn nothing_acknowledged_is_lost(url: &str) {
    let mut acknowledged = BTreeSet::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..TIMES {
        let mut child = Process::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                CHILD,
                "--ignored",
                "--nocapture",
                "--test-threads=1",
            ])
            .env("RULEGATE_KILLED_STORE", url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(round.into());
        let wait_ms = (random >> 33) % 60;
        let (first, acks) = read_acks(out);
        // The load runs from the first acknowledgement on; before it there is nothing to lose.
        let _ =
            tokio::task::spawn_blocking(move || first.recv_timeout(Duration::from_secs(30))).await;
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(acks.join().unwrap());
    }
    let least = TIMES as usize * 2;
    assert!(
        acknowledged.len() > least,
        "the load was no load: {}",
        acknowledged.len()
    );
    let store = Store::open(url).await.unwrap();
    let counted = count_commands(&store).await;
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|id| counted.get(*id) != Some(&1))
        .collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
    println!(
        "{} acknowledged, {} stored, 0 lost, 0 doubled",
        acknowledged.len(),
        counted.len()
    );
}

type Acks = std::thread::JoinHandle<Vec<String>>;

fn read_acks(out: BufReader<std::process::ChildStdout>) -> (std::sync::mpsc::Receiver<()>, Acks) {
    let (said, first) = std::sync::mpsc::channel();
    let acks = std::thread::spawn(move || {
        let mut acks = Vec::new();
        for line in out.lines().map_while(Result::ok) {
            // The test runner's own words may stand before the first one on its line.
            if let Some((_, id)) = line.split_once("ack ")
                && id.len() == 36
            {
                acks.push(id.to_owned());
                let _ = said.send(());
            }
        }
        acks
    });
    (first, acks)
}

/// Every command in the ledger with how many entries carry it; checks the chain on the way.
async fn count_commands(store: &Store) -> BTreeMap<String, u32> {
    let site: SiteName = "ipc2".parse().unwrap();
    let mut head = Head::EMPTY;
    let mut counted = BTreeMap::new();
    loop {
        let page = store.entries_after(&site, head.seq, 1_000).await.unwrap();
        if page.is_empty() {
            return counted;
        }
        for stored in page {
            let entry = Entry::read(&stored.bytes).unwrap();
            head = follow(&site, head, &entry, Digest::of(stored.bytes.as_bytes())).unwrap();
            *counted.entry(entry.command.to_string()).or_insert(0) += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_on_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    nothing_acknowledged_is_lost(&format!("sqlite:{}", dir.path().join("k.db").display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_on_postgres() {
    let Some(cluster) = postgres::shared() else {
        return;
    };
    nothing_acknowledged_is_lost(&cluster.database().await).await;
}
