//! `rulegate verdict` as its caller sees it.

use std::path::Path;
use std::process::{Command, Output};

use crate::harness::golden;

fn run(base: &Path, hotfix: &Path, planned: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rulegate"))
        .args(["verdict", "--json"])
        .arg("--base")
        .arg(base)
        .arg("--hotfix")
        .arg(hotfix)
        .arg("--planned")
        .arg(planned)
        .output()
        .unwrap()
}

#[test]
fn exit_codes_and_the_shape_of_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let [base, hotfix, planned] =
        ["base", "hotfix", "planned"].map(|name| folder.path().join(name));
    for (path, text) in [
        (&base, "score A 1\n"),
        (&hotfix, "score A 2\n"),
        (&planned, "score B 1\nscore A 2\n"),
    ] {
        std::fs::create_dir_all(path.join("rules")).unwrap();
        std::fs::write(path.join("rules/a.cf"), text).unwrap();
    }
    let included = run(&base, &hotfix, &planned);
    assert_eq!(included.status.code(), Some(0));
    let said = format!("{:#}\n", answer(&included));
    golden::check("tests/it/verdict/answer.golden.json", &said);
    assert_eq!(
        run(&base, &hotfix, &base).status.code(),
        Some(2),
        "something would be lost"
    );
    assert_eq!(
        run(&base, &base, &planned).status.code(),
        Some(0),
        "no hotfix, nothing lost"
    );
    let missing = run(&base, &hotfix, &folder.path().join("nowhere"));
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        String::from_utf8(missing.stderr)
            .unwrap()
            .contains("nowhere")
    );
}

fn folder_of(root: &Path, files: &[(&str, &[u8])]) -> std::path::PathBuf {
    std::fs::create_dir_all(root).unwrap();
    for (path, bytes) in files {
        std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        std::fs::write(root.join(path), bytes).unwrap();
    }
    root.to_owned()
}

fn answer(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn empty_folders_hold_no_rule() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder_of(&folder.path().join("empty"), &[]);
    let one = folder_of(&folder.path().join("one"), &[("a.cf", b"score A 1\n")]);
    let nothing = run(&empty, &empty, &empty);
    assert_eq!(nothing.status.code(), Some(0));
    assert_eq!(answer(&nothing), serde_json::json!({"rules": []}));
    let added = run(&empty, &one, &empty);
    assert_eq!(
        added.status.code(),
        Some(2),
        "a rule that planned lacks is lost"
    );
    let removed = run(&one, &empty, &empty);
    assert_eq!(
        removed.status.code(),
        Some(0),
        "taken out, and out of planned"
    );
    let back = run(&one, &empty, &one);
    assert_eq!(answer(&back)["rules"][0]["verdict"], "overridden");
}

#[test]
fn bytes_that_are_no_text_are_judged_as_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, bytes: &[u8]| folder_of(&folder.path().join(name), &[("a.data", bytes)]);
    let base = of("base", b"caf\xe9 one\nother \xff line\n");
    let hotfix = of("hotfix", b"caf\xe9 two\nother \xff line\n");
    let planned = of("planned", b"caf\xe9 two\nother \xfe line\n");
    let included = run(&base, &hotfix, &planned);
    assert_eq!(included.status.code(), Some(0), "{}", answer(&included));
    let lost = run(&base, &hotfix, &base);
    assert_eq!(answer(&lost)["rules"][0]["verdict"], "overridden");
    let nul = of("nul", b"\0\0\xff");
    assert_eq!(run(&base, &nul, &planned).status.code(), Some(2));
}

#[test]
fn a_folder_that_is_not_there_or_is_a_file_is_an_error_and_no_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let one = folder_of(&folder.path().join("one"), &[("a.cf", b"score A 1\n")]);
    let file = one.join("a.cf");
    let missing = folder.path().join("missing");
    for (base, hotfix, planned, named) in [
        (&missing, &one, &one, "missing"),
        (&one, &missing, &one, "missing"),
        (&one, &one, &missing, "missing"),
        (&one, &file, &one, "a.cf"),
    ] {
        let output = run(base, hotfix, planned);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty(), "an error is no verdict");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(named), "{said}");
    }
}

#[test]
fn a_command_that_is_typed_wrong_is_an_error_and_no_finding() {
    let told = |words: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_rulegate"));
        let output = program.args(words).output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    for words in [
        &["check", "rules", "--ruleset", "r"][..],
        &["verdict", "--bases"],
        &["nothing"],
    ] {
        let (code, said) = told(words);
        assert_eq!(code, Some(1), "{words:?}");
        assert!(said.contains("Usage"), "{said}");
    }
    assert_eq!(told(&["check", "--help"]).0, Some(0));
    let asked = [
        "check",
        "tests",
        "--ruleset",
        "r",
        "--environment",
        "ipc2/prod",
        "--token",
        "t",
    ];
    let (code, said) = told(&[&asked[..], &["--server", "127.0.0.1:1"]].concat());
    assert_eq!(code, Some(1));
    assert!(said.contains("http:// or https:// in front"), "{said}");
    let (code, said) = told(&[&asked[..7], &[" ", "--server", "http://127.0.0.1:1"]].concat());
    assert_eq!(code, Some(1));
    assert!(said.contains("RULEGATE_TOKEN"), "{said}");
}
