//! What a release would undo, for a terminal: rule by rule, the worst first, never more than fits on a screen.

use serde_json::Value;

/// Lines about one hotfix; what is beyond is counted.
const LINES_MAX: usize = 20;

/// Verdicts from the worst on; what is not named here is worse than all.
const WORST_FIRST: [&str; 5] = [
    "overridden",
    "removed",
    "conflicting",
    "cannot-tell",
    "partial",
];

/// The rules of one hotfix that a candidate does not contain, a line a rule; single changes below their rule where
/// all of them fit.
pub fn lines(rules: &Value) -> Vec<String> {
    let mut rules: Vec<&Value> = rules.as_array().into_iter().flatten().collect();
    rules.sort_by_key(|rule| (severity(word(&rule["verdict"])), word(&rule["path"])));
    let in_full: Vec<String> = rules.iter().flat_map(|rule| in_full(rule)).collect();
    if in_full.len() <= LINES_MAX {
        return in_full;
    }
    let mut lines: Vec<String> = rules.iter().map(|rule| counted(rule)).collect();
    let more = lines.len().saturating_sub(LINES_MAX);
    if more > 0 {
        lines.truncate(LINES_MAX);
        let rules = if more == 1 { "rule" } else { "rules" };
        lines.push(format!("  and {more} more {rules}, --json lists all"));
    } else {
        lines.push("  --json lists every single change".to_owned());
    }
    lines
}

/// `1 rule`, `27 rules`.
pub fn rules(rules: &Value) -> String {
    match rules.as_array().map_or(0, Vec::len) {
        1 => "1 rule".to_owned(),
        all => format!("{all} rules"),
    }
}

fn severity(verdict: &str) -> usize {
    let place = WORST_FIRST.iter().position(|known| *known == verdict);
    place.map_or(0, |place| place + 1)
}

/// The rule with every single change that is missing.
fn in_full(rule: &Value) -> Vec<String> {
    let mut lines = vec![format!(
        "  {}: {}",
        word(&rule["path"]),
        shown(&rule["verdict"])
    )];
    lines.extend(missing(rule).map(|unit| {
        let (what, verdict) = (word(&unit["what"]), shown(&unit["verdict"]));
        format!("    {what}: {verdict}{}", places(unit))
    }));
    lines
}

/// The rule in one line: `rules/a.conf: overridden, 2 of 5 single changes missing`.
fn counted(rule: &Value) -> String {
    let all = rule["units"].as_array().map_or(0, Vec::len);
    let counts = match (missing(rule).count(), all) {
        (_, 0) => String::new(),
        (1, 1) => ", its single change is missing".to_owned(),
        (missing, all) => format!(", {missing} of {all} single changes missing"),
    };
    format!(
        "  {}: {}{counts}",
        word(&rule["path"]),
        shown(&rule["verdict"])
    )
}

fn missing(rule: &Value) -> impl Iterator<Item = &Value> {
    let units = rule["units"].as_array().into_iter().flatten();
    units.filter(|unit| unit["verdict"] != "included")
}

/// Where a single change stands, e.g. ` (hotfix lines 3-5, here line 7)`; empty if that is not told.
fn places(unit: &Value) -> String {
    let span = |side: &str, name: &str| match (unit[name][0].as_u64(), unit[name][1].as_u64()) {
        (Some(from), Some(to)) if from == to => Some(format!("{side} line {from}")),
        (Some(from), Some(to)) => Some(format!("{side} lines {from}-{to}")),
        _ => None,
    };
    let sides = [
        span("before", "base"),
        span("hotfix", "hotfix"),
        span("here", "candidate"),
    ];
    let told: Vec<String> = sides.into_iter().flatten().collect();
    match told.is_empty() {
        true => String::new(),
        false => format!(" ({})", told.join(", ")),
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A verdict as people say it: `cannot tell`.
fn shown(value: &Value) -> String {
    word(value).replace('-', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(path: &str, verdict: &str, units: usize) -> Value {
        let unit = |n: usize| {
            json!({"what": format!("change {n}"), "verdict": if n == 0 { "included" } else { verdict },
                "base": [3, 3], "hotfix": [3, 5], "candidate": null})
        };
        let units: Vec<Value> = (0..units).map(unit).collect();
        json!({"path": path, "verdict": verdict, "units": units})
    }

    #[test]
    fn a_small_hotfix_is_told_in_full_the_worst_first() {
        let rules = json!([
            rule("a.conf", "partial", 2),
            rule("b.conf", "cannot-tell", 2)
        ]);
        assert_eq!(
            lines(&rules),
            [
                "  b.conf: cannot tell",
                "    change 1: cannot tell (before line 3, hotfix lines 3-5)",
                "  a.conf: partial",
                "    change 1: partial (before line 3, hotfix lines 3-5)",
            ]
        );
    }

    #[test]
    fn a_large_hotfix_takes_a_line_a_rule_and_the_rest_is_counted() {
        let mut rules: Vec<Value> = (0..29)
            .map(|n| rule(&format!("r{n:02}.conf"), "partial", 3))
            .collect();
        rules.push(rule("z.conf", "overridden", 2));
        let told = lines(&json!(rules));
        assert_eq!(super::rules(&json!(rules)), "30 rules");
        assert_eq!(told.len(), LINES_MAX + 1);
        assert_eq!(
            told[0],
            "  z.conf: overridden, 1 of 2 single changes missing"
        );
        assert_eq!(
            told[1],
            "  r00.conf: partial, 2 of 3 single changes missing"
        );
        assert_eq!(told[LINES_MAX], "  and 10 more rules, --json lists all");
        let few = lines(&json!(rules[..10]));
        assert_eq!(few.last().unwrap(), "  --json lists every single change");
    }
}
