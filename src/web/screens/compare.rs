//! Any two versions, environments or checksums of a rule set, compared.

mod environments;
mod rule_view;
mod side;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;

use self::rule_view::{Asked, RuleView};
use self::side::Side;
use super::rulesets::known;
use super::versions::crumbs;
use crate::domain::diff::{self, Difference, SnapshotDiff};
use crate::domain::digest::Digest;
use crate::domain::ids::RuleSetName;
use crate::web::diff_view::Column;
use crate::web::error::WebResult;
use crate::web::page::{self, Link, Page};
use crate::web::user::User;
use crate::web::{Portal, address, format};

/// Rules on one page.
const PAGE: usize = 100;

pub(super) fn routes() -> Router<Portal> {
    Router::new()
        .route("/rulesets/{ruleset}/compare", get(show))
        .route("/rulesets/{ruleset}/environments", get(environments::show))
}

/// What is asked for in the address.
#[derive(Clone, Default, serde::Deserialize)]
struct Comparison {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    view: String,
    /// Only this rule, with more of it.
    #[serde(default)]
    path: String,
    #[serde(default)]
    page: usize,
    /// Changed lines of the one rule that earlier pages showed.
    #[serde(default)]
    skip: usize,
    /// Hidden lines of the one rule to show: old line, new line, how many.
    #[serde(default)]
    gap: String,
}

impl Comparison {
    fn is_sided(&self) -> bool {
        self.view == "side"
    }

    /// The address of the same comparison with other parts.
    fn address(&self, ruleset: &RuleSetName, view: &str, path: &str) -> String {
        let mut address = address::compare(ruleset, &self.from, &self.to);
        if view == "side" {
            address.push_str("&view=side");
        }
        if !path.is_empty() {
            address.push_str("&path=");
            address.push_str(&format::url_encode(path));
        }
        address
    }
}

struct Segment {
    href: String,
    text: &'static str,
    here: bool,
}

struct Choosable {
    value: String,
    text: String,
    selected: bool,
}

#[derive(Template)]
#[template(path = "compare/compare.html")]
struct ComparePage {
    page: Page,
    crumbs: Vec<Link>,
    href: String,
    from_options: Vec<Choosable>,
    to_options: Vec<Choosable>,
    view: String,
    views: Vec<Segment>,
    sides: Option<Sides>,
    rules: Vec<RuleView>,
    columns: Vec<Column>,
    is_sided: bool,
    /// Set when only one rule is shown: the address of all.
    all: String,
    shown: String,
    newer: String,
    older: String,
}

/// The two sides and how they differ as a whole.
struct Sides {
    from: Side,
    to: Side,
    swap: String,
    summary: String,
    is_equal: bool,
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Path(name): Path<String>,
    Query(query): Query<Comparison>,
) -> WebResult {
    let ruleset = known(&user, &name)?;
    let mut page = empty(&portal, &user, &ruleset, &query);
    if query.from.is_empty() || query.to.is_empty() {
        return Ok(page::html(&page));
    }
    let from = side::resolve(&user, &ruleset, &query.from)?;
    let to = side::resolve(&user, &ruleset, &query.to)?;
    let old = portal.app.manifest(&from.checksum).await?;
    let new = portal.app.manifest(&to.checksum).await?;
    let differences = diff::compare(old.rules(), new.rules());
    let wanted = wanted(&differences, &query);
    let asked = Asked::new(&ruleset, &query);
    let digests = |d: &Difference<'_, String>| pair(d, old.rules(), new.rules());
    let changes: Vec<_> = wanted.iter().map(|d| (*d, digests(d))).collect();
    page.rules = rule_view::all(&portal, &user, &asked, &changes).await?;
    page.columns = vec![from.column("line"), to.column("plan")];
    turn_pages(&mut page, &ruleset, &query, differences.differences.len());
    page.sides = Some(Sides {
        summary: summary(&differences),
        is_equal: differences.differences.is_empty(),
        swap: address::compare(&ruleset, &query.to, &query.from),
        from,
        to,
    });
    Ok(page::html(&page))
}

/// The differences of this page, or the one asked for by path.
fn wanted<'d, 'm>(
    diff: &'d SnapshotDiff<'m, String>,
    query: &Comparison,
) -> Vec<&'d Difference<'m, String>> {
    let all = &diff.differences;
    if query.path.is_empty() {
        return all
            .iter()
            .skip(query.page.saturating_mul(PAGE))
            .take(PAGE)
            .collect();
    }
    all.iter()
        .filter(|difference| *difference.path() == query.path)
        .collect()
}

/// The digests of both sides of a difference.
fn pair(
    difference: &Difference<'_, String>,
    old: &std::collections::BTreeMap<String, Digest>,
    new: &std::collections::BTreeMap<String, Digest>,
) -> (Option<Digest>, Option<Digest>) {
    match difference {
        Difference::Added { path } => (None, new.get(*path).copied()),
        Difference::Removed { path } => (old.get(*path).copied(), None),
        Difference::Changed { path } => (old.get(*path).copied(), new.get(*path).copied()),
        Difference::Renamed { from, to } => (old.get(*from).copied(), new.get(*to).copied()),
    }
}

fn summary(diff: &SnapshotDiff<'_, String>) -> String {
    let count =
        |is: fn(&Difference<'_, String>) -> bool| diff.differences.iter().filter(|d| is(d)).count();
    let parts = [
        (
            count(|d| matches!(d, Difference::Changed { .. })),
            "changed",
        ),
        (count(|d| matches!(d, Difference::Added { .. })), "added"),
        (
            count(|d| matches!(d, Difference::Removed { .. })),
            "removed",
        ),
        (
            count(|d| matches!(d, Difference::Renamed { .. })),
            "renamed",
        ),
    ];
    let mut words: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", format::thousands(*count)))
        .collect();
    words.push(format!("{} equal", format::thousands(diff.unchanged)));
    let differing = diff.differences.len();
    let verb = if differing == 1 {
        "rule differs"
    } else {
        "rules differ"
    };
    format!(
        "{} {verb}: {}",
        format::thousands(differing),
        words.join(", ")
    )
}

fn turn_pages(page: &mut ComparePage, ruleset: &RuleSetName, query: &Comparison, total: usize) {
    let base = query.address(ruleset, &query.view, "");
    if !query.path.is_empty() {
        page.all = base;
        return;
    }
    let first = query.page.saturating_mul(PAGE).min(total);
    let last = (first + PAGE).min(total);
    if total > PAGE {
        page.shown = format!(
            "rules {} to {last} of {}",
            first + 1,
            format::thousands(total)
        );
    }
    if query.page > 0 {
        page.newer = format!("{base}&page={}", query.page - 1);
    }
    if last < total {
        page.older = format!("{base}&page={}", query.page + 1);
    }
}

/// The page with its form and nothing compared yet.
fn empty(portal: &Portal, user: &User, ruleset: &RuleSetName, query: &Comparison) -> ComparePage {
    let segment = |view: &str, text| Segment {
        href: query.address(ruleset, view, &query.path),
        text,
        here: query.is_sided() == (view == "side"),
    };
    ComparePage {
        page: Page::new(portal, user, "rulesets", format!("Compare {ruleset}")),
        crumbs: crumbs(ruleset, None),
        href: format!("{}/compare", address::ruleset(ruleset)),
        from_options: side::options(user, ruleset, &query.from),
        to_options: side::options(user, ruleset, &query.to),
        view: query.view.clone(),
        views: vec![
            segment("unified", "Unified"),
            segment("side", "Side by side"),
        ],
        sides: None,
        rules: Vec::new(),
        columns: Vec::new(),
        is_sided: query.is_sided(),
        all: String::new(),
        shown: String::new(),
        newer: String::new(),
        older: String::new(),
    }
}
