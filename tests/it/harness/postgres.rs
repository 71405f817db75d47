//! One throw-away PostgreSQL cluster a run, one database a test.
//!
//! The server is the child of a small shell that waits for the end of its standard input, which this
//! process holds: however the run ends, the pipe closes, and the shell stops the server and removes
//! its directory.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// A running cluster; stops when dropped or when the process ends.
pub struct Cluster {
    directory: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// Its standard input is the lifeline.
    keeper: Mutex<Child>,
}

/// Runs until its input ends, then stops the server and removes everything.
const KEEPER: &str = r#"
bin=$1 dir=$2
read -r _ || true
"$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
rm -rf "$dir"
"#;

/// The cluster that all tests of this run share, or `None` if `RULEGATE_TEST_POSTGRES=off`.
pub fn shared() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER
        .get_or_init(|| {
            if switched_off() {
                eprintln!("PostgreSQL tests are skipped: RULEGATE_TEST_POSTGRES=off");
                return None;
            }
            Some(Cluster::start())
        })
        .as_ref()
}

/// Whether PostgreSQL tests are switched off for this run.
pub fn switched_off() -> bool {
    std::env::var("RULEGATE_TEST_POSTGRES").is_ok_and(|value| value == "off")
}

impl Cluster {
    /// Makes and starts a cluster of its own, for tests that stop it.
    pub fn start() -> Cluster {
        let bin = binaries();
        let directory = std::env::temp_dir().join(format!(
            "rulegate-pg-{}-{}",
            std::process::id(),
            next_number()
        ));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).expect("a directory for the cluster");
        if is_root() {
            let owned = Command::new("chown")
                .arg("postgres")
                .arg(&directory)
                .status();
            assert!(owned.is_ok_and(|s| s.success()), "chown to user postgres");
        }
        let data = directory.join("data");
        let made = as_owner(&bin.join("initdb"))
            .arg("-D")
            .arg(&data)
            .args([
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            ])
            .args(["--data-checksums", "--no-sync"])
            .output()
            .expect("initdb runs");
        assert!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let settings = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n\
             shared_buffers = 64MB\nmax_connections = 300\nlogging_collector = off\n"
        );
        let file = data.join("postgresql.auto.conf");
        std::fs::write(&file, settings).expect("settings are written");
        let keeper = as_owner(Path::new("/bin/sh"))
            .args(["-c", KEEPER, "keeper"])
            .arg(&bin)
            .arg(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the keeper runs");
        let cluster = Cluster {
            directory,
            port,
            databases: AtomicU32::new(0),
            keeper: Mutex::new(keeper),
        };
        cluster.resume();
        cluster
    }

    /// Starts the stopped server again.
    pub fn resume(&self) {
        let started = as_owner(&binaries().join("pg_ctl"))
            .arg("-D")
            .arg(self.directory.join("data"))
            .arg("-l")
            .arg(self.directory.join("log"))
            .args(["-w", "start"])
            .stdout(Stdio::null())
            .status()
            .expect("pg_ctl runs");
        assert!(
            started.success(),
            "PostgreSQL starts; see {:?}",
            self.directory.join("log")
        );
    }

    /// Stops the server at once, as a crash would.
    pub fn halt(&self) {
        let stopped = as_owner(&binaries().join("pg_ctl"))
            .arg("-D")
            .arg(self.directory.join("data"))
            .args(["-m", "immediate", "-w", "stop"])
            .stdout(Stdio::null())
            .status()
            .expect("pg_ctl runs");
        assert!(stopped.success(), "PostgreSQL stops");
    }

    /// A new, empty database; its address as the owner of everything.
    pub async fn database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        // Connections to the template's database must not overlap with a copy of it, so one at a time.
        static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _guard = ONE_AT_A_TIME.lock().await;
        let mut connection = connect(&self.address("postgres")).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await
            .expect("a database is made");
        let _ = sqlx::Connection::close(connection).await;
        self.address(&name)
    }

    fn address(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut keeper = self.keeper.lock().unwrap_or_else(|e| e.into_inner());
        drop(keeper.stdin.take());
        let _ = keeper.wait();
    }
}

/// Connects, waiting a little for a server that is still starting.
pub async fn connect(address: &str) -> sqlx::PgConnection {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match <sqlx::PgConnection as sqlx::Connection>::connect(address).await {
            Ok(connection) => return connection,
            Err(error) if Instant::now() > deadline => panic!("{address}: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

fn next_number() -> u32 {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// The newest installed server's programs.
fn binaries() -> PathBuf {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").exists().then_some((version, bin))
        })
        .collect();
    found.sort();
    let (_, bin) = found.pop().expect(
        "PostgreSQL is not installed: install the Debian package `postgresql`, \
         or set RULEGATE_TEST_POSTGRES=off to leave these tests out",
    );
    bin
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self")
        .is_ok_and(|itself| std::os::unix::fs::MetadataExt::uid(&itself) == 0)
}

/// The server refuses to run as root, so root runs it as user postgres.
fn as_owner(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid=postgres",
            "--regid=postgres",
            "--clear-groups",
            "--",
        ]);
        command.arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    command
}
