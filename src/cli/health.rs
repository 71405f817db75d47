//! `rulegate health`: asks a running process how it is, for container engines that have no other way.

use std::process::ExitCode;
use std::time::Duration;

use super::CliResult;

/// Longer than the database may take to answer, shorter than an engine waits.
const PATIENCE: Duration = Duration::from_secs(8);

/// As much of an unwelcome answer as is printed, in characters: the whole of `/readyz`, no whole page.
const TOLD_MAX: usize = 300;

/// What `health` is told.
#[derive(clap::Args)]
pub struct HealthArgs {
    /// The whole address to ask: `/livez` for "it answers", `/readyz` for "it may be sent requests".
    #[arg(default_value = "http://127.0.0.1:8080/livez")]
    url: String,
}

/// Exits with 0 if the answer is 200; else prints it and exits with 1.
pub fn run(args: HealthArgs) -> CliResult {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .into();
    let mut response = agent
        .get(&args.url)
        .call()
        .map_err(|e| format!("{} does not answer: {e}", args.url))?;
    let status = response.status().as_u16();
    if status == 200 {
        return Ok(ExitCode::SUCCESS);
    }
    let text = response.body_mut().read_to_string().unwrap_or_default();
    let text: String = text.trim().chars().take(TOLD_MAX).collect();
    Err(format!("{} answers {status}: {text}", args.url).into())
}
