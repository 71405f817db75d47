//! Reads the other site's ledger: page by page from our copy's head, each page checked before it is kept.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{App, AppError};
use crate::domain::digest::Digest;
use crate::domain::event::Event;
use crate::domain::ids::{SiteName, Timestamp};
use crate::domain::ledger::{self, Entry, StoredEntry};
use crate::domain::manifest::Manifest;

/// Entries taken in one transaction.
const PAGE: u32 = 500;
/// Without a wake-up, how often the other site is asked.
const POLL: Duration = Duration::from_secs(1);

/// What is known of the other site.
#[derive(Debug, Clone, Default)]
pub struct PeerStatus {
    /// When it last answered.
    pub heard_at: Option<Timestamp>,
    /// The newest entry number it named.
    pub head_seq: u64,
    /// What went wrong since.
    pub trouble: Option<String>,
}

/// Reads `peer`, a site in the same process, until the process ends. The link can be cut by hand.
pub fn start(app: Arc<App>, peer: Arc<App>) {
    tokio::spawn(async move {
        let mut changes = peer.changes();
        loop {
            if app.is_linked() && peer.is_linked() {
                let outcome = pull(&app, &peer).await;
                let mut status = PeerStatus::clone(&app.peer.load());
                match outcome {
                    Ok(head_seq) => {
                        status = PeerStatus {
                            heard_at: Some(app.clock.now()),
                            head_seq,
                            trouble: None,
                        };
                    }
                    Err(error) => status.trouble = Some(error.to_string()),
                }
                app.peer.store(Arc::new(status));
            }
            tokio::select! {
                _ = changes.changed() => {}
                _ = tokio::time::sleep(POLL) => {}
            }
        }
    });
}

/// Takes over everything the peer holds beyond our copy and returns its head's number.
///
/// Errors: [`AppError::Broken`] if a page does not follow from our copy: then nothing of it is kept.
async fn pull(app: &App, peer: &App) -> Result<u64, AppError> {
    let site = peer.config.site.clone();
    let peer_head = peer.snapshot().state.head(&site).seq;
    let mut head = app.store.head(&site).await?;
    let mut command = match app.store.entry(&site, head.seq).await? {
        Some(last) => Some(read(&site, &last)?.command),
        None => None,
    };
    while head.seq < peer_head {
        let page = peer.store.entries_after(&site, head.seq, PAGE).await?;
        let expected = head;
        let mut received = Vec::with_capacity(page.len());
        let mut wanted = Vec::new();
        for stored in page
            .into_iter()
            .take_while(|stored| stored.seq <= peer_head)
        {
            let (entry, stored) = Entry::receive(&stored.bytes, command.as_ref())
                .map_err(|e| AppError::Broken(format!("{site}#{}: {e}", stored.seq)))?;
            head = ledger::follow(&site, head, &entry, stored.hash)
                .map_err(|e| AppError::Broken(e.to_string()))?;
            wanted.extend(snapshots_named(&entry.fact.event));
            command = Some(entry.command.clone());
            received.push(stored);
        }
        if received.is_empty() {
            return Err(AppError::Broken(format!(
                "{site} names entry {peer_head} and does not give it"
            )));
        }
        for checksum in wanted {
            bring_snapshot(app, peer, &checksum).await?;
        }
        app.store.append_foreign(&site, expected, &received).await?;
    }
    Ok(peer_head)
}

fn read(site: &SiteName, stored: &StoredEntry) -> Result<Entry, AppError> {
    Entry::read(&stored.bytes).map_err(|e| AppError::Broken(format!("{site}#{}: {e}", stored.seq)))
}

/// Snapshots whose bytes an entry makes this site need.
fn snapshots_named(event: &Event) -> Vec<Digest> {
    match event {
        Event::ReleaseCommitted(body) => vec![body.checksum],
        Event::HotfixCommitted(body) => vec![body.checksum],
        _ => Vec::new(),
    }
}

/// Brings what is missing of a snapshot here, each content checked against its digest.
async fn bring_snapshot(app: &App, peer: &App, checksum: &Digest) -> Result<(), AppError> {
    let gone = || AppError::NotFound {
        what: "snapshot",
        name: checksum.to_string(),
    };
    let text = peer.content(checksum).await?.ok_or_else(gone)?;
    let manifest = Manifest::parse(std::str::from_utf8(&text).map_err(|_| gone())?)?;
    let digests: Vec<Digest> = manifest.rules().values().copied().collect();
    let missing = app.store.contents_missing(&digests).await?;
    let bytes = peer.contents(&missing).await?;
    let mut contents: Vec<(Digest, Bytes)> = missing.into_iter().zip(bytes).collect();
    contents.push((*checksum, text));
    if let Some((digest, _)) = contents
        .iter()
        .find(|(digest, bytes)| Digest::of(bytes) != *digest)
    {
        return Err(AppError::Broken(format!(
            "content {digest} does not have the bytes it names"
        )));
    }
    app.store.put_contents(&contents).await?;
    Ok(())
}
