//! What a site does about the other site's ledger: receive its versions, fulfil its intents.

use super::*;
use crate::defect::{Defect, is_left_out};
use crate::gate::{self, Outcome};
use crate::state::Intent;
use rulegate_ledger::event::{
    AcceptedLoss, HotfixAbsorbed, HotfixDiscarded, IntentCancelled, Mode, ReleaseReceived,
    VersionActivated,
};
use rulegate_ledger::ids::ReviewId;

impl Decide for ReceiveRelease {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        context.require_site_itself()?;
        if let Some(here) =
            context
                .state
                .version_at(&context.state.own, &self.ruleset, &self.version)
        {
            return Ok(Decided::Already(here.entry.clone()));
        }
        let facts = context.known_version(&self.ruleset, &self.version)?;
        if facts.checksum != self.checksum || facts.entry != self.origin {
            return Err(Refusal::EvidenceOutdated);
        }
        let body = ReleaseReceived {
            version: self.version.clone(),
            checksum: self.checksum,
            origin: self.origin.clone(),
        };
        Ok(Fact::about(&self.ruleset, body).into())
    }
}

/// What went live where, for the facts about hotfixes that follow from it.
pub(super) struct Runs<'a> {
    pub environment: &'a Environment,
    pub version: &'a VersionName,
    pub review: Option<&'a ReviewId>,
}

impl Runs<'_> {
    pub(super) fn absorbed(&self, ruleset: &RuleSetName, hotfix: &VersionName) -> Fact {
        let body = HotfixAbsorbed {
            environment: self.environment.clone(),
            hotfix: hotfix.clone(),
            by: self.version.clone(),
            review: self.review.cloned(),
        };
        Fact::within(ruleset, &self.environment.lane, body)
    }

    pub(super) fn discarded(&self, ruleset: &RuleSetName, loss: &AcceptedLoss) -> Fact {
        let body = HotfixDiscarded {
            environment: self.environment.clone(),
            hotfix: loss.hotfix.clone(),
            reason: loss.reason.clone(),
            review: self.review.cloned(),
        };
        Fact::within(ruleset, &self.environment.lane, body)
    }
}

/// Why an intent waits at this site, in words; `None` if it may be fulfilled now.
pub(crate) fn obstacle(state: &State, intent: &Intent, now: Timestamp) -> Option<String> {
    let (ruleset, body) = (&intent.ruleset, &intent.body);
    let environment = &body.environment;
    let here = state.version_at(&environment.site, ruleset, &body.version);
    if here.is_none_or(|facts| facts.checksum != body.checksum) {
        return Some(format!(
            "the bytes of {} are not at {} yet",
            body.version, environment.site
        ));
    }
    let pin = state.pin(ruleset, environment);
    if pin.map(|pin| pin.checksum) != body.from_checksum && !is_left_out(Defect::IntentPin) {
        let now = pin.map_or("nothing".to_owned(), |pin| pin.version.to_string());
        return Some(format!(
            "{environment} runs {now}, which is not what was shown when it was decided"
        ));
    }
    let blocking = gate::recheck(state, intent, now)
        .into_iter()
        .find(|check| check.outcome == Outcome::Block && !is_left_out(Defect::IntentGate));
    if let Some(check) = blocking {
        return Some(format!(
            "{}: {}",
            check.title().to_lowercase(),
            check.evidence
        ));
    }
    let unanswered = state
        .open_hotfixes(ruleset, environment)
        .into_iter()
        .find(|hotfix| {
            !body.contained.contains(&hotfix.version)
                && !body
                    .accepted
                    .iter()
                    .any(|loss| loss.hotfix == hotfix.version)
        });
    unanswered.map(|hotfix| {
        format!(
            "hotfix {} became open in {environment} and nobody answered for it",
            hotfix.version
        )
    })
}

impl Decide for FulfilIntent {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        context.require_site_itself()?;
        let intent = known(context, &self.intent)?;
        context.own_environment(&intent.body.environment)?;
        if let Some(done) = context.state.own_ledger().fulfilled.get(&self.intent) {
            return Ok(Decided::Already(done.clone()));
        }
        let is_cancelled = intent.cancelled.is_some()
            || context
                .state
                .ledgers
                .values()
                .any(|ledger| ledger.cancelled.contains_key(&self.intent));
        if is_cancelled || obstacle(context.state, intent, context.now).is_some() {
            return Err(Refusal::UnknownIntent {
                id: self.intent.clone(),
            });
        }
        let (ruleset, body) = (&intent.ruleset, &intent.body);
        let pin = context.state.pin(ruleset, &body.environment);
        let activated = VersionActivated {
            version: body.version.clone(),
            checksum: body.checksum,
            mode: Mode::Fulfilled,
            from: pin.map(|pin| pin.version.clone()),
            from_checksum: pin.map(|pin| pin.checksum),
            review: Some(body.review.clone()),
            fulfils: Some(self.intent.clone()),
            fingerprint: Some(body.fingerprint),
            approved_by: body.approved_by.clone(),
        };
        let mut facts = vec![Fact::within(ruleset, &body.environment.lane, activated)];
        let runs = Runs {
            environment: &body.environment,
            version: &body.version,
            review: Some(&body.review),
        };
        for hotfix in context.state.open_hotfixes(ruleset, &body.environment) {
            match body
                .accepted
                .iter()
                .find(|loss| loss.hotfix == hotfix.version)
            {
                Some(loss) => facts.push(runs.discarded(ruleset, loss)),
                None => facts.push(runs.absorbed(ruleset, &hotfix.version)),
            }
        }
        Ok(Decided::New(facts))
    }
}

fn known<'a>(context: Context<'a>, id: &EntryRef) -> Result<&'a Intent, Refusal> {
    let ledger = context.state.ledgers.get(&id.site);
    let intent = ledger.and_then(|ledger| ledger.intents.get(&id.seq));
    intent
        .map(|intent| intent.as_ref())
        .ok_or_else(|| Refusal::UnknownIntent { id: id.clone() })
}

impl Decide for CancelIntent {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let intent = known(context, &self.intent)?;
        context.require_in(Act::CancelIntent, &intent.ruleset, &intent.body.environment)?;
        // The site that decided it may take it back, and so may the site where it waits: neither needs the other.
        if self.intent.site != context.state.own
            && intent.body.environment.site != context.state.own
        {
            return Err(Refusal::OtherSite {
                site: self.intent.site.clone(),
            });
        }
        let is_done = context.state.ledgers.values().any(|ledger| {
            ledger.fulfilled.contains_key(&self.intent)
                || ledger.cancelled.contains_key(&self.intent)
        });
        if is_done || intent.cancelled.is_some() {
            return Err(Refusal::UnknownIntent {
                id: self.intent.clone(),
            });
        }
        let reason = required_reason(&self.reason)?;
        Ok(Fact::about(
            &intent.ruleset,
            IntentCancelled {
                intent: self.intent.clone(),
                reason,
            },
        )
        .into())
    }
}
