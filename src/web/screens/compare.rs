//! Any two versions, environments or checksums of a rule set, compared.

mod draw;
mod drawings;
mod environments;
mod gaps;
mod params;
mod rule_view;
mod side;

use askama::Template;
use axum::extract::{Path, Query, State};

pub use self::drawings::Drawings;
use self::params::Params;
use self::rule_view::RuleView;
use self::side::Side;
use super::rulesets::known;
use super::versions::crumbs;
use crate::web::choice::Choice;
use crate::web::diff_view::Column;
use crate::web::error::WebResult;
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::paging::{PageOfList, PageQuery, one_page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_compare::diff::{self, Difference, SnapshotDiff};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::RuleSetName;

/// Rules on one page.
const PAGE: usize = 100;

/// Digests of both sides; none of a side that does not have the rule.
type Pair = (Option<Digest>, Option<Digest>);

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/rulesets/{ruleset}/compare", show)
        .page("/rulesets/{ruleset}/environments", environments::show)
}

/// What is asked for in the address.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
struct Comparison {
    from: String,
    to: String,
    view: String,
    /// Only this rule, with more of it.
    path: String,
    /// Only rules that were changed, added, removed or renamed.
    kind: String,
    /// Changed lines of the one rule that earlier pages showed.
    skip: usize,
    /// Hidden lines of the one rule to show: old line, new line, how many.
    gap: String,
}

impl Comparison {
    fn is_sided(&self) -> bool {
        self.view == "side"
    }

    /// What differs by value is unfolded, of texts with structure.
    fn is_by_value(&self) -> bool {
        self.view == "values"
    }

    /// The address of the same comparison with other parts.
    fn address(&self, ruleset: &RuleSetName, view: &str, path: &str) -> String {
        let mut address = address::compare(ruleset, &self.from, &self.to);
        if let "side" | "values" = view {
            address.push_str("&view=");
            address.push_str(view);
        }
        if Kind::named(&self.kind).is_some() && path.is_empty() {
            address.push_str("&kind=");
            address.push_str(&self.kind);
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

#[derive(Template)]
#[template(path = "compare/compare.html")]
struct ComparePage {
    page: Page,
    crumbs: Vec<Link>,
    ruleset: RuleSetName,
    query: Comparison,
    from: Vec<Choice>,
    to: Vec<Choice>,
    views: Vec<Segment>,
    /// The rules by what became of them; empty when only one kind differs.
    kinds: Vec<Link>,
    sides: Option<Sides>,
    rules: Vec<RuleView>,
    columns: Vec<Column>,
    paged: PageOfList,
}

/// The two sides and how they differ as a whole.
struct Sides {
    from: Side,
    to: Side,
    summary: String,
    is_equal: bool,
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Path(name): Path<String>,
    Query(query): Query<Comparison>,
    Query(paging): Query<PageQuery>,
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
    let listed: Vec<_> = differences
        .differences
        .iter()
        .filter(|difference| query.lists(difference))
        .collect();
    let paging = match query.path.is_empty() {
        true => paging,
        false => PageQuery::default(),
    };
    let paged = one_page(&listed, PAGE, &paging, |difference, path| {
        difference.path().as_str().cmp(path)
    });
    let wanted = &listed[paged.range.clone()];
    let sides = (from.checksum, to.checksum);
    let state = &user.snapshot.state;
    let verdicts = portal.app.verdicts_between(state, &ruleset, sides).await?;
    let asked = Params::new(state, &ruleset, &query, verdicts);
    let digests = |d: &Difference<'_, String>| pair(d, old.rules(), new.rules());
    let changes: Vec<_> = wanted.iter().map(|d| (*d, digests(d))).collect();
    page.rules = rule_view::all(&portal, &asked, &changes).await?;
    page.columns = vec![from.column("line"), to.column("plan")];
    page.kinds = kinds(&ruleset, &query, &differences);
    let base = query.address(&ruleset, &query.view, "");
    if query.path.is_empty() {
        page.paged = paged.linked(&listed, &base, "", |d| d.path().clone());
    }
    page.sides = Some(Sides {
        summary: summary(&differences),
        is_equal: differences.differences.is_empty(),
        from,
        to,
    });
    Ok(page::html(&page))
}

/// The digests of both sides of a difference.
fn pair(
    difference: &Difference<'_, String>,
    old: &std::collections::BTreeMap<String, Digest>,
    new: &std::collections::BTreeMap<String, Digest>,
) -> Pair {
    match difference {
        Difference::Added { path } => (None, new.get(*path).copied()),
        Difference::Removed { path } => (old.get(*path).copied(), None),
        Difference::Changed { path } => (old.get(*path).copied(), new.get(*path).copied()),
        Difference::Renamed { from, to } => (old.get(*from).copied(), new.get(*to).copied()),
    }
}

/// What became of a rule.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Changed,
    Added,
    Removed,
    Renamed,
}

impl Kind {
    const ALL: [(Kind, &'static str); 4] = [
        (Kind::Changed, "changed"),
        (Kind::Added, "added"),
        (Kind::Removed, "removed"),
        (Kind::Renamed, "renamed"),
    ];

    fn of(difference: &Difference<'_, String>) -> Kind {
        match difference {
            Difference::Changed { .. } => Kind::Changed,
            Difference::Added { .. } => Kind::Added,
            Difference::Removed { .. } => Kind::Removed,
            Difference::Renamed { .. } => Kind::Renamed,
        }
    }

    fn named(name: &str) -> Option<Kind> {
        Kind::ALL
            .iter()
            .find(|(_, words)| *words == name)
            .map(|(kind, _)| *kind)
    }
}

impl Comparison {
    /// True of the differences that were asked for: those of a kind, or the one of a path.
    fn lists(&self, difference: &Difference<'_, String>) -> bool {
        if !self.path.is_empty() {
            return *difference.path() == self.path;
        }
        Kind::named(&self.kind).is_none_or(|kind| Kind::of(difference) == kind)
    }
}

/// How many rules differ in each way, without the ways in which none does.
fn counts(diff: &SnapshotDiff<'_, String>) -> Vec<(&'static str, usize)> {
    let of = |kind| {
        diff.differences
            .iter()
            .filter(|d| Kind::of(d) == kind)
            .count()
    };
    let all = Kind::ALL.iter().map(|(kind, words)| (*words, of(*kind)));
    all.filter(|(_, count)| *count > 0).collect()
}

/// Links to the rules of one kind, and back to all.
fn kinds(ruleset: &RuleSetName, query: &Comparison, diff: &SnapshotDiff<'_, String>) -> Vec<Link> {
    let counts = counts(diff);
    if counts.len() < 2 {
        return Vec::new();
    }
    let link = |kind: &str, text: String| {
        let other = Comparison {
            kind: kind.to_owned(),
            ..query.clone()
        };
        let href = match query.kind == kind {
            true => String::new(),
            false => other.address(ruleset, &query.view, ""),
        };
        Link::new(href, text)
    };
    let mut links = vec![link("", "all".to_owned())];
    links.extend(
        counts
            .iter()
            .map(|(words, count)| link(words, format!("{} {words}", format::thousands(*count)))),
    );
    links
}

fn summary(diff: &SnapshotDiff<'_, String>) -> String {
    let mut words: Vec<String> = counts(diff)
        .iter()
        .map(|(what, count)| format!("{} {what}", format::thousands(*count)))
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

/// The page with its form and nothing compared yet.
fn empty(portal: &Portal, user: &User, ruleset: &RuleSetName, query: &Comparison) -> ComparePage {
    let segment = |view: &str, text| Segment {
        href: query.address(ruleset, view, &query.path),
        text,
        here: match view {
            "unified" => !query.is_sided() && !query.is_by_value(),
            view => query.view == view,
        },
    };
    ComparePage {
        page: Page::new(portal, user, "rulesets", format!("Compare {ruleset}")),
        crumbs: crumbs(ruleset, None),
        ruleset: ruleset.clone(),
        query: query.clone(),
        from: side::options(user, ruleset, &query.from),
        to: side::options(user, ruleset, &query.to),
        views: vec![
            segment("unified", "Unified"),
            segment("side", "Side by side"),
            segment("values", "By value"),
        ],
        kinds: Vec::new(),
        sides: None,
        rules: Vec::new(),
        columns: Vec::new(),
        paged: PageOfList::default(),
    }
}
