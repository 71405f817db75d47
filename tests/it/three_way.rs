//! The three columns of a review: which lines of a hotfix are kept, which are gone, what is hidden.

use rulegate::web::three_way::three_way;
use rulegate_compare::ThreeWay;
use rulegate_compare::at_stake::not_lost;
use rulegate_compare::verdict::{RuleVerdict, Unit, Verdict};

fn check(base: &str, hotfix: &str, planned: &str, expected: &[&str]) {
    let texts = ThreeWay {
        base,
        hotfix,
        planned,
    };
    let view = three_way(texts.map(str::as_bytes), None, false).unwrap();
    let rows: Vec<String> = view
        .rows
        .iter()
        .map(|row| match row.kind {
            "gap" => row.note.clone(),
            _ => row
                .cells
                .iter()
                .map(|cell| cell.kind)
                .collect::<Vec<_>>()
                .join(" "),
        })
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn a_hotfix_line_is_kept_or_gone() {
    check(
        "a\nb\n",
        "a\nB\n",
        "a\nb\n",
        &["same same same", "hotdel hot gone"],
    );
    check(
        "a\nb\n",
        "a\nB\n",
        "a\nB\n",
        &["same same same", "hotdel hot kept"],
    );
    check(
        "a\nb\n",
        "a\nb\nc\n",
        "a\nb\nc\n",
        &["same same same", "same same same", "void hot kept"],
    );
    check(
        "a\nb\n",
        "a\nb\nc\n",
        "a\nb\n",
        &["same same same", "same same same", "void hot gone"],
    );
    check(
        "a\nb\n",
        "a\n",
        "a\nb\n",
        &["same same same", "hotdel void gone"],
    );
    check(
        "a\nb\n",
        "a\n",
        "a\n",
        &["same same same", "hotdel void void"],
    );
}

#[test]
fn what_planned_alone_did_far_away_is_hidden_and_counted() {
    let base = "1\n2\n3\n4\n5\n6\n7\n8\n9\nx\n";
    check(
        base,
        &base.replace("x", "X"),
        &base.replace("1", "one"),
        &[
            "6 lines that the hotfix left alone, 1 changed by the planned version",
            "same same same",
            "same same same",
            "same same same",
            "hotdel hot gone",
        ],
    );
}

#[test]
fn a_version_mark_in_a_rule_at_stake_is_not_painted_as_lost() {
    let base = "# ver 4.0\nrule\n  ver 4.0\n  limit=1\n";
    let hotfix = "# ver 4.1\nrule\n  ver 4.1\n  limit=2\n";
    let planned = "# ver 5.0\nrule\n  ver 5.0\n  limit=3\n";
    let verdict = |what: &str| RuleVerdict {
        path: "a.conf".into(),
        verdict: Verdict::Conflicting,
        planned_paths: Vec::new(),
        units: vec![Unit {
            what: what.into(),
            verdict: Verdict::Conflicting,
            base: Some((2, 4)),
            hotfix: Some((2, 4)),
            planned: Some((2, 4)),
        }],
        why: String::new(),
    };
    let texts = ThreeWay {
        base,
        hotfix,
        planned,
    };
    let texts = texts.map(str::as_bytes);
    let kinds = |what: &str| -> (Vec<&'static str>, usize) {
        let view = three_way(texts, Some(&verdict(what)), true).unwrap();
        let kinds = view.rows.iter().map(|row| row.cells[2].kind).collect();
        (kinds, view.lost)
    };
    let limit_alone = kinds("limit=1 became limit=2");
    assert_eq!(limit_alone, (vec!["add", "same", "add", "gone"], 1));
    // A change that speaks of the mark itself is about the mark.
    let both = kinds("ver 4.0 became 4.1, limit=1 became limit=2");
    assert_eq!(both, (vec!["add", "same", "gone", "gone"], 2));
    let not_lost = |verdict: &RuleVerdict| not_lost(texts.base, texts.hotfix, verdict);
    assert_eq!(not_lost(&verdict("limit=1 became limit=2")), [1, 3].into());
    // Nor is it painted as contained where the rule is: the numbers are not the hotfix's.
    let mut contained = verdict("limit=1 became limit=2");
    contained.verdict = Verdict::Included;
    contained.units[0].verdict = Verdict::Included;
    let planned = planned.replace("limit=3", "limit=2");
    let texts = ThreeWay {
        planned: planned.as_bytes(),
        ..texts
    };
    let view = three_way(texts, Some(&contained), true).unwrap();
    let kinds: Vec<_> = view.rows.iter().map(|row| row.cells[2].kind).collect();
    assert_eq!(kinds, ["add", "same", "add", "kept"]);
    let included = RuleVerdict {
        verdict: Verdict::Included,
        units: Vec::new(),
        ..verdict("")
    };
    assert_eq!(not_lost(&included), [1, 3, 4].into());
}
