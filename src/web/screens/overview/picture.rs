//! What each environment ran over the last 14 days, as bars.

use rulegate_domain::standing::SoftLaunch;
use rulegate_domain::state::{Pin, State};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{RuleSetName, Timestamp};

const DAYS: i64 = 14;
const SPAN_US: i64 = DAYS * Timestamp::DAY_US;
/// Days between two marks on the axis.
const MARK_DAYS: i64 = 2;
/// A label that starts further right would not fit.
const LABEL_AT_MAX: f64 = 94.0;
/// Narrower bars could not be seen.
const WIDTH_MIN: f64 = 0.4;
/// Bars narrower than this, in percent of the width, carry no text or a short one.
const TEXT_WIDTH_MIN: f64 = 3.5;
/// From this width on a hotfix's whole name fits.
const NAME_WIDTH_MIN: f64 = 14.0;

/// The picture of one rule set, in the shape of `macros/timeline.html`. Measures are percent of its width.
pub(super) struct Picture<'s> {
    pub ruleset: RuleSetName,
    /// Starts of days that are marked.
    pub days: Vec<(f64, Timestamp)>,
    pub lanes: Vec<Lane<'s>>,
}

pub(super) struct Lane<'s> {
    pub environment: Environment,
    pub class: &'static str,
    pub bars: Vec<Bar<'s>>,
}

pub(super) struct Bar<'s> {
    pub at: f64,
    pub width: f64,
    pub class: &'static str,
    pub text: &'s str,
    pub pin: &'s Pin,
    /// Absent if it runs still.
    pub until: Option<Timestamp>,
}

impl<'s> Picture<'s> {
    pub(super) fn of(state: &'s State, ruleset: &RuleSetName, now: Timestamp) -> Picture<'s> {
        let lane = |environment: Environment| Lane {
            class: match state.topology.is_production(&environment) {
                true => "prod",
                false => "sl",
            },
            bars: bars(state, ruleset, &environment, now),
            environment,
        };
        Picture {
            ruleset: ruleset.clone(),
            days: days(now),
            lanes: state
                .topology
                .environments()
                .into_iter()
                .map(lane)
                .collect(),
        }
    }

    /// Nothing ran anywhere.
    pub(super) fn is_empty(&self) -> bool {
        self.lanes.iter().all(|lane| lane.bars.is_empty())
    }
}

/// Where in the picture an instant is, in percent of its width.
fn at(instant: Timestamp, now: Timestamp) -> f64 {
    let since_start = instant.0 - (now.0 - SPAN_US);
    (since_start as f64 / SPAN_US as f64 * 100.0).clamp(0.0, 100.0)
}

fn days(now: Timestamp) -> Vec<(f64, Timestamp)> {
    let today = now.0.div_euclid(Timestamp::DAY_US) * Timestamp::DAY_US;
    (0..DAYS)
        .rev()
        .step_by(MARK_DAYS as usize)
        .map(|ago| Timestamp(today - (ago - 1) * Timestamp::DAY_US))
        .map(|start| (at(start, now), start))
        .filter(|(at, _)| (0.1..LABEL_AT_MAX).contains(at))
        .collect()
}

fn bars<'s>(
    state: &'s State,
    ruleset: &RuleSetName,
    environment: &Environment,
    now: Timestamp,
) -> Vec<Bar<'s>> {
    let Some(track) = state.track(ruleset, environment) else {
        return Vec::new();
    };
    let ends = track.history.iter().skip(1).map(|next| Some(next.at));
    let pins = track.history.iter().zip(ends.chain([None]));
    pins.filter(|(_, until)| until.is_none_or(|until| until.0 > now.0 - SPAN_US))
        .map(|(pin, until)| {
            let from = at(pin.at, now);
            let width = at(until.unwrap_or(now), now) - from;
            Bar {
                at: from,
                width: width.max(WIDTH_MIN),
                class: class(state, ruleset, environment, pin),
                text: match pin.version.is_hotfix() {
                    _ if width < TEXT_WIDTH_MIN => "",
                    true if width < NAME_WIDTH_MIN => pin.version.suffix(),
                    _ => pin.version.as_str(),
                },
                pin,
                until,
            }
        })
        .collect()
}

fn class(
    state: &State,
    ruleset: &RuleSetName,
    environment: &Environment,
    pin: &Pin,
) -> &'static str {
    let is_soft = !state.topology.is_production(environment);
    match state.soft_launch(ruleset, &pin.version) {
        _ if pin.version.is_hotfix() => "hot",
        SoftLaunch::Failed(_) if is_soft => "bad",
        SoftLaunch::Passed(_) if is_soft => "passed",
        _ => "",
    }
}
