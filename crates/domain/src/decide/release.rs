//! Delivering a planned version, and the word on its soft launch.

use super::*;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::{
    DriftFinding, Event, Finding, Provenance, ReleaseCommitted, ValidationFailed, ValidationPassed,
};

impl Decide for CommitRelease {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        context.require(Act::PushRelease, Scope::ruleset(&self.ruleset))?;
        if self.version.is_hotfix() {
            return Err(Refusal::NotAPlannedName {
                version: self.version.clone(),
            });
        }
        let SnapshotFacts {
            checksum,
            rules,
            size_bytes,
        } = self.snapshot;
        if let Some(facts) = context.state.version(&self.ruleset, &self.version) {
            if facts.checksum != checksum {
                let (version, checksum, entry) =
                    (self.version.clone(), facts.checksum, facts.entry.clone());
                return Err(Refusal::VersionExists {
                    version,
                    checksum,
                    entry,
                });
            }
            if let Some(here) =
                context
                    .state
                    .version_at(&context.state.own, &self.ruleset, &self.version)
            {
                return Ok(Decided::Already(here.entry.clone()));
            }
        }
        let body = ReleaseCommitted {
            version: self.version.clone(),
            checksum,
            rules,
            size_bytes,
            provenance: checked(&self.provenance)?,
            drift: findings(context, &self.ruleset, checksum, &self.evidence)?,
        };
        Ok(Fact::about(&self.ruleset, body).into())
    }

    fn questions(&mut self, state: &State) -> Option<(Vec<Question>, &mut Vec<Evidence>)> {
        let environments = state.topology.environments();
        let of = |environment| state.questions(&self.ruleset, environment, self.snapshot.checksum);
        let questions = environments.iter().flat_map(of).collect();
        Some((questions, &mut self.evidence))
    }
}

fn checked(provenance: &Provenance) -> Result<Provenance, Refusal> {
    let mut checked = provenance.clone();
    let short = |what, text: &Option<String>| -> Result<Option<String>, Refusal> {
        text.as_deref()
            .filter(|text| !text.trim().is_empty())
            .map(|text| required_text(what, text, 200))
            .transpose()
    };
    checked.commit = short("commit", &provenance.commit)?;
    checked.e1.build = short("E1 build", &provenance.e1.build)?;
    checked.e2.build = short("E2 build", &provenance.e2.build)?;
    checked.link = provenance
        .link
        .as_deref()
        .filter(|text| !text.trim().is_empty())
        .map(link)
        .transpose()?;
    Ok(checked)
}

/// What this release would meet, environment by environment.
///
/// Errors: [`Refusal::EvidenceOutdated`] if a question about an open hotfix has no answer in `evidence`.
pub(super) fn findings(
    context: Context,
    ruleset: &RuleSetName,
    candidate: Digest,
    evidence: &[Evidence],
) -> Result<Vec<DriftFinding>, Refusal> {
    context
        .state
        .topology
        .environments()
        .into_iter()
        .map(|environment| {
            let finding =
                context
                    .state
                    .finding(ruleset, &environment, candidate, evidence, context.now)?;
            Ok(DriftFinding {
                environment,
                finding,
            })
        })
        .collect()
}

impl State {
    /// What a release of `candidate` would meet in one environment, given the answers to [`State::questions`].
    ///
    /// Errors: [`Refusal::EvidenceOutdated`] if a question about an open hotfix has no answer in `evidence`.
    pub fn finding(
        &self,
        ruleset: &RuleSetName,
        environment: &Environment,
        candidate: Digest,
        evidence: &[Evidence],
        now: Timestamp,
    ) -> Result<Finding, Refusal> {
        let observations: Vec<EntryRef> = self
            .open_drift(ruleset, environment, now)
            .map(|drift| drift.id.clone())
            .into_iter()
            .collect();
        let questions = self.questions(ruleset, environment, candidate);
        let answers =
            State::match_evidence(&questions, evidence).ok_or(Refusal::EvidenceOutdated)?;
        let hotfixes: Vec<_> = answers
            .iter()
            .filter_map(|evidence| evidence.at_risk())
            .collect();
        if !hotfixes.is_empty() || !observations.is_empty() {
            return Ok(Finding::MayOverride {
                hotfixes,
                observations,
            });
        }
        if !answers.is_empty() {
            let hotfixes = questions
                .into_iter()
                .map(|question| question.hotfix)
                .collect();
            return Ok(Finding::HotfixesContained { hotfixes });
        }
        let baseline = self
            .track(ruleset, environment)
            .and_then(|track| track.baseline.as_ref());
        Ok(match baseline {
            None => Finding::NoBaseline,
            Some(_) => Finding::NoInterimHotfix,
        })
    }
}

impl Decide for RecordValidation {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let state = context.state;
        let lane = state.topology.soft_launch().clone();
        let environment = Environment::new(&state.own, &lane);
        context.require_in(Act::Validate, &self.ruleset, &environment)?;
        let facts = context.known_version(&self.ruleset, &self.version)?;
        if state
            .times_active(&self.ruleset, &self.version, &environment)
            .is_empty()
        {
            return Err(Refusal::NotInSoftLaunch {
                version: self.version.clone(),
            });
        }
        let checksum = facts.checksum;
        let note = required_text("note", &self.note, REASON_LENGTH_MAX)?;
        let links = self
            .links
            .iter()
            .filter(|l| !l.trim().is_empty())
            .map(|l| link(l))
            .collect::<Result<Vec<_>, _>>()?;
        let version = self.version.clone();
        let event: Event = if self.passed {
            ValidationPassed {
                version,
                checksum,
                note,
                links,
            }
            .into()
        } else {
            ValidationFailed {
                version,
                checksum,
                note,
                links,
            }
            .into()
        };
        Ok(Fact::within(&self.ruleset, &lane, event).into())
    }
}
