//! A change that planned has word for word, but in another block or on the other side of what decides first.

use rulegate_compare::verdict::Verdict;

use super::{judge, verdict_on};

#[track_caller]
fn expect(verdict: Verdict, path: &str, base: &str, hotfix: &str, planned: &str) {
    let rule = judge(path, base, hotfix, planned);
    assert_eq!(
        rule.verdict, verdict,
        "{path}: {}\n{:#?}",
        rule.why, rule.units
    );
}

fn lines(lines: &[&str], start: &str) -> String {
    lines
        .iter()
        .map(|line| format!("{start}{line}\n"))
        .collect()
}

/// Two servers without names, told apart by what stands in them.
fn servers(first: &str, second: &str) -> String {
    format!(
        "http {{\n  server {{\n    listen 80;\n    server_name a.example;\n{first}  }}\n  \
         server {{\n    listen 81;\n    server_name b.example;\n{second}  }}\n}}\n"
    )
}

#[test]
fn in_another_unnamed_block() {
    let base = servers("", "");
    let hotfix = servers("    deny all;\n", "");
    expect(
        Verdict::CannotTell,
        "a.conf",
        &base,
        &hotfix,
        &servers("", "    deny all;\n"),
    );
    expect(
        Verdict::Included,
        "a.conf",
        &base,
        &hotfix,
        &servers("    deny all;\n    gzip on;\n", "    gzip on;\n"),
    );
    // Both have it: the one that the hotfix meant is among them.
    expect(
        Verdict::Included,
        "a.conf",
        &base,
        &hotfix,
        &servers("    deny all;\n", "    deny all;\n"),
    );
    // The blocks themselves in another order.
    let (first, second) = ("    deny all;\n", "");
    let swapped = servers(second, first)
        .replace("a.example", "x")
        .replace("b.example", "a.example")
        .replace('x', "b.example")
        .replace("listen 80", "listen 8")
        .replace("listen 81", "listen 80")
        .replace("listen 8;", "listen 81;");
    expect(Verdict::Included, "a.conf", &base, &hotfix, &swapped);
}

#[test]
fn in_another_section_of_the_same_name() {
    let peers = |first: &str, second: &str| {
        format!("[Peer]\nPublicKey = aa\n{first}[Peer]\nPublicKey = bb\n{second}")
    };
    let (base, fix) = (peers("", ""), "AllowedIPs = 10.0.0.0/8\n");
    let hotfix = peers(fix, "");
    expect(
        Verdict::CannotTell,
        "wg.conf",
        &base,
        &hotfix,
        &peers("", fix),
    );
    expect(
        Verdict::Included,
        "wg.conf",
        &base,
        &hotfix,
        &(peers(fix, "") + "[Peer]\nPublicKey = cc\n"),
    );
}

#[test]
fn in_the_same_block_within_another() {
    let servers = |first: &str, second: &str| {
        let server = |name: &str, fix: &str| {
            format!(
                "server {{\n  server_name {name};\n  location / {{\n    proxy_pass http://up;\n{fix}  }}\n}}\n"
            )
        };
        server("a.example", first) + &server("b.example", second)
    };
    let fix = "    limit_req zone=one;\n";
    let (base, hotfix) = (servers("", ""), servers(fix, ""));
    expect(
        Verdict::CannotTell,
        "a.conf",
        &base,
        &hotfix,
        &servers("", fix),
    );
    let beside = servers(fix, "").replace("b.example", "b.example www.b.example");
    expect(Verdict::Included, "a.conf", &base, &hotfix, &beside);
}

#[test]
fn behind_what_decides_first() {
    let base = "deny 10.1.1.1;\nallow all;\n";
    let hotfix = "deny 10.1.1.1;\ndeny 10.2.2.2;\nallow all;\n";
    expect(
        Verdict::CannotTell,
        "acl.conf",
        base,
        hotfix,
        "deny 10.1.1.1;\nallow all;\ndeny 10.2.2.2;\n",
    );
    expect(
        Verdict::Included,
        "acl.conf",
        base,
        hotfix,
        "deny 10.2.2.2;\ndeny 10.1.1.1;\ndeny 10.3.3.3;\nallow all;\n",
    );
    let table = |rows: &str| format!("source,action\n{rows}any,deny\n");
    expect(
        Verdict::CannotTell,
        "acl.csv",
        &table("a,allow\n"),
        &table("b,deny\na,allow\n"),
        &table("a,allow\nb,deny\n"),
    );
    let chain = |rules: &[&str]| lines(rules, "-A INPUT ");
    let base = chain(&["-s 10.0.0.0/8 -j ACCEPT", "-j DROP"]);
    let hotfix = chain(&["-s 10.9.0.1 -j DROP", "-s 10.0.0.0/8 -j ACCEPT", "-j DROP"]);
    expect(
        Verdict::CannotTell,
        "rules.v4",
        &base,
        &hotfix,
        &chain(&["-s 10.0.0.0/8 -j ACCEPT", "-s 10.9.0.1 -j DROP", "-j DROP"]),
    );
    expect(
        Verdict::Included,
        "rules.v4",
        &base,
        &hotfix,
        &chain(&[
            "-i lo -j ACCEPT",
            "-s 10.9.0.1 -j DROP",
            "-s 10.0.0.0/8 -j ACCEPT",
            "-j DROP",
        ]),
    );
}

#[test]
fn behind_an_item_that_decides_first() {
    let item = |source: &str, action: &str| format!("- source: {source}\n  action: {action}\n");
    let (office, all, bad) = (
        item("10.0.0.0/8", "allow"),
        item("0.0.0.0/0", "deny"),
        item("10.6.6.6/32", "deny"),
    );
    let base = office.clone() + &all;
    let hotfix = bad.clone() + &office + &all;
    for path in ["acl.yaml", "acl.yml"] {
        expect(
            Verdict::CannotTell,
            path,
            &base,
            &hotfix,
            &(office.clone() + &bad + &all),
        );
        let more = item("10.7.7.7/32", "deny") + &hotfix;
        expect(Verdict::Included, path, &base, &hotfix, &more);
    }
    let list = |words: &[&str]| format!("rules:\n{}", lines(words, "- "));
    expect(
        Verdict::CannotTell,
        "acl.yaml",
        &list(&["allow 10.0.0.0/8", "deny all"]),
        &list(&["deny 10.6.6.6", "allow 10.0.0.0/8", "deny all"]),
        &list(&["allow 10.0.0.0/8", "deny 10.6.6.6", "deny all"]),
    );
}

#[test]
fn inside_something_put_around_it() {
    let rule = "  <rule id=\"7\"><match>evil</match></rule>\n";
    let other = "  <rule id=\"8\"><match>odd</match></rule>\n";
    let rules = |inside: &str| format!("<group name=\"web\">\n{inside}</group>\n");
    expect(
        Verdict::CannotTell,
        "web.xml",
        &rules(other),
        &rules(&(rule.to_owned() + other)),
        &rules(&format!("  <when plan=\"x\">\n{rule}  </when>\n{other}")),
    );
    // All of them in a group more: that is how the file is built now.
    expect(
        Verdict::Included,
        "web.xml",
        &rules(other),
        &rules(&(rule.to_owned() + other)),
        &format!("<rules>\n{}</rules>\n", rules(&(rule.to_owned() + other))),
    );
}

#[test]
fn made_weaker_around_it() {
    let rule = |expression: &str| format!("- alert: A\n  expr: {expression}\n  for: 5m\n");
    let (base, hotfix) = (rule("sum(rate(x[5m])) > 9"), rule("sum(rate(x[5m])) > 7"));
    for (verdict, planned) in [
        (Verdict::CannotTell, "sum(rate(x[5m])) > 7 * 100"),
        (Verdict::CannotTell, "sum(rate(x[5m])) > 7 and false"),
        (Verdict::Included, "sum(rate(x[10m])) > 7"),
        (Verdict::Included, "sum(rate(x[5m])) by (job) > 7"),
    ] {
        expect(verdict, "a.yml", &base, &hotfix, &rule(planned));
    }
}

/// Code inside a value: remarks elsewhere in it change nothing, those in front of the change do.
#[test]
fn remarks_in_code_inside_a_value() {
    let template = |line: &str, more: &str| {
        format!(
            "metadata:\n  name: caps\ntarget:\n  rego: |\n    violation[msg] {{\n{more}      c := input.containers[_]\n      \
             {line}\n      msg := \"no\"\n    }}\n"
        )
    };
    let (old, new) = ("dropped(c.drop)", "dropped(lower(c.drop))");
    let (base, hotfix) = (template(old, ""), template(new, ""));
    let more = "      # a field that never changes\n      not is_update(input)\n";
    expect(
        Verdict::Included,
        "t.yaml",
        &base,
        &hotfix,
        &template(new, more),
    );
    for off in ["# dropped(lower(c.drop))", "true # dropped(lower(c.drop))"] {
        let planned = template(off, more);
        let rule = judge("t.yaml", &base, &hotfix, &planned);
        assert_ne!(rule.verdict, Verdict::Included, "{off}: {:#?}", rule.units);
    }
    expect(
        Verdict::CannotTell,
        "t.yaml",
        &base,
        &hotfix,
        &template(&format!("/* {new} */"), ""),
    );
}

/// A statement that every file of its kind has in some block is no other form of this one.
#[test]
fn a_like_block_in_another_file() {
    let check = |service: &str, body: &str| {
        format!("package {service}\n\ndeny contains res if {{\n{body}\tres := bad(network)\n}}\n")
    };
    let body = "\tsome network in input.networks\n";
    let (base, hotfix) = (check("sql", ""), check("sql", body));
    let files = |one: &str, two: Option<&str>| -> Vec<(String, String)> {
        let two = two.map(|text| ("compute.rego".to_owned(), text.to_owned()));
        [("sql.rego".to_owned(), one.to_owned())]
            .into_iter()
            .chain(two)
            .collect()
    };
    let (base, hotfix) = (files(&base, None), files(&hotfix, None));
    let other = check("compute", "\tsome network in input.compute.networks\n");
    let planned = files(&hotfix[0].1, Some(&other));
    let lent = |files: &[(String, String)]| -> Vec<(&'static str, &'static str)> {
        let leak = |text: &String| -> &'static str { Box::leak(text.clone().into_boxed_str()) };
        files
            .iter()
            .map(|(path, text)| (leak(path), leak(text)))
            .collect()
    };
    let (base, hotfix, planned) = (lent(&base), lent(&hotfix), lent(&planned));
    let rules = verdict_on(&base, &hotfix, &planned);
    assert_eq!(rules[0].verdict, Verdict::Included, "{:#?}", rules[0]);
}
