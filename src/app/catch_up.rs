//! Takes what the store holds beyond the state into it: at the start, and whenever another process appended.

use std::sync::Arc;

use super::{App, AppError, Snapshot};
use rulegate_domain::defect::{Defect, is_left_out};
use rulegate_domain::state::State;
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::ledger::{Entry, EntryError};
use rulegate_ledger::merkle::{Frontier, Tree};
use rulegate_ledger::trust::Alarm;

/// How many entries are read at a time.
const PAGE: u32 = 1_000;

impl App {
    /// As [`App::catch_up`], for a hint or the clock: whether the store answers is seen at the next turn.
    pub(super) async fn poll_store(&self) {
        if let Err(error) = self.catch_up().await {
            tracing::debug!(%error, "could not look for new entries");
        }
    }

    /// Applies what the store holds beyond the state, of every site of the installation. Only the writer calls it:
    /// one task alone replaces the snapshot.
    pub(super) async fn catch_up(&self) -> Result<(), AppError> {
        let mut snapshot = Snapshot::clone(&self.snapshot());
        let own = &self.config.site;
        let found = self.catch_up_site(&mut snapshot, own, None).await;
        // What follows the last entry known shows that it is still there; else it may be gone.
        let mut moved = match found {
            Ok(true) => true,
            _ if self.start_over_if_lost(&mut snapshot).await? => {
                self.catch_up_site(&mut snapshot, own, None).await?;
                true
            }
            found => found?,
        };
        let sites = self.config.topology.sites.iter();
        for site in sites.filter(|site| *site != own) {
            moved |= self.catch_up_other(&mut snapshot, site).await?;
        }
        if moved {
            self.publish(snapshot);
        }
        Ok(())
    }

    /// Forgets everything if the last entry known here is not in the database any more: a primary that came back
    /// from a crash showed what its standby never had, and the standby was promoted. What was signed is never
    /// among it; if it is all the same, nothing more is appended.
    async fn start_over_if_lost(&self, snapshot: &mut Snapshot) -> Result<bool, AppError> {
        let site = &self.config.site;
        let known = snapshot.state.head(site);
        let (store, topology) = (&self.store, &self.config.topology);
        // Whoever stopped writing reads no more and goes on serving what it knows.
        if known.seq == 0 || self.stopped.load().is_some() {
            return Ok(false);
        }
        let there = store.entry(site, known.seq).await?;
        if there.is_some_and(|there| there.hash == known.hash) {
            return Ok(false);
        }
        tracing::error!(target: "audit", %site, seq = known.seq, "the database lost entries that were seen here: the ledger is read again");
        *snapshot = Snapshot::new(State::new(topology.clone(), site.clone()));
        self.blocks.clear();
        *self.tree() = Tree::default();
        if let Some(signed) = self.signed() {
            let by = "this site signed them";
            self.note_signed_elsewhere(signed.size, by).await?;
        }
        Ok(true)
    }

    /// Applies another site's entries as far as a checkpoint of that site covers them, all or nothing: rows that
    /// somebody wrote into our copy never become part of the state.
    async fn catch_up_other(
        &self,
        snapshot: &mut Snapshot,
        site: &SiteName,
    ) -> Result<bool, AppError> {
        let (store, known) = (&self.store, snapshot.state.head(site).seq);
        let stored = store.head(site).await?.seq;
        if stored <= known {
            return Ok(false);
        }
        if is_left_out(Defect::Checkpoint) {
            return self.catch_up_site(snapshot, site, None).await;
        }
        let kept = store.checkpoint_upto(site, stored).await?;
        let Some(kept) = kept.filter(|kept| kept.size > known) else {
            return Ok(false);
        };
        // The command line on a database is given no keys: it neither believes nor accuses anybody.
        if self.keys_of(site).is_empty() {
            return Ok(false);
        }
        let believed = match self.believe_kept(site, &kept) {
            Ok(believed) => believed,
            Err(alarm) => {
                self.judge_copy(site, Some((alarm, &kept.note))).await;
                return Ok(false);
            }
        };
        let mut trial = snapshot.clone();
        let mut frontier = Frontier::clone(trial.copies.get(site).unwrap_or(&Arc::default()));
        let read = (&mut frontier, believed.size);
        if !self.catch_up_site(&mut trial, site, Some(read)).await? {
            return Ok(false);
        }
        if (frontier.size(), frontier.root()) != (believed.size, believed.root) {
            let alarm = Alarm::CopyChanged {
                site: site.clone(),
                seq: frontier.size(),
                size: believed.size,
            };
            self.judge_copy(site, Some((alarm, &kept.note))).await;
            return Ok(false);
        }
        self.judge_copy(site, None).await;
        trial.copies.insert(site.clone(), Arc::new(frontier));
        *snapshot = trial;
        Ok(true)
    }

    /// Applies a ledger's entries beyond the state; of another site's only up to a number, gathering their tree.
    async fn catch_up_site(
        &self,
        snapshot: &mut Snapshot,
        site: &SiteName,
        mut covered: Option<(&mut Frontier, u64)>,
    ) -> Result<bool, AppError> {
        let mut moved = false;
        if self.stopped.load().is_some() {
            return Ok(false);
        }
        let store = &self.store;
        let head = snapshot.state.head(site);
        let mut page = store.links_after(site, head.seq, PAGE).await?;
        loop {
            let last = page.last().map_or(0, |link| link.seq);
            // The next page is read while this one is applied.
            let next = (page.len() == PAGE as usize).then(|| {
                let (store, site) = (store.clone(), site.clone());
                tokio::spawn(async move { store.links_after(&site, last, PAGE).await })
            });
            for link in page {
                if let Some((frontier, upto)) = &mut covered {
                    if link.seq > *upto {
                        return Ok(moved);
                    }
                    frontier.push(link.bytes.as_bytes());
                }
                match Entry::read(&link.bytes) {
                    Ok(entry) => snapshot.apply(&entry, link.hash)?,
                    Err(
                        error @ (EntryError::NewerFormat { .. } | EntryError::UnknownKind { .. }),
                    ) => {
                        self.stop_writing(&format!("{site}#{}: {error}", link.seq));
                        return Ok(moved);
                    }
                    Err(error) => {
                        let entry = format!("{site}#{}", link.seq);
                        return Err(AppError::broken_while(entry, error));
                    }
                }
                moved = true;
            }
            page = match next {
                Some(next) => next.await.map_err(AppError::broken)??,
                None => return Ok(moved),
            };
        }
    }

    fn stop_writing(&self, reason: &str) {
        tracing::error!(reason, "this process stops writing");
        self.stopped.store(Arc::new(Some(reason.to_owned())));
    }
}
