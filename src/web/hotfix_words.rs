//! Where a hotfix stands, in words, and what the planned version that comes next would do to it.

use std::sync::Arc;

use crate::app::{App, AppError};
use crate::web::environment_view::Tag;
use crate::web::{address, format};
use rulegate_domain::judgement::Evidence;
use rulegate_domain::state::{Hotfix, HotfixEnd, Review, ReviewStatus, State};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{RuleSetName, Timestamp};
use rulegate_ledger::review::Subject;
use rulegate_ledger::version::VersionName;

/// Where a hotfix stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HotfixState {
    /// Live, and not in any planned version that is.
    Open,
    /// Made; its review is not decided.
    Proposed,
    /// A planned version that contains it went live.
    Absorbed,
    /// Discarded with a reason.
    Discarded,
    /// Its review ended without it going live.
    Dropped,
}

impl HotfixState {
    /// Every state, in the order of the register.
    pub const ALL: [HotfixState; 5] = [
        HotfixState::Open,
        HotfixState::Proposed,
        HotfixState::Absorbed,
        HotfixState::Discarded,
        HotfixState::Dropped,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            HotfixState::Open => "open",
            HotfixState::Proposed => "proposed",
            HotfixState::Absorbed => "absorbed",
            HotfixState::Discarded => "discarded",
            HotfixState::Dropped => "never went live",
        }
    }

    /// As a tag.
    pub fn tag(self) -> Tag {
        let kind = match self {
            HotfixState::Open => "hot",
            HotfixState::Proposed => "plan",
            HotfixState::Absorbed => "ok",
            HotfixState::Discarded | HotfixState::Dropped => "mute",
        };
        Tag::new(kind, self.word())
    }

    /// Where this hotfix stands.
    pub fn of(state: &State, hotfix: &Hotfix) -> HotfixState {
        match &hotfix.end {
            Some(HotfixEnd::Absorbed { .. }) => return HotfixState::Absorbed,
            Some(HotfixEnd::Discarded { .. }) => return HotfixState::Discarded,
            None => {}
        }
        let is_open = state
            .track(&hotfix.ruleset, &hotfix.environment)
            .is_some_and(|track| track.open_hotfixes.contains(&hotfix.version));
        if is_open {
            return HotfixState::Open;
        }
        match review_of(state, hotfix) {
            Some(review) if review.status == ReviewStatus::Open => HotfixState::Proposed,
            _ => HotfixState::Dropped,
        }
    }
}

/// The review in which a hotfix was, or is, decided.
pub fn review_of<'a>(state: &'a State, hotfix: &Hotfix) -> Option<&'a Arc<Review>> {
    state.reviews().into_iter().find(|review| {
        review.ruleset.as_ref() == Some(&hotfix.ruleset)
            && matches!(&review.subject, Subject::Hotfix { version, environment, .. }
                if *version == hotfix.version && *environment == hotfix.environment)
    })
}

/// `ends in 9 d`, `overdue since 2 d`.
pub fn due(ends_at: Timestamp, now: Timestamp) -> Tag {
    let left = ends_at.0 - now.0;
    if left <= 0 {
        return Tag::new(
            "bad",
            format!("overdue since {}", format::ago(ends_at, now)),
        );
    }
    let kind = if left < 3 * Timestamp::DAY_US {
        "warn"
    } else {
        "mute"
    };
    Tag::new(kind, format!("ends in {}", format::ago(now, ends_at)))
}

/// The planned version that an open hotfix will meet, as far as anyone can tell, with the verdict on it.
pub struct Meets {
    /// The planned version.
    pub version: VersionName,
    /// The verdict; absent if the version runs there already.
    pub evidence: Option<Evidence>,
}

/// What a planned version would do to a hotfix where it is open: the one that an open review asks for there, else the
/// newest; `None` if nothing planned came after what it was made on.
pub async fn meets(app: &App, state: &State, hotfix: &Hotfix) -> Result<Option<Meets>, AppError> {
    let made_on = hotfix.on_top_of.planned_part();
    let requested = activations(state, &hotfix.ruleset, &hotfix.environment)
        .find(|(_, version, _)| !version.is_hotfix())
        .map(|(_, version, checksum)| (version.clone(), checksum));
    let newest = || {
        let versions = state.versions(&hotfix.ruleset).into_iter();
        let mut planned = versions.filter(|(name, _)| !name.is_hotfix());
        let (version, facts) = planned.next()?;
        (version.as_str() != made_on).then_some((version, facts.checksum))
    };
    let Some((version, checksum)) = requested.or_else(newest) else {
        return Ok(None);
    };
    let questions: Vec<_> = state
        .questions(&hotfix.ruleset, &hotfix.environment, checksum)
        .into_iter()
        .filter(|question| question.hotfix == hotfix.version)
        .collect();
    let evidence = app.judge(&questions).await?.pop();
    Ok(Some(Meets { version, evidence }))
}

/// Open reviews that ask for an activation there, each with the version and its checksum.
pub fn activations<'a>(
    state: &'a State,
    ruleset: &RuleSetName,
    environment: &Environment,
) -> impl Iterator<Item = (&'a Arc<Review>, &'a VersionName, Digest)> {
    let reviews = state.reviews().into_iter();
    reviews.filter_map(move |review| match &review.subject {
        Subject::Activation {
            version,
            checksum,
            targets,
            ..
        } if review.status == ReviewStatus::Open
            && review.ruleset.as_ref() == Some(ruleset)
            && targets.contains(environment) =>
        {
            Some((review, version, *checksum))
        }
        _ => None,
    })
}

/// Open reviews whose activation would replace what runs where the hotfix is open.
pub fn threatened_by<'a>(state: &'a State, hotfix: &Hotfix) -> Vec<&'a Arc<Review>> {
    activations(state, &hotfix.ruleset, &hotfix.environment)
        .map(|(review, _, _)| review)
        .collect()
}

impl Meets {
    /// `4.18.0 would lose 3 of 29 rules`, as a tag that leads to where it is decided.
    pub fn tag(&self, state: &State, hotfix: &Hotfix) -> Tag {
        let lost = self
            .evidence
            .as_ref()
            .and_then(Evidence::at_risk)
            .map_or(0, |risk| risk.rules.len());
        let version = &self.version;
        let tag = match (&self.evidence, lost) {
            (None, _) => Tag::new("mute", format!("{version} says nothing about it")),
            (Some(_), 0) => Tag::new("ok", format!("{version} contains it")),
            (Some(_), lost) => {
                let all = format::count(hotfix.changes.len(), "rule", "rules");
                Tag::new("bad", format!("{version} would lose {lost} of {all}"))
            }
        };
        match threatened_by(state, hotfix).first() {
            Some(review) => tag.to(address::review(&review.id)),
            None => tag.to(address::version(&hotfix.ruleset, version)),
        }
    }
}
