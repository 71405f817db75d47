//! An entry as it is stored is what is hashed: built once, never serialised again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::digest::Digest;
use crate::event::{Event, Fact};
use crate::ids::{
    AccountId, CommandId, EntryRef, LaneName, ReviewId, RuleSetName, SiteName, Timestamp,
};
use crate::version::VersionName;

/// The entry format this program writes and the newest it reads.
pub const FORMAT: u32 = 1;

/// The last entry of a ledger: what the next one must follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 for an empty ledger.
    pub seq: u64,
    /// The SHA-256 of its bytes; all zero for an empty ledger.
    pub hash: Digest,
    /// Its time; no later entry may be earlier.
    pub at: Timestamp,
}

impl Default for Head {
    fn default() -> Head {
        Head::EMPTY
    }
}
impl Head {
    /// The head of a ledger without entries.
    pub const EMPTY: Head = Head {
        seq: 0,
        hash: Digest::ZERO,
        at: Timestamp(0),
    };
}

/// One fact in a site's ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Which ledger, and its number there (dense from 1).
    pub at_entry: EntryRef,
    /// When, in UTC; never before its predecessor.
    pub at: Timestamp,
    /// Who, as an account id.
    pub actor: AccountId,
    /// The command that caused it; entries of one command stand together.
    pub command: CommandId,
    /// The rule set, lane and fact.
    pub fact: Fact,
    /// The hash of the entry before; all zero for the first.
    pub prev: Digest,
}

/// The exact bytes of an entry with what the store indexes it by.
/// The columns are copies for searching; the bytes alone are evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEntry {
    /// The ledger's site.
    pub site: SiteName,
    /// Dense from 1.
    pub seq: u64,
    /// UTC.
    pub at: Timestamp,
    /// Account id.
    pub actor: AccountId,
    /// The event's kind.
    pub kind: Arc<str>,
    /// The rule set, if any.
    pub ruleset: Option<RuleSetName>,
    /// The lane, if any.
    pub lane: Option<LaneName>,
    /// The version the fact is mainly about.
    pub version: Option<VersionName>,
    /// The review the fact belongs to.
    pub review: Option<ReviewId>,
    /// The causing command's key, on its first entry only, so that the store can keep it unique.
    pub command: Option<CommandId>,
    /// Compact JSON without a line feed: the bytes hashed.
    pub bytes: Arc<str>,
    /// SHA-256 of `bytes`.
    pub hash: Digest,
}

/// The entry's JSON, key by key in this order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    format: u32,
    site: SiteName,
    seq: u64,
    at: Timestamp,
    actor: AccountId,
    command: CommandId,
    kind: std::borrow::Cow<'a, str>,
    ruleset: Option<RuleSetName>,
    lane: Option<LaneName>,
    #[serde(borrow)]
    body: std::borrow::Cow<'a, RawValue>,
    prev: Digest,
}

/// Only the format, read before anything else is believed.
#[derive(Deserialize)]
struct WireFormat {
    format: u32,
}

/// Why an entry's bytes cannot be read.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum EntryError {
    #[error(
        "entry has format {format}, this program reads up to {FORMAT}: upgrade it before writing here"
    )]
    NewerFormat { format: u32 },
    #[error(
        "entry is of kind {kind:?}, which this program does not know: upgrade it before writing here"
    )]
    UnknownKind { kind: String },
    #[error("entry is not readable: {0}")]
    Malformed(#[from] serde_json::Error),
}

impl Entry {
    /// Writes the entry's bytes, once and for all, and hashes them.
    pub fn seal(&self, first_of_command: bool) -> StoredEntry {
        let event = &self.fact.event;
        let wire = Wire {
            format: FORMAT,
            site: self.at_entry.site.clone(),
            seq: self.at_entry.seq,
            at: self.at,
            actor: self.actor.clone(),
            command: self.command.clone(),
            kind: event.kind().into(),
            ruleset: self.fact.ruleset.clone(),
            lane: self.fact.lane.clone(),
            body: std::borrow::Cow::Owned(
                RawValue::from_string(event.body_json()).expect("a body is JSON"),
            ),
            prev: self.prev,
        };
        let bytes: Arc<str> = serde_json::to_string(&wire)
            .expect("an entry is JSON")
            .into();
        self.store_form(first_of_command, bytes)
    }

    fn store_form(&self, first_of_command: bool, bytes: Arc<str>) -> StoredEntry {
        let event = &self.fact.event;
        StoredEntry {
            site: self.at_entry.site.clone(),
            seq: self.at_entry.seq,
            at: self.at,
            actor: self.actor.clone(),
            kind: event.kind().into(),
            ruleset: self.fact.ruleset.clone(),
            lane: self.fact.lane.clone(),
            version: event.version().cloned(),
            review: match event {
                Event::ReviewOpened(_) => Some(ReviewId {
                    site: self.at_entry.site.clone(),
                    seq: self.at_entry.seq,
                }),
                _ => event.review().cloned(),
            },
            command: first_of_command.then(|| self.command.key()),
            hash: Digest::of(bytes.as_bytes()),
            bytes,
        }
    }

    /// Reads an entry's bytes.
    ///
    /// Errors: [`EntryError::NewerFormat`] and [`EntryError::UnknownKind`] mean that a newer program wrote
    /// here: stop writing. [`EntryError::Malformed`]: these bytes are no entry.
    pub fn read(bytes: &str) -> Result<Entry, EntryError> {
        let wire: Wire = match serde_json::from_str(bytes) {
            Ok(wire) => wire,
            Err(error) => {
                return Err(match serde_json::from_str::<WireFormat>(bytes) {
                    Ok(WireFormat { format }) if format > FORMAT => {
                        EntryError::NewerFormat { format }
                    }
                    _ => EntryError::Malformed(error),
                });
            }
        };
        if wire.format > FORMAT {
            return Err(EntryError::NewerFormat {
                format: wire.format,
            });
        }
        let event = Event::parse(&wire.kind, wire.body.get()).ok_or_else(|| {
            EntryError::UnknownKind {
                kind: wire.kind.chars().take(80).collect(),
            }
        })??;
        Ok(Entry {
            at_entry: EntryRef {
                site: wire.site,
                seq: wire.seq,
            },
            at: wire.at,
            actor: wire.actor,
            command: wire.command,
            fact: Fact {
                ruleset: wire.ruleset,
                lane: wire.lane,
                event,
            },
            prev: wire.prev,
        })
    }

    /// Reads bytes that came from a ledger elsewhere and derives what the store indexes them by.
    ///
    /// `previous_command` is the command of the entry before, to tell the first entry of a command.
    pub fn receive(
        bytes: &str,
        previous_command: Option<&CommandId>,
    ) -> Result<(Entry, StoredEntry), EntryError> {
        let entry = Entry::read(bytes)?;
        let stored = entry.store_form(previous_command != Some(&entry.command), bytes.into());
        Ok((entry, stored))
    }
}

/// Why an entry does not follow the one before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum ChainError {
    #[error("entry {found} stands where entry {expected} of {site} belongs")]
    NotDense {
        site: SiteName,
        expected: u64,
        found: EntryRef,
    },
    #[error("entry {entry} does not follow from the entry before: one of the two was changed")]
    PrevDiffers { entry: EntryRef },
    #[error("entry {entry} is dated before the entry before it")]
    TimeRunsBack { entry: EntryRef },
}

/// Checks that `entry` (whose bytes hash to `hash`) is the next one of `site` after `head`, and returns the new head.
pub fn follow(
    site: &SiteName,
    head: Head,
    entry: &Entry,
    hash: Digest,
) -> Result<Head, ChainError> {
    let at_entry = &entry.at_entry;
    if at_entry.site != *site || at_entry.seq != head.seq + 1 {
        return Err(ChainError::NotDense {
            site: site.clone(),
            expected: head.seq + 1,
            found: at_entry.clone(),
        });
    }
    if entry.prev != head.hash {
        return Err(ChainError::PrevDiffers {
            entry: at_entry.clone(),
        });
    }
    if entry.at < head.at {
        return Err(ChainError::TimeRunsBack {
            entry: at_entry.clone(),
        });
    }
    Ok(Head {
        seq: at_entry.seq,
        hash,
        at: entry.at,
    })
}
