//! What people have seen of reviews: kept beside the ledger, for their eyes only.

use std::collections::BTreeSet;

use super::{App, AppError};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{AccountId, ReviewId};

impl App {
    /// The sights of a review that somebody has marked as seen; see [`rulegate_domain::shown_texts::ShownTexts`].
    pub async fn seen(
        &self,
        account: &AccountId,
        review: &ReviewId,
    ) -> Result<BTreeSet<Digest>, AppError> {
        Ok(self.store.seen(account, review).await?)
    }

    /// Marks sights as seen, or takes the marks back. Durable when it returns; safe to repeat.
    pub async fn set_seen(
        &self,
        account: &AccountId,
        review: &ReviewId,
        sights: &[Digest],
        seen: bool,
    ) -> Result<(), AppError> {
        if seen {
            let now = self.clock.now();
            self.store.mark_seen(account, review, sights, now).await?;
        } else {
            self.store.unmark_seen(account, review, sights).await?;
        }
        Ok(())
    }
}
