//! Hints that a ledger grew.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgNotification};
use tokio::sync::watch;

use rulegate_ledger::ids::SiteName;

/// The channel on which PostgreSQL tells of appends.
pub(super) const CHANNEL: &str = "rulegate_appended";

/// How long to wait before connecting again after PostgreSQL went away.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// How far ledgers are known to have grown, by site: what a listener holds already need not be looked for.
/// Empty: something may have grown, look everywhere.
pub type Hint = BTreeMap<SiteName, u64>;

/// Tells listeners in this process.
#[derive(Default)]
pub(super) struct Appended(watch::Sender<Hint>);

impl Appended {
    pub(super) fn tell(&self, site: &SiteName, head: u64) {
        self.0.send_modify(|heads| match heads.get_mut(site) {
            Some(known) => *known = head.max(*known),
            None => {
                heads.insert(site.clone(), head);
            }
        });
    }

    pub(super) fn listen(&self) -> Wakeups {
        Wakeups(Source::Process(self.0.subscribe()))
    }
}

/// What PostgreSQL is told of an append.
pub(super) fn notice(site: &SiteName, head: u64) -> String {
    format!("{site} {head}")
}

/// Adds a notice to what is known; false if it cannot be read, as one of a newer program may be.
fn note(hint: &mut Hint, notice: &PgNotification) -> bool {
    let read = || {
        let (site, head) = notice.payload().split_once(' ')?;
        Some((site.parse::<SiteName>().ok()?, head.parse::<u64>().ok()?))
    };
    let Some((site, head)) = read() else {
        return false;
    };
    let known = hint.entry(site).or_default();
    *known = head.max(*known);
    true
}

/// A stream of hints; see [`Store::listen`](super::Store::listen).
pub struct Wakeups(Source);

enum Source {
    /// For tests: hears nothing.
    Silent,
    Process(watch::Receiver<Hint>),
    Postgres {
        pool: sqlx::PgPool,
        listener: Option<PgListener>,
    },
}

impl Wakeups {
    pub(super) fn silent() -> Wakeups {
        Wakeups(Source::Silent)
    }

    pub(super) async fn postgres(pool: sqlx::PgPool) -> Result<Wakeups, sqlx::Error> {
        let listener = Some(connect(&pool).await?);
        Ok(Wakeups(Source::Postgres { pool, listener }))
    }

    /// Waits for the next hint. Also returns when a lost connection came back, because hints were
    /// missed meanwhile; never returns once the store is closed. Safe to cancel.
    pub async fn next(&mut self) -> Hint {
        match &mut self.0 {
            Source::Silent => std::future::pending().await,
            Source::Process(receiver) => match receiver.changed().await {
                Ok(()) => receiver.borrow_and_update().clone(),
                Err(_) => std::future::pending().await,
            },
            Source::Postgres { pool, listener } => loop {
                if let Some(connected) = listener {
                    match connected.try_recv().await {
                        Ok(Some(first)) => {
                            let mut hint = Hint::new();
                            let mut clear = note(&mut hint, &first);
                            while let Some(more) = connected.next_buffered() {
                                clear &= note(&mut hint, &more);
                            }
                            return if clear { hint } else { Hint::new() };
                        }
                        Ok(None) | Err(_) => *listener = None,
                    }
                }
                if pool.is_closed() {
                    std::future::pending::<()>().await;
                }
                match connect(pool).await {
                    Ok(connected) => {
                        *listener = Some(connected);
                        return Hint::new();
                    }
                    Err(_) => tokio::time::sleep(RECONNECT_PAUSE).await,
                }
            },
        }
    }
}

async fn connect(pool: &sqlx::PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
