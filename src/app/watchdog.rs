//! Watches the settings that durability stands on: what was right at the start and is wrong now is shown at once on
//! every page. What was wrong at the start stands in the log, and is said by `rulegate doctor`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::App;

/// How often the database is asked; a change is shown well within a minute.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Watches until the process ends.
pub(super) fn start(app: &Arc<App>) {
    let weak = Arc::downgrade(app);
    tokio::spawn(async move {
        let mut watchdog = Watchdog::default();
        while let Some(app) = weak.upgrade() {
            watchdog.look(&app).await;
            drop(app);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
}

/// Remembers which settings were wrong when it looked first.
#[derive(Default)]
pub struct Watchdog {
    known: Option<BTreeSet<String>>,
}

impl Watchdog {
    /// Asks the database once and tells the app what turned wrong since the first look.
    pub async fn look(&mut self, app: &App) {
        // While the database is away its settings cannot be read; that is shown otherwise.
        if app.store.ping().await.is_err() {
            return;
        }
        let wrong: Vec<_> = app
            .store
            .live_settings()
            .await
            .into_iter()
            .filter(|setting| !setting.ok)
            .collect();
        let Some(known) = &self.known else {
            for setting in &wrong {
                let (name, value, expected) = (&setting.name, &setting.value, setting.expected);
                tracing::warn!(
                    name,
                    value,
                    expected,
                    "a setting of the database is not as it should be"
                );
            }
            self.known = Some(wrong.into_iter().map(|setting| setting.name).collect());
            return;
        };
        let drifted: Vec<String> = wrong
            .into_iter()
            .filter(|setting| !known.contains(&setting.name))
            .map(|setting| {
                let (name, value, expected) = (setting.name, setting.value, setting.expected);
                format!("{name} is {value} since this process started; it should be {expected}")
            })
            .collect();
        if **app.drifted.load() != drifted {
            tracing::error!(target: "audit", ?drifted, "the database's settings changed");
            app.drifted.store(Arc::new(drifted));
        }
    }
}
