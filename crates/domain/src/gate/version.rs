//! Checks of the version: the bytes it has, where they are, soft launch, recall.

use crate::check::{Check, CheckKind};
use crate::standing::SoftLaunch;
use crate::state::State;
use rulegate_ledger::access::Act;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Mode;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

pub(super) fn same_checksum(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    checksum: Digest,
) -> Check {
    let kind = CheckKind::SameChecksum;
    let Some(release) = state
        .version(ruleset, version)
        .and_then(|facts| facts.release.as_ref())
    else {
        return Check::pass(kind, "made here, not by the pipeline");
    };
    let stages = [
        ("E1", &release.provenance.e1),
        ("E2", &release.provenance.e2),
    ];
    let other = stages
        .iter()
        .find(|(_, stage)| stage.checksum.is_some_and(|c| c != checksum));
    if let Some((name, stage)) = other {
        let theirs = stage.checksum.map_or(String::new(), Digest::short);
        return Check::block(
            kind,
            format!("{name} worked with {theirs}, E3 holds {}", checksum.short()),
            vec![Act::PushRelease],
        );
    }
    let missing: Vec<&str> = stages
        .iter()
        .filter(|(_, s)| s.checksum.is_none())
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        Check::pass(kind, checksum.short())
    } else {
        Check::warn(
            kind,
            format!("the pipeline gave none for {}", missing.join(" and ")),
            vec![],
        )
    }
}

pub(super) fn passed_soft_launch(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    targets: &[Environment],
    mode: Mode,
) -> Check {
    let kind = CheckKind::PassedSoftLaunch;
    let new_in_production = targets.iter().any(|target| {
        state.topology.is_production(target)
            && state.times_active(ruleset, version, target).is_empty()
    });
    if !new_in_production {
        let why = if mode == Mode::Rollback {
            "was active there before"
        } else {
            "not asked for outside production"
        };
        return Check::pass(kind, why);
    }
    match state.soft_launch(ruleset, version) {
        SoftLaunch::Passed(word) => Check::pass(
            kind,
            format!("{}/{}, {}", word.entry.site, word.lane, word.at.minute()),
        ),
        SoftLaunch::Failed(word) => {
            let note = format!(
                "failed in {}/{}, {}: {}",
                word.entry.site,
                word.lane,
                word.at.minute(),
                word.note
            );
            Check::block(kind, note, vec![Act::Validate])
        }
        SoftLaunch::Running(environment) => Check::block(
            kind,
            format!("it runs in {environment}; nobody has said how it went"),
            vec![Act::Validate],
        ),
        SoftLaunch::Unknown => Check::block(
            kind,
            "it has not run in soft launch",
            vec![Act::RequestActivation, Act::Validate],
        ),
    }
}

pub(super) fn verified(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    checksum: Digest,
    targets: &[Environment],
) -> Check {
    let kind = CheckKind::VerifiedAtTargets;
    let at = |site| state.version_at(site, ruleset, version);
    if let Some(other) = targets
        .iter()
        .find(|t| at(&t.site).is_some_and(|facts| facts.checksum != checksum))
    {
        let words = format!(
            "{} holds other bytes under the name {version}: two deliveries while the sites were cut apart",
            other.site
        );
        return Check::block(kind, words, vec![Act::PushRelease]);
    }
    let absent: Vec<&Environment> = targets.iter().filter(|t| at(&t.site).is_none()).collect();
    let Some(first) = absent.first() else {
        return Check::pass(kind, "");
    };
    if first.site == state.own {
        return Check::block(
            kind,
            format!("the bytes are not at {}", first.site),
            vec![Act::PushRelease],
        );
    }
    Check::warn(
        kind,
        format!("{} will follow when the bytes arrive there", first.site),
        vec![],
    )
}

pub(super) fn not_recalled(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    checksum: Digest,
) -> Check {
    match state.recall(ruleset, version, checksum) {
        None => Check::pass(CheckKind::NotRecalled, ""),
        Some(recall) => Check::block(
            CheckKind::NotRecalled,
            format!("{}: {}", recall.at.minute(), recall.reason),
            vec![],
        ),
    }
}
