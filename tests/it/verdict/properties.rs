//! What holds for every rule set, every hotfix and every form it is written in.

use std::fmt::Write;

use proptest::prelude::*;
use rulegate_compare::verdict::Verdict;

use super::judge;

/// A rule of no particular language.
#[derive(Debug, Clone)]
struct Rule {
    level: u32,
    text: String,
    tags: Vec<String>,
}

const FORMATS: [&str; 5] = ["a.yaml", "a.json", "a.toml", "a.xml", "a.conf"];

/// Writes rules in a format; `other_form` gives the same content in another order and layout.
fn write(format: &str, rules: &[Rule], other_form: bool) -> String {
    let numbered: Vec<(usize, Rule)> = rules.iter().cloned().enumerate().collect();
    named(format, &numbered, other_form)
}

/// The same with the numbers that name the rules.
fn named(format: &str, rules: &[(usize, Rule)], other_form: bool) -> String {
    let mut out = String::new();
    let all: Vec<String> = rules
        .iter()
        .map(|(number, rule)| one(format, *number, rule, other_form))
        .collect();
    match format {
        "a.json" => {
            let separator = if other_form { ",\n\n" } else { "," };
            let _ = write!(out, "{{\"rules\":[{}]}}", all.join(separator));
        }
        "a.yaml" => {
            out.push_str(if other_form {
                "# rules\n---\nrules:\n\n"
            } else {
                "rules:\n"
            });
            out.push_str(&all.concat());
        }
        _ => out.push_str(&all.concat()),
    }
    out
}

fn one(format: &str, number: usize, rule: &Rule, other_form: bool) -> String {
    let Rule { level, text, tags } = rule;
    let quoted = |quote: char| {
        tags.iter()
            .map(|t| format!("{quote}{t}{quote}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (format, other_form) {
        ("a.yaml", false) => {
            let tags: String = tags.iter().map(|t| format!("    - {t}\n")).collect();
            format!("  - id: r{number}\n    level: {level}\n    text: {text}\n    tags:\n{tags}")
        }
        ("a.yaml", true) => format!(
            "    - tags: [{}]\n      text: >-\n        {text}\n      # level\n      level: {level}\n      id: \"r{number}\"\n",
            quoted('\'')
        ),
        ("a.json", false) => format!(
            "{{\"id\":\"r{number}\",\"level\":{level},\"text\":\"{text}\",\"tags\":[{}]}}",
            quoted('"')
        ),
        ("a.json", true) => format!(
            "  {{ \"tags\": [ {} ],\n \"text\": \"{text}\", \"level\": {level}, \"id\": \"r{number}\" }}",
            quoted('"')
        ),
        ("a.toml", false) => format!(
            "[[rules]]\nid = \"r{number}\"\nlevel = {level}\ntext = \"{text}\"\ntags = [{}]\n",
            quoted('"')
        ),
        ("a.toml", true) => format!(
            "[[rules]]\ntags = [\n {},\n]\ntext = '{text}' # text\nlevel = {level}\nid = 'r{number}'\n",
            quoted('\'')
        ),
        ("a.xml", form) => {
            let tags: String = tags.iter().map(|t| format!("<tag>{t}</tag>")).collect();
            match form {
                false => format!(
                    "<rule id=\"r{number}\" level=\"{level}\"><text>{text}</text>{tags}</rule>\n"
                ),
                true => format!(
                    "<!-- one -->\n<rule\n  level='{level}' id='r{number}'>\n {tags}\n <text>\n{text}</text>\n</rule>\n"
                ),
            }
        }
        (_, false) => format!(
            "rule R{number} {level} {text}\ntags R{number} {}\n",
            tags.join(" ")
        ),
        (_, true) => format!(
            "\n# one\ntags   R{number}  {}\n  rule R{number} {level}   {text}\n",
            tags.join(" ")
        ),
    }
}

fn word() -> impl Strategy<Value = String> {
    "[a-z]{3,8}"
}

fn rule() -> impl Strategy<Value = Rule> {
    let text = prop::collection::vec(word(), 3..8).prop_map(|words| words.join(" "));
    let tags =
        prop::collection::btree_set(word(), 2..5).prop_map(|tags| tags.into_iter().collect());
    (1..100u32, text, tags).prop_map(|(level, text, tags)| Rule { level, text, tags })
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    prop::collection::vec(rule(), 3..9)
}

/// One change that a hotfix makes.
#[derive(Debug, Clone, Copy)]
enum Change {
    Level,
    Word,
    Tag,
}

fn apply(rule: &mut Rule, change: Change) {
    match change {
        Change::Level => rule.level += 1000,
        Change::Word => rule.text.push_str(" HOTFIXED"),
        Change::Tag => rule.tags.push("HOTFIXTAG".to_owned()),
    }
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop::sample::subsequence(vec![Change::Level, Change::Word, Change::Tag], 1..=3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, rng_seed: prop::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    /// The hotfix changes rules at one end, planned those at the other: nothing is lost.
    #[test]
    fn planned_may_change_everything_else(base in rules(), changes in changes(), format in prop::sample::select(&FORMATS[..]), other_form: bool) {
        let mut hotfix = base.clone();
        changes.iter().for_each(|change| apply(&mut hotfix[0], *change));
        let mut planned = hotfix.clone();
        let last = planned.len() - 1;
        planned[last].text.push_str(" else");
        planned[last].level += 500;
        planned.push(Rule { level: 7, text: "one more rule".to_owned(), tags: vec!["more".to_owned()] });
        let rule = judge(format, &write(format, &base, false), &write(format, &hotfix, false), &write(format, &planned, other_form));
        prop_assert_eq!(rule.verdict, Verdict::Included, "{:#?}", rule);
    }

    /// Of all that the hotfix changed, planned lacks one thing: it is not included, and the rest
    /// of the units still are.
    #[test]
    fn one_unit_less_is_not_included(base in rules(), which in 0..3usize, format in prop::sample::select(&FORMATS[..]), other_form: bool) {
        let all = [Change::Level, Change::Word, Change::Tag];
        let mut hotfix = base.clone();
        all.iter().for_each(|change| apply(&mut hotfix[1], *change));
        let mut planned = base.clone();
        planned[0].text.push_str(" else");
        all.iter().enumerate().filter(|(at, _)| *at != which).for_each(|(_, change)| apply(&mut planned[1], *change));
        let rule = judge(format, &write(format, &base, false), &write(format, &hotfix, false), &write(format, &planned, other_form));
        prop_assert_eq!(rule.verdict, Verdict::Partial, "{:#?}", rule);
    }

    /// Wherever planned has put the rule, among whatever others: the hotfix is in it.
    #[test]
    fn the_rule_may_stand_anywhere_else(base in rules(), changes in changes(), turn in 0..9usize, format in prop::sample::select(&FORMATS[..]), other_form: bool) {
        let mut hotfix: Vec<(usize, Rule)> = base.iter().cloned().enumerate().collect();
        let before = named(format, &hotfix, false);
        changes.iter().for_each(|change| apply(&mut hotfix[0].1, *change));
        let mut planned = hotfix.clone();
        planned.push((77, Rule { level: 7, text: "one more rule".to_owned(), tags: vec!["more".to_owned(), "tags".to_owned()] }));
        let turn = turn % planned.len();
        planned.rotate_left(turn);
        let rule = judge(format, &before, &named(format, &hotfix, false), &named(format, &planned, other_form));
        prop_assert_eq!(rule.verdict, Verdict::Included, "{:#?}", rule);
    }

    /// Of several rules that the hotfix changed, planned has one as it was: the others are in.
    #[test]
    fn one_rule_less_is_partial(base in rules(), less in 0..3usize, format in prop::sample::select(&FORMATS[..]), other_form: bool) {
        let mut hotfix = base.clone();
        hotfix[..3].iter_mut().for_each(|rule| apply(rule, Change::Level));
        let mut planned = hotfix.clone();
        planned[less] = base[less].clone();
        let rule = judge(format, &write(format, &base, false), &write(format, &hotfix, false), &write(format, &planned, other_form));
        prop_assert_eq!(rule.verdict, Verdict::Partial, "{:#?}", rule);
        let overridden = rule.units.iter().filter(|unit| unit.verdict == Verdict::Overridden).count();
        prop_assert_eq!((rule.units.len(), overridden), (3, 1), "{:#?}", rule);
    }

    /// The hotfix contains itself and its base does not, in every form that it is written in.
    #[test]
    fn the_two_ends_in_another_form(base in rules(), changes in changes(), format in prop::sample::select(&FORMATS[..])) {
        let mut hotfix = base.clone();
        changes.iter().for_each(|change| apply(&mut hotfix[1], *change));
        let said = |planned: &[Rule], form| judge(format, &write(format, &base, false), &write(format, &hotfix, false), &write(format, planned, form)).verdict;
        for form in [false, true] {
            prop_assert_eq!(said(&hotfix, form), Verdict::Included);
            prop_assert_eq!(said(&base, form), Verdict::Overridden);
        }
    }

    /// Another layout of planned changes no verdict.
    #[test]
    fn form_does_not_count(base in rules(), changes in changes(), taken in 0..3usize, format in prop::sample::select(&FORMATS[..])) {
        let mut hotfix = base.clone();
        changes.iter().for_each(|change| apply(&mut hotfix[1], *change));
        let mut planned = if taken == 0 { hotfix.clone() } else { base.clone() };
        if taken == 2 {
            planned[1].level += 77;
        }
        planned[0].level += 5;
        let said = |other_form| judge(format, &write(format, &base, false), &write(format, &hotfix, false), &write(format, &planned, other_form)).verdict;
        prop_assert_eq!(said(false), said(true));
    }

    /// Whatever the bytes: the hotfix contains itself, and its base does not.
    #[test]
    fn the_two_ends(base in "(?s).{0,80}", hotfix in "(?s).{0,80}", suffix in prop::sample::select(&FORMATS[..])) {
        prop_assume!(base != hotfix);
        prop_assert_eq!(judge(suffix, &base, &hotfix, &hotfix).verdict, Verdict::Included);
        prop_assert_eq!(judge(suffix, &base, &hotfix, &base).verdict, Verdict::Overridden);
    }

    /// Random lines, one changed: found when planned shuffles the others around it.
    #[test]
    fn a_line_among_others(lines in prop::collection::btree_set("[a-z]{4,9} [a-z]{3,9}", 4..12)) {
        let base: Vec<String> = lines.into_iter().collect();
        let mut hotfix = base.clone();
        hotfix.insert(2, "quite another line".to_owned());
        let mut planned = hotfix.clone();
        planned.rotate_left(1);
        planned.push("and one more".to_owned());
        let said = |planned: &[String]| judge("a.txt", &base.join("\n"), &hotfix.join("\n"), &planned.join("\n")).verdict;
        prop_assert_eq!(said(&planned), Verdict::Included);
        planned.retain(|line| line != "quite another line");
        prop_assert_eq!(said(&planned), Verdict::Overridden);
    }
}
