//! What differs by value, and what in form only.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rulegate_compare::diff::TextDiff;
use rulegate_compare::structured::{
    Bounds, ChangeKind, FormKind, NotCompared, Structured, compare, surely_differ,
};

fn compared(path: &str, old: &str, new: &str) -> Result<Structured, NotCompared> {
    let diff = TextDiff::new(old.as_bytes(), new.as_bytes());
    let found = compare(path, &diff, &Bounds::default());
    if surely_differ(path, &diff, &Bounds::default()) {
        let is_wrong = match &found {
            Ok(found) => found.is_form_only(),
            Err(why) => *why != NotCompared::OldUnreadable,
        };
        assert!(!is_wrong, "{path}: {old}\n{new}\n{found:?}");
    }
    found
}

/// Each change as `~ place: before > after`.
fn told(found: &Structured) -> Vec<String> {
    let sign = |kind| match kind {
        ChangeKind::Added => '+',
        ChangeKind::Removed => '-',
        ChangeKind::Changed => '~',
        ChangeKind::Moved => '@',
    };
    let changes = found.changes.iter().map(|change| {
        let value = |value: &Option<String>| value.clone().unwrap_or_default();
        format!(
            "{} {}: {} > {}",
            sign(change.kind),
            change.place.join("/"),
            value(&change.before),
            value(&change.after)
        )
    });
    changes.collect()
}

#[track_caller]
fn check(path: &str, old: &str, new: &str, content: &[&str], form: &[FormKind]) {
    let found = compared(path, old, new).unwrap();
    let kinds: Vec<FormKind> = found.form.kinds.iter().copied().collect();
    assert_eq!(
        (told(&found), kinds.as_slice()),
        (content.iter().map(|c| (*c).to_owned()).collect(), form),
        "{found:#?}"
    );
    assert_eq!(found.is_form_only(), content.is_empty());
}

#[test]
fn keys_items_elements_and_cells_that_came_went_and_changed() {
    check(
        "a.yaml",
        "groups:\n- name: g\n  rules:\n  - alert: A\n    for: 5m\n  - alert: B\n    for: 1m\n",
        "groups:\n- name: g\n  rules:\n  - alert: A\n    for: 9m\n    labels: {severity: page}\n  - alert: C\n    expr: up\n",
        &[
            "~ groups/group g/rules/alert A/for: 5m > 9m",
            "+ groups/group g/rules/alert A/labels:  > {severity: page}",
            "- groups/group g/rules/alert B: {alert: B, for: 1m} > ",
            "+ groups/group g/rules/alert C:  > {alert: C, expr: up}",
        ],
        &[],
    );
    check(
        "a.json",
        r#"{"tags": ["a", "b", "c"], "on": true, "n": 1}"#,
        r#"{"tags": ["a", "x", "c"], "on": "true", "n": 1}"#,
        &["~ tags/tags 2: b > x", "~ on: true > \"true\""],
        &[],
    );
    check(
        "a.toml",
        "[limits]\nmax = 5\nmin = 1\n",
        "[limits]\nmax = 6\n",
        &["~ limits/max: 5 > 6", "- limits/min: 1 > "],
        &[],
    );
    check(
        "a.xml",
        "<group><rule id=\"1\" level=\"3\"><match>a b</match></rule><rule id=\"2\"/></group>\n",
        "<group><rule id=\"1\" level=\"4\"><match>a c</match></rule></group>\n",
        &[
            "~ group/rule 1/@level: 3 > 4",
            "~ group/rule 1/match: a b > a c",
            "- group/rule 2: {@id: 2} > ",
        ],
        &[],
    );
    check(
        "limits.csv",
        "country,limit\nDE,100\nFR,200\nIT,300\n",
        "country,limit,currency\nDE,150,EUR\nIT,300,EUR\nES,50,EUR\n",
        &[
            "+ column currency:  > position 3",
            "~ country DE/limit: 100 > 150",
            "- country FR: country: FR, limit: 200 > ",
            "+ country ES:  > country: ES, limit: 50, currency: EUR",
        ],
        &[],
    );
}

#[test]
fn positions_are_lines_of_both_texts() {
    let found = compared("a.yaml", "a: 1\nb:\n  c: 2\n", "x: 0\na: 1\nb:\n  c: 3\n").unwrap();
    let lines: Vec<_> = found
        .changes
        .iter()
        .map(|c| (c.old_lines, c.new_lines))
        .collect();
    assert_eq!(lines, [(None, Some((1, 1))), (Some((3, 3)), Some((4, 4)))]);
    let found = compared("a.csv", "k,v\n1,\"a\nb\"\n2,c\n", "k,v\n1,\"a\nx\"\n2,d\n").unwrap();
    let lines: Vec<_> = found.changes.iter().map(|c| c.new_lines).collect();
    assert_eq!(lines, [Some((2, 3)), Some((4, 4))]);
}

#[test]
fn what_moved_is_told_apart_from_what_changed() {
    check(
        "a.yaml",
        "rules:\n- id: a\n- id: b\n- id: c\n- id: d\n",
        "rules:\n- id: d\n- id: a\n- id: b\n- id: c\n",
        &["@ rules/rule d: position 4 > position 1"],
        &[],
    );
    check(
        "a.json",
        r#"["x", "y", "z"]"#,
        r#"["z", "x", "y"]"#,
        &["@ z: position 3 > position 1"],
        &[],
    );
    check(
        "a.csv",
        "k;v\na;1\nb;2\nc;3\n",
        "v;k\n1;a\n2;b\n3;c\n",
        &["@ column k: position 1 > position 2"],
        &[],
    );
}

#[test]
fn a_renamed_rule_is_one_change() {
    check(
        "a.yaml",
        "rules:\n- id: r1\n  level: 5\n  text: same words\n- id: r9\n",
        "rules:\n- id: r2\n  level: 5\n  text: same words\n- id: r9\n",
        &["~ rules/rule r2/id: r1 > r2"],
        &[],
    );
}

#[test]
fn form_is_named() {
    use FormKind::*;
    check("a.yaml", "a: 1\nb: 2\n", "b: 2\na: 1\n", &[], &[KeyOrder]);
    check(
        "a.toml",
        "a = 1\nb = 2\n",
        "b = 2\na = 1\n",
        &[],
        &[KeyOrder],
    );
    check(
        "a.yaml",
        "a: x y\nb:\n  - 1\n",
        "a: 'x y'\nb:\n    - 1\n",
        &[],
        &[WhiteSpace, Quotes],
    );
    check(
        "a.yaml",
        "a: 1\n",
        "# why\na: 1 # because\n",
        &[],
        &[Comments],
    );
    check("a.yaml", "a: [x, y]\n", "a:\n- x\n- y\n", &[], &[Layout]);
    check(
        "a.yaml",
        "a: 1\nb: 2\n",
        "a: 1\r\nb: 2\r\n",
        &[],
        &[LineEnds],
    );
    check("a.yaml", "a: 1\n", "\u{feff}a: 1\n", &[], &[ByteOrderMark]);
    check(
        "a.json",
        "{\"a\":1,\"b\":2}",
        "{\n  \"b\": 2,\n  \"a\": 1\n}\n",
        &[],
        &[KeyOrder],
    );
    check(
        "a.toml",
        "a = \"x\"\n\n[b]\nc = 1\n",
        "a = 'x'\n[b]\nc=1\n",
        &[],
        &[WhiteSpace, Quotes],
    );
    check(
        "a.xml",
        "<r a='1' b='2'/>\n",
        "<!-- note\n of two lines -->\n<r b=\"2\" a=\"1\"/>\n",
        &[],
        &[KeyOrder, Comments],
    );
    check(
        "a.csv",
        "k,v\n1,x\n",
        "\"k\",\"v\"\r\n\"1\",\"x\"\r\n",
        &[],
        &[LineEnds, Quotes],
    );
}

/// What may matter is content: in doubt a difference is no mere form.
#[test]
fn what_is_not_form() {
    for (path, old, new) in [
        ("a.yaml", "a: |\n  x\n", "a: |-\n  x\n"),
        ("a.yaml", "a: 1\n", "a: '1'\n"),
        ("a.yaml", "a: yes\n", "a: 'yes'\n"),
        ("a.yaml", "a: ' x'\n", "a: x\n"),
        ("a.yaml", "- 1\n- 2\n", "- 2\n- 1\n"),
        ("a.yaml", "a: 1\n", "a: 1\na: 1\n"),
        ("a.yaml", "a: x\n", "a: !secret x\n"),
        ("a.yaml", "a: x\n", "a: х\n"),
        ("a.json", r#"{"a":1.0}"#, r#"{"a":1.00}"#),
        ("a.json", r#"{"a":1,"a":2}"#, r#"{"a":2,"a":1}"#),
        ("a.xml", "<r><a> x</a></r>", "<r><a>x</a></r>"),
        ("a.xml", "<r xmlns='urn:a'/>", "<r xmlns='urn:b'/>"),
        ("a.xml", "<r><a/><a b='1'/></r>", "<r><a b='1'/><a/></r>"),
        ("a.csv", "k,v\na,1\n", "k,v\na, 1\n"),
        ("a.csv", "k,v\na,1\n", "k,v\na,1,2\n"),
    ] {
        let found = compared(path, old, new).unwrap();
        assert!(!found.is_form_only(), "{old:?} {new:?} {found:#?}");
    }
}

/// Told without comparing by value; [`compared`] holds every other case of this file against it.
#[test]
fn what_surely_differs() {
    let sure = |path, old: &str, new: &str| {
        let diff = TextDiff::new(old.as_bytes(), new.as_bytes());
        surely_differ(path, &diff, &Bounds::default())
    };
    assert!(sure("a.yaml", "a: low\nb: 1\n", "a: high\nb: 1\n"));
    assert!(sure("a.json", r#"{"a": "low"}"#, r#"{"a": "high"}"#));
    assert!(sure("a.toml", "a = 'low'\n", "a = 'high'\n"));
    for (path, old, new) in [
        ("a.yaml", "a: [x, y]\n", "a:\n- x\n- y\n"),
        ("a.yaml", "a: 'x'\n", "a: \"x\"\n"),
        ("a.yaml", "a: x # one\n", "a: x # two\n"),
        ("a.yaml", "a: \"x\"\n", "a: \"\\x78\"\n"),
        ("a.yaml", "a: x\n", "a: y: z\n"),
        ("a.json", "{\"a\": 1}", "{\"a\": /*\nnew\n*/ 1}"),
        ("a.toml", "a = 1_000\n", "a = 1000\n"),
        ("a.toml", "[a]\nx = 1\n", "a.x = 1\n"),
        ("a.xml", "<a>x</a>", "<a>y</a>"),
    ] {
        assert!(!sure(path, old, new), "{old} {new}");
    }
}

#[test]
fn why_nothing_is_compared() {
    let why = |path, old, new| compared(path, old, new).unwrap_err();
    assert_eq!(why("a.conf", "a 1\n", "a 2\n"), NotCompared::NoStructure);
    assert_eq!(
        why("a.yaml", "a: 1\n", "a: [\n"),
        NotCompared::NewUnreadable
    );
    assert_eq!(why("a.json", "{", "{}"), NotCompared::OldUnreadable);
    assert_eq!(
        why("a.csv", "a,a\n1,2\n", "a,a\n1,3\n"),
        NotCompared::OldUnreadable
    );
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(why("a.json", &nested, "{}"), NotCompared::OldUnreadable);
    let diff = TextDiff::new(b"a: 1\n", b"a: \xff\n");
    assert_eq!(
        compare("a.yaml", &diff, &Bounds::default()),
        Err(NotCompared::NewUnreadable)
    );
    let large = format!("a: {}\n", "x".repeat(3 << 20));
    assert_eq!(why("a.yaml", "a: 1\n", &large), NotCompared::TooLarge);
    let bomb = (1..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        text + &format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1)
    });
    assert_eq!(why("a.yaml", "a: 1\n", &bomb), NotCompared::TooLarge);
}

#[test]
fn many_changes_are_counted_and_few_are_listed() {
    let rows = |word: &str| -> String {
        (0..3_000)
            .map(|n| format!("k{n}: {word}{}\n", "x".repeat(500)))
            .collect()
    };
    let found = compared("a.yaml", &rows("a"), &rows("b")).unwrap();
    assert_eq!(found.counts.changed, 3_000);
    assert_eq!(found.changes.len(), Bounds::default().changes_max);
    let longest = found
        .changes
        .iter()
        .filter_map(|c| c.before.as_ref())
        .map(|v| v.chars().count())
        .max();
    assert!(
        longest <= Some(Bounds::default().value_chars_max + 2),
        "{longest:?}"
    );
}

/// Real rules: every structured file of the corpus against what the hotfix made of it.
#[test]
fn every_changed_line_of_real_files_is_content_or_form() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus");
    let (mut compared, mut sure) = (0, 0);
    let mut formats = BTreeSet::new();
    for case in std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        for hotfix in files(&case.join("hotfix")) {
            let path = hotfix.strip_prefix(case.join("hotfix")).unwrap();
            let Ok(old) = std::fs::read(case.join("base").join(path)) else {
                continue;
            };
            let new = std::fs::read(&hotfix).unwrap();
            if old == new {
                continue;
            }
            let diff = TextDiff::new(&old, &new);
            let Ok(found) = compare(path.to_str().unwrap(), &diff, &Bounds::default()) else {
                continue;
            };
            compared += 1;
            if surely_differ(path.to_str().unwrap(), &diff, &Bounds::default()) {
                sure += 1;
                assert!(!found.is_form_only(), "{}", hotfix.display());
            }
            formats.insert(found.format.name());
            assert!(
                found.counts.total() + found.form.kinds.len() > 0,
                "{}",
                hotfix.display()
            );
            let stat = diff.stat();
            assert!(found.form.removed <= stat.removed && found.form.added <= stat.added);
            if !found.is_form_only() && found.form.removed + found.form.added == stat.changed() {
                panic!(
                    "{}: no change lies in a changed line: {found:#?}",
                    hotfix.display()
                );
            }
            for change in &found.changes {
                assert!(
                    !change.place.is_empty() || change.before.is_some(),
                    "{change:?}"
                );
                assert!(
                    change.old_lines.is_some() || change.new_lines.is_some(),
                    "{change:?}"
                );
            }
        }
    }
    assert!(compared > 60, "{compared} of {formats:?}");
    assert!(
        sure * 2 > compared,
        "{sure} of {compared} told by their words"
    );
    assert!(
        formats.contains("YAML") && formats.contains("JSON"),
        "{formats:?}"
    );
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else {
            found.push(path);
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, rng_seed: prop::test_runner::RngSeed::Fixed(3), ..ProptestConfig::default() })]

    /// One cell of a table changed and its rows written with quotes: one change, wherever it is.
    #[test]
    fn one_cell(rows in prop::collection::btree_map("[a-z]{1,6}", ("[a-z ]{0,8}", "[0-9]{1,4}"), 2..9), at in 0..100usize) {
        let at = at % rows.len();
        let text = |quote: &str, changed: bool| {
            let mut out = format!("{quote}key{quote},{quote}word{quote},{quote}number{quote}\n");
            for (index, (key, (word, number))) in rows.iter().enumerate() {
                let number = if changed && index == at { format!("{number}7") } else { number.clone() };
                out.push_str(&format!("{quote}{key}{quote},{quote}{word}{quote},{quote}{number}{quote}\n"));
            }
            out
        };
        let found = compared("a.csv", &text("", false), &text("\"", true)).unwrap();
        prop_assert_eq!(found.counts.total(), 1, "{:#?}", found);
        prop_assert_eq!(found.changes[0].place.last().map(String::as_str), Some("number"));
        let same = compared("a.csv", &text("", false), &text("\"", false)).unwrap();
        prop_assert!(same.is_form_only());
    }

    /// Whatever the bytes: an answer, and never "the same" of what a parser tells apart.
    #[test]
    fn any_texts(old in "[-a-c:{}\\[\\]<>/\"',0-1#&* \n]{0,60}", new in "[-a-c:{}\\[\\]<>/\"',0-1#&* \n]{0,60}", path in prop::sample::select(&["a.yaml", "a.json", "a.toml", "a.xml", "a.csv"][..])) {
        if let Ok(found) = compared(path, &old, &new) {
            let back = compared(path, &new, &old).unwrap();
            prop_assert_eq!(found.is_form_only(), back.is_form_only());
        }
    }
}
