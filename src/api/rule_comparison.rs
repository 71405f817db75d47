//! One rule in two snapshots, as the screen compares them: by lines with the marks of hotfixes, and by value.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Api;
use super::answer::read;
use super::caller::Caller;
use super::comparisons::{DifferenceView, named};
use super::problem::{ApiResult, Problem};
use super::request::{Path, Query};
use super::view::PersonView;
use crate::app::AppError;
use crate::app::hotfix_lines::{self, HotfixLines, WrittenLines};
use rulegate_compare::diff::{self, Count, Options, Row, TextDiff, Window, stretches};
use rulegate_compare::structured::{self, Bounds};
use rulegate_domain::state::Hotfix;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

/// Changed lines of an answer at most.
const LINES_MAX: usize = 1_000;

/// Which rule to compare, and which of its changed lines to give.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RuleParams {
    /// A version, an environment such as `ipc2/prod`, or a checksum.
    from: String,
    /// The same.
    to: String,
    /// The rule's path; of a renamed rule the new one.
    path: String,
    /// Changed lines that earlier answers gave.
    #[serde(default)]
    skip: usize,
    /// Changed lines to give: 1 to 1000, 200 if absent.
    take: Option<usize>,
}

/// One rule in two snapshots.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RuleComparisonView {
    #[serde(flatten)]
    difference: DifferenceView,
    /// Lines that only the new text has.
    added: usize,
    /// Lines that only the old text has.
    removed: usize,
    /// Values that differ: `format`, `changes` with `kind`, `place`, `before`, `after`, `old_lines` and
    /// `new_lines`, `counts`, and `form` for what differs in form only; null of a text without structure.
    #[schema(value_type = Option<Object>)]
    values: Option<Value>,
    /// Why there are no `values`: `no_structure`, `old_unreadable`, `new_unreadable` or `too_large`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    values_not_compared: Option<Value>,
    /// Open hotfixes that wrote lines of either text.
    hotfixes: Vec<HotfixMarkView>,
    /// Rows of a unified view: lines in pieces, hidden characters as marks, and gaps with what they hide. A line
    /// that a hotfix has to do with says which and how: `"hotfix": {"version": "4.17.0+ipc2.1", "mark": "lost"}`,
    /// where the mark is `wrote`, `replaced`, `contained` (both texts have it), `lost` (the new text lacks it) or
    /// `changed` (it does, and by the verdict nothing is lost); of other lines `hotfix` is null.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Value>,
    /// Lines before the first row.
    #[schema(value_type = Object)]
    before: Count,
    /// Lines after the last row.
    #[schema(value_type = Object)]
    after: Count,
    /// Parts are shown as replaced whole because the texts are large and unlike.
    coarse: bool,
}

/// An open hotfix that wrote lines of a comparison: whose, when, for which incident.
#[derive(Serialize, utoipa::ToSchema)]
pub struct HotfixMarkView {
    #[schema(value_type = String, example = "4.17.0+ipc2.1")]
    hotfix: VersionName,
    /// Where it was made for.
    #[schema(value_type = String)]
    environment: Environment,
    incident: String,
    author: PersonView,
    #[schema(value_type = String)]
    at: Timestamp,
    /// True if it was found outside and adopted: then nobody knows who wrote it, and `author` adopted it.
    adopted: bool,
    /// Lines of the old text that it wrote, first and last, numbered from 1.
    #[schema(value_type = Vec<Vec<u32>>)]
    old_lines: Vec<(u32, u32)>,
    /// Lines of the new text that it wrote.
    #[schema(value_type = Vec<Vec<u32>>)]
    new_lines: Vec<(u32, u32)>,
    /// Lines of the old text that it took out.
    #[schema(value_type = Vec<Vec<u32>>)]
    replaced_lines: Vec<(u32, u32)>,
}

impl HotfixMarkView {
    fn of(api: &Api, hotfix: &Hotfix) -> HotfixMarkView {
        HotfixMarkView {
            hotfix: hotfix.version.clone(),
            environment: hotfix.environment.clone(),
            incident: hotfix.incident.clone(),
            author: PersonView::of(api, &hotfix.author),
            at: hotfix.at,
            adopted: hotfix.adopts.is_some(),
            old_lines: Vec::new(),
            new_lines: Vec::new(),
            replaced_lines: Vec::new(),
        }
    }
}

/// One rule that differs: by lines, and by value where its format has any.
#[utoipa::path(get, path = "/api/v1/rulesets/{ruleset}/comparisons/rule", tag = "rule sets",
    params(("ruleset" = String, Path, description = "The rule set."), RuleParams),
    responses((status = 200, description = "The rule.", body = RuleComparisonView)))]
pub async fn rule(
    caller: Caller,
    Path(ruleset): Path<RuleSetName>,
    Query(params): Query<RuleParams>,
) -> ApiResult {
    caller.require_ruleset(&ruleset)?;
    let take = params.take.unwrap_or(200);
    if !(1..=LINES_MAX).contains(&take) {
        let sentence = format!("The parameter take is not a number from 1 to {LINES_MAX}.");
        return Err(Problem::bad_request("bad_parameter", sentence));
    }
    let from = named(&caller, &ruleset, &params.from)?;
    let to = named(&caller, &ruleset, &params.to)?;
    let old = caller.api.app.manifest(&from.checksum).await?;
    let new = caller.api.app.manifest(&to.checksum).await?;
    let found = diff::compare(old.rules(), new.rules());
    let difference = found.differences.iter().find(|d| *d.path() == params.path);
    let Some(difference) = difference else {
        return Err(Problem::not_found("rule that differs under", &params.path));
    };
    let difference = DifferenceView::of(difference, old.rules(), new.rules());
    let text = async |digest: Option<Digest>| match digest {
        Some(digest) => Ok(caller.api.app.contents(&[digest]).await?.remove(0)),
        None => Ok::<_, AppError>(bytes::Bytes::new()),
    };
    let texts = (text(difference.from).await?, text(difference.to).await?);
    let state = &caller.snapshot.state;
    let chain = async |path: &str, digest| {
        let open = hotfix_lines::open(state, &ruleset);
        caller.api.app.hotfix_chain(open, path, digest).await
    };
    let before = difference.renamed_from.as_ref();
    let chains = (
        chain(before.unwrap_or(&difference.path), difference.from).await?,
        chain(&difference.path, difference.to).await?,
    );
    let sides = (from.checksum, to.checksum);
    let verdicts = caller
        .api
        .app
        .verdicts_between(state, &ruleset, sides)
        .await?;
    let window = Window {
        skip: params.skip,
        take,
    };
    let work = move || {
        let (chains, texts) = ((&chains.0, &chains.1), (&texts.0[..], &texts.1[..]));
        let path = difference.renamed_from.as_ref().unwrap_or(&difference.path);
        let evidence = verdicts.as_ref().zip(Some(path.as_str()));
        let lines = HotfixLines::of(chains, difference.from, texts, evidence);
        let compared = compared(difference, texts, &lines, window);
        (compared, lines)
    };
    let (mut view, lines) = tokio::task::spawn_blocking(work)
        .await
        .map_err(AppError::broken)?;
    view.hotfixes = marks(&caller.api, &lines);
    Ok(read(&caller, &view))
}

fn compared(
    difference: DifferenceView,
    (old, new): (&[u8], &[u8]),
    lines: &HotfixLines,
    window: Window,
) -> RuleComparisonView {
    let diff = TextDiff::new(old, new);
    let stat = diff.stat();
    let highlight = lines.highlight();
    let page = diff.unified(&Options {
        window,
        highlight: Some(&highlight),
        ..Options::default()
    });
    let json = |value: serde_json::Result<Value>| value.expect("a view is JSON");
    let is_in_both = difference.from.is_some() && difference.to.is_some();
    let (values, why) = match structured::compare(&difference.path, &diff, &Bounds::default()) {
        _ if !is_in_both => (None, None),
        Ok(found) => (Some(json(serde_json::to_value(found))), None),
        Err(why) => (None, Some(json(serde_json::to_value(why)))),
    };
    let rows = page.rows.iter().map(|row| {
        let mut told = json(serde_json::to_value(row));
        if let Row::Line(line) = row {
            told["hotfix"] = match lines.mark(line) {
                Some((mark, hotfix)) => json!({"version": hotfix.version, "mark": mark}),
                None => Value::Null,
            };
        }
        told
    });
    RuleComparisonView {
        rows: rows.collect(),
        difference,
        added: stat.added,
        removed: stat.removed,
        values,
        values_not_compared: why,
        hotfixes: Vec::new(),
        before: page.before,
        after: page.after,
        coarse: page.coarse,
    }
}

/// Who wrote which lines, the hotfixes in the order in which the screen would tell them.
fn marks(api: &Api, lines: &HotfixLines) -> Vec<HotfixMarkView> {
    let mut views: Vec<HotfixMarkView> = Vec::new();
    let sides = [&lines.new, &lines.old];
    for written in sides.into_iter().flatten() {
        let version = &written.hotfix.version;
        if views.iter().all(|view| view.hotfix != *version) {
            views.push(HotfixMarkView::of(api, &written.hotfix));
        }
    }
    let of = |sides: &[WrittenLines], version: &VersionName| {
        let mut own = sides.iter().filter(|w| w.hotfix.version == *version);
        own.next().map_or(Vec::new(), |w| stretches(&w.lines))
    };
    for view in &mut views {
        view.old_lines = of(&lines.old, &view.hotfix);
        view.new_lines = of(&lines.new, &view.hotfix);
    }
    if let (Some(first), false) = (lines.new.first(), lines.replaced.is_empty()) {
        let mut own = views
            .iter_mut()
            .filter(|view| view.hotfix == first.hotfix.version);
        if let Some(view) = own.next() {
            view.replaced_lines = stretches(&lines.replaced);
        }
    }
    views
}
