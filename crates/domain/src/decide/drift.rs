//! What a store outside really holds: reported, adopted as a hotfix, or dismissed until a date.

use std::sync::Arc;

use super::hotfix::{Origin, Proposal, commit, pinned};
use super::*;
use crate::state::Observation;
use rulegate_ledger::event::{DriftAdopted, DriftDismissed, ObservationRecorded};

impl Decide for RecordObservation {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        context.known_environment(&self.environment)?;
        context.require_in(Act::Observe, &self.ruleset, &self.environment)?;
        if !context.state.has_ruleset(&self.ruleset) {
            return Err(Refusal::UnknownRuleSet {
                ruleset: self.ruleset.clone(),
            });
        }
        context.own_environment(&self.environment)?;
        let pin = pinned(context, &self.ruleset, &self.environment)?;
        if pin.checksum != self.pin {
            return Err(Refusal::EvidenceOutdated);
        }
        if (self.checksum == pin.checksum) != self.changes.is_empty() {
            return Err(Refusal::EvidenceOutdated);
        }
        if let Some(last) = context.state.observation(&self.ruleset, &self.environment)
            && last.checksum == self.checksum
            && last.pin_checksum == pin.checksum
        {
            return Ok(Decided::Already(last.id.clone()));
        }
        let body = ObservationRecorded {
            checksum: self.checksum,
            pin: pin.version.clone(),
            pin_checksum: pin.checksum,
            changes: self.changes.to_vec(),
        };
        Ok(Fact::within(&self.ruleset, &self.environment.lane, body).into())
    }
}

fn open_observation<'a>(
    context: Context<'a>,
    id: &EntryRef,
) -> Result<&'a Arc<Observation>, Refusal> {
    let unknown = || Refusal::UnknownObservation {
        observation: id.clone(),
    };
    let ledger = context.state.ledgers.get(&id.site).ok_or_else(unknown)?;
    let found = ledger
        .observations
        .values()
        .find(|observation| observation.id == *id)
        .ok_or_else(unknown)?;
    context.own_environment(&found.environment)?;
    if found.is_open(context.now) {
        Ok(found)
    } else {
        Err(Refusal::DriftSettled {
            observation: id.clone(),
        })
    }
}

impl Decide for AdoptDrift {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let found = open_observation(context, &self.observation)?;
        let (ruleset, environment) = (&found.ruleset, &found.environment);
        context.require_in(Act::AdoptDrift, ruleset, environment)?;
        if !context.state.topology.is_production(environment) {
            return Err(Refusal::NotProduction {
                environment: environment.clone(),
            });
        }
        if self.snapshot.checksum != found.checksum {
            return Err(Refusal::EvidenceOutdated);
        }
        let pin = pinned(context, ruleset, environment)?;
        if pin.checksum != found.pin_checksum {
            return Err(Refusal::PinMoved {
                environment: environment.clone(),
                now: pin.version.clone(),
            });
        }
        let proposal = Proposal {
            ruleset,
            environment,
            snapshot: &self.snapshot,
            changes: &found.changes,
            lines_changed: self.lines_changed,
            words: &self.words,
        };
        let (mut facts, hotfix) = commit(
            context,
            proposal,
            pin,
            Origin {
                adopts: Some(self.observation.clone()),
                ..Origin::default()
            },
        )?;
        facts.push(Fact::within(
            ruleset,
            &environment.lane,
            DriftAdopted {
                observation: self.observation.clone(),
                hotfix,
            },
        ));
        Ok(Decided::New(facts))
    }
}

impl Decide for DismissDrift {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let found = open_observation(context, &self.observation)?;
        let (ruleset, environment) = (&found.ruleset, &found.environment);
        context.require_in(Act::DismissDrift, ruleset, environment)?;
        let reason = required_reason(&self.reason)?;
        context.ends(self.ends_at)?;
        let body = DriftDismissed {
            observation: self.observation.clone(),
            reason,
            ends_at: self.ends_at,
        };
        Ok(Fact::within(ruleset, &environment.lane, body).into())
    }
}
