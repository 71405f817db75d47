//! What moves between the sites is decided by people: transfers, pairs, differences from the live site.

use super::hotfix::{Origin, Proposal, commit, pinned};
use super::*;
use crate::judgement::Evidence;
use crate::state::Hotfix;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::{
    DifferenceAccepted, HotfixTransferred, PairClosed, PairFinding, PairOutcome, ReviewOpened,
    TransferDeclined,
};
use rulegate_ledger::ids::ReviewId;
use rulegate_ledger::review::Subject;

/// A hotfix that is open in production of another site and not in effect in `to`, a production environment of
/// this site; with where it is open.
fn foreign<'a>(
    asked: Context<'a>,
    ruleset: &RuleSetName,
    hotfix: &VersionName,
    to: &Environment,
) -> Result<(&'a Hotfix, Environment), Refusal> {
    let state = asked.state;
    asked.own_environment(to)?;
    if !state.topology.is_production(to) {
        return Err(Refusal::NotProduction {
            environment: to.clone(),
        });
    }
    let record = state
        .hotfix(ruleset, hotfix)
        .ok_or_else(|| Refusal::UnknownHotfix {
            hotfix: hotfix.clone(),
        })?;
    if state.is_in_effect(record, to) {
        return Err(Refusal::AlreadyActive {
            version: hotfix.clone(),
            environment: to.clone(),
        });
    }
    let from = state
        .open_elsewhere(record, to)
        .ok_or_else(|| Refusal::HotfixNotOpen {
            hotfix: hotfix.clone(),
        })?;
    Ok((record, from))
}

pub(super) fn open(
    asked: Context,
    ruleset: &RuleSetName,
    hotfix: &VersionName,
    to: &Environment,
    reason: &str,
) -> Result<Decided, Refusal> {
    asked.require(Act::Transfer, Scope::exactly(ruleset, to))?;
    let (record, _) = foreign(asked, ruleset, hotfix, to)?;
    let pin = pinned(asked, ruleset, to)?;
    let here = asked.state.version_at(&to.site, ruleset, hotfix);
    if here.is_none_or(|facts| facts.checksum != record.checksum) {
        return Err(Refusal::BytesAbsent {
            version: hotfix.clone(),
            site: to.site.clone(),
        });
    }
    if !asked.state.continues_pin(record, to) {
        return Err(Refusal::NeedsMerge {
            hotfix: hotfix.clone(),
            environment: to.clone(),
            now: pin.version.clone(),
        });
    }
    let subject = Subject::Hotfix {
        version: hotfix.clone(),
        checksum: record.checksum,
        environment: to.clone(),
    };
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    Ok(Decided::New(vec![Fact::within(
        ruleset,
        &to.lane,
        ReviewOpened { subject, reason },
    )]))
}

pub(super) fn merge(
    asked: Context,
    proposal: Proposal,
    hotfix: &VersionName,
    on_top_of: Digest,
) -> Result<Decided, Refusal> {
    let Proposal {
        ruleset,
        environment,
        changes,
        ..
    } = proposal;
    asked.require(Act::WriteHotfix, Scope::exactly(ruleset, environment))?;
    foreign(asked, ruleset, hotfix, environment)?;
    let pin = pinned(asked, ruleset, environment)?;
    if pin.checksum != on_top_of {
        return Err(Refusal::PinMoved {
            environment: environment.clone(),
            now: pin.version.clone(),
        });
    }
    let policy = asked.state.policy();
    if let Some(change) = changes
        .iter()
        .find(|change| !policy.may_touch(&change.path))
    {
        return Err(Refusal::PathNotEditable {
            path: change.path.clone(),
            patterns: policy.hotfix_paths,
        });
    }
    let origin = Origin {
        transfers: Some(hotfix.clone()),
        ..Origin::default()
    };
    let (facts, _) = commit(asked, proposal, pin, origin)?;
    Ok(Decided::New(facts))
}

pub(super) fn decline(
    asked: Context,
    ruleset: &RuleSetName,
    hotfix: &VersionName,
    to: &Environment,
    reason: &str,
) -> Result<Decided, Refusal> {
    asked.require(Act::Transfer, Scope::exactly(ruleset, to))?;
    let (record, from) = foreign(asked, ruleset, hotfix, to)?;
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    let body = TransferDeclined {
        hotfix: record.version.clone(),
        from,
        environment: to.clone(),
        reason,
    };
    Ok(Decided::New(vec![Fact::within(ruleset, &to.lane, body)]))
}

/// The facts that follow when a review about a hotfix is executed: every hotfix of the other site that comes
/// with it, oldest first.
pub(super) fn transferred(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    environment: &Environment,
    review: &ReviewId,
) -> Vec<Fact> {
    let Some(record) = state.hotfix(ruleset, version) else {
        return Vec::new();
    };
    let brought = match &record.transfers {
        Some(foreign) => state.hotfix(ruleset, foreign),
        None if record.environment != *environment => Some(record),
        None => None,
    };
    let Some(brought) = brought else {
        return Vec::new();
    };
    let fact = |hotfix: &Hotfix| {
        let body = HotfixTransferred {
            hotfix: hotfix.version.clone(),
            on_top_of: hotfix.on_top_of.clone(),
            from: hotfix.environment.clone(),
            environment: environment.clone(),
            by: version.clone(),
            review: Some(review.clone()),
        };
        Fact::within(ruleset, &environment.lane, body)
    };
    let chain = state.missing_chain(brought, environment);
    chain.into_iter().map(|hotfix| fact(hotfix)).collect()
}

pub(super) fn close_pair(
    asked: Context,
    ruleset: &RuleSetName,
    (first, second): (&VersionName, &VersionName),
    outcome: &PairOutcome,
    reason: &str,
    evidence: &[Evidence],
) -> Result<Decided, Refusal> {
    let unknown = || Refusal::UnknownPair {
        first: first.clone(),
        second: second.clone(),
    };
    let pair = asked
        .state
        .open_pair(ruleset, first, second)
        .ok_or_else(unknown)?;
    for hotfix in [pair.first, pair.second] {
        let scope = Scope::exactly(ruleset, &hotfix.environment);
        asked.require(Act::Transfer, scope)?;
    }
    let finding = pair.finding(evidence).ok_or(Refusal::EvidenceOutdated)?;
    if let PairOutcome::Keep { hotfix } = outcome
        && *hotfix != pair.first.version
        && *hotfix != pair.second.version
    {
        return Err(unknown());
    }
    if finding == PairFinding::Conflict && *outcome == PairOutcome::One {
        return Err(Refusal::PairConflicts {
            first: pair.first.version.clone(),
            second: pair.second.version.clone(),
        });
    }
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    let body = PairClosed {
        first: pair.first.version.clone(),
        second: pair.second.version.clone(),
        finding,
        outcome: outcome.clone(),
        reason,
    };
    let lane = asked.state.topology.production();
    Ok(Decided::New(vec![Fact::within(ruleset, lane, body)]))
}

pub(super) fn accept(
    asked: Context,
    ruleset: &RuleSetName,
    environment: &Environment,
    reason: &str,
) -> Result<Decided, Refusal> {
    asked.require(Act::Transfer, Scope::exactly(ruleset, environment))?;
    asked.own_environment(environment)?;
    let state = asked.state;
    let same = || Refusal::NothingDiffers {
        environment: environment.clone(),
    };
    let difference = state
        .cold_differences()
        .into_iter()
        .find(|found| found.ruleset == *ruleset && found.cold == *environment)
        .filter(|found| found.accepted.is_none())
        .ok_or_else(same)?;
    let pin = pinned(asked, ruleset, environment)?;
    let live = pinned(asked, ruleset, &difference.live)?;
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    let body = DifferenceAccepted {
        environment: environment.clone(),
        version: pin.version.clone(),
        checksum: pin.checksum,
        live: difference.live.clone(),
        live_version: live.version.clone(),
        live_checksum: live.checksum,
        reason,
    };
    Ok(Decided::New(vec![Fact::within(
        ruleset,
        &environment.lane,
        body,
    )]))
}
