//! Any two versions, environments or checksums of a rule set compared: the rules that differ.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answer::{Page, page, read};
use super::caller::Caller;
use super::problem::{ApiResult, Problem, refuse};
use super::request::{Path, Query};
use rulegate_compare::diff::{self, Difference};
use rulegate_domain::named::{Named, NotNamed};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

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
    /// Where the page begins: after this path; what the page before gave as `next`.
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
    /// The rule; of a renamed rule where it is now.
    pub path: String,
    /// `changed`, `added`, `removed` or `renamed`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// Where it was before it was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// Its digest before; null if the rule is new.
    #[schema(value_type = Option<String>)]
    pub from: Option<Digest>,
    /// Its digest after; null if the rule is gone.
    #[schema(value_type = Option<String>)]
    pub to: Option<Digest>,
}

/// The rules in which two snapshots of a rule set differ, by path.
#[utoipa::path(get, path = "/api/v1/rulesets/{ruleset}/comparisons", tag = "rule sets",
    params(("ruleset" = String, Path, description = "The rule set."), ComparisonParams),
    responses((status = 200, description = "A page of rules.", body = ComparisonView)))]
pub async fn comparison(
    caller: Caller,
    Path(ruleset): Path<RuleSetName>,
    Query(params): Query<ComparisonParams>,
) -> ApiResult {
    caller.require_ruleset(&ruleset)?;
    let from = named(&caller, &ruleset, &params.from)?;
    let to = named(&caller, &ruleset, &params.to)?;
    let old = caller.api.app.manifest(&from.checksum).await?;
    let new = caller.api.app.manifest(&to.checksum).await?;
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
    // By path and not by place: what differs may change between two pages of an environment.
    let rules = page(
        found.differences.iter().skip_while(|difference| {
            let path = difference.path().as_str();
            params.after.as_deref().is_some_and(|after| path <= after)
        }),
        |difference| difference.path().clone(),
        |_| true,
        (None, params.limit),
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
pub fn named(caller: &Caller, ruleset: &RuleSetName, text: &str) -> Result<Named, Problem> {
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

/// Rules by path, as a manifest holds them.
type Rules = BTreeMap<String, Digest>;

impl DifferenceView {
    /// The view of a difference between these rules.
    pub fn of(difference: &Difference<'_, String>, old: &Rules, new: &Rules) -> DifferenceView {
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
