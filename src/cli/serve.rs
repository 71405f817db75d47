//! `rulegate serve`: one site's portal and API.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::site::{IdentityArgs, PeerArgs};
use super::{CliResult, block_on};
use crate::app::{App, Clock, IdentitySettings, reader};
use crate::auth::Auth;
use crate::config::Config;
use crate::ops::{health, logging, server};
use crate::peer::Peer;
use crate::store::Store;
use crate::web::{self, Portal};
use rulegate_ledger::environment::Topology;
use rulegate_ledger::ids::{LaneName, SiteName};

/// How long the start waits for the other site's word on our own ledger.
const COMPARE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);

/// What `serve` is told.
#[derive(clap::Args)]
pub struct ServeArgs {
    /// The site whose ledger this process appends to.
    #[arg(long, env = "RULEGATE_SITE", default_value = "ipc2")]
    site: SiteName,
    /// Where its data is: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, env = "RULEGATE_DATABASE", default_value = "sqlite:rulegate.db")]
    database: String,
    /// Where to listen.
    #[arg(long, env = "RULEGATE_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The address people use, e.g. https://rules.example.org.
    #[arg(long, env = "RULEGATE_PUBLIC_ORIGIN")]
    public_origin: Option<String>,
    /// All sites, the primary first.
    #[arg(
        long,
        env = "RULEGATE_SITES",
        value_delimiter = ',',
        default_value = "ipc2,ipc1"
    )]
    sites: Vec<SiteName>,
    /// All lanes in order of promotion; the last is production.
    #[arg(
        long,
        env = "RULEGATE_LANES",
        value_delimiter = ',',
        default_value = "sl,prod"
    )]
    lanes: Vec<LaneName>,
    #[command(flatten)]
    identity: IdentityArgs,
    #[command(flatten)]
    peer: PeerArgs,
    /// Log lines as JSON objects.
    #[arg(long, env = "RULEGATE_LOG_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    log_json: bool,
}

/// Serves until told to end.
pub fn run(args: ServeArgs) -> CliResult {
    logging::start(args.log_json);
    #[cfg(feature = "broken-checks")]
    if let Ok(check) = std::env::var("RULEGATE_LEAVE_OUT") {
        rulegate_domain::defect::leave_out(&check)?;
        tracing::error!(check, "this build leaves a check out: for a drill only");
    }
    if args.lanes.len() < 2 || !args.sites.contains(&args.site) {
        return Err("give at least two lanes, and name the own site among the sites".into());
    }
    if !args.listen.ip().is_loopback() && args.public_origin.is_none() {
        return Err(
            "listening beyond this machine needs --public-origin, the address people use".into(),
        );
    }
    let peer = args.peer.settings(&args.site)?;
    if let Some(peer) = &peer
        && !args.sites.contains(&peer.site)
    {
        return Err(format!("--peer-key is of {}, which is none of the sites", peer.site).into());
    }
    let identity = IdentitySettings {
        installation: args.identity.installation,
        key_file: args.identity.key_file,
        peer_keys: args.peer.peer_keys,
        is_guest: false,
    };
    let config = Config {
        site: args.site,
        topology: Topology {
            sites: args.sites,
            lanes: args.lanes,
        },
        listen: args.listen,
        public_origin: args
            .public_origin
            .map(|origin| origin.trim_end_matches('/').to_owned()),
        demo: false,
    };
    block_on(async {
        let store = Store::open(&args.database).await?;
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let app = App::start_as(config, &identity, store, Clock::default()).await?;
        if let Some(peer) = &peer {
            let source = Peer::new(peer)?;
            // If the other site holds more of our own ledger than we do, nothing may be appended.
            let compared = reader::compare(&app, &source);
            match tokio::time::timeout(COMPARE_PATIENCE, compared).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "the other site could not be asked"),
                Err(_) => tracing::warn!("the other site does not answer"),
            }
            reader::start_from(app.clone(), source);
        }
        let portal = portal(app.clone(), None, Vec::new()).await;
        println!("ready http://{address}");
        let end = server::end_signal();
        end_streams(&[app], end.clone());
        server::serve(listener, router(portal), end).await;
        Ok(ExitCode::SUCCESS)
    })?
}

/// Ends the streams of these sites once the process is asked to end.
pub fn end_streams(apps: &[Arc<App>], mut end: tokio::sync::watch::Receiver<bool>) {
    let apps = apps.to_vec();
    tokio::spawn(async move {
        let _ = end.wait_for(|end| *end).await;
        for app in apps {
            app.ending.send_replace(true);
        }
    });
}

/// The portal of one site.
pub async fn portal(
    app: Arc<App>,
    other: Option<Arc<App>>,
    sample: Vec<(String, String, String)>,
) -> Portal {
    let auth = Auth::start(app.clone()).await;
    Portal {
        app,
        auth,
        other,
        sample: Arc::new(sample),
        drawings: Arc::default(),
    }
}

/// Pages, API and health of one site.
pub fn router(portal: Portal) -> axum::Router {
    let health = health::router(portal.app.clone());
    let api = crate::api::router(portal.app.clone(), portal.auth.clone());
    let app = portal.app.clone();
    let router = web::router(portal).merge(api).merge(health);
    match app.config.demo {
        true => web::rehearsal::with_a_switch(app, router),
        false => router,
    }
}
