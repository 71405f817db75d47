//! What can be said of one rule set in one environment: its pin, and a tag for each thing that is the case there.

use super::{address, format};
use rulegate_compare::verdict::Verdict;
use rulegate_domain::drift::{AgainstPlan, SiteOrder};
use rulegate_domain::standing::{SoftLaunch, Standing};
use rulegate_domain::state::{Pin, Resolution, State};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Mode;
use rulegate_ledger::ids::{RuleSetName, Timestamp};

/// A tag: `kind` is one of the `ui::tag` macro's; an empty `href` is no link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
            ..Tag::default()
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
    let (kind, text, title) = match verdict {
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
    Tag::new(kind, text).with_title(title)
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

/// What runs of a rule set in an environment, or why that cannot be said.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct PinView<'s> {
    pub ruleset: RuleSetName,
    pub place: Environment,
    /// The app is live at this site.
    pub is_live: bool,
    pub pin: Option<&'s Pin>,
    /// What stands there instead of a pin.
    pub nothing: &'static str,
    pub tags: Vec<Tag>,
}

impl<'s> PinView<'s> {
    /// What is known of `ruleset` in `environment`.
    pub fn of(
        state: &'s State,
        ruleset: &RuleSetName,
        environment: &Environment,
        now: Timestamp,
    ) -> PinView<'s> {
        let pin = state.pin(ruleset, environment);
        let here = Here {
            state,
            ruleset,
            environment,
            now,
        };
        let mut tags = Vec::new();
        if let Some(pin) = pin {
            tags.extend(here.recalled(pin));
            tags.extend(here.soft_launch(pin));
            tags.extend(here.open_hotfixes());
            tags.extend(here.against_plan());
            tags.extend(here.observed(pin));
            tags.extend(here.against_sites());
        }
        tags.extend(here.stops());
        tags.extend(here.waiting());
        PinView {
            ruleset: ruleset.clone(),
            place: environment.clone(),
            is_live: *state.live_site() == environment.site,
            pin,
            nothing: match state.ledgers.contains_key(&environment.site) {
                true => "nothing runs here",
                false => "not known here",
            },
            tags,
        }
    }

    /// The same for every environment.
    pub fn everywhere(state: &'s State, ruleset: &RuleSetName, now: Timestamp) -> Vec<PinView<'s>> {
        let environments = state.topology.environments();
        let view = |environment| PinView::of(state, ruleset, environment, now);
        environments.iter().map(view).collect()
    }
}

/// One rule set in one environment as it is at `now`.
struct Here<'s, 'n> {
    state: &'s State,
    ruleset: &'n RuleSetName,
    environment: &'n Environment,
    now: Timestamp,
}

impl Here<'_, '_> {
    fn recalled(&self, pin: &Pin) -> Option<Tag> {
        let recall = self
            .state
            .recall(self.ruleset, &pin.version, pin.checksum)?;
        let title = format!("Recalled {}: {}", recall.at.iso_day(), recall.reason);
        Some(Tag::new("bad", "recalled, still active").with_title(title))
    }

    /// How soft launch went, where it goes on.
    fn soft_launch(&self, pin: &Pin) -> Option<Tag> {
        if self.state.topology.is_production(self.environment) || pin.version.is_hotfix() {
            return None;
        }
        let tag = match self.state.soft_launch(self.ruleset, &pin.version) {
            SoftLaunch::Passed(word) => Tag::new("ok", "passed").with_title(&word.note),
            SoftLaunch::Failed(word) => Tag::new("bad", "failed").with_title(&word.note),
            SoftLaunch::Running(_) | SoftLaunch::Unknown => Tag::new("mute", "awaiting validation"),
        };
        let version = address::version(self.ruleset, &pin.version);
        Some(tag.to(format!("{version}#soft-launch")))
    }

    fn open_hotfixes(&self) -> Option<Tag> {
        let open = self.state.open_hotfixes(self.ruleset, self.environment);
        let newest = open.last()?;
        let text = format::count(open.len(), "open hotfix", "open hotfixes");
        Some(Tag::new("hot", text).to(address::hotfix(self.ruleset, &newest.version)))
    }

    fn against_plan(&self) -> Option<Tag> {
        match self.state.against_plan(self.ruleset, self.environment)? {
            AgainstPlan::Same => None,
            AgainstPlan::NoBaseline => Some(Tag::new("mute", "no baseline yet").with_title(
                "Nothing planned was ever activated here: there is nothing to compare with",
            )),
            AgainstPlan::Differs => {
                let track = self.state.track(self.ruleset, self.environment)?;
                let baseline = track.baseline.as_ref()?;
                let title = format!(
                    "The last planned version that went live here is {}",
                    baseline.version
                );
                let compare = address::compare(self.ruleset, baseline.checksum, self.environment);
                let tag = Tag::new("hot", "differs from plan");
                Some(tag.with_title(title).to(compare))
            }
        }
    }

    /// What was seen on disk, if it was something else than the pin.
    fn observed(&self, pin: &Pin) -> Option<Tag> {
        let seen = self.state.observation(self.ruleset, self.environment)?;
        if seen.changes.is_empty() || seen.checksum == pin.checksum {
            return None;
        }
        let rules = format::count(seen.changes.len(), "rule", "rules");
        let title = format!("Observed {}: {rules}", seen.at.minute());
        if seen.is_open(self.now) {
            let tag = Tag::new("bad", format!("differs from pin: {rules}"));
            let drift = address::drift(self.ruleset, self.environment);
            return Some(tag.with_title(format!("{title}, author unknown")).to(drift));
        }
        let text = match &seen.resolution {
            Some(Resolution::Dismissed { ends_at, .. }) => {
                let until = ends_at.iso_day();
                format!("differs from pin, dismissed until {until}")
            }
            _ => "differs from pin, explained".to_owned(),
        };
        let compare = address::compare(self.ruleset, self.environment, seen.checksum);
        Some(Tag::new("mute", text).with_title(title).to(compare))
    }

    fn against_sites(&self) -> Vec<Tag> {
        let others = self.state.against_sites(self.ruleset, self.environment);
        let tag = |other: rulegate_domain::drift::AgainstSite| {
            let site = &other.site;
            let text = match other.order {
                SiteOrder::Behind => format!("differs between sites: behind {site}"),
                SiteOrder::Ahead => format!("differs between sites: ahead of {site}"),
                SiteOrder::Apart => format!("differs between sites: {site}"),
            };
            let there = Environment::new(site, &self.environment.lane);
            let tag = Tag::new("warn", text);
            match &other.version {
                Some(version) => tag
                    .with_title(format!("{there} runs {version}"))
                    .to(address::compare(self.ruleset, self.environment, &there)),
                None => tag.with_title(format!("Nothing runs in {there}")),
            }
        };
        others.into_iter().map(tag).collect()
    }

    fn stops(&self) -> impl Iterator<Item = Tag> {
        let holds = self.state.holds(self.ruleset, self.environment).into_iter();
        let freezes = self
            .state
            .freezes(self.ruleset, self.environment, self.now)
            .into_iter();
        holds.chain(freezes).map(|stop| {
            let text = match stop.until {
                Some(until) => format!("frozen until {}", until.minute()),
                None => "on hold".to_owned(),
            };
            Tag::new("warn", text).with_title(&stop.reason).to("/sites")
        })
    }

    /// Activations that are approved and not executed here yet.
    fn waiting(&self) -> impl Iterator<Item = Tag> {
        let intents = self.state.waiting_intents().into_iter();
        let here = intents.filter(|intent| {
            intent.ruleset == *self.ruleset && intent.body.environment == *self.environment
        });
        here.map(|intent| {
            Tag::new("plan", format!("{} waits", intent.body.version))
                .with_title("Approved, and not executed here yet")
                .to(address::review(&intent.body.review))
        })
    }
}
