//! Where another site's ledger is read from.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use super::sealing::{PublicKey, Sealed};
use super::{App, AppError};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::SiteName;

/// Why a source gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It cannot be reached, or not now.
    #[error("{0}")]
    Away(String),
    /// It does not let us read.
    #[error("{0}")]
    Refused(String),
    /// It answered in a form that this program does not know.
    #[error("{0}")]
    Newer(String),
}

/// A site that can be read: its own ledger, and what it holds of ours. Nothing it gives is believed as such.
pub trait Source: Send + Sync + 'static {
    /// Which site it is.
    fn site(&self) -> &SiteName;

    /// The newest checkpoint that it has of a ledger, as a signed note.
    fn checkpoint(
        &self,
        of: &SiteName,
    ) -> impl Future<Output = Result<Option<String>, SourceError>> + Send;

    /// The proof that its own ledger of `from` entries is the beginning of the one of `to`.
    fn proof(
        &self,
        from: u64,
        to: u64,
    ) -> impl Future<Output = Result<Vec<Digest>, SourceError>> + Send;

    /// At most `limit` entries of a ledger after a number, in order, each with its number and stored bytes.
    fn entries(
        &self,
        of: &SiteName,
        after: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<(u64, String)>, SourceError>> + Send;

    /// A content by its digest, unchecked.
    fn content(
        &self,
        digest: &Digest,
    ) -> impl Future<Output = Result<Option<Bytes>, SourceError>> + Send;

    /// Its accounts and tokens that changed after a number, sealed with `key`; `None` if none did.
    fn accounts(
        &self,
        since: i64,
        key: &PublicKey,
    ) -> impl Future<Output = Result<Option<Sealed>, SourceError>> + Send;

    /// Hints that a checkpoint was signed there. They may be late or missing.
    fn hints(&self) -> watch::Receiver<u64>;
}

/// A site in the same process, as the demonstration and tests have it. Reads like any other source.
pub struct InProcess(pub Arc<App>);

impl InProcess {
    fn reached(&self) -> Result<&App, SourceError> {
        match self.0.is_linked() {
            true => Ok(&self.0),
            false => Err(SourceError::Away("the link is cut".into())),
        }
    }
}

impl From<AppError> for SourceError {
    fn from(error: AppError) -> SourceError {
        SourceError::Away(error.to_string())
    }
}

impl Source for InProcess {
    fn site(&self) -> &SiteName {
        &self.0.config.site
    }

    async fn checkpoint(&self, of: &SiteName) -> Result<Option<String>, SourceError> {
        let kept = self.reached()?.checkpoint(of).await?;
        Ok(kept.map(|kept| kept.note.clone()))
    }

    async fn proof(&self, from: u64, to: u64) -> Result<Vec<Digest>, SourceError> {
        Ok(self.reached()?.prove_consistency(from, to).await?)
    }

    async fn entries(
        &self,
        of: &SiteName,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, String)>, SourceError> {
        let entries = self.reached()?.entries_after(of, after, limit).await?;
        let entry =
            |stored: rulegate_ledger::ledger::StoredEntry| (stored.seq, stored.bytes.to_string());
        Ok(entries.into_iter().map(entry).collect())
    }

    async fn content(&self, digest: &Digest) -> Result<Option<Bytes>, SourceError> {
        Ok(self.reached()?.content(digest).await?)
    }

    async fn accounts(&self, since: i64, key: &PublicKey) -> Result<Option<Sealed>, SourceError> {
        Ok(self.reached()?.sealed_accounts(since, key).await?)
    }

    fn hints(&self) -> watch::Receiver<u64> {
        self.0.signed_changes()
    }
}
