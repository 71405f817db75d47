//! `rulegate verdict` as its caller sees it.

use std::path::Path;
use std::process::{Command, Output};

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
    let answer: serde_json::Value = serde_json::from_slice(&included.stdout).unwrap();
    assert_eq!(
        answer,
        serde_json::json!({"rules": [{
            "path": "rules/a.cf",
            "verdict": "included",
            "planned_paths": [],
            "units": [{
                "what": "score A: 1 became 2",
                "verdict": "included",
                "base": [1, 1],
                "hotfix": [1, 1],
                "planned": [2, 2],
            }],
            "why": "the only change is in planned",
        }]})
    );
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
