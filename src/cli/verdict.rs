//! `rulegate verdict`: does the planned version in one folder contain the hotfix between two others?

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use rulegate_compare::ThreeWay;
use rulegate_compare::verdict::{RuleVerdict, Span, Texts, Verdict, verdict};

/// Three folders, each one snapshot of a rule set; a rule's path is taken from there.
#[derive(Debug, clap::Args)]
pub struct VerdictArgs {
    /// The last planned version that was in production
    #[arg(long, value_name = "DIR")]
    pub base: PathBuf,
    /// What production holds after the hotfix
    #[arg(long, value_name = "DIR")]
    pub hotfix: PathBuf,
    /// The planned version that is to go live
    #[arg(long, value_name = "DIR")]
    pub planned: PathBuf,
    /// Print everything as JSON instead of a line a rule
    #[arg(long)]
    pub json: bool,
}

/// Exit code when a rule is not contained in planned.
const SOMETHING_LOST: u8 = 2;

/// Prints a verdict for every file that differs between base and hotfix. Exit code 0 when planned
/// contains them all, 2 when something would be lost, 1 when a folder cannot be read.
pub fn run(args: &VerdictArgs) -> ExitCode {
    match judge(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(SOMETHING_LOST),
        Err(error) => {
            eprintln!("rulegate verdict: {error}");
            ExitCode::FAILURE
        }
    }
}

fn judge(args: &VerdictArgs) -> io::Result<bool> {
    let files = ThreeWay {
        base: read(&args.base)?,
        hotfix: read(&args.hotfix)?,
        planned: read(&args.planned)?,
    };
    let rules = verdict(&files.as_ref().map(texts));
    let mut out = io::stdout().lock();
    if args.json {
        let rules: Vec<Value> = rules.iter().map(as_json).collect();
        writeln!(out, "{}", json!({ "rules": rules }))?;
    } else {
        for rule in &rules {
            let verdict = word(rule.verdict);
            writeln!(
                out,
                "{}\t{}\t{}",
                verdict.as_str().unwrap_or_default(),
                rule.path,
                rule.why
            )?;
        }
    }
    Ok(rules.iter().all(|rule| rule.verdict.is_contained()))
}

fn word(verdict: Verdict) -> Value {
    json!(verdict)
}

fn as_json(rule: &RuleVerdict) -> Value {
    let span = |span: Span| span.map(|(from, to)| [from, to]);
    let units: Vec<Value> = rule
        .units
        .iter()
        .map(|unit| {
            json!({
                "what": unit.what,
                "verdict": word(unit.verdict),
                "base": span(unit.base),
                "hotfix": span(unit.hotfix),
                "planned": span(unit.planned),
            })
        })
        .collect();
    json!({
        "path": rule.path,
        "verdict": word(rule.verdict),
        "planned_paths": rule.planned_paths,
        "units": units,
        "why": rule.why,
    })
}

/// Every file below a folder, by its path from there with `/` between names. Links are not
/// followed. Errors name the folder or file that could not be read.
fn read(folder: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let named = |path: &Path, error: io::Error| {
        io::Error::new(error.kind(), format!("{}: {error}", path.display()))
    };
    let mut files = BTreeMap::new();
    let mut todo = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = todo.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|e| named(&folder, e))? {
            let entry = entry.map_err(|e| named(&folder, e))?;
            let path = entry.path();
            let name = entry
                .file_name()
                .into_string()
                .map_err(|_| named(&path, io::Error::other("the name is not UTF-8")))?;
            let kind = entry.file_type().map_err(|e| named(&path, e))?;
            if kind.is_dir() {
                todo.push((path, format!("{prefix}{name}/")));
            } else if kind.is_file() {
                let bytes = std::fs::read(&path).map_err(|e| named(&path, e))?;
                files.insert(format!("{prefix}{name}"), bytes);
            }
        }
    }
    Ok(files)
}

fn texts(files: &BTreeMap<String, Vec<u8>>) -> Texts<'_> {
    files
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
        .collect()
}
