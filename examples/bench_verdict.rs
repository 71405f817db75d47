//! Measures verdicts: a line of JSON a figure, median, least and most of several runs.
//!
//! `bench_verdict CASES [TEXT]` takes a folder of cases as `scripts/corpus` does, judges them all from
//! memory, and runs `git merge-file` over the same files in the same minutes. Then it judges pairs
//! of 1 MB texts of the kinds that comparisons are slow on, or only the one named.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use rulegate::domain::verdict::{Texts, verdict};
use serde_json::json;

const RUNS: usize = 3;
const MEGABYTE: usize = 1 << 20;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("usage: bench_verdict CASES"));
    let cases: Vec<[Files; 3]> = folders(&folder)
        .iter()
        .map(|case| SIDES.map(|side| files(&case.join(side))))
        .collect();
    let bytes: usize = cases
        .iter()
        .flatten()
        .flat_map(BTreeMap::values)
        .map(Vec::len)
        .sum();
    let ours = measure(|| {
        for [base, hotfix, planned] in &cases {
            std::hint::black_box(verdict(&texts(base), &texts(hotfix), &texts(planned)));
        }
    });
    let triples = triples(&folder);
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
    let mut worst = (0.0, "");
    let only = std::env::args().nth(2);
    for (name, path, base, hotfix, planned) in hard_pairs() {
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let one = |text: &str| Files::from([(path.to_owned(), text.as_bytes().to_vec())]);
        let [base, hotfix, planned] = [one(&base), one(&hotfix), one(&planned)];
        let mut said = String::new();
        let times = measure(|| {
            let rules = verdict(&texts(&base), &texts(&hotfix), &texts(&planned));
            said = rules
                .first()
                .map_or(String::new(), |rule| json!(rule.verdict).to_string());
        });
        report(
            "verdict_1mb_ms",
            &times,
            json!({ "text": name, "said": said }),
        );
        if times[RUNS - 1] > worst.0 {
            worst = (times[RUNS - 1], name);
        }
    }
    println!(
        "{}",
        json!({ "figure": "verdict_1mb_worst_ms", "value": worst.0, "text": worst.1 })
    );
}

type Files = BTreeMap<String, Vec<u8>>;

const SIDES: [&str; 3] = ["base", "hotfix", "planned"];

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

/// Planned, base and hotfix of every file that differs between the last two and is in all three.
fn triples(folder: &Path) -> Vec<[PathBuf; 3]> {
    let mut out = Vec::new();
    for case in folders(folder) {
        let [base, hotfix, planned] = SIDES.map(|side| files(&case.join(side)));
        for (path, text) in &hotfix {
            if base.get(path).is_some_and(|before| before != text) && planned.contains_key(path) {
                out.push(["planned", "base", "hotfix"].map(|side| case.join(side).join(path)));
            }
        }
    }
    out
}

fn merge_file(triple: &[PathBuf; 3]) {
    let mut command = Command::new("git");
    command
        .args(["merge-file", "-p", "-q"])
        .args(triple)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().expect("git");
}

type Pair = (&'static str, &'static str, String, String, String);

/// Texts of 1 MB each, in three versions, of the kinds that diffs and parsers are slow on.
fn hard_pairs() -> Vec<Pair> {
    let mut random = Random(42);
    let mut out: Vec<Pair> = Vec::new();
    let mut add = |name, path, make: &mut dyn FnMut() -> String| {
        let [base, hotfix, planned] = [1, 2, 3].map(|version| {
            let mut text = String::with_capacity(MEGABYTE + 64);
            while text.len() < MEGABYTE {
                text.push_str(&make());
            }
            text.push_str(&format!("v{version}"));
            text
        });
        out.push((name, path, base, hotfix, planned));
    };
    add("random letters in one line", "a.txt", &mut || {
        format!("{} ", random.below(3))
    });
    add("random words in one line", "a.txt", &mut || {
        format!("w{} ", random.below(50_000))
    });
    add("short lines of few kinds", "a.txt", &mut || {
        format!("{} {}\n", random.below(3), random.below(3))
    });
    add("random lines", "a.txt", &mut || {
        format!("line {} {}\n", random.below(100_000), random.below(1000))
    });
    add("directives", "a.cf", &mut || {
        format!("score R{} {}\n", random.below(30_000), random.below(100))
    });
    add("directives of one name", "a.cf", &mut || {
        format!("score SAME {}\n", random.below(100_000))
    });
    add("assignments of one name", "a.ini", &mut || {
        format!("a = {}\n", random.below(100_000))
    });
    add("statements with ids", "a.conf", &mut || {
        format!(
            "SecRule A|B{} \"@rx {}\" \"id:{},t:none,msg:'{}'\"\n",
            random.below(9),
            random.below(999),
            random.below(9_000),
            random.below(99)
        )
    });
    add("yaml rules", "a.yaml", &mut || {
        format!(
            "- id: r{}\n  text: {} {}\n  list: [{}, {}]\n",
            random.below(9_000),
            random.below(99),
            random.below(99),
            random.below(9),
            random.below(9)
        )
    });
    add("yaml items without names", "a.yaml", &mut || {
        format!("- a: {}\n  b: {}\n", random.below(100), random.below(100))
    });
    add("yaml list", "a.yaml", &mut || {
        format!("- word{} {}\n", random.below(100_000), random.below(10))
    });
    add("yaml rules of one name", "a.yaml", &mut || {
        format!(
            "- id: same\n  a: {}\n  b: {}\n",
            random.below(999),
            random.below(9)
        )
    });
    add("open brackets in one line", "a.txt", &mut || {
        "(a ".to_owned()
    });
    add("less-than signs", "a.xml", &mut || "<".to_owned());
    add("xml comments without end", "a.xml", &mut || {
        "<!-- a ".to_owned()
    });
    add("quotes", "a.conf", &mut || "id:1 \" ' ".to_owned());
    add("flow brackets", "a.yaml", &mut || "[".to_owned());
    add("indented lines", "a.txt", &mut || {
        format!("{}w{}\n", " ".repeat(random.below(40)), random.below(5_000))
    });
    let rules = |name: &str, value: &dyn Fn(usize) -> usize| {
        let items: Vec<String> = (0..20_000)
            .map(|n| {
                format!(
                    "{{\"id\":\"r{n}\",\"{name}\":{},\"text\":\"word {n}\"}}",
                    value(n)
                )
            })
            .collect();
        format!("[{}]", items.join(","))
    };
    out.push((
        "json rules, all changed",
        "a.json",
        rules("level", &|n| n),
        rules("level", &|n| n + 1),
        rules("level", &|n| n + 2),
    ));
    let nested = |leaf: &str| {
        format!(
            "{}{}{}",
            "[".repeat(55),
            format!("{leaf},").repeat(MEGABYTE / leaf.len() / 2) + "0",
            "]".repeat(55)
        )
    };
    out.push((
        "json nested",
        "a.json",
        nested("1"),
        nested("2"),
        nested("3"),
    ));
    let aliases = |leaf: &str| {
        let mut text = format!("a0: &a0 [{leaf}, {leaf}]\n");
        for n in 1..40 {
            text.push_str(&format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1));
        }
        text
    };
    out.push((
        "yaml aliases of aliases",
        "a.yaml",
        aliases("x"),
        aliases("y"),
        aliases("z"),
    ));
    out
}

/// Splitmix64: the same texts on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end) as usize
    }
}
