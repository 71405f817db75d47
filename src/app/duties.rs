//! What the site does by itself: it looks whenever something became true, and now and then.

use std::sync::Arc;
use std::time::Duration;

use super::{App, AppError};
use rulegate_domain::command::Command;
use rulegate_ledger::access::Actor;

/// A freeze may end or bytes may arrive without an entry of ours: look again after this long.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Executes what is due until the process ends.
pub fn start(app: Arc<App>) {
    let weak = Arc::downgrade(&app);
    let mut changes = app.changes();
    drop(app);
    tokio::spawn(async move {
        while let Some(app) = weak.upgrade() {
            if let Err(error) = fulfil(&app).await {
                tracing::warn!(%error, "a duty of this site is not done yet");
            }
            drop(app);
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                _ = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    });
}

async fn fulfil(app: &App) -> Result<(), AppError> {
    let due = app.snapshot().state.due_commands(app.clock.now());
    for command in due {
        if let Command::ReceiveRelease(receive) = &command
            && app.rules(&receive.checksum).await.is_err()
        {
            continue;
        }
        match app
            .execute(Actor::site_itself(), command, app.fresh_command())
            .await
        {
            Ok(_) | Err(AppError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
