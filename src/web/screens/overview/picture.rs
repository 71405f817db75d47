//! What each environment ran over the last 14 days, as bars.

use crate::web::environment_view::mode;
use crate::web::{address, format};
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
/// Bars narrower than this, in percent of the width, carry no text or a short one.
const TEXT_WIDTH_MIN: f64 = 3.5;
/// From this width on a hotfix's whole name fits.
const NAME_WIDTH_MIN: f64 = 14.0;

/// The picture of one rule set, in the shape of `macros/timeline.html`.
pub(super) struct Picture {
    pub ruleset: String,
    pub href: String,
    pub days: Vec<Day>,
    pub lanes: Vec<Lane>,
}

pub(super) struct Day {
    pub at: String,
    pub text: String,
}

pub(super) struct Lane {
    pub name: String,
    pub class: &'static str,
    pub bars: Vec<Bar>,
}

pub(super) struct Bar {
    pub at: String,
    pub width: String,
    pub class: &'static str,
    pub text: String,
    pub title: String,
    pub href: String,
}

impl Picture {
    pub(super) fn of(state: &State, ruleset: &RuleSetName, now: Timestamp) -> Picture {
        let lanes = state
            .topology
            .environments()
            .iter()
            .map(|environment| Lane {
                name: environment.to_string(),
                class: if state.topology.is_production(environment) {
                    "prod"
                } else {
                    "sl"
                },
                bars: bars(state, ruleset, environment, now),
            })
            .collect();
        Picture {
            ruleset: ruleset.to_string(),
            href: address::ruleset(ruleset),
            days: days(now),
            lanes,
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

fn percent(value: f64) -> String {
    format!("{value:.2}")
}

fn days(now: Timestamp) -> Vec<Day> {
    let today = now.0.div_euclid(Timestamp::DAY_US) * Timestamp::DAY_US;
    (0..DAYS)
        .rev()
        .step_by(MARK_DAYS as usize)
        .map(|ago| Timestamp(today - (ago - 1) * Timestamp::DAY_US))
        .map(|start| (start, at(start, now)))
        .filter(|(_, at)| (0.1..LABEL_AT_MAX).contains(at))
        .map(|(start, at)| Day {
            at: percent(at),
            text: start.to_datetime().format("%-d %b").to_string(),
        })
        .collect()
}

fn bars(
    state: &State,
    ruleset: &RuleSetName,
    environment: &Environment,
    now: Timestamp,
) -> Vec<Bar> {
    let Some(track) = state.track(ruleset, environment) else {
        return Vec::new();
    };
    let pins: Vec<&Pin> = track.history.iter().collect();
    pins.iter()
        .enumerate()
        .filter_map(|(index, pin)| {
            let until = pins.get(index + 1).map(|next| next.at);
            let (from, to) = (at(pin.at, now), at(until.unwrap_or(now), now));
            let is_in_picture = until.is_none_or(|until| until.0 > now.0 - SPAN_US);
            is_in_picture.then(|| bar(state, ruleset, environment, pin, until, (from, to)))
        })
        .collect()
}

fn bar(
    state: &State,
    ruleset: &RuleSetName,
    environment: &Environment,
    pin: &Pin,
    until: Option<Timestamp>,
    (from, to): (f64, f64),
) -> Bar {
    let is_soft = !state.topology.is_production(environment);
    let class = match state.soft_launch(ruleset, &pin.version) {
        _ if pin.version.is_hotfix() => "hot",
        SoftLaunch::Failed(_) if is_soft => "bad",
        SoftLaunch::Passed(_) if is_soft => "passed",
        _ => "",
    };
    let width = to - from;
    let text = match () {
        _ if width < TEXT_WIDTH_MIN => "",
        _ if pin.version.is_hotfix() && width < NAME_WIDTH_MIN => pin.version.suffix(),
        _ => pin.version.as_str(),
    };
    let until = until.map_or("now".to_owned(), format::short_time);
    Bar {
        at: percent(from),
        width: percent(width.max(0.4)),
        class,
        text: text.to_owned(),
        title: format!(
            "{} in {environment}, {}, {} until {until}",
            pin.version,
            mode(pin.mode),
            format::short_time(pin.at)
        ),
        href: address::version(ruleset, &pin.version),
    }
}
