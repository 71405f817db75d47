//! Any bytes at all: an answer within the steps allowed, and no panic.

use rulegate_compare::ThreeWay;
use rulegate_compare::verdict::{Limits, Texts, Verdict, verdict_within};

use super::{SIDES, cases, texts};

/// Splitmix64: the same bytes on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

const SUFFIXES: [&str; 9] = [
    "yaml", "json", "toml", "xml", "conf", "cf", "data", "rules", "none",
];
const BITS: [&str; 32] = [
    "a: ",
    "- ",
    "\n",
    "\n  ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    ",",
    ":",
    "&x ",
    "*x ",
    "<a b=\"c\">",
    "</a>",
    "<!--",
    "-->",
    "id:1",
    "#",
    "\\\n",
    "if 0\n",
    "endif\n",
    "|",
    ">",
    "=",
    "\u{202e}",
    "\r\n",
    "\0",
    "&",
    "é",
    "---\n",
];

fn within_limits(texts: &ThreeWay<Texts>, limits: &Limits) {
    let ThreeWay { base, hotfix, .. } = texts;
    let differing = base
        .keys()
        .chain(hotfix.keys())
        .filter(|path| base.get(*path) != hotfix.get(*path));
    let paths: std::collections::BTreeSet<_> = differing.collect();
    let rules = verdict_within(texts, limits);
    assert!(
        rules
            .iter()
            .map(|rule| rule.path.as_str())
            .eq(paths.into_iter().copied()),
        "each differing path once"
    );
    for rule in rules {
        assert!(rule.units.len() <= limits.units_max);
        assert!(!rule.why.is_empty());
        if rule.verdict == Verdict::Included {
            assert!(
                rule.units
                    .iter()
                    .all(|unit| unit.verdict == Verdict::Included),
                "{rule:#?}"
            );
        }
    }
}

fn made_up(random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..random.below(60) {
        match random.below(8) {
            0 => out.push(random.next() as u8),
            1 => out.extend(format!("w{}", random.below(5)).bytes()),
            _ => out.extend(random.pick(&BITS).bytes()),
        }
    }
    out
}

fn one<'a>(path: &'a str, bytes: &'a [u8]) -> Texts<'a> {
    Texts::from([(path, bytes)])
}

#[test]
fn made_up_texts() {
    let mut random = Random(1);
    for _ in 0..1500 {
        let path = format!("a.{}", random.pick(&SUFFIXES));
        let texts = SIDES.map(|_| made_up(&mut random));
        let texts = texts.as_ref().map(|bytes| one(&path, bytes));
        within_limits(&texts, &Limits::default());
    }
}

#[test]
fn mutilated_real_texts() {
    let mut random = Random(2);
    let cases = cases();
    let small: Vec<(&str, &Vec<u8>)> = cases
        .iter()
        .flat_map(|case| &case.files.hotfix)
        .filter(|(_, bytes)| bytes.len() < 6_000)
        .map(|(path, bytes)| (path.as_str(), bytes))
        .collect();
    for _ in 0..300 {
        let (path, bytes) = *random.pick(&small);
        let mut mutilate = || {
            let mut out = bytes.clone();
            for _ in 0..random.below(4) {
                let at = random.below(out.len());
                let to = (at + random.below(40)).min(out.len());
                match random.below(3) {
                    0 => drop(out.drain(at..to)),
                    1 => drop(out.splice(at..at, random.pick(&BITS).bytes())),
                    _ => out.extend_from_within(at..to),
                }
            }
            out
        };
        let texts = SIDES.map(|_| mutilate());
        let texts = texts.as_ref().map(|bytes| one(path, bytes));
        within_limits(&texts, &Limits::default());
    }
}

#[test]
fn past_the_limits_nothing_is_told() {
    let case = cases()
        .into_iter()
        .find(|case| case.name.starts_with("spamassassin"))
        .unwrap();
    let sides = case.files.as_ref().map(texts);
    for steps_max in [0, 1, 100, 10_000] {
        let limits = Limits {
            steps_max,
            ..Limits::default()
        };
        within_limits(&sides, &limits);
        if steps_max <= 100 {
            for rule in verdict_within(&sides, &limits) {
                let bytes = [
                    sides.hotfix.get(rule.path.as_str()),
                    sides.planned.get(rule.path.as_str()),
                ];
                assert!(
                    rule.verdict != Verdict::Included || bytes[0] == bytes[1],
                    "{}: {}",
                    rule.path,
                    rule.why
                );
            }
        }
    }
    let limits = Limits {
        text_bytes_max: 100,
        ..Limits::default()
    };
    let told = verdict_within(&sides, &limits);
    assert!(
        told.iter().any(|rule| rule.verdict == Verdict::CannotTell
            && rule.why.contains("larger than 100 bytes"))
    );
}

/// What parsers are slow on ends within the steps: 30,000 attributes are compared with each other by
/// the parser, aliases of aliases grow without end, brackets are read again at each level.
#[test]
fn what_parsers_are_slow_on() {
    let attributes: String = (0..30_000).map(|n| format!(" a{n}='1'")).collect();
    let hidden: String = (0..30_000).map(|n| format!(" a{n} =\n\"1\"")).collect();
    let spaces: String = (0..20_000).map(|n| format!(" xmlns:a{n}='u'")).collect();
    let aliases = (1..60).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        text + &format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1)
    });
    let elses = format!("if a\n{}endif\n", "else\nx y z\n".repeat(2_000));
    let conditions = "if some condition that is long enough to matter\nx y\n".repeat(800);
    let brackets = format!(
        "{}{}1{}",
        "[".repeat(59),
        "1,".repeat(10_000),
        "]".repeat(59)
    );
    for (path, text) in [
        ("a.xml", format!("<a{attributes}/>")),
        ("a.xml", format!("<a b='>'{hidden}/>")),
        (
            "a.xml",
            format!("<a{spaces}>{}</a>", "<b xmlns:z='u'/>".repeat(20_000)),
        ),
        ("a.yaml", aliases),
        ("a.cf", format!("{elses}endif\n")),
        ("a.cf", format!("{conditions}endif\n")),
        ("a.json", brackets),
    ] {
        let (hotfix, planned) = (text.replace('1', "2"), format!("{text} "));
        let texts = ThreeWay {
            base: &text,
            hotfix: &hotfix,
            planned: &planned,
        };
        let texts = texts.map(|text| one(path, text.as_bytes()));
        within_limits(&texts, &Limits::default());
    }
}

#[test]
fn nesting_without_end() {
    for (suffix, open) in [
        ("json", "["),
        ("json", "{\"a\":"),
        ("yaml", "["),
        ("yaml", "- "),
        ("yaml", "? "),
        ("xml", "<a>"),
        ("toml", "a=["),
    ] {
        let deep = open.repeat(20_000);
        let path = format!("a.{suffix}");
        for [base, hotfix] in [["x", &deep], [&deep, "x"]] {
            let texts = ThreeWay {
                base,
                hotfix,
                planned: base,
            };
            let texts = texts.map(|text| one(&path, text.as_bytes()));
            within_limits(&texts, &Limits::default());
        }
    }
}
