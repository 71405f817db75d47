//! What a store outside really holds: reported, adopted as a hotfix, or dismissed until a date.

use std::sync::Arc;

use super::hotfix::{Origin, Proposal, commit, pinned};
use super::*;
use crate::command::{HotfixWords, SnapshotFacts};
use crate::state::Observation;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::{DriftAdopted, DriftDismissed, ObservationRecorded};
use rulegate_ledger::manifest::Change;

pub(super) fn observe(
    asked: Context,
    ruleset: &RuleSetName,
    environment: &Environment,
    (checksum, against): (Digest, Digest),
    changes: &[Change],
) -> Result<Decided, Refusal> {
    asked.known_environment(environment)?;
    asked.require(Act::Observe, Scope::exactly(ruleset, environment))?;
    if !asked.state.has_ruleset(ruleset) {
        return Err(Refusal::UnknownRuleSet {
            ruleset: ruleset.clone(),
        });
    }
    asked.own_environment(environment)?;
    let pin = pinned(asked, ruleset, environment)?;
    if pin.checksum != against {
        return Err(Refusal::EvidenceOutdated);
    }
    if (checksum == pin.checksum) != changes.is_empty() {
        return Err(Refusal::EvidenceOutdated);
    }
    if let Some(last) = asked.state.observation(ruleset, environment)
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
    Ok(Decided::New(vec![Fact::within(
        ruleset,
        &environment.lane,
        body,
    )]))
}

fn open_observation<'a>(
    asked: Context<'a>,
    id: &EntryRef,
) -> Result<&'a Arc<Observation>, Refusal> {
    let unknown = || Refusal::UnknownObservation {
        observation: id.clone(),
    };
    let ledger = asked.state.ledgers.get(&id.site).ok_or_else(unknown)?;
    let found = ledger
        .observations
        .values()
        .find(|observation| observation.id == *id)
        .ok_or_else(unknown)?;
    asked.own_environment(&found.environment)?;
    if found.is_open(asked.now) {
        Ok(found)
    } else {
        Err(Refusal::DriftSettled {
            observation: id.clone(),
        })
    }
}

pub(super) fn adopt(
    asked: Context,
    id: &EntryRef,
    snapshot: &SnapshotFacts,
    lines_changed: u32,
    words: &HotfixWords,
) -> Result<Decided, Refusal> {
    let found = open_observation(asked, id)?;
    let (ruleset, environment) = (&found.ruleset, &found.environment);
    asked.require(Act::AdoptDrift, Scope::exactly(ruleset, environment))?;
    if !asked.state.topology.is_production(environment) {
        return Err(Refusal::NotProduction {
            environment: environment.clone(),
        });
    }
    if snapshot.checksum != found.checksum {
        return Err(Refusal::EvidenceOutdated);
    }
    let pin = pinned(asked, ruleset, environment)?;
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
        asked,
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

pub(super) fn dismiss(
    asked: Context,
    id: &EntryRef,
    reason: &str,
    ends_at: Timestamp,
) -> Result<Decided, Refusal> {
    let found = open_observation(asked, id)?;
    let (ruleset, environment) = (&found.ruleset, &found.environment);
    asked.require(Act::DismissDrift, Scope::exactly(ruleset, environment))?;
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    asked.ends(ends_at)?;
    let body = DriftDismissed {
        observation: id.clone(),
        reason,
        ends_at,
    };
    Ok(Decided::New(vec![Fact::within(
        ruleset,
        &environment.lane,
        body,
    )]))
}
