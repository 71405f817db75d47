//! Times what happens to a rule set's bytes, a line of JSON with seconds:
//!
//! `bench intake DIR DATABASE` takes DIR in as a server does: unpack the archive, digest every rule, store
//! durably; then the same again, when everything is known. DATABASE is a new one.
//! `bench drift DATABASE ACCOUNT` on a database of `bench fill`: is what the environment holds still its
//! pin? Asked with the pin's own checksum, so that nothing changed.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rulegate::app::intake::Intake;
use rulegate::app::{App, Clock};
use rulegate::cli::client::pack;
use rulegate::config::Config;
use rulegate::store::Store;
use rulegate_domain::command;
use rulegate_domain::decide::decide;
use rulegate_ledger::access::{Actor, Role, Scope, TokenBounds};
use rulegate_ledger::environment::{Environment, Topology};
use rulegate_ledger::ids::RuleSetName;

use super::Outcome;

/// How often the drift check is asked for one figure.
const CHECKS: u32 = 100_000;

async fn app(database: &str) -> Outcome<Arc<App>> {
    let config = Config {
        site: "ipc2".parse()?,
        topology: Topology::default(),
        listen: ([127, 0, 0, 1], 0).into(),
        public_origin: None,
        demo: false,
    };
    Ok(App::start(config, Store::open(database).await?, Clock::default()).await?)
}

/// Unpack, digest, store; then the same again.
pub async fn intake(dir: &Path, database: &str) -> Outcome<serde_json::Value> {
    let app = app(database).await?;
    let archive = pack(dir)?;
    let mut seconds = Vec::new();
    for _ in 0..2 {
        let started = Instant::now();
        let taken = Intake::unpack(&archive)?;
        let unpacked = started.elapsed().as_secs_f64();
        app.keep(&taken).await?;
        seconds.push((unpacked, started.elapsed().as_secs_f64()));
    }
    let [(unpack_s, first_s), (_, again_s)] = seconds[..] else {
        return Err("two rounds".into());
    };
    Ok(serde_json::json!({
        "unpack_s": unpack_s, "intake_s": first_s, "again_s": again_s, "archive_bytes": archive.len(),
    }))
}

/// The drift check when nothing changed.
pub async fn drift(database: &str, account: &str) -> Outcome<serde_json::Value> {
    let app = app(database).await?;
    let snapshot = app.snapshot();
    let ruleset: RuleSetName = "bench".parse()?;
    let environment: Environment = "ipc2/prod".parse()?;
    let pin = snapshot
        .state
        .pin(&ruleset, &environment)
        .ok_or("nothing is pinned")?
        .checksum;
    let actor = Actor {
        account: account.parse()?,
        token: Some(TokenBounds {
            role: Role::Pipeline,
            scope: Scope::EVERYWHERE,
        }),
    };
    let command = command::RecordObservation {
        ruleset,
        environment,
        checksum: pin,
        pin,
        changes: Vec::new(),
    }
    .into();
    let now = app.clock.now();
    decide(&snapshot.state, &command, &actor, now).map_err(|refusal| refusal.message())?;
    let started = Instant::now();
    for _ in 0..CHECKS {
        let _ = black_box(decide(&snapshot.state, black_box(&command), &actor, now));
    }
    let check_s = started.elapsed().as_secs_f64() / f64::from(CHECKS);
    Ok(serde_json::json!({ "check_s": check_s }))
}
