//! What people have seen of reviews. Not ledger facts: marks can be taken back, and nothing is decided by them.

use std::collections::BTreeSet;

use sqlx::{query, query_scalar};

use super::error::StoreError;
use super::rows::digest_column;
use super::{Store, in_transaction, read};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{AccountId, ReviewId, Timestamp};

impl Store {
    /// What somebody has marked as seen in a review; each is the digest of a
    /// [`ShownTexts`](rulegate_domain::shown_texts::ShownTexts).
    pub async fn seen(
        &self,
        account: &AccountId,
        review: &ReviewId,
    ) -> Result<BTreeSet<Digest>, StoreError> {
        const SQL: &str = "SELECT sight FROM seen WHERE account = $1 AND review = $2";
        if let Some(memory) = self.memory()? {
            return Ok(memory.seen(account, review));
        }
        let key = review.to_string();
        read!(self, pool => query_scalar::<_, Vec<u8>>(SQL)
            .bind(account.as_str())
            .bind(key.as_str())
            .fetch_all(pool))?
        .into_iter()
        .map(|bytes| digest_column("seen", "sight", &key, &bytes))
        .collect()
    }

    /// Marks these as seen, all or none. Durable; safe to repeat: the first time stands.
    pub async fn mark_seen(
        &self,
        account: &AccountId,
        review: &ReviewId,
        sights: &[Digest],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO seen (account, review, sight, at_us) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING";
        if let Some(memory) = self.memory()? {
            memory.mark_seen(account, review, sights);
            return Ok(());
        }
        let review = review.to_string();
        Ok(in_transaction!(self, tx => {
            for sight in sights {
                query(SQL)
                    .bind(account.as_str())
                    .bind(review.as_str())
                    .bind(&sight.0[..])
                    .bind(at.0)
                    .execute(&mut *tx)
                    .await?;
            }
        })?)
    }

    /// Takes marks back, all or none. Durable; safe to repeat.
    pub async fn unmark_seen(
        &self,
        account: &AccountId,
        review: &ReviewId,
        sights: &[Digest],
    ) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM seen WHERE account = $1 AND review = $2 AND sight = $3";
        if let Some(memory) = self.memory()? {
            memory.unmark_seen(account, review, sights);
            return Ok(());
        }
        let review = review.to_string();
        Ok(in_transaction!(self, tx => {
            for sight in sights {
                query(SQL)
                    .bind(account.as_str())
                    .bind(review.as_str())
                    .bind(&sight.0[..])
                    .execute(&mut *tx)
                    .await?;
            }
        })?)
    }
}
