//! Diffs: tables of cases; properties in `properties`, worst cases in `limits`.
mod limits;
mod properties;

use std::collections::BTreeMap;

use rulegate_compare::diff::{
    Class, Difference, Encoding, Facts, Highlight, LineEnds, Options, Row, RuleChange, SideRow,
    Text, TextDiff, Units, Window, compare, confusable, excerpt, patch, segments,
};

use crate::harness::golden;

/// One row as text: numbers, sign, pieces (`[..]` marked, `{..}` notation, `!` hotfix).
fn show(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .map(|row| match row {
            Row::Gap(gap) => format!("... {} {}", gap.hidden, gap.unit.as_deref().unwrap_or("-")),
            Row::Line(line) => {
                let number = |n: Option<u32>| n.map_or("-".to_owned(), |n| n.to_string());
                let hot = if line.hotfix { "!" } else { "" };
                let pieces: String = line.segments.iter().map(piece).collect();
                format!(
                    "{} {} {hot}{}{pieces}",
                    number(line.old),
                    number(line.new),
                    line.kind.sign()
                )
            }
        })
        .collect()
}

fn piece(segment: &rulegate_compare::diff::Segment) -> String {
    let text = match segment.class {
        Class::Plain => segment.text.clone(),
        _ => format!("{{{}}}", segment.text),
    };
    if segment.mark {
        format!("[{text}]")
    } else {
        text
    }
}

fn numbered(count: usize) -> String {
    (1..=count).map(|n| format!("line {n}\n")).collect()
}

#[track_caller]
fn check(old: &str, new: &str, context: u32, want: &[&str]) {
    let options = Options {
        context,
        ..Options::default()
    };
    assert_eq!(
        show(
            &TextDiff::new(old.as_bytes(), new.as_bytes())
                .unified(&options)
                .rows
        ),
        want
    );
}

#[test]
fn unified_rows() {
    check("", "", 3, &[]);
    check("a\n", "a\n", 3, &["1 1  a"]);
    check("a\nb\n", "a\nb\n", 3, &["... 2 -"]);
    check("", "a\n", 3, &["- 1 +a"]);
    check("a\n", "", 3, &["1 - -a"]);
    check(
        "a\n",
        "a",
        3,
        &["1 - -a", "- 1 +a[{‹no newline at end of file›}]"],
    );
    check("a\r\n", "a\n", 3, &["1 - -a[{␍}]", "- 1 +a"]);
    check(
        "x: 1 2\n",
        "x: 1 3\n",
        3,
        &["1 - -x: 1 [2]", "- 1 +x: 1 [3]"],
    );
    check(
        "one\ntwo\n",
        "zero\none\ntwo\n",
        0,
        &["- 1 +zero", "... 2 -"],
    );
    // a gap of one line would take as much room as the line
    check(
        "1\n2\n3\n4\n",
        "1\n2\n3\nfour\n",
        2,
        &["1 1  1", "2 2  2", "3 3  3", "4 - -4", "- 4 +four"],
    );
    // similar lines are paired even when another was put before them
    check(
        "  level: low of all\n",
        "  # lowered on request\n  level: high of all\n",
        3,
        &[
            "1 - -  level: [low] of all",
            "- 1 +  # lowered on request",
            "- 2 +  level: [high] of all",
        ],
    );
}

#[test]
fn gaps_are_counted_and_named() {
    let old = "SecRule ARGS \"@rx a\" \\\n    \"id:942360,\\\n    phase:2\"\n\n# on comments\nSecRule ARGS \"@rx b\" \\\n    \"id:942361,\\\n    phase:2,\\\n    t:none\"\n\nSecAction \"id:900, pass\"\n# the end\n";
    let new = old.replace("t:none", "t:none,t:lowercase");
    check(
        old,
        &new,
        1,
        &[
            "... 7 rule 942361",
            "8 8      phase:2,{…}".replace("{…}", "\\").leak(),
            "9 - -    t:none\"",
            "- 9 +    t:none[,t:lowercase]\"",
            "10 10  ",
            "... 2 rule 900",
        ],
    );
}

#[test]
fn lines_belong_to_units() {
    let check = |text: &str, line: u32, want: Option<&str>| {
        let text = Text::new(text.as_bytes());
        assert_eq!(
            Units::of(&text).name_at(line - 1).as_deref(),
            want,
            "line {line}"
        );
    };
    let falco = "- macro: open_write\n  condition: evt.type=open\n\n# why\n- rule: Write below etc\n  desc: x\n  condition: >\n    evt\n- list: shells\n  items: [sh]\n";
    check(falco, 2, Some("macro open_write"));
    check(falco, 4, Some("rule Write below etc"));
    check(falco, 8, Some("rule Write below etc"));
    check(falco, 10, Some("list shells"));
    let prometheus = "groups:\n- name: node\n  rules:\n  - alert: HighLoad\n    expr: load > 1\n    labels:\n      a: b\n  - record: job:x\n    expr: y\n";
    check(prometheus, 1, Some("groups"));
    check(prometheus, 3, Some("node"));
    check(prometheus, 7, Some("alert HighLoad"));
    check(prometheus, 9, Some("record job:x"));
    let sigma = "title: Odd\nid: 1-2\ndetection:\n    selection:\n        a: b\n    condition: selection\nlevel: high\n";
    check(sigma, 5, Some("detection"));
    check(sigma, 7, Some("level"));
    let wazuh = "<group name=\"syslog,\">\n  <rule id=\"5710\" level=\"5\">\n    <if_sid>5700</if_sid>\n  </rule>\n\n  <rule id='5711' level=\"0\">\n    <match>x</match>\n  </rule>\n</group>\n";
    check(wazuh, 1, Some("group syslog,"));
    check(wazuh, 3, Some("rule 5710"));
    check(wazuh, 4, Some("rule 5710"));
    check(wazuh, 5, Some("rule 5711"));
    check(wazuh, 9, Some("group syslog,"));
    check(
        "a = 1\n[net.http]\nport = 1\n[[rule]] # x\nb = 2\n",
        1,
        None,
    );
    check(
        "a = 1\n[net.http]\nport = 1\n[[rule]] # x\nb = 2\n",
        3,
        Some("[net.http]"),
    );
    check(
        "a = 1\n[net.http]\nport = 1\n[[rule]] # x\nb = 2\n",
        5,
        Some("[rule]"),
    );
    check(
        "rule \"Under age\"\nwhen\n  p: P(age < 18)\nthen\nend\n",
        5,
        Some("rule Under age"),
    );
    check(
        "header SUBJ_FREE Subject =~ /free/\nscore SUBJ_FREE 1.0\n",
        2,
        Some("SUBJ_FREE"),
    );
    check("pub fn f(x: u8) {\n    x;\n}\n", 3, Some("fn f"));
    check(
        "alert tcp any any (msg:\"x\"; sid:2001; rev:1;)\n",
        1,
        Some("rule 2001"),
    );
    check("just\nwords\n", 2, None);
}

#[test]
fn side_by_side_pairs_lines() {
    let old = "keep\nalpha one two three\nbeta one two three\nend\n";
    let new = "keep\nnew entry\nalpha one two four\nbeta one two four\nend\n";
    let page = TextDiff::new(old.as_bytes(), new.as_bytes()).side_by_side(&Options::default());
    let rows: Vec<String> = page
        .rows
        .iter()
        .map(|row| match row {
            SideRow::Gap(gap) => format!("... {}", gap.hidden),
            SideRow::Lines { old, new } => [old, new]
                .map(|cell| {
                    cell.as_ref().map_or("-".to_owned(), |cell| {
                        format!(
                            "{} {}",
                            cell.number,
                            cell.segments.iter().map(piece).collect::<String>()
                        )
                    })
                })
                .join(" | "),
        })
        .collect();
    golden::check(
        "tests/it/diff/side-by-side.golden",
        &(rows.join("\n") + "\n"),
    );
}

#[test]
fn hidden_characters_are_visible() {
    let check = |line: &[u8], want: &str| {
        let shown: String = segments(line, &[], 4_000).iter().map(piece).collect();
        assert_eq!(shown, want);
    };
    check(b"plain\ttab", "plain\ttab");
    check(
        b"nul \0 esc \x1b[31m del \x7f",
        "nul {␀} esc {␛}[31m del {␡}",
    );
    check(b"a\rb", "a{␍}b");
    check(b"caf\xe9 \xff\xfe", "caf{\\xE9} {\\xFF\\xFE}");
    check(
        "if (a\u{202e}b) \u{2066}x\u{61c}".as_bytes(),
        "if (a{‹U+202E RIGHT-TO-LEFT OVERRIDE›}b) {‹U+2066 LEFT-TO-RIGHT ISOLATE›}x{‹U+061C ARABIC LETTER MARK›}",
    );
    check(
        "id\u{200b}1\u{feff}\u{a0}\u{ad}".as_bytes(),
        "id{‹U+200B ZERO WIDTH SPACE›}1{‹U+FEFF BYTE ORDER MARK›‹U+00A0 NO-BREAK SPACE›‹U+00AD SOFT HYPHEN›}",
    );
    check(
        "\u{85}\u{e0041}".as_bytes(),
        "{‹U+0085 NEXT LINE›}{‹U+E0041 TAG CHARACTER›}",
    );
    check(b"end  \t", "end{··→}");
    check(b"   ", "{···}");
    check("été naïve 日本".as_bytes(), "été naïve 日本");
    check("p\u{430}ypal ok".as_bytes(), "{p\u{430}ypal} ok");
    for segment in segments("a\u{202e}\u{61c}".as_bytes(), &[], 4_000) {
        assert!(matches!(segment.class, Class::Plain | Class::Bidi));
    }
}

#[test]
fn confusable_words_are_told_from_foreign_ones() {
    let check = |word: &str, latin_line: bool, want: bool| {
        assert_eq!(confusable(word, latin_line).is_some(), want, "{word}")
    };
    check("paypal", true, false);
    check("pаypal", true, true); // Cyrillic а
    check("ΑDMIN", true, true); // Greek Alpha
    check("ａdmin", true, true); // full width
    check("рое", true, true); // all Cyrillic, in a Latin line
    check("рое", false, false); // in a Russian line
    check("правило", true, false);
    check("µs", true, false);
    check("Δt", true, false);
    check("naïve", true, false);
    assert_eq!(
        confusable("pаy", true).as_deref(),
        Some("reads as pay, but а is U+0430, Cyrillic, not a")
    );
}

#[test]
fn overlong_lines_show_their_marks() {
    let old = format!("{}one{}", "a,".repeat(5_000), ",b".repeat(5_000));
    let new = old.replace("one", "two");
    let page = TextDiff::new(old.as_bytes(), new.as_bytes()).unified(&Options {
        line_bytes_max: 1_000,
        ..Options::default()
    });
    let Row::Line(line) = &page.rows[1] else {
        panic!("a line")
    };
    assert!(
        line.segments
            .iter()
            .any(|segment| segment.mark && segment.text == "two")
    );
    let shown: usize = line
        .segments
        .iter()
        .filter(|s| s.class == Class::Plain)
        .map(|s| s.text.len())
        .sum();
    let cut: usize = line
        .segments
        .iter()
        .filter(|segment| segment.class == Class::Cut)
        .map(|segment| {
            segment
                .text
                .trim_matches(['‹', '›'])
                .split(' ')
                .next()
                .unwrap()
                .parse::<usize>()
                .unwrap()
        })
        .sum();
    assert!(shown <= 1_000);
    assert_eq!(shown + cut, new.len());
}

#[test]
fn hotfix_lines_are_pointed_out() {
    let lines = Highlight {
        old: [2].into(),
        new: [3].into(),
    };
    let options = Options {
        highlight: Some(&lines),
        ..Options::default()
    };
    let diff = TextDiff::new(b"a\nb\nc\n", b"a\nc\nd\n");
    assert_eq!(
        show(&diff.unified(&options).rows),
        ["1 1  a", "2 - !-b", "3 2  c", "- 3 !+d"]
    );
    let text = numbered(20);
    let text = Text::new(text.as_bytes());
    let lines = Highlight {
        old: [].into(),
        new: [10].into(),
    };
    let options = Options {
        context: 1,
        highlight: Some(&lines),
        ..Options::default()
    };
    assert_eq!(
        show(&excerpt(&text, &[(10, 10), (4, 4)], &options)),
        [
            "... 2 -",
            "3 3  line 3",
            "4 4  line 4",
            "5 5  line 5",
            "... 3 -",
            "9 9  line 9",
            "10 10 ! line 10",
            "11 11  line 11",
            "... 9 -"
        ]
    );
}

#[test]
fn pages_say_what_is_left() {
    let old = numbered(100);
    let new: String = (1..=100)
        .map(|n| {
            if n % 10 == 0 {
                format!("changed {n}\n")
            } else {
                format!("line {n}\n")
            }
        })
        .collect();
    let diff = TextDiff::new(old.as_bytes(), new.as_bytes());
    let page = |skip, take| {
        diff.unified(&Options {
            context: 1,
            window: Window { skip, take },
            ..Options::default()
        })
    };
    let first = page(0, 4);
    golden::check(
        "tests/it/diff/first-page.golden",
        &(show(&first.rows).join("\n") + "\n"),
    );
    assert_eq!(
        (first.after.equal, first.after.removed, first.after.added),
        (63, 8, 8)
    );
    let last = page(19, 10);
    assert_eq!(show(&last.rows), ["- 100 +[changed] 100"]);
    assert_eq!(
        (last.before.equal, last.before.removed, last.before.added),
        (90, 10, 9)
    );
    assert!(page(20, 10).rows.is_empty());
    let Row::Gap(gap) = &first.rows[5] else {
        panic!("a gap")
    };
    assert_eq!(
        show(
            &diff
                .gap_lines(gap.old, gap.new, 2, &Options::default())
                .into_iter()
                .map(Row::Line)
                .collect::<Vec<_>>()
        ),
        ["12 12  line 12", "13 13  line 13"]
    );
}

#[test]
fn snapshots_are_compared_by_digest() {
    let map = |pairs: &[(&str, u8)]| -> BTreeMap<String, [u8; 32]> {
        pairs
            .iter()
            .map(|(path, digest)| (path.to_string(), [*digest; 32]))
            .collect()
    };
    let old = map(&[("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 4)]);
    let new = map(&[("a", 1), ("b", 9), ("f", 3), ("g", 4), ("h", 8)]);
    let diff = compare(&old, &new);
    let shown: Vec<String> = diff
        .differences
        .iter()
        .map(|difference| match difference {
            Difference::Added { path } => format!("+{path}"),
            Difference::Removed { path } => format!("-{path}"),
            Difference::Changed { path } => format!("~{path}"),
            Difference::Renamed { from, to } => format!("{from}>{to}"),
        })
        .collect();
    assert_eq!(shown, ["~b", "-e", "c>f", "d>g", "+h"]);
    assert_eq!(diff.unchanged, 1);
    assert!(compare(&old, &old).differences.is_empty());
}

#[test]
fn contents_are_described() {
    let facts = |bytes: &[u8]| {
        let facts = Facts::of(&Text::new(bytes));
        (facts.encoding, facts.ends, facts.final_newline, facts.lines)
    };
    assert_eq!(facts(b""), (Encoding::Utf8, LineEnds::None, true, 0));
    assert_eq!(facts(b"a\r\nb"), (Encoding::Utf8, LineEnds::CrLf, false, 2));
    assert_eq!(
        facts(b"\xe9\n\r\n"),
        (Encoding::Bytes, LineEnds::Mixed, true, 2)
    );
    assert_eq!(facts(b"a\0\n"), (Encoding::Binary, LineEnds::Lf, true, 1));
}

#[test]
fn patches_read_as_git_writes_them() {
    let rule = |path, from, old, new| RuleChange {
        path,
        from,
        old,
        new,
    };
    let changes = [
        rule("x y.conf", None, Some(&b"a\nb"[..]), Some(&b"a\nc\n"[..])),
        rule("é", None, None, Some(b"")),
        rule("b", Some("a"), Some(b"1\n"), Some(b"1\n")),
    ];
    let written = String::from_utf8(patch(changes, 3)).unwrap();
    golden::check("tests/it/diff/patches.golden", &written);
}
