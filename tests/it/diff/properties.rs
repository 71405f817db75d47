//! What holds for every pair of texts.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use rulegate_compare::diff::{
    Kind, Options, Page, Row, RuleChange, SideRow, TextDiff, Window, align, patch,
};

/// Texts of few different lines, so that they share some, with odd ends and odd bytes.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => "[ab]{0,2}",
        2 => "(rule|alert) [a-c]: [a-c] [a-c] [a-c]",
        1 => Just("\u{202e}p\u{430}y\t ".to_owned()),
    ];
    let line = prop_oneof![
        6 => line.prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
    ];
    let end = prop_oneof![5 => Just(&b"\n"[..]), 1 => Just(&b"\r\n"[..])];
    (proptest::collection::vec((line, end), 0..30), any::<bool>()).prop_map(|(lines, cut)| {
        let mut text: Vec<u8> = lines
            .iter()
            .flat_map(|(line, end)| [line, *end].concat())
            .collect();
        if cut {
            text.pop();
        }
        text
    })
}

fn counts(page: &Page<Row>) -> (usize, usize) {
    let (mut old, mut new) = (
        page.before.equal + page.before.removed,
        page.before.equal + page.before.added,
    );
    for row in &page.rows {
        let (a, b) = match row {
            Row::Gap(gap) => (gap.hidden, gap.hidden),
            Row::Line(line) => (
                usize::from(line.old.is_some()),
                usize::from(line.new.is_some()),
            ),
        };
        (old, new) = (old + a, new + b);
    }
    (
        old + page.after.equal + page.after.removed,
        new + page.after.equal + page.after.added,
    )
}

fn side_counts(page: &Page<SideRow>) -> (usize, usize) {
    let (mut old_sum, mut new_sum) = (
        page.before.equal + page.before.removed,
        page.before.equal + page.before.added,
    );
    for row in &page.rows {
        let (a, b) = match row {
            SideRow::Gap(gap) => (gap.hidden, gap.hidden),
            SideRow::Lines { old, new } => (usize::from(old.is_some()), usize::from(new.is_some())),
        };
        (old_sum, new_sum) = (old_sum + a, new_sum + b);
    }
    (
        old_sum + page.after.equal + page.after.removed,
        new_sum + page.after.equal + page.after.added,
    )
}

proptest! {
    #[test]
    fn lines_rebuild_both_texts(old in text(), new in text()) {
        let diff = TextDiff::new(&old, &new);
        let side = |without: Kind| -> Vec<u8> {
            diff.lines().filter(|line| line.kind != without).flat_map(|line| line.bytes.to_vec()).collect()
        };
        prop_assert_eq!(side(Kind::Added), old.clone());
        prop_assert_eq!(side(Kind::Removed), new.clone());
        prop_assert_eq!(diff.changes().is_empty(), old == new);
        for pair in diff.changes().windows(2) {
            prop_assert!(pair[0].old.end < pair[1].old.start && pair[0].new.end < pair[1].new.start);
        }
    }

    #[test]
    fn every_line_is_shown_or_counted(
        old in text(), new in text(), context in 0u32..4, skip in 0usize..20, take in 0usize..20,
    ) {
        let diff = TextDiff::new(&old, &new);
        let all = (diff.old_text().len() as usize, diff.new_text().len() as usize);
        for window in [Window::ALL, Window { skip, take }] {
            let options = Options { context, window, ..Options::default() };
            prop_assert_eq!(counts(&diff.unified(&options)), all);
            prop_assert_eq!(side_counts(&diff.side_by_side(&options)), all);
        }
    }

    #[test]
    fn pages_in_a_row_show_every_change_once(old in text(), new in text(), take in 1usize..7) {
        let diff = TextDiff::new(&old, &new);
        let (mut unified, mut side) = (Vec::new(), Vec::new());
        for skip in (0..=diff.stat().changed()).step_by(take) {
            let options = Options { window: Window { skip, take }, ..Options::default() };
            for row in diff.unified(&options).rows {
                match row {
                    Row::Line(line) if line.kind != Kind::Equal => unified.push((line.old, line.new)),
                    _ => {}
                }
            }
            for row in diff.side_by_side(&options).rows {
                if let SideRow::Lines { old, new } = row {
                    for (cell, is_old) in [(old, true), (new, false)] {
                        match cell {
                            Some(cell) if cell.kind != Kind::Equal && is_old => side.push((Some(cell.number), None)),
                            Some(cell) if cell.kind != Kind::Equal => side.push((None, Some(cell.number))),
                            _ => {}
                        }
                    }
                }
            }
        }
        let want: Vec<_> = diff.lines().filter(|line| line.kind != Kind::Equal).map(|line| (line.old, line.new)).collect();
        prop_assert_eq!(&unified, &want);
        side.sort();
        let mut want = want;
        want.sort();
        prop_assert_eq!(side, want);
    }

    #[test]
    fn alignment_pairs_equal_items(old in proptest::collection::vec(0u8..5, 0..60), new in proptest::collection::vec(0u8..5, 0..60)) {
        let alignment = align(&old, &new);
        let (mut i, mut j) = (0, 0);
        for change in &alignment.changes {
            prop_assert_eq!(&old[i..change.old.start as usize], &new[j..change.new.start as usize]);
            (i, j) = (change.old.end as usize, change.new.end as usize);
        }
        prop_assert_eq!(&old[i..], &new[j..]);
    }
}

type Folder = BTreeMap<String, Vec<u8>>;

fn folder() -> impl Strategy<Value = Folder> {
    let name = prop_oneof![
        Just("plain.conf"),
        Just("dir/with space.yml"),
        Just("dir/é \"quoted\".xml"),
        Just("back\\slash"),
        Just("end "),
        Just("-dash"),
        Just("dir/sub/b"),
        Just("日本")
    ];
    proptest::collection::btree_map(name.prop_map(str::to_owned), text(), 0..5)
}

fn write(root: &Path, files: &Folder) {
    for (path, bytes) in files {
        let at = root.join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, bytes).unwrap();
    }
}

fn read(root: &Path, under: &Path, files: &mut Folder) {
    for entry in std::fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(root, &path, files);
        } else {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            files.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn git_applies_the_patch(old in folder(), new in folder(), context in 0u32..5, renamed in any::<bool>()) {
        let (mut old, mut new) = (old, new);
        if renamed {
            old.insert("from here".to_owned(), b"one\ntwo\nthree\n".to_vec());
            new.insert("to/there".to_owned(), b"one\n2\nthree".to_vec());
        }
        let mut changes: Vec<RuleChange> = old.keys().chain(new.keys()).collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .filter(|path| !renamed || !["from here", "to/there"].contains(&path.as_str()))
            .map(|path| RuleChange {
                path,
                from: None,
                old: old.get(path).map(Vec::as_slice),
                new: new.get(path).map(Vec::as_slice),
            })
            .collect();
        if renamed {
            changes.push(RuleChange {
                path: "to/there", from: Some("from here"), old: Some(&old["from here"]), new: Some(&new["to/there"]),
            });
        }
        let patch = patch(changes, context);
        let root = tempfile::tempdir().unwrap();
        write(root.path(), &old);
        if !patch.is_empty() {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &patch).unwrap();
            let mut git = Command::new("git");
            git.current_dir(root.path()).env("GIT_CEILING_DIRECTORIES", root.path().parent().unwrap());
            git.args(["-c", "core.autocrlf=false", "apply", "--whitespace=nowarn"]);
            if context == 0 {
                git.arg("--unidiff-zero");
            }
            let done = git.arg(file.path()).output().unwrap();
            prop_assert!(done.status.success(), "{}\n{}", String::from_utf8_lossy(&done.stderr), String::from_utf8_lossy(&patch));
        }
        let mut got = Folder::new();
        read(root.path(), root.path(), &mut got);
        prop_assert_eq!(got, new);
    }
}
