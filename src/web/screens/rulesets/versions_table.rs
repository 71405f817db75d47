//! One version as a row: where it stands, where it came from, what it may override.

use crate::web::environment_view::{Tag, TimeView, standing};
use crate::web::notice::Link;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::state::VersionFacts;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::event::{DriftFinding, Finding};
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

pub(super) struct VersionRow {
    pub name: String,
    pub href: String,
    pub checksum: String,
    pub size: String,
    pub by: String,
    pub at: TimeView,
    /// Commit and builds in short; what is missing is said.
    pub provenance: String,
    pub tags: Vec<Tag>,
    /// One an environment, in the topology's order.
    pub standings: Vec<Tag>,
    pub acts: Vec<Link>,
}

impl VersionRow {
    pub(super) fn of(
        portal: &Portal,
        user: &User,
        ruleset: &RuleSetName,
        version: &VersionName,
        facts: &VersionFacts,
    ) -> VersionRow {
        let state = &user.snapshot.state;
        let standings = state
            .topology
            .environments()
            .iter()
            .map(|environment| {
                let standing_there = state.standing(ruleset, version, environment);
                let times = state.times_active(ruleset, version, environment);
                let told = times.last().map_or(String::new(), |pin| {
                    format!("active from {}", format::short_time(pin.at))
                });
                standing(&standing_there).with_title(told)
            })
            .collect();
        VersionRow {
            name: version.to_string(),
            href: address::version(ruleset, version),
            checksum: facts.checksum.to_string(),
            size: format::count(facts.rules as usize, "rule", "rules"),
            by: portal.auth.directory.name(&facts.by),
            at: TimeView::ago(facts.at, user.now),
            provenance: provenance(user, ruleset, version, facts),
            tags: tags(user, ruleset, version, facts),
            standings,
            acts: acts(user, ruleset, version, facts),
        }
    }
}

fn provenance(
    user: &User,
    ruleset: &RuleSetName,
    version: &VersionName,
    facts: &VersionFacts,
) -> String {
    let Some(release) = &facts.release else {
        return match user.snapshot.state.hotfix(ruleset, version) {
            Some(hotfix) => format!("hotfix on {}, {}", hotfix.on_top_of, hotfix.incident),
            None => "received from the other site".to_owned(),
        };
    };
    let from = &release.provenance;
    let short = |text: &str| text.chars().take(8).collect::<String>();
    let commit = from.commit.as_deref().map_or("no commit".into(), |commit| {
        format!("commit {}", short(commit))
    });
    let stage = |name: &str, build: &Option<String>| match build {
        Some(build) => format!("{name} {build}"),
        None => format!("no {name} build"),
    };
    format!(
        "{commit} · {} · {}",
        stage("E1", &from.e1.build),
        stage("E2", &from.e2.build)
    )
}

fn tags(
    user: &User,
    ruleset: &RuleSetName,
    version: &VersionName,
    facts: &VersionFacts,
) -> Vec<Tag> {
    let state = &user.snapshot.state;
    let mut tags = Vec::new();
    if let Some(recall) = state.recall(ruleset, version, facts.checksum) {
        tags.push(Tag::new("bad", "recalled").with_title(recall.reason.clone()));
    }
    let sites: Vec<&str> = state
        .topology
        .sites
        .iter()
        .filter(|site| state.version_at(site, ruleset, version).is_some())
        .map(|site| site.as_str())
        .collect();
    if sites.len() < state.topology.sites.len() {
        tags.push(
            Tag::new("warn", format!("partial: {} only", sites.join(", ")))
                .with_title("The bytes are not verified at every site"),
        );
    }
    if let Some(release) = &facts.release {
        tags.extend(
            override_tag(&release.drift)
                .map(|tag| tag.to(format!("{}#found", address::version(ruleset, version)))),
        );
    }
    tags
}

/// The annotation made when the release arrived.
pub(in crate::web::screens) fn override_tag(drift: &[DriftFinding]) -> Option<Tag> {
    let places: Vec<String> = drift
        .iter()
        .filter(|found| matches!(found.finding, Finding::MayOverride { .. }))
        .map(|found| found.environment.to_string())
        .collect();
    (!places.is_empty()).then(|| {
        Tag::new("hot", "may override a hotfix: verify by hand").with_title(format!(
            "Found when it was released, in {}",
            places.join(", ")
        ))
    })
}

/// Links to what can be done with it from here; the pages they lead to say who may.
fn acts(
    user: &User,
    ruleset: &RuleSetName,
    version: &VersionName,
    facts: &VersionFacts,
) -> Vec<Link> {
    let state = &user.snapshot.state;
    let production = state
        .topology
        .environments()
        .into_iter()
        .find(|e| e.site == *state.live_site() && state.topology.is_production(e));
    let mut acts = Vec::new();
    if let Some(environment) = &production
        && state
            .pin(ruleset, environment)
            .is_some_and(|pin| pin.checksum != facts.checksum)
    {
        acts.push(Link {
            href: address::compare(ruleset, &environment.to_string(), version.as_str()),
            text: format!("compare with {environment}"),
        });
    }
    let is_recalled = state.recall(ruleset, version, facts.checksum).is_some();
    let scope = Scope::ruleset(ruleset);
    if !is_recalled && user.may(Act::RequestActivation, &scope) {
        acts.push(Link {
            href: address::activate(ruleset, version, &[]),
            text: "ask for activation".into(),
        });
    }
    if !is_recalled && user.may(Act::RequestRecall, &scope) {
        acts.push(Link {
            href: format!("{}#recall", address::version(ruleset, version)),
            text: "recall".into(),
        });
    }
    acts
}
