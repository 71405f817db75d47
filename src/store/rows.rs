//! Between rows and values.

use std::fmt::Display;
use std::str::FromStr;

use super::error::StoreError;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::Timestamp;
use rulegate_ledger::ledger::StoredEntry;

/// The columns of [`EntryRow`], for `SELECT` and `INSERT`.
macro_rules! entry_columns {
    () => {
        "site, seq, at_us, actor, kind, ruleset, lane, version, review, command, bytes, hash"
    };
}
pub(super) use entry_columns;

/// The sites that have entries, as the table `hop`: it hops along the primary key, as many steps as there are sites,
/// and ends with a row of nothing.
macro_rules! with_site_hops {
    () => {
        "WITH RECURSIVE hop (site) AS (\
         SELECT MIN(site) FROM entry \
         UNION ALL SELECT (SELECT MIN(e.site) FROM entry e WHERE e.site > hop.site) \
         FROM hop WHERE hop.site IS NOT NULL) "
    };
}
pub(super) use with_site_hops;

/// A struct that is read from a row, each field from the column of its name.
///
/// In place of sqlx's derive, whose crate brings both databases' clients into the compiler.
macro_rules! from_row {
    ($vis:vis struct $name:ident { $($field_vis:vis $field:ident: $type:ty,)* }) => {
        $vis struct $name {
            $($field_vis $field: $type,)*
        }

        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $name
        where
            &'static str: sqlx::ColumnIndex<R>,
            $($type: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,)*
        {
            fn from_row(row: &'r R) -> Result<$name, sqlx::Error> {
                Ok($name {
                    $($field: row.try_get(stringify!($field))?,)*
                })
            }
        }
    };
}
pub(super) use from_row;

from_row! {
    pub(super) struct EntryRow {
        site: String,
        pub seq: i64,
        pub at_us: i64,
        actor: String,
        kind: String,
        ruleset: Option<String>,
        lane: Option<String>,
        version: Option<String>,
        review: Option<String>,
        command: Option<String>,
        pub bytes: String,
        hash: Vec<u8>,
    }
}

/// Parses a column, or says which row of which table is wrong.
pub(super) fn column<T: FromStr>(
    table: &'static str,
    column: &'static str,
    key: impl Display,
    text: &str,
) -> Result<T, StoreError>
where
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| StoreError::BadRow {
        table,
        column,
        key: key.to_string(),
        why: error.to_string(),
    })
}

/// Reads a digest column.
pub(super) fn digest_column(
    table: &'static str,
    column: &'static str,
    key: impl Display,
    bytes: &[u8],
) -> Result<Digest, StoreError> {
    bytes
        .try_into()
        .map(Digest)
        .map_err(|_| StoreError::BadRow {
            table,
            column,
            key: key.to_string(),
            why: format!("has {} bytes instead of 32", bytes.len()),
        })
}

impl EntryRow {
    pub(super) fn entry(self) -> Result<StoredEntry, StoreError> {
        let key = format_args!("{}#{}", self.site, self.seq);
        macro_rules! col {
            ($name:literal, $text:expr) => {
                column("entry", $name, key, $text)?
            };
        }
        macro_rules! maybe {
            ($name:literal, $text:expr) => {
                match $text {
                    Some(text) => Some(col!($name, &text)),
                    None => None,
                }
            };
        }
        Ok(StoredEntry {
            site: col!("site", &self.site),
            seq: self.seq as u64,
            at: Timestamp(self.at_us),
            actor: col!("actor", &self.actor),
            kind: self.kind.into(),
            ruleset: maybe!("ruleset", self.ruleset),
            lane: maybe!("lane", self.lane),
            version: maybe!("version", self.version),
            review: maybe!("review", self.review),
            command: maybe!("command", self.command),
            hash: digest_column("entry", "hash", key, &self.hash)?,
            bytes: self.bytes.into(),
        })
    }
}

/// All rows, or the first that is not readable.
pub(super) fn entries(rows: Vec<EntryRow>) -> Result<Vec<StoredEntry>, StoreError> {
    rows.into_iter().map(EntryRow::entry).collect()
}
