//! The other site in sentences: how far it is known here, and how long the app has been away from the primary.

use super::Portal;
use super::format;
use super::notice::Notice;
use crate::app::peer_status::AccountsStatus;
use rulegate_domain::lag::Lag;
use rulegate_domain::live::{Stay, Urgency};
use rulegate_domain::state::State;
use rulegate_ledger::ids::{SiteName, Timestamp};

/// Changes named in one sentence; more are counted.
const NAMES_MAX: usize = 4;
/// Accounts are asked for every second; what is older than this is behind, whatever the reason.
const CARRIED_LATELY_US: i64 = 30_000_000;

/// `nothing missing, heard 2 s ago`, `unknown since 21 Nov 2026 14:02:11; last seen ipc2#57; at least 3 behind`.
pub fn lag(site: &SiteName, lag: &Lag, now: Timestamp) -> String {
    match lag {
        Lag::Known {
            heard_at,
            missing: 0,
            ..
        } => format!("nothing missing, heard {} ago", format::ago(*heard_at, now)),
        Lag::Known {
            heard_at,
            missing,
            seconds,
        } => format!(
            "{} behind for {seconds} s, heard {} ago",
            format::count(*missing as usize, "entry", "entries"),
            format::ago(*heard_at, now)
        ),
        Lag::Unknown {
            since,
            last_seen,
            at_least,
        } => {
            let since = match since {
                Some(since) => format!("unknown since {}", since.second()),
                None => "unknown: not heard since this process started".to_owned(),
            };
            let entries = format::count(*at_least as usize, "entry", "entries");
            let bound = match at_least {
                0 => "at least 0 behind".to_owned(),
                _ => format!("at least {entries} behind"),
            };
            format!("{since}; last seen {site}#{last_seen}; {bound}")
        }
    }
}

/// How it stands with the other site's accounts: `ok` or `warn`, in a few words, and what went wrong.
pub fn accounts(status: &AccountsStatus, now: Timestamp) -> (&'static str, String, String) {
    let words = match status.carried_at {
        Some(at) => format!("carried {} ago", format::ago(at, now)),
        None => "not carried since this process started".to_owned(),
    };
    let refused = status
        .refused
        .as_ref()
        .map(|alarm| format!("Not believed: {alarm}."));
    let trouble = refused
        .or_else(|| status.trouble.clone())
        .unwrap_or_default();
    let is_fresh = status
        .carried_at
        .is_some_and(|at| now.0 - at.0 < CARRIED_LATELY_US);
    let kind = match is_fresh && trouble.is_empty() {
        true => "ok",
        false => "warn",
    };
    (kind, words, trouble)
}

/// What this site does not know of the others, loud: what is silent, since when, and what still works.
pub fn silence(portal: &Portal, state: &State, now: Timestamp) -> Vec<Notice> {
    let others = state.topology.sites.iter().filter(|s| **s != state.own);
    others
        .filter_map(|site| {
            let known = portal.app.lag(state, site, now);
            let Lag::Unknown { since, .. } = known else {
                return None;
            };
            // A process that never had a reader serves one site alone: there is nothing to be silent.
            if since.is_none() && portal.app.is_linked() {
                return None;
            }
            let cut = match portal.app.is_linked() {
                true => "",
                false => ", the link is cut",
            };
            let text = format!(
                "{site} is silent{cut}: {}. What {site} did since is not known here. {} goes on alone: pins, releases, \
                 reviews, hotfixes and pods' questions work as before; what is decided for {site} waits.",
                lag(site, &known, now),
                state.own
            );
            Some(Notice { kind: "warn", text })
        })
        .collect()
}

/// The app away from the primary, louder with the hours and with what is not brought back.
pub fn stay(state: &State, now: Timestamp) -> Option<Notice> {
    let stay = state.stay(now)?;
    let primary = &state.topology.sites[0];
    let kind = match stay.urgency {
        Urgency::Quiet => "info",
        Urgency::Growing => "warn",
        Urgency::Loud => "bad",
    };
    Some(Notice {
        kind,
        text: format!(
            "The app is live at {}, away from {primary}, for {} h; {}.",
            state.live_site(),
            stay.hours,
            not_transferred(&stay, primary)
        ),
    })
}

fn not_transferred(stay: &Stay, primary: &SiteName) -> String {
    if stay.not_transferred.is_empty() {
        return format!("nothing is to be brought to {primary}");
    }
    let names = stay.not_transferred.iter();
    let names = names.map(|(ruleset, version)| format!("{ruleset} {version}"));
    format!("not yet at {primary}: {}", some_of(names, ", ", " and"))
}

/// The first names, and how many more there are.
fn some_of(names: impl Iterator<Item = String>, joint: &str, last_joint: &str) -> String {
    let names: Vec<String> = names.collect();
    let more = match names.len().saturating_sub(NAMES_MAX) {
        0 => String::new(),
        more => format!("{last_joint} {more} more"),
    };
    let shown = names.len().min(NAMES_MAX);
    format!("{}{more}", names[..shown].join(joint))
}

/// Cold environments that would serve something else than the live site, as far as nobody accepted it.
pub fn cold(state: &State) -> Option<Notice> {
    let differences = state.cold_differences();
    let open = differences
        .iter()
        .filter(|found| found.accepted.is_none() && state.topology.is_production(&found.cold));
    let words = some_of(open.map(|found| found.words()), "; ", "; and");
    (!words.is_empty()).then(|| Notice {
        kind: "warn",
        text: format!("The cold site differs: {words}."),
    })
}

/// Hotfixes in effect at another site and not here, on which nobody has decided here.
pub fn offered(state: &State) -> Option<Notice> {
    let offered = state.offered_transfers(&state.own).into_iter();
    let names = offered.map(|o| format!("{} {}", o.hotfix.ruleset, o.hotfix.version));
    let words = some_of(names, ", ", " and");
    (!words.is_empty()).then(|| Notice {
        kind: "hot",
        text: format!(
            "Hotfixes of the other site, not yet at {}: {words}.",
            state.own
        ),
    })
}

/// Entries of another site that are on their way here, and sites that were never heard.
pub fn coming(portal: &Portal, state: &State, now: Timestamp) -> Vec<Notice> {
    let others = state.topology.sites.iter().filter(|s| **s != state.own);
    others
        .filter_map(|site| match portal.app.lag(state, site, now) {
            known @ Lag::Known { missing: 1.., .. } => Some(Notice {
                kind: "info",
                text: format!("{site}: {}.", lag(site, &known, now)),
            }),
            Lag::Unknown { since: None, .. } => Some(Notice {
                kind: "warn",
                text: format!(
                    "{site} has not been heard from: what it runs is not known at {}.",
                    state.own
                ),
            }),
            _ => None,
        })
        .collect()
}
