//! The three-way merge of drafts, on the texts of the real cases and beside git's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rulegate_compare::ThreeWay;
use rulegate_compare::merge::{Conflict, merge};
use rulegate_compare::merge_draft::{DraftRule, Outcome, Sources, draft_rule};
use rulegate_compare::verdict::{Unit, Verdict};

const SIDES: ThreeWay<&str> = ThreeWay {
    base: "base",
    hotfix: "hotfix",
    planned: "planned",
};

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
fn texts() -> Vec<(String, ThreeWay<Vec<u8>>)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus");
    let mut texts = Vec::new();
    for case in std::fs::read_dir(corpus).unwrap() {
        let case = case.unwrap().path();
        if !case.join("truth.json").is_file() {
            continue;
        }
        let sides = SIDES.map(|side| files(&case.join(side)));
        for path in sides.base.keys() {
            let found = sides.as_ref().map(|files| files.get(path).cloned());
            if let (Some(base), Some(hotfix), Some(planned)) =
                (found.base, found.hotfix, found.planned)
                && hotfix != base
            {
                let name = format!("{}/{path}", case.file_name().unwrap().display());
                let sides = ThreeWay {
                    base,
                    hotfix,
                    planned,
                };
                texts.push((name, sides));
            }
        }
    }
    assert!(texts.len() > 40, "only {} texts", texts.len());
    texts
}

/// What `git merge-file` makes of it; none if it sees a conflict.
fn by_git(texts: ThreeWay<&[u8]>) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in SIDES.zip(texts).into_columns() {
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
        let sides = texts.as_ref().map(Vec::as_slice);
        let (ours, git) = (merge(sides), by_git(sides));
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
    for (name, texts) in texts() {
        let texts = texts.as_ref().map(Vec::as_slice);
        let ThreeWay {
            base,
            hotfix,
            planned,
        } = texts;
        for (hotfix, planned, expected) in [
            (hotfix, base, hotfix),
            (base, planned, planned),
            (hotfix, hotfix, hotfix),
        ] {
            let merged = merge(ThreeWay {
                base,
                hotfix,
                planned,
            });
            assert!(
                merged.conflicts.is_empty() && merged.bytes == *expected,
                "{name}"
            );
        }
    }
}

fn check(base: &str, hotfix: &str, planned: &str, expected: &str, conflicts: &[Conflict]) {
    let texts = ThreeWay {
        base,
        hotfix,
        planned,
    };
    let merged = merge(texts.map(str::as_bytes));
    assert_eq!(String::from_utf8(merged.bytes).unwrap(), expected);
    assert_eq!(merged.conflicts, conflicts);
}

#[test]
fn changes_apart_from_each_other_are_both_taken() {
    check("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n", &[]);
    check("a\nb\nc\n", "a\nb\n", "0\na\nb\nc\n", "0\na\nb\n", &[]);
    check("a\nb\nc\n", "a\nb\nc\nd", "A\nb\nc\n", "A\nb\nc\nd", &[]);
    let [base, hotfix, planned] = ["a b c", "a b C", "A b c"].map(|text| text.replace(' ', "\r\n"));
    check(&base, &hotfix, &planned, "A\r\nb\r\nC", &[]);
}

#[test]
fn the_same_change_on_both_sides_is_none() {
    check("a\nb\n", "a\nB\n", "a\nB\n", "a\nB\n", &[]);
    check("a\nb\n", "a\nB\n", "a\nb\n", "a\nB\n", &[]);
    check("", "x\n", "", "x\n", &[]);
}

#[test]
fn changes_that_touch_are_a_conflict_and_planned_stays() {
    let at = |base, hotfix, planned| ThreeWay {
        base,
        hotfix,
        planned,
    };
    let second = [at(1..2, 1..2, 1..2)];
    check("a\nb\n", "a\nX\n", "a\nY\n", "a\nY\n", &second);
    let lower = [at(1..2, 1..2, 2..3)];
    check("a\nb\n", "a\nX\n", "0\na\nY\n", "0\na\nY\n", &lower);
    let both = [at(0..2, 0..2, 0..2)];
    check("a\nb\nc\n", "A\nb\nc\n", "a\nB\nc\n", "a\nB\nc\n", &both);
    let added = [at(1..1, 1..2, 1..2)];
    check("a\n", "a\nx\n", "a\ny\n", "a\ny\n", &added);
    // One clean place beside a conflict.
    let last = [at(3..4, 3..4, 3..4)];
    check(
        "a\nb\nc\nd\n",
        "A\nb\nc\nX\n",
        "a\nb\nc\nY\n",
        "A\nb\nc\nY\n",
        &last,
    );
}

fn drafted(base: Option<&str>, hotfix: Option<&str>, planned: Option<&str>) -> DraftRule {
    let texts = ThreeWay {
        base,
        hotfix,
        planned,
    };
    draft_rule(&Sources {
        path: "a.conf",
        place: Some("a.conf"),
        texts: texts.map(|text| text.map(str::as_bytes)),
        is_contained: false,
        units: &[],
    })
}

#[test]
fn what_is_clean_is_put_in_and_the_rest_stays() {
    let added = drafted(None, Some("x\n"), None);
    assert_eq!(added.draft.as_deref(), Some(&b"x\n"[..]));
    let removed = drafted(Some("x\n"), None, Some("x\n"));
    assert_eq!(
        (removed.draft, removed.outcome),
        (None, Outcome::Merged { places: 1 })
    );
    let merged = drafted(Some("a\nb\nc\n"), Some("A\nb\nc\n"), Some("a\nb\nC\n"));
    assert_eq!(merged.draft.as_deref(), Some(&b"A\nb\nC\n"[..]));
    for (base, hotfix, planned) in [
        (None, Some("x\n"), Some("y\n")),
        (Some("x\n"), None, Some("y\n")),
        (Some("x\n"), Some("y\n"), None),
        (Some("x\n"), Some("y\n"), Some("z\n")),
    ] {
        let left = drafted(base, hotfix, planned);
        assert_eq!(left.outcome, Outcome::Left);
        assert_eq!(left.draft, left.planned, "planned stays");
        assert!(!left.why.is_empty() || left.conflicts.len() == 1);
    }
    let gone = drafted(Some("x\n"), None, None);
    assert_eq!(gone.outcome, Outcome::Contained);
}

#[test]
fn a_version_mark_that_both_sides_changed_is_nobodys_work() {
    for (lines, conflicts, passed_over) in [((3, 3), 1, 1), ((1, 3), 2, 0)] {
        let texts = ThreeWay {
            base: "ver 1\na\nlimit 1\n",
            hotfix: "ver 2\na\nlimit 2\n",
            planned: "ver 3\na\nlimit 3\n",
        };
        let rule = draft_rule(&Sources {
            path: "a.conf",
            place: Some("a.conf"),
            texts: texts.map(|text| Some(text.as_bytes())),
            is_contained: false,
            units: &[Unit {
                what: "limit".into(),
                verdict: Verdict::Overridden,
                base: Some(lines),
                hotfix: Some(lines),
                planned: None,
            }],
        });
        assert_eq!(
            (rule.conflicts.len(), rule.passed_over),
            (conflicts, passed_over)
        );
    }
}
