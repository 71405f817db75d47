//! One side of a comparison: a version, an environment's pin, or a checksum.

use crate::app::AppError;
use crate::web::choice::{self, Choice};
use crate::web::diff_view::Column;
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
    pub(super) fn name(&self) -> String {
        match &self.version {
            Some(version) => version.to_string(),
            None => format!("observed {}", self.checksum.short()),
        }
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
pub(super) fn options(user: &User, ruleset: &RuleSetName, chosen: &str) -> Vec<Choice> {
    let state = &user.snapshot.state;
    let environments = state.topology.environments().into_iter();
    let environments = environments.filter_map(|environment| {
        let runs = &state.pin(ruleset, &environment)?.version;
        Some((
            environment.to_string(),
            format!("{environment} (runs {runs})"),
        ))
    });
    let versions = state.versions(ruleset).into_iter().take(OFFERED);
    let versions = versions.map(|(version, facts)| {
        let age = format::ago(facts.at, user.now);
        (version.to_string(), format!("{version} ({age} ago)"))
    });
    let mut pairs: Vec<(String, String)> = environments.chain(versions).collect();
    if !chosen.is_empty() && pairs.iter().all(|(value, _)| value != chosen) {
        let checksum = chosen.parse::<Digest>();
        let text = checksum.map_or(chosen.to_owned(), |checksum| checksum.short());
        pairs.push((chosen.to_owned(), text));
    }
    choice::options(pairs)
}
