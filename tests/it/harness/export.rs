//! Exports of ledgers that an older program wrote, read into their parts and back into a store.
//!
//! `older/*.ndjson` are both sites' ledgers as the program wrote them before it was cut into crates: two processes
//! of `rulegate serve` read each other while a story was told them by the interface and the pages. `answers.json`
//! holds whose account is whose, and what that program answered about the state in the end.

use bytes::Bytes;
use rulegate::store::{KeptCheckpoint, Store};
use rulegate_ledger::checkpoint::{self, VerifierKey};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::ledger::{Entry, Head, StoredEntry};
use rulegate_ledger::trust::Copy;
use serde_json::Value;

/// The whole ledger of ipc2, which was live, and of ipc1, which stood by.
pub const OLDER: [&[u8]; 2] = [
    include_bytes!("../../fixtures/ledger/older/ipc2.ndjson"),
    include_bytes!("../../fixtures/ledger/older/ipc1.ndjson"),
];

/// What stands in an export, in its order.
pub struct Export {
    pub site: SiteName,
    pub key: VerifierKey,
    pub contents: Vec<(Digest, Bytes)>,
    pub entries: Vec<(Entry, StoredEntry)>,
    pub checkpoints: Vec<KeptCheckpoint>,
}

impl Export {
    /// Both ledgers of the older program, ipc2's first.
    pub fn older() -> [Export; 2] {
        OLDER.map(Export::read)
    }

    /// Reads an export that is good; tests of bad ones are elsewhere.
    pub fn read(export: &[u8]) -> Export {
        let mut lines = std::str::from_utf8(export).unwrap().lines();
        let parsed = |line: &str| serde_json::from_str::<Value>(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let first = parsed(lines.next().unwrap())["export"].take();
        let mut read = Export {
            site: text(&first["site"]).parse().unwrap(),
            key: text(&first["key"]).parse().unwrap(),
            contents: Vec::new(),
            entries: Vec::new(),
            checkpoints: Vec::new(),
        };
        let mut copy = Copy::default();
        for line in lines {
            if let Some(entry) = line.strip_prefix("{\"hash\":\"") {
                let bytes = entry.split_once("\"entry\":").unwrap().1;
                let bytes = bytes.strip_suffix('}').unwrap();
                read.entries.push(copy.push(&read.site, bytes).unwrap());
                continue;
            }
            let line = parsed(line);
            // Those under a key from before are left out.
            if let Some(note) = line["checkpoint"].as_str()
                && let Ok(opened) = checkpoint::open(note, std::slice::from_ref(&read.key))
            {
                read.checkpoints.push(KeptCheckpoint {
                    size: opened.size,
                    root: opened.root,
                    note: note.to_owned(),
                    at: copy.head.at,
                });
            } else if line["content"].is_string() {
                use base64::Engine as _;
                let bytes = match line["text"].as_str() {
                    Some(text) => text.as_bytes().to_vec(),
                    None => base64::engine::general_purpose::STANDARD
                        .decode(text(&line["base64"]))
                        .unwrap(),
                };
                read.contents.push((Digest::of(&bytes), bytes.into()));
            }
        }
        read
    }

    /// The entries as a store keeps them.
    pub fn stored(&self) -> Vec<StoredEntry> {
        self.entries
            .iter()
            .map(|(_, stored)| stored.clone())
            .collect()
    }

    /// Writes everything into a store that knows nothing of the site, as restoring a backup would.
    pub async fn restore(&self, store: &Store) {
        store.put_contents(&self.contents).await.unwrap();
        let entries = self.stored();
        let appended = store.append(&self.site, Head::EMPTY, &entries);
        appended.await.unwrap();
        for kept in &self.checkpoints {
            store.put_checkpoint(&self.site, kept).await.unwrap();
        }
    }
}
