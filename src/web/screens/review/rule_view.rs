//! One rule of a hotfix, opened: its texts in one of several views, its single changes, and the answer.

use bytes::Bytes;

use super::stake::Stake;
use super::stake_row::StakeRow;
use super::{Query, ReviewContext};
use crate::app::AppError;
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

/// A single change: its verdict's tag, kind and words, and what it is.
type UnitLine<'s> = (&'static str, &'static str, &'s str);

/// The opened rule.
#[allow(missing_docs)]
pub(super) struct RuleView<'s> {
    pub stake: &'s Stake<'s>,
    pub row: &'s StakeRow<'s>,
    /// Its place among all rules at stake, and how many there are.
    pub place: usize,
    pub total: usize,
    /// The rules before and after it.
    pub previous: Option<String>,
    pub next: Option<String>,
    /// Single changes, those not contained first.
    pub units: Vec<UnitLine<'s>>,
    /// The texts in the view that was asked for.
    pub shown: Shown,
    /// The two texts of the view by value, if they have values.
    pub values: Option<StructuredView>,
    pub is_whole: bool,
}

impl<'s> RuleView<'s> {
    /// Where the candidate has its content, if that is under other paths.
    pub fn elsewhere(&self) -> &'s [String] {
        let evidence = self.row.evidence;
        evidence.map_or(&[], |evidence| &evidence.planned_paths)
    }
    /// Why, unless the single changes say it; may be empty.
    pub fn why(&self) -> String {
        self.row.evidence.map_or(String::new(), reason_of)
    }
    /// `3 of 5 single changes are in 4.18.0`; empty if none are told apart.
    pub fn units_words(&self) -> String {
        let contained = self.units.iter().filter(|(kind, ..)| *kind == "ok").count();
        let candidate = self.stake.candidate;
        match (self.units.len(), contained) {
            (0, _) => String::new(),
            (1, 0) => format!("Its single change is not in {candidate}"),
            (1, _) => format!("Its single change is in {candidate}"),
            (all, contained) => {
                let all = format::thousands(all);
                format!("{contained} of {all} single changes are in {candidate}")
            }
        }
    }
    /// Single changes shown before the fold, and those in it.
    pub fn unit_lists(&self) -> (&[UnitLine<'s>], &[UnitLine<'s>]) {
        self.units.split_at(self.units.len().min(UNITS_SHOWN))
    }
    pub fn views(&self) -> Vec<ViewLink> {
        let link = |(view, word, text): (View, &str, &'static str)| ViewLink {
            href: self.href(&format!("&view={word}")),
            text,
            here: view == self.shown.view,
        };
        View::ALL.into_iter().map(link).collect()
    }
    /// The rule itself, with more asked of its page.
    pub fn href(&self, more: &str) -> String {
        let rule = self.stake.href(self.row);
        rule.replace("#rule", &format!("{more}#rule"))
    }
    pub fn may_be_whole(&self) -> bool {
        self.shown.view == View::Three
    }
    pub fn compare_href(&self) -> String {
        let (stake, path) = (self.stake, &self.row.rule.path);
        let from = stake.environment.to_string();
        let compare = address::compare(stake.ruleset, from.as_str(), stake.candidate.as_str());
        format!("{compare}#{}", format::url_encode(path))
    }
    /// What it shows, for the mark that it was seen.
    pub fn sight(&self) -> Digest {
        super::seen::shown(std::iter::once(self.row.sight))
    }
}

pub(super) async fn of<'s>(
    context: &ReviewContext<'s>,
    stakes: &'s [Stake<'s>],
    query: &Query,
) -> Result<Option<RuleView<'s>>, AppError> {
    let all: Vec<(&'s Stake<'s>, &'s StakeRow<'s>)> = stakes
        .iter()
        .flat_map(|stake| stake.all().map(move |row| (stake, row)))
        .collect();
    let Some(at) = all.iter().position(|(_, row)| row.is_here) else {
        return Ok(None);
    };
    let href = |at: Option<usize>| all.get(at?).map(|(stake, row)| stake.href(row));
    let (stake, row) = all[at];
    let wanted = View::named(query.view.as_deref());
    let is_whole = query.whole && wanted == View::Three;
    let (shown, values) = texts(context, stakes, (stake, row), wanted, is_whole).await?;
    let mut units: Vec<&Unit> = row.evidence.iter().flat_map(|e| &e.units).collect();
    units.sort_by_key(|unit| review_words::severity(unit.verdict));
    let unit = |unit: &'s Unit| {
        let (kind, words) = review_words::verdict(unit.verdict);
        (kind, words, unit.what.as_str())
    };
    Ok(Some(RuleView {
        stake,
        row,
        place: at + 1,
        total: all.len(),
        previous: href(at.checked_sub(1)),
        next: href(Some(at + 1)),
        units: units.into_iter().map(unit).collect(),
        shown,
        values,
        is_whole,
    }))
}

/// The texts of a rule, laid out away from the threads that answer everybody.
async fn texts(
    context: &ReviewContext<'_>,
    stakes: &[Stake<'_>],
    (stake, row): (&Stake<'_>, &StakeRow<'_>),
    wanted: View,
    is_whole: bool,
) -> Result<(Shown, Option<StructuredView>), AppError> {
    let path = row.rule.path.clone();
    let elsewhere = row.evidence.map_or(&[][..], |j| &j.planned_paths);
    let hotfix_digest = row.change.and_then(|change| change.to);
    let texts = Texts {
        texts: ThreeWay {
            base: text(context, row.change.and_then(|change| change.from)).await?,
            hotfix: text(context, hotfix_digest).await?,
            planned: planned(context, &path, elsewhere).await?,
        },
        names: names(stake),
        origins: texts::chain(context, stakes, &path, hotfix_digest).await?,
    };
    // A closed review knows the verdict on the rule as a whole, not on each change.
    let verdict = row.evidence.cloned().unwrap_or_else(|| as_a_whole(row));
    let work = move || {
        let shown: Shown = texts.shown(wanted, Some(&verdict), is_whole);
        let values = texts.values(&path, wanted);
        (shown, values)
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(AppError::broken)
}

/// What the three texts are called: the version before, the hotfix, the candidate.
fn names(stake: &Stake<'_>) -> ThreeWay<String> {
    ThreeWay {
        base: stake.made.map_or("before", |made| made.on_top_of.as_str()),
        hotfix: stake.hotfix.suffix(),
        planned: stake.candidate.as_str(),
    }
    .map(str::to_owned)
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

fn as_a_whole(row: &StakeRow<'_>) -> RuleVerdict {
    RuleVerdict {
        path: row.rule.path.clone(),
        verdict: row.rule.verdict,
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
