//! Holds, freezes, and where the app is live.

use super::*;
use crate::state::Stop;
use rulegate_ledger::event::{FreezeLifted, FreezeSet, HoldLifted, HoldPlaced, SiteDeclared};
use rulegate_ledger::ids::LaneName;

fn place(
    context: Context,
    act: Act,
    ruleset: &Option<RuleSetName>,
    lane: &Option<LaneName>,
) -> Result<(), Refusal> {
    if let Some(lane) = lane {
        context.own_environment(&Environment::new(&context.state.own, lane))?;
    }
    if let Some(ruleset) = ruleset
        .as_ref()
        .filter(|name| !context.state.has_ruleset(name))
    {
        return Err(Refusal::UnknownRuleSet {
            ruleset: ruleset.clone(),
        });
    }
    let scope = Scope {
        ruleset: ruleset.clone(),
        site: Some(context.state.own.clone()),
        lane: lane.clone(),
    };
    context.require(act, scope)
}

impl Decide for PlaceHold {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let PlaceHold {
            ruleset,
            lane,
            reason,
        } = self;
        place(context, Act::Hold, ruleset, lane)?;
        let reason = required_reason(reason)?;
        Ok(Fact {
            ruleset: ruleset.clone(),
            lane: lane.clone(),
            event: HoldPlaced { reason }.into(),
        }
        .into())
    }
}

impl Decide for SetFreeze {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let SetFreeze {
            ruleset,
            lane,
            until,
            reason,
        } = self;
        let until = *until;
        place(context, Act::Freeze, ruleset, lane)?;
        let reason = required_reason(reason)?;
        if until <= context.now {
            return Err(Refusal::EndsTooSoon);
        }
        let event = FreezeSet { reason, until }.into();
        Ok(Fact {
            ruleset: ruleset.clone(),
            lane: lane.clone(),
            event,
        }
        .into())
    }
}

fn in_force<'a>(
    context: Context<'a>,
    stops: &'a imbl::OrdMap<u64, Stop>,
    id: &EntryRef,
) -> Result<&'a Stop, Refusal> {
    if id.site != context.state.own {
        return Err(Refusal::OtherSite {
            site: id.site.clone(),
        });
    }
    stops
        .get(&id.seq)
        .ok_or_else(|| Refusal::UnknownStop { id: id.clone() })
}

fn lift(
    context: Context,
    act: Act,
    stop: &Stop,
    event: rulegate_ledger::event::Event,
) -> Result<Decided, Refusal> {
    let scope = Scope {
        ruleset: stop.ruleset.clone(),
        site: Some(context.state.own.clone()),
        lane: stop.lane.clone(),
    };
    context.require(act, scope)?;
    Ok(Fact {
        ruleset: stop.ruleset.clone(),
        lane: stop.lane.clone(),
        event,
    }
    .into())
}

impl Decide for LiftHold {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let LiftHold { hold: id, reason } = self;
        let stop = in_force(context, &context.state.own_ledger().holds, id)?;
        let reason = required_reason(reason)?;
        lift(
            context,
            Act::Hold,
            stop,
            HoldLifted {
                hold: id.clone(),
                reason,
            }
            .into(),
        )
    }
}

impl Decide for LiftFreeze {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let LiftFreeze { freeze: id, reason } = self;
        let stop = in_force(context, &context.state.own_ledger().freezes, id)?;
        let reason = required_reason(reason)?;
        lift(
            context,
            Act::Freeze,
            stop,
            FreezeLifted {
                freeze: id.clone(),
                reason,
            }
            .into(),
        )
    }
}

impl Decide for DeclareLiveSite {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let DeclareLiveSite { live, reason } = self;
        context.require(Act::DeclareLiveSite, Scope::EVERYWHERE)?;
        if !context.state.topology.sites.contains(live) {
            let lane = context.state.topology.production();
            return Err(Refusal::UnknownEnvironment {
                environment: Environment::new(live, lane),
            });
        }
        if context.state.live_site() == live {
            return Err(Refusal::AlreadyLive { site: live.clone() });
        }
        let reason = required_reason(reason)?;
        Ok(Fact::general(SiteDeclared {
            live: live.clone(),
            reason,
        })
        .into())
    }
}
