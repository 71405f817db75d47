//! Bodies of facts that the story tells more than once.

use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::*;
use rulegate_ledger::ids::{AccountId, ReviewId};
use rulegate_ledger::review::Subject;
use rulegate_ledger::version::VersionName;

/// What people write.
pub const TEXT: &str = "The threshold for card-not-present payments above 500 EUR was wrong for two issuers; compared with \
                    the incident's trace, the rule now asks for a second factor there. ";

pub fn committed(version: &VersionName, checksum: Digest, rules: u32) -> ReleaseCommitted {
    let stage = |name: &str| StageEvidence {
        build: Some(format!("{name}-{version}")),
        checksum: Some(checksum),
    };
    let finding = |environment: &str| DriftFinding {
        environment: environment.parse().expect("an environment"),
        finding: Finding::NoInterimHotfix,
    };
    ReleaseCommitted {
        version: version.clone(),
        checksum,
        rules,
        size_bytes: u64::from(rules) * 1_500,
        provenance: Provenance {
            commit: Some("dc9886a8e5f57bf64761a2c583621c25bf8018f5".into()),
            e1: stage("e1"),
            e2: stage("e2"),
            link: Some("https://ci.example.org/releases".into()),
        },
        drift: ["ipc2/sl", "ipc2/prod", "ipc1/sl", "ipc1/prod"]
            .map(finding)
            .to_vec(),
    }
}

pub fn opened(version: &VersionName, checksum: Digest, targets: Vec<Environment>) -> ReviewOpened {
    ReviewOpened {
        subject: Subject::Activation {
            version: version.clone(),
            checksum,
            targets,
            mode: Mode::Planned,
        },
        reason: format!("{version} has passed its tests and should go on this week"),
    }
}

pub fn activated(
    version: &VersionName,
    checksum: Digest,
    from: Option<(VersionName, Digest)>,
    review: &ReviewId,
    people: &[AccountId],
) -> VersionActivated {
    let (from, from_checksum) = from.unzip();
    VersionActivated {
        version: version.clone(),
        checksum,
        mode: Mode::Planned,
        from,
        from_checksum,
        review: Some(review.clone()),
        fulfils: None,
        fingerprint: Some(checksum),
        approved_by: people[..2].to_vec(),
    }
}
