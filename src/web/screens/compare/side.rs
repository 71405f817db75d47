//! One side of a comparison: a version, an environment's pin, or a checksum.

use super::Choosable;
use crate::app::AppError;
use crate::web::diff_view::Column;
use crate::web::environment_view::Place;
use crate::web::error::{WebError, refuse};
use crate::web::user::User;
use crate::web::{address, format};
use rulegate_domain::named::NotNamed;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

/// Versions offered for choosing; older ones by their address.
const OFFERED: usize = 200;

/// What was asked for, found.
pub(super) struct Side {
    pub checksum: Digest,
    /// The version whose bytes these are; none of what was only observed.
    pub version: Option<VersionName>,
    pub environment: Option<Environment>,
    pub href: String,
}

impl Side {
    pub(super) fn place(&self) -> Option<Place> {
        self.environment.as_ref().map(Place::of)
    }

    pub(super) fn name(&self) -> String {
        match &self.version {
            Some(version) => version.to_string(),
            None => format!("observed {}", self.checksum.short()),
        }
    }

    pub(super) fn full(&self) -> String {
        self.checksum.to_string()
    }

    /// The head of its column; a hotfix says so.
    pub(super) fn column(&self, tag: &'static str) -> Column {
        let is_hotfix = self.version.as_ref().is_some_and(VersionName::is_hotfix);
        Column {
            tag: if is_hotfix { "hot" } else { tag },
            name: self.name(),
            text: self
                .environment
                .as_ref()
                .map_or(String::new(), |environment| environment.to_string()),
        }
    }
}

/// Finds a side by the text in the address.
pub(super) fn resolve(user: &User, ruleset: &RuleSetName, text: &str) -> Result<Side, WebError> {
    let named = user.snapshot.state.named(ruleset, text);
    let found = named.map_err(|error| match error {
        NotNamed::Unfit(error) => error.into(),
        NotNamed::Refused(refusal) => refuse(refusal),
        NotNamed::NoSnapshot(checksum) => WebError::App(AppError::NotFound {
            what: "snapshot of this rule set with checksum",
            name: checksum.to_string(),
        }),
    })?;
    Ok(Side {
        checksum: found.checksum,
        href: match (&found.version, &found.observed) {
            (Some(version), _) => address::version(ruleset, version),
            (None, Some(entry)) => address::entry(entry),
            (None, None) => String::new(),
        },
        version: found.version,
        environment: found.environment,
    })
}

/// Environments first, then versions, the newest on top.
pub(super) fn options(user: &User, ruleset: &RuleSetName, chosen: &str) -> Vec<Choosable> {
    let state = &user.snapshot.state;
    let option = |value: String, text: String| Choosable {
        selected: value == chosen,
        value,
        text,
    };
    let mut options: Vec<Choosable> = state
        .topology
        .environments()
        .iter()
        .filter_map(|environment| {
            let pin = state.pin(ruleset, environment)?;
            let text = format!("{environment} (runs {})", pin.version);
            Some(option(environment.to_string(), text))
        })
        .collect();
    options.extend(
        state
            .versions(ruleset)
            .iter()
            .take(OFFERED)
            .map(|(version, facts)| {
                let age = format::ago(facts.at, user.now);
                option(version.to_string(), format!("{version} ({age} ago)"))
            }),
    );
    if !chosen.is_empty() && options.iter().all(|option| !option.selected) {
        let text = match chosen.parse::<Digest>() {
            Ok(checksum) => checksum.short(),
            Err(_) => chosen.to_owned(),
        };
        options.push(Choosable {
            value: chosen.to_owned(),
            text,
            selected: true,
        });
    }
    options
}
