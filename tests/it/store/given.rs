//! Stores and entries to test with.

use std::sync::Arc;

use rulegate::store::{Faults, Store};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{CommandId, SiteName, Timestamp};
use rulegate_ledger::ledger::{Head, StoredEntry};

use crate::harness::postgres;

/// A store that is fresh, and what keeps its place alive.
pub struct Given {
    pub store: Store,
    pub url: String,
    pub faults: Arc<Faults>,
    pub directory: Option<tempfile::TempDir>,
}

/// The databases that every conformance test runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum On {
    Memory,
    Sqlite,
    Postgres,
}

/// A fresh store, or `None` where the database is switched off for this run.
pub async fn store(on: On) -> Option<Given> {
    let (url, directory) = match on {
        On::Memory => ("memory:".to_owned(), None),
        On::Sqlite => {
            let directory = tempfile::tempdir().unwrap();
            let url = format!("sqlite:{}", directory.path().join("rulegate.db").display());
            (url, Some(directory))
        }
        On::Postgres => (postgres::shared()?.database().await, None),
    };
    let faults = Arc::new(Faults::default());
    let store = Store::open_with_faults(&url, faults.clone()).await.unwrap();
    Some(Given {
        store,
        url,
        faults,
        directory,
    })
}

pub fn site(name: &str) -> SiteName {
    name.parse().unwrap()
}

pub fn command(name: &str) -> CommandId {
    name.parse().unwrap()
}

pub fn head_of(entry: &StoredEntry) -> Head {
    Head {
        seq: entry.seq,
        hash: entry.hash,
        at: entry.at,
    }
}

/// An entry after `head` that says `text`; shape and columns are real, the body is free.
pub fn entry(site_name: &str, head: Head, text: &str) -> StoredEntry {
    let bytes = format!(
        r#"{{"format":1,"site":"{site_name}","seq":{},"body":{{"text":{}}},"prev":"{}"}}"#,
        head.seq + 1,
        serde_json::Value::from(text),
        head.hash
    );
    StoredEntry {
        site: site(site_name),
        seq: head.seq + 1,
        at: Timestamp(head.at.0.max(1_763_720_000_000_000) + 1_000),
        actor: "a-maria".parse().unwrap(),
        kind: "review.commented".into(),
        ruleset: Some("owasp-crs".parse().unwrap()),
        lane: None,
        version: None,
        review: None,
        command: None,
        hash: Digest::of(bytes.as_bytes()),
        bytes: bytes.into(),
    }
}

/// `count` entries in a row after `head`.
pub fn chain(site_name: &str, head: Head, count: usize) -> Vec<StoredEntry> {
    let mut entries: Vec<StoredEntry> = Vec::with_capacity(count);
    for at in 0..count {
        let head = entries.last().map_or(head, head_of);
        entries.push(entry(site_name, head, &format!("entry {at}")));
    }
    entries
}
