//! What can be said of one rule set in one environment, as a page shows it.

use super::{address, format};
use rulegate_compare::verdict::Verdict;
use rulegate_domain::drift::{AgainstPlan, SiteOrder};
use rulegate_domain::standing::{SoftLaunch, Standing};
use rulegate_domain::state::{Pin, Resolution, State};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Mode;
use rulegate_ledger::ids::{RuleSetName, Timestamp};

/// A tag: `kind` is one of the `ui::tag` macro's; an empty `href` is no link.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Tag {
    pub kind: &'static str,
    pub text: String,
    pub href: String,
    /// The whole sentence, for whoever stops at it.
    pub title: String,
}

impl Tag {
    /// A tag without a link.
    pub fn new(kind: &'static str, text: impl Into<String>) -> Tag {
        Tag {
            kind,
            text: text.into(),
            href: String::new(),
            title: String::new(),
        }
    }

    /// The tag as a link.
    pub fn to(self, href: impl Into<String>) -> Tag {
        Tag {
            href: href.into(),
            ..self
        }
    }

    /// The tag with its whole sentence.
    pub fn with_title(self, title: impl Into<String>) -> Tag {
        Tag {
            title: title.into(),
            ..self
        }
    }
}

/// An instant, for machines and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct TimeView {
    pub iso: String,
    pub shown: String,
}

impl TimeView {
    /// `3 h ago`.
    pub fn ago(at: Timestamp, now: Timestamp) -> TimeView {
        TimeView {
            iso: at.to_rfc3339(),
            shown: format!("{} ago", format::ago(at, now)),
        }
    }

    /// `21 Nov 2026`.
    pub fn day(at: Timestamp) -> TimeView {
        TimeView {
            iso: at.to_rfc3339(),
            shown: at.to_datetime().format("%-d %b %Y").to_string(),
        }
    }

    /// `21 Nov 2026 14:01`.
    pub fn date(at: Timestamp) -> TimeView {
        TimeView {
            iso: at.to_rfc3339(),
            shown: format::short_time(at),
        }
    }
}

/// One environment of the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Place {
    pub site: String,
    pub lane: String,
}

impl Place {
    /// The place of an environment.
    pub fn of(environment: &Environment) -> Place {
        Place {
            site: environment.site.to_string(),
            lane: environment.lane.to_string(),
        }
    }
}

/// What runs there, or why that cannot be said.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct PinView {
    pub place: Place,
    /// The app is live at this site.
    pub is_live: bool,
    /// Absent if nothing runs there.
    pub pin: Option<PinWords>,
    /// What stands there instead of a pin.
    pub nothing: &'static str,
    pub tags: Vec<Tag>,
}

/// A pin in words.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct PinWords {
    pub version: String,
    pub href: String,
    pub checksum: String,
    pub since: TimeView,
    /// `planned`, `hotfix`, `rolled back`, `followed`.
    pub how: &'static str,
}

impl PinWords {
    /// A pin of a rule set as it stands at `now`.
    pub fn of(ruleset: &RuleSetName, pin: &Pin, now: Timestamp) -> PinWords {
        PinWords {
            version: pin.version.to_string(),
            href: address::version(ruleset, &pin.version),
            checksum: pin.checksum.to_string(),
            since: TimeView::ago(pin.at, now),
            how: mode(pin.mode),
        }
    }
}

/// Where a version stands, as a tag.
pub fn standing(standing: &Standing) -> Tag {
    let kind = match standing {
        Standing::Active { .. } => "ok",
        Standing::Ready => "plan",
        Standing::FailedInSoftLaunch | Standing::Recalled { .. } => "bad",
        Standing::HotfixProposed => "hot",
        Standing::Absent | Standing::InactiveFromProduction => "line",
        Standing::AwaitingSoftLaunch | Standing::Superseded | Standing::LeftSoftLaunch => "mute",
    };
    Tag::new(kind, standing.words())
}

/// What became of a hotfix's change, as a tag.
pub fn verdict(verdict: Verdict) -> Tag {
    let (kind, text, told) = match verdict {
        Verdict::Included => ("ok", "included", "Every change is in the version"),
        Verdict::Partial => (
            "bad",
            "partial",
            "Some changes are in the version, some are not",
        ),
        Verdict::Conflicting => (
            "bad",
            "conflicting",
            "The version changed it in another way",
        ),
        Verdict::Overridden => (
            "bad",
            "overridden",
            "The version still has the text from before",
        ),
        Verdict::Removed => ("bad", "removed", "The version has no such rule"),
        Verdict::CannotTell => ("bad", "cannot tell", "Counts as not included"),
    };
    Tag::new(kind, text).with_title(told)
}

/// Why a pin moved, in a word or two.
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Planned => "planned",
        Mode::Hotfix => "hotfix",
        Mode::Rollback => "rolled back",
        Mode::Fulfilled => "followed",
        Mode::Transferred => "transferred",
    }
}

impl PinView {
    /// What is known of `ruleset` in `environment`.
    pub fn of(
        state: &State,
        ruleset: &RuleSetName,
        environment: &Environment,
        now: Timestamp,
    ) -> PinView {
        let pin = state.pin(ruleset, environment);
        let nothing = if state.ledgers.contains_key(&environment.site) {
            "nothing runs here"
        } else {
            "not known here"
        };
        let mut tags = Vec::new();
        if let Some(pin) = pin {
            life(state, ruleset, environment, pin, &mut tags);
            drift(state, ruleset, environment, pin, now, &mut tags);
        }
        stops(state, ruleset, environment, now, &mut tags);
        waiting(state, ruleset, environment, &mut tags);
        PinView {
            place: Place::of(environment),
            is_live: *state.live_site() == environment.site,
            pin: pin.map(|pin| PinWords::of(ruleset, pin, now)),
            nothing,
            tags,
        }
    }
}

/// Recalled; how soft launch went.
fn life(
    state: &State,
    ruleset: &RuleSetName,
    environment: &Environment,
    pin: &Pin,
    tags: &mut Vec<Tag>,
) {
    if let Some(recall) = state.recall(ruleset, &pin.version, pin.checksum) {
        let told = format!("Recalled {}: {}", format::day(recall.at), recall.reason);
        tags.push(Tag::new("bad", "recalled, still active").with_title(told));
    }
    if state.topology.is_production(environment) || pin.version.is_hotfix() {
        return;
    }
    let href = format!("{}#soft-launch", address::version(ruleset, &pin.version));
    tags.push(match state.soft_launch(ruleset, &pin.version) {
        SoftLaunch::Passed(word) => Tag::new("ok", "passed")
            .with_title(word.note.clone())
            .to(href),
        SoftLaunch::Failed(word) => Tag::new("bad", "failed")
            .with_title(word.note.clone())
            .to(href),
        SoftLaunch::Running(_) | SoftLaunch::Unknown => {
            Tag::new("mute", "awaiting validation").to(href)
        }
    });
}

/// The three facts: from the plan, from the pin, between the sites.
fn drift(
    state: &State,
    ruleset: &RuleSetName,
    environment: &Environment,
    pin: &Pin,
    now: Timestamp,
    tags: &mut Vec<Tag>,
) {
    let here = environment.to_string();
    let open = state.open_hotfixes(ruleset, environment);
    if let Some(newest) = open.last() {
        let text = format::count(open.len(), "open hotfix", "open hotfixes");
        tags.push(Tag::new("hot", text).to(address::hotfix(ruleset, &newest.version)));
    }
    let baseline = state
        .track(ruleset, environment)
        .and_then(|track| track.baseline.as_ref());
    match (state.against_plan(ruleset, environment), baseline) {
        (Some(AgainstPlan::Differs), Some(baseline)) => tags.push(
            Tag::new("hot", "differs from plan")
                .with_title(format!(
                    "The last planned version that went live here is {}",
                    baseline.version
                ))
                .to(address::compare(
                    ruleset,
                    &baseline.checksum.to_string(),
                    &here,
                )),
        ),
        (Some(AgainstPlan::NoBaseline), _) => {
            tags.push(Tag::new("mute", "no baseline yet").with_title(
                "Nothing planned was ever activated here: there is nothing to compare with",
            ))
        }
        _ => {}
    }
    if let Some(seen) = state
        .observation(ruleset, environment)
        .filter(|seen| !seen.changes.is_empty() && seen.checksum != pin.checksum)
    {
        let rules = format::count(seen.changes.len(), "rule", "rules");
        let href = address::compare(ruleset, &here, &seen.checksum.to_string());
        let told = format!("Observed {}: {rules}", format::short_time(seen.at));
        tags.push(match &seen.resolution {
            _ if seen.is_open(now) => Tag::new("bad", format!("differs from pin: {rules}"))
                .with_title(format!("{told}, author unknown"))
                .to(address::drift(ruleset, environment)),
            Some(Resolution::Dismissed { ends_at, .. }) => {
                let until = format::day(*ends_at);
                Tag::new("mute", format!("differs from pin, dismissed until {until}"))
                    .with_title(told)
                    .to(href)
            }
            _ => Tag::new("mute", "differs from pin, explained")
                .with_title(told)
                .to(href),
        });
    }
    for other in state.against_sites(ruleset, environment) {
        let site = &other.site;
        let text = match other.order {
            SiteOrder::Behind => format!("differs between sites: behind {site}"),
            SiteOrder::Ahead => format!("differs between sites: ahead of {site}"),
            SiteOrder::Apart => format!("differs between sites: {site}"),
        };
        let there = Environment::new(site, &environment.lane).to_string();
        tags.push(match &other.version {
            Some(version) => Tag::new("warn", text)
                .with_title(format!("{there} runs {version}"))
                .to(address::compare(ruleset, &here, &there)),
            None => Tag::new("warn", text).with_title(format!("Nothing runs in {there}")),
        });
    }
}

fn stops(
    state: &State,
    ruleset: &RuleSetName,
    environment: &Environment,
    now: Timestamp,
    tags: &mut Vec<Tag>,
) {
    for hold in state.holds(ruleset, environment) {
        tags.push(
            Tag::new("warn", "on hold")
                .with_title(hold.reason.clone())
                .to("/sites"),
        );
    }
    for freeze in state.freezes(ruleset, environment, now) {
        let until = freeze.until.map(format::short_time).unwrap_or_default();
        tags.push(
            Tag::new("warn", format!("frozen until {until}"))
                .with_title(freeze.reason.clone())
                .to("/sites"),
        );
    }
}

fn waiting(state: &State, ruleset: &RuleSetName, environment: &Environment, tags: &mut Vec<Tag>) {
    for intent in state.waiting_intents() {
        if intent.ruleset == *ruleset && intent.body.environment == *environment {
            tags.push(
                Tag::new("plan", format!("{} waits", intent.body.version))
                    .with_title("Approved, and not executed here yet")
                    .to(address::review(&intent.body.review)),
            );
        }
    }
}
