//! Holds, freezes, and where the app is live.

use super::*;
use crate::state::Stop;
use rulegate_ledger::event::{FreezeLifted, FreezeSet, HoldLifted, HoldPlaced, SiteDeclared};
use rulegate_ledger::ids::{LaneName, SiteName};

fn place(
    asked: Context,
    act: Act,
    ruleset: &Option<RuleSetName>,
    lane: &Option<LaneName>,
) -> Result<(), Refusal> {
    if let Some(lane) = lane {
        asked.own_environment(&Environment::new(&asked.state.own, lane))?;
    }
    if let Some(ruleset) = ruleset
        .as_ref()
        .filter(|name| !asked.state.has_ruleset(name))
    {
        return Err(Refusal::UnknownRuleSet {
            ruleset: ruleset.clone(),
        });
    }
    let scope = Scope {
        ruleset: ruleset.clone(),
        site: Some(asked.state.own.clone()),
        lane: lane.clone(),
    };
    asked.require(act, scope)
}

pub(super) fn hold(
    asked: Context,
    ruleset: &Option<RuleSetName>,
    lane: &Option<LaneName>,
    reason: &str,
) -> Result<Decided, Refusal> {
    place(asked, Act::Hold, ruleset, lane)?;
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    Ok(Decided::New(vec![Fact {
        ruleset: ruleset.clone(),
        lane: lane.clone(),
        event: HoldPlaced { reason }.into(),
    }]))
}

pub(super) fn freeze(
    asked: Context,
    ruleset: &Option<RuleSetName>,
    lane: &Option<LaneName>,
    until: Timestamp,
    reason: &str,
) -> Result<Decided, Refusal> {
    place(asked, Act::Freeze, ruleset, lane)?;
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    if until <= asked.now {
        return Err(Refusal::EndsTooSoon);
    }
    let event = FreezeSet { reason, until }.into();
    Ok(Decided::New(vec![Fact {
        ruleset: ruleset.clone(),
        lane: lane.clone(),
        event,
    }]))
}

fn in_force<'a>(
    asked: Context<'a>,
    stops: &'a imbl::OrdMap<u64, Stop>,
    id: &EntryRef,
) -> Result<&'a Stop, Refusal> {
    if id.site != asked.state.own {
        return Err(Refusal::OtherSite {
            site: id.site.clone(),
        });
    }
    stops
        .get(&id.seq)
        .ok_or_else(|| Refusal::UnknownStop { id: id.clone() })
}

fn lift(
    asked: Context,
    act: Act,
    stop: &Stop,
    event: rulegate_ledger::event::Event,
) -> Result<Decided, Refusal> {
    let scope = Scope {
        ruleset: stop.ruleset.clone(),
        site: Some(asked.state.own.clone()),
        lane: stop.lane.clone(),
    };
    asked.require(act, scope)?;
    Ok(Decided::New(vec![Fact {
        ruleset: stop.ruleset.clone(),
        lane: stop.lane.clone(),
        event,
    }]))
}

pub(super) fn lift_hold(asked: Context, id: &EntryRef, reason: &str) -> Result<Decided, Refusal> {
    let stop = in_force(asked, &asked.state.own_ledger().holds, id)?;
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    lift(
        asked,
        Act::Hold,
        stop,
        HoldLifted {
            hold: id.clone(),
            reason,
        }
        .into(),
    )
}

pub(super) fn lift_freeze(asked: Context, id: &EntryRef, reason: &str) -> Result<Decided, Refusal> {
    let stop = in_force(asked, &asked.state.own_ledger().freezes, id)?;
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    lift(
        asked,
        Act::Freeze,
        stop,
        FreezeLifted {
            freeze: id.clone(),
            reason,
        }
        .into(),
    )
}

pub(super) fn declare_live(
    asked: Context,
    live: &SiteName,
    reason: &str,
) -> Result<Decided, Refusal> {
    asked.require(Act::DeclareLiveSite, Scope::EVERYWHERE)?;
    if !asked.state.topology.sites.contains(live) {
        let lane = asked.state.topology.production();
        return Err(Refusal::UnknownEnvironment {
            environment: Environment::new(live, lane),
        });
    }
    if asked.state.live_site() == live {
        return Err(Refusal::AlreadyLive { site: live.clone() });
    }
    let reason = required_text("reason", reason, REASON_LENGTH_MAX)?;
    Ok(Decided::New(vec![Fact::general(SiteDeclared {
        live: live.clone(),
        reason,
    })]))
}
