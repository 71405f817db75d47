//! All environments side by side: the rules that are not the same everywhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};

use crate::web::environment_view::{PinView, Place};
use crate::web::error::WebResult;
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::paging::{PageOfList, PageQuery, one_page};
use crate::web::screens::rulesets::known;
use crate::web::screens::versions::crumbs;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::manifest::Manifest;

/// Rules on one page.
const PAGE: usize = 200;
/// Names of texts that differ, in the order of the environments.
const LETTERS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];

#[derive(Template)]
#[template(path = "compare/environments.html")]
struct EnvironmentsPage<'s> {
    page: Page,
    crumbs: Vec<Link>,
    ruleset: String,
    summary: String,
    columns: Vec<PinView<'s>>,
    rows: Vec<Row>,
    paged: PageOfList,
}

struct Row {
    path: String,
    cells: Vec<Cell>,
}

/// What one environment holds of a rule: equal letters are equal bytes.
struct Cell {
    place: Place,
    letter: &'static str,
    digest: String,
    /// An open hotfix there touches the rule.
    is_hotfix: bool,
    /// The comparison with the environment that the others are held against; empty if equal.
    href: String,
}

/// One environment that runs something, with its manifest.
struct Held {
    environment: Environment,
    manifest: Arc<Manifest>,
    hotfixed: BTreeSet<String>,
}

/// Names of texts in a row start with what production at the live site runs: that is letter A.
fn reference<'h>(held: &'h [Held], user: &User) -> Option<&'h Held> {
    let state = &user.snapshot.state;
    let is_live = |held: &&Held| {
        held.environment.site == *state.live_site()
            && state.topology.is_production(&held.environment)
    };
    held.iter().find(is_live).or(held.first())
}

/// `GET /rulesets/{ruleset}/environments`.
pub(super) async fn show(
    State(portal): State<Portal>,
    user: User,
    Path(name): Path<String>,
    Query(paging): Query<PageQuery>,
) -> WebResult {
    let ruleset = known(&user, &name)?;
    let state = &user.snapshot.state;
    let mut held = Vec::new();
    for environment in state.topology.environments() {
        let Some(pin) = state.pin(&ruleset, &environment) else {
            continue;
        };
        held.push(Held {
            manifest: portal.app.manifest(&pin.checksum).await?,
            hotfixed: hotfixed(&user, &ruleset, &environment),
            environment,
        });
    }
    let (differing, equal) = differing(&held);
    let href = format!("{}/environments", address::ruleset(&ruleset));
    let paged = one_page(&differing, PAGE, &paging, |path, key| {
        path.as_str().cmp(key)
    })
    .linked(&differing, &href, "", |path| (*path).clone());
    let page = EnvironmentsPage {
        page: Page::new(&portal, &user, "rulesets", "Compare environments"),
        crumbs: crumbs(&ruleset, None),
        ruleset: ruleset.to_string(),
        summary: format!(
            "{} not the same everywhere, {} equal everywhere",
            format::count(differing.len(), "rule", "rules"),
            format::thousands(equal)
        ),
        columns: held
            .iter()
            .map(|held| PinView::of(state, &ruleset, &held.environment, user.now))
            .collect(),
        rows: differing[paged.range.clone()]
            .iter()
            .filter_map(|path| Some(row(&ruleset, &held, reference(&held, &user)?, path)))
            .collect(),
        paged,
    };
    Ok(page::html(&page))
}

/// Paths that an open hotfix of the environment touches.
fn hotfixed(user: &User, ruleset: &RuleSetName, environment: &Environment) -> BTreeSet<String> {
    let open = user.snapshot.state.open_hotfixes(ruleset, environment);
    open.iter()
        .flat_map(|hotfix| hotfix.changes.iter().map(|change| change.path.clone()))
        .collect()
}

/// Paths whose bytes are not the same in every environment, and how many are.
fn differing(held: &[Held]) -> (Vec<&String>, usize) {
    let paths: BTreeSet<&String> = held
        .iter()
        .flat_map(|held| held.manifest.rules().keys())
        .collect();
    let (mut differing, mut equal) = (Vec::new(), 0);
    for path in paths {
        let mut digests = held.iter().map(|held| held.manifest.rules().get(path));
        let first = digests.next().flatten();
        if digests.all(|digest| digest == first) {
            equal += 1;
        } else {
            differing.push(path);
        }
    }
    (differing, equal)
}

fn row(ruleset: &RuleSetName, held: &[Held], reference: &Held, path: &str) -> Row {
    let digest_at = |held: &Held| held.manifest.rules().get(path).copied();
    let expected = digest_at(reference);
    let mut kinds: Vec<Digest> = Vec::new();
    for digest in std::iter::once(expected)
        .chain(held.iter().map(digest_at))
        .flatten()
    {
        if !kinds.contains(&digest) {
            kinds.push(digest);
        }
    }
    let cells = held.iter().map(|here| {
        let digest = digest_at(here);
        let letter = digest
            .and_then(|digest| kinds.iter().position(|kind| *kind == digest))
            .map_or("", |index| LETTERS.get(index).copied().unwrap_or("other"));
        let (from, to) = (
            reference.environment.to_string(),
            here.environment.to_string(),
        );
        let both = address::compare(ruleset, &from, &to);
        Cell {
            place: Place::of(&here.environment),
            letter,
            digest: digest.map_or(String::new(), |digest| digest.to_string()),
            is_hotfix: here.hotfixed.contains(path),
            href: if digest != expected {
                format!("{both}&path={}", format::url_encode(path))
            } else {
                Default::default()
            },
        }
    });
    Row {
        cells: cells.collect(),
        path: path.to_owned(),
    }
}
