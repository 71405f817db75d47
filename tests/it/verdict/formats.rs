//! Each format by its own rules: what its units are and what counts as the same.

use rulegate_compare::verdict::Verdict::{Conflicting, Included, Overridden, Partial, Removed};

use super::{check, check_files, judge, verdict_on};

const SECRULE: &str = "SecRule ARGS|!ARGS:x \"@rx (?:union|select)\" \\\n    \"id:942100,\\\n    phase:2,\\\n    block,\\\n    t:none,t:lowercase,\\\n    ver:'CRS/4.1.0',\\\n    severity:'CRITICAL'\"\n\nSecRule ARGS \"@rx sleep\" \\\n    \"id:942110,\\\n    phase:2,\\\n    block,\\\n    t:none\"\n";

#[test]
fn rules_in_statements_with_an_id() {
    let hotfix = SECRULE.replace("t:none,t:lowercase", "t:none,t:replaceComments,t:lowercase");
    check(
        "a.conf",
        SECRULE,
        &hotfix,
        &hotfix.replace("sleep", "benchmark"),
        Included,
    );
    check(
        "a.conf",
        SECRULE,
        &hotfix,
        &hotfix.replace("4.1.0", "4.2.0"),
        Included,
    );
    check(
        "a.conf",
        SECRULE,
        &hotfix,
        &SECRULE.replace("sleep", "benchmark"),
        Overridden,
    );
    check(
        "a.conf",
        SECRULE,
        &hotfix,
        SECRULE.split_once("\n\n").unwrap().1,
        Removed,
    );
    // The same action on another rule is not this one.
    check(
        "a.conf",
        SECRULE,
        &hotfix,
        &SECRULE.replace("t:none\"", "t:none,t:replaceComments\""),
        Overridden,
    );
    let target = SECRULE.replace("SecRule ARGS|!ARGS:x", "SecRule ARGS|!ARGS:x|XML:/*");
    check(
        "a.conf",
        SECRULE,
        &target,
        &target.replace("ARGS|", "ARGS_NAMES|ARGS|"),
        Included,
    );
    let both = target.replace("block,\\\n    t:none\"", "deny,\\\n    t:none\"");
    check("a.conf", SECRULE, &both, &target, Partial);
    let unit = &judge("a.conf", SECRULE, &hotfix, &hotfix.replace("sleep", "x")).units[0];
    assert_eq!(unit.what, "rule 942100: t: replaceComments added");
    assert_eq!(
        (unit.base, unit.hotfix, unit.planned),
        (None, Some((1, 7)), Some((1, 7)))
    );
}

#[test]
fn directives_with_a_name() {
    let base = "score FOO 1.0\nscore BAR 2.0\nheader FOO Subject =~ /a|b/i\n";
    let hotfix = "score FOO 3.5\nscore BAR 2.0\nheader FOO Subject =~ /a|b|viagra/i\n";
    check(
        "a.cf",
        base,
        hotfix,
        "score BAR 2.1\n\nheader FOO Subject =~ /a|b|viagra|more/i\nscore   FOO 3.5\n",
        Included,
    );
    check(
        "a.cf",
        base,
        hotfix,
        "score FOO 3.5\nscore BAR 2.0\nheader FOO Subject =~ /a|b/i\n",
        Partial,
    );
    check(
        "a.cf",
        base,
        hotfix,
        "score FOO 4.0\nscore BAR 2.0\nheader FOO Subject =~ /c/\n",
        Conflicting,
    );
    check("a.cf", base, hotfix, "score BAR 2.0\n", Removed);
}

#[test]
fn word_lists() {
    let base = "alpha\nbeta\ngamma\ndelta\n";
    check(
        "a.data",
        base,
        "alpha\nbeta\ngamma\ndelta\nepsilon\n",
        "epsilon\nzeta\nalpha\nbeta\ngamma\ndelta\n",
        Included,
    );
    check(
        "a.data",
        base,
        "alpha\ngamma\ndelta\n",
        "alpha\ngamma\ndelta\nzeta\n",
        Included,
    );
    check(
        "a.data",
        base,
        "alpha\ngamma\ndelta\n",
        "alpha\nbeta\ngamma\nzeta\n",
        Overridden,
    );
    check(
        "a.data",
        base,
        "alpha\ngamma\nepsilon\ndelta\n",
        "alpha\nbeta\nepsilon\ngamma\n",
        Partial,
    );
    let domains = "domains a.example b.example c.example\ndomains d.example e.example f.example\n";
    let more =
        "domains a.example b.example c.example x.example\ndomains d.example e.example f.example\n";
    check(
        "a.cf",
        domains,
        more,
        "domains a.example x.example\ndomains b.example d.example e.example\n",
        Included,
    );
}

const ALERTS: &str = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: rate(x[5m]) > 0\n    for: 5m\n  - alert: B\n    expr: up == 0\n";

#[test]
fn yaml_by_parsed_content() {
    let hotfix = ALERTS.replace("[5m]", "[10m]");
    check(
        "a.yaml",
        ALERTS,
        &hotfix,
        "groups: [{rules: [{alert: B, expr: up == 0}, {for: 5m, alert: 'A', expr: \"rate(x[10m]) > 0\"}], name: g}]",
        Included,
    );
    check(
        "a.yaml",
        ALERTS,
        &hotfix,
        &hotfix.replace("rate(x[10m])", "sum by (job) (rate(x[10m]))"),
        Included,
    );
    check(
        "a.yaml",
        ALERTS,
        &hotfix,
        &ALERTS.replace("up ==", "up{job=\"a\"} =="),
        Overridden,
    );
    check(
        "a.yaml",
        ALERTS,
        &hotfix,
        &ALERTS.replace("[5m]", "[30m]"),
        Conflicting,
    );
    check(
        "a.yaml",
        ALERTS,
        &hotfix,
        "groups:\n- name: g\n  rules:\n  - alert: B\n    expr: up == 0\n",
        Removed,
    );
    let added = format!("{ALERTS}  - alert: C\n    expr: down\n    for: 1m\n");
    check(
        "a.yaml",
        ALERTS,
        &added,
        &ALERTS.replace("5m", "6m"),
        Overridden,
    );
    check(
        "a.yaml",
        ALERTS,
        &added,
        &added.replace("for: 1m", "for: 2m"),
        Partial,
    );
    check(
        "a.yaml",
        &added,
        ALERTS,
        &ALERTS.replace("up ==", "up{a=\"b\"} =="),
        Included,
    );
    check(
        "a.yaml",
        &added,
        ALERTS,
        &added.replace("up ==", "up{a=\"b\"} =="),
        Overridden,
    );
}

#[test]
fn json_toml_and_xml_by_parsed_content() {
    check(
        "a.json",
        r#"{"a": 1, "b": [1, 2]}"#,
        r#"{"a": 2, "b": [1, 2]}"#,
        "{\"b\":[1,2,3],\n\"a\":2}",
        Included,
    );
    check(
        "a.json",
        r#"{"a": 1, "b": [1, 2]}"#,
        r#"{"a": 2, "b": [1, 2, 3]}"#,
        r#"{"b": [1, 2, 3], "a": 1}"#,
        Partial,
    );
    check(
        "a.toml",
        "[rule]\nrisk = 1\nname = 'x'\n",
        "[rule]\nrisk = 2\nname = 'x'\n",
        "rule = { name = \"x\", risk = 2, y = 1 }\n",
        Included,
    );
    check(
        "a.toml",
        "[rule]\nrisk = 1\n",
        "[rule]\nrisk = 2\n",
        "[rule]\nrisk = 3\n",
        Conflicting,
    );
    let base = "<group name=\"a\">\n <rule id=\"1\" level=\"2\"><match>x & y</match></rule>\n</group>\n<group name=\"b\"/>\n";
    let hotfix = base.replace("level=\"2\"", "level=\"7\"");
    check(
        "a.xml",
        base,
        &hotfix,
        "<group name=\"a\"><rule level='7' id='1'>\n<match>x &amp; y</match><mail/></rule></group>",
        Included,
    );
    check(
        "a.xml",
        base,
        &hotfix,
        &base.replace("x & y", "z"),
        Overridden,
    );
    check("a.xml", base, &hotfix, "<group name=\"a\"/>", Removed);
}

#[test]
fn formats_that_nobody_listed() {
    let base = "rule \"a\"\n  when\n    amount > 10\n  then\n    deny();\nend\n\nrule \"b\"\n  when\n    age > 20\n  then\n    deny();\nend\n";
    let hotfix = base.replace("amount > 10", "amount > 50");
    check(
        "a.rulelang",
        base,
        &hotfix,
        &hotfix.replace("age > 20", "age > 21"),
        Included,
    );
    check(
        "a.rulelang",
        base,
        &hotfix,
        &base.replace("age > 20", "age > 21"),
        Overridden,
    );
    let base = "alert tcp any any -> any 80 (msg:\"a; b\"; content:\"x\"; sid:2001; rev:1;)\nalert tcp any any -> any 81 (msg:\"c\"; sid:2002; rev:1;)\n";
    let hotfix = base.replace(
        "content:\"x\"; sid:2001; rev:1",
        "content:\"x\"; nocase; sid:2001; rev:2",
    );
    check(
        "a.rules",
        base,
        &hotfix,
        &hotfix
            .replace("msg:\"c\"", "msg:\"d\"")
            .replace("rev:2", "rev:3"),
        Included,
    );
    check(
        "a.rules",
        base,
        &hotfix,
        &base.replace("msg:\"c\"", "msg:\"d\""),
        Overridden,
    );
    let base = "[prod]\nlimit = 10\nname = a\n[dev]\nlimit = 5\n";
    check(
        "a.ini",
        base,
        &base.replace("10", "20"),
        "[dev]\nlimit = 5\n[prod]\nname = b\nlimit = 20\n",
        Included,
    );
    check(
        "a.ini",
        base,
        &base.replace("10", "20"),
        "[prod]\nlimit = 10\nname = b\n[dev]\nlimit = 20\n",
        Overridden,
    );
}

/// Rules in braces, whose inside is not always indented: each `author` belongs to its rule, and another file's is another.
#[test]
fn statements_belong_to_the_braces_around_them() {
    const FLAT: &str = "rule One\n{\nmeta:\n  author = \"a\"\nstrings:\n  $a = \"x\"\n}\n\n\
        rule Two\n{\nmeta:\n  author = \"a\"\nstrings:\n  $a = \"y\"\n}\n";
    let indented = FLAT.replace("\n{\n", " {\n").replace("meta:", "  meta:");
    for base in [FLAT, &indented] {
        let hotfix = base.replace("$a = \"y\"", "$a = \"z\"");
        let other = base
            .replace("rule One", "rule Three")
            .replace("rule Two", "rule Four");
        let planned = hotfix.replace("$a = \"x\"", "$a = \"w\"");
        let verdicts = |planned: &str| {
            let planned = [("a.yar", planned), ("b.yar", other.as_str())];
            let mut rules = verdict_on(&[("a.yar", base)], &[("a.yar", &hotfix)], &planned);
            assert_eq!(rules.len(), 1);
            rules.remove(0)
        };
        let rule = verdicts(&planned);
        assert_eq!(rule.verdict, Included, "{}", rule.why);
        let [unit] = rule.units.as_slice() else {
            panic!("{:?}", rule.units)
        };
        assert_eq!(unit.what, "rule Two > strings > $a: \"y\" became \"z\"");
        let swapped = base.replace("$a = \"x\"", "$a = \"z\"");
        assert_eq!(verdicts(&swapped).verdict, Overridden);
    }
    check(
        "a.ini",
        "[one]\nlimit = 5\n[two]\nlimit = 5\n",
        "[one]\nlimit = 5\n[two]\nlimit = 6\n",
        "[one]\nlimit = 6\n[two]\nlimit = 5\n",
        Overridden,
    );
}

/// The same line in another named block is not what the hotfix did, while the block it belongs to is still there.
#[test]
fn a_line_in_another_block_is_another_line() {
    for (path, base, line, own, other) in [
        (
            "named.conf",
            "zone \"a\" {\n  type master;\n};\nzone \"b\" {\n  type master;\n};\n",
            "  allow-transfer { none; };\n",
            "zone \"a\" {\n",
            "zone \"b\" {\n",
        ),
        (
            "a.conf",
            "<Directory /a>\n  AllowOverride All\n</Directory>\n<Directory /b>\n  AllowOverride All\n</Directory>\n",
            "  Require all denied\n",
            "<Directory /a>\n",
            "<Directory /b>\n",
        ),
        (
            "h.cfg",
            "frontend a\n  bind :80\nfrontend b\n  bind :81\n",
            "  http-request deny if bad\n",
            "frontend a\n",
            "frontend b\n",
        ),
        (
            "r.drl",
            "rule \"A\"\nwhen\n  x : Order()\nthen\n  log(x);\nend\nrule \"B\"\nwhen\n  x : Order()\nthen\n  log(x);\nend\n",
            "  salience 9\n",
            "rule \"A\"\n",
            "rule \"B\"\n",
        ),
    ] {
        let with = |header: &str| base.replace(header, &format!("{header}{line}"));
        check(path, base, &with(own), &with(own), Included);
        check(path, base, &with(own), &with(other), Overridden);
    }
    let expr = |expr: &str| format!("expr: node_load1 {expr}\n");
    check(
        "p.yml",
        &expr("> 10"),
        &expr("> 5"),
        &expr("< 5"),
        Conflicting,
    );
}

#[test]
fn files_that_move_split_come_and_go() {
    let rule = "title: T\nid: 0a1b\nlevel: low\nselection:\n  a: [x, y, z]\n";
    let fixed = rule.replace("low", "high");
    let fixed = fixed.as_str();
    check_files(
        &[("a/t.yml", rule)],
        &[("a/t.yml", fixed)],
        &[("b/t.yml", fixed)],
        &[("a/t.yml", Included)],
    );
    check_files(
        &[("a/t.yml", rule)],
        &[("a/t.yml", fixed)],
        &[("b/t.yml", rule)],
        &[("a/t.yml", Overridden)],
    );
    check_files(
        &[("a/t.yml", rule)],
        &[("a/t.yml", fixed)],
        &[],
        &[("a/t.yml", Removed)],
    );
    check_files(&[], &[("t.yml", rule)], &[], &[("t.yml", Overridden)]);
    check_files(&[("t.yml", rule)], &[], &[], &[("t.yml", Included)]);
    check_files(
        &[("t.yml", rule)],
        &[],
        &[("t.yml", fixed)],
        &[("t.yml", Overridden)],
    );
    let alerts = ALERTS.replace("[5m]", "[10m]").replace("up == 0", "up < 1");
    let only = |name: &str, expr: &str| {
        format!("groups:\n- name: g\n  rules:\n  - alert: {name}\n    expr: {expr}\n")
    };
    let (a, b) = (
        only("A", "rate(x[10m]) > 0\n    for: 5m"),
        only("B", "up < 1"),
    );
    check_files(
        &[("all.yaml", ALERTS)],
        &[("all.yaml", &alerts)],
        &[("one.yaml", &a), ("two.yaml", &b)],
        &[("all.yaml", Included)],
    );
}

#[test]
fn a_hotfix_of_order_comments_or_white_space_alone() {
    check(
        "a.yaml",
        "- id: a\n- id: b\n- id: c\n",
        "- id: b\n- id: c\n- id: a\n",
        "- id: b\n- id: x\n- id: c\n- id: a\n",
        Included,
    );
    check(
        "a.yaml",
        "- id: a\n- id: b\n- id: c\n",
        "- id: b\n- id: c\n- id: a\n",
        "- id: a\n- id: x\n- id: b\n- id: c\n",
        Overridden,
    );
    check(
        "a.yaml",
        "a: 1 # one\nb: 2\n",
        "a: 1 # first\nb: 2\n",
        "a: 1 # first\nb: 3\n",
        Included,
    );
    check(
        "a.yaml",
        "# note\na: 1\nb: 2\n",
        "# remark\na: 1\nb: 2\n",
        "# note\na: 1\nb: 3\n",
        Overridden,
    );
    check("a.conf", "x 1 2\n", "x 1 2 \n", "x 1 2 \ny 3 4\n", Included);
    check(
        "a.conf",
        "x 1 2\r\ny 3 4\r\n",
        "x 1 2\ny 3 4\n",
        "x 1 2\ny 3 4\nz 5 6\n",
        Included,
    );
}

#[test]
fn bytes_that_are_no_utf8() {
    use rulegate_compare::ThreeWay;
    use rulegate_compare::verdict::{Texts, verdict};
    let of = |bytes: &'static [u8]| Texts::from([("a.cf", bytes)]);
    let said = |planned: &'static [u8]| {
        let texts = ThreeWay {
            base: &b"describe A caf\xe9 old\n"[..],
            hotfix: b"describe A caf\xe9 neuf\n",
            planned,
        };
        verdict(&texts.map(of))[0].verdict
    };
    assert_eq!(said(b"describe B x y\ndescribe A caf\xe9 neuf\n"), Included);
    assert_eq!(
        said(b"describe B x y\ndescribe A caf\xe9 old\n"),
        Overridden
    );
}
