//! Which rules changed alike, and which lines a hotfix wrote.

use std::collections::BTreeSet;

use rulegate_compare::diff::{TextDiff, stretches, written};
use rulegate_compare::same_edits::{edits, groups};

fn check(pairs: &[(&str, &str)], expected: &[&[usize]]) {
    let rules: Vec<_> = pairs
        .iter()
        .map(|(before, after)| edits(&TextDiff::new(before.as_bytes(), after.as_bytes())))
        .collect();
    assert_eq!(groups(&rules), expected, "{rules:?}");
}

#[test]
fn version_marks_are_one_kind_of_change() {
    check(
        &[
            (
                "# ver.4\nver:'A/4',\\\nver:'A/4'\"\n",
                "# ver.5\nver:'A/5',\\\nver:'A/5'\"\n",
            ),
            ("# ver.4\nx\n", "# ver.5\nx\n"),
            ("# ver.4\nlimit=1\n", "# ver.5\nlimit=9\n"),
        ],
        &[&[0, 1], &[2]],
    );
}

#[test]
fn a_line_that_goes_is_no_version_mark() {
    check(
        &[
            ("# ver.4\na\n", "# ver.5\na\n"),
            ("# ver.4\na\nb\n", "# ver.5\na\n"),
            ("# ver.4\nc\nb\n", "# ver.5\nc\n"),
        ],
        &[&[1, 2], &[0]],
    );
    check(&[("a b\n", "a  b\n"), ("a b\n", "a\tb\n")], &[&[0], &[1]]);
}

#[test]
fn what_a_hotfix_wrote_and_took_out() {
    let (wrote, took) = written(b"a\nb\n", b"a\nc\nd\n");
    assert_eq!((wrote, took), ([2, 3].into(), [2].into()));
}

#[test]
fn lines_that_follow_each_other_are_one_stretch() {
    assert_eq!(
        stretches(&[1, 2, 3, 7, 9, 10].into()),
        [(1, 3), (7, 7), (9, 10)]
    );
    assert!(stretches(&BTreeSet::new()).is_empty());
}
