//! Archives on their way from the command line to a real server.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

fn rulegate() -> Command {
    Command::new(env!("CARGO_BIN_EXE_rulegate"))
}

/// A server that ends with the test.
struct Served {
    process: Child,
    url: String,
}

impl Served {
    fn start(folder: &std::path::Path) -> Served {
        let database = format!("sqlite:{}", folder.join("r.db").display());
        let mut process = rulegate()
            .args(["serve", "--site", "ipc2", "--listen", "127.0.0.1:0"])
            .args(["--database", &database])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut told = BufReader::new(process.stdout.take().unwrap());
        told.read_line(&mut line).unwrap();
        let url = line.trim().trim_start_matches("ready ").to_owned();
        assert!(url.starts_with("http://"), "{line:?}");
        Served { process, url }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_refused_token_is_told_although_the_archive_is_large() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules");
    std::fs::create_dir(&rules).unwrap();
    // Bytes that do not shrink: the server answers long before it could have read them.
    let mut state = 1_u64;
    let noise: Vec<u8> = (0..6 * 1024 * 1024)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect();
    for name in ["a.conf", "b.conf", "c.conf"] {
        std::fs::write(rules.join(name), &noise).unwrap();
    }
    let served = Served::start(folder.path());
    let done = rulegate()
        .arg("push")
        .arg(&rules)
        .args([
            "--ruleset",
            "crs",
            "--version",
            "1",
            "--token",
            "rgt_nothing",
        ])
        .args(["--server", &served.url])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{told}");
    assert!(told.contains("token"), "{told}");
    assert!(!told.contains("cannot reach"), "{told}");
}
