//! Times the comparison of two folders: `bench_diff OLD NEW [HOTFIX]` prints one JSON line with median seconds.
//!
//! `names`: which paths differ, digests at hand. `lines`: the line diff of every changed, added and removed
//! rule, contents in memory. `patch`: the same, and the patch text written out. `page`: the first 200
//! changed lines of the largest change as rows with word marks. `contained`: the verdict whether NEW contains the
//! hotfix, a folder made from OLD; digests at hand, so only rules that the hotfix changed are opened.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;

use rulegate_compare::ThreeWay;
use rulegate_compare::diff::{Difference, Options, RuleChange, Stat, Window, compare, patch};
use rulegate_compare::verdict;
use sha2::{Digest, Sha256};

const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [old, new, rest @ ..] = folders.as_slice() else {
        return Err("give two folders".into());
    };
    let mut contents = Contents::new();
    let mut read = |folder| read(folder, &mut contents);
    let hotfix = rest.first().map(&mut read).transpose()?;
    let (old, new) = (read(old)?, read(new)?);
    let digests = |rules: &Rules| -> BTreeMap<String, [u8; 32]> {
        rules
            .iter()
            .map(|(path, bytes)| (path.clone(), Sha256::digest(bytes).into()))
            .collect()
    };
    let (old_digests, new_digests) = (digests(&old), digests(&new));
    let (names, snapshots) = median(|| compare(&old_digests, &new_digests));
    let changes: Vec<RuleChange<'_>> = snapshots
        .differences
        .iter()
        .map(|difference| {
            let path = difference.path().as_str();
            let from = match difference {
                Difference::Renamed { from, .. } => Some(from.as_str()),
                _ => None,
            };
            RuleChange {
                path,
                from,
                old: old.get(from.unwrap_or(path)).map(Rc::as_ref),
                new: new.get(path).map(Rc::as_ref),
            }
        })
        .collect();
    let (lines, total) = median(|| {
        let mut total = Stat::default();
        for change in &changes {
            total += change.diff().stat();
        }
        total
    });
    let (written, text) = median(|| patch(changes.iter().copied(), 3));
    let largest = changes
        .iter()
        .max_by_key(|change| change.diff().stat().changed());
    let (page, rows) = median(|| {
        let options = Options {
            window: Window::first(200),
            ..Options::default()
        };
        largest.map_or(0, |change| change.diff().unified(&options).rows.len())
    });
    let (contained, verdicts) = match &hotfix {
        Some(hotfix) => {
            let sides = ThreeWay {
                base: &old,
                hotfix,
                planned: &new,
            };
            median(|| verdict::verdict(&sides.map(texts)).len())
        }
        None => (0.0, 0),
    };
    println!(
        "{}",
        serde_json::json!({
            "contained_s": contained, "hotfix_rules": verdicts,
            "rules_old": old.len(), "rules_new": new.len(), "differences": changes.len(),
            "lines_added": total.added, "lines_removed": total.removed, "patch_bytes": text.len(), "page_rows": rows,
            "names_s": names, "lines_s": lines, "patch_s": written, "page_s": page,
        })
    );
    Ok(())
}

fn texts(rules: &Rules) -> verdict::Texts<'_> {
    rules
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_ref()))
        .collect()
}

/// Median seconds of [`RUNS`] runs after one that is not counted, and the last result.
fn median<T>(mut run: impl FnMut() -> T) -> (f64, T) {
    let mut last = run();
    let mut seconds = [0.0; RUNS];
    for slot in &mut seconds {
        let started = Instant::now();
        last = std::hint::black_box(run());
        *slot = started.elapsed().as_secs_f64();
    }
    seconds.sort_by(f64::total_cmp);
    (seconds[RUNS / 2], last)
}

/// Contents, each once, as a serving process keeps them by digest.
type Contents = BTreeSet<Rc<[u8]>>;
/// Contents by path.
type Rules = BTreeMap<String, Rc<[u8]>>;

fn read(root: &PathBuf, contents: &mut Contents) -> Result<Rules, Box<dyn Error>> {
    let mut rules = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path
                    .strip_prefix(root)?
                    .to_str()
                    .ok_or("a path that is not UTF-8")?
                    .to_owned();
                let bytes: Rc<[u8]> = std::fs::read(&path)?.into();
                contents.insert(bytes.clone());
                rules.insert(name, contents.get(&bytes).cloned().unwrap_or(bytes));
            }
        }
    }
    Ok(rules)
}
