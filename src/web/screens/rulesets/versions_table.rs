//! One version as a row: where it stands, where it came from, what it may override.

use crate::web::address;
use crate::web::environment_view::{Tag, standing};
use crate::web::notice::Link;
use crate::web::user::User;
use rulegate_domain::state::VersionFacts;
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::event::{DriftFinding, Finding};
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

pub(super) struct VersionRow<'s> {
    pub name: VersionName,
    pub facts: &'s VersionFacts,
    /// Commit and builds in short; what is missing is said.
    pub provenance: String,
    pub tags: Vec<Tag>,
    /// One an environment, in the topology's order.
    pub standings: Vec<Tag>,
    pub acts: Vec<Link>,
}

impl<'s> VersionRow<'s> {
    pub(super) fn of(
        user: &User,
        ruleset: &RuleSetName,
        version: &VersionName,
        facts: &'s VersionFacts,
    ) -> VersionRow<'s> {
        let state = &user.snapshot.state;
        let standing_in = |environment| {
            let times = state.times_active(ruleset, version, environment);
            let since = times.last().map_or(String::new(), |pin| {
                format!("active from {}", pin.at.minute())
            });
            standing(&state.standing(ruleset, version, environment)).with_title(since)
        };
        let environments = state.topology.environments();
        VersionRow {
            name: version.clone(),
            facts,
            provenance: provenance(user, ruleset, version, facts),
            tags: tags(user, ruleset, version, facts),
            standings: environments.iter().map(standing_in).collect(),
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
        tags.push(Tag::new("bad", "recalled").with_title(&recall.reason));
    }
    let sites = state.topology.sites.iter();
    let sites: Vec<&str> = sites
        .filter(|site| state.version_at(site, ruleset, version).is_some())
        .map(|site| site.as_str())
        .collect();
    if sites.len() < state.topology.sites.len() {
        tags.push(
            Tag::new("warn", format!("partial: {} only", sites.join(", ")))
                .with_title("The bytes are not verified at every site"),
        );
    }
    let release = facts.release.as_ref();
    if let Some(tag) = release.and_then(|release| override_tag(&release.drift)) {
        tags.push(tag.to(format!("{}#found", address::version(ruleset, version))));
    }
    tags
}

/// The annotation made when the release arrived.
fn override_tag(drift: &[DriftFinding]) -> Option<Tag> {
    let places: Vec<String> = drift
        .iter()
        .filter(|found| matches!(found.finding, Finding::MayOverride { .. }))
        .map(|found| found.environment.to_string())
        .collect();
    let title = format!("Found when it was released, in {}", places.join(", "));
    let tag = || Tag::new("hot", "may override a hotfix: verify by hand").with_title(title);
    (!places.is_empty()).then(tag)
}

/// Links to what can be done with it from here; the pages they lead to say who may.
fn acts(
    user: &User,
    ruleset: &RuleSetName,
    version: &VersionName,
    facts: &VersionFacts,
) -> Vec<Link> {
    let state = &user.snapshot.state;
    let mut acts = Vec::new();
    let environments = state.topology.environments();
    let live = environments
        .iter()
        .find(|e| e.site == *state.live_site() && state.topology.is_production(e));
    if let Some(live) = live
        && let Some(pin) = state.pin(ruleset, live)
        && pin.checksum != facts.checksum
    {
        acts.push(Link::new(
            address::compare(ruleset, live, version),
            format!("compare with {live}"),
        ));
    }
    let is_recalled = state.recall(ruleset, version, facts.checksum).is_some();
    let may = |act| !is_recalled && user.may(act, &Scope::ruleset(ruleset));
    if may(Act::RequestActivation) {
        let address = address::activate(ruleset, version, &[]);
        acts.push(Link::new(address, "ask for activation"));
    }
    if may(Act::RequestRecall) {
        let address = format!("{}#recall", address::version(ruleset, version));
        acts.push(Link::new(address, "recall"));
    }
    acts
}
