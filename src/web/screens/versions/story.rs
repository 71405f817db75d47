//! Where a version came from, where it stood and stands, and what was found when it arrived.

use crate::web::environment_view::{Place, Tag, TimeView, mode, standing, verdict};
use crate::web::notice::Link;
use crate::web::{Portal, address, format};
use rulegate_domain::state::{State, VersionFacts};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::{self, DriftFinding, Finding, StageEvidence};
use rulegate_ledger::ids::{RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

/// Where it was built; what the pipeline did not give is said to be missing.
pub(super) struct Provenance {
    pub commit: Option<String>,
    pub link: Option<String>,
    pub stages: Vec<Stage>,
}

/// One stage before production.
pub(super) struct Stage {
    pub name: &'static str,
    pub build: Option<String>,
    pub checksum: Option<String>,
    /// Equal to what E3 holds, different, or missing.
    pub tag: Tag,
}

impl Provenance {
    pub(super) fn of(from: &event::Provenance, checksum: Digest) -> Provenance {
        let is_web = |link: &&String| link.starts_with("https://") || link.starts_with("http://");
        Provenance {
            commit: from.commit.clone(),
            link: from.link.as_ref().filter(is_web).cloned(),
            stages: vec![
                stage("E1", &from.e1, checksum),
                stage("E2", &from.e2, checksum),
            ],
        }
    }
}

fn stage(name: &'static str, evidence: &StageEvidence, checksum: Digest) -> Stage {
    let tag = match evidence.checksum {
        None => {
            Tag::new("warn", "checksum missing").with_title("The pipeline gave none for this stage")
        }
        Some(theirs) if theirs == checksum => Tag::new("ok", "equal"),
        Some(_) => Tag::new("bad", "different").with_title("This stage worked with other bytes"),
    };
    Stage {
        name,
        build: evidence.build.clone(),
        checksum: evidence.checksum.map(|theirs| theirs.to_string()),
        tag,
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
    let there = |site| state.version_at(site, ruleset, version).is_some();
    let sites: Vec<&str> = state
        .topology
        .sites
        .iter()
        .filter(|site| there(site))
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

/// Links that compare it with what runs, one an environment that runs other bytes.
pub(super) fn comparisons(state: &State, ruleset: &RuleSetName, facts: &VersionFacts) -> Vec<Link> {
    state
        .topology
        .environments()
        .into_iter()
        .filter(|environment| {
            state
                .pin(ruleset, environment)
                .is_some_and(|pin| pin.checksum != facts.checksum)
        })
        .map(|environment| Link {
            href: address::compare(
                ruleset,
                &environment.to_string(),
                &facts.checksum.to_string(),
            ),
            text: environment.to_string(),
        })
        .collect()
}

/// Where it stands in one environment, and when it was active there.
pub(super) struct StandingRow {
    pub place: Place,
    pub tag: Tag,
    pub times: Vec<Time>,
}

/// One stretch of time in which it was active.
pub(super) struct Time {
    pub from: TimeView,
    pub until: Option<TimeView>,
    pub how: &'static str,
    pub href: String,
    pub entry: String,
}

pub(super) fn standings(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    _now: Timestamp,
) -> Vec<StandingRow> {
    state
        .topology
        .environments()
        .iter()
        .map(|environment| StandingRow {
            place: Place::of(environment),
            tag: standing(&state.standing(ruleset, version, environment)),
            times: times(state, ruleset, version, environment),
        })
        .collect()
}

fn times(
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
    environment: &Environment,
) -> Vec<Time> {
    let Some(track) = state.track(ruleset, environment) else {
        return Vec::new();
    };
    let history: Vec<_> = track.history.iter().collect();
    let mut times: Vec<Time> = history
        .iter()
        .enumerate()
        .filter(|(_, pin)| pin.version == *version)
        .map(|(index, pin)| Time {
            from: TimeView::date(pin.at),
            until: history.get(index + 1).map(|next| TimeView::date(next.at)),
            how: mode(pin.mode),
            href: match &pin.review {
                Some(review) => address::review(review),
                None => address::entry(&pin.entry),
            },
            entry: pin.entry.to_string(),
        })
        .collect();
    times.reverse();
    times
}

/// One word on its soft launch.
pub(super) struct Word {
    pub tag: Tag,
    pub place: Place,
    pub who: String,
    pub at: TimeView,
    pub note: String,
    pub links: Vec<String>,
    pub entry: String,
    pub href: String,
}

/// Every word on its soft launch at every site, the newest first.
pub(super) fn words(
    portal: &Portal,
    state: &State,
    ruleset: &RuleSetName,
    version: &VersionName,
) -> Vec<Word> {
    let mut words: Vec<_> = state
        .ledgers
        .keys()
        .filter_map(|site| state.version_at(site, ruleset, version))
        .flat_map(|facts| facts.validations.iter())
        .collect();
    words.sort_by(|a, b| (b.at, &b.entry).cmp(&(a.at, &a.entry)));
    words
        .into_iter()
        .map(|word| Word {
            tag: if word.passed {
                Tag::new("ok", "passed")
            } else {
                Tag::new("bad", "failed")
            },
            place: Place {
                site: word.entry.site.to_string(),
                lane: word.lane.to_string(),
            },
            who: portal.auth.directory.name(&word.by),
            at: TimeView::date(word.at),
            note: word.note.clone(),
            links: word.links.clone(),
            entry: word.entry.to_string(),
            href: address::entry(&word.entry),
        })
        .collect()
}

/// What was found in one environment when the release arrived.
pub(super) struct Found {
    pub place: Place,
    pub tag: Tag,
    pub text: String,
    /// Hotfixes with the rules that the release does not contain.
    pub lost: Vec<Lost>,
}

/// One rule of a hotfix that the release does not contain.
pub(super) struct Lost {
    pub hotfix: String,
    pub href: String,
    pub path: String,
    pub verdict: Tag,
}

pub(super) fn found(ruleset: &RuleSetName, drift: &[DriftFinding]) -> Vec<Found> {
    drift
        .iter()
        .map(|finding| {
            let (tag, text) = match &finding.finding {
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
            Found {
                place: Place::of(&finding.environment),
                tag,
                text,
                lost: lost(ruleset, &finding.finding),
            }
        })
        .collect()
}

fn lost(ruleset: &RuleSetName, finding: &Finding) -> Vec<Lost> {
    let Finding::MayOverride { hotfixes, .. } = finding else {
        return Vec::new();
    };
    hotfixes
        .iter()
        .flat_map(|hotfix| hotfix.rules.iter().map(move |rule| (hotfix, rule)))
        .map(|(hotfix, rule)| Lost {
            hotfix: hotfix.hotfix.to_string(),
            href: address::hotfix(ruleset, &hotfix.hotfix),
            path: rule.path.clone(),
            verdict: verdict(rule.verdict),
        })
        .collect()
}

/// `1 rule` of `count` lost, for a heading.
impl Found {
    pub(super) fn lost_words(&self) -> String {
        format::count(self.lost.len(), "rule not contained", "rules not contained")
    }
}
