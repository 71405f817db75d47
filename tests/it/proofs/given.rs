//! A ledger of real entries with the key that signs for it.

use rulegate_ledger::checkpoint::{Origin, SigningKey};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::Fact;
use rulegate_ledger::event::{Event, SiteDeclared};
use rulegate_ledger::ids::{EntryRef, SiteName, Timestamp};
use rulegate_ledger::ledger::{Entry, Head, StoredEntry};
use rulegate_ledger::merkle::{Leaves, TILE_LEAVES, Tree, leaf};

pub fn site(name: &str) -> SiteName {
    name.parse().unwrap()
}

/// A site's signing key; another number is another key.
pub fn key(site_name: &str, number: u8) -> SigningKey {
    let origin = Origin::of("example.org/e3", &site(site_name)).unwrap();
    SigningKey::new(origin, &[number; 32])
}

/// A ledger that can prove.
#[derive(Clone)]
pub struct Ledger {
    pub entries: Vec<StoredEntry>,
    pub tree: Tree,
    pub head: Head,
    pub site: SiteName,
}

impl Ledger {
    pub fn new(site_name: &str) -> Ledger {
        Ledger {
            entries: Vec::new(),
            tree: Tree::default(),
            head: Head::EMPTY,
            site: site(site_name),
        }
    }

    /// Appends an entry that says `text`.
    pub fn say(&mut self, text: &str) {
        self.tell(Fact {
            ruleset: None,
            lane: None,
            event: Event::SiteDeclared(SiteDeclared {
                live: self.site.clone(),
                reason: text.into(),
            }),
        });
    }

    /// Appends a fact.
    pub fn tell(&mut self, fact: Fact) {
        let entry = Entry {
            at_entry: EntryRef {
                site: self.site.clone(),
                seq: self.head.seq + 1,
            },
            at: Timestamp(1_763_720_000_000_000 + self.head.seq as i64),
            actor: "console".parse().unwrap(),
            command: format!("c-{}", self.head.seq).parse().unwrap(),
            fact,
            prev: self.head.hash,
        };
        let stored = entry.seal(true);
        self.tree.push(stored.bytes.as_bytes());
        self.head = Head {
            seq: stored.seq,
            hash: stored.hash,
            at: stored.at,
        };
        self.entries.push(stored);
    }

    pub fn with(site_name: &str, count: usize) -> Ledger {
        let mut ledger = Ledger::new(site_name);
        for number in 0..count {
            ledger.say(&format!("entry {number}"));
        }
        ledger
    }

    /// Entries after a number, as a page.
    pub fn page(&self, after: usize, count: usize) -> Vec<(u64, &str)> {
        let entries = self.entries.iter().skip(after).take(count);
        entries.map(|entry| (entry.seq, &*entry.bytes)).collect()
    }

    /// The root at a size.
    pub fn root(&self, size: usize) -> Digest {
        let mut tree = Tree::default();
        for entry in &self.entries[..size] {
            tree.push(entry.bytes.as_bytes());
        }
        tree.root()
    }

    pub fn proof(&self, from: u64, to: u64) -> Vec<Digest> {
        let mut leaves = Leaves::new();
        for tile in self.tree.needed_for_consistency(from, to) {
            leaves.insert(tile, self.leaves_of(tile));
        }
        self.tree.prove_consistency(from, to, &leaves).unwrap()
    }

    pub fn leaves_of(&self, tile: u64) -> Vec<Digest> {
        let entries = self.entries.iter().skip((tile * TILE_LEAVES) as usize);
        let entries = entries.take(TILE_LEAVES as usize);
        entries.map(|entry| leaf(entry.bytes.as_bytes())).collect()
    }
}
