//! What moves between the sites is decided by people: transfers, pairs, differences from the live site.

use super::hotfix::{Origin, Proposal, commit, editable, pinned};
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
        context.require_in(Act::Transfer, &self.ruleset, &self.environment)?;
        let (record, _) = foreign(context, &self.ruleset, &self.hotfix, &self.environment)?;
        let pin = pinned(context, &self.ruleset, &self.environment)?;
        let here = context
            .state
            .version_at(&self.environment.site, &self.ruleset, &self.hotfix);
        if here.is_none_or(|facts| facts.checksum != record.checksum) {
            return Err(Refusal::BytesAbsent {
                version: self.hotfix.clone(),
                site: self.environment.site.clone(),
            });
        }
        if !context.state.continues_pin(record, &self.environment) {
            return Err(Refusal::NeedsMerge {
                hotfix: self.hotfix.clone(),
                environment: self.environment.clone(),
                now: pin.version.clone(),
            });
        }
        let subject = Subject::Hotfix {
            version: self.hotfix.clone(),
            checksum: record.checksum,
            environment: self.environment.clone(),
        };
        let reason = required_reason(&self.reason)?;
        Ok(Fact::within(
            &self.ruleset,
            &self.environment.lane,
            ReviewOpened { subject, reason },
        )
        .into())
    }
}

impl Decide for MergeTransfer {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        context.require_in(Act::WriteHotfix, &self.ruleset, &self.environment)?;
        foreign(context, &self.ruleset, &self.hotfix, &self.environment)?;
        let pin = editable(
            context,
            &self.ruleset,
            &self.environment,
            self.on_top_of,
            &self.changes,
        )?;
        let origin = Origin {
            transfers: Some(self.hotfix.clone()),
            ..Origin::default()
        };
        let proposal = Proposal {
            ruleset: &self.ruleset,
            environment: &self.environment,
            snapshot: &self.snapshot,
            changes: &self.changes,
            lines_changed: self.lines_changed,
            words: &self.words,
        };
        let (facts, _) = commit(context, proposal, pin, origin)?;
        Ok(Decided::New(facts))
    }
}

impl Decide for DeclineTransfer {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        context.require_in(Act::Transfer, &self.ruleset, &self.environment)?;
        let (record, from) = foreign(context, &self.ruleset, &self.hotfix, &self.environment)?;
        let reason = required_reason(&self.reason)?;
        let body = TransferDeclined {
            hotfix: record.version.clone(),
            from,
            environment: self.environment.clone(),
            reason,
        };
        Ok(Fact::within(&self.ruleset, &self.environment.lane, body).into())
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
        let unknown = || Refusal::UnknownPair {
            first: self.first.clone(),
            second: self.second.clone(),
        };
        let pair = context
            .state
            .open_pair(&self.ruleset, &self.first, &self.second)
            .ok_or_else(unknown)?;
        for hotfix in [pair.first, pair.second] {
            let scope = Scope::exactly(&self.ruleset, &hotfix.environment);
            context.require(Act::Transfer, scope)?;
        }
        let finding = pair
            .finding(&self.evidence)
            .ok_or(Refusal::EvidenceOutdated)?;
        if let PairOutcome::Keep { hotfix } = &self.outcome
            && *hotfix != pair.first.version
            && *hotfix != pair.second.version
        {
            return Err(unknown());
        }
        if finding == PairFinding::Conflict && self.outcome == PairOutcome::One {
            return Err(Refusal::PairConflicts {
                first: pair.first.version.clone(),
                second: pair.second.version.clone(),
            });
        }
        let reason = required_reason(&self.reason)?;
        let body = PairClosed {
            first: pair.first.version.clone(),
            second: pair.second.version.clone(),
            finding,
            outcome: self.outcome.clone(),
            reason,
        };
        let lane = context.state.topology.production();
        Ok(Fact::within(&self.ruleset, lane, body).into())
    }

    fn questions(&mut self, state: &State) -> Option<(Vec<Question>, &mut Vec<Evidence>)> {
        let pair = state.open_pair(&self.ruleset, &self.first, &self.second)?;
        Some((pair.questions(), &mut self.evidence))
    }
}

impl Decide for AcceptDifference {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        context.require_in(Act::Transfer, &self.ruleset, &self.environment)?;
        context.own_environment(&self.environment)?;
        let state = context.state;
        let same = || Refusal::NothingDiffers {
            environment: self.environment.clone(),
        };
        let difference = state
            .cold_differences()
            .into_iter()
            .find(|found| found.ruleset == self.ruleset && found.cold == self.environment)
            .filter(|found| found.accepted.is_none())
            .ok_or_else(same)?;
        let pin = pinned(context, &self.ruleset, &self.environment)?;
        let live = pinned(context, &self.ruleset, &difference.live)?;
        let reason = required_reason(&self.reason)?;
        let body = DifferenceAccepted {
            environment: self.environment.clone(),
            version: pin.version.clone(),
            checksum: pin.checksum,
            live: difference.live.clone(),
            live_version: live.version.clone(),
            live_checksum: live.checksum,
            reason,
        };
        Ok(Fact::within(&self.ruleset, &self.environment.lane, body).into())
    }
}
