//! "Hotfix X is live in prod. Does V contain it?": a table a hotfix, worst first, rules changed alike together.

use std::collections::{BTreeMap, BTreeSet};

use super::{Looked, Query};
use crate::app::AppError;
use crate::domain::digest::Digest;
use crate::domain::environment::Environment;
use crate::domain::manifest::Change;
use crate::domain::review::{Answer, ShownHotfix, ShownRule, Subject};
use crate::domain::same_edits::{self, Edit};
use crate::domain::verdict::{RuleVerdict, Verdict};
use crate::domain::version::VersionName;
use crate::web::environment_view::At;
use crate::web::{address, format, review_words};

/// Rules whose bytes are compared to find those changed alike; beyond this each stands for itself.
const ALIKE_MAX: usize = 3_000;
/// Edits of a group that are spelled out.
const EDITS_SHOWN: usize = 4;
/// Characters of a word in a group's words.
const WORD_MAX: usize = 60;

/// One open hotfix in one target.
#[allow(missing_docs)]
pub(super) struct Stake {
    pub id: String,
    pub environment: Environment,
    pub lane: String,
    pub hotfix: VersionName,
    pub hotfix_href: String,
    pub candidate: String,
    /// Who made it, when, for which incident.
    pub about: String,
    pub tag_kind: &'static str,
    pub tag: String,
    /// Rules that stand for themselves, worst first.
    pub rows: Vec<StakeRow>,
    /// Rules changed alike, the largest group first.
    pub groups: Vec<Group>,
    /// Rules in `rows` that wait for an answer.
    pub open: usize,
    /// The question is still open: an answer counts.
    pub is_asking: bool,
}

/// One rule of a hotfix.
#[allow(missing_docs)]
pub(super) struct StakeRow {
    pub path: String,
    pub href: String,
    pub verdict: Verdict,
    pub kind: &'static str,
    pub words: &'static str,
    pub lines: String,
    pub answer: Option<AnswerView>,
    /// It waits for an answer.
    pub is_open: bool,
    /// It is the opened rule.
    pub is_here: bool,
    /// Present while the review is open.
    pub judged: Option<RuleVerdict>,
    pub change: Option<Change>,
}

/// Rules changed alike.
#[allow(missing_docs)]
pub(super) struct Group {
    pub id: String,
    pub edits: Vec<String>,
    /// Edits not spelled out.
    pub more_edits: usize,
    pub kind: &'static str,
    pub words: &'static str,
    pub rows: Vec<StakeRow>,
    pub open: usize,
    pub is_here: bool,
}

impl Group {
    /// `27 rules changed alike`.
    pub fn title(&self) -> String {
        format!("{} rules changed alike", format::thousands(self.rows.len()))
    }
}

/// What a person said of a rule.
#[allow(missing_docs)]
pub(super) struct AnswerView {
    pub kind: &'static str,
    pub words: &'static str,
    pub reason: String,
    pub by: String,
    pub at: Option<At>,
}

pub(super) async fn of(looked: &Looked<'_>, query: &Query) -> Result<Vec<Stake>, AppError> {
    let mut stakes = Vec::new();
    let Some(shown) = looked.shown() else {
        return Ok(stakes);
    };
    if !matches!(looked.review.subject, Subject::Activation { .. }) {
        return Ok(stakes);
    }
    for target in &shown.targets {
        for hotfix in &target.hotfixes {
            let number = stakes.len() + 1;
            stakes.push(stake(looked, query, &target.environment, hotfix, number).await?);
        }
    }
    open_one(&mut stakes, query, looked.gate.is_some());
    Ok(stakes)
}

async fn stake(
    looked: &Looked<'_>,
    query: &Query,
    environment: &Environment,
    hotfix: &ShownHotfix,
    number: usize,
) -> Result<Stake, AppError> {
    let mut rows: Vec<StakeRow> = hotfix
        .rules
        .iter()
        .map(|rule| row(looked, query, environment, &hotfix.hotfix, rule))
        .collect();
    rows.sort_by(|a, b| {
        let key = |row: &StakeRow| (!row.is_open, review_words::severity(row.verdict));
        key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path))
    });
    let lost = rows
        .iter()
        .filter(|row| !row.verdict.is_contained())
        .count();
    let unanswered = rows.iter().filter(|row| row.is_open).count();
    let all = format::count(rows.len(), "rule", "rules");
    let (tag_kind, tag) = match (lost, unanswered) {
        (0, _) => ("ok", format!("all {all} included")),
        (_, 0) => ("ok", format!("answered: {lost} of {all}")),
        (_, _) if lost == unanswered => ("bad", format!("{lost} of {all} would be lost")),
        _ => ("bad", format!("{unanswered} of {all} wait for an answer")),
    };
    let (rows, groups) = grouped(looked, rows, number).await?;
    let record = looked
        .review
        .ruleset
        .as_ref()
        .and_then(|r| looked.state().hotfix(r, &hotfix.hotfix));
    let about = record.map_or(String::new(), |h| {
        let who = if h.adopts.is_some() {
            "unknown author".to_owned()
        } else {
            looked.name(&h.author)
        };
        format!(
            "{who}, {}, {}: {}",
            format::short_time(h.at),
            h.incident,
            h.reason
        )
    });
    Ok(Stake {
        id: format!("hotfix-{number}"),
        lane: environment.lane.to_string(),
        environment: environment.clone(),
        hotfix_href: looked
            .review
            .ruleset
            .as_ref()
            .map(|ruleset| address::hotfix(ruleset, &hotfix.hotfix))
            .unwrap_or_default(),
        hotfix: hotfix.hotfix.clone(),
        candidate: looked
            .review
            .subject
            .version()
            .map(ToString::to_string)
            .unwrap_or_default(),
        about,
        tag_kind,
        tag,
        open: rows.iter().filter(|row| row.is_open).count(),
        rows,
        groups,
        is_asking: looked.gate.is_some(),
    })
}

fn row(
    looked: &Looked,
    query: &Query,
    environment: &Environment,
    hotfix: &VersionName,
    rule: &ShownRule,
) -> StakeRow {
    let judged = looked.gate.and_then(|gate| {
        gate.judged
            .iter()
            .find(|j| j.question.environment == *environment && j.question.hotfix == *hotfix)
    });
    let change = match judged {
        Some(judged) => judged
            .question
            .changes
            .iter()
            .find(|c| c.path == rule.path)
            .cloned(),
        None => looked
            .review
            .ruleset
            .as_ref()
            .and_then(|ruleset| looked.state().hotfix(ruleset, hotfix))
            .and_then(|h| h.changes.iter().find(|c| c.path == rule.path).cloned()),
    };
    let (kind, words) = review_words::verdict(rule.verdict);
    let key = (environment.clone(), hotfix.clone(), rule.path.clone());
    let is_here = query.rule.as_deref() == Some(rule.path.as_str())
        && query
            .hotfix
            .as_deref()
            .is_none_or(|name| name == hotfix.as_str())
        && query
            .env
            .as_deref()
            .is_none_or(|name| name == environment.to_string());
    StakeRow {
        path: rule.path.clone(),
        href: href(looked, environment, hotfix, &rule.path),
        verdict: rule.verdict,
        kind,
        words,
        lines: String::new(),
        answer: rule.answer.as_ref().map(|answer| {
            let given = looked
                .review
                .answers
                .get(&key)
                .filter(|given| given.answer == *answer);
            let (kind, words) = review_words::answer(answer);
            AnswerView {
                kind,
                words,
                reason: answer.reason().to_owned(),
                by: given
                    .map(|given| looked.name(&given.by))
                    .unwrap_or_default(),
                at: given.map(|given| At::ago(given.at, looked.user.now)),
            }
        }),
        is_open: looked.gate.is_some() && !rule.is_settled() && !is_sent_back(rule),
        is_here,
        judged: judged.and_then(|j| j.rules.iter().find(|r| r.path == rule.path).cloned()),
        change,
    }
}

fn is_sent_back(rule: &ShownRule) -> bool {
    matches!(rule.answer, Some(Answer::SentBack { .. }))
}

fn href(looked: &Looked, environment: &Environment, hotfix: &VersionName, path: &str) -> String {
    format!(
        "{}?rule={}&hotfix={}&env={}#rule",
        address::review(&looked.review.id),
        format::url_encode(path),
        format::url_encode(hotfix.as_str()),
        format::url_encode(&environment.to_string())
    )
}

/// Takes rules that were changed alike and have the same verdict out into groups of two and more.
async fn grouped(
    looked: &Looked<'_>,
    mut rows: Vec<StakeRow>,
    number: usize,
) -> Result<(Vec<StakeRow>, Vec<Group>), AppError> {
    if rows.len() > ALIKE_MAX {
        return Ok((rows, Vec::new()));
    }
    let edits = edits_of(looked, &mut rows).await?;
    let mut groups = Vec::new();
    let mut kept: Vec<Option<StakeRow>> = rows.into_iter().map(Some).collect();
    let verdicts: BTreeSet<Verdict> = kept.iter().flatten().map(|row| row.verdict).collect();
    for verdict in verdicts {
        let members: Vec<usize> = (0..kept.len())
            .filter(|&i| {
                kept[i].as_ref().is_some_and(|row| row.verdict == verdict) && !edits[i].is_empty()
            })
            .collect();
        let of_verdict: Vec<BTreeSet<Edit>> = members.iter().map(|&i| edits[i].clone()).collect();
        for group in same_edits::groups(&of_verdict)
            .into_iter()
            .filter(|group| group.len() > 1)
        {
            let widest: BTreeSet<&Edit> = group.iter().flat_map(|&i| &of_verdict[i]).collect();
            let rows: Vec<StakeRow> = group
                .iter()
                .filter_map(|&i| kept[members[i]].take())
                .collect();
            let (kind, words) = review_words::verdict(verdict);
            groups.push(Group {
                id: format!("alike-{number}-{}", groups.len() + 1),
                more_edits: widest.len().saturating_sub(EDITS_SHOWN),
                edits: widest
                    .into_iter()
                    .take(EDITS_SHOWN)
                    .map(edit_words)
                    .collect(),
                kind,
                words,
                open: rows.iter().filter(|row| row.is_open).count(),
                is_here: rows.iter().any(|row| row.is_here),
                rows,
            });
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse((group.open, group.rows.len())));
    Ok((kept.into_iter().flatten().collect(), groups))
}

/// What the hotfix did to each rule, and how many lines of it.
async fn edits_of(
    looked: &Looked<'_>,
    rows: &mut [StakeRow],
) -> Result<Vec<BTreeSet<Edit>>, AppError> {
    let wanted: BTreeSet<Digest> = rows
        .iter()
        .filter_map(|row| row.change.as_ref())
        .flat_map(|change| [change.from, change.to])
        .flatten()
        .collect();
    let wanted: Vec<Digest> = wanted.into_iter().collect();
    let found = looked.portal.app.contents(&wanted).await?;
    let bytes: BTreeMap<Digest, bytes::Bytes> = wanted.into_iter().zip(found).collect();
    let pairs: Vec<[Option<bytes::Bytes>; 2]> = rows
        .iter()
        .map(|row| {
            let side = |digest: Option<Digest>| digest.and_then(|d| bytes.get(&d).cloned());
            let change = row.change.as_ref();
            [
                side(change.and_then(|c| c.from)),
                side(change.and_then(|c| c.to)),
            ]
        })
        .collect();
    let work = move || -> Vec<(BTreeSet<Edit>, usize, bool, bool)> {
        pairs
            .iter()
            .map(|[before, after]| {
                let side = |bytes: &Option<bytes::Bytes>| bytes.clone().unwrap_or_default();
                let (old, new) = (side(before), side(after));
                let lines = crate::domain::diff::TextDiff::new(&old, &new)
                    .stat()
                    .changed();
                (
                    same_edits::edits(&old, &new),
                    lines,
                    before.is_some(),
                    after.is_some(),
                )
            })
            .collect()
    };
    let found = tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| AppError::Broken(e.to_string()))?;
    let mut edits = Vec::with_capacity(found.len());
    for (row, (set, lines, before, after)) in rows.iter_mut().zip(found) {
        let lines = format::count(lines, "line", "lines");
        row.lines = match (before, after) {
            (false, true) => format!("new rule, {lines}"),
            (true, false) => format!("rule removed, {lines}"),
            _ => format!("{lines} changed"),
        };
        edits.push(set);
    }
    Ok(edits)
}

fn edit_words(edit: &Edit) -> String {
    match edit {
        Edit::Word { from, to } => format!("{} → {}", short(from.as_bytes()), short(to.as_bytes())),
        Edit::LineOut(line) => format!("− {}", short(line)),
        Edit::LineIn(line) => format!("+ {}", short(line)),
    }
}

/// A text cut to a few words, with visible marks for characters that hide.
fn short(text: &[u8]) -> String {
    let pieces = crate::domain::diff::segments(text.trim_ascii(), &[], WORD_MAX * 4);
    let text: String = pieces.into_iter().map(|piece| piece.text).collect();
    match text.char_indices().nth(WORD_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// Without a choice in the address the first rule that waits is opened.
fn open_one(stakes: &mut [Stake], query: &Query, is_open: bool) {
    if query.rule.is_some() || !is_open {
        return;
    }
    for stake in stakes.iter_mut() {
        if let Some(row) = stake.rows.iter_mut().find(|row| row.is_open) {
            row.is_here = true;
            return;
        }
    }
}
