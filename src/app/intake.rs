//! Takes a set of rules in: unpacked within limits, checked as a whole, stored by digest, all or nothing.

use std::collections::BTreeMap;
use std::io::Read;

use bytes::Bytes;

use super::{App, AppError};
use rulegate_domain::command::SnapshotFacts;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::manifest::{
    Manifest, ManifestError, RULE_SIZE_BYTES_MAX, RULES_MAX, SNAPSHOT_SIZE_BYTES_MAX, check_path,
};

/// The most bytes of an archive as it travels.
pub const ARCHIVE_SIZE_BYTES_MAX: usize = 96 * 1024 * 1024;
/// An archive may unpack to this many times its size: text packs 3 to 20 times, a bomb 1,000 times.
const RATIO_MAX: u64 = 100;
/// Below this unpacked size the ratio does not matter: a megabyte harms nobody.
const RATIO_FREE_BYTES: u64 = 4 * 1024 * 1024;

/// Rules by path with their bytes, checked; nothing is stored yet.
#[derive(Debug, Clone)]
pub struct Intake {
    /// Digests by path.
    pub manifest: Manifest,
    /// Bytes by path.
    pub texts: BTreeMap<String, Bytes>,
}

fn bad(message: impl Into<String>) -> AppError {
    AppError::BadInput {
        code: "bad_archive",
        message: message.into(),
    }
}

impl Intake {
    /// Checks rules that are in memory already. A path that came in before a character was refused passes: whoever
    /// takes in a new one asks [`check_path`].
    ///
    /// Errors: [`AppError::BadInput`], the first problem in path order.
    pub fn of(texts: BTreeMap<String, Bytes>) -> Result<Intake, AppError> {
        let mut total = 0;
        for (path, bytes) in &texts {
            let size_bytes = bytes.len() as u64;
            if size_bytes > RULE_SIZE_BYTES_MAX {
                return Err(ManifestError::RuleTooLarge {
                    path: path.clone(),
                    size_bytes,
                }
                .into());
            }
            total += size_bytes;
        }
        if total > SNAPSHOT_SIZE_BYTES_MAX {
            return Err(ManifestError::SnapshotTooLarge.into());
        }
        let manifest = Manifest::new(
            texts
                .iter()
                .map(|(path, bytes)| (path.clone(), Digest::of(bytes))),
        )?;
        Ok(Intake { manifest, texts })
    }

    /// Unpacks a tar archive, plain or gzip. Folders are passed over; links, devices and anything else than
    /// plain files are refused, and so is what [`Manifest::new`] refuses.
    ///
    /// Errors: [`AppError::BadInput`] saying what is wrong and what to do.
    pub fn unpack(archive: &[u8]) -> Result<Intake, AppError> {
        if archive.len() > ARCHIVE_SIZE_BYTES_MAX {
            return Err(bad(format!(
                "the archive has more than {ARCHIVE_SIZE_BYTES_MAX} bytes: split the rule set"
            )));
        }
        if archive.starts_with(&[0x1f, 0x8b]) {
            let packed = archive.len() as u64;
            let limit = (packed * RATIO_MAX).max(RATIO_FREE_BYTES);
            let reader = Bounded {
                inner: flate2::read::MultiGzDecoder::new(archive),
                left: limit,
            };
            read_tar(reader)
        } else {
            read_tar(archive)
        }
    }

    /// Its identity and size.
    pub fn facts(&self) -> SnapshotFacts {
        SnapshotFacts {
            checksum: self.manifest.checksum(),
            rules: self.manifest.rules().len() as u32,
            size_bytes: self.texts.values().map(|bytes| bytes.len() as u64).sum(),
        }
    }
}

/// Fails once more bytes come out than a text archive of its size could hold.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| std::io::Error::other(BOMB))?;
        Ok(read)
    }
}

const BOMB: &str = "it unpacks to more than 100 times its size: rule texts never do";

fn read_tar(reader: impl Read) -> Result<Intake, AppError> {
    let broken = |e: std::io::Error| {
        bad(format!(
            "the archive cannot be read to its end ({e}): send a whole tar or tar.gz"
        ))
    };
    let mut archive = tar::Archive::new(reader);
    let mut texts = BTreeMap::new();
    let mut total: u64 = 0;
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        let raw = entry.path_bytes().into_owned();
        let path = String::from_utf8(raw).map_err(|e| {
            bad(format!(
                "a path is not UTF-8: {:?}",
                String::from_utf8_lossy(e.as_bytes())
            ))
        })?;
        let path = path.strip_prefix("./").unwrap_or(&path).to_owned();
        if kind.is_symlink() || kind.is_hard_link() {
            return Err(bad(format!(
                "{path:?} is a link: put the rule's own bytes into the archive"
            )));
        }
        if !kind.is_file() {
            return Err(bad(format!(
                "{path:?} is neither a file nor a folder: leave it out"
            )));
        }
        check_path(&path)?;
        let size_bytes = entry.header().size().map_err(broken)?;
        total = total.saturating_add(size_bytes);
        if size_bytes > RULE_SIZE_BYTES_MAX {
            return Err(ManifestError::RuleTooLarge { path, size_bytes }.into());
        }
        if total > SNAPSHOT_SIZE_BYTES_MAX {
            return Err(ManifestError::SnapshotTooLarge.into());
        }
        if texts.len() >= RULES_MAX {
            // The one at hand is one too many; how many follow is not worth reading.
            return Err(ManifestError::TooMany {
                count: texts.len() + 1,
            }
            .into());
        }
        let mut bytes = Vec::with_capacity(size_bytes as usize);
        entry.read_to_end(&mut bytes).map_err(broken)?;
        if bytes.len() as u64 != size_bytes {
            return Err(bad(format!(
                "the archive ends inside {path:?}: send it again"
            )));
        }
        if texts.insert(path.clone(), Bytes::from(bytes)).is_some() {
            return Err(ManifestError::Repeated { path }.into());
        }
    }
    Intake::of(texts)
}

impl App {
    /// Makes a set of rules durable: every rule's bytes and the manifest, each once. Naming it in the ledger
    /// comes after, so a broken delivery leaves nothing that anybody can see.
    pub async fn keep(&self, intake: &Intake) -> Result<SnapshotFacts, AppError> {
        let manifest = Bytes::from(intake.manifest.text());
        let checksum = Digest::of(&manifest);
        let digests: Vec<Digest> = intake
            .manifest
            .rules()
            .values()
            .copied()
            .chain([checksum])
            .collect();
        let missing: std::collections::HashSet<Digest> = self
            .store
            .contents_missing(&digests)
            .await?
            .into_iter()
            .collect();
        let mut contents: Vec<(Digest, Bytes)> = intake
            .manifest
            .rules()
            .iter()
            .filter(|(_, digest)| missing.contains(digest))
            .map(|(path, digest)| (*digest, intake.texts[path].clone()))
            .collect();
        if missing.contains(&checksum) {
            contents.push((checksum, manifest));
        }
        if !contents.is_empty() {
            self.store.put_contents(&contents).await?;
        }
        Ok(intake.facts())
    }
}
