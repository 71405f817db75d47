//! Sites, lanes and the environments they span.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{LaneName, NameError, SiteName};

/// A site and a lane, written `ipc2/prod`: where one version of a rule set runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Environment {
    /// The data centre.
    pub site: SiteName,
    /// The lane in it.
    pub lane: LaneName,
}

impl Environment {
    /// The environment of `site` and `lane`.
    pub fn new(site: &SiteName, lane: &LaneName) -> Environment {
        Environment {
            site: site.clone(),
            lane: lane.clone(),
        }
    }
}
impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.site, self.lane)
    }
}
impl FromStr for Environment {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let (site, lane) = text.split_once('/').ok_or_else(|| NameError {
            what: "environment",
            given: text.chars().take(80).collect(),
            rule: "a site and a lane, as in ipc2/prod",
        })?;
        Ok(Environment {
            site: site.parse()?,
            lane: lane.parse()?,
        })
    }
}
crate::text::as_text!(Environment);

/// The sites (first is the primary) and the lanes (ordered, last is production) of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    /// Every site once, the primary first; never empty.
    pub sites: Vec<SiteName>,
    /// Every lane once, in order of promotion; at least two, the last is production.
    pub lanes: Vec<LaneName>,
}

impl Default for Topology {
    fn default() -> Self {
        let name = |text: &str| text.parse().expect("a constant name");
        let lane = |text: &str| text.parse().expect("a constant name");
        Topology {
            sites: vec![name("ipc2"), name("ipc1")],
            lanes: vec![lane("sl"), lane("prod")],
        }
    }
}

impl Topology {
    /// Every environment, site by site in order, lanes in order of promotion.
    pub fn environments(&self) -> Vec<Environment> {
        self.sites
            .iter()
            .flat_map(|s| self.lanes.iter().map(move |l| Environment::new(s, l)))
            .collect()
    }

    /// The lane that serves production.
    pub fn production(&self) -> &LaneName {
        self.lanes.last().expect("a topology has lanes")
    }

    /// The lane in which a planned version is tried before production.
    pub fn soft_launch(&self) -> &LaneName {
        &self.lanes[self.lanes.len().saturating_sub(2)]
    }

    /// True for an environment of the production lane.
    pub fn is_production(&self, environment: &Environment) -> bool {
        environment.lane == *self.production()
    }

    /// True if the installation has this environment.
    pub fn has(&self, environment: &Environment) -> bool {
        self.sites.contains(&environment.site) && self.lanes.contains(&environment.lane)
    }
}
