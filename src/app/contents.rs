//! Snapshots' manifests and rules' bytes, by digest, through a bounded cache.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::{App, AppError};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::manifest::Manifest;

/// Bytes kept of rules' contents: enough for the versions of a few large rule sets.
const CACHE_SIZE_BYTES: u64 = 96 * 1024 * 1024;
/// Bundles and manifests kept, by their size.
const BUNDLE_SIZE_BYTES: u64 = 64 * 1024 * 1024;

#[derive(Clone)]
struct Weigh;

impl quick_cache::Weighter<Digest, Bytes> for Weigh {
    fn weight(&self, _: &Digest, bytes: &Bytes) -> u64 {
        bytes.len() as u64 + 128
    }
}

impl quick_cache::Weighter<Digest, Arc<Manifest>> for Weigh {
    fn weight(&self, _: &Digest, manifest: &Arc<Manifest>) -> u64 {
        manifest.rules().len() as u64 * 160
    }
}

pub(super) struct Cache {
    rules: quick_cache::sync::Cache<Digest, Bytes, Weigh>,
    bundles: quick_cache::sync::Cache<Digest, Bytes, Weigh>,
    manifests: quick_cache::sync::Cache<Digest, Arc<Manifest>, Weigh>,
}

impl Default for Cache {
    fn default() -> Self {
        Cache {
            rules: quick_cache::sync::Cache::with_weighter(10_000, CACHE_SIZE_BYTES, Weigh),
            bundles: quick_cache::sync::Cache::with_weighter(64, BUNDLE_SIZE_BYTES, Weigh),
            manifests: quick_cache::sync::Cache::with_weighter(64, BUNDLE_SIZE_BYTES, Weigh),
        }
    }
}

/// A snapshot with its bytes, by path.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Digests by path.
    pub manifest: Arc<Manifest>,
    /// Bytes by path; the same paths as the manifest's.
    pub texts: BTreeMap<String, Bytes>,
}

impl App {
    /// One content by its digest; `None` if the store does not hold it.
    pub async fn content(&self, digest: &Digest) -> Result<Option<Bytes>, AppError> {
        if let Some(bytes) = self.contents.rules.get(digest) {
            return Ok(Some(bytes));
        }
        let found = self.store.content(digest).await?;
        if let Some(bytes) = &found {
            self.contents.rules.insert(*digest, bytes.clone());
        }
        Ok(found)
    }

    /// Many contents, in one go for those not in the cache, in the order asked.
    ///
    /// Errors: [`AppError::NotFound`] naming the first that the store does not hold.
    pub async fn contents(&self, digests: &[Digest]) -> Result<Vec<Bytes>, AppError> {
        let missing: Vec<Digest> = digests
            .iter()
            .copied()
            .filter(|d| self.contents.rules.get(d).is_none())
            .collect();
        let mut read = if missing.is_empty() {
            Default::default()
        } else {
            self.store.contents(&missing).await?
        };
        for (digest, bytes) in &read {
            self.contents.rules.insert(*digest, bytes.clone());
        }
        let mut found = Vec::with_capacity(digests.len());
        for digest in digests {
            let bytes = match read
                .get(digest)
                .cloned()
                .or_else(|| self.contents.rules.get(digest))
            {
                Some(bytes) => bytes,
                None => {
                    let bytes = self.content(digest).await?;
                    bytes.ok_or_else(|| AppError::NotFound {
                        what: "content",
                        name: digest.to_string(),
                    })?
                }
            };
            read.insert(*digest, bytes.clone());
            found.push(bytes);
        }
        Ok(found)
    }

    /// A snapshot's manifest by its checksum.
    ///
    /// Errors: [`AppError::NotFound`] if no snapshot of that checksum is here.
    pub async fn manifest(&self, checksum: &Digest) -> Result<Arc<Manifest>, AppError> {
        if let Some(manifest) = self.contents.manifests.get(checksum) {
            return Ok(manifest);
        }
        let missing = || AppError::NotFound {
            what: "snapshot",
            name: checksum.to_string(),
        };
        let bytes = self.content(checksum).await?.ok_or_else(missing)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| missing())?;
        let manifest = Arc::new(Manifest::parse(text).map_err(|_| missing())?);
        self.contents.manifests.insert(*checksum, manifest.clone());
        Ok(manifest)
    }

    /// A snapshot with all its bytes.
    pub async fn rules(&self, checksum: &Digest) -> Result<Rules, AppError> {
        let manifest = self.manifest(checksum).await?;
        let digests: Vec<Digest> = manifest.rules().values().copied().collect();
        let bytes = self.contents(&digests).await?;
        let texts = manifest.rules().keys().cloned().zip(bytes).collect();
        Ok(Rules { manifest, texts })
    }

    /// A snapshot as a tar archive: its rules by path, mode 644, time 0, owner 0, sorted bytewise; the same
    /// bytes for the same checksum, for ever.
    pub async fn bundle(&self, checksum: &Digest) -> Result<Bytes, AppError> {
        if let Some(bundle) = self.contents.bundles.get(checksum) {
            return Ok(bundle);
        }
        let rules = self.rules(checksum).await?;
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in &rules.texts {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(0);
            header.set_uid(0);
            header.set_gid(0);
            header.set_entry_type(tar::EntryType::Regular);
            tar.append_data(&mut header, path, &bytes[..])
                .map_err(AppError::broken)?;
        }
        let bundle: Bytes = tar.into_inner().map_err(AppError::broken)?.into();
        self.contents.bundles.insert(*checksum, bundle.clone());
        Ok(bundle)
    }
}
