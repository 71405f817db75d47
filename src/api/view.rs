//! Small views that several answers share.

use serde::Serialize;

use super::Api;
use rulegate_domain::state::{Observation, Pin, Resolution, Stop};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Mode;
use rulegate_ledger::ids::{AccountId, EntryRef, LaneName, ReviewId, RuleSetName, Timestamp};
use rulegate_ledger::manifest::Change;
use rulegate_ledger::version::VersionName;

/// Who did something. The id stays when the name is erased.
#[derive(Serialize, utoipa::ToSchema)]
pub struct PersonView {
    #[schema(value_type = String)]
    account: AccountId,
    name: String,
}

impl PersonView {
    /// The account with its name as it is now.
    pub fn of(api: &Api, account: &AccountId) -> PersonView {
        PersonView {
            account: account.clone(),
            name: api.auth.directory.name(account),
        }
    }
}

/// A pinned version.
#[derive(Serialize, utoipa::ToSchema)]
pub struct PinBrief {
    #[schema(value_type = String)]
    pub version: VersionName,
    #[schema(value_type = String)]
    pub checksum: Digest,
}

impl PinBrief {
    /// The view of a pin.
    pub fn of(pin: &Pin) -> PinBrief {
        PinBrief {
            version: pin.version.clone(),
            checksum: pin.checksum,
        }
    }
}

/// One position of a pin.
#[derive(Serialize, utoipa::ToSchema)]
pub struct PinView {
    #[serde(flatten)]
    pin: PinBrief,
    /// Why it moved there.
    mode: Mode,
    #[schema(value_type = String)]
    at: Timestamp,
    by: PersonView,
    #[schema(value_type = String)]
    entry: EntryRef,
    #[schema(value_type = Option<String>)]
    review: Option<ReviewId>,
}

impl PinView {
    /// The view of a pin.
    pub fn of(api: &Api, pin: &Pin) -> PinView {
        PinView {
            pin: PinBrief::of(pin),
            mode: pin.mode,
            at: pin.at,
            by: PersonView::of(api, &pin.by),
            entry: pin.entry.clone(),
            review: pin.review.clone(),
        }
    }
}

/// One rule that differs.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ChangeView {
    path: String,
    /// Its digest before; null if the rule is new.
    #[schema(value_type = Option<String>)]
    from: Option<Digest>,
    /// Its digest after; null if the rule is gone.
    #[schema(value_type = Option<String>)]
    to: Option<Digest>,
}

impl ChangeView {
    /// The view of a change.
    pub fn of(change: &Change) -> ChangeView {
        ChangeView {
            path: change.path.clone(),
            from: change.from,
            to: change.to,
        }
    }
}

/// What was last observed in a store outside.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ObservationView {
    #[schema(value_type = String)]
    entry: EntryRef,
    #[schema(value_type = String)]
    ruleset: RuleSetName,
    #[schema(value_type = String)]
    environment: Environment,
    #[schema(value_type = String)]
    at: Timestamp,
    by: PersonView,
    #[schema(value_type = String)]
    checksum: Digest,
    /// What it was compared with.
    pin: PinBrief,
    /// Against the pin; empty if nothing differs.
    changes: Vec<ChangeView>,
    /// True if it differs and nobody has explained it.
    unexplained: bool,
    /// `pin_followed`, `adopted` or `dismissed`; absent while nothing came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    resolution: Option<&'static str>,
}

impl ObservationView {
    /// The view of an observation as of `now`.
    pub fn of(api: &Api, found: &Observation, now: Timestamp) -> ObservationView {
        ObservationView {
            entry: found.id.clone(),
            ruleset: found.ruleset.clone(),
            environment: found.environment.clone(),
            at: found.at,
            by: PersonView::of(api, &found.by),
            checksum: found.checksum,
            pin: PinBrief {
                version: found.pin.clone(),
                checksum: found.pin_checksum,
            },
            changes: found.changes.iter().map(ChangeView::of).collect(),
            unexplained: found.is_open(now),
            resolution: found
                .resolution
                .as_ref()
                .map(|resolution| match resolution {
                    Resolution::PinFollowed { .. } => "pin_followed",
                    Resolution::Adopted { .. } => "adopted",
                    Resolution::Dismissed { .. } => "dismissed",
                }),
        }
    }
}

/// A hold or a freeze.
#[derive(Serialize, utoipa::ToSchema)]
pub struct StopView {
    #[schema(value_type = String)]
    entry: EntryRef,
    /// Absent: every rule set.
    #[schema(value_type = Option<String>)]
    ruleset: Option<RuleSetName>,
    /// Absent: every lane of the site.
    #[schema(value_type = Option<String>)]
    lane: Option<LaneName>,
    by: PersonView,
    #[schema(value_type = String)]
    at: Timestamp,
    reason: String,
    /// Only for a freeze.
    #[schema(value_type = Option<String>)]
    until: Option<Timestamp>,
}

impl StopView {
    /// The view of a hold or a freeze.
    pub fn of(api: &Api, stop: &Stop) -> StopView {
        StopView {
            entry: stop.id.clone(),
            ruleset: stop.ruleset.clone(),
            lane: stop.lane.clone(),
            by: PersonView::of(api, &stop.by),
            at: stop.at,
            reason: stop.reason.clone(),
            until: stop.until,
        }
    }
}
