//! Verifies an export with nothing but the export: every byte of every line is accounted for.
//!
//! Source: `docs/ledger-format.md`, section "Export".

mod line;
mod report;

use std::collections::{HashMap, HashSet};

use sha2::Digest as _;

use crate::checkpoint::{self, Checkpoint, VerifierKey};
use crate::digest::Digest;
use crate::event::Contents;
use crate::ids::{EntryRef, SiteName};
use crate::ledger::{self, Head};
use crate::manifest::Manifest;
use crate::merkle::Frontier;

use line::{End, EntryLine, First, Form};
pub use line::{Line, checkpoint_line, end_line, first_line};
pub use report::report;

/// The export's format that is written and read.
pub const FORMAT: u32 = 2;

/// What was found wrong first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {place}: {problem}")]
pub struct Fault {
    /// The line, counted from 1.
    pub line: u64,
    /// The entry it concerns: the one on that line, or the next one to come.
    pub entry: Option<EntryRef>,
    /// The same in words.
    pub place: String,
    /// What is wrong.
    pub problem: String,
}

/// What a whole, unchanged export holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Whose ledger.
    pub site: SiteName,
    /// Entries, numbered densely from 1.
    pub entries: u64,
    /// Contents.
    pub contents: u64,
    /// The hash of the last entry.
    pub head: Digest,
    /// Checkpoints, each with the root of the entries before it.
    pub checkpoints: u64,
    /// How many entries the newest checkpoint covers; 0 if there is none.
    pub covered: u64,
    /// The root of the tree over all entries.
    pub root: Digest,
    /// The key that every checkpoint was checked with; none if nobody gave one and the file names none.
    pub key: Option<VerifierKey>,
    /// True if the key only stands in the file itself: then it has to be compared with one from elsewhere.
    pub key_is_from_the_file: bool,
}

/// Takes an export line by line. Memory grows with the number of contents' digests and with manifests only.
#[derive(Clone, Default)]
pub struct Verifier {
    line: u64,
    announced: Option<First>,
    /// Keys that were given from outside.
    keys: Vec<VerifierKey>,
    head: Head,
    frontier: Frontier,
    checkpoints: u64,
    covered: u64,
    /// SHA-256 of every byte so far.
    running: sha2::Sha256,
    /// Contents seen, checked.
    known: HashSet<Digest>,
    /// Contents seen since the last entry, in order, with their bytes while they may be manifests.
    fresh: Vec<Digest>,
    manifests: HashMap<Digest, Manifest>,
    /// Contents since the last entry that read as text, for the manifest the next entry may name.
    first_fresh: Option<Vec<u8>>,
    contents: u64,
    ended: Option<Verified>,
}

impl Verifier {
    /// A verifier that believes checkpoints under these keys; with none, under the key that the file names.
    pub fn new(keys: Vec<VerifierKey>) -> Verifier {
        Verifier {
            keys,
            ..Verifier::default()
        }
    }

    /// Takes the next line, with the line feed that ends it.
    ///
    /// Errors: the first [`Fault`]; whatever follows it proves nothing.
    pub fn take(&mut self, line: &[u8]) -> Result<(), Fault> {
        self.take_read(line, Line::read(line))
    }

    /// Takes the next line, read by [`Line::read`] from the same bytes.
    ///
    /// Errors: as [`Verifier::take`].
    pub fn take_read(&mut self, line: &[u8], read: Line) -> Result<(), Fault> {
        self.line += 1;
        let form = read.0.map_err(|problem| self.fault(problem))?;
        if self.ended.is_some() {
            return Err(self.fault("a line follows after the end"));
        }
        if let Form::End(end) = form {
            return self.take_end(&end);
        }
        self.running.update(line);
        match (form, &self.announced) {
            (Form::First(first), None) => self.take_first(first),
            (Form::First(_), Some(_)) => Err(self.fault("the first line stands here again")),
            (_, None) => Err(self.fault("this is not the first line of an export")),
            (Form::Entry(entry), _) => self.take_entry(*entry),
            (Form::Content { digest, bytes }, _) => self.take_content(digest, bytes),
            (Form::Checkpoint(read), _) => self.take_checkpoint(&read.0, &read.1),
            (Form::End(_), _) => unreachable!("the end was taken above"),
        }
    }

    /// Says that there are no more lines.
    ///
    /// Errors: a [`Fault`] if the end line has not come: the file was cut.
    pub fn finish(mut self) -> Result<Verified, Fault> {
        match self.ended.take() {
            Some(verified) => Ok(verified),
            None => {
                self.line += 1;
                Err(self.fault("the end is missing: the file was cut"))
            }
        }
    }

    fn fault(&self, problem: impl Into<String>) -> Fault {
        let entry = self.announced.as_ref().map(|a| EntryRef {
            site: a.site.clone(),
            seq: self.head.seq + 1,
        });
        let place = match &entry {
            Some(entry) if entry.seq <= self.announced.as_ref().map_or(0, |a| a.entries) => {
                format!("entry {entry}")
            }
            Some(entry) => format!("after the last entry, {}#{}", entry.site, self.head.seq),
            None => "before the first entry".to_owned(),
        };
        Fault {
            line: self.line,
            entry,
            place,
            problem: problem.into(),
        }
    }

    fn take_first(&mut self, first: First) -> Result<(), Fault> {
        let of_other = first
            .key
            .iter()
            .chain(&self.keys)
            .find(|key| key.origin().site() != first.site);
        if let Some(key) = of_other {
            let problem = format!("the key {key} is of another site than {}", first.site);
            return Err(self.fault(problem));
        }
        if self.keys.is_empty() {
            self.keys.extend(first.key.clone());
        }
        self.announced = Some(first);
        Ok(())
    }

    fn take_content(&mut self, digest: Digest, bytes: Vec<u8>) -> Result<(), Fault> {
        if !self.known.insert(digest) {
            return Err(self.fault(format!("content {digest} stands here a second time")));
        }
        self.contents += 1;
        if self.fresh.is_empty() {
            self.first_fresh = Some(bytes);
        }
        self.fresh.push(digest);
        Ok(())
    }

    fn take_entry(&mut self, line: EntryLine) -> Result<(), Fault> {
        let announced = self.announced.as_ref().expect("the first line came first");
        let (site, entries) = (announced.site.clone(), announced.entries);
        let head = ledger::follow(&site, self.head, &line.entry, line.hash)
            .map_err(|error| self.fault(error.to_string()))?;
        if head.seq > entries {
            return Err(self.fault("there are more entries than the first line says"));
        }
        self.check_contents(line.contents)?;
        self.frontier.push_leaf(line.leaf);
        self.head = head;
        Ok(())
    }

    /// A checkpoint stands directly after the last entry that it covers.
    fn take_checkpoint(&mut self, said: &Checkpoint, note: &str) -> Result<(), Fault> {
        let announced = self.announced.as_ref().expect("the first line came first");
        if said.origin.site() != announced.site {
            return Err(self.fault(format!("the checkpoint is of {}", said.origin)));
        }
        let size = said.size;
        if size != self.head.seq || size <= self.covered || !self.fresh.is_empty() {
            return Err(self.fault(format!("the checkpoint of {size} entries stands here")));
        }
        if said.root != self.frontier.root() {
            let problem =
                format!("the entries 1 to {size} are not those under the checkpoint at {size}");
            return Err(self.fault(problem));
        }
        if !self.keys.is_empty() {
            checkpoint::open(note, &self.keys).map_err(|e| self.fault(e.to_string()))?;
        }
        self.covered = size;
        self.checkpoints += 1;
        Ok(())
    }

    /// The contents since the last entry must be exactly those that this one makes necessary, in order.
    fn check_contents(&mut self, needed: Contents) -> Result<(), Fault> {
        let fresh = std::mem::take(&mut self.fresh);
        let first = self.first_fresh.take();
        let unneeded = |verifier: &Verifier| match fresh.is_empty() {
            true => Ok(()),
            false => Err(verifier.fault("contents stand before it that it does not need")),
        };
        let Some((checksum, must_be_there)) = needed.snapshot() else {
            return unneeded(self);
        };
        if let (Some(bytes), Some(digest)) = (first, fresh.first())
            && *digest == checksum
        {
            let text =
                String::from_utf8(bytes).map_err(|_| self.fault("its manifest is not text"))?;
            let manifest = Manifest::parse(&text)
                .map_err(|e| self.fault(format!("its manifest is wrong: {e}")))?;
            self.manifests.insert(checksum, manifest);
        }
        let Some(manifest) = self.manifests.get(&checksum) else {
            return match must_be_there {
                true => Err(self.fault(format!(
                    "the manifest {checksum} that it names is missing before it"
                ))),
                false => unneeded(self),
            };
        };
        let is_fresh: HashSet<&Digest> = fresh.iter().collect();
        let mut expected = Vec::new();
        let mut once = HashSet::new();
        for digest in std::iter::once(&checksum).chain(manifest.rules().values()) {
            if !self.known.contains(digest) {
                if must_be_there {
                    return Err(self.fault(format!(
                        "content {digest} that it needs is missing before it"
                    )));
                }
            } else if is_fresh.contains(digest) && once.insert(*digest) {
                expected.push(*digest);
            }
        }
        if expected != fresh {
            return Err(
                self.fault("the contents before it are not the ones it needs, in their order")
            );
        }
        Ok(())
    }

    fn take_end(&mut self, end: &End) -> Result<(), Fault> {
        let Some(announced) = &self.announced else {
            return Err(self.fault("this is not the first line of an export"));
        };
        if self.head.seq != announced.entries || end.entries != self.head.seq {
            let problem = format!(
                "{} entries were announced, {} are here",
                announced.entries, self.head.seq
            );
            return Err(self.fault(problem));
        }
        if !self.fresh.is_empty() || end.contents != self.contents {
            return Err(self.fault(format!(
                "{} contents were written, {} are here",
                end.contents, self.contents
            )));
        }
        if end.checkpoints != self.checkpoints {
            return Err(self.fault(format!(
                "{} checkpoints were written, {} are here",
                end.checkpoints, self.checkpoints
            )));
        }
        if end.head != self.head.hash {
            return Err(self.fault("the last entry is not the one that was last"));
        }
        if end.sha256 != Digest(self.running.clone().finalize().into()) {
            return Err(self.fault("some byte before the end was changed"));
        }
        self.ended = Some(Verified {
            site: announced.site.clone(),
            entries: self.head.seq,
            contents: self.contents,
            head: self.head.hash,
            checkpoints: self.checkpoints,
            covered: self.covered,
            root: self.frontier.root(),
            key: self.keys.first().cloned(),
            key_is_from_the_file: announced.key.as_ref() == self.keys.first(),
        });
        Ok(())
    }
}
