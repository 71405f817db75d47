//! Scopes: where a right holds.

use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::ids::{LaneName, RuleSetName, SiteName};

/// Where a right holds; an absent part means everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Scope {
    /// Only this rule set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub ruleset: Option<RuleSetName>,
    /// Only environments of this site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub site: Option<SiteName>,
    /// Only environments of this lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub lane: Option<LaneName>,
}

impl Scope {
    /// Everything.
    pub const EVERYWHERE: Scope = Scope {
        ruleset: None,
        site: None,
        lane: None,
    };

    /// A rule set in one environment.
    pub fn exactly(ruleset: &RuleSetName, environment: &Environment) -> Scope {
        Scope {
            ruleset: Some(ruleset.clone()),
            site: Some(environment.site.clone()),
            lane: Some(environment.lane.clone()),
        }
    }

    /// A rule set, in whatever environment.
    pub fn ruleset(ruleset: &RuleSetName) -> Scope {
        Scope {
            ruleset: Some(ruleset.clone()),
            site: None,
            lane: None,
        }
    }

    /// True if a right held in `self` reaches `wanted`. Where `wanted` leaves a part open (an act on
    /// a whole rule set, say) a right restricted in that part still reaches it.
    pub fn reaches(&self, wanted: &Scope) -> bool {
        fn part<T: PartialEq>(held: &Option<T>, wanted: &Option<T>) -> bool {
            match (held, wanted) {
                (Some(held), Some(wanted)) => held == wanted,
                _ => true,
            }
        }
        part(&self.ruleset, &wanted.ruleset)
            && part(&self.site, &wanted.site)
            && part(&self.lane, &wanted.lane)
    }

    /// True if a right held in `self` holds in all of `wanted`: where `wanted` is open, so is the right.
    /// A right over one rule set does not cover an act on every rule set.
    pub fn covers(&self, wanted: &Scope) -> bool {
        fn part<T: PartialEq>(held: &Option<T>, wanted: &Option<T>) -> bool {
            held.is_none() || held == wanted
        }
        part(&self.ruleset, &wanted.ruleset)
            && part(&self.site, &wanted.site)
            && part(&self.lane, &wanted.lane)
    }

    /// As in `owasp-crs at ipc2/prod`, `everywhere`.
    pub fn words(&self) -> String {
        let place = match (&self.site, &self.lane) {
            (Some(site), Some(lane)) => Some(format!("{site}/{lane}")),
            (Some(site), None) => Some(site.to_string()),
            (None, Some(lane)) => Some(format!("{lane} at every site")),
            (None, None) => None,
        };
        match (&self.ruleset, place) {
            (None, None) => "everywhere".to_owned(),
            (Some(ruleset), None) => ruleset.to_string(),
            (None, Some(place)) => place,
            (Some(ruleset), Some(place)) => format!("{ruleset} at {place}"),
        }
    }
}
