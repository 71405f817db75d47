//! Several processes serve one site. Whoever wrote through one of them finds what was written through every other.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::App;
use rulegate_ledger::ids::EntryRef;

/// How long an answer waits for entries that another process appended. They come within milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// Up to where somebody has seen a site: its ledger and its accounts. As text `ipc2#57/12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The newest entry of the site's own ledger.
    pub entry: EntryRef,
    /// The number of the last change of an account or token.
    pub accounts: i64,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.entry, self.accounts)
    }
}

impl FromStr for Mark {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Mark, Self::Err> {
        let wrong = "a mark looks like ipc2#57/12";
        let (entry, accounts) = text.split_once('/').ok_or(wrong)?;
        Ok(Mark {
            entry: entry.parse().map_err(|_| wrong)?,
            accounts: accounts.parse().map_err(|_| wrong)?,
        })
    }
}

impl App {
    /// The newest entry of this site's ledger that this process knows.
    pub fn newest(&self) -> EntryRef {
        EntryRef {
            site: self.config.site.clone(),
            seq: self.snapshot().state.own_ledger().head.seq,
        }
    }

    /// Waits until [`App::snapshot`] shows an entry of this site, if another process appended it: a moment, and two
    /// seconds at most. What is known costs nothing; an entry that is not in the ledger costs one question to the
    /// database and no waiting.
    pub async fn catch_up_to(&self, entry: &EntryRef) {
        let knows = || self.snapshot().state.own_ledger().head.seq >= entry.seq;
        if entry.site != self.config.site || knows() {
            return;
        }
        let mut changes = self.changes();
        // While the database is away, what is known is all there is.
        let head = self.store.head(&self.config.site).await;
        if !head.is_ok_and(|head| head.seq >= entry.seq) {
            return;
        }
        self.nudged.notify_one();
        let caught_up = async { while !knows() && changes.changed().await.is_ok() {} };
        if tokio::time::timeout(PATIENCE, caught_up).await.is_err() {
            tracing::warn!(%entry, "an answer is given without an entry that is in the ledger");
        }
    }
}
