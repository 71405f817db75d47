//! The verdict: what it says, what it never says, and on what.

mod command;
mod corpus;
mod formats;
mod fuzz;
mod places;
mod properties;
mod safety;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rulegate_compare::ThreeWay;
use rulegate_compare::verdict::{RuleVerdict, Texts, Verdict, verdict};

/// A snapshot of the given files.
fn snapshot<'a>(files: &[(&'a str, &'a str)]) -> Texts<'a> {
    files
        .iter()
        .map(|(path, text)| (*path, text.as_bytes()))
        .collect()
}

/// The verdict on the given files.
fn verdict_on(
    base: &[(&str, &str)],
    hotfix: &[(&str, &str)],
    planned: &[(&str, &str)],
) -> Vec<RuleVerdict> {
    let files = ThreeWay {
        base,
        hotfix,
        planned,
    };
    verdict(&files.map(snapshot))
}

/// The verdict on one file that all three snapshots have under one path.
fn judge(path: &str, base: &str, hotfix: &str, planned: &str) -> RuleVerdict {
    let one = |text| snapshot(&[(path, text)]);
    let texts = ThreeWay {
        base,
        hotfix,
        planned,
    };
    let mut rules = verdict(&texts.map(one));
    assert_eq!(rules.len(), 1, "one file differs");
    rules.remove(0)
}

#[track_caller]
fn check(path: &str, base: &str, hotfix: &str, planned: &str, expected: Verdict) {
    let rule = judge(path, base, hotfix, planned);
    assert_eq!(
        rule.verdict, expected,
        "{path}: {}\n{:#?}",
        rule.why, rule.units
    );
}

#[track_caller]
fn check_files(
    base: &[(&str, &str)],
    hotfix: &[(&str, &str)],
    planned: &[(&str, &str)],
    expected: &[(&str, Verdict)],
) {
    let rules = verdict_on(base, hotfix, planned);
    let said: Vec<(&str, Verdict)> = rules
        .iter()
        .map(|rule| (rule.path.as_str(), rule.verdict))
        .collect();
    assert_eq!(said, expected, "{rules:#?}");
}

/// One case of the corpus.
struct Case {
    name: String,
    files: ThreeWay<BTreeMap<String, Vec<u8>>>,
    labels: Vec<Label>,
}

#[derive(serde::Deserialize)]
struct Label {
    path: String,
    verdict: Verdict,
    #[serde(default)]
    flags: Vec<String>,
}

const SIDES: ThreeWay<&str> = ThreeWay {
    base: "base",
    hotfix: "hotfix",
    planned: "planned",
};

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus");
    let mut cases: Vec<Case> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("truth.json").is_file())
        .map(|path| Case {
            name: path.file_name().unwrap().to_str().unwrap().to_owned(),
            files: SIDES.map(|side| files(&path.join(side))),
            labels: serde_json::from_slice(&std::fs::read(path.join("truth.json")).unwrap())
                .unwrap(),
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!cases.is_empty());
    cases
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut todo: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else {
            let name = path
                .strip_prefix(folder)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            out.insert(name, std::fs::read(&path).unwrap());
        }
    }
    out
}

fn texts(files: &BTreeMap<String, Vec<u8>>) -> Texts<'_> {
    files
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
        .collect()
}
