//! What makes a ledger provable: the site's signing key, checkpoints, and what was refused of another site.

use sqlx::{query, query_as};

use super::error::StoreError;
use super::ledger::seq;
use super::rows::digest_column;
use super::{Backend, Store, in_transaction, read};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{SiteName, Timestamp};

/// Alarms kept of one site; what is refused after that is still refused, only not kept.
pub const ALARMS_MAX: u32 = 200;

/// The key with which a site signs, as its database keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningIdentity {
    /// Whose ledger: `<organisation>/rulegate/<installation>/<site>`.
    pub origin: String,
    /// What others check its signatures with.
    pub verifier_key: String,
    /// 32 secret bytes; absent if the key is kept in a file.
    pub secret: Option<Vec<u8>>,
}

/// A checkpoint as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCheckpoint {
    /// How many entries it covers.
    pub size: u64,
    /// The root that it states.
    pub root: Digest,
    /// The signed note.
    pub note: String,
    /// When it was signed or seen here, UTC.
    pub at: Timestamp,
}

/// Something of another site that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAlarm {
    /// Whose ledger.
    pub site: SiteName,
    /// When it was met first, UTC.
    pub at: Timestamp,
    /// A stable word.
    pub code: String,
    /// What is the case.
    pub sentence: String,
    /// What proves it: the checkpoints and entries offered, a line each.
    pub evidence: String,
}

type CheckpointRow = (i64, Vec<u8>, String, i64);

fn checkpoint(site: &SiteName, row: CheckpointRow) -> Result<KeptCheckpoint, StoreError> {
    let (size, root, note, at) = row;
    let key = format_args!("{site}/{size}");
    Ok(KeptCheckpoint {
        size: size as u64,
        root: digest_column("checkpoint", "root", key, &root)?,
        note,
        at: Timestamp(at),
    })
}

impl Store {
    /// The site's signing key, if one was made.
    pub async fn signing_identity(&self) -> Result<Option<SigningIdentity>, StoreError> {
        const SQL: &str = "SELECT origin, verifier_key, secret FROM identity";
        self.check_away()?;
        let row: Option<(String, String, Option<Vec<u8>>)> = match &*self.backend {
            Backend::Memory(memory) => return Ok(memory.signing_identity()),
            _ => read!(self, pool => query_as(SQL).fetch_optional(pool))?,
        };
        Ok(row.map(|(origin, verifier_key, secret)| SigningIdentity {
            origin,
            verifier_key,
            secret,
        }))
    }

    /// Keeps the site's signing key if there is none yet, and gives back the one that is kept: of several
    /// processes that start at once all get the same. Durable; safe to repeat.
    pub async fn claim_signing_identity(
        &self,
        wanted: &SigningIdentity,
    ) -> Result<SigningIdentity, StoreError> {
        const SQL: &str = "INSERT INTO identity (one, origin, verifier_key, secret) \
             VALUES (1, $1, $2, $3) ON CONFLICT DO NOTHING";
        self.check_away()?;
        match &*self.backend {
            Backend::Memory(memory) => memory.claim_signing_identity(wanted),
            _ => in_transaction!(self, tx => {
                query(SQL)
                    .bind(&wanted.origin)
                    .bind(&wanted.verifier_key)
                    .bind(&wanted.secret)
                    .execute(&mut *tx)
                    .await?;
            })?,
        }
        self.signing_identity()
            .await?
            .ok_or_else(|| StoreError::Broken("the signing key was not kept".to_owned()))
    }

    /// Keeps a checkpoint of a ledger. Durable; safe to repeat: the first one of a size stays.
    pub async fn put_checkpoint(
        &self,
        site: &SiteName,
        kept: &KeptCheckpoint,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO checkpoint (site, size, root, note, at_us) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
        self.check_away()?;
        match &*self.backend {
            Backend::Memory(memory) => memory.put_checkpoint(site, kept),
            _ => in_transaction!(self, tx => {
                query(SQL)
                    .bind(site.as_str())
                    .bind(seq(kept.size))
                    .bind(&kept.root.0[..])
                    .bind(&kept.note)
                    .bind(kept.at.0)
                    .execute(&mut *tx)
                    .await?;
            })?,
        }
        Ok(())
    }

    /// The newest checkpoint of a ledger that covers at most `upto` entries.
    pub async fn checkpoint_upto(
        &self,
        site: &SiteName,
        upto: u64,
    ) -> Result<Option<KeptCheckpoint>, StoreError> {
        const SQL: &str = "SELECT size, root, note, at_us FROM checkpoint \
             WHERE site = $1 AND size <= $2 ORDER BY size DESC LIMIT 1";
        self.check_away()?;
        let row: Option<CheckpointRow> = match &*self.backend {
            Backend::Memory(memory) => return Ok(memory.checkpoint_upto(site, upto)),
            _ => read!(self, pool => query_as(SQL)
                .bind(site.as_str())
                .bind(seq(upto))
                .fetch_optional(pool))?,
        };
        row.map(|row| checkpoint(site, row)).transpose()
    }

    /// The newest checkpoint of a ledger.
    pub async fn last_checkpoint(
        &self,
        site: &SiteName,
    ) -> Result<Option<KeptCheckpoint>, StoreError> {
        self.checkpoint_upto(site, u64::MAX).await
    }

    /// At most `limit` checkpoints of more than `after` entries, by size.
    pub async fn checkpoints_after(
        &self,
        site: &SiteName,
        after: u64,
        limit: u32,
    ) -> Result<Vec<KeptCheckpoint>, StoreError> {
        const SQL: &str = "SELECT size, root, note, at_us FROM checkpoint \
             WHERE site = $1 AND size > $2 ORDER BY size LIMIT $3";
        self.check_away()?;
        let rows: Vec<CheckpointRow> = match &*self.backend {
            Backend::Memory(memory) => return Ok(memory.checkpoints_after(site, after, limit)),
            _ => read!(self, pool => query_as(SQL)
                .bind(site.as_str())
                .bind(seq(after))
                .bind(i64::from(limit))
                .fetch_all(pool))?,
        };
        rows.into_iter().map(|row| checkpoint(site, row)).collect()
    }

    /// Keeps what was refused, once per evidence, at most [`ALARMS_MAX`] a site. Durable; safe to repeat.
    pub async fn put_alarm(&self, alarm: &KeptAlarm) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO alarm (site, at_us, digest, code, sentence, evidence) \
             SELECT $1, $2, $3, $4, $5, $6 \
             WHERE (SELECT COUNT(*) FROM alarm WHERE site = $7) < $8 ON CONFLICT DO NOTHING";
        self.check_away()?;
        let text = format!("{}\n{}\n{}", alarm.code, alarm.sentence, alarm.evidence);
        let digest = Digest::of(text.as_bytes());
        match &*self.backend {
            Backend::Memory(memory) => memory.put_alarm(alarm),
            _ => in_transaction!(self, tx => {
                query(SQL)
                    .bind(alarm.site.as_str())
                    .bind(alarm.at.0)
                    .bind(&digest.0[..])
                    .bind(&alarm.code)
                    .bind(&alarm.sentence)
                    .bind(&alarm.evidence)
                    .bind(alarm.site.as_str())
                    .bind(i64::from(ALARMS_MAX))
                    .execute(&mut *tx)
                    .await?;
            })?,
        }
        Ok(())
    }

    /// What was refused so far, the newest first.
    pub async fn alarms(&self, limit: u32) -> Result<Vec<KeptAlarm>, StoreError> {
        const SQL: &str = "SELECT site, at_us, code, sentence, evidence FROM alarm \
             ORDER BY at_us DESC, digest LIMIT $1";
        self.check_away()?;
        let rows: Vec<(String, i64, String, String, String)> = match &*self.backend {
            Backend::Memory(memory) => return Ok(memory.alarms(limit)),
            _ => read!(self, pool => query_as(SQL).bind(i64::from(limit)).fetch_all(pool))?,
        };
        rows.into_iter()
            .map(|(site, at, code, sentence, evidence)| {
                Ok(KeptAlarm {
                    site: super::rows::column("alarm", "site", at, &site)?,
                    at: Timestamp(at),
                    code,
                    sentence,
                    evidence,
                })
            })
            .collect()
    }
}
