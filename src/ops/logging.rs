//! Logs to standard error: one line an event, as text or as JSON.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging. `RULEGATE_LOG` sets the filter (default `info`); `json` makes each line a JSON object
/// with control characters escaped.
pub fn start(json: bool) {
    let filter = EnvFilter::try_from_env("RULEGATE_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let _ = if json {
        builder.json().try_init()
    } else {
        builder.compact().try_init()
    };
}
