//! The three-way merge of drafts, on the texts of the real cases and beside git's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rulegate_compare::merge::merge;

type Tree = BTreeMap<String, Vec<u8>>;

fn files(folder: &Path) -> Tree {
    let mut found = Tree::new();
    let mut todo: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else {
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            found.insert(name.to_owned(), std::fs::read(&path).unwrap());
        }
    }
    found
}

/// Baseline, hotfix and planned of every rule of the corpus that all three have and the hotfix changed.
fn texts() -> Vec<(String, [Vec<u8>; 3])> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus");
    let mut texts = Vec::new();
    for case in std::fs::read_dir(corpus).unwrap() {
        let case = case.unwrap().path();
        if !case.join("truth.json").is_file() {
            continue;
        }
        let [base, hotfix, planned] =
            ["base", "hotfix", "planned"].map(|side| files(&case.join(side)));
        for (path, base) in base {
            if let (Some(hotfix), Some(planned)) = (hotfix.get(&path), planned.get(&path))
                && *hotfix != base
            {
                let name = format!("{}/{path}", case.file_name().unwrap().display());
                texts.push((name, [base, hotfix.clone(), planned.clone()]));
            }
        }
    }
    assert!(texts.len() > 40, "only {} texts", texts.len());
    texts
}

/// What `git merge-file` makes of it; none if it sees a conflict.
fn by_git([base, hotfix, planned]: &[Vec<u8>; 3]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("base", base), ("hotfix", hotfix), ("planned", planned)] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let done = std::process::Command::new("git")
        .args(["merge-file", "-p", "planned", "base", "hotfix"])
        .current_dir(folder.path())
        .output()
        .expect("git runs");
    done.status.success().then_some(done.stdout)
}

#[test]
fn what_merges_without_conflict_is_what_git_makes_of_it() {
    let (mut clean, mut by_git_clean, mut elsewhere) = (0, 0, Vec::new());
    let sorted = |bytes: &[u8]| {
        let mut lines: Vec<Vec<u8>> = bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        lines.sort();
        lines
    };
    for (name, texts) in texts() {
        let [base, hotfix, planned] = &texts;
        let ours = merge(base, hotfix, planned);
        let git = by_git(&texts);
        by_git_clean += usize::from(git.is_some());
        if !ours.conflicts.is_empty() {
            continue;
        }
        clean += 1;
        let Some(git) = git else {
            panic!("{name}: a conflict by git");
        };
        // Where a text repeats itself, the same lines can be put in at more than one place.
        if git != ours.bytes {
            assert!(sorted(&git) == sorted(&ours.bytes), "{name}: other lines");
            elsewhere.push(name);
        }
    }
    println!("{clean} without conflict, {by_git_clean} by git, {elsewhere:?} in another order");
    assert!(clean * 10 >= by_git_clean * 9, "{clean} of {by_git_clean}");
    assert!(clean > 5 && elsewhere.len() * 10 <= clean, "{elsewhere:?}");
}

#[test]
fn one_side_alone_is_taken_as_it_is() {
    for (name, [base, hotfix, planned]) in texts() {
        for (ours, theirs, expected) in [
            (&hotfix, &base, &hotfix),
            (&base, &planned, &planned),
            (&hotfix, &hotfix, &hotfix),
        ] {
            let merged = merge(&base, ours, theirs);
            assert!(
                merged.conflicts.is_empty() && merged.bytes == *expected,
                "{name}"
            );
        }
    }
}
