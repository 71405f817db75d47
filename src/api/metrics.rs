//! What an operator's monitoring asks: the figures of the screens in the text format of Prometheus.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::http::header;
use axum::response::IntoResponse as _;

use super::caller::Caller;
use super::problem::ApiResult;
use crate::app::{App, Snapshot};
use rulegate_domain::lag::Lag;
use rulegate_domain::state::{Observation, Review, ReviewStatus};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::{SiteName, Timestamp};
use rulegate_ledger::review::Subject;

/// Figures for monitoring, in the text format of Prometheus.
#[utoipa::path(get, path = "/api/v1/metrics", tag = "sites",
    responses((status = 200, description = "The figures.", body = String, content_type = "text/plain")))]
pub async fn metrics(caller: Caller) -> ApiResult {
    caller.require(Act::View, Scope::EVERYWHERE)?;
    let text = figures(
        &caller.api.app,
        &caller.snapshot,
        caller.api.app.clock.now(),
    );
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// The figures as they stand, a line each behind what they mean.
fn figures(app: &App, snapshot: &Snapshot, now: Timestamp) -> String {
    let (state, mut page) = (&snapshot.state, Metrics::default());
    page.what(
        "ledger_entries",
        "Entries of a site's ledger that are here.",
    );
    for site in &state.topology.sites {
        page.of_site("ledger_entries", site, state.head(site).seq);
    }
    page.what(
        "checkpoint_entries",
        "Entries under this site's newest signed checkpoint.",
    );
    page.figure(
        "checkpoint_entries",
        app.signed().map_or(0, |signed| signed.size),
    );
    peers(app, snapshot, now, &mut page);
    page.what(
        "takes_entries",
        "1 while this process appends, 0 while it refuses to.",
    );
    let refuses = app.stopped.load().is_some() || app.behind.load().is_some();
    page.figure("takes_entries", u64::from(!refuses));
    page.what(
        "database_settings_wrong",
        "Durability settings of the database that are not as they should be.",
    );
    page.figure("database_settings_wrong", app.drifted.load().len() as u64);
    waiting(snapshot, now, &mut page);
    page.0
}

/// How far every other site is known; a silent one has a lower bound, never more than the truth.
fn peers(app: &App, snapshot: &Snapshot, now: Timestamp, page: &mut Metrics) {
    let state = &snapshot.state;
    let others = || {
        state
            .topology
            .sites
            .iter()
            .filter(|site| **site != state.own)
    };
    page.what(
        "peer_answers",
        "1 while the other site answers, 0 while it is silent.",
    );
    for site in others() {
        let answers = matches!(app.lag(state, site, now), Lag::Known { .. });
        page.of_site("peer_answers", site, u64::from(answers));
    }
    page.what(
        "peer_entries_missing",
        "Entries of the other site that are missing here, at least.",
    );
    for site in others() {
        let missing = app.lag(state, site, now).at_least();
        page.of_site("peer_entries_missing", site, missing);
    }
    page.what(
        "peer_versions_missing",
        "Versions of the other site that are missing here, and of this site there.",
    );
    for site in others() {
        let here = state.versions_lacking(site, &state.own).len();
        page.of_site("peer_versions_missing", site, here as u64);
        let there = state.versions_lacking(&state.own, site).len();
        page.of_site("peer_versions_missing", &state.own, there as u64);
    }
    page.what(
        "peer_lag_seconds",
        "For how long something of the other site has been missing here, or it has been silent.",
    );
    for site in others() {
        let seconds = match app.lag(state, site, now) {
            Lag::Known { seconds, .. } => Some(seconds),
            Lag::Unknown { since, .. } => since.map(|since| seconds(since, now)),
        };
        // Never heard: no figure is truer than a wrong one.
        if let Some(seconds) = seconds {
            page.of_site("peer_lag_seconds", site, seconds);
        }
    }
    page.what(
        "peer_refused",
        "1 while something of the other site is not believed.",
    );
    for site in others() {
        let refused = app.peer.load().alarm().is_some();
        page.of_site("peer_refused", site, u64::from(refused));
    }
}

/// What waits for somebody.
fn waiting(snapshot: &Snapshot, now: Timestamp, page: &mut Metrics) {
    let state = &snapshot.state;
    let open = state.waiting_reviews();
    let open = |emergency: bool| {
        let is_asked = |review: &&&Arc<Review>| {
            review.status == ReviewStatus::Open
                && matches!(review.subject, Subject::Hotfix { .. }) == emergency
        };
        open.iter().filter(is_asked).count() as u64
    };
    page.what("reviews_open", "Reviews that wait for a decision.");
    page.labelled("reviews_open", "subject", "hotfix", open(true));
    page.labelled("reviews_open", "subject", "other", open(false));
    page.what(
        "intents_waiting",
        "Activations that were decided and wait at another site.",
    );
    page.figure("intents_waiting", state.waiting_intents().len() as u64);
    let (mut hotfixes, mut overdue, mut drift) = (0, 0, 0);
    for ledger in state.ledgers.values() {
        for ((ruleset, _), track) in &ledger.pins {
            hotfixes += track.open_hotfixes.len() as u64;
            let ended = |version| {
                let hotfix = state.hotfix(ruleset, version);
                hotfix.is_some_and(|hotfix| hotfix.ends_at <= now)
            };
            overdue += track.open_hotfixes.iter().filter(|v| ended(v)).count() as u64;
        }
        let unexplained = |observation: &&Arc<Observation>| observation.is_open(now);
        drift += ledger.observations.values().filter(unexplained).count() as u64;
    }
    page.what(
        "hotfixes_open",
        "Hotfixes that are neither absorbed nor discarded.",
    );
    page.figure("hotfixes_open", hotfixes);
    page.what(
        "hotfixes_overdue",
        "Those of them whose end date has passed.",
    );
    page.figure("hotfixes_overdue", overdue);
    page.what(
        "drift_open",
        "Environments whose store holds something else than the pin, unexplained.",
    );
    page.figure("drift_open", drift);
}

fn seconds(since: Timestamp, now: Timestamp) -> u64 {
    u64::try_from((now.0 - since.0) / 1_000_000).unwrap_or(0)
}

/// The page being written. Every figure is a gauge.
#[derive(Default)]
struct Metrics(String);

impl Metrics {
    fn what(&mut self, name: &str, words: &str) {
        let _ = writeln!(
            self.0,
            "# HELP rulegate_{name} {words}\n# TYPE rulegate_{name} gauge"
        );
    }

    fn figure(&mut self, name: &str, value: u64) {
        let _ = writeln!(self.0, "rulegate_{name} {value}");
    }

    /// A name's characters need no escaping.
    fn of_site(&mut self, name: &str, site: &SiteName, value: u64) {
        self.labelled(name, "site", site.as_str(), value);
    }

    fn labelled(&mut self, name: &str, label: &str, text: &str, value: u64) {
        let _ = writeln!(self.0, "rulegate_{name}{{{label}=\"{text}\"}} {value}");
    }
}
