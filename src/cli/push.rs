//! `rulegate push`, `check` and `observe`: what pipelines run.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;

use super::at_risk;
use super::client::{ServerArgs, pack};
use super::{CliResult, say};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

/// What `push` is told.
#[derive(clap::Args)]
pub struct PushArgs {
    /// The folder with the rules.
    dir: PathBuf,
    /// The rule set.
    #[arg(long)]
    ruleset: RuleSetName,
    /// The planned version's name.
    #[arg(long)]
    version: VersionName,
    #[command(flatten)]
    server: ServerArgs,
    /// The commit it was built from.
    #[arg(long, default_value = "")]
    commit: String,
    /// The build at E1.
    #[arg(long, default_value = "")]
    e1_build: String,
    /// The checksum that E1 worked with.
    #[arg(long, default_value = "")]
    e1_checksum: String,
    /// The build at E2.
    #[arg(long, default_value = "")]
    e2_build: String,
    /// The checksum that E2 worked with.
    #[arg(long, default_value = "")]
    e2_checksum: String,
    /// A web address with more.
    #[arg(long, default_value = "")]
    link: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Delivers a planned version. It activates nothing.
pub fn push(args: PushArgs) -> CliResult {
    let archive = pack(&args.dir)?;
    let path = format!("/api/v1/rulesets/{}/releases", args.ruleset);
    let query = [
        ("version", args.version.as_str()),
        ("commit", &args.commit),
        ("e1_build", &args.e1_build),
        ("e1_checksum", &args.e1_checksum),
        ("e2_build", &args.e2_build),
        ("e2_checksum", &args.e2_checksum),
        ("link", &args.link),
    ];
    let answer = args.server.send(&path, &query, &archive)?;
    let is_new = answer.status == 201;
    let body = match answer.success_or_told(args.json)? {
        Some(body) => body,
        None => return Ok(ExitCode::from(1)),
    };
    if args.json {
        let told: serde_json::Map<String, Value> =
            ["ruleset", "version", "checksum", "entry", "may_override"]
                .into_iter()
                .map(|name| (name.to_owned(), body[name].clone()))
                .collect();
        say!("{}", Value::Object(told));
        return Ok(ExitCode::SUCCESS);
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let what = if is_new {
        "delivered"
    } else {
        "was there already"
    };
    say!(
        "{} {} {what}: checksum {}, entry {}",
        text("ruleset"),
        text("version"),
        text("checksum"),
        text("entry")
    );
    say!("nothing is activated by this");
    for risk in body["may_override"].as_array().into_iter().flatten() {
        say!(
            "may override hotfix {} in {}, {}:",
            word(&risk["hotfix"]),
            word(&risk["environment"]),
            at_risk::rules(&risk["rules"])
        );
        for line in at_risk::lines(&risk["rules"]) {
            say!("{line}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What `check` is told.
#[derive(clap::Args)]
pub struct CheckArgs {
    /// The folder with the rules.
    dir: PathBuf,
    /// The rule set.
    #[arg(long)]
    ruleset: RuleSetName,
    /// Where it is to run, e.g. ipc2/prod.
    #[arg(long)]
    environment: Environment,
    #[command(flatten)]
    server: ServerArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Asks before releasing: 0 nothing at risk, 2 an open hotfix would be lost.
pub fn check(args: CheckArgs) -> CliResult {
    let archive = pack(&args.dir)?;
    let path = format!("/api/v1/rulesets/{}/checks", args.ruleset);
    let environment = args.environment.to_string();
    let answer = args
        .server
        .send(&path, &[("environment", &environment)], &archive)?;
    let Some(body) = answer.success_or_told(args.json)? else {
        return Ok(ExitCode::from(1));
    };
    let lost = body["would_lose"].as_array().cloned().unwrap_or_default();
    if args.json {
        say!("{body}");
    } else if lost.is_empty() {
        say!("nothing at risk in {environment}");
    } else {
        for risk in &lost {
            say!(
                "would lose hotfix {} in {environment}, {}:",
                word(&risk["hotfix"]),
                at_risk::rules(&risk["rules"])
            );
            for line in at_risk::lines(&risk["rules"]) {
                say!("{line}");
            }
        }
    }
    Ok(if lost.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

/// What `observe` is told.
#[derive(clap::Args)]
pub struct ObserveArgs {
    /// The folder with what the store outside really holds.
    dir: PathBuf,
    /// The rule set.
    #[arg(long)]
    ruleset: RuleSetName,
    /// Whose store it is, e.g. ipc2/prod.
    #[arg(long)]
    environment: Environment,
    #[command(flatten)]
    server: ServerArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Reports what a store outside really holds: 0 it is the pin, 2 it differs.
pub fn observe(args: ObserveArgs) -> CliResult {
    let archive = pack(&args.dir)?;
    let path = format!("/api/v1/rulesets/{}/observations", args.ruleset);
    let environment = args.environment.to_string();
    let answer = args
        .server
        .send(&path, &[("environment", &environment)], &archive)?;
    let Some(body) = answer.success_or_told(args.json)? else {
        return Ok(ExitCode::from(1));
    };
    let differs = body["differs"].as_bool().unwrap_or(true);
    if args.json {
        say!("{body}");
    } else {
        let pin = word(&body["pin"]["version"]);
        let verb = if differs {
            "differs from"
        } else {
            "holds exactly"
        };
        say!(
            "{environment} {verb} its pin {pin}: entry {}",
            word(&body["entry"])
        );
        for change in body["changes"].as_array().into_iter().flatten() {
            say!("  {}", word(&change["path"]));
        }
    }
    Ok(if differs {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    })
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
