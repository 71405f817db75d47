//! What the author of a sent-back hotfix gets: the hotfix as a patch, and a draft of a planned version with it
//! merged in where that is clean.

use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;

use super::answer::{file, read};
use super::caller::Caller;
use super::problem::{ApiResult, Problem, refuse};
use super::request::Path;
use crate::app::AppError;
use crate::app::send_back::{SendBack, draft_name, question};
use rulegate_compare::merge::Conflict;
use rulegate_compare::merge_draft::{DraftRule, Outcome};
use rulegate_compare::verdict::Verdict;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::Hotfix;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

const DIFF: &str = "text/x-diff; charset=utf-8";
const NOTICE: &str = "A draft, not a release. Nothing applied it, and nothing will by itself.";

/// A planned version with a hotfix merged in where that is clean. A draft: stored nowhere, applied by nothing.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DraftView {
    /// That it is a draft, in words.
    #[schema(value_type = String)]
    draft: &'static str,
    #[schema(value_type = String)]
    ruleset: RuleSetName,
    #[schema(value_type = String)]
    hotfix: VersionName,
    /// Where the hotfix was made for.
    #[schema(value_type = String)]
    environment: Environment,
    #[schema(value_type = String)]
    planned: VersionName,
    /// The checksum of planned, which the draft's patch applies to.
    #[schema(value_type = String)]
    planned_checksum: Digest,
    /// What became of the hotfix's rules, in words.
    tally: String,
    /// True if nothing is left to be done by hand.
    whole: bool,
    /// The hotfix's rules, by path.
    rules: Vec<DraftRuleView>,
}

/// One rule of the hotfix in the draft.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DraftRuleView {
    path: String,
    /// Where it stands in planned and in the draft, if that is another path.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_to: Option<String>,
    /// `contained`, `merged`, `partly` or `left`.
    #[schema(value_type = String)]
    outcome: &'static str,
    /// The same in words.
    words: String,
    /// What to do by hand, in words.
    by_hand: Vec<String>,
    /// Places where planned changed the same lines another way; the draft keeps planned's.
    conflicts: Vec<ConflictView>,
    /// Its digest in planned; null if planned has no such rule.
    #[schema(value_type = Option<String>)]
    planned: Option<Digest>,
    /// Its digest in the draft; null if the draft has no such rule.
    #[schema(value_type = Option<String>)]
    draft: Option<Digest>,
    /// What the verdict says of the draft: whatever is not `included` needs a closer look.
    #[schema(value_type = Option<String>, example = "included")]
    verdict: Option<Verdict>,
}

/// One place where the hotfix and planned changed the same lines. First and last line, from 1; null where that
/// text has no line there.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ConflictView {
    /// In what the hotfix was made on.
    #[schema(value_type = Option<Vec<u32>>)]
    base: Option<(u32, u32)>,
    #[schema(value_type = Option<Vec<u32>>)]
    hotfix: Option<(u32, u32)>,
    #[schema(value_type = Option<Vec<u32>>)]
    planned: Option<(u32, u32)>,
}

/// What a hotfix did, as a patch: `git apply` takes it on what the hotfix was made on.
#[utoipa::path(get, path = "/api/v1/hotfixes/{ruleset}/{version}/patch", operation_id = "hotfix_patch", tag = "hotfixes",
    params(("ruleset" = String, Path, description = "The rule set."),
        ("version" = String, Path, description = "The hotfix, e.g. `4.17.0+ipc2.1`.")),
    responses((status = 200, description = "The patch.", body = String, content_type = "text/x-diff")))]
pub async fn patch(
    caller: Caller,
    Path((ruleset, version)): Path<(RuleSetName, VersionName)>,
) -> ApiResult {
    let hotfix = known(&caller, &ruleset, &version)?;
    let patch = caller.api.app.hotfix_patch(&hotfix).await?;
    let name = format!("{ruleset}-{version}.patch");
    Ok(file(&caller, DIFF, &name, patch))
}

/// A draft of a planned version with a hotfix merged in where that is clean: what became of each rule.
#[utoipa::path(get, path = "/api/v1/hotfixes/{ruleset}/{version}/drafts/{planned}", operation_id = "hotfix_draft", tag = "hotfixes",
    params(("ruleset" = String, Path, description = "The rule set."),
        ("version" = String, Path, description = "The hotfix."),
        ("planned" = String, Path, description = "The planned version, e.g. `4.18.0`.")),
    responses((status = 200, description = "The draft.", body = DraftView)))]
pub async fn draft(caller: Caller, Path(names): Path<Names>) -> ApiResult {
    let made = Made::of(&caller, names).await?;
    Ok(read(&caller, &made.view()))
}

/// The draft as a patch: `git apply` takes it on the planned version. Empty if nothing could be put in.
#[utoipa::path(get, path = "/api/v1/hotfixes/{ruleset}/{version}/drafts/{planned}/patch", operation_id = "hotfix_draft_patch", tag = "hotfixes",
    params(("ruleset" = String, Path, description = "The rule set."),
        ("version" = String, Path, description = "The hotfix."),
        ("planned" = String, Path, description = "The planned version.")),
    responses((status = 200, description = "The patch.", body = String, content_type = "text/x-diff")))]
pub async fn draft_patch(caller: Caller, Path(names): Path<Names>) -> ApiResult {
    let made = Made::of(&caller, names).await?;
    Ok(made.file(&caller, DIFF, "patch", made.sent.draft_patch.clone()))
}

/// The draft as a tar: every rule of it, both patches and a text to read first, in a folder that says that it is a
/// draft, so that it cannot be delivered by mistake.
#[utoipa::path(get, path = "/api/v1/hotfixes/{ruleset}/{version}/drafts/{planned}/archive", operation_id = "hotfix_draft_archive", tag = "hotfixes",
    params(("ruleset" = String, Path, description = "The rule set."),
        ("version" = String, Path, description = "The hotfix."),
        ("planned" = String, Path, description = "The planned version.")),
    responses((status = 200, description = "The tar.", body = Vec<u8>, content_type = "application/x-tar")))]
pub async fn draft_archive(caller: Caller, Path(names): Path<Names>) -> ApiResult {
    let made = Made::of(&caller, names).await?;
    let pack = move || {
        let told = made.sent.read_me(&made.hotfix, &made.planned);
        made.sent.archive(&told).map(|archive| (made, archive))
    };
    let (made, archive) = tokio::task::spawn_blocking(pack)
        .await
        .map_err(AppError::broken)??;
    Ok(made.file(&caller, "application/x-tar", "tar", archive))
}

/// Rule set, hotfix and planned version.
type Names = (RuleSetName, VersionName, VersionName);

fn known(
    caller: &Caller,
    ruleset: &RuleSetName,
    version: &VersionName,
) -> Result<Arc<Hotfix>, Problem> {
    caller.require_ruleset(ruleset)?;
    let found = caller.snapshot.state.hotfix(ruleset, version);
    found.cloned().ok_or_else(|| {
        refuse(Refusal::UnknownHotfix {
            hotfix: version.clone(),
        })
    })
}

/// What was asked for, with what came of it.
struct Made {
    hotfix: Arc<Hotfix>,
    planned: VersionName,
    sent: SendBack,
}

impl Made {
    async fn of(caller: &Caller, (ruleset, version, planned): Names) -> Result<Made, Problem> {
        let hotfix = known(caller, &ruleset, &version)?;
        let state = &caller.snapshot.state;
        let Some(facts) = state.version(&ruleset, &planned) else {
            return Err(refuse(Refusal::UnknownVersion {
                ruleset,
                version: planned,
            }));
        };
        let question = question(state, &hotfix, facts.checksum);
        Ok(Made {
            sent: caller.api.app.send_back(&question).await?,
            hotfix,
            planned,
        })
    }

    fn file(&self, caller: &Caller, kind: &'static str, ending: &str, bytes: Bytes) -> Response {
        file(
            caller,
            kind,
            &draft_name(&self.hotfix, &self.planned, ending),
            bytes,
        )
    }

    fn view(&self) -> DraftView {
        let (hotfix, sent) = (&self.hotfix, &self.sent);
        DraftView {
            draft: NOTICE,
            ruleset: hotfix.ruleset.clone(),
            hotfix: hotfix.version.clone(),
            environment: hotfix.environment.clone(),
            planned: self.planned.clone(),
            planned_checksum: sent.question.candidate,
            tally: sent.tally(),
            whole: sent.is_whole(),
            rules: sent.rules.iter().map(|rule| self.rule(rule)).collect(),
        }
    }

    fn rule(&self, rule: &DraftRule) -> DraftRuleView {
        let told = self.sent.describe_rule(rule);
        let digest = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(Digest::of);
        DraftRuleView {
            path: rule.path.clone(),
            moved_to: rule.moved_to.clone(),
            outcome: match rule.outcome {
                Outcome::Contained => "contained",
                Outcome::Merged { .. } => "merged",
                Outcome::Partly { .. } => "partly",
                Outcome::Left => "left",
            },
            words: told.words,
            by_hand: told.left,
            conflicts: rule.conflicts.iter().map(ConflictView::of).collect(),
            planned: digest(&rule.planned),
            draft: digest(&rule.draft),
            verdict: self.sent.verdicts.get(&rule.path).copied(),
        }
    }
}

impl ConflictView {
    fn of(conflict: &Conflict) -> ConflictView {
        let lines = |range: &std::ops::Range<u32>| {
            (!range.is_empty()).then_some((range.start + 1, range.end))
        };
        ConflictView {
            base: lines(&conflict.base),
            hotfix: lines(&conflict.hotfix),
            planned: lines(&conflict.planned),
        }
    }
}
