//! Brings from another site the bytes that entries need, each checked against its digest before it is kept.

use bytes::Bytes;

use super::peer_status::RoundError;
use super::source::Source;
use crate::store::Store;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::Contents;
use rulegate_ledger::manifest::Manifest;
use rulegate_ledger::trust::Alarm;

/// Contents are kept in portions of this size, so that a big release does not fill the memory.
const KEEP_SIZE_BYTES: usize = 16 * 1024 * 1024;

/// Brings what is needed and not here, and says how many contents came. Safe to repeat.
///
/// Errors: [`RoundError::Trouble`] if the source does not give what must be there;
/// [`RoundError::Refused`] if it gives other bytes than asked for.
pub(super) async fn bring(
    store: &Store,
    source: &impl Source,
    needed: Contents,
) -> Result<u64, RoundError> {
    let Some((checksum, must_be_there)) = needed.snapshot() else {
        return Ok(0);
    };
    let text = match store.content(&checksum).await? {
        Some(text) => Some(text),
        None => fetch(source, &checksum, must_be_there).await?,
    };
    let Some(text) = text else {
        return Ok(0);
    };
    let manifest = std::str::from_utf8(&text)
        .ok()
        .and_then(|text| Manifest::parse(text).ok())
        .ok_or(Alarm::BadContent { digest: checksum })?;
    let digests: Vec<Digest> = manifest.rules().values().copied().collect();
    let (mut brought, mut size_bytes) = (0, 0);
    let mut portion: Vec<(Digest, Bytes)> = Vec::new();
    for digest in store.contents_missing(&digests).await? {
        let Some(bytes) = fetch(source, &digest, must_be_there).await? else {
            continue;
        };
        size_bytes += bytes.len();
        portion.push((digest, bytes));
        if size_bytes > KEEP_SIZE_BYTES {
            brought += store.put_contents(&portion).await?;
            portion.clear();
            size_bytes = 0;
        }
    }
    // The manifest last: where it is, all has been asked for.
    portion.push((checksum, text));
    Ok(brought + store.put_contents(&portion).await?)
}

/// One content; `None` if it is not there and need not be.
async fn fetch(
    source: &impl Source,
    digest: &Digest,
    must_be_there: bool,
) -> Result<Option<Bytes>, RoundError> {
    match source.content(digest).await? {
        Some(bytes) if Digest::of(&bytes) != *digest => Err(RoundError::Refused(
            Alarm::BadContent { digest: *digest },
            format!("{} bytes with digest {}", bytes.len(), Digest::of(&bytes)),
        )),
        None if must_be_there => Err(RoundError::Trouble(format!(
            "{} does not give content {digest}, which an entry needs",
            source.site()
        ))),
        bytes => Ok(bytes),
    }
}
