//! Signs for what is durable: after every append a checkpoint, and one for many when many come at once.

use std::sync::Arc;
use std::time::Duration;

use super::{App, AppError};
use crate::store::KeptCheckpoint;

/// The pause between two checkpoints: entries that come meanwhile share the next one, so that signing costs the
/// append path a few commits a second at most.
const PAUSE: Duration = Duration::from_millis(200);
/// The pause after the database did not answer.
const RETRY: Duration = Duration::from_secs(1);
/// Entries read at a time.
const PAGE: u32 = 1_000;

/// Signs until the process ends.
pub(super) fn start(app: &Arc<App>) {
    let weak = Arc::downgrade(app);
    let mut changes = app.changes();
    tokio::spawn(async move {
        let mut signer = Signer::default();
        while let Some(app) = weak.upgrade() {
            let pause = match signer.sign(&app).await {
                Ok(()) => PAUSE,
                Err(AppError::StoppedWriting(reason)) => {
                    tracing::error!(reason, "this process stops writing");
                    app.stopped.store(Arc::new(Some(reason)));
                    return;
                }
                Err(error) => {
                    tracing::warn!(%error, "no checkpoint can be signed for now");
                    RETRY
                }
            };
            drop(app);
            tokio::time::sleep(pause).await;
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                _ = tokio::time::sleep(RETRY) => {}
            }
        }
    });
}

#[derive(Default)]
struct Signer {
    /// The checkpoint signed last, as the database kept it; the tree has to come by it.
    last: Option<KeptCheckpoint>,
    started: bool,
}

impl Signer {
    /// Brings the tree to the head of the state, which is durable, and signs it.
    async fn sign(&mut self, app: &App) -> Result<(), AppError> {
        let site = &app.config.site;
        if !self.started {
            self.last = app.store.last_checkpoint(site).await?;
            self.started = true;
            if let Some(last) = &self.last {
                app.publish_signed(last.clone());
            }
        }
        let head = app.snapshot().state.head(site).seq;
        let mut size = app.tree_size();
        while size < head {
            let links = app.store.links_after(site, size, PAGE).await?;
            if links.is_empty() {
                return Err(AppError::Unavailable(format!(
                    "entry {} is not here",
                    size + 1
                )));
            }
            let mut tree = app.tree();
            for link in links.iter().take_while(|link| link.seq <= head) {
                // The writer pushes what it appends as soon as the tree is that long.
                if link.seq != tree.size() + 1 {
                    continue;
                }
                tree.push(link.bytes.as_bytes());
                size = tree.size();
                if let Some(last) = self.last.as_ref().filter(|last| last.size == size)
                    && last.root != tree.root()
                {
                    return Err(AppError::StoppedWriting(format!(
                        "the entries 1 to {size} of {site} are not those that it signed: somebody changed its database"
                    )));
                }
            }
            size = tree.size();
        }
        let (size, root) = {
            let tree = app.tree();
            (tree.size(), tree.root())
        };
        if size == 0 || self.last.as_ref().is_some_and(|last| last.size >= size) {
            return Ok(());
        }
        let kept = KeptCheckpoint {
            size,
            root,
            note: app.key.sign(size, root),
            at: app.clock.now(),
        };
        app.store.put_checkpoint(site, &kept).await?;
        self.last = Some(kept.clone());
        app.publish_signed(kept);
        Ok(())
    }
}
