//! Making a hotfix, and discarding one.

use super::*;
use crate::state::Pin;
use rulegate_ledger::event::{HotfixCommitted, HotfixDiscarded, ReviewOpened};
use rulegate_ledger::manifest::Change;
use rulegate_ledger::review::Subject;

/// A hotfix that somebody wants to make.
#[derive(Clone, Copy)]
pub(super) struct Proposal<'a> {
    pub ruleset: &'a RuleSetName,
    pub environment: &'a Environment,
    pub snapshot: &'a SnapshotFacts,
    pub changes: &'a [Change],
    pub lines_changed: u32,
    pub words: &'a HotfixWords,
}

impl Decide for ProposeHotfix {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let state = context.state;
        context.known_environment(&self.environment)?;
        context.require_in(Act::WriteHotfix, &self.ruleset, &self.environment)?;
        if !state.has_ruleset(&self.ruleset) {
            return Err(Refusal::UnknownRuleSet {
                ruleset: self.ruleset.clone(),
            });
        }
        if !state.topology.is_production(&self.environment) {
            return Err(Refusal::NotProduction {
                environment: self.environment.clone(),
            });
        }
        if self.environment.site != *state.live_site() {
            return Err(Refusal::NotTheLiveSite {
                environment: self.environment.clone(),
                live: state.live_site().clone(),
            });
        }
        context.own_environment(&self.environment)?;
        let pin = editable(
            context,
            &self.ruleset,
            &self.environment,
            self.on_top_of,
            &self.changes,
        )?;
        let (committed, _) = commit(
            context,
            Proposal {
                ruleset: &self.ruleset,
                environment: &self.environment,
                snapshot: &self.snapshot,
                changes: &self.changes,
                lines_changed: self.lines_changed,
                words: &self.words,
            },
            pin,
            Origin::default(),
        )?;
        Ok(Decided::New(committed))
    }
}

/// Where a hotfix's content comes from, if its author did not write it.
#[derive(Default)]
pub(super) struct Origin {
    /// The observation that it adopts.
    pub adopts: Option<EntryRef>,
    /// The hotfix of the other site that it brings.
    pub transfers: Option<VersionName>,
}

/// The facts of a hotfix on top of `pin` with its review, and its name.
pub(super) fn commit(
    context: Context,
    proposal: Proposal,
    pin: &Pin,
    origin: Origin,
) -> Result<(Vec<Fact>, VersionName), Refusal> {
    let Proposal {
        ruleset,
        environment,
        snapshot,
        changes,
        lines_changed,
        words,
    } = proposal;
    if changes.is_empty() || snapshot.checksum == pin.checksum {
        return Err(Refusal::NothingChanged);
    }
    let reason = required_reason(&words.reason)?;
    let incident = required_text("incident reference", &words.incident, 200)?;
    context.ends(words.ends_at)?;
    let version = next_name(context.state, ruleset, &pin.version);
    let body = HotfixCommitted {
        version: version.clone(),
        checksum: snapshot.checksum,
        rules: snapshot.rules,
        size_bytes: snapshot.size_bytes,
        environment: environment.clone(),
        on_top_of: pin.version.clone(),
        on_top_of_checksum: pin.checksum,
        changes: changes.to_vec(),
        lines_changed,
        reason: reason.clone(),
        incident,
        ends_at: words.ends_at,
        adopts: origin.adopts,
        transfers: origin.transfers,
    };
    let subject = Subject::Hotfix {
        version: version.clone(),
        checksum: snapshot.checksum,
        environment: environment.clone(),
    };
    let facts = vec![
        Fact::within(ruleset, &environment.lane, body),
        Fact::within(ruleset, &environment.lane, ReviewOpened { subject, reason }),
    ];
    Ok((facts, version))
}

/// What runs there, if that is what the changes were made on and the policy allows each of them.
pub(super) fn editable<'a>(
    context: Context<'a>,
    ruleset: &RuleSetName,
    environment: &Environment,
    on_top_of: Digest,
    changes: &[Change],
) -> Result<&'a Pin, Refusal> {
    let pin = pinned(context, ruleset, environment)?;
    if pin.checksum != on_top_of {
        return Err(Refusal::PinMoved {
            environment: environment.clone(),
            now: pin.version.clone(),
        });
    }
    let policy = context.state.policy();
    match changes
        .iter()
        .find(|change| !policy.may_touch(&change.path))
    {
        None => Ok(pin),
        Some(change) => Err(Refusal::PathNotEditable {
            path: change.path.clone(),
            patterns: policy.hotfix_paths,
        }),
    }
}

/// What runs there.
pub(super) fn pinned<'a>(
    context: Context<'a>,
    ruleset: &RuleSetName,
    environment: &Environment,
) -> Result<&'a Pin, Refusal> {
    context
        .state
        .pin(ruleset, environment)
        .ok_or_else(|| Refusal::NothingPinned {
            environment: environment.clone(),
        })
}

/// `<planned>+<own site>.<n>`, n counted per planned version at this site, never used twice.
fn next_name(state: &State, ruleset: &RuleSetName, on_top_of: &VersionName) -> VersionName {
    let used = state
        .own_ledger()
        .hotfixes
        .keys()
        .filter(|(name, version)| {
            name == ruleset && version.planned_part() == on_top_of.planned_part()
        })
        .filter_map(|(_, version)| version.hotfix_origin())
        .filter(|(site, _)| *site == state.own)
        .map(|(_, number)| number)
        .max()
        .unwrap_or(0);
    VersionName::hotfix(on_top_of, &state.own, used + 1)
}

impl Decide for DiscardHotfix {
    fn decide(&self, context: Context) -> Result<Decided, Refusal> {
        let record = context
            .state
            .hotfix(&self.ruleset, &self.hotfix)
            .ok_or_else(|| Refusal::UnknownHotfix {
                hotfix: self.hotfix.clone(),
            })?;
        let environment = &record.environment;
        context.require_in(Act::DiscardHotfix, &self.ruleset, environment)?;
        context.own_environment(environment)?;
        let open = context
            .state
            .track(&self.ruleset, environment)
            .is_some_and(|track| track.open_hotfixes.contains(&self.hotfix));
        if !open {
            return Err(Refusal::HotfixNotOpen {
                hotfix: self.hotfix.clone(),
            });
        }
        let reason = required_reason(&self.reason)?;
        let body = HotfixDiscarded {
            environment: environment.clone(),
            hotfix: self.hotfix.clone(),
            reason,
            review: None,
        };
        Ok(Fact::within(&self.ruleset, &environment.lane, body).into())
    }
}
