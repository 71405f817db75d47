//! Holds, freezes, and where the app is live.

use super::*;
use crate::state::Stop;
use rulegate_ledger::event::{
    Event, FreezeLifted, FreezeSet, HoldLifted, HoldPlaced, SiteDeclared,
};
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

/// A fact about what a stop covers.
fn covering(
    ruleset: &Option<RuleSetName>,
    lane: &Option<LaneName>,
    event: impl Into<Event>,
) -> Decided {
    let (ruleset, lane, event) = (ruleset.clone(), lane.clone(), event.into());
    let fact = Fact {
        ruleset,
        lane,
        event,
    };
    fact.into()
}

impl Decide for PlaceHold {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        place(context, Act::Hold, &self.ruleset, &self.lane)?;
        let reason = required_reason(&self.reason)?;
        Ok(covering(&self.ruleset, &self.lane, HoldPlaced { reason }))
    }
}

impl Decide for SetFreeze {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        place(context, Act::Freeze, &self.ruleset, &self.lane)?;
        let (reason, until) = (required_reason(&self.reason)?, self.until);
        if until <= context.now {
            return Err(Refusal::EndsTooSoon);
        }
        let event = FreezeSet { reason, until };
        Ok(covering(&self.ruleset, &self.lane, event))
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
    event: impl Into<Event>,
) -> Result<Decided, Refusal> {
    let scope = Scope {
        ruleset: stop.ruleset.clone(),
        site: Some(context.state.own.clone()),
        lane: stop.lane.clone(),
    };
    context.require(act, scope)?;
    Ok(covering(&stop.ruleset, &stop.lane, event))
}

impl Decide for LiftHold {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let stop = in_force(context, &context.state.own_ledger().holds, &self.hold)?;
        let (hold, reason) = (self.hold.clone(), required_reason(&self.reason)?);
        lift(context, Act::Hold, stop, HoldLifted { hold, reason })
    }
}

impl Decide for LiftFreeze {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let stop = in_force(context, &context.state.own_ledger().freezes, &self.freeze)?;
        let (freeze, reason) = (self.freeze.clone(), required_reason(&self.reason)?);
        lift(context, Act::Freeze, stop, FreezeLifted { freeze, reason })
    }
}

impl Decide for DeclareLiveSite {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        context.require(Act::DeclareLiveSite, Scope::EVERYWHERE)?;
        if !context.state.topology.sites.contains(&self.live) {
            let lane = context.state.topology.production();
            return Err(Refusal::UnknownEnvironment {
                environment: Environment::new(&self.live, lane),
            });
        }
        if context.state.live_site() == &self.live {
            return Err(Refusal::AlreadyLive {
                site: self.live.clone(),
            });
        }
        let reason = required_reason(&self.reason)?;
        Ok(Fact::general(SiteDeclared {
            live: self.live.clone(),
            reason,
        })
        .into())
    }
}
