//! Measures verdicts: a line of JSON a figure, median, least and most of several runs.
//!
//! `bench_verdict CASES [TEXT]` takes a folder of cases as `scripts/corpus` does, judges them all from
//! memory, and runs `git merge-file` over the same files in the same minutes. Then it judges pairs
//! of 1 MB texts of the kinds that comparisons are slow on (`hard`), or only the one named. With
//! `-` for CASES only these.

mod hard;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use rulegate_compare::ThreeWay;
use rulegate_compare::verdict::{Texts, verdict};
use serde_json::json;

const RUNS: usize = 3;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("usage: bench_verdict CASES"));
    if folder != Path::new("-") {
        all_cases(&folder);
    }
    let only = std::env::args().nth(2);
    hard_pairs(only.as_deref());
}

fn all_cases(folder: &Path) {
    let of = |case: &PathBuf| SIDES.map(|side| files(&case.join(side)));
    let cases: Vec<ThreeWay<Files>> = folders(folder).iter().map(of).collect();
    let bytes: usize = cases
        .iter()
        .flat_map(|case| case.as_ref().into_columns())
        .flat_map(BTreeMap::values)
        .map(Vec::len)
        .sum();
    let ours = measure(|| {
        for case in &cases {
            std::hint::black_box(verdict(&case.as_ref().map(texts)));
        }
    });
    let triples = triples(folder);
    let theirs = measure(|| triples.iter().for_each(merge_file));
    report(
        "verdict_all_cases_ms",
        &ours,
        json!({ "cases": cases.len(), "bytes": bytes }),
    );
    report(
        "git_merge_file_all_cases_ms",
        &theirs,
        json!({ "files": triples.len() }),
    );
    println!(
        "{}",
        json!({ "figure": "verdict_to_merge_file_ratio", "value": ours[RUNS / 2] / theirs[RUNS / 2] })
    );
}

/// Judges the pairs of 1 MB texts, each three times; the worst of all runs counts.
fn hard_pairs(only: Option<&str>) {
    let mut worst = (0.0, String::new());
    let mut most_kib = 0;
    for pair in hard::pairs() {
        if only.is_some_and(|only| only != pair.name) {
            continue;
        }
        let one = |text: &[u8]| Files::from([(pair.path.to_owned(), text.to_vec())]);
        let [base, hotfix, planned] = pair.texts.each_ref().map(|text| one(text));
        let files = ThreeWay {
            base,
            hotfix,
            planned,
        };
        let mut said = String::new();
        let before_kib = resident_kib("VmRSS:");
        forget_peak();
        let busy_ms = processor_ms();
        let times = measure(|| {
            let rules = verdict(&files.as_ref().map(texts));
            said = rules
                .first()
                .map_or(String::new(), |rule| json!(rule.verdict).to_string());
        });
        let busy_ms = (processor_ms() - busy_ms) / RUNS as f64;
        let kib = resident_kib("VmHWM:").saturating_sub(before_kib);
        report(
            "verdict_1mb_ms",
            &times,
            json!({ "text": pair.name, "said": said, "memory_kib": kib, "processor_ms": busy_ms }),
        );
        most_kib = most_kib.max(kib);
        if times[RUNS - 1] > worst.0 {
            worst = (times[RUNS - 1], pair.name);
        }
    }
    println!(
        "{}",
        json!({ "figure": "verdict_1mb_worst_ms", "value": worst.0, "text": worst.1, "memory_kib": most_kib })
    );
}

/// A line of `/proc/self/status` in KiB; 0 where there is none.
fn resident_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

/// Milliseconds for which this thread has run on a core: what a busy machine does not change much.
fn processor_ms() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = spent
        .split_whitespace()
        .next()
        .and_then(|number| number.parse::<f64>().ok());
    nanoseconds.unwrap_or(0.0) / 1e6
}

/// From here on the highest resident memory counts anew.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

type Files = BTreeMap<String, Vec<u8>>;

const SIDES: ThreeWay<&str> = ThreeWay {
    base: "base",
    hotfix: "hotfix",
    planned: "planned",
};

fn texts(files: &Files) -> Texts<'_> {
    files
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
        .collect()
}

/// Milliseconds of each run, sorted.
fn measure(mut work: impl FnMut()) -> Vec<f64> {
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times
}

fn report(figure: &str, times: &[f64], about: serde_json::Value) {
    println!(
        "{}",
        json!({ "figure": figure, "median": times[RUNS / 2], "min": times[0], "max": times[RUNS - 1], "about": about })
    );
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("truth.json").is_file())
        .collect();
    out.sort();
    out
}

fn files(folder: &Path) -> Files {
    let mut out = Files::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(
                std::fs::read_dir(&path)
                    .expect("a folder")
                    .map(|entry| entry.expect("an entry").path()),
            );
        } else {
            let name = path
                .strip_prefix(folder)
                .expect("below")
                .to_string_lossy()
                .into_owned();
            out.insert(name, std::fs::read(&path).expect("a file"));
        }
    }
    out
}

/// Every file that differs between base and hotfix and is in all three.
fn triples(folder: &Path) -> Vec<ThreeWay<PathBuf>> {
    let mut out = Vec::new();
    for case in folders(folder) {
        let sides = SIDES.map(|side| files(&case.join(side)));
        for (path, text) in &sides.hotfix {
            let before = sides.base.get(path);
            if before.is_some_and(|before| before != text) && sides.planned.contains_key(path) {
                out.push(SIDES.map(|side| case.join(side).join(path)));
            }
        }
    }
    out
}

fn merge_file(sides: &ThreeWay<PathBuf>) {
    let mut command = Command::new("git");
    command
        .args(["merge-file", "-p", "-q"])
        .args([&sides.planned, &sides.base, &sides.hotfix])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().expect("git");
}
