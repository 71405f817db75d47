//! Where a version came from, where it stood and stands, and what was found when it arrived.

use crate::web::environment_view::{Tag, standing, verdict};
use rulegate_domain::state::{Pin, State, Validation, VersionFacts};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{DriftFinding, Finding, StageEvidence};
use rulegate_ledger::ids::{RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

/// One stage before production.
pub(super) struct Stage<'s> {
    pub name: &'static str,
    pub evidence: &'s StageEvidence,
    /// Equal to what E3 holds, different, or missing.
    pub tag: Tag,
}

impl Stage<'_> {
    pub(super) fn of<'s>(
        name: &'static str,
        evidence: &'s StageEvidence,
        checksum: Digest,
    ) -> Stage<'s> {
        let tag = match evidence.checksum {
            None => Tag::new("warn", "checksum missing")
                .with_title("The pipeline gave none for this stage"),
            Some(theirs) if theirs == checksum => Tag::new("ok", "equal"),
            Some(_) => {
                Tag::new("bad", "different").with_title("This stage worked with other bytes")
            }
        };
        Stage {
            name,
            evidence,
            tag,
        }
    }
}

/// What stands beside the name: hotfix, completeness, recall.
pub(super) fn tags(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    facts: &VersionFacts,
) -> Vec<Tag> {
    let mut tags = Vec::new();
    tags.push(if version.is_hotfix() {
        Tag::new("hot", "hotfix")
    } else {
        Tag::new("plan", "planned")
    });
    let all = state.topology.sites.iter();
    let sites: Vec<&str> = all
        .filter(|site| state.version_at(site, ruleset, version).is_some())
        .map(|site| site.as_str())
        .collect();
    tags.push(if sites.len() == state.topology.sites.len() {
        Tag::new("ok", "complete").with_title("Every site holds the bytes, verified")
    } else {
        Tag::new("warn", format!("partial: {} only", sites.join(", ")))
            .with_title("The bytes are not verified at every site")
    });
    if state.recall(ruleset, version, facts.checksum).is_some() {
        tags.push(Tag::new("bad", "recalled"));
    }
    tags
}

/// Environments that run other bytes.
pub(super) fn others(
    state: &State,
    ruleset: &RuleSetName,
    facts: &VersionFacts,
) -> Vec<Environment> {
    let mut environments = state.topology.environments();
    environments.retain(|environment| {
        let pin = state.pin(ruleset, environment);
        pin.is_some_and(|pin| pin.checksum != facts.checksum)
    });
    environments
}

/// Where it stands in one environment, and when it was active there.
pub(super) struct StandingRow<'s> {
    pub environment: Environment,
    pub tag: Tag,
    /// Every stretch of time, the newest first: its pin, and until when.
    pub times: Vec<(&'s Pin, Option<Timestamp>)>,
}

pub(super) fn standings<'s>(
    state: &'s State,
    ruleset: &RuleSetName,
    version: &VersionName,
) -> Vec<StandingRow<'s>> {
    let row = |environment: Environment| StandingRow {
        tag: standing(&state.standing(ruleset, version, &environment)),
        times: times(state, ruleset, version, &environment),
        environment,
    };
    state.topology.environments().into_iter().map(row).collect()
}

fn times<'s>(
    state: &'s State,
    ruleset: &RuleSetName,
    version: &VersionName,
    environment: &Environment,
) -> Vec<(&'s Pin, Option<Timestamp>)> {
    let track = state.track(ruleset, environment);
    let history: Vec<&Pin> = track.iter().flat_map(|track| &track.history).collect();
    let until = |index: usize| history.get(index + 1).map(|next| next.at);
    let times = history.iter().enumerate().rev();
    times
        .filter(|(_, pin)| pin.version == *version)
        .map(|(index, pin)| (*pin, until(index)))
        .collect()
}

/// Every word on its soft launch at every site, the newest first.
pub(super) fn validations<'s>(
    state: &'s State,
    ruleset: &RuleSetName,
    version: &VersionName,
) -> Vec<&'s Validation> {
    let sites = state.ledgers.keys();
    let mut words: Vec<&Validation> = sites
        .filter_map(|site| state.version_at(site, ruleset, version))
        .flat_map(|facts| &facts.validations)
        .collect();
    words.sort_by(|a, b| (b.at, &b.entry).cmp(&(a.at, &a.entry)));
    words
}

/// What was found in one environment when the release arrived.
pub(super) struct Found<'s> {
    pub environment: &'s Environment,
    pub tag: Tag,
    pub text: String,
    /// Rules of hotfixes that the release does not contain: of which, where, and what became of each.
    pub lost: Vec<(&'s VersionName, &'s str, Tag)>,
}

pub(super) fn found(drift: &[DriftFinding]) -> Vec<Found<'_>> {
    drift.iter().map(found_in).collect()
}

fn found_in(found: &DriftFinding) -> Found<'_> {
    let (tag, text) = match &found.finding {
        Finding::NoBaseline => (
            Tag::new("mute", "no baseline"),
            "nothing planned was ever activated there".to_owned(),
        ),
        Finding::NoInterimHotfix => (
            Tag::new("ok", "no interim hotfix"),
            "it ran what was planned".to_owned(),
        ),
        Finding::HotfixesContained { hotfixes } => {
            let names: Vec<&str> = hotfixes.iter().map(|h| h.as_str()).collect();
            (
                Tag::new("ok", "hotfixes contained"),
                format!("contains {}", names.join(", ")),
            )
        }
        Finding::MayOverride { observations, .. } => (
            Tag::new("hot", "may override a hotfix: verify by hand"),
            match observations.len() {
                0 => String::new(),
                _ => "somebody had changed the store there; nobody had explained it".into(),
            },
        ),
    };
    let at_risk = match &found.finding {
        Finding::MayOverride { hotfixes, .. } => &hotfixes[..],
        _ => &[],
    };
    let lost = at_risk.iter().flat_map(|hotfix| {
        let rules = hotfix.rules.iter();
        rules.map(|rule| (&hotfix.hotfix, rule.path.as_str(), verdict(rule.verdict)))
    });
    Found {
        environment: &found.environment,
        tag,
        text,
        lost: lost.collect(),
    }
}
