//! Contents of rules and manifests, each kept once under its digest.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use sqlx::{AssertSqlSafe, query, query_as, query_scalar};

use super::error::{AppendError, StoreError, bounded};
use super::rows::digest_column;
use super::{Backend, Store, fault, read};
use rulegate_ledger::digest::Digest;

/// Contents in one statement, and the bytes after which a statement or a commit is cut: a big release
/// neither meets the statement timeout nor keeps appends waiting for long.
const PER_STATEMENT: usize = 500;
const STATEMENT_BYTES: usize = 4 << 20;
const COMMIT_BYTES: usize = 16 << 20;

/// Digests asked for in one statement.
const ASKED_MAX: usize = 512;

impl Store {
    /// Keeps contents under their digests and says how many were new. Durable; safe to repeat, and to
    /// run beside others that put the same. A failure may leave some of them stored, which harms
    /// nothing: the same call later stores the rest.
    ///
    /// Errors: [`AppendError::Refused`] if a digest is not that of its bytes (then nothing is stored);
    /// [`AppendError::Full`], [`AppendError::Unavailable`], [`AppendError::Unknown`].
    pub async fn put_contents(&self, contents: &[(Digest, Bytes)]) -> Result<u64, AppendError> {
        if let Some((digest, _)) = contents.iter().find(|(d, bytes)| Digest::of(bytes) != *d) {
            return Err(AppendError::Refused(format!(
                "the bytes do not hash to {digest}"
            )));
        }
        // In one order everywhere, so that two that put the same never wait for each other in a ring.
        let mut sorted: Vec<&(Digest, Bytes)> = contents.iter().collect();
        sorted.sort_unstable_by_key(|(digest, _)| *digest);
        sorted.dedup_by_key(|(digest, _)| *digest);
        let fault = self.faults.as_ref().and_then(|faults| faults.next_put());
        fault::under(fault, async {
            if let Backend::Memory(memory) = &*self.backend {
                return Ok(memory.put_contents(&sorted));
            }
            let mut new = 0;
            for commit in cut(&sorted, usize::MAX, COMMIT_BYTES) {
                new += self.put_commit(commit).await?;
            }
            Ok(new)
        })
        .await
    }

    /// One commit on SQLite; on PostgreSQL one a statement.
    async fn put_commit(&self, contents: &[&(Digest, Bytes)]) -> Result<u64, AppendError> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => {
                let put = sqlite.write(async |tx| {
                    let mut new = 0;
                    for group in cut(contents, PER_STATEMENT, STATEMENT_BYTES) {
                        let mut insert = query(AssertSqlSafe(insert_sql(group.len())));
                        for (digest, bytes) in group {
                            insert = insert
                                .bind(&digest.0[..])
                                .bind(bytes.len() as i64)
                                .bind(&bytes[..]);
                        }
                        new += insert.execute(&mut *tx).await?.rows_affected();
                    }
                    Ok(new)
                });
                Ok(put.await?)
            }
            Backend::Postgres(postgres) => {
                const SQL: &str = "INSERT INTO content (digest, size_bytes, bytes) \
                     SELECT * FROM UNNEST($1::BYTEA[], $2::BIGINT[], $3::BYTEA[]) ON CONFLICT DO NOTHING";
                let mut new = 0;
                for group in cut(contents, PER_STATEMENT, STATEMENT_BYTES) {
                    let mut connection =
                        bounded(postgres.pool.acquire()).await.map_err(not_stored)?;
                    let insert = query(SQL)
                        .bind(group.iter().map(|(d, _)| &d.0[..]).collect::<Vec<_>>())
                        .bind(
                            group
                                .iter()
                                .map(|(_, b)| b.len() as i64)
                                .collect::<Vec<_>>(),
                        )
                        .bind(group.iter().map(|(_, b)| &b[..]).collect::<Vec<_>>());
                    match bounded(insert.execute(&mut *connection)).await {
                        Ok(done) => new += done.rows_affected(),
                        Err(error) => {
                            if matches!(error, sqlx::Error::Io(_)) {
                                connection.close_on_drop();
                            }
                            return Err(error.into());
                        }
                    }
                }
                Ok(new)
            }
            Backend::Memory(_) => unreachable!("memory answers for itself"),
        }
    }

    /// The bytes kept under `digest`, if any. Their digest is computed again on every read.
    ///
    /// Errors: [`StoreError::Damaged`] if it is another one.
    pub async fn content(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
        const SQL: &str = "SELECT bytes FROM content WHERE digest = $1";
        self.check_away()?;
        let bytes: Option<Vec<u8>> = match &*self.backend {
            Backend::Memory(memory) => return Ok(memory.content(digest)),
            _ => read!(self, pool => query_scalar(SQL).bind(&digest.0[..]).fetch_optional(pool))?,
        };
        bytes.map(|bytes| checked(*digest, bytes)).transpose()
    }

    /// The contents that are there, by digest; those that are not are left out.
    ///
    /// Errors: [`StoreError::Damaged`] names the first that is not what its digest says.
    pub async fn contents(&self, digests: &[Digest]) -> Result<HashMap<Digest, Bytes>, StoreError> {
        if let Some(memory) = self.memory()? {
            let found = digests.iter().map(|d| (*d, memory.content(d)));
            return Ok(found.filter_map(|(d, bytes)| Some((d, bytes?))).collect());
        }
        let mut found = HashMap::with_capacity(digests.len());
        for asked in digests.chunks(ASKED_MAX) {
            let sql = asking_sql(self.kind(), "digest, bytes", asked.len());
            let rows = read!(self, pool => {
                let mut ask = query_as::<_, (Vec<u8>, Vec<u8>)>(AssertSqlSafe(sql.as_str()));
                for digest in padded(asked) {
                    ask = ask.bind(&digest.0[..]);
                }
                ask.fetch_all(pool)
            })?;
            for (digest, bytes) in rows {
                let digest = digest_column("content", "digest", "?", &digest)?;
                found.insert(digest, checked(digest, bytes)?);
            }
        }
        Ok(found)
    }

    /// Those of `digests` that are not kept yet, in the given order, each once. Reads no contents.
    pub async fn contents_missing(&self, digests: &[Digest]) -> Result<Vec<Digest>, StoreError> {
        self.check_away()?;
        let mut known: HashSet<Digest> = HashSet::with_capacity(digests.len());
        if let Backend::Memory(memory) = &*self.backend {
            known.extend(digests.iter().filter(|d| memory.content(d).is_some()));
        } else {
            for asked in digests.chunks(ASKED_MAX) {
                let sql = asking_sql(self.kind(), "digest", asked.len());
                let rows: Vec<Vec<u8>> = read!(self, pool => {
                    let mut ask = query_scalar(AssertSqlSafe(sql.as_str()));
                    for digest in padded(asked) {
                        ask = ask.bind(&digest.0[..]);
                    }
                    ask.fetch_all(pool)
                })?;
                for digest in rows {
                    known.insert(digest_column("content", "digest", "?", &digest)?);
                }
            }
        }
        // `insert` is false for what is known and for what was met before.
        Ok(digests
            .iter()
            .copied()
            .filter(|d| known.insert(*d))
            .collect())
    }
}

fn not_stored(error: sqlx::Error) -> AppendError {
    AppendError::Unavailable(error.to_string())
}

fn checked(digest: Digest, bytes: Vec<u8>) -> Result<Bytes, StoreError> {
    if Digest::of(&bytes) == digest {
        Ok(bytes.into())
    } else {
        Err(StoreError::Damaged { digest })
    }
}

/// Cuts `contents` into groups of at most `count` and about `size_bytes`; one big content stands alone.
fn cut<'a>(
    contents: &'a [&'a (Digest, Bytes)],
    count: usize,
    size_bytes: usize,
) -> impl Iterator<Item = &'a [&'a (Digest, Bytes)]> {
    let mut rest = contents;
    std::iter::from_fn(move || {
        let mut size = 0;
        let fits = rest
            .iter()
            .take(count)
            .take_while(|(_, bytes)| {
                let first = size == 0;
                size += bytes.len().max(1);
                first || size <= size_bytes
            })
            .count();
        let (group, after) = rest.split_at(fits);
        rest = after;
        (!group.is_empty()).then_some(group)
    })
}

/// SQLite's insert; its parameters have no names, because SQLite looks names up one by one.
fn insert_sql(contents: usize) -> String {
    let rows = vec!["(?,?,?)"; contents].join(",");
    format!("INSERT INTO content (digest, size_bytes, bytes) VALUES {rows} ON CONFLICT DO NOTHING")
}

/// Few lengths of lists make few statements to prepare.
fn padded_len(asked: usize) -> usize {
    asked.next_power_of_two()
}

fn padded(asked: &[Digest]) -> impl Iterator<Item = &Digest> {
    let last = asked.last();
    asked
        .iter()
        .chain(std::iter::from_fn(move || last))
        .take(padded_len(asked.len()))
}

fn asking_sql(kind: &str, columns: &str, asked: usize) -> String {
    let list: Vec<String> = (1..=padded_len(asked))
        .map(|n| match kind {
            "sqlite" => "?".to_owned(),
            _ => format!("${n}"),
        })
        .collect();
    format!(
        "SELECT {columns} FROM content WHERE digest IN ({})",
        list.join(", ")
    )
}
