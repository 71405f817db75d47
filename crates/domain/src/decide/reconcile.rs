//! What moves between the sites is decided by people: transfers, pairs, differences from the live site.

use super::hotfix::{Origin, Proposal, commit, pinned};
use super::*;
use crate::state::Hotfix;
use rulegate_ledger::event::{
    DifferenceAccepted, HotfixTransferred, PairClosed, PairFinding, PairOutcome, ReviewOpened,
    TransferDeclined,
};
use rulegate_ledger::ids::ReviewId;
use rulegate_ledger::review::Subject;

/// A hotfix that is open in production of another site and not in effect in `to`, a production environment of
/// this site; with where it is open.
fn foreign<'a>(
    context: Context<'a>,
    ruleset: &RuleSetName,
    hotfix: &VersionName,
    to: &Environment,
) -> Result<(&'a Hotfix, Environment), Refusal> {
    let state = context.state;
    context.own_environment(to)?;
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

impl Decide for OpenTransfer {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let OpenTransfer {
            ruleset,
            hotfix,
            environment: to,
            reason,
        } = self;
        context.require(Act::Transfer, Scope::exactly(ruleset, to))?;
        let (record, _) = foreign(context, ruleset, hotfix, to)?;
        let pin = pinned(context, ruleset, to)?;
        let here = context.state.version_at(&to.site, ruleset, hotfix);
        if here.is_none_or(|facts| facts.checksum != record.checksum) {
            return Err(Refusal::BytesAbsent {
                version: hotfix.clone(),
                site: to.site.clone(),
            });
        }
        if !context.state.continues_pin(record, to) {
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
        let reason = required_reason(reason)?;
        Ok(Fact::within(ruleset, &to.lane, ReviewOpened { subject, reason }).into())
    }
}

impl Decide for MergeTransfer {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let MergeTransfer {
            ruleset,
            hotfix,
            environment,
            on_top_of,
            changes,
            ..
        } = self;
        context.require(Act::WriteHotfix, Scope::exactly(ruleset, environment))?;
        foreign(context, ruleset, hotfix, environment)?;
        let pin = pinned(context, ruleset, environment)?;
        if pin.checksum != *on_top_of {
            return Err(Refusal::PinMoved {
                environment: environment.clone(),
                now: pin.version.clone(),
            });
        }
        let policy = context.state.policy();
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
        let proposal = Proposal {
            ruleset,
            environment,
            snapshot: &self.snapshot,
            changes,
            lines_changed: self.lines_changed,
            words: &self.words,
        };
        let (facts, _) = commit(context, proposal, pin, origin)?;
        Ok(Decided::New(facts))
    }
}

impl Decide for DeclineTransfer {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let DeclineTransfer {
            ruleset,
            hotfix,
            environment: to,
            reason,
        } = self;
        context.require(Act::Transfer, Scope::exactly(ruleset, to))?;
        let (record, from) = foreign(context, ruleset, hotfix, to)?;
        let reason = required_reason(reason)?;
        let body = TransferDeclined {
            hotfix: record.version.clone(),
            from,
            environment: to.clone(),
            reason,
        };
        Ok(Fact::within(ruleset, &to.lane, body).into())
    }
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

impl Decide for ClosePair {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let ClosePair {
            ruleset,
            first,
            second,
            outcome,
            reason,
            evidence,
        } = self;
        let unknown = || Refusal::UnknownPair {
            first: first.clone(),
            second: second.clone(),
        };
        let pair = context
            .state
            .open_pair(ruleset, first, second)
            .ok_or_else(unknown)?;
        for hotfix in [pair.first, pair.second] {
            let scope = Scope::exactly(ruleset, &hotfix.environment);
            context.require(Act::Transfer, scope)?;
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
        let reason = required_reason(reason)?;
        let body = PairClosed {
            first: pair.first.version.clone(),
            second: pair.second.version.clone(),
            finding,
            outcome: outcome.clone(),
            reason,
        };
        let lane = context.state.topology.production();
        Ok(Fact::within(ruleset, lane, body).into())
    }

    fn questions(&mut self, state: &State) -> Option<(Vec<Question>, &mut Vec<Evidence>)> {
        let pair = state.open_pair(&self.ruleset, &self.first, &self.second)?;
        Some((pair.questions(), &mut self.evidence))
    }
}

impl Decide for AcceptDifference {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let AcceptDifference {
            ruleset,
            environment,
            reason,
        } = self;
        context.require(Act::Transfer, Scope::exactly(ruleset, environment))?;
        context.own_environment(environment)?;
        let state = context.state;
        let same = || Refusal::NothingDiffers {
            environment: environment.clone(),
        };
        let difference = state
            .cold_differences()
            .into_iter()
            .find(|found| found.ruleset == *ruleset && found.cold == *environment)
            .filter(|found| found.accepted.is_none())
            .ok_or_else(same)?;
        let pin = pinned(context, ruleset, environment)?;
        let live = pinned(context, ruleset, &difference.live)?;
        let reason = required_reason(reason)?;
        let body = DifferenceAccepted {
            environment: environment.clone(),
            version: pin.version.clone(),
            checksum: pin.checksum,
            live: difference.live.clone(),
            live_version: live.version.clone(),
            live_checksum: live.checksum,
            reason,
        };
        Ok(Fact::within(ruleset, &environment.lane, body).into())
    }
}
