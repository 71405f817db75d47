//! What is there to be seen but has no effect is not included.

use rulegate_compare::verdict::Verdict;

use super::{judge, verdict_on};

#[track_caller]
fn not_included(path: &str, base: &str, hotfix: &str, planned: &str) {
    let rule = judge(path, base, hotfix, planned);
    assert_ne!(
        rule.verdict,
        Verdict::Included,
        "{path}: {}\n{:#?}",
        rule.why,
        rule.units
    );
}

#[track_caller]
fn not_included_files(base: &[(&str, &str)], hotfix: &[(&str, &str)], planned: &[(&str, &str)]) {
    for rule in verdict_on(base, hotfix, planned) {
        assert_ne!(
            rule.verdict,
            Verdict::Included,
            "{}: {}\n{:#?}",
            rule.path,
            rule.why,
            rule.units
        );
    }
}

const ALERT: &str = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    for: 5m\n";

#[test]
fn commented_out() {
    not_included(
        "a.cf",
        "score A 1\n",
        "score A 2\n",
        "score A 1\n# score A 2\n",
    );
    not_included(
        "a.cf",
        "score A 1\n",
        "score A 2\n",
        "#score A 2\nscore B 2\n",
    );
    not_included(
        "a.cf",
        "x y\n",
        "x y\nheader NEW Subject =~ /b/\n",
        "x y\n# header NEW Subject =~ /b/\nz z\n",
    );
    not_included(
        "a.unknown",
        "allow a b\n",
        "allow a b\nallow secret thing\n",
        "allow a b\n#allow secret thing\n",
    );
    not_included(
        "a.unknown",
        "allow a b\n",
        "allow a b\nallow secret thing\n",
        "allow a b\n/*\nallow secret thing\n*/\n",
    );
    not_included(
        "a.unknown",
        "allow a b\n",
        "allow a b secret\n",
        "allow a b # secret\n",
    );
    not_included(
        "a.unknown",
        "allow a b\n",
        "allow a b secret\n",
        "allow a b // secret\n",
    );
    not_included(
        "a.unknown",
        "alert x (sid:7; a:1;)\n",
        "alert x (sid:7; a:2;)\n",
        "#alert x (sid:7; a:2;)\n",
    );
    not_included(
        "a.unknown",
        "alert x (sid:7; a:1;)\n",
        "alert x (sid:7; a:2;)\n",
        ";alert x (sid:7; a:2;)\n",
    );
    let hotfix = ALERT.replace("5m", "9m");
    not_included(
        "a.yaml",
        ALERT,
        &hotfix,
        &ALERT.replace("    for: 5m", "    # for: 9m"),
    );
    not_included(
        "a.yaml",
        ALERT,
        &hotfix,
        &format!("{ALERT}#{}", hotfix.replace('\n', "\n#")),
    );
    let xml = "<g><rule id=\"1\"><match>a</match></rule></g>";
    let fixed = "<g><rule id=\"1\"><match>b</match></rule></g>";
    not_included(
        "a.xml",
        xml,
        fixed,
        "<g><!-- <rule id=\"1\"><match>b</match></rule> --></g>",
    );
    not_included("a.xml", xml, fixed, &format!("{xml}<!-- {fixed} -- -->"));
    let rule = "SecRule ARGS \"@rx a\" \\\n  \"id:1,\\\n  deny\"\n";
    let commented: String = rule
        .replace("@rx a", "@rx b")
        .lines()
        .map(|line| format!("#{line}\n"))
        .collect();
    not_included("a.conf", rule, &rule.replace("@rx a", "@rx b"), &commented);
}

#[test]
fn shadowed_by_another_of_the_same_name() {
    not_included(
        "a.cf",
        "score A 1\n",
        "score A 2\n",
        "score A 2\nscore B 1\nscore A 1\n",
    );
    not_included(
        "a.json",
        r#"{"a": 1}"#,
        r#"{"a": 2}"#,
        r#"{"a": 2, "a": 1}"#,
    );
    not_included(
        "a.json",
        r#"{"a": {"b": 1}}"#,
        r#"{"a": {"b": 2}}"#,
        r#"{"a": {"b": 2}, "a": {"b": 3}}"#,
    );
    not_included(
        "a.yaml",
        "a: 1\nb: 1\n",
        "a: 2\nb: 1\n",
        "a: 2\nb: 1\na: 1\n",
    );
    let hotfix = ALERT.replace("5m", "9m");
    not_included(
        "a.yaml",
        ALERT,
        &hotfix,
        &format!("{hotfix}  - alert: A\n    expr: up == 0\n    for: 5m\n"),
    );
    let rule = "SecRule ARGS \"@rx a\" \"id:1,deny\"\n";
    let fixed = rule.replace("@rx a", "@rx b");
    not_included("a.conf", rule, &fixed, &format!("{fixed}{rule}"));
    // Another file that is new in planned counts too, even beside the very bytes of the hotfix.
    not_included_files(
        &[("a.yaml", ALERT)],
        &[("a.yaml", &hotfix)],
        &[("a.yaml", &hotfix), ("z.yaml", ALERT)],
    );
    not_included_files(
        &[("a.cf", "score A 1\n")],
        &[("a.cf", "score A 2\n")],
        &[("a.cf", "score A 2\n"), ("z.cf", "score A 0\n")],
    );
}

#[test]
fn in_a_dead_branch_or_switched_off() {
    not_included(
        "a.cf",
        "score A 1\n",
        "score A 2\n",
        "if 0\nscore A 2\nendif\n",
    );
    not_included(
        "a.cf",
        "score A 1\n",
        "score A 2\n",
        "if (false)\nscore A 2\nendif\nscore A 1\n",
    );
    not_included(
        "a.cf",
        "score A 1\n",
        "score A 2\n",
        "if (version < 3.0)\nscore A 2\nendif\n",
    );
    not_included(
        "a.cf",
        "score A 1\n",
        "score A 2\n",
        "ifplugin X\nscore A 1\nelse\nscore A 2\nendif\n",
    );
    not_included(
        "a.conf",
        "Allow a b\n",
        "Allow a b\nDeny c d\n",
        "Allow a b\n<IfDefine NEVER>\nDeny c d\n</IfDefine>\n",
    );
    let hotfix = ALERT.replace("5m", "9m");
    not_included(
        "a.yaml",
        ALERT,
        &hotfix,
        &format!("{hotfix}    enabled: false\n"),
    );
    not_included(
        "a.json",
        r#"[{"id": "r1", "a": 1}]"#,
        r#"[{"id": "r1", "a": 2}]"#,
        r#"[{"id": "r1", "a": 2, "disabled": true}]"#,
    );
    let rule = "SecRule ARGS \"@rx a\" \"id:942100,deny\"\n";
    let fixed = rule.replace("@rx a", "@rx b");
    not_included(
        "a.conf",
        rule,
        &fixed,
        &format!("{fixed}SecRuleRemoveById 942000-942999\n"),
    );
    not_included_files(
        &[("a.conf", rule)],
        &[("a.conf", &fixed)],
        &[("a.conf", &fixed), ("z.conf", "SecRuleRemoveById 942100\n")],
    );
    not_included(
        "a.conf",
        rule,
        &fixed,
        &fixed.replace("\"@rx b\"", "\"!@rx b\""),
    );
}

#[test]
fn only_for_another_environment() {
    let hotfix = ALERT.replace("5m", "9m");
    not_included_files(
        &[("prod/a.yaml", ALERT)],
        &[("prod/a.yaml", &hotfix)],
        &[("prod/a.yaml", ALERT), ("staging/a.yaml", &hotfix)],
    );
    not_included_files(
        &[("prod/a.yaml", ALERT)],
        &[("prod/a.yaml", &hotfix)],
        &[("staging/a.yaml", &hotfix)],
    );
    not_included_files(
        &[("a.yaml", ALERT)],
        &[("a.yaml", &hotfix)],
        &[("examples/a.yaml", &hotfix)],
    );
    not_included_files(
        &[("a.yaml", ALERT)],
        &[("a.yaml", &hotfix)],
        &[("a.yaml.disabled", &hotfix)],
    );
    not_included_files(
        &[("east/a.yaml", ALERT), ("west/a.yaml", ALERT)],
        &[("east/a.yaml", &hotfix), ("west/a.yaml", ALERT)],
        &[("west/a.yaml", &hotfix)],
    );
    not_included(
        "a.ini",
        "[prod]\nx = 1\n[dev]\ny = 1\n",
        "[prod]\nx = 2\n[dev]\ny = 1\n",
        "[prod]\n[dev]\ny = 1\nx = 2\n",
    );
    let groups = |prod: &str, test: &str| {
        format!(
            "groups:\n- name: prod\n  rules:\n  - alert: Z\n    expr: z\n{prod}- name: test\n  rules:\n  - alert: Y\n    expr: y\n{test}"
        )
    };
    let rule = |expr: &str| format!("  - alert: A\n    expr: {expr}\n");
    not_included(
        "a.yaml",
        &groups(&rule("a"), ""),
        &groups(&rule("b"), ""),
        &groups("", &rule("b")),
    );
}

#[test]
fn looks_alike_but_is_another_text() {
    not_included("a.yaml", "a: deny\n", "a: allow\n", "a: аllow\n");
    not_included("a.yaml", "a: deny\n", "a: allow\n", "a: \"al\\u202elow\"\n");
    not_included(
        "a.yaml",
        "a: deny all\n",
        "a: allow all\n",
        "a: allow\u{a0}all\n",
    );
    for unseen in [
        '\u{200b}',
        '\u{61c}',
        '\u{a0}',
        '\u{fe0f}',
        '\u{e0041}',
        '\u{e000}',
    ] {
        let planned = format!("score A{unseen} 2\n");
        not_included("a.cf", "score A 1\n", "score A 2\n", &planned);
        let planned = format!("score A{unseen}: 2\n");
        not_included("a.yaml", "score A: 1\n", "score A: 2\n", &planned);
    }
    not_included("a.yaml", "a: 1\n", "a: 2\n", "a: '2'\n");
    not_included("a.yaml", "a: 'on'\n", "a: 'no'\n", "a: no\n");
    not_included("a.yaml", "a: 'x'\n", "a: ' -mm'\n", "a: '-mm'\n");
    not_included("a.json", r#"{"a": "1"}"#, r#"{"a": "2"}"#, r#"{"a": 2}"#);
    not_included(
        "a.json",
        r#"{"a": ["x"]}"#,
        r#"{"a": ["y"]}"#,
        r#"{"a": "y"}"#,
    );
}

#[test]
fn another_rule_that_resembles_it() {
    let base = "SecRule ARGS \"@rx a\" \"id:1,deny,phase:2,log,t:none\"\nSecRule ARGS \"@rx z\" \"id:3,deny\"\n";
    let hotfix = base.replace("@rx a", "@rx b");
    not_included("a.conf", base, &hotfix, &hotfix.replace("id:1,", "id:2,"));
    let added = format!("{base}SecRule ARGS \"@rx new\" \"id:9,deny,phase:2,log,t:none\"\n");
    not_included("a.conf", base, &added, &added.replace("id:9", "id:8"));
    not_included("a.yaml", "- a: 1\n", "- a: 1\n- a: 2\n", "- a: 1\n- b: 2\n");
    // Even when it is the only one.
    let alone = "SecRule ARGS \"@rx a\" \"id:1,deny,phase:2,log,t:none\"\n";
    let fixed = alone.replace("@rx a", "@rx b");
    not_included("a.conf", alone, &fixed, &fixed.replace("id:1,", "id:2,"));
    not_included(
        "a.json",
        r#"[{"id": "r1", "a": 1, "b": 2, "c": 3, "d": 4}]"#,
        r#"[{"id": "r1", "a": 9, "b": 2, "c": 3, "d": 4}]"#,
        r#"[{"id": "r2", "a": 9, "b": 2, "c": 3, "d": 4}]"#,
    );
}

#[test]
fn planned_that_cannot_be_read() {
    not_included("a.yaml", "a: 1\nb: 2\n", "a: 3\nb: 2\n", "a: 3\nb: [\n");
    not_included("a.json", r#"{"a": 1}"#, r#"{"a": 2}"#, r#"{"a": 2"#);
    not_included("a.json", r#"{"a": 1}"#, r#"{"a": 2}"#, "");
}

/// One change in each structured format: base, hotfix, and the hotfix's piece as a remark beside the
/// text of before.
const FORMATS: [(&str, &str, &str, &str); 6] = [
    (
        "a.json",
        r#"{"r": {"id": "r1", "level": 1}}"#,
        r#"{"r": {"id": "r1", "level": 2}}"#,
        r#"{"r": {"id": "r1", "level": 1 /* "level": 2 */}}"#,
    ),
    (
        "a.json",
        r#"{"a": 1}"#,
        r#"{"a": 1, "new": true}"#,
        "{\"a\": 1\n// , \"new\": true\n}",
    ),
    (
        "a.yaml",
        "r:\n  id: r1\n  level: 1\n",
        "r:\n  id: r1\n  level: 2\n",
        "r:\n  id: r1\n  level: 1 # level: 2\n",
    ),
    (
        "a.toml",
        "[r]\nid = 'r1'\nlevel = 1\n",
        "[r]\nid = 'r1'\nlevel = 2\n",
        "[r]\nid = 'r1'\nlevel = 1 # level = 2\n",
    ),
    (
        "a.xml",
        "<r id='r1' level='1'/>",
        "<r id='r1' level='2'/>",
        "<r id='r1' level='1'/><!-- <r id='r1' level='2'/> -->",
    ),
    (
        "a.csv",
        "id,level\nr1,1\n",
        "id,level\nr1,2\n",
        "id,level\nr1,1\n# r1,2\n",
    ),
];

#[test]
fn in_every_format_a_remark_is_no_content() {
    for (path, base, hotfix, remark) in FORMATS {
        not_included(path, base, hotfix, remark);
    }
}

#[test]
fn in_every_format_a_later_duplicate_shadows() {
    for (path, base, hotfix, planned) in [
        (
            "a.json",
            r#"[{"id": 1, "a": 1}]"#,
            r#"[{"id": 1, "a": 2}]"#,
            r#"[{"id": 1, "a": 2}, {"id": 1, "a": 1}]"#,
        ),
        (
            "a.yaml",
            "- id: 1\n  a: 1\n",
            "- id: 1\n  a: 2\n",
            "- id: 1\n  a: 2\n- id: 1\n  a: 1\n",
        ),
        ("a.toml", "a = 1\n", "a = 2\n", "a = 2\na = 1\n"),
        (
            "a.toml",
            "[[r]]\nid = 1\na = 1\n",
            "[[r]]\nid = 1\na = 2\n",
            "[[r]]\nid = 1\na = 2\n[[r]]\nid = 1\na = 1\n",
        ),
        (
            "a.xml",
            "<g><r id='1'>a</r></g>",
            "<g><r id='1'>b</r></g>",
            "<g><r id='1'>b</r><r id='1'>a</r></g>",
        ),
        ("a.csv", "id,a\n1,1\n", "id,a\n1,2\n", "id,a\n1,2\n1,1\n"),
    ] {
        not_included(path, base, hotfix, planned);
    }
}

#[test]
fn in_every_format_another_environments_file_does_not_count() {
    for (name, base, hotfix, _) in FORMATS {
        let [live, other] = ["prod", "staging"].map(|place| format!("{place}/{name}"));
        not_included_files(
            &[(&live, base)],
            &[(&live, hotfix)],
            &[(&live, base), (&other, hotfix)],
        );
        not_included_files(&[(&live, base)], &[(&live, hotfix)], &[(&other, hotfix)]);
        let disabled = format!("{live}.disabled");
        not_included_files(&[(&live, base)], &[(&live, hotfix)], &[(&disabled, hotfix)]);
    }
}

#[test]
fn in_every_format_what_is_switched_off_has_no_effect() {
    for (path, base, hotfix, planned) in [
        (
            "a.json",
            r#"[{"id": 1, "a": 1}]"#,
            r#"[{"id": 1, "a": 2}]"#,
            r#"[{"id": 1, "a": 2, "enabled": false}]"#,
        ),
        (
            "a.yaml",
            "- id: 1\n  a: 1\n",
            "- id: 1\n  a: 2\n",
            "- id: 1\n  a: 2\n  status: disabled\n",
        ),
        (
            "a.toml",
            "[[r]]\nid = 1\na = 1\n",
            "[[r]]\nid = 1\na = 2\n",
            "[[r]]\nid = 1\na = 2\ndisabled = true\n",
        ),
        (
            "a.xml",
            "<g><r id='1'>a</r></g>",
            "<g><r id='1'>b</r></g>",
            "<g><r id='1' enabled='no'>b</r></g>",
        ),
    ] {
        not_included(path, base, hotfix, planned);
    }
}

/// A copy of the rule in another file, with the limit of before, is seen however its name is spelled there.
#[test]
fn another_form_elsewhere_is_seen_in_every_spelling_of_its_name() {
    let yaml = |name: &str, limit: u8| format!("- id: {name}\n  limit: {limit}\n");
    let json = |name: &str, limit: u8| format!("[{{\"id\": \"{name}\", \"limit\": {limit}}}]");
    let toml = |name: &str, limit: u8| format!("[[rules]]\nid = \"{name}\"\nlimit = {limit}\n");
    let xml = |name: &str, limit: u8| {
        format!("<a><rule id=\"{name}\"><limit>{limit}</limit></rule><rule id=\"last\"/></a>")
    };
    type Written<'w> = &'w dyn Fn(&str, u8) -> String;
    let told: [(&str, Written, &[&str]); 4] = [
        (
            "yml",
            &yaml,
            &[
                "ssh-brute-force",
                "'ssh-brute-force'",
                "\"ssh-brute-\\x66orce\"",
                "\"ssh-brute-\\u0066orce\"",
                "\"ssh-brute-\\U00000066orce\"",
                "\"ssh-brute-fo\\\n    rce\"",
            ],
        ),
        ("json", &json, &["ssh-brute-force", "ssh-brute-\\u0066orce"]),
        (
            "toml",
            &toml,
            &[
                "ssh-brute-force",
                "ssh-brute-\\u0066orce",
                "ssh-brute-\\U00000066orce",
            ],
        ),
        (
            "xml",
            &xml,
            &[
                "ssh-brute-force",
                "ssh-brute-&#102;orce",
                "ssh-brute-&#x66;orce",
            ],
        ),
    ];
    for (extension, text, spellings) in told {
        let (own, other) = (format!("a.{extension}"), format!("b.{extension}"));
        let (before, after) = (text("ssh-brute-force", 5), text("ssh-brute-force", 9));
        let alone = judge(&own, &before, &after, &after);
        assert_eq!(
            alone.verdict,
            Verdict::Included,
            "{extension}: {}",
            alone.why
        );
        for spelling in spellings {
            let copy = text(spelling, 5);
            not_included_files(
                &[(&own, &before)],
                &[(&own, &after)],
                &[(&own, &format!("{after}\n")), (&other, &copy)],
            );
        }
    }
}

/// The rule is there to the word, and something around it or beside it takes its effect away.
#[test]
fn what_stands_in_or_beside_something_that_takes_its_effect() {
    let rule = |limit: u8| format!("<rule id=\"1\"><limit>{limit}</limit></rule>");
    let last = "<rule id=\"2\"><limit>1</limit></rule>";
    let rules = |first: &str| format!("<rules>{first}{last}</rules>");
    let wrapped = format!("<disabled>{}</disabled>", rule(9));
    not_included(
        "a.xml",
        &rules(&rule(5)),
        &rules(&rule(9)),
        &rules(&wrapped),
    );
    // The value that the merged map gives is set again beside it.
    let limits =
        |max: u8, own: &str| format!("base: &b\n  max: {max}\n  mode: a\ncard:\n  <<: *b\n{own}");
    let merged = judge("a.yml", &limits(9, ""), &limits(5, ""), &limits(5, ""));
    assert_eq!(merged.verdict, Verdict::Included, "{}", merged.why);
    not_included(
        "a.yml",
        &limits(9, ""),
        &limits(5, ""),
        &limits(5, "  max: 9\n"),
    );
    not_included(
        "a.lua",
        "f(1)\nreturn 1\n",
        "f(1)\ndeny(2)\nreturn 1\n",
        "f(1)\n--[[\ndeny(2)\n]]\nreturn 1\n",
    );
    not_included(
        "a.py",
        "f(1)\n",
        "f(1)\ndeny(2)\n",
        "f(1)\n\"\"\"\ndeny(2)\n\"\"\"\n",
    );
    let module = "SecRule ARGS \"@rx a\" \"id:1,deny\"\n";
    not_included(
        "a.conf",
        "",
        module,
        &format!("<IfModule !mod_security2.c>\n{module}</IfModule>\n"),
    );
    let policy = |action: &str, max: u8| format!("validationFailureAction: {action}\nmax: {max}\n");
    not_included(
        "a.yaml",
        &policy("Enforce", 9),
        &policy("Enforce", 5),
        &policy("Audit", 5),
    );
}
