//! Which rules were changed in the same way, so that a person can answer for them together: a new version
//! number in thirty files is one thought, not thirty.
//!
//! ```text
//! base            | hotfix          | planned
//! a.conf: ver.4   | a.conf: ver.5   | a.conf: ver.9
//! b.conf: ver.4   | b.conf: ver.5   | b.conf: ver.9      changed alike as a.conf: one answer for both
//! c.conf: limit 1 | c.conf: limit 2 | c.conf: limit 1    another edit: a group of its own
//! ```

use std::collections::BTreeSet;

use crate::diff::TextDiff;

/// One kind of edit: a word that became another, or a whole line that came or went.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Edit {
    Word { from: String, to: String },
    LineOut(Vec<u8>),
    LineIn(Vec<u8>),
}

impl Edit {
    /// Bytes of the words or the line that it names.
    pub fn size_bytes(&self) -> usize {
        match self {
            Edit::Word { from, to } => from.len() + to.len(),
            Edit::LineOut(line) | Edit::LineIn(line) => line.len(),
        }
    }
}

/// Everything that was done to a text, each kind once; empty means nothing was.
///
/// A changed line counts as words that became others only if the rest of it is the same byte for byte;
/// otherwise it counts as a line out and a line in. So texts with equal edits differ in no other way.
pub fn edits(diff: &TextDiff<'_>) -> BTreeSet<Edit> {
    let (old, new) = (diff.old_text(), diff.new_text());
    let mut edits = BTreeSet::new();
    for change in diff.changes() {
        let paired = change.old.len() == change.new.len();
        let words: Option<Vec<Edit>> = paired
            .then(|| {
                change
                    .old
                    .clone()
                    .zip(change.new.clone())
                    .map(|(o, n)| words_changed(old.line(o), new.line(n)))
                    .collect::<Option<Vec<_>>>()
            })
            .flatten()
            .map(|lines| lines.into_iter().flatten().collect());
        match words {
            Some(words) => edits.extend(words),
            None => {
                let out = change
                    .old
                    .clone()
                    .map(|i| Edit::LineOut(old.line(i).to_vec()));
                let into = change
                    .new
                    .clone()
                    .map(|i| Edit::LineIn(new.line(i).to_vec()));
                edits.extend(out.chain(into));
            }
        }
    }
    edits
}

/// Splits rules, each with its edits, into groups: rules whose edits are all among those of the group's widest
/// rule. Indices into `rules`; each once; the largest group first, then in order of the first index.
pub fn groups<S: std::borrow::Borrow<BTreeSet<Edit>>>(rules: &[S]) -> Vec<Vec<usize>> {
    let rules: Vec<&BTreeSet<Edit>> = rules.iter().map(|rule| rule.borrow()).collect();
    let mut widest_first: Vec<usize> = (0..rules.len()).collect();
    widest_first.sort_by_key(|&index| (std::cmp::Reverse(rules[index].len()), index));
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    for index in widest_first {
        let edits = rules[index];
        // Whole lines are not small enough an edit to be one among others.
        let small = edits.iter().all(|edit| matches!(edit, Edit::Word { .. }));
        let home = groups.iter_mut().find(|(widest, _)| {
            rules[*widest] == edits
                || (small
                    && edits.is_subset(rules[*widest])
                    && rules[*widest]
                        .iter()
                        .all(|e| matches!(e, Edit::Word { .. })))
        });
        match home {
            Some((_, members)) => members.push(index),
            None => groups.push((index, vec![index])),
        }
    }
    let mut groups: Vec<Vec<usize>> = groups.into_iter().map(|(_, members)| members).collect();
    for group in &mut groups {
        group.sort_unstable();
    }
    groups.sort_by_key(|group| (std::cmp::Reverse(group.len()), group[0]));
    groups
}

/// The words that differ between two lines that are otherwise the same; `None` if more differs.
fn words_changed(old: &[u8], new: &[u8]) -> Option<Vec<Edit>> {
    let (old, new) = (
        std::str::from_utf8(old).ok()?,
        std::str::from_utf8(new).ok()?,
    );
    let (old, new) = (pieces(old), pieces(new));
    if old.len() != new.len() {
        return None;
    }
    let mut edits = Vec::new();
    for (from, to) in old.into_iter().zip(new) {
        if from == to {
            continue;
        }
        if from.chars().any(is_border) || to.chars().any(is_border) {
            return None;
        }
        edits.push(Edit::Word {
            from: from.to_owned(),
            to: to.to_owned(),
        });
    }
    Some(edits)
}

fn is_border(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            ',' | '\'' | '"' | ';' | '(' | ')' | '[' | ']' | '{' | '}'
        )
}

/// Words, and each character between words for itself.
fn pieces(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, c) in line.char_indices().filter(|(_, c)| is_border(*c)) {
        if at > start {
            pieces.push(&line[start..at]);
        }
        start = at + c.len_utf8();
        pieces.push(&line[at..start]);
    }
    if start < line.len() {
        pieces.push(&line[start..]);
    }
    pieces
}
