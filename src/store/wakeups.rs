//! Hints that a ledger grew.

use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::watch;

/// The channel on which PostgreSQL tells of appends.
pub(super) const CHANNEL: &str = "rulegate_appended";

/// How long to wait before connecting again after PostgreSQL went away.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// Tells listeners in this process.
pub(super) struct Appended(watch::Sender<u64>);

impl Default for Appended {
    fn default() -> Self {
        Appended(watch::Sender::new(0))
    }
}

impl Appended {
    pub(super) fn tell(&self) {
        self.0.send_modify(|count| *count = count.wrapping_add(1));
    }

    pub(super) fn listen(&self) -> Wakeups {
        Wakeups(Source::Process(self.0.subscribe()))
    }
}

/// A stream of hints; see [`Store::listen`](super::Store::listen).
pub struct Wakeups(Source);

enum Source {
    Process(watch::Receiver<u64>),
    Postgres {
        pool: sqlx::PgPool,
        listener: Option<PgListener>,
    },
}

impl Wakeups {
    pub(super) async fn postgres(pool: sqlx::PgPool) -> Result<Wakeups, sqlx::Error> {
        let listener = Some(connect(&pool).await?);
        Ok(Wakeups(Source::Postgres { pool, listener }))
    }

    /// Waits for the next hint. Also returns when a lost connection came back, because hints were
    /// missed meanwhile; never returns once the store is closed. Safe to cancel.
    pub async fn next(&mut self) {
        match &mut self.0 {
            Source::Process(receiver) => {
                if receiver.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
            Source::Postgres { pool, listener } => loop {
                if let Some(connected) = listener {
                    match connected.try_recv().await {
                        Ok(Some(_)) => {
                            while connected.next_buffered().is_some() {}
                            return;
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
                        return;
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
