//! Expected outputs that are too large to stand in a test: files of the project, written anew by one command.

use std::path::Path;

/// Set, the files are written instead of compared.
const WRITE: &str = "RULEGATE_WRITE_GOLDEN";

/// Whether this run writes the files.
pub fn is_writing() -> bool {
    std::env::var_os(WRITE).is_some()
}

/// `now` must be what the file at `path` holds; the path begins at the project's folder.
#[track_caller]
pub fn check(path: &str, now: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if is_writing() {
        return std::fs::write(&file, now).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    if kept == now {
        return;
    }
    let (mut before, mut after) = (kept.split('\n'), now.split('\n'));
    let (mut number, mut differs) = (0, (None, None));
    while differs.0 == differs.1 {
        number += 1;
        differs = (before.next(), after.next());
    }
    let shown =
        |line: Option<&str>| line.map_or("(the end)".to_owned(), |line| format!("{line:?}"));
    panic!(
        "{path} differs from line {number}:\n  file {}\n  now  {}\n\
         If now is right, write all such files with `{WRITE}=1 cargo test --test it` and look at `git diff`.",
        shown(differs.0),
        shown(differs.1)
    );
}
