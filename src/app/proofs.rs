//! What this site can prove about its own ledger, and whom it believes about others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::peer_status::PeerStatus;
use super::{App, AppError};
use crate::store::{KeptAlarm, KeptCheckpoint};
use rulegate_ledger::checkpoint::{self, Checkpoint, VerifierKey};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::merkle::{Leaves, TILE_LEAVES, Tree, is_consistent, leaf};
use rulegate_ledger::trust::{Alarm, Copy, Trust};

/// What proves an alarm is kept up to this size.
const EVIDENCE_SIZE_BYTES_MAX: usize = 256 * 1024;

impl App {
    /// What others check this site's checkpoints with.
    pub fn verifier_key(&self) -> VerifierKey {
        self.key.verifier()
    }

    /// The newest checkpoint of this site.
    pub fn signed(&self) -> Option<Arc<KeptCheckpoint>> {
        self.signed.load_full()
    }

    /// Wakes whenever a checkpoint of this site was signed; the value is its size.
    pub fn signed_changes(&self) -> watch::Receiver<u64> {
        self.signed_changed.subscribe()
    }

    pub(super) fn publish_signed(&self, kept: KeptCheckpoint) {
        let size = kept.size;
        self.signed.store(Some(Arc::new(kept)));
        self.signed_changed.send_replace(size);
    }

    /// The newest checkpoint of a ledger: of the own one as it was signed, of another as it was seen last.
    pub async fn checkpoint(
        &self,
        site: &SiteName,
    ) -> Result<Option<Arc<KeptCheckpoint>>, AppError> {
        if *site == self.config.site {
            return Ok(self.signed());
        }
        Ok(self.store.last_checkpoint(site).await?.map(Arc::new))
    }

    /// Checkpoints of a ledger of more than `after` entries, by size.
    pub async fn checkpoints_after(
        &self,
        site: &SiteName,
        after: u64,
        limit: u32,
    ) -> Result<Vec<KeptCheckpoint>, AppError> {
        Ok(self.store.checkpoints_after(site, after, limit).await?)
    }

    pub(super) fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tree_size(&self) -> u64 {
        self.tree().size()
    }

    /// Proves that this site's ledger of `from` entries is the beginning of the one of `to`.
    ///
    /// Errors: [`AppError::NotFound`] if the ledger has no such sizes (yet).
    pub async fn prove_consistency(&self, from: u64, to: u64) -> Result<Vec<Digest>, AppError> {
        let needed = self.tree().needed_for_consistency(from, to);
        let leaves = self.leaves(needed).await?;
        let proof = self.tree().prove_consistency(from, to, &leaves);
        proof.map_err(|_| no_proof(from, to))
    }

    /// Proves that entry `seq` stands in this site's ledger of `size` entries.
    ///
    /// Errors: [`AppError::NotFound`] if the ledger has no such entry or size (yet).
    pub async fn prove_inclusion(&self, seq: u64, size: u64) -> Result<Vec<Digest>, AppError> {
        let index = seq.checked_sub(1).ok_or_else(|| no_proof(seq, size))?;
        let needed = self.tree().needed_for_inclusion(index, size);
        let leaves = self.leaves(needed).await?;
        let proof = self.tree().prove_inclusion(index, size, &leaves);
        proof.map_err(|_| no_proof(seq, size))
    }

    async fn leaves(&self, tiles: BTreeSet<u64>) -> Result<Leaves, AppError> {
        let mut leaves = Leaves::new();
        for tile in tiles {
            let (site, from) = (&self.config.site, tile * TILE_LEAVES);
            let links = self
                .store
                .links_after(site, from, TILE_LEAVES as u32)
                .await?;
            let hashes = links.iter().map(|link| leaf(link.bytes.as_bytes()));
            leaves.insert(tile, hashes.collect());
        }
        Ok(leaves)
    }

    /// Believes checkpoints under these keys from now on, beside those that are believed already.
    pub fn trust_keys(&self, keys: &[VerifierKey]) {
        self.peer_keys.rcu(|known| {
            let mut known = BTreeMap::clone(known);
            for key in keys {
                let of_site: &mut Vec<VerifierKey> = known.entry(key.origin().site()).or_default();
                if !of_site.contains(key) {
                    of_site.push(key.clone());
                }
            }
            known
        });
        self.nudged.notify_one();
    }

    /// The keys under which a site's checkpoints are believed; of the own site its own.
    pub fn keys_of(&self, site: &SiteName) -> Vec<VerifierKey> {
        if *site == self.config.site {
            return vec![self.verifier_key()];
        }
        self.peer_keys.load().get(site).cloned().unwrap_or_default()
    }

    /// A checkpoint from the database, believed again: whoever can write there cannot sign.
    pub(super) fn believe_kept(
        &self,
        site: &SiteName,
        kept: &KeptCheckpoint,
    ) -> Result<Checkpoint, Alarm> {
        Trust::new(site.clone(), self.keys_of(site), None, Copy::default()).open(&kept.note)
    }

    /// Records that the reader refused something of another site.
    pub(super) async fn refuse(&self, site: &SiteName, alarm: &Alarm, evidence: &str) {
        let mut status = PeerStatus::clone(&self.peer.load());
        let is_new = status.refused.as_ref() != Some(alarm);
        status.refused = Some(alarm.clone());
        status.trouble = Some(alarm.to_string());
        self.peer.store(Arc::new(status));
        if is_new {
            self.raise(site, alarm, evidence).await;
        }
    }

    /// Records what is wrong with the copy kept here of another site, or that nothing is any more.
    pub(super) async fn judge_copy(&self, site: &SiteName, alarm: Option<(Alarm, &str)>) {
        let mut status = PeerStatus::clone(&self.peer.load());
        let found = alarm.as_ref().map(|(alarm, _)| alarm.clone());
        if status.copy == found {
            return;
        }
        status.copy = found;
        self.peer.store(Arc::new(status));
        if let Some((alarm, evidence)) = alarm {
            self.raise(site, &alarm, evidence).await;
        }
    }

    /// Tells people and programs of an alarm, and keeps it with what proves it.
    pub(super) async fn raise(&self, site: &SiteName, alarm: &Alarm, evidence: &str) {
        let code = alarm.code();
        tracing::error!(target: "audit", %site, code, %alarm, "alarm: another site's ledger is not believed");
        let mut end = evidence.len().min(EVIDENCE_SIZE_BYTES_MAX);
        while !evidence.is_char_boundary(end) {
            end -= 1;
        }
        let kept = KeptAlarm {
            site: site.clone(),
            at: self.clock.now(),
            code: code.into(),
            sentence: alarm.to_string(),
            evidence: evidence[..end].into(),
        };
        if let Err(error) = self.store.put_alarm(&kept).await {
            tracing::warn!(%error, "an alarm could not be kept");
        }
    }

    /// What was refused of other sites so far, the newest first, at most 100.
    pub async fn alarms(&self) -> Result<Vec<KeptAlarm>, AppError> {
        Ok(self.store.alarms(100).await?)
    }

    /// Compares the own ledger with what somebody else holds of it under this site's own signature.
    ///
    /// A shorter own ledger means that this database lost its end: nothing is appended until it is whole again.
    pub(super) async fn check_against(
        &self,
        note: &str,
        holder: &SiteName,
    ) -> Result<(), AppError> {
        let site = &self.config.site;
        let held = checkpoint::open(note, &self.keys_of(site)).map_err(|error| {
            AppError::Unavailable(format!(
                "{holder} shows a checkpoint of {site} that is not ours: {error}"
            ))
        })?;
        let by = format!("it signed them and {holder} holds them");
        if self.note_signed_elsewhere(held.size, &by).await? {
            return Ok(());
        }
        let size = self.tree_size();
        if held.size > size {
            // The tree is still being built.
            return Ok(());
        }
        let proof = self.prove_consistency(held.size, size).await?;
        let root = self.tree().root();
        if self.tree_size() == size && !is_consistent((held.size, held.root), (size, root), &proof)
        {
            let reason = format!(
                "{holder} holds other entries 1 to {} of {site} under this site's own signature: two histories exist. \
                 Compare exports of both databases; the one that is wrong has to be restored.",
                held.size
            );
            self.set_behind(Some(reason));
        }
        Ok(())
    }

    /// True if the own ledger ends before `size`: then it says so and refuses to append.
    pub(super) async fn note_signed_elsewhere(
        &self,
        size: u64,
        by: &str,
    ) -> Result<bool, AppError> {
        let site = &self.config.site;
        let head = self.store.head(site).await?.seq;
        if head >= size {
            self.set_behind(None);
            return Ok(false);
        }
        self.set_behind(Some(format!(
            "the entries {} to {size} of {site} are missing from its database; {by}. \
             `rulegate site recover` takes them back from the other site. Reading, pins and assignments go on.",
            head + 1
        )));
        Ok(true)
    }

    fn set_behind(&self, reason: Option<String>) {
        if *self.behind.load().as_ref() == reason {
            return;
        }
        match &reason {
            Some(reason) => tracing::error!(target: "audit", reason, "this site appends nothing"),
            None => {
                tracing::info!(target: "audit", "this site's ledger is whole again and takes entries")
            }
        }
        self.behind.store(Arc::new(reason));
    }
}

fn no_proof(from: u64, to: u64) -> AppError {
    AppError::NotFound {
        what: "proof",
        name: format!("from {from} to {to}"),
    }
}
