//! `rulegate demo`: both sites in one process on two SQLite files, with a real release waiting for a decision.

mod story;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use super::serve::{end_streams, portal, router};
use super::{CliResult, block_on};
use crate::app::{App, Clock, reader};
use crate::config::Config;
use crate::ops::{logging, server};
use crate::store::Store;
use rulegate_ledger::environment::Topology;
use rulegate_ledger::ids::SiteName;

/// What `demo` is told.
#[derive(clap::Args)]
pub struct DemoArgs {
    /// Where the first site listens; the second one takes the next port.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the demonstration keeps its data.
    #[arg(long, default_value = "data/demo")]
    data: PathBuf,
}

/// One sample account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SampleAccount {
    pub name: String,
    pub password: String,
    pub role: String,
}

/// What `demo.json` tells whoever tries the demonstration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DemoFile {
    pub url: String,
    pub accounts: Vec<SampleAccount>,
    pub tokens: DemoTokens,
    /// The rule set of the story.
    pub ruleset: String,
    /// The other site's portal.
    pub other_site: String,
    /// Where each site's data is, for `export`, `verify` and `doctor`.
    pub databases: std::collections::BTreeMap<String, String>,
}

/// Tokens of the service accounts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DemoTokens {
    pub pipeline: String,
    pub pod: String,
}

/// Serves the demonstration until told to end.
pub fn run(args: DemoArgs) -> CliResult {
    logging::start(false);
    if !args.listen.ip().is_loopback() {
        let at = args.listen;
        return Err(format!(
            "the demonstration has open sample accounts and listens on loopback only, not on {at}"
        )
        .into());
    }
    std::fs::create_dir_all(&args.data)
        .map_err(|e| format!("cannot use {}: {e}", args.data.display()))?;
    let demo_file = args.data.join("demo.json");
    let known = match std::fs::read_to_string(&demo_file) {
        Ok(text) => Some(
            serde_json::from_str::<DemoFile>(&text)
                .map_err(|e| format!("{} is not readable: {e}", demo_file.display()))?,
        ),
        Err(_) => None,
    };
    block_on(serve(args, known))?
}

async fn serve(args: DemoArgs, known: Option<DemoFile>) -> CliResult {
    let topology = Topology::default();
    let databases: Vec<PathBuf> = topology
        .sites
        .iter()
        .map(|site| args.data.join(format!("{site}.db")))
        .collect();
    if known.is_none() {
        remove_unfinished(&databases)?;
    }
    let first = TcpListener::bind(args.listen)
        .await
        .map_err(|e| format!("cannot listen on {}: {e}", args.listen))?;
    let address = first.local_addr()?;
    let next = SocketAddr::new(address.ip(), address.port().wrapping_add(1));
    let second = match TcpListener::bind(next).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind(SocketAddr::new(address.ip(), 0)).await?,
    };
    let apps = [
        start(&topology, 0, address, &databases[0]).await?,
        start(&topology, 1, second.local_addr()?, &databases[1]).await?,
    ];
    reader::start(apps[0].clone(), apps[1].clone());
    reader::start(apps[1].clone(), apps[0].clone());
    let url = |address: SocketAddr| format!("http://{address}");
    let mut file = match known {
        Some(file) => file,
        None => story::play(&apps).await?,
    };
    file.url = url(address);
    file.other_site = url(second.local_addr()?);
    file.databases = topology
        .sites
        .iter()
        .zip(&databases)
        .map(|(site, path)| (site.to_string(), format!("sqlite:{}", path.display())))
        .collect();
    write_whole(
        &args.data.join("demo.json"),
        &serde_json::to_string_pretty(&file)?,
    )?;
    let sample: Vec<_> = file
        .accounts
        .iter()
        .map(|a| (a.name.clone(), a.password.clone(), a.role.clone()))
        .collect();
    let routers = [
        router(portal(apps[0].clone(), Some(apps[1].clone()), sample.clone()).await),
        router(portal(apps[1].clone(), Some(apps[0].clone()), sample).await),
    ];
    let [here, there] = routers;
    println!("ready {}", file.url);
    eprintln!(
        "{} is served at {}; names and passwords are on the sign-in page",
        topology.sites[1], file.other_site
    );
    let end = server::end_signal();
    end_streams(&apps, end.clone());
    tokio::join!(
        server::serve(first, here, end.clone()),
        server::serve(second, there, end)
    );
    Ok(ExitCode::SUCCESS)
}

async fn start(
    topology: &Topology,
    index: usize,
    listen: SocketAddr,
    database: &Path,
) -> Result<Arc<App>, Box<dyn std::error::Error>> {
    let site: SiteName = topology.sites[index].clone();
    let store = Store::open(&format!("sqlite:{}", database.display())).await?;
    let config = Config {
        site,
        topology: topology.clone(),
        listen,
        public_origin: None,
        demo: true,
    };
    Ok(App::start(config, store, Clock::default()).await?)
}

/// Without `demo.json` the story was never told to its end: what lies there is only its beginning.
fn remove_unfinished(databases: &[PathBuf]) -> std::io::Result<()> {
    for database in databases {
        for suffix in ["", "-wal", "-shm"] {
            let mut path = database.as_os_str().to_owned();
            path.push(suffix);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Writes the whole file or nothing of it, readable by its owner only: it holds passwords and tokens.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let draft = path.with_extension("json.new");
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(draft, path)
}
