//! What a store outside really holds: reported, adopted as a hotfix, or dismissed until a date.

use std::sync::Arc;

use super::hotfix::{Origin, Proposal, commit, pinned};
use super::*;
use crate::state::Observation;
use rulegate_ledger::event::{DriftAdopted, DriftDismissed, ObservationRecorded};

impl Decide for RecordObservation {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let RecordObservation {
            ruleset,
            environment,
            checksum,
            pin: against,
            changes,
        } = self;
        let checksum = *checksum;
        let against = *against;
        context.known_environment(environment)?;
        context.require(Act::Observe, Scope::exactly(ruleset, environment))?;
        if !context.state.has_ruleset(ruleset) {
            return Err(Refusal::UnknownRuleSet {
                ruleset: ruleset.clone(),
            });
        }
        context.own_environment(environment)?;
        let pin = pinned(context, ruleset, environment)?;
        if pin.checksum != against {
            return Err(Refusal::EvidenceOutdated);
        }
        if (checksum == pin.checksum) != changes.is_empty() {
            return Err(Refusal::EvidenceOutdated);
        }
        if let Some(last) = context.state.observation(ruleset, environment)
            && last.checksum == checksum
            && last.pin_checksum == pin.checksum
        {
            return Ok(Decided::Already(last.id.clone()));
        }
        let body = ObservationRecorded {
            checksum,
            pin: pin.version.clone(),
            pin_checksum: pin.checksum,
            changes: changes.to_vec(),
        };
        Ok(Fact::within(ruleset, &environment.lane, body).into())
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
        let AdoptDrift {
            observation: id,
            snapshot,
            lines_changed,
            words,
        } = self;
        let lines_changed = *lines_changed;
        let found = open_observation(context, id)?;
        let (ruleset, environment) = (&found.ruleset, &found.environment);
        context.require(Act::AdoptDrift, Scope::exactly(ruleset, environment))?;
        if !context.state.topology.is_production(environment) {
            return Err(Refusal::NotProduction {
                environment: environment.clone(),
            });
        }
        if snapshot.checksum != found.checksum {
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
            snapshot,
            changes: &found.changes,
            lines_changed,
            words,
        };
        let (mut facts, hotfix) = commit(
            context,
            proposal,
            pin,
            Origin {
                adopts: Some(id.clone()),
                ..Origin::default()
            },
        )?;
        facts.push(Fact::within(
            ruleset,
            &environment.lane,
            DriftAdopted {
                observation: id.clone(),
                hotfix,
            },
        ));
        Ok(Decided::New(facts))
    }
}

impl Decide for DismissDrift {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let DismissDrift {
            observation: id,
            reason,
            ends_at,
        } = self;
        let ends_at = *ends_at;
        let found = open_observation(context, id)?;
        let (ruleset, environment) = (&found.ruleset, &found.environment);
        context.require(Act::DismissDrift, Scope::exactly(ruleset, environment))?;
        let reason = required_reason(reason)?;
        context.ends(ends_at)?;
        let body = DriftDismissed {
            observation: id.clone(),
            reason,
            ends_at,
        };
        Ok(Fact::within(ruleset, &environment.lane, body).into())
    }
}
