//! Rules that the hotfix changed alike, taken together: thirty new version numbers are one thought, not thirty.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ReviewContext;
use super::stake_row::StakeRow;
use crate::app::AppError;
use crate::app::alike::RuleEdits;
use crate::web::format;
use rulegate_compare::same_edits::{self, Edit};
use rulegate_compare::verdict::Verdict;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::manifest::Change;

/// Rules whose bytes are compared to find those changed alike; beyond this each stands for itself.
const ALIKE_MAX: usize = 3_000;
/// Edits of a group that are spelled out.
const EDITS_SHOWN: usize = 4;
/// Characters of a word in a group's words.
const WORD_MAX: usize = 60;
/// Rules of a group that are listed before somebody asks for all.
const ROWS_SHOWN: usize = 20;

/// Rules changed alike.
#[allow(missing_docs)]
pub(super) struct Group<'a> {
    pub id: String,
    pub edits: Vec<String>,
    /// Edits not spelled out.
    pub more_edits: usize,
    pub rows: Vec<StakeRow<'a>>,
    /// It is unfolded.
    pub is_open: bool,
    /// Every rule is listed.
    pub is_whole: bool,
}

impl<'a> Group<'a> {
    /// The verdict that all its rules share, as a tag's kind and words.
    pub fn verdict(&self) -> (&'static str, &'static str) {
        self.rows.first().map_or(("", ""), StakeRow::verdict)
    }
    /// `27 rules changed alike`.
    pub fn title(&self) -> String {
        format!("{} rules changed alike", format::thousands(self.rows.len()))
    }
    /// What is asked of so many of its rules.
    pub fn question(&self, count: impl std::fmt::Display) -> String {
        format!("Your decision on these {count} rules, recorded one by one")
    }
    /// The rules that are listed.
    pub fn listed(&self) -> &[StakeRow<'a>] {
        match self.is_whole {
            true => &self.rows,
            false => &self.rows[..self.rows.len().min(ROWS_SHOWN)],
        }
    }
    /// How many wait for an answer.
    pub fn open(&self) -> usize {
        self.rows.iter().filter(|row| row.is_open).count()
    }
    /// How many this person has marked as seen.
    pub fn seen(&self) -> usize {
        self.rows.iter().filter(|row| row.is_seen).count()
    }
    /// What all its rules show, for the mark that it was seen.
    pub fn sight(&self) -> Digest {
        super::seen::shown(self.rows.iter().map(|row| row.sight))
    }
}

/// Takes rules that were changed alike and have the same verdict out into groups of two and more. Those left come
/// first in the answer, both in the order given.
pub(super) async fn grouped<'a>(
    context: &ReviewContext<'a>,
    mut rows: Vec<StakeRow<'a>>,
) -> Result<(Vec<StakeRow<'a>>, Vec<Group<'a>>), AppError> {
    if rows.len() > ALIKE_MAX {
        return Ok((rows, Vec::new()));
    }
    let edits = edits_of(context, &mut rows).await?;
    let mut groups = Vec::new();
    let mut kept: Vec<Option<StakeRow>> = rows.into_iter().map(Some).collect();
    let verdicts: BTreeSet<Verdict> = kept.iter().flatten().map(|row| row.rule.verdict).collect();
    for verdict in verdicts {
        let members: Vec<usize> = (0..kept.len())
            .filter(|&i| {
                kept[i]
                    .as_ref()
                    .is_some_and(|row| row.rule.verdict == verdict)
            })
            .filter(|&i| !edits[i].edits.is_empty())
            .collect();
        let of_verdict: Vec<&BTreeSet<Edit>> = members.iter().map(|&i| &edits[i].edits).collect();
        for alike in same_edits::groups(&of_verdict) {
            if alike.len() > 1 {
                let widest = alike.iter().flat_map(|&i| of_verdict[i]).collect();
                let rows = alike.iter().filter_map(|&i| kept[members[i]].take());
                groups.push(group(widest, rows.collect()));
            }
        }
    }
    groups.sort_by_cached_key(Group::key);
    Ok((kept.into_iter().flatten().collect(), groups))
}

fn group<'a>(widest: BTreeSet<&Edit>, rows: Vec<StakeRow<'a>>) -> Group<'a> {
    Group {
        id: String::new(),
        more_edits: widest.len().saturating_sub(EDITS_SHOWN),
        edits: widest
            .into_iter()
            .take(EDITS_SHOWN)
            .map(edit_words)
            .collect(),
        is_open: false,
        is_whole: rows.len() <= ROWS_SHOWN,
        rows,
    }
}

/// What the hotfix did to each rule; the rows are told how many lines that is.
async fn edits_of(
    context: &ReviewContext<'_>,
    rows: &mut [StakeRow<'_>],
) -> Result<Vec<Arc<RuleEdits>>, AppError> {
    let none = |row: &StakeRow| Change {
        path: row.rule.path.clone(),
        from: None,
        to: None,
    };
    let changes: Vec<Change> = rows
        .iter()
        .map(|row| row.change.cloned().unwrap_or_else(|| none(row)))
        .collect();
    let edits = context.portal.app.edits(&changes).await?;
    for ((row, change), edits) in rows.iter_mut().zip(&changes).zip(&edits) {
        let lines = format::count(edits.lines, "line", "lines");
        row.lines = match (change.from, change.to) {
            (None, Some(_)) => format!("new rule, {lines}"),
            (Some(_), None) => format!("rule removed, {lines}"),
            _ => format!("{lines} changed"),
        };
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
    let pieces = rulegate_compare::diff::segments(text.trim_ascii(), &[], WORD_MAX * 4);
    let text: String = pieces.into_iter().map(|piece| piece.text).collect();
    match text.char_indices().nth(WORD_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
