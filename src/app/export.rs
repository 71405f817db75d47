//! A site's ledger as lines that anyone can verify offline, streamed with bounded memory.
//!
//! Source: `docs/ledger-format.md`, section "Export". [`verify`] reads it back.

use std::collections::{HashSet, VecDeque};

use base64::Engine as _;
use bytes::{Bytes, BytesMut};
use sha2::Digest as _;
use tokio::sync::mpsc;

use super::AppError;
use crate::store::{KeptCheckpoint, Store};
use rulegate_ledger::checkpoint::VerifierKey;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::{Contents, Event};
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::ledger::{Entry, Head, StoredEntry};
use rulegate_ledger::manifest::Manifest;
use rulegate_ledger::verify;

/// Entries read at a time.
const PAGE: u32 = 500;
/// Contents read at a time; a rule has at most 8 MiB.
const CONTENTS: usize = 8;
/// Bytes gathered before they are handed on.
const CHUNK_SIZE_BYTES: usize = 64 * 1024;
/// Chunks that may wait for a slow reader; then the export waits too.
const WAITING_MAX: usize = 4;

/// Where the lines of an export go, chunk by chunk.
pub trait Sink {
    /// Takes the next bytes. Waiting here is how a slow reader slows the export down.
    ///
    /// Errors: any; the export stops there and returns it.
    fn take(&mut self, bytes: Bytes) -> impl Future<Output = Result<(), AppError>> + Send;
}

/// Hands the chunks to another task, as a streamed answer needs them.
pub struct Channel(mpsc::Sender<Result<Bytes, std::io::Error>>);

impl Sink for Channel {
    async fn take(&mut self, bytes: Bytes) -> Result<(), AppError> {
        let gone = |_| AppError::Unavailable("whoever asked for the export has gone".into());
        self.0.send(Ok(bytes)).await.map_err(gone)
    }
}

/// Writes the chunks to a file or to standard output.
pub struct Writer<W>(pub W);

impl<W: std::io::Write + Send> Sink for Writer<W> {
    async fn take(&mut self, bytes: Bytes) -> Result<(), AppError> {
        let full = |e| AppError::broken_while("cannot write the export", e);
        self.0.write_all(&bytes).map_err(full)
    }
}

/// What an export held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Exported {
    pub entries: u64,
    pub contents: u64,
    pub checkpoints: u64,
}

/// Writes `site`'s ledger from its first entry up to and including `upto`, with the contents its entries
/// make necessary, each once, before the first entry that needs it, and every checkpoint after the last entry that
/// it covers. `key` is what the checkpoints are checked with, for whoever compares it.
///
/// Memory: a page of entries, a few contents, and the digests written so far.
/// Errors: the store's and the sink's; [`AppError::Broken`] if the ledger does not reach `upto` or
/// contents that must be there are not.
pub async fn export(
    store: &Store,
    site: &SiteName,
    key: Option<&VerifierKey>,
    upto: Head,
    sink: &mut impl Sink,
) -> Result<Exported, AppError> {
    let mut lines = Lines {
        sink,
        waiting: BytesMut::with_capacity(CHUNK_SIZE_BYTES * 2),
        running: sha2::Sha256::new(),
    };
    let mut written = WrittenContents::default();
    let entries = upto.seq;
    lines
        .put_line(verify::first_line(site, entries, key))
        .await?;
    let mut checkpoints = Checkpoints::default();
    let (mut after, mut head) = (0, Digest::ZERO);
    while after < entries {
        let page = store.entries_after(site, after, PAGE).await?;
        if page.is_empty() {
            return Err(AppError::broken(format!(
                "{site} ends at {after}, before entry {entries}"
            )));
        }
        for stored in page.into_iter().take_while(|stored| stored.seq <= entries) {
            written.before(store, &stored, &mut lines).await?;
            let line = format!(
                "{{\"hash\":\"{}\",\"entry\":{}}}\n",
                stored.hash, stored.bytes
            );
            lines.put(line.as_bytes()).await?;
            if let Some(note) = checkpoints.at(store, site, stored.seq).await? {
                lines.put_line(verify::checkpoint_line(&note)).await?;
            }
            (after, head) = (stored.seq, stored.hash);
        }
    }
    if head != upto.hash {
        return Err(AppError::broken(format!(
            "entry {site}#{entries} is not the one that was the head"
        )));
    }
    let contents = written.count;
    let sha256 = Digest(lines.running.clone().finalize().into());
    let checkpoints = checkpoints.written;
    let counts = (entries, contents, checkpoints);
    lines
        .put_line(verify::end_line(counts, head, sha256))
        .await?;
    lines.flush().await?;
    Ok(Exported {
        entries,
        contents,
        checkpoints,
    })
}

/// Starts an export in a task of its own and returns its chunks; an error ends them early, so that the
/// reader's download fails rather than look whole.
pub fn start(
    store: Store,
    site: SiteName,
    key: Option<VerifierKey>,
    upto: Head,
) -> mpsc::Receiver<Result<Bytes, std::io::Error>> {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    tokio::spawn(async move {
        let mut sink = Channel(sender);
        if let Err(error) = export(&store, &site, key.as_ref(), upto, &mut sink).await {
            tracing::warn!(%error, %site, "an export was not finished");
            let _ = sink
                .0
                .send(Err(std::io::Error::other(error.to_string())))
                .await;
        }
    });
    receiver
}

/// Gathers lines into chunks and hashes what passes.
struct Lines<'a, S> {
    sink: &'a mut S,
    waiting: BytesMut,
    running: sha2::Sha256,
}

impl<S: Sink> Lines<'_, S> {
    async fn put(&mut self, line: &[u8]) -> Result<(), AppError> {
        self.running.update(line);
        self.waiting.extend_from_slice(line);
        if self.waiting.len() >= CHUNK_SIZE_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    async fn put_line(&mut self, mut line: String) -> Result<(), AppError> {
        line.push('\n');
        self.put(line.as_bytes()).await
    }

    async fn flush(&mut self) -> Result<(), AppError> {
        let chunk = self.waiting.split().freeze();
        self.sink.take(chunk).await
    }
}

/// The ledger's checkpoints, read ahead in pages.
#[derive(Default)]
struct Checkpoints {
    waiting: VecDeque<KeptCheckpoint>,
    /// The size of the last one read; `None` once there are no more.
    read_to: Option<u64>,
    started: bool,
    written: u64,
}

impl Checkpoints {
    /// The note of the checkpoint that covers exactly `size` entries, if there is one. Sizes are asked in order.
    async fn at(
        &mut self,
        store: &Store,
        site: &SiteName,
        size: u64,
    ) -> Result<Option<String>, AppError> {
        if !self.started {
            (self.started, self.read_to) = (true, Some(0));
        }
        if let (true, Some(read_to)) = (self.waiting.is_empty(), self.read_to) {
            let page = store.checkpoints_after(site, read_to, PAGE).await?;
            self.read_to = page.last().map(|last| last.size);
            self.waiting = page.into();
        }
        match self.waiting.front() {
            Some(next) if next.size == size => {
                self.written += 1;
                Ok(self.waiting.pop_front().map(|kept| kept.note))
            }
            _ => Ok(None),
        }
    }
}

/// Which contents stand in the export already.
#[derive(Default)]
struct WrittenContents {
    written: HashSet<Digest>,
    /// Snapshots whose every content is written.
    whole: HashSet<Digest>,
    count: u64,
}

impl WrittenContents {
    /// Writes what `stored` makes necessary and is not written yet: its manifest, then its rules by path.
    async fn before<S: Sink>(
        &mut self,
        store: &Store,
        stored: &StoredEntry,
        lines: &mut Lines<'_, S>,
    ) -> Result<(), AppError> {
        let Some((checksum, must_be_there)) = contents_of(stored)?.snapshot() else {
            return Ok(());
        };
        if self.whole.contains(&checksum) {
            return Ok(());
        }
        let missing = |digest: &Digest| {
            let (site, seq) = (&stored.site, stored.seq);
            AppError::broken(format!(
                "content {digest} of entry {site}#{seq} is not here"
            ))
        };
        let Some(text) = store.content(&checksum).await? else {
            return match must_be_there {
                true => Err(missing(&checksum)),
                false => Ok(()),
            };
        };
        let manifest = std::str::from_utf8(&text)
            .ok()
            .and_then(|text| Manifest::parse(text).ok())
            .ok_or_else(|| AppError::broken(format!("content {checksum} is no manifest")))?;
        self.write(checksum, &text, lines).await?;
        let mut whole = true;
        let mut met = HashSet::new();
        let unwritten: Vec<Digest> = manifest
            .rules()
            .values()
            .copied()
            .filter(|digest| !self.written.contains(digest) && met.insert(*digest))
            .collect();
        for group in unwritten.chunks(CONTENTS) {
            let found = store.contents(group).await?;
            for digest in group {
                match found.get(digest) {
                    Some(bytes) => self.write(*digest, bytes, lines).await?,
                    None if must_be_there => return Err(missing(digest)),
                    None => whole = false,
                }
            }
        }
        if whole {
            self.whole.insert(checksum);
        }
        Ok(())
    }

    async fn write<S: Sink>(
        &mut self,
        digest: Digest,
        bytes: &[u8],
        lines: &mut Lines<'_, S>,
    ) -> Result<(), AppError> {
        if !self.written.insert(digest) {
            return Ok(());
        }
        self.count += 1;
        lines.put(content_line(&digest, bytes).as_bytes()).await
    }
}

/// One content: as text if it is UTF-8, else as base64.
fn content_line(digest: &Digest, bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let text = serde_json::to_string(text).expect("text is JSON");
            format!("{{\"content\":\"{digest}\",\"text\":{text}}}\n")
        }
        Err(_) => {
            let text = base64::engine::general_purpose::STANDARD.encode(bytes);
            format!("{{\"content\":\"{digest}\",\"base64\":\"{text}\"}}\n")
        }
    }
}

/// The contents that an entry makes necessary.
fn contents_of(stored: &StoredEntry) -> Result<Contents, AppError> {
    if !Event::may_need_contents(&stored.kind) {
        return Ok(Contents::Nothing);
    }
    let (site, seq) = (&stored.site, stored.seq);
    let entry = Entry::read(&stored.bytes)
        .map_err(|e| AppError::broken_while(format!("entry {site}#{seq} cannot be read"), e))?;
    Ok(entry.fact.event.contents())
}
