//! How far another site's ledger is believed: only under a checkpoint of that site, and only if the checkpoint
//! continues the last one seen. Whoever brings entries, from wherever, asks here before keeping them.

use crate::checkpoint::{self, Checkpoint, NoteError, VerifierKey};
use crate::digest::Digest;
use crate::ids::{CommandId, EntryRef, SiteName};
use crate::ledger::{self, Entry, EntryError, Head, StoredEntry};
use crate::merkle::{Frontier, is_consistent};

/// What is believed of one other site's ledger: the copy kept here, and the newest checkpoint seen.
#[derive(Debug, Clone)]
pub struct Trust {
    site: SiteName,
    keys: Vec<VerifierKey>,
    seen: Option<Checkpoint>,
    copy: Copy,
}

/// A copy of a ledger as far as it was folded into a tree.
#[derive(Debug, Clone)]
pub struct Copy {
    /// Its last entry.
    pub head: Head,
    /// The tree over its entries.
    pub frontier: Frontier,
    /// The command of the last entry, to tell where the next one begins.
    pub command: Option<CommandId>,
}

impl Default for Copy {
    fn default() -> Self {
        Copy {
            head: Head::EMPTY,
            frontier: Frontier::default(),
            command: None,
        }
    }
}

impl Copy {
    /// Takes the next entry's stored bytes and gives it back read.
    ///
    /// Errors: [`Alarm::BadEntry`], [`Alarm::NewerFormat`]; the copy is as before.
    pub fn push(&mut self, site: &SiteName, bytes: &str) -> Result<(Entry, StoredEntry), Alarm> {
        let here = EntryRef {
            site: site.clone(),
            seq: self.head.seq + 1,
        };
        let (entry, stored) = Entry::receive(bytes, self.command.as_ref()).map_err(|error| {
            let (entry, problem) = (here.clone(), error.to_string());
            match error {
                EntryError::Malformed(_) => Alarm::BadEntry { entry, problem },
                _ => Alarm::NewerFormat {
                    problem: format!("{entry}: {problem}"),
                },
            }
        })?;
        self.head = ledger::follow(site, self.head, &entry, stored.hash).map_err(|error| {
            Alarm::BadEntry {
                entry: here,
                problem: error.to_string(),
            }
        })?;
        self.frontier.push(bytes.as_bytes());
        self.command = Some(entry.command.clone());
        Ok((entry, stored))
    }
}

/// Why something of another site's ledger is refused. The old state is served on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Alarm {
    #[error("{0}")]
    NotBelieved(NoteError),
    #[error("the checkpoint is of {found}, asked was the ledger of {wanted}")]
    OtherLedger { found: String, wanted: SiteName },
    #[error(
        "{site} signs {offered} entries now, though it signed {seen} before: its database lost entries {from} to {seen}"
    )]
    RolledBack {
        site: SiteName,
        offered: u64,
        seen: u64,
        from: u64,
    },
    #[error(
        "{site} has signed two histories: its checkpoint at {offered} does not continue the one at {seen}"
    )]
    Fork {
        site: SiteName,
        seen: u64,
        offered: u64,
    },
    #[error("the entries {from} to {to} of {site} are not those under its checkpoint at {size}")]
    NotCovered {
        site: SiteName,
        from: u64,
        to: u64,
        size: u64,
    },
    #[error(
        "the copy of {site} kept here was changed: entry {seq} and the checkpoint at {size} do not agree"
    )]
    CopyChanged { site: SiteName, seq: u64, size: u64 },
    #[error("entry {entry} is refused: {problem}")]
    BadEntry { entry: EntryRef, problem: String },
    #[error("content {digest} was offered with other bytes than it names")]
    BadContent { digest: Digest },
    #[error("the accounts that {site} offers are refused: {problem}")]
    BadAccounts { site: SiteName, problem: String },
    #[error("the other site speaks a newer format: {problem}")]
    NewerFormat { problem: String },
}

impl Alarm {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Alarm::NotBelieved(NoteError::Newer) | Alarm::NewerFormat { .. } => "newer_format",
            Alarm::NotBelieved(NoteError::Malformed(_)) => "bad_checkpoint",
            Alarm::NotBelieved(_) => "other_key",
            Alarm::OtherLedger { .. } => "other_ledger",
            Alarm::RolledBack { .. } => "rolled_back",
            Alarm::Fork { .. } => "fork",
            Alarm::NotCovered { .. } => "not_covered",
            Alarm::CopyChanged { .. } => "copy_changed",
            Alarm::BadEntry { .. } => "bad_entry",
            Alarm::BadContent { .. } => "bad_content",
            Alarm::BadAccounts { .. } => "bad_accounts",
        }
    }

    /// True if two histories of one ledger may be about: somebody has to look, waiting heals nothing.
    pub fn is_fork(&self) -> bool {
        !matches!(
            self.code(),
            "newer_format" | "bad_content" | "bad_accounts" | "rolled_back"
        )
    }

    /// What to do, for whoever operates the site.
    pub fn remedy(&self) -> &'static str {
        match self.code() {
            "newer_format" => "Upgrade this site's program; nothing was taken over meanwhile.",
            "bad_content" => {
                "Check the other site's database; the content is asked for again until its bytes are right."
            }
            "bad_accounts" => {
                "Accounts and passwords stay as they are here. Check that the address is the other site's and that both sites know each other's key of now."
            }
            "other_key" | "other_ledger" | "bad_checkpoint" => {
                "Check that the address is the other site's. If its key was replaced on purpose, give the new one with --peer-key."
            }
            "rolled_back" => {
                "At the other site, run `rulegate site recover`: this site still holds the lost entries."
            }
            "copy_changed" => {
                "Compare an export of this copy with the other site's ledger, and have the database's owner put the copy right."
            }
            _ => {
                "Both histories are kept. Compare exports of both sites and find out who changed the other site's ledger."
            }
        }
    }
}

/// Entries that may be kept, in one transaction, and what is believed once they are.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The entries with their exact bytes, following the copy's head.
    pub entries: Vec<(Entry, StoredEntry)>,
    /// What is believed once they are stored.
    pub next: Trust,
}

impl Trust {
    /// What is believed of `site`: its copy here, the newest checkpoint seen, and the keys that count.
    pub fn new(
        site: SiteName,
        keys: Vec<VerifierKey>,
        seen: Option<Checkpoint>,
        copy: Copy,
    ) -> Trust {
        Trust {
            site,
            keys,
            seen,
            copy,
        }
    }

    /// The copy's last entry.
    pub fn head(&self) -> Head {
        self.copy.head
    }

    /// The newest checkpoint seen.
    pub fn seen(&self) -> Option<&Checkpoint> {
        self.seen.as_ref()
    }

    /// How many entries the newest checkpoint seen covers.
    pub fn seen_size(&self) -> u64 {
        self.seen.as_ref().map_or(0, |seen| seen.size)
    }

    /// Reads an offered checkpoint. What it says is believed only after [`Trust::see`].
    ///
    /// Errors: [`Alarm::NotBelieved`], [`Alarm::OtherLedger`].
    pub fn open(&self, note: &str) -> Result<Checkpoint, Alarm> {
        let offered = checkpoint::open(note, &self.keys).map_err(Alarm::NotBelieved)?;
        if offered.origin.site() != self.site {
            return Err(Alarm::OtherLedger {
                found: offered.origin.to_string(),
                wanted: self.site.clone(),
            });
        }
        Ok(offered)
    }

    /// Takes note of a checkpoint from [`Trust::open`]. `proof` shows that it continues the one seen last; it is
    /// empty if none was seen or both are of one size.
    ///
    /// Errors: [`Alarm::RolledBack`], [`Alarm::Fork`].
    pub fn see(&self, offered: &Checkpoint, proof: &[Digest]) -> Result<Trust, Alarm> {
        let site = self.site.clone();
        if let Some(seen) = &self.seen {
            if offered.size < seen.size {
                return Err(Alarm::RolledBack {
                    site,
                    offered: offered.size,
                    seen: seen.size,
                    from: offered.size + 1,
                });
            }
            if !is_consistent((seen.size, seen.root), (offered.size, offered.root), proof) {
                return Err(Alarm::Fork {
                    site,
                    seen: seen.size,
                    offered: offered.size,
                });
            }
        }
        self.check_copy(offered)?;
        let mut next = self.clone();
        next.seen = Some(offered.clone());
        Ok(next)
    }

    /// The copy must not hold more than the checkpoint covers, nor other entries at its very size.
    fn check_copy(&self, checkpoint: &Checkpoint) -> Result<(), Alarm> {
        let frontier = &self.copy.frontier;
        let is_wrong = frontier.size() > checkpoint.size
            || frontier.size() == checkpoint.size && frontier.root() != checkpoint.root;
        match is_wrong {
            true => Err(Alarm::CopyChanged {
                site: self.site.clone(),
                seq: frontier.size(),
                size: checkpoint.size,
            }),
            false => Ok(()),
        }
    }

    /// Judges a page of entries' bytes with their numbers, in order. Entries that the copy has are passed over, as
    /// are those beyond the newest checkpoint seen. `proof` shows that the tree up to the last entry taken is the
    /// beginning of the tree under that checkpoint; it is empty if that entry is the checkpoint's last.
    ///
    /// Errors: [`Alarm::BadEntry`], [`Alarm::NotCovered`], [`Alarm::NewerFormat`], [`Alarm::Fork`] for another
    /// entry in the place of the copy's last. Nothing of the page may be kept then.
    pub fn take<'a>(
        &self,
        page: impl IntoIterator<Item = (u64, &'a str)>,
        proof: &[Digest],
    ) -> Result<Taken, Alarm> {
        let mut next = self.clone();
        let mut entries = Vec::new();
        let (before, size) = (self.copy.head, self.seen_size());
        for (seq, bytes) in page {
            if seq == before.seq && Digest::of(bytes.as_bytes()) != before.hash {
                return Err(Alarm::Fork {
                    site: self.site.clone(),
                    seen: before.seq,
                    offered: seq,
                });
            }
            if seq > before.seq && seq <= size {
                entries.push(next.copy.push(&self.site, bytes)?);
            }
        }
        let (Some(seen), false) = (&self.seen, entries.is_empty()) else {
            return Ok(Taken { entries, next });
        };
        let frontier = &next.copy.frontier;
        let is_covered = is_consistent(
            (frontier.size(), frontier.root()),
            (seen.size, seen.root),
            proof,
        );
        match is_covered {
            true => Ok(Taken { entries, next }),
            false => Err(Alarm::NotCovered {
                site: self.site.clone(),
                from: before.seq + 1,
                to: frontier.size(),
                size: seen.size,
            }),
        }
    }
}
