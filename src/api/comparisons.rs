//! Any two versions, environments or checksums of a rule set compared, as the screen compares them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Api;
use super::answer::{Page, page, read};
use super::caller::Caller;
use super::problem::{ApiResult, Problem, refuse};
use super::request::{Asked, At};
use crate::app::AppError;
use crate::domain::diff::{self, Count, Difference, Options, TextDiff, Window};
use crate::domain::digest::Digest;
use crate::domain::environment::Environment;
use crate::domain::ids::RuleSetName;
use crate::domain::named::{Named, NotNamed};
use crate::domain::structured::{self, Bounds};
use crate::domain::version::VersionName;

/// Changed lines of an answer at most.
const LINES_MAX: usize = 1_000;

/// What to compare.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ComparisonParams {
    /// A version, an environment such as `ipc2/prod`, or a checksum.
    from: String,
    /// The same.
    to: String,
    /// Items a page has: 1 to 500, 50 if absent.
    limit: Option<u32>,
    /// Where the page begins: what the page before gave as `next`.
    after: Option<String>,
}

/// Two snapshots and the rules in which they differ.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ComparisonView {
    from: SideView,
    to: SideView,
    /// Rules by what became of them, over all pages.
    counts: CountsView,
    #[serde(flatten)]
    rules: Page<DifferenceView>,
}

/// One side of a comparison.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SideView {
    #[schema(value_type = String)]
    checksum: Digest,
    /// Absent of what was only observed.
    #[schema(value_type = Option<String>)]
    version: Option<VersionName>,
    #[schema(value_type = Option<String>)]
    environment: Option<Environment>,
}

/// Rules by what became of them.
#[derive(Default, Serialize, utoipa::ToSchema)]
pub struct CountsView {
    changed: usize,
    added: usize,
    removed: usize,
    renamed: usize,
    equal: usize,
}

/// A rule that differs.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DifferenceView {
    path: String,
    /// `changed`, `added`, `removed` or `renamed`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// Where it was before it was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    renamed_from: Option<String>,
    /// Its digest before; null if the rule is new.
    #[schema(value_type = Option<String>)]
    from: Option<Digest>,
    /// Its digest after; null if the rule is gone.
    #[schema(value_type = Option<String>)]
    to: Option<Digest>,
}

/// The rules in which two snapshots of a rule set differ, by path.
#[utoipa::path(get, path = "/api/v1/rulesets/{ruleset}/comparisons", tag = "rule sets",
    params(("ruleset" = String, Path, description = "The rule set."), ComparisonParams),
    responses((status = 200, description = "A page of rules.", body = ComparisonView)))]
pub async fn comparison(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(ruleset): At<RuleSetName>,
    Asked(params): Asked<ComparisonParams>,
) -> ApiResult {
    caller.require_ruleset(&ruleset)?;
    let from = named(&caller, &ruleset, &params.from)?;
    let to = named(&caller, &ruleset, &params.to)?;
    let old = api.app.manifest(&from.checksum).await?;
    let new = api.app.manifest(&to.checksum).await?;
    let found = diff::compare(old.rules(), new.rules());
    let mut counts = CountsView {
        equal: found.unchanged,
        ..CountsView::default()
    };
    for difference in &found.differences {
        *match difference {
            Difference::Changed { .. } => &mut counts.changed,
            Difference::Added { .. } => &mut counts.added,
            Difference::Removed { .. } => &mut counts.removed,
            Difference::Renamed { .. } => &mut counts.renamed,
        } += 1;
    }
    let rules = page(
        found.differences.iter(),
        |difference| difference.path().clone(),
        |_| true,
        (params.after.as_deref(), params.limit),
    )?;
    let view = ComparisonView {
        from: SideView::of(from),
        to: SideView::of(to),
        counts,
        rules: rules.map(|difference| DifferenceView::of(difference, old.rules(), new.rules())),
    };
    Ok(read(&caller, &view))
}

/// Finds what a parameter names.
fn named(caller: &Caller, ruleset: &RuleSetName, text: &str) -> Result<Named, Problem> {
    let found = caller.snapshot.state.named(ruleset, text);
    found.map_err(|error| match error {
        NotNamed::Unfit(error) => Problem::unfit("bad_name", format!("{error}.")),
        NotNamed::Refused(refusal) => refuse(refusal),
        NotNamed::NoSnapshot(checksum) => {
            Problem::not_found("snapshot of this rule set with checksum", checksum)
        }
    })
}

impl SideView {
    fn of(named: Named) -> SideView {
        SideView {
            checksum: named.checksum,
            version: named.version,
            environment: named.environment,
        }
    }
}

type Rules = BTreeMap<String, Digest>;

impl DifferenceView {
    fn of(difference: &Difference<'_, String>, old: &Rules, new: &Rules) -> DifferenceView {
        let path = difference.path().as_str();
        let (kind, before) = match difference {
            Difference::Changed { .. } => ("changed", path),
            Difference::Added { .. } => ("added", path),
            Difference::Removed { .. } => ("removed", path),
            Difference::Renamed { from, .. } => ("renamed", from.as_str()),
        };
        DifferenceView {
            path: path.to_owned(),
            kind,
            renamed_from: (before != path).then(|| before.to_owned()),
            from: old.get(before).copied(),
            to: new.get(path).copied(),
        }
    }
}

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
    /// Rows of a unified view: lines in pieces, hidden characters as marks, and gaps with what they hide.
    #[schema(value_type = Vec<Object>)]
    rows: Value,
    /// Lines before the first row.
    #[schema(value_type = Object)]
    before: Count,
    /// Lines after the last row.
    #[schema(value_type = Object)]
    after: Count,
    /// Parts are shown as replaced whole because the texts are large and unlike.
    coarse: bool,
}

/// One rule that differs: by lines, and by value where its format has any.
#[utoipa::path(get, path = "/api/v1/rulesets/{ruleset}/comparisons/rule", tag = "rule sets",
    params(("ruleset" = String, Path, description = "The rule set."), RuleParams),
    responses((status = 200, description = "The rule.", body = RuleComparisonView)))]
pub async fn rule(
    State(api): State<Arc<Api>>,
    caller: Caller,
    At(ruleset): At<RuleSetName>,
    Asked(params): Asked<RuleParams>,
) -> ApiResult {
    caller.require_ruleset(&ruleset)?;
    let take = params.take.unwrap_or(200);
    if !(1..=LINES_MAX).contains(&take) {
        let sentence = format!("The parameter take is not a number from 1 to {LINES_MAX}.");
        return Err(Problem::bad_request("bad_parameter", sentence));
    }
    let from = named(&caller, &ruleset, &params.from)?;
    let to = named(&caller, &ruleset, &params.to)?;
    let old = api.app.manifest(&from.checksum).await?;
    let new = api.app.manifest(&to.checksum).await?;
    let found = diff::compare(old.rules(), new.rules());
    let difference = found.differences.iter().find(|d| *d.path() == params.path);
    let Some(difference) = difference else {
        return Err(Problem::not_found("rule that differs under", &params.path));
    };
    let difference = DifferenceView::of(difference, old.rules(), new.rules());
    let text = async |digest: Option<Digest>| match digest {
        Some(digest) => Ok(api.app.contents(&[digest]).await?.remove(0)),
        None => Ok::<_, AppError>(bytes::Bytes::new()),
    };
    let (old, new) = (text(difference.from).await?, text(difference.to).await?);
    let window = Window {
        skip: params.skip,
        take,
    };
    let work = move || compared(difference, &old, &new, window);
    let view = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| AppError::Broken(error.to_string()))?;
    Ok(read(&caller, &view))
}

fn compared(
    difference: DifferenceView,
    old: &[u8],
    new: &[u8],
    window: Window,
) -> RuleComparisonView {
    let diff = TextDiff::new(old, new);
    let stat = diff.stat();
    let page = diff.unified(&Options {
        window,
        ..Options::default()
    });
    let json = |value: serde_json::Result<Value>| value.expect("a view is JSON");
    let is_in_both = difference.from.is_some() && difference.to.is_some();
    let (values, why) = match structured::compare(&difference.path, &diff, &Bounds::default()) {
        _ if !is_in_both => (None, None),
        Ok(found) => (Some(json(serde_json::to_value(found))), None),
        Err(why) => (None, Some(json(serde_json::to_value(why)))),
    };
    RuleComparisonView {
        difference,
        added: stat.added,
        removed: stat.removed,
        values,
        values_not_compared: why,
        rows: json(serde_json::to_value(page.rows)),
        before: page.before,
        after: page.after,
        coarse: page.coarse,
    }
}
