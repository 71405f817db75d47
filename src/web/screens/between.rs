//! Between the sites: what is in effect at one of them only, and the decisions about it.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use crate::app::AppError;
use crate::app::summary::{pair_words, visible};
use crate::web::availability::Availability;
use crate::web::environment_view::{Place, Tag, TimeView};
use crate::web::error::{WebError, WebResult};
use crate::web::form::{Form, fresh_once, see};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_domain::command::Command;
use rulegate_domain::live::ColdDifference;
use rulegate_domain::pairs::Pair;
use rulegate_domain::state::{State as Truth, Transfer};
use rulegate_domain::transfers::{OfferedTransfer, Way};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::{Event, PairFinding, PairOutcome};
use rulegate_ledger::ids::ReviewId;

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/sites/between", show)
        .form("/sites/between/bring", bring)
        .form("/sites/between/leave", leave)
        .form("/sites/between/pair", close_pair)
        .form("/sites/between/accept", accept)
}

/// Stands for a reason in the question whether something may be done at all.
const SOME_REASON: &str = "because";
const ADDRESS: &str = "/sites/between";

/// A hotfix of the other site that may come here.
struct Brought {
    ruleset: String,
    hotfix: String,
    href: String,
    from: Place,
    to: Place,
    environment: String,
    reason: String,
    incident: String,
    made: TimeView,
    way: Tag,
    /// The desk where it is merged, if it has to be.
    merge_href: String,
    bring: Availability,
    leave: Availability,
}

/// Two hotfixes for one incident.
struct PairRow {
    ruleset: String,
    first: Side,
    second: Side,
    finding: Tag,
    shared: String,
    compare_href: String,
    may_be_one: bool,
    close: Availability,
}

struct Side {
    version: String,
    href: String,
    place: Place,
    incident: String,
    reason: String,
}

/// A cold environment that would serve something else.
struct Cold {
    ruleset: String,
    environment: String,
    words: String,
    compare_href: String,
    /// Who let it be, and why; empty if nobody has.
    accepted: String,
    accept: Availability,
}

/// What was decided about a hotfix of the other site.
struct Decided {
    ruleset: String,
    hotfix: String,
    href: String,
    words: String,
    entry: Link,
}

#[derive(Template)]
#[template(path = "sites/between.html")]
struct BetweenPage {
    page: Page,
    own: String,
    brought: Vec<Brought>,
    /// Offered at the portals of other sites, one sentence a site.
    elsewhere: Vec<String>,
    pairs: Vec<PairRow>,
    cold: Vec<Cold>,
    clashes: Vec<String>,
    decided: Vec<Decided>,
}

impl BetweenPage {
    fn once(&self) -> String {
        fresh_once()
    }
}

async fn show(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let truth = &user.snapshot.state;
    let mut pairs = Vec::new();
    for pair in truth.open_pairs() {
        pairs.push(pair_row(&portal, &user, &pair).await?);
    }
    let offered = truth.offered_transfers(&truth.own);
    let cold = truth.cold_differences();
    Ok(page::html(&BetweenPage {
        page: Page::new(&portal, &user, "sites", "Between the sites"),
        own: truth.own.to_string(),
        brought: offered.iter().map(|o| brought(&portal, &user, o)).collect(),
        elsewhere: elsewhere(truth),
        pairs,
        cold: cold.iter().map(|c| cold_row(&portal, &user, c)).collect(),
        clashes: clashes(truth),
        decided: decided(&portal, truth),
    }))
}

fn brought(portal: &Portal, user: &User, offered: &OfferedTransfer) -> Brought {
    let hotfix = offered.hotfix;
    let (ruleset, environment) = (&hotfix.ruleset, &offered.to);
    let pin = user.snapshot.state.pin(ruleset, environment);
    let runs = pin.map_or("nothing".to_owned(), |pin| pin.version.to_string());
    let way = match offered.way {
        Way::FastForward => Tag::new("ok", "nothing is in the way: it goes live here as it is"),
        Way::Merge => Tag::new(
            "warn",
            format!("has to be merged: {environment} runs {runs}"),
        ),
        Way::Absent => Tag::new("mute", "its bytes are not here yet"),
        Way::NothingPinned => Tag::new(
            "mute",
            format!("nothing was ever activated in {environment}"),
        ),
    };
    let open = Command::OpenTransfer {
        ruleset: ruleset.clone(),
        hotfix: hotfix.version.clone(),
        environment: environment.clone(),
        reason: SOME_REASON.into(),
    };
    let decline = Command::DeclineTransfer {
        ruleset: ruleset.clone(),
        hotfix: hotfix.version.clone(),
        environment: environment.clone(),
        reason: SOME_REASON.into(),
    };
    Brought {
        ruleset: ruleset.to_string(),
        hotfix: hotfix.version.to_string(),
        href: address::hotfix(ruleset, &hotfix.version),
        from: Place::of(&offered.from),
        to: Place::of(environment),
        environment: environment.to_string(),
        reason: visible(&hotfix.reason),
        incident: visible(&hotfix.incident),
        made: TimeView::ago(hotfix.at, user.now),
        way,
        merge_href: match offered.way {
            Way::Merge => address::merge(ruleset, &hotfix.version, environment),
            _ => String::new(),
        },
        bring: Availability::of(portal, user, None, &open),
        leave: Availability::of(portal, user, None, &decline),
    }
}

/// Offers of the other sites, which their own portals decide.
fn elsewhere(truth: &Truth) -> Vec<String> {
    let others = truth.topology.sites.iter().filter(|s| **s != truth.own);
    others
        .filter_map(|site| {
            let count = truth.offered_transfers(site).len();
            let words = format::count(count, "hotfix of here is", "hotfixes of here are");
            (count > 0).then(|| format!("{words} offered to {site}; its own portal decides."))
        })
        .collect()
}

async fn pair_row(portal: &Portal, user: &User, pair: &Pair<'_>) -> Result<PairRow, AppError> {
    let evidence = portal.app.judge(&pair.questions()).await?;
    let finding = pair.finding(&evidence).unwrap_or(PairFinding::Conflict);
    let kind = match finding {
        PairFinding::Conflict => "bad",
        PairFinding::SameBytes | PairFinding::SameEffect => "ok",
    };
    let side = |hotfix: &rulegate_domain::state::Hotfix| Side {
        version: hotfix.version.to_string(),
        href: address::hotfix(&hotfix.ruleset, &hotfix.version),
        place: Place::of(&hotfix.environment),
        incident: visible(&hotfix.incident),
        reason: visible(&hotfix.reason),
    };
    let (first, second) = (pair.first, pair.second);
    let close = Command::ClosePair {
        ruleset: first.ruleset.clone(),
        first: first.version.clone(),
        second: second.version.clone(),
        outcome: PairOutcome::Both,
        reason: SOME_REASON.into(),
        evidence,
    };
    let shared = pair.shared_paths().join(", ");
    Ok(PairRow {
        ruleset: first.ruleset.to_string(),
        shared: match shared.is_empty() {
            true => "no rule in common, the same incident".to_owned(),
            false => format!("both changed {shared}"),
        },
        compare_href: address::compare(
            &first.ruleset,
            first.version.as_str(),
            second.version.as_str(),
        ),
        first: side(first),
        second: side(second),
        finding: Tag::new(kind, pair_words(finding)),
        may_be_one: finding != PairFinding::Conflict,
        close: Availability::of(portal, user, None, &close),
    })
}

fn cold_row(portal: &Portal, user: &User, found: &ColdDifference) -> Cold {
    let command = Command::AcceptDifference {
        ruleset: found.ruleset.clone(),
        environment: found.cold.clone(),
        reason: SOME_REASON.into(),
    };
    let accepted = found.accepted.map_or(String::new(), |accepted| {
        format!(
            "Accepted by {}, {}: “{}”",
            portal.auth.directory.name(&accepted.by),
            format::short_time(accepted.at),
            visible(&accepted.reason)
        )
    });
    Cold {
        ruleset: found.ruleset.to_string(),
        environment: found.cold.to_string(),
        words: found.words(),
        compare_href: match (&found.cold_version, &found.live_version) {
            (Some(_), Some(_)) => address::compare(
                &found.ruleset,
                &found.live.to_string(),
                &found.cold.to_string(),
            ),
            _ => String::new(),
        },
        accepted,
        accept: Availability::of(portal, user, None, &command),
    }
}

/// Names that mean other bytes at another site, one sentence each.
fn clashes(truth: &Truth) -> Vec<String> {
    let mut found = Vec::new();
    for ruleset in truth.rulesets() {
        for (version, facts) in truth.versions(&ruleset) {
            let checksums: Vec<(String, Digest)> = truth
                .topology
                .sites
                .iter()
                .filter_map(|site| {
                    let at = truth.version_at(site, &ruleset, &version)?;
                    Some((site.to_string(), at.checksum))
                })
                .collect();
            if checksums.iter().any(|(_, sum)| *sum != facts.checksum) {
                let sums: Vec<String> = checksums
                    .iter()
                    .map(|(site, sum)| format!("{site} {}", sum.short()))
                    .collect();
                found.push(format!(
                    "{ruleset} {version} is not the same at both sites ({}). Deliver the wanted bytes under a name of \
                     their own.",
                    sums.join(", ")
                ));
            }
        }
    }
    found
}

/// What was decided here about hotfixes of other sites, newest first.
fn decided(portal: &Portal, truth: &Truth) -> Vec<Decided> {
    let mut found = Vec::new();
    for ((ruleset, hotfix), transfer) in &truth.own_ledger().transfers {
        let (at, entry, words) = match transfer {
            Transfer::Done { by, at, entry, .. } => {
                let with = match by == hotfix {
                    true => String::new(),
                    false => format!(" with {by}"),
                };
                (*at, entry, format!("brought here{with}"))
            }
            Transfer::Declined {
                reason,
                by,
                at,
                entry,
            } => {
                let name = portal.auth.directory.name(by);
                let words = format!("left where it is by {name}: “{}”", visible(reason));
                (*at, entry, words)
            }
        };
        let row = Decided {
            ruleset: ruleset.to_string(),
            hotfix: hotfix.to_string(),
            href: address::hotfix(ruleset, hotfix),
            words,
            entry: Link {
                href: address::entry(entry),
                text: entry.to_string(),
            },
        };
        found.push((at, row));
    }
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    found.into_iter().map(|(_, row)| row).collect()
}

#[derive(Deserialize)]
struct TransferFields {
    ruleset: String,
    hotfix: String,
    environment: String,
    #[serde(default)]
    reason: String,
}

async fn bring(State(portal): State<Portal>, form: Form<TransferFields>) -> WebResult {
    let fields = &form.fields;
    let command = Command::OpenTransfer {
        ruleset: fields.ruleset.parse()?,
        hotfix: fields.hotfix.parse()?,
        environment: fields.environment.parse()?,
        reason: fields.reason.clone(),
    };
    let done = form.execute_raw(&portal, command).await?;
    let opened = done
        .entries
        .iter()
        .find(|entry| matches!(entry.fact.event, Event::ReviewOpened(_)));
    let to = opened.map_or(ADDRESS.to_owned(), |entry| {
        address::review(&ReviewId {
            site: entry.at_entry.site.clone(),
            seq: entry.at_entry.seq,
        })
    });
    Ok(see(&to, "transfer-asked"))
}

async fn leave(State(portal): State<Portal>, form: Form<TransferFields>) -> WebResult {
    let fields = &form.fields;
    let command = Command::DeclineTransfer {
        ruleset: fields.ruleset.parse()?,
        hotfix: fields.hotfix.parse()?,
        environment: fields.environment.parse()?,
        reason: fields.reason.clone(),
    };
    form.execute_raw(&portal, command).await?;
    Ok(see(ADDRESS, "transfer-declined"))
}

#[derive(Deserialize)]
struct PairFields {
    ruleset: String,
    first: String,
    second: String,
    outcome: String,
    #[serde(default)]
    reason: String,
}

async fn close_pair(State(portal): State<Portal>, form: Form<PairFields>) -> WebResult {
    let fields = &form.fields;
    let (first, second) = (fields.first.parse()?, fields.second.parse()?);
    let outcome = match fields.outcome.as_str() {
        "one" => PairOutcome::One,
        "both" => PairOutcome::Both,
        "first" => PairOutcome::Keep {
            hotfix: fields.first.parse()?,
        },
        "second" => PairOutcome::Keep {
            hotfix: fields.second.parse()?,
        },
        _ => {
            return Err(WebError::BadForm(
                "It does not say what the two hotfixes are to each other.".into(),
            ));
        }
    };
    let command = Command::ClosePair {
        ruleset: fields.ruleset.parse()?,
        first,
        second,
        outcome,
        reason: fields.reason.clone(),
        evidence: Vec::new(),
    };
    form.execute_raw(&portal, command).await?;
    Ok(see(ADDRESS, "pair-closed"))
}

#[derive(Deserialize)]
struct AcceptFields {
    ruleset: String,
    environment: String,
    #[serde(default)]
    reason: String,
}

async fn accept(State(portal): State<Portal>, form: Form<AcceptFields>) -> WebResult {
    let fields = &form.fields;
    let command = Command::AcceptDifference {
        ruleset: fields.ruleset.parse()?,
        environment: fields.environment.parse()?,
        reason: fields.reason.clone(),
    };
    form.execute_raw(&portal, command).await?;
    Ok(see(ADDRESS, "difference-accepted"))
}
