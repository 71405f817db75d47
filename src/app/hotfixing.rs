//! A changed snapshot on top of another: built, measured, kept. The hotfix desk, the adoption of drift and the
//! interface all come through here, so that all of them count the same lines.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::contents::Rules;
use super::intake::Intake;
use super::{App, AppError};
use rulegate_compare::diff::{Stat, TextDiff};
use rulegate_domain::command::SnapshotFacts;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::Observation;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::manifest::{Change, check_path};

/// New bytes by path; `None` takes the rule out.
pub type Edits = BTreeMap<String, Option<Bytes>>;

/// What somebody's edits would make of a snapshot. Nothing is stored yet.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What the edits are on top of.
    pub base: Rules,
    /// What they make of it.
    pub after: Intake,
    /// Rules that differ, by path; empty if the edits change nothing.
    pub changes: Vec<Change>,
    /// Lines added and removed, a change each, in the order of `changes`.
    pub stats: Vec<Stat>,
}

impl Draft {
    /// A rule's bytes on both sides; absent where the side has no such rule.
    pub fn sides(&self, path: &str) -> (Option<&Bytes>, Option<&Bytes>) {
        (self.base.texts.get(path), self.after.texts.get(path))
    }

    /// Lines added and removed in all rules together: what the policy's cap is about.
    pub fn lines_changed(&self) -> u32 {
        let lines: usize = self.stats.iter().map(|stat| stat.changed()).sum();
        u32::try_from(lines).unwrap_or(u32::MAX)
    }
}

/// A draft whose bytes are durable: what a command about it needs.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The snapshot.
    pub snapshot: SnapshotFacts,
    /// Its differences from what it was made on.
    pub changes: Vec<Change>,
    /// Lines added and removed.
    pub lines_changed: u32,
}

impl App {
    /// Applies edits to the snapshot `base`; every path and size is checked as for a release.
    ///
    /// Errors: [`AppError::BadInput`] naming the first path that cannot be; [`AppError::NotFound`] if `base` is
    /// not here.
    pub async fn draft(&self, base: &Digest, edits: &Edits) -> Result<Draft, AppError> {
        let base = self.rules(base).await?;
        let mut texts = base.texts.clone();
        for (path, bytes) in edits {
            match bytes {
                Some(bytes) => {
                    if !base.texts.contains_key(path) {
                        check_path(path)?;
                    }
                    texts.insert(path.clone(), bytes.clone())
                }
                None => texts.remove(path),
            };
        }
        self.compared(base, Intake::of(texts)?).await
    }

    /// A whole set of rules seen as a change of the snapshot `base`.
    pub async fn draft_of(&self, base: &Digest, after: Intake) -> Result<Draft, AppError> {
        let base = self.rules(base).await?;
        self.compared(base, after).await
    }

    async fn compared(&self, base: Rules, after: Intake) -> Result<Draft, AppError> {
        let work = move || {
            let changes = base.manifest.differences(&after.manifest);
            let stats = changes
                .iter()
                .map(|change| {
                    let side = |texts: &BTreeMap<String, Bytes>| {
                        texts.get(&change.path).cloned().unwrap_or_default()
                    };
                    TextDiff::new(&side(&base.texts), &side(&after.texts)).stat()
                })
                .collect();
            Draft {
                base,
                after,
                changes,
                stats,
            }
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(AppError::broken)
    }

    /// Makes a draft's bytes durable, so that a command may name them.
    pub async fn keep_draft(&self, draft: &Draft) -> Result<Kept, AppError> {
        Ok(Kept {
            snapshot: self.keep(&draft.after).await?,
            changes: draft.changes.clone(),
            lines_changed: draft.lines_changed(),
        })
    }

    /// What was observed in a store outside, as a change of the pin it was compared with.
    ///
    /// Errors: [`Refusal::ObservedBytesMissing`] if only checksums were reported.
    pub async fn observed(&self, observation: &Observation) -> Result<Draft, AppError> {
        let found = match self.rules(&observation.checksum).await {
            Err(AppError::NotFound { .. }) => return Err(Refusal::ObservedBytesMissing.into()),
            found => found?,
        };
        let after = Intake {
            manifest: found.manifest.as_ref().clone(),
            texts: found.texts,
        };
        self.draft_of(&observation.pin_checksum, after).await
    }
}
