//! Between the sites: what is in effect at one of them only, and the decisions about it.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use crate::app::AppError;
use crate::app::summary::{pair_words, visible};
use crate::web::availability::Availability;
use crate::web::environment_view::Tag;
use crate::web::error::WebResult;
use crate::web::form::{Form, see};
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::sent::FieldError;
use crate::web::user::User;
use crate::web::{Portal, address, filters, format};
use rulegate_domain::command;
use rulegate_domain::live::ColdDifference;
use rulegate_domain::pairs::Pair;
use rulegate_domain::state::{Hotfix, State as Truth, Transfer};
use rulegate_domain::transfers::{OfferedTransfer, Way};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::{PairFinding, PairOutcome};
use rulegate_ledger::ids::{EntryRef, RuleSetName, SiteName, Timestamp};
use rulegate_ledger::version::VersionName;

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
struct Brought<'s> {
    offered: OfferedTransfer<'s>,
    way: Tag,
    bring: Availability,
    leave: Availability,
}

impl Brought<'_> {
    /// It is merged at the hotfix desk and not brought as it is.
    fn is_merge(&self) -> bool {
        self.offered.way == Way::Merge
    }
}

/// Two hotfixes for one incident.
struct PairRow<'s> {
    pair: Pair<'s>,
    finding: PairFinding,
    close: Availability,
}

impl<'s> PairRow<'s> {
    fn form(&self) -> String {
        format!("pair-{}-{}", self.pair.first.entry, self.pair.second.entry)
    }
    fn sides(&self) -> [&'s Hotfix; 2] {
        [self.pair.first, self.pair.second]
    }
    fn tag(&self) -> Tag {
        let kind = if self.may_be_one() { "ok" } else { "bad" };
        Tag::new(kind, pair_words(self.finding))
    }
    fn may_be_one(&self) -> bool {
        self.finding != PairFinding::Conflict
    }
    fn shared(&self) -> String {
        match self.pair.shared_paths().join(", ") {
            none if none.is_empty() => "no rule in common, the same incident".to_owned(),
            shared => format!("both changed {shared}"),
        }
    }
}

/// A cold environment that would serve something else.
struct Cold<'s> {
    found: ColdDifference<'s>,
    accept: Availability,
}

impl Cold<'_> {
    fn form(&self) -> String {
        format!("accept-{}-{}", self.found.ruleset, self.found.cold)
    }
    /// Something runs at both.
    fn is_comparable(&self) -> bool {
        self.found.cold_version.is_some() && self.found.live_version.is_some()
    }
}

/// What was decided about a hotfix of the other site.
struct Decided<'s> {
    ruleset: &'s RuleSetName,
    hotfix: &'s VersionName,
    words: String,
    at: Timestamp,
    entry: &'s EntryRef,
}

#[derive(Template)]
#[template(path = "sites/between.html")]
struct BetweenPage<'s> {
    page: Page,
    own: &'s SiteName,
    brought: Vec<Brought<'s>>,
    /// Offered at the portals of other sites, one sentence a site.
    elsewhere: Vec<String>,
    pairs: Vec<PairRow<'s>>,
    cold: Vec<Cold<'s>>,
    clashes: Vec<String>,
    decided: Vec<Decided<'s>>,
}

async fn show(State(portal): State<Portal>, user: User) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let truth = &user.snapshot.state;
    let mut pairs = Vec::new();
    for pair in truth.open_pairs() {
        pairs.push(pair_row(&portal, &user, pair).await?);
    }
    let offered = truth.offered_transfers(&truth.own).into_iter();
    let cold = truth.cold_differences().into_iter();
    Ok(page::html(&BetweenPage {
        page: Page::new(&portal, &user, "sites", "Between the sites"),
        own: &truth.own,
        brought: offered.map(|o| brought(&portal, &user, o)).collect(),
        elsewhere: elsewhere(truth),
        pairs,
        cold: cold.map(|found| cold_row(&portal, &user, found)).collect(),
        clashes: clashes(truth),
        decided: decided(&portal, truth),
    }))
}

fn brought<'s>(portal: &Portal, user: &'s User, offered: OfferedTransfer<'s>) -> Brought<'s> {
    let (hotfix, to) = (offered.hotfix, &offered.to);
    let way = match offered.way {
        Way::FastForward => Tag::new("ok", "nothing is in the way: it goes live here as it is"),
        Way::Merge => {
            let pin = user.snapshot.state.pin(&hotfix.ruleset, to);
            let runs = pin.map_or("nothing".to_owned(), |pin| pin.version.to_string());
            Tag::new("warn", format!("has to be merged: {to} runs {runs}"))
        }
        Way::Absent => Tag::new("mute", "its bytes are not here yet"),
        Way::NothingPinned => Tag::new("mute", format!("nothing was ever activated in {to}")),
    };
    let open = command::OpenTransfer {
        ruleset: hotfix.ruleset.clone(),
        hotfix: hotfix.version.clone(),
        environment: to.clone(),
        reason: SOME_REASON.into(),
    }
    .into();
    let decline = command::DeclineTransfer {
        ruleset: hotfix.ruleset.clone(),
        hotfix: hotfix.version.clone(),
        environment: to.clone(),
        reason: SOME_REASON.into(),
    }
    .into();
    Brought {
        way,
        bring: Availability::of(portal, user, None, &open),
        leave: Availability::of(portal, user, None, &decline),
        offered,
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

async fn pair_row<'s>(
    portal: &Portal,
    user: &User,
    pair: Pair<'s>,
) -> Result<PairRow<'s>, AppError> {
    let evidence = portal.app.judge(&pair.questions()).await?;
    let finding = pair.finding(&evidence).unwrap_or(PairFinding::Conflict);
    let close = command::ClosePair {
        ruleset: pair.first.ruleset.clone(),
        first: pair.first.version.clone(),
        second: pair.second.version.clone(),
        outcome: PairOutcome::Both,
        reason: SOME_REASON.into(),
        evidence,
    }
    .into();
    Ok(PairRow {
        close: Availability::of(portal, user, None, &close),
        finding,
        pair,
    })
}

fn cold_row<'s>(portal: &Portal, user: &User, found: ColdDifference<'s>) -> Cold<'s> {
    let command = command::AcceptDifference {
        ruleset: found.ruleset.clone(),
        environment: found.cold.clone(),
        reason: SOME_REASON.into(),
    }
    .into();
    Cold {
        accept: Availability::of(portal, user, None, &command),
        found,
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
fn decided<'s>(portal: &Portal, truth: &'s Truth) -> Vec<Decided<'s>> {
    let row = |((ruleset, hotfix), transfer): (&'s (RuleSetName, VersionName), &'s Transfer)| {
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
        Decided {
            ruleset,
            hotfix,
            words,
            at,
            entry,
        }
    };
    let mut found: Vec<Decided> = truth.own_ledger().transfers.iter().map(row).collect();
    found.sort_by_key(|decided| std::cmp::Reverse(decided.at));
    found
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
    let bring = |fields: &TransferFields| {
        Ok(command::OpenTransfer {
            ruleset: fields.ruleset.parse()?,
            hotfix: fields.hotfix.parse()?,
            environment: fields.environment.parse()?,
            reason: fields.reason.clone(),
        }
        .into())
    };
    let done = form.execute(&portal, ADDRESS, bring).await?;
    let to = done
        .review()
        .map_or(ADDRESS.to_owned(), |id| address::review(&id));
    Ok(see(&to, "transfer-asked"))
}

async fn leave(State(portal): State<Portal>, form: Form<TransferFields>) -> WebResult {
    let leave = |fields: &TransferFields| {
        Ok(command::DeclineTransfer {
            ruleset: fields.ruleset.parse()?,
            hotfix: fields.hotfix.parse()?,
            environment: fields.environment.parse()?,
            reason: fields.reason.clone(),
        }
        .into())
    };
    form.execute(&portal, ADDRESS, leave).await?;
    Ok(see(ADDRESS, "transfer-declined"))
}

#[derive(Deserialize)]
struct PairFields {
    ruleset: String,
    first: String,
    second: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    reason: String,
}

impl PairFields {
    fn outcome(&self) -> Result<PairOutcome, FieldError> {
        let keep = |name: &str| {
            Ok(PairOutcome::Keep {
                hotfix: name.parse()?,
            })
        };
        match self.outcome.as_str() {
            "one" => Ok(PairOutcome::One),
            "both" => Ok(PairOutcome::Both),
            "first" => keep(&self.first),
            "second" => keep(&self.second),
            _ => Err(FieldError::new(
                "",
                "It does not say what the two hotfixes are to each other.",
            )),
        }
    }
}

async fn close_pair(State(portal): State<Portal>, form: Form<PairFields>) -> WebResult {
    let close = |fields: &PairFields| {
        Ok(command::ClosePair {
            ruleset: fields.ruleset.parse()?,
            first: fields.first.parse()?,
            second: fields.second.parse()?,
            outcome: fields.outcome()?,
            reason: fields.reason.clone(),
            evidence: Vec::new(),
        }
        .into())
    };
    form.execute(&portal, ADDRESS, close).await?;
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
    let accept = |fields: &AcceptFields| {
        Ok(command::AcceptDifference {
            ruleset: fields.ruleset.parse()?,
            environment: fields.environment.parse()?,
            reason: fields.reason.clone(),
        }
        .into())
    };
    form.execute(&portal, ADDRESS, accept).await?;
    Ok(see(ADDRESS, "difference-accepted"))
}
