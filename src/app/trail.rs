//! A review's entries, for the page that tells its story.

use super::{App, AppError};
use rulegate_ledger::ids::ReviewId;
use rulegate_ledger::ledger::Entry;

impl App {
    /// Every entry of a review from all sites, oldest first. Entries that this program cannot read are left out:
    /// the ledger's own page shows them.
    pub async fn trail(&self, review: &ReviewId) -> Result<Vec<Entry>, AppError> {
        let stored = self.store.review_trail(review).await?;
        Ok(stored
            .iter()
            .filter_map(|stored| Entry::read(&stored.bytes).ok())
            .collect())
    }
}
