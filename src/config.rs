//! What an installation is told from outside; everything else is in the ledger.

use std::net::SocketAddr;

use rulegate_ledger::environment::Topology;
use rulegate_ledger::ids::SiteName;

/// One serving process's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The site whose ledger it appends to.
    pub site: SiteName,
    /// Sites and lanes of the installation.
    pub topology: Topology,
    /// Where it listens.
    pub listen: SocketAddr,
    /// The address people use, e.g. `https://rules.example.org`: forms from elsewhere are refused.
    /// Absent: whatever host the browser names, over http, which only suits loopback.
    pub public_origin: Option<String>,
    /// Demonstration: loopback only, sample accounts, the link between the sites can be cut.
    pub demo: bool,
}

impl Config {
    /// True if browsers reach the portal over TLS, so cookies must never travel without it.
    pub fn is_tls(&self) -> bool {
        self.public_origin
            .as_ref()
            .is_some_and(|origin| origin.starts_with("https://"))
    }
}
