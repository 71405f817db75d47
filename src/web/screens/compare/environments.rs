//! All environments side by side: the rules that are not the same everywhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};

use crate::web::error::WebResult;
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::paging::{PageOfList, PageQuery, one_page};
use crate::web::screens::rulesets::known;
use crate::web::screens::versions::crumbs;
use crate::web::user::User;
use crate::web::{Portal, address, filters};
use rulegate_domain::state::Pin;
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
    ruleset: &'s RuleSetName,
    differing: usize,
    equal: usize,
    columns: &'s [Held<'s>],
    rows: Vec<Row<'s>>,
    paged: PageOfList,
}

struct Row<'s> {
    path: &'s str,
    cells: Vec<Cell<'s>>,
}

/// What one environment holds of a rule: equal letters are equal bytes.
struct Cell<'s> {
    environment: &'s Environment,
    letter: &'static str,
    digest: Option<Digest>,
    /// An open hotfix there touches the rule.
    is_hotfix: bool,
    /// The environment that the others are held against, if this one differs from it.
    differs_from: Option<&'s Environment>,
}

/// One environment that runs something, with its manifest.
struct Held<'s> {
    environment: Environment,
    pin: &'s Pin,
    manifest: Arc<Manifest>,
    hotfixed: BTreeSet<String>,
}

/// Names of texts in a row start with what production at the live site runs: that is letter A.
fn reference<'h>(held: &'h [Held<'h>], user: &User) -> Option<&'h Held<'h>> {
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
            pin,
        });
    }
    let (differing, equal) = differing(&held);
    let href = format!("{}/environments", address::ruleset(&ruleset));
    let paged = one_page(&differing, PAGE, &paging, |path, key| {
        path.as_str().cmp(key)
    })
    .linked(&differing, &href, "", |path| (*path).clone());
    let reference = reference(&held, &user);
    let listed = differing[paged.range.clone()].iter();
    Ok(page::html(&EnvironmentsPage {
        page: Page::new(&portal, &user, "rulesets", "Compare environments"),
        crumbs: crumbs(&ruleset, None),
        ruleset: &ruleset,
        differing: differing.len(),
        equal,
        columns: &held,
        rows: listed
            .filter_map(|path| Some(row(&held, reference?, path)))
            .collect(),
        paged,
    }))
}

/// Paths that an open hotfix of the environment touches.
fn hotfixed(user: &User, ruleset: &RuleSetName, environment: &Environment) -> BTreeSet<String> {
    let open = user.snapshot.state.open_hotfixes(ruleset, environment);
    open.iter()
        .flat_map(|hotfix| hotfix.changes.iter().map(|change| change.path.clone()))
        .collect()
}

/// Paths whose bytes are not the same in every environment, and how many are.
fn differing<'h>(held: &'h [Held<'_>]) -> (Vec<&'h String>, usize) {
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

fn row<'h>(held: &'h [Held<'h>], reference: &'h Held<'h>, path: &'h str) -> Row<'h> {
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
        Cell {
            environment: &here.environment,
            letter,
            digest,
            is_hotfix: here.hotfixed.contains(path),
            differs_from: (digest != expected).then_some(&reference.environment),
        }
    });
    Row {
        cells: cells.collect(),
        path,
    }
}
