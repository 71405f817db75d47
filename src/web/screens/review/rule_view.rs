//! One rule of a hotfix, opened: baseline, hotfix and planned beside each other, and the answer.

use bytes::Bytes;

use super::stakes::{AnswerView, Stake, StakeRow};
use super::{Looked, Query};
use crate::app::AppError;
use crate::domain::digest::Digest;
use crate::domain::verdict::{RuleVerdict, Unit};
use crate::web::diff_view::{Column, Sided};
use crate::web::three_way::three_way;
use crate::web::{address, format, review_words};

/// Single changes shown before the fold.
const UNITS_SHOWN: usize = 8;

/// The opened rule.
#[allow(missing_docs)]
pub(super) struct RuleView {
    pub path: String,
    pub environment: String,
    pub hotfix: String,
    pub candidate: String,
    pub kind: &'static str,
    pub words: &'static str,
    pub why: String,
    pub elsewhere: Vec<String>,
    /// Single changes, those not contained first.
    pub units: Vec<UnitView>,
    /// The rest of them, folded.
    pub more_units: Vec<UnitView>,
    pub columns: Vec<Column>,
    pub rows: Vec<Sided>,
    pub is_too_large: bool,
    pub lost: String,
    pub answer: Option<AnswerView>,
    /// An answer would count.
    pub is_asking: bool,
    pub is_contained: bool,
    pub href: String,
    pub whole_href: String,
    pub is_whole: bool,
    pub compare_href: String,
}

/// One single change of the hotfix with its own verdict.
#[allow(missing_docs)]
pub(super) struct UnitView {
    pub what: String,
    pub kind: &'static str,
    pub words: &'static str,
}

pub(super) async fn of(
    looked: &Looked<'_>,
    stakes: &[Stake],
    query: &Query,
) -> Result<Option<RuleView>, AppError> {
    let found = stakes.iter().find_map(|stake| {
        let mut all = stake
            .rows
            .iter()
            .chain(stake.groups.iter().flat_map(|group| &group.rows));
        all.find(|row| row.is_here).map(|row| (stake, row))
    });
    match found {
        Some((stake, row)) => view(looked, stake, row, query).await.map(Some),
        None => Ok(None),
    }
}

async fn view(
    looked: &Looked<'_>,
    stake: &Stake,
    row: &StakeRow,
    query: &Query,
) -> Result<RuleView, AppError> {
    let change = row.change.as_ref();
    let elsewhere = row
        .judged
        .as_ref()
        .map(|j| j.planned_paths.clone())
        .unwrap_or_default();
    let base = text(looked, change.and_then(|c| c.from)).await?;
    let hotfix = text(looked, change.and_then(|c| c.to)).await?;
    let planned = planned(looked, &row.path, &elsewhere).await?;
    let (verdict, whole) = (row.judged.clone(), query.whole);
    let [a, b, c] = [&base, &hotfix, &planned].map(|side| side.clone().unwrap_or_default());
    let work = move || three_way(&a, &b, &c, verdict.as_ref(), whole);
    let three = tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| AppError::Broken(e.to_string()))?;
    let column = |tag, name: &str, there: bool, text: &str| Column {
        tag,
        name: name.to_owned(),
        text: if there {
            text.to_owned()
        } else {
            format!("{text}: no such rule")
        },
    };
    let record = looked
        .review
        .ruleset
        .as_ref()
        .and_then(|r| looked.state().hotfix(r, &stake.hotfix));
    let before = record.map_or("before", |h| h.on_top_of.as_str()).to_owned();
    let columns = vec![
        column("mute", &before, base.is_some(), "baseline"),
        column(
            "hot",
            stake.hotfix.suffix(),
            hotfix.is_some(),
            "what the hotfix did",
        ),
        column(
            "plan",
            &stake.candidate,
            planned.is_some(),
            "what would go live",
        ),
    ];
    let is_too_large = three.is_none();
    let three = three.unwrap_or_default();
    let judged = row.judged.as_ref();
    let mut units = unit_views(judged);
    let compare_href = looked
        .review
        .ruleset
        .as_ref()
        .map(|ruleset| {
            let from = stake.environment.to_string();
            format!(
                "{}#{}",
                address::compare(ruleset, &from, &stake.candidate),
                format::url_encode(&row.path)
            )
        })
        .unwrap_or_default();
    Ok(RuleView {
        path: row.path.clone(),
        environment: stake.environment.to_string(),
        hotfix: stake.hotfix.to_string(),
        candidate: stake.candidate.clone(),
        kind: row.kind,
        words: row.words,
        why: judged.map(|j| sentence(&j.why)).unwrap_or_default(),
        elsewhere,
        more_units: units.split_off(units.len().min(UNITS_SHOWN)),
        units,
        columns,
        lost: match three.lost {
            0 => String::new(),
            lost => format::count(lost, "line lost", "lines lost"),
        },
        rows: three.rows,
        is_too_large,
        answer: row.answer.as_ref().map(|answer| AnswerView {
            kind: answer.kind,
            words: answer.words,
            reason: answer.reason.clone(),
            by: answer.by.clone(),
            at: answer.at.clone(),
        }),
        is_asking: stake.is_asking && !row.verdict.is_contained(),
        is_contained: row.verdict.is_contained(),
        href: row.href.clone(),
        whole_href: row.href.replace("#rule", "&whole=true#rule"),
        is_whole: whole,
        compare_href,
    })
}

fn unit_views(judged: Option<&RuleVerdict>) -> Vec<UnitView> {
    let mut units: Vec<&Unit> = judged.map_or(Vec::new(), |judged| judged.units.iter().collect());
    units.sort_by_key(|unit| review_words::severity(unit.verdict));
    units
        .into_iter()
        .map(|unit| {
            let (kind, words) = review_words::verdict(unit.verdict);
            UnitView {
                what: unit.what.clone(),
                kind,
                words,
            }
        })
        .collect()
}

async fn text(looked: &Looked<'_>, digest: Option<Digest>) -> Result<Option<Bytes>, AppError> {
    match digest {
        Some(digest) => looked.portal.app.content(&digest).await,
        None => Ok(None),
    }
}

/// The candidate's text under the rule's own path, or where the verdict found its content.
async fn planned(
    looked: &Looked<'_>,
    path: &str,
    elsewhere: &[String],
) -> Result<Option<Bytes>, AppError> {
    let Some(checksum) = looked.review.subject.checksum() else {
        return Ok(None);
    };
    let manifest = looked.portal.app.manifest(&checksum).await?;
    let digest = std::iter::once(path)
        .chain(elsewhere.iter().map(String::as_str))
        .find_map(|path| manifest.rules().get(path));
    text(looked, digest.copied()).await
}

/// Evidence as a sentence of its own.
fn sentence(why: &str) -> String {
    let why = why.trim().trim_end_matches('.');
    let mut letters = why.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), letters.as_str())
    })
}
