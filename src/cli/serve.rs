//! `rulegate serve`: one site's portal and API.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::{CliResult, block_on};
use crate::app::{App, Clock};
use crate::auth::Auth;
use crate::config::Config;
use crate::domain::environment::Topology;
use crate::domain::ids::{LaneName, SiteName};
use crate::ops::{health, logging, server};
use crate::store::Store;
use crate::web::{self, Portal};

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
    /// Log lines as JSON objects.
    #[arg(long, env = "RULEGATE_LOG_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    log_json: bool,
}

/// Serves until told to end.
pub fn run(args: ServeArgs) -> CliResult {
    logging::start(args.log_json);
    if args.lanes.len() < 2 || !args.sites.contains(&args.site) {
        return Err("give at least two lanes, and name the own site among the sites".into());
    }
    if !args.listen.ip().is_loopback() && args.public_origin.is_none() {
        return Err(
            "listening beyond this machine needs --public-origin, the address people use".into(),
        );
    }
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
        let app = App::start(config, store, Clock::default()).await?;
        let portal = portal(app, None, Vec::new()).await;
        println!("ready http://{address}");
        server::serve(listener, router(portal), server::end_signal()).await;
        Ok(ExitCode::SUCCESS)
    })?
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
    }
}

/// Pages, API and health of one site.
pub fn router(portal: Portal) -> axum::Router {
    let health = health::router(portal.app.clone());
    let api = crate::api::router(portal.app.clone(), portal.auth.clone());
    web::router(portal).merge(api).merge(health)
}
