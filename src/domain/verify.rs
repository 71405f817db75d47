//! Verifies an export with nothing but the export: every byte of every line is accounted for.
//!
//! Source: `docs/ledger-format.md`, section "Export".

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::Digest as _;

use super::digest::Digest;
use super::event::Event;
use super::ids::{EntryRef, SiteName};
use super::ledger::{self, Entry, Head};
use super::manifest::Manifest;

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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportLine {
    export: ExportHead,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportHead {
    format: u32,
    site: SiteName,
    entries: u64,
    from: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryLine<'a> {
    hash: Digest,
    #[serde(borrow)]
    entry: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContentLine {
    content: Digest,
    text: Option<String>,
    base64: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    end: End,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    entries: u64,
    contents: u64,
    head: Digest,
    sha256: Digest,
}

/// Takes an export line by line. Memory grows with the number of contents' digests and with manifests only.
#[derive(Clone)]
pub struct Verifier {
    line: u64,
    announced: Option<ExportHead>,
    head: Head,
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

impl Default for Verifier {
    fn default() -> Self {
        Verifier {
            line: 0,
            announced: None,
            head: Head::EMPTY,
            running: sha2::Sha256::new(),
            known: HashSet::new(),
            fresh: Vec::new(),
            manifests: HashMap::new(),
            first_fresh: None,
            contents: 0,
            ended: None,
        }
    }
}

impl Verifier {
    /// Takes the next line, with the line feed that ends it.
    ///
    /// Errors: the first [`Fault`]; whatever follows it proves nothing.
    pub fn take(&mut self, line: &[u8]) -> Result<(), Fault> {
        self.line += 1;
        let Some((b'\n', text)) = line.split_last() else {
            return Err(self.fault("the file ends inside this line"));
        };
        let text = std::str::from_utf8(text).map_err(|_| self.fault("the line is not UTF-8"))?;
        if self.ended.is_some() {
            return Err(self.fault("a line follows after the end"));
        }
        let before = self.running.clone();
        self.running.update(line);
        if self.announced.is_none() {
            return self.take_announcement(text);
        }
        if text.starts_with("{\"hash\":") {
            self.take_entry(text)
        } else if text.starts_with("{\"content\":") {
            self.take_content(text)
        } else if text.starts_with("{\"end\":") {
            self.take_end(text, Digest(before.finalize().into()))
        } else {
            Err(self.fault("this is neither an entry nor a content nor the end"))
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

    fn take_announcement(&mut self, text: &str) -> Result<(), Fault> {
        let head = serde_json::from_str::<ExportLine>(text)
            .map_err(|_| self.fault("this is not the first line of an export"))?
            .export;
        let again = format!(
            "{{\"export\":{{\"format\":1,\"site\":\"{}\",\"entries\":{},\"from\":1}}}}",
            head.site, head.entries
        );
        if head.format != 1 {
            return Err(self.fault(format!(
                "the export has format {}, this program reads format 1",
                head.format
            )));
        }
        if head.from != 1 || again != text {
            return Err(self.fault("the first line was changed"));
        }
        self.announced = Some(head);
        Ok(())
    }

    fn take_content(&mut self, text: &str) -> Result<(), Fault> {
        let line: ContentLine =
            serde_json::from_str(text).map_err(|_| self.fault("a content line was changed"))?;
        let digest = line.content;
        let (bytes, again) = match (line.text, line.base64) {
            (Some(text), None) => {
                let json = serde_json::to_string(&text)
                    .map_err(|_| self.fault("a content line was changed"))?;
                (
                    text.into_bytes(),
                    format!("{{\"content\":\"{digest}\",\"text\":{json}}}"),
                )
            }
            (None, Some(base64)) => {
                let bytes = base64::engine::general_purpose::STANDARD
                    .decode(&base64)
                    .map_err(|_| self.fault(format!("content {digest} is not base64")))?;
                (
                    bytes,
                    format!("{{\"content\":\"{digest}\",\"base64\":\"{base64}\"}}"),
                )
            }
            _ => return Err(self.fault("a content line was changed")),
        };
        if again != text {
            return Err(self.fault(format!("the line of content {digest} was changed")));
        }
        if Digest::of(&bytes) != digest {
            return Err(self.fault(format!("content {digest} does not have the bytes it names")));
        }
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

    fn take_entry(&mut self, text: &str) -> Result<(), Fault> {
        let line: EntryLine =
            serde_json::from_str(text).map_err(|_| self.fault("the entry's line was changed"))?;
        let bytes = line.entry.get();
        // `{"hash":"<64>","entry":` and the closing brace: nothing else may stand on the line.
        if text.len() != bytes.len() + 84
            || &text[..9] != "{\"hash\":\""
            || &text[73..83] != "\",\"entry\":"
        {
            return Err(self.fault("the entry's line was changed"));
        }
        let hash = Digest::of(bytes.as_bytes());
        if hash != line.hash {
            return Err(self.fault("its bytes do not have the hash beside them"));
        }
        let entry = Entry::read(bytes).map_err(|error| self.fault(error.to_string()))?;
        let announced = self.announced.as_ref().expect("the first line came first");
        let (site, entries) = (announced.site.clone(), announced.entries);
        let head = ledger::follow(&site, self.head, &entry, hash)
            .map_err(|error| self.fault(error.to_string()))?;
        if head.seq > entries {
            return Err(self.fault("there are more entries than the first line says"));
        }
        self.check_contents(&entry.fact.event)?;
        self.head = head;
        Ok(())
    }

    /// The contents since the last entry must be exactly those that this one makes necessary, in order.
    fn check_contents(&mut self, event: &Event) -> Result<(), Fault> {
        let (checksum, must_be_there) = match event {
            Event::ReleaseCommitted(body) => (Some(body.checksum), true),
            Event::ReleaseReceived(body) => (Some(body.checksum), true),
            Event::HotfixCommitted(body) => (Some(body.checksum), true),
            Event::ObservationRecorded(body) => (Some(body.checksum), false),
            _ => (None, false),
        };
        let fresh = std::mem::take(&mut self.fresh);
        let first = self.first_fresh.take();
        let Some(checksum) = checksum else {
            return if fresh.is_empty() {
                Ok(())
            } else {
                Err(self.fault("contents stand before it that it does not need"))
            };
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
            return if must_be_there {
                Err(self.fault(format!(
                    "the manifest {checksum} that it names is missing before it"
                )))
            } else if fresh.is_empty() {
                Ok(())
            } else {
                Err(self.fault("contents stand before it that it does not need"))
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

    fn take_end(&mut self, text: &str, so_far: Digest) -> Result<(), Fault> {
        let end = serde_json::from_str::<EndLine>(text)
            .map_err(|_| self.fault("the end line was changed"))?
            .end;
        let again = format!(
            "{{\"end\":{{\"entries\":{},\"contents\":{},\"head\":\"{}\",\"sha256\":\"{}\"}}}}",
            end.entries, end.contents, end.head, end.sha256
        );
        let announced = self.announced.as_ref().expect("the first line came first");
        if again != text {
            return Err(self.fault("the end line was changed"));
        }
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
        if end.head != self.head.hash {
            return Err(self.fault("the last entry is not the one that was last"));
        }
        if end.sha256 != so_far {
            return Err(self.fault("some byte before the end was changed"));
        }
        let site = announced.site.clone();
        self.ended = Some(Verified {
            site,
            entries: self.head.seq,
            contents: self.contents,
            head: self.head.hash,
        });
        Ok(())
    }
}
