//! Snapshots of a rule set by what people call them: an environment, a version, a checksum.

use crate::refusal::Refusal;
use crate::state::State;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{EntryRef, NameError, RuleSetName};
use rulegate_ledger::version::VersionName;

/// A snapshot that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its checksum.
    pub checksum: Digest,
    /// The version whose bytes these are; none of what was only observed.
    pub version: Option<VersionName>,
    /// The environment that was named, or in which it was observed.
    pub environment: Option<Environment>,
    /// The newest observation of these bytes, where no version has them.
    pub observed: Option<EntryRef>,
}

/// Why nothing was found.
#[derive(Debug, Clone, PartialEq)]
pub enum NotNamed {
    /// It is neither the name of a version nor of an environment, nor a checksum.
    Unfit(NameError),
    /// There is no such thing, or nothing runs there.
    Refused(Refusal),
    /// Neither a version nor an observation of the rule set has this checksum.
    NoSnapshot(Digest),
}

impl State {
    /// Finds what `text` names: `ipc2/prod`, `4.18.0` or 64 hex digits. Only what belongs to the rule
    /// set is found, so that a right on one rule set opens no other.
    pub fn named(&self, ruleset: &RuleSetName, text: &str) -> Result<Named, NotNamed> {
        if text.contains('/') {
            return self.named_environment(ruleset, text);
        }
        let version: Result<VersionName, _> = text.parse();
        if let Ok(version) = &version
            && let Some(facts) = self.version(ruleset, version)
        {
            return Ok(Named {
                checksum: facts.checksum,
                version: Some(version.clone()),
                environment: None,
                observed: None,
            });
        }
        if let Ok(checksum) = text.parse::<Digest>() {
            return self.with_checksum(ruleset, checksum);
        }
        let ruleset = ruleset.clone();
        let version = version.map_err(NotNamed::Unfit)?;
        Err(NotNamed::Refused(Refusal::UnknownVersion {
            ruleset,
            version,
        }))
    }

    fn named_environment(&self, ruleset: &RuleSetName, text: &str) -> Result<Named, NotNamed> {
        let environment: Environment = text.parse().map_err(NotNamed::Unfit)?;
        if !self.topology.has(&environment) {
            return Err(NotNamed::Refused(Refusal::UnknownEnvironment {
                environment,
            }));
        }
        match self.pin(ruleset, &environment) {
            None => Err(NotNamed::Refused(Refusal::NothingPinned { environment })),
            Some(pin) => Ok(Named {
                checksum: pin.checksum,
                version: Some(pin.version.clone()),
                environment: Some(environment),
                observed: None,
            }),
        }
    }

    fn with_checksum(&self, ruleset: &RuleSetName, checksum: Digest) -> Result<Named, NotNamed> {
        let version = self.versions_with(ruleset, checksum).pop();
        let observed = match version {
            Some(_) => None,
            None => self
                .observations()
                .into_iter()
                .find(|seen| seen.ruleset == *ruleset && seen.checksum == checksum),
        };
        if version.is_none() && observed.is_none() {
            return Err(NotNamed::NoSnapshot(checksum));
        }
        Ok(Named {
            checksum,
            version,
            environment: observed.map(|seen| seen.environment.clone()),
            observed: observed.map(|seen| seen.id.clone()),
        })
    }
}
