//! What the author of a hotfix gets when it is sent back: the hotfix as a patch, and a draft of planned with the
//! hotfix merged in where that is clean. Made when somebody asks for it, stored nowhere.

mod summary;

pub use summary::{RuleSummary, draft_name};

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::intake::Intake;
use super::{App, AppError};
use rulegate_compare::ThreeWay;
use rulegate_compare::diff::{RuleChange, patch};
use rulegate_compare::merge_draft::{DraftRule, Sources, draft_rule};
use rulegate_compare::verdict::{RuleVerdict, Verdict};
use rulegate_domain::judgement::{Evidence, Question};
use rulegate_domain::state::{Hotfix, State};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::manifest::Change;

/// Unchanged lines around a change in a patch: what git writes.
const PATCH_CONTEXT: u32 = 3;

/// A hotfix with what was made of it and one planned version.
#[derive(Debug, Clone)]
pub struct SendBack {
    /// The question that it answers.
    pub question: Question,
    /// The hotfix's rules by path, with what became of each.
    pub rules: Vec<DraftRule>,
    /// What the verdict says of the draft, by the hotfix's paths: whatever is not *included* needs a closer look.
    pub verdicts: BTreeMap<String, Verdict>,
    /// What the hotfix did: applies to its baseline.
    pub patch: Bytes,
    /// From planned to the draft: applies to planned. Empty if nothing was put in.
    pub draft_patch: Bytes,
    /// Every rule of the draft by path.
    pub draft: BTreeMap<String, Bytes>,
}

/// What is asked of a hotfix and a planned version, whether the hotfix is open or not.
pub fn question(state: &State, hotfix: &Hotfix, candidate: Digest) -> Question {
    state
        .questions(&hotfix.ruleset, &hotfix.environment, candidate)
        .into_iter()
        .find(|question| question.hotfix == hotfix.version)
        .unwrap_or_else(|| Question {
            environment: hotfix.environment.clone(),
            hotfix: hotfix.version.clone(),
            on_top_of: hotfix.on_top_of_checksum,
            changes: hotfix.changes.clone(),
            candidate,
        })
}

impl App {
    /// What the hotfix did, as a patch that `git apply` accepts on what it was made on.
    pub async fn hotfix_patch(&self, hotfix: &Hotfix) -> Result<Bytes, AppError> {
        let sides = self.sides(&hotfix.changes).await?;
        Ok(patch_of(&sides))
    }

    /// Merges a hotfix into a planned version where that is clean.
    ///
    /// Errors: [`AppError::NotFound`] if bytes are missing here.
    pub async fn send_back(&self, question: &Question) -> Result<SendBack, AppError> {
        let evidence = self.judge(std::slice::from_ref(question)).await?.remove(0);
        let sides = self.sides(&question.changes).await?;
        let planned = self.rules(&question.candidate).await?.texts;
        let work = move || merged(evidence, &sides, planned);
        let mut made = tokio::task::spawn_blocking(work)
            .await
            .map_err(AppError::broken)?;
        made.verdicts = self.verdicts_on(&made).await?;
        Ok(made)
    }

    /// Asks the verdict about the draft: lines that merge cleanly need not mean what the hotfix meant. Empty for a
    /// draft that is no rule set, such as one with two paths that differ in case only.
    async fn verdicts_on(&self, made: &SendBack) -> Result<BTreeMap<String, Verdict>, AppError> {
        let Ok(draft) = Intake::of(made.draft.clone()) else {
            return Ok(BTreeMap::new());
        };
        let question = Question {
            candidate: draft.manifest.checksum(),
            ..made.question.clone()
        };
        let evidence = self.judge_candidate(&[question], &draft).await?.remove(0);
        let verdicts = made.rules.iter().map(|rule| {
            let verdict = evidence.verdict(&rule.path);
            (rule.path.clone(), verdict)
        });
        Ok(verdicts.collect())
    }

    /// Both texts of each change, by path.
    async fn sides(&self, changes: &[Change]) -> Result<BTreeMap<String, Sides>, AppError> {
        let wanted: BTreeSet<Digest> = changes
            .iter()
            .flat_map(|change| [change.from, change.to])
            .flatten()
            .collect();
        let wanted: Vec<Digest> = wanted.into_iter().collect();
        let found = self.contents(&wanted).await?;
        let texts: BTreeMap<Digest, Bytes> = wanted.into_iter().zip(found).collect();
        let text = |digest: Option<Digest>| digest.and_then(|digest| texts.get(&digest).cloned());
        let sides = changes.iter().map(|change| {
            let sides = Sides {
                before: text(change.from),
                after: text(change.to),
            };
            (change.path.clone(), sides)
        });
        Ok(sides.collect())
    }
}

/// A rule before and after.
struct Sides {
    before: Option<Bytes>,
    after: Option<Bytes>,
}

fn patch_of(sides: &BTreeMap<String, Sides>) -> Bytes {
    let changes = sides.iter().map(|(path, sides)| RuleChange {
        path,
        from: None,
        old: sides.before.as_deref(),
        new: sides.after.as_deref(),
    });
    patch(changes, PATCH_CONTEXT).into()
}

fn merged(
    evidence: Evidence,
    sides: &BTreeMap<String, Sides>,
    planned: BTreeMap<String, Bytes>,
) -> SendBack {
    let mut rules: Vec<DraftRule> = Vec::with_capacity(sides.len());
    for (path, sides) in sides {
        let verdict = evidence.rules.iter().find(|rule| rule.path == *path);
        let place = place(path, verdict, &planned);
        rules.push(draft_rule(&Sources {
            path,
            place,
            texts: ThreeWay {
                base: sides.before.as_deref(),
                hotfix: sides.after.as_deref(),
                planned: place
                    .and_then(|place| planned.get(place))
                    .map(|bytes| &bytes[..]),
            },
            is_contained: evidence.verdict(path).is_contained(),
            units: verdict.map_or(&[][..], |verdict| &verdict.units),
        }));
    }
    let mut draft = planned;
    for rule in &rules {
        match &rule.draft {
            Some(bytes) => draft.insert(rule.at().to_owned(), bytes.clone().into()),
            None => draft.remove(rule.at()),
        };
    }
    let changed = rules.iter().filter(|rule| rule.draft != rule.planned);
    let draft_patch = patch(
        changed.map(|rule| RuleChange {
            path: rule.at(),
            from: None,
            old: rule.planned.as_deref(),
            new: rule.draft.as_deref(),
        }),
        PATCH_CONTEXT,
    );
    SendBack {
        verdicts: BTreeMap::new(),
        rules,
        patch: patch_of(sides),
        draft_patch: draft_patch.into(),
        draft,
        question: evidence.question,
    }
}

/// Where planned has the content of a rule: under its own path, else where the verdict found it; none if that is in
/// several places.
fn place<'a>(
    path: &'a str,
    verdict: Option<&'a RuleVerdict>,
    planned: &BTreeMap<String, Bytes>,
) -> Option<&'a str> {
    match verdict.map(|verdict| verdict.planned_paths.as_slice()) {
        _ if planned.contains_key(path) => Some(path),
        Some([one]) => Some(one),
        Some([]) | None => Some(path),
        Some(_) => None,
    }
}

/// The folder of a draft's archive: a name under which nothing can be delivered by mistake.
const ARCHIVE_FOLDER: &str = "DRAFT-not-released";

impl SendBack {
    /// The draft as a tar archive in a folder of its own, with both patches and `told` as a text to read first; the
    /// same bytes for the same draft.
    ///
    /// Errors: [`AppError::Broken`] if it cannot be packed.
    pub fn archive(&self, told: &str) -> Result<Bytes, AppError> {
        let mut tar = tar::Builder::new(Vec::new());
        let mut put = |name: String, bytes: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(0);
            header.set_uid(0);
            header.set_gid(0);
            header.set_entry_type(tar::EntryType::Regular);
            tar.append_data(&mut header, format!("{ARCHIVE_FOLDER}/{name}"), bytes)
        };
        let packed = (|| {
            put("READ-ME-FIRST.txt".to_owned(), told.as_bytes())?;
            put("hotfix.patch".to_owned(), &self.patch)?;
            put("draft.patch".to_owned(), &self.draft_patch)?;
            for (path, bytes) in &self.draft {
                put(format!("rules/{path}"), bytes)?;
            }
            Ok::<(), std::io::Error>(())
        })();
        packed
            .and_then(|()| tar.into_inner())
            .map(Bytes::from)
            .map_err(AppError::broken)
    }
}
