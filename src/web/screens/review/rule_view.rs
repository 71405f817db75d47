//! One rule of a hotfix, opened: its texts in one of several views, its single changes, and the answer.

use bytes::Bytes;

use super::stakes::{AnswerView, Stake, StakeRow};
use super::{Query, ReviewContext};
use crate::app::AppError;
use crate::web::diff_view::{Column, Row, Sided};
use crate::web::structured_view::StructuredView;
use crate::web::{address, format, review_words};
use rulegate_compare::ThreeWay;
use rulegate_compare::verdict::{RuleVerdict, Unit};
use rulegate_ledger::digest::Digest;

mod texts;

use texts::{Shown, Texts};

/// Single changes shown before the fold.
const UNITS_SHOWN: usize = 8;

/// How the texts of a rule are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// Baseline, hotfix and planned beside each other.
    Three,
    /// Hotfix and planned beside each other.
    Sides,
    /// From the hotfix to planned, one below the other.
    Unified,
    /// What the hotfix did, one below the other.
    Hotfix,
}

impl View {
    const ALL: [(View, &'static str, &'static str); 4] = [
        (View::Three, "three", "Three texts"),
        (View::Sides, "sides", "Hotfix and planned"),
        (View::Unified, "unified", "Hotfix to planned, unified"),
        (View::Hotfix, "hotfix", "The hotfix alone"),
    ];

    fn named(name: Option<&str>) -> View {
        let known = View::ALL.iter().find(|(_, word, _)| Some(*word) == name);
        known.map_or(View::Three, |(view, _, _)| *view)
    }
}

/// A view to choose.
#[allow(missing_docs)]
pub(super) struct ViewLink {
    pub href: String,
    pub text: &'static str,
    pub here: bool,
}

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
    /// `3 of 5 single changes are in 4.18.0`; empty if none are told apart.
    pub units_words: String,
    /// Single changes, those not contained first.
    pub units: Vec<UnitView>,
    /// The rest of them, folded.
    pub more_units: Vec<UnitView>,
    pub views: Vec<ViewLink>,
    pub columns: Vec<Column>,
    /// Of the views with columns; empty in the others.
    pub sided: Vec<Sided>,
    /// Of the views without.
    pub unified: Vec<Row>,
    /// The two texts of the view by value, if they have values.
    pub values: Option<StructuredView>,
    /// Why the view is another one than asked for, or shows not everything; may be empty.
    pub note: String,
    pub lost: String,
    pub answer: Option<AnswerView>,
    /// An answer would count.
    pub is_asking: bool,
    pub is_contained: bool,
    pub href: String,
    pub whole_href: String,
    pub may_be_whole: bool,
    pub is_whole: bool,
    pub compare_href: String,
    pub send_back_href: String,
    pub shown: String,
    pub is_seen: bool,
    /// `4 of 12`.
    pub place: String,
    /// The rules before and after it, empty at the ends.
    pub previous_href: String,
    pub next_href: String,
}

/// One single change of the hotfix with its own verdict.
#[allow(missing_docs)]
pub(super) struct UnitView {
    pub what: String,
    pub kind: &'static str,
    pub words: &'static str,
}

pub(super) async fn of(
    context: &ReviewContext<'_>,
    stakes: &[Stake],
    query: &Query,
) -> Result<Option<RuleView>, AppError> {
    let all: Vec<(&Stake, &StakeRow)> = stakes
        .iter()
        .flat_map(|stake| stake.all().map(move |row| (stake, row)))
        .collect();
    let Some(at) = all.iter().position(|(_, row)| row.is_here) else {
        return Ok(None);
    };
    let href = |at: Option<usize>| {
        let row = at.and_then(|at| all.get(at));
        row.map(|(_, row)| row.href.clone()).unwrap_or_default()
    };
    let (stake, row) = all[at];
    let mut view = view(context, (stakes, stake), row, query).await?;
    view.place = format!("{} of {}", at + 1, format::thousands(all.len()));
    view.previous_href = href(at.checked_sub(1));
    view.next_href = href(Some(at + 1));
    Ok(Some(view))
}

async fn view(
    context: &ReviewContext<'_>,
    (stakes, stake): (&[Stake], &Stake),
    row: &StakeRow,
    query: &Query,
) -> Result<RuleView, AppError> {
    let evidence = row.evidence.as_ref();
    let elsewhere = evidence
        .map(|j| j.planned_paths.clone())
        .unwrap_or_default();
    let change = row.change.as_ref();
    let hotfix_digest = change.and_then(|c| c.to);
    let texts = Texts {
        texts: ThreeWay {
            base: text(context, change.and_then(|c| c.from)).await?,
            hotfix: text(context, hotfix_digest).await?,
            planned: planned(context, &row.path, &elsewhere).await?,
        },
        names: names(context, stake),
        origins: texts::chain(context, stakes, &row.path, hotfix_digest).await?,
    };
    let wanted = View::named(query.view.as_deref());
    // A closed review knows the verdict on the rule as a whole, not on each change.
    let verdict = row.evidence.clone().or_else(|| Some(as_a_whole(row)));
    let is_whole = query.whole && wanted == View::Three;
    let path = row.path.clone();
    let work = move || {
        let shown: Shown = texts.shown(wanted, verdict.as_ref(), is_whole);
        let values = texts.values(&path, wanted);
        (shown, values)
    };
    let (shown, values) = tokio::task::spawn_blocking(work)
        .await
        .map_err(AppError::broken)?;
    let mut units = unit_views(evidence);
    let contained = units.iter().filter(|unit| unit.kind == "ok").count();
    let compare_href = context.review.ruleset.as_ref().map(|ruleset| {
        let from = stake.environment.to_string();
        let compare = address::compare(ruleset, &from, &stake.candidate);
        format!("{compare}#{}", format::url_encode(&row.path))
    });
    Ok(RuleView {
        path: row.path.clone(),
        environment: stake.environment.to_string(),
        hotfix: stake.hotfix.to_string(),
        candidate: stake.candidate.clone(),
        kind: row.kind,
        words: row.words,
        why: evidence.map(reason_of).unwrap_or_default(),
        elsewhere,
        units_words: match (units.len(), contained) {
            (0, _) => String::new(),
            (1, 0) => format!("Its single change is not in {}", stake.candidate),
            (1, _) => format!("Its single change is in {}", stake.candidate),
            (all, contained) => format!(
                "{contained} of {} single changes are in {}",
                format::thousands(all),
                stake.candidate
            ),
        },
        more_units: units.split_off(units.len().min(UNITS_SHOWN)),
        units,
        views: views(row, shown.view),
        columns: shown.columns,
        sided: shown.sided,
        unified: shown.unified,
        values,
        note: shown.note,
        lost: match shown.lost {
            0 => String::new(),
            lost => format::count(lost, "line lost", "lines lost"),
        },
        answer: row.answer.clone(),
        is_asking: stake.is_asking && !row.verdict.is_contained(),
        is_contained: row.verdict.is_contained(),
        href: row.href.clone(),
        whole_href: row.href.replace("#rule", "&whole=true#rule"),
        may_be_whole: shown.view == View::Three,
        is_whole,
        compare_href: compare_href.unwrap_or_default(),
        send_back_href: stake.send_back_href.clone(),
        shown: super::seen::shown(std::iter::once(row.sight)).to_string(),
        is_seen: row.is_seen,
        place: String::new(),
        previous_href: String::new(),
        next_href: String::new(),
    })
}

fn views(row: &StakeRow, here: View) -> Vec<ViewLink> {
    let link = |(view, word, text): (View, &str, &'static str)| ViewLink {
        href: row.href.replace("#rule", &format!("&view={word}#rule")),
        text,
        here: view == here,
    };
    View::ALL.into_iter().map(link).collect()
}

/// What the three texts are called: the version before, the hotfix, the candidate.
fn names(context: &ReviewContext, stake: &Stake) -> ThreeWay<String> {
    let made = context
        .review
        .ruleset
        .as_ref()
        .and_then(|ruleset| context.state().hotfix(ruleset, &stake.hotfix));
    ThreeWay {
        base: made.map_or("before", |made| made.on_top_of.as_str()),
        hotfix: stake.hotfix.suffix(),
        planned: &stake.candidate,
    }
    .map(str::to_owned)
}

fn unit_views(evidence: Option<&RuleVerdict>) -> Vec<UnitView> {
    let mut units: Vec<&Unit> =
        evidence.map_or(Vec::new(), |evidence| evidence.units.iter().collect());
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

async fn text(
    context: &ReviewContext<'_>,
    digest: Option<Digest>,
) -> Result<Option<Bytes>, AppError> {
    match digest {
        Some(digest) => context.portal.app.content(&digest).await,
        None => Ok(None),
    }
}

/// The candidate's text under the rule's own path, or where the verdict found its content.
async fn planned(
    context: &ReviewContext<'_>,
    path: &str,
    elsewhere: &[String],
) -> Result<Option<Bytes>, AppError> {
    let Some(checksum) = context.review.subject.checksum() else {
        return Ok(None);
    };
    let manifest = context.portal.app.manifest(&checksum).await?;
    let digest = std::iter::once(path)
        .chain(elsewhere.iter().map(String::as_str))
        .find_map(|path| manifest.rules().get(path));
    text(context, digest.copied()).await
}

fn as_a_whole(row: &StakeRow) -> RuleVerdict {
    RuleVerdict {
        path: row.path.clone(),
        verdict: row.verdict,
        planned_paths: Vec::new(),
        units: Vec::new(),
        why: String::new(),
    }
}

/// The evidence, unless it says no more than the single changes that are listed below it.
fn reason_of(evidence: &RuleVerdict) -> String {
    let says_the_first = |unit: &Unit| evidence.why.ends_with(&unit.what);
    match evidence.units.iter().any(says_the_first) {
        true => String::new(),
        false => sentence(&evidence.why),
    }
}

/// Evidence as a sentence of its own.
fn sentence(why: &str) -> String {
    let why = why.trim().trim_end_matches('.');
    let mut letters = why.chars();
    letters.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), letters.as_str())
    })
}
