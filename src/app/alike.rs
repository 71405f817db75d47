//! What was done to each rule of a change, found once for each pair of texts and remembered: a review of five
//! hundred rules is looked at many times.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;

use super::{App, AppError};
use rulegate_compare::diff::TextDiff;
use rulegate_compare::same_edits::{self, Edit};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::manifest::Change;

/// Bytes of edits that are remembered.
const CACHE_SIZE_BYTES: u64 = 16 * 1024 * 1024;

/// What was done to one rule.
#[derive(Debug, Default)]
pub struct RuleEdits {
    /// Each kind of edit once; rules with equal edits were changed alike.
    pub edits: BTreeSet<Edit>,
    /// Lines added and removed.
    pub lines: usize,
}

type Pair = (Option<Digest>, Option<Digest>);

#[derive(Clone)]
struct Weigh;

impl quick_cache::Weighter<Pair, Arc<RuleEdits>> for Weigh {
    fn weight(&self, _: &Pair, edits: &Arc<RuleEdits>) -> u64 {
        let bytes: usize = edits.edits.iter().map(|edit| edit.size_bytes() + 64).sum();
        bytes as u64 + 128
    }
}

pub(super) struct Cache(quick_cache::sync::Cache<Pair, Arc<RuleEdits>, Weigh>);

impl Default for Cache {
    fn default() -> Self {
        Cache(quick_cache::sync::Cache::with_weighter(
            10_000,
            CACHE_SIZE_BYTES,
            Weigh,
        ))
    }
}

impl App {
    /// What was done to each rule, in the order asked.
    ///
    /// Errors: [`AppError::NotFound`] if bytes are missing here.
    pub async fn edits(&self, changes: &[Change]) -> Result<Vec<Arc<RuleEdits>>, AppError> {
        let pair = |change: &Change| (change.from, change.to);
        let mut known: BTreeMap<Pair, Arc<RuleEdits>> = changes
            .iter()
            .filter_map(|change| Some((pair(change), self.edited.0.get(&pair(change))?)))
            .collect();
        let missing: BTreeSet<Pair> = changes
            .iter()
            .map(pair)
            .filter(|pair| !known.contains_key(pair))
            .collect();
        for (pair, edits) in self.found(missing).await? {
            self.edited.0.insert(pair, edits.clone());
            known.insert(pair, edits);
        }
        let of = |change| known.get(&pair(change)).cloned().unwrap_or_default();
        Ok(changes.iter().map(of).collect())
    }

    async fn found(&self, pairs: BTreeSet<Pair>) -> Result<Vec<(Pair, Arc<RuleEdits>)>, AppError> {
        let wanted: BTreeSet<Digest> = pairs
            .iter()
            .flat_map(|(from, to)| [*from, *to])
            .flatten()
            .collect();
        let wanted: Vec<Digest> = wanted.into_iter().collect();
        let texts = self.contents(&wanted).await?;
        let texts: BTreeMap<Digest, Bytes> = wanted.into_iter().zip(texts).collect();
        let work = move || {
            let side = |digest: Option<Digest>| {
                digest
                    .and_then(|digest| texts.get(&digest).cloned())
                    .unwrap_or_default()
            };
            let edits = pairs.into_iter().map(|(from, to)| {
                let (old, new) = (side(from), side(to));
                let diff = TextDiff::new(&old, &new);
                let edits = RuleEdits {
                    edits: same_edits::edits(&diff),
                    lines: diff.stat().changed(),
                };
                ((from, to), Arc::new(edits))
            });
            edits.collect()
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(AppError::broken)
    }
}
