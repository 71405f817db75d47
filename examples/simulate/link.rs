//! The link: what one site's reader asks, what the other answers, and what arrives twice, late or forged. What
//! may be kept is decided by the trust function of the domain.

use std::collections::BTreeSet;
use std::sync::Arc;

use rulegate_ledger::checkpoint::{Origin, SigningKey};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::ledger::{Entry, StoredEntry};
use rulegate_ledger::merkle::{Leaves, TILE_LEAVES, Tree, leaf};
use rulegate_ledger::trust::{Alarm, Copy, Taken, Trust};

use super::site::{Kept, Site};

/// What a site believes of the other.
#[derive(Clone)]
pub struct Known {
    pub trust: Trust,
    site: SiteName,
}

/// The key with which a site signs; derived from its name, so that a run is the same every time.
pub fn key(site: &SiteName) -> SigningKey {
    let origin = Origin::of("example.org/e3", site).expect("a constant origin");
    SigningKey::new(origin, &Digest::of(site.as_str().as_bytes()).0)
}

impl Known {
    pub fn new(site: SiteName) -> Known {
        let keys = vec![key(&site).verifier()];
        Known {
            trust: Trust::new(site.clone(), keys, None, Copy::default()),
            site,
        }
    }

    /// From the disk: the copy is folded again. The checkpoint last seen is kept with it.
    pub fn reload(&mut self, copy: &[Kept]) {
        let seen = self.trust.seen().cloned();
        let mut kept = Copy::default();
        for (_, stored) in copy {
            kept.push(&self.site, &stored.bytes)
                .expect("what was kept follows");
        }
        let keys = vec![key(&self.site).verifier()];
        self.trust = Trust::new(self.site.clone(), keys, seen, kept);
    }
}

/// A site's ledger that can prove.
#[derive(Default)]
pub struct Proved {
    tree: Tree,
    leaves: Vec<Digest>,
    /// The newest signed note, with its size; signed only over what is durable.
    note: Option<(u64, Arc<str>)>,
}

impl Proved {
    fn take(&mut self, own: &[Kept]) {
        for (_, stored) in &own[self.leaves.len()..] {
            self.tree.push(stored.bytes.as_bytes());
            self.leaves.push(leaf(stored.bytes.as_bytes()));
        }
    }

    fn sign(&mut self, signer: &SigningKey) -> (u64, Arc<str>) {
        let size = self.tree.size();
        match &self.note {
            Some((signed, note)) if *signed == size => (size, note.clone()),
            _ => {
                let note: Arc<str> = signer.sign(size, self.tree.root()).into();
                self.note = Some((size, note.clone()));
                (size, note)
            }
        }
    }

    fn proof(&self, from: u64, to: u64) -> Vec<Digest> {
        if from == 0 || from == to {
            return Vec::new();
        }
        let tiles: BTreeSet<u64> = self.tree.needed_for_consistency(from, to);
        let mut leaves = Leaves::new();
        for tile in tiles {
            let start = (tile * TILE_LEAVES) as usize;
            let end = (start + TILE_LEAVES as usize).min(self.leaves.len());
            leaves.insert(tile, self.leaves[start..end].to_vec());
        }
        self.tree
            .prove_consistency(from, to, &leaves)
            .expect("the tree has these sizes")
    }
}

/// An answer on its way: bound to what its asker believed when it asked.
#[derive(Clone)]
pub struct Answer {
    /// The asker.
    pub to: usize,
    asked_with: Trust,
    size: u64,
    note: Arc<str>,
    seen_proof: Vec<Digest>,
    page: Vec<Kept>,
    page_proof: Vec<Digest>,
    pub is_forged: bool,
}

/// What an answer came to.
pub enum Arrived {
    /// Kept: so many entries.
    Kept(usize),
    /// Another answer was there first: nothing kept.
    Stale,
    /// Refused, and why.
    Refused(Alarm),
}

/// The other site answers: its newest checkpoint, a page from the asker's head, and the proofs.
pub fn ask(asker: &Site, to: usize, other: &Site, proved: &mut Proved, count: usize) -> Answer {
    proved.take(&other.disk.own);
    let (size, note) = proved.sign(&key(&other.name));
    let trust = &asker.known.trust;
    let head = trust.head().seq;
    let end = (head as usize + count).min(size as usize);
    let page = other.disk.own[(head as usize).min(end)..end].to_vec();
    Answer {
        to,
        seen_proof: proved.proof(trust.seen_size().min(size), size),
        page_proof: proved.proof(end as u64, size),
        asked_with: trust.clone(),
        size,
        note,
        page,
        is_forged: false,
    }
}

impl Answer {
    /// Somebody on the way rewrites the last entry so that the chain still holds.
    pub fn forge(&mut self) {
        let Some((entry, _)) = self.page.pop() else {
            return;
        };
        let mut entry = Entry::clone(&entry);
        entry.actor = "nobody".parse().expect("an account id");
        let stored = entry.seal(true);
        self.page.push((Arc::new(entry), Arc::new(stored)));
        self.is_forged = true;
    }

    pub fn len(&self) -> usize {
        self.page.len()
    }

    pub fn size(&self) -> u64 {
        self.size
    }

    /// What the asker may keep of it. `checked` is off only in the build that is broken on purpose.
    fn taken(&self, checked: bool) -> Result<Taken, Alarm> {
        let trust = &self.asked_with;
        let offered = trust.open(&self.note)?;
        let trust = trust.see(&offered, &self.seen_proof)?;
        let page = |from: usize| {
            self.page[from..]
                .iter()
                .map(|(_, stored)| (stored.seq, &*stored.bytes))
        };
        match trust.take(page(0), &self.page_proof) {
            Err(Alarm::NotCovered { .. }) if !checked => {
                // Believed as it came, without the checkpoint.
                let mut next = Copy {
                    head: trust.head(),
                    ..Copy::default()
                };
                let mut entries = Vec::new();
                for (_, bytes) in page(0) {
                    entries.push(next.push(&offered.origin.site(), bytes)?);
                }
                Ok(Taken {
                    entries,
                    next: trust,
                })
            }
            taken => taken,
        }
    }

    /// The answer arrives: evidence, stored if the copy is still as long as when it was asked, folded.
    pub fn arrive(self, site: &mut Site, checked: bool) -> Arrived {
        let taken = match self.taken(checked) {
            Ok(taken) => taken,
            Err(alarm) => return Arrived::Refused(alarm),
        };
        // The insert is conditional on the copy's head: of two readers one wins.
        if site.disk.copy.len() as u64 != self.asked_with.head().seq {
            return Arrived::Stale;
        }
        if taken.next.seen_size() < site.known.trust.seen_size() {
            return Arrived::Stale;
        }
        let count = taken.entries.len();
        for (entry, stored) in taken.entries {
            let stored: StoredEntry = stored;
            site.disk.copy.push((Arc::new(entry), Arc::new(stored)));
        }
        site.known.trust = taken.next;
        Arrived::Kept(count)
    }
}
