//! Rules of the house that no compiler checks: import directions, templates without script.

use std::path::{Path, PathBuf};

pub fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "nothing in {folder}");
    found
}

/// Which modules of ours each module may name. `cli` may name everything.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("domain", &["domain"]),
    ("store", &["store", "domain"]),
    ("config", &["domain"]),
    ("app", &["app", "store", "domain", "config"]),
    ("auth", &["auth", "app", "store", "domain"]),
    ("web", &["web", "app", "auth", "domain", "config"]),
    ("api", &["api", "app", "auth", "domain", "config"]),
    ("peer", &["peer", "app", "domain"]),
    ("ops", &["ops", "app"]),
];

#[test]
fn imports_follow_the_arrows() {
    let mut wrong = Vec::new();
    for (module, allowed) in MAY_NAME {
        let folder = format!("src/{module}");
        let sources = match Path::new(env!("CARGO_MANIFEST_DIR")).join(&folder).is_dir() {
            true => files(&folder, ".rs"),
            false => vec![(
                folder.clone().into(),
                std::fs::read_to_string(format!("{folder}.rs")).unwrap(),
            )],
        };
        for (path, text) in sources {
            for (number, line) in text.lines().enumerate() {
                let line = line.split("//").next().unwrap();
                for part in line.split("crate::").skip(1) {
                    let named: String = part
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect();
                    // `use crate::{a, b}` would hide names from this test.
                    if !allowed.contains(&named.as_str()) {
                        wrong.push(format!(
                            "{}:{}: {module} names {named:?}",
                            path.display(),
                            number + 1
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sql_lives_in_the_store_only() {
    for (path, text) in files("src", ".rs") {
        let inside = path.to_string_lossy().contains("src/store");
        assert!(
            inside || !text.contains("sqlx::"),
            "{} talks to the database",
            path.display()
        );
    }
}

#[test]
fn templates_hold_no_script_no_style_and_escape_everything() {
    for (path, text) in files("templates", ".html") {
        let lower = text.to_lowercase();
        for bad in [
            " style=",
            "<style",
            "|safe",
            "| safe",
            "javascript:",
            " onclick=",
            " onload=",
            " onchange=",
            " onsubmit=",
        ] {
            assert!(!lower.contains(bad), "{} contains {bad:?}", path.display());
        }
        for script in lower.split("<script").skip(1) {
            assert!(
                script.contains("src=\"/static/"),
                "{} has a script of its own",
                path.display()
            );
        }
        assert!(
            !lower.contains("session"),
            "{} says 'session': say sign-in",
            path.display()
        );
    }
}

#[test]
fn nothing_is_left_open() {
    for (path, text) in files("src", ".rs") {
        for bad in ["todo!(", "unimplemented!(", "FIXME", "XXX", "dbg!("] {
            assert!(!text.contains(bad), "{} contains {bad}", path.display());
        }
    }
}
