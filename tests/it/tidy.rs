//! Rules of the house that no compiler checks: import directions, templates without script.

mod circles;

use std::path::{Path, PathBuf};

/// Files and their texts under a folder of the project, or that file alone.
pub fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut paths = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.to_string_lossy().ends_with(ending) {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    assert!(!found.is_empty(), "nothing in {folder}");
    found
}

/// Where which modules of the server and which of the crates under it may be named. `src/cli` may name everything,
/// and a crate its own modules.
const MAY_NAME: &[(&str, &str, &str)] = &[
    // Its program for auditors names the crate.
    ("crates/ledger/src", "", "ledger"),
    ("crates/compare/src", "", "ledger"),
    ("crates/domain/src", "", "ledger compare"),
    ("src/store", "store", "ledger"),
    ("src/config.rs", "", "ledger"),
    ("src/app", "app store config", "ledger compare domain"),
    ("src/auth", "auth app store", "ledger domain"),
    ("src/web", "web app auth config", "ledger compare domain"),
    ("src/api", "api app auth config", "ledger compare domain"),
    ("src/peer", "peer app", "ledger"),
    ("src/ops", "ops app", ""),
];

/// The words that stand right after `sign` in a line; empty where something else does.
fn words_after<'a>(line: &'a str, sign: &'a str) -> impl Iterator<Item = &'a str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.split(sign)
        .skip(1)
        .map(move |part| part.split(|c| !is_word(c)).next().unwrap())
}

#[test]
fn imports_follow_the_arrows() {
    let mut wrong = Vec::new();
    for (folder, modules, crates) in MAY_NAME {
        let allows = |names: &str, name: &str| names.split(' ').any(|allowed| allowed == name);
        for (path, text) in files(folder, ".rs") {
            for (number, line) in (1..).zip(text.lines()) {
                let line = line.split("//").next().unwrap();
                // `use crate::{a, b}` would hide names from this test, so it is refused too.
                let modules = words_after(line, "crate::")
                    .filter(|name| folder.starts_with("src") && !allows(modules, name));
                let crates = words_after(line, "rulegate_")
                    .filter(|name| ["ledger", "compare", "domain"].contains(name))
                    .filter(|name| !allows(crates, name));
                for name in modules.chain(crates) {
                    wrong.push(format!("{}:{number}: names {name:?}", path.display()));
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
    for (path, text) in [files("src", ".rs"), files("crates", ".rs")].concat() {
        for bad in ["todo!(", "unimplemented!(", "FIXME", "XXX", "dbg!("] {
            assert!(!text.contains(bad), "{} contains {bad}", path.display());
        }
    }
}

/// Lines of a file of Rust. A longer one tells more than one thing.
const LINES_MAX: usize = 450;

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<String> = [files("src", ".rs"), files("crates", ".rs")]
        .concat()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > LINES_MAX)
        .map(|(path, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
