//! What the pure crates bring with them, and the auditor's program that is built from one of them alone.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Async runtimes, web, databases and TLS: none of them has a place under a pure crate.
const FOREIGN: &[&str] = &[
    "async-std",
    "axum",
    "futures-core",
    "http",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "reqwest",
    "ring",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "sqlx",
    "sqlx-core",
    "tokio",
    "tower",
    "tower-http",
    "tracing",
    "ureq",
];

/// What is released is optimised throughout, whatever `release` leaves out to be built quickly.
#[test]
fn dist_sets_back_what_release_lowers() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let levels = |profile: &str| -> Vec<&str> {
        let table = format!("[profile.{profile}.package]\n");
        let table = manifest.split(&table).nth(1).unwrap();
        let table = table.split("\n[").next().unwrap();
        table
            .lines()
            .filter(|line| line.contains("opt-level"))
            .collect()
    };
    let set_back: Vec<String> = levels("release")
        .into_iter()
        .filter(|line| !line.contains("opt-level = 3"))
        .map(|line| line.replace("= 0 }", "= 3 }").replace("= 1 }", "= 3 }"))
        .collect();
    assert_eq!(set_back, levels("dist"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn pure_crates_bring_no_runtime_web_or_database() {
    for name in ["rulegate-ledger", "rulegate-compare", "rulegate-domain"] {
        let tree = Command::new(env!("CARGO"))
            .args(["tree", "--locked", "--offline", "--edges", "normal"])
            .args(["--prefix", "none", "--format", "{p}", "--package", name])
            .current_dir(root())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&tree.stderr);
        assert!(tree.status.success(), "{said}");
        let tree = String::from_utf8(tree.stdout).unwrap();
        let crates: Vec<&str> = tree
            .lines()
            .filter_map(|line| line.split(' ').next())
            .collect();
        assert!(crates.len() > 20, "{name}: {tree}");
        for foreign in FOREIGN {
            assert!(!crates.contains(foreign), "{name} brings {foreign}");
        }
    }
}

/// What `scripts/build-verify` made; `scripts/test` runs it first.
fn auditors_program() -> PathBuf {
    let program = root().join("target/verify/rulegate-verify");
    assert!(
        program.is_file(),
        "{} is missing: run scripts/build-verify",
        program.display()
    );
    program
}

fn verify(arguments: &[&str], input: &[u8]) -> Output {
    let mut process = Command::new(auditors_program())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end before it read everything.
    let _ = process.stdin.take().unwrap().write_all(input);
    process.wait_with_output().unwrap()
}

const VECTOR: &str = "tests/fixtures/ledger/vector.ndjson";

#[test]
fn the_auditors_program_stands_alone() {
    let elf = std::fs::read(auditors_program()).unwrap();
    assert_eq!(elf[..6], *b"\x7fELF\x02\x01", "a 64-bit little-endian ELF");
    let number = |at: usize, size: usize| {
        let bytes = elf[at..at + size].iter().rev();
        bytes.fold(0, |number, byte| number << 8 | usize::from(*byte))
    };
    let (headers, size, count) = (number(0x20, 8), number(0x36, 2), number(0x38, 2));
    const INTERPRETER: usize = 3;
    for header in (0..count).map(|n| headers + n * size) {
        assert_ne!(
            number(header, 4),
            INTERPRETER,
            "it asks for a dynamic linker"
        );
    }
}

#[test]
fn the_auditors_program_verifies_the_vector_and_refuses_a_changed_one() {
    let file = root().join(VECTOR);
    let key = "example.org/rulegate/e3/ipc2+c6dbe487+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
    let whole = verify(&["--key", key, file.to_str().unwrap()], b"");
    let said = String::from_utf8(whole.stdout).unwrap();
    assert!(whole.status.success(), "{said}");
    assert!(said.starts_with("48 entries and 9 contents of ipc2 verified, head 76c7a865"));
    assert!(said.contains(&format!(
        "every checkpoint is signed by the given key {key}"
    )));

    let mut bytes = std::fs::read(file).unwrap();
    assert!(verify(&[], &bytes).status.success());
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed = verify(&["-"], &bytes);
    let said = String::from_utf8(changed.stdout).unwrap();
    assert_eq!(changed.status.code(), Some(1), "{said}");
    assert!(said.starts_with("not as it was written: line "), "{said}");

    let typo = verify(&["--kay"], b"");
    assert_eq!(typo.status.code(), Some(1));
    assert!(typo.stdout.is_empty());
}
