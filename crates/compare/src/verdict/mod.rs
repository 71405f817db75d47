//! Does the planned version contain the hotfix? A pure function of three snapshots' bytes.
//!
//! ```text
//! base              | hotfix            | planned
//! - alert: HighLoad | - alert: HighLoad | - alert: HighLoad
//!   expr: load > 5  |   expr: load > 8  |   expr: load > 8     included: what the hotfix did is there,
//!   for: 5m         |   for: 5m         |   for: 10m           whatever else planned changed
//! ```
//!
//! A verdict never says *included* when it is not: whatever cannot be told is `CannotTell`,
//! which counts as not included everywhere.

mod candidate;
mod combine;
mod compare;
mod conditions;
mod counted;
mod doc;
mod edits;
mod facts;
mod format;
mod json;
mod limits;
mod locate;
mod marker;
mod order;
mod pairing;
mod pieces;
mod places;
mod precedence;
pub(super) mod reading;
mod rule;
mod runs;
mod sentences;
mod switched_off;
mod syntax;
mod text;
mod toml;
mod tree;
mod weakened;
mod words;
mod xml;
mod yaml;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ThreeWay;

pub use limits::Limits;
use locate::Elsewhere;
pub use rulegate_ledger::verdict::Verdict;

/// A snapshot's contents: rule path to bytes, sorted bytewise by path, each path once.
pub type Texts<'a> = BTreeMap<&'a str, &'a [u8]>;

/// First and last line, counted from 1; `None` where the text has nothing there.
pub type Span = Option<(u32, u32)>;

/// One single change of the hotfix inside a rule, with its own verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// The change in words and names a reviewer recognises, e.g. `rule 942361: t:replaceComments added`.
    pub what: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Lines in the baseline.
    pub base: Span,
    /// Lines in the hotfix.
    pub hotfix: Span,
    /// Lines in planned.
    pub planned: Span,
}

/// The verdict on one rule that the hotfix changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleVerdict {
    /// The rule's path in baseline or hotfix.
    pub path: String,
    /// The verdict over all its units.
    pub verdict: Verdict,
    /// Where the content lives in planned when not (only) under `path`.
    pub planned_paths: Vec<String>,
    /// The single changes, in the order of the hotfix text.
    pub units: Vec<Unit>,
    /// One sentence with the evidence.
    pub why: String,
}

/// Judges every rule that differs between base and hotfix, by path, each once;
/// empty means the hotfix changed nothing. Within [`Limits::default`].
pub fn verdict(texts: &ThreeWay<Texts>) -> Vec<RuleVerdict> {
    verdict_within(texts, &Limits::default())
}

/// As [`verdict`], within the given limits.
pub fn verdict_within(texts: &ThreeWay<Texts>, limits: &Limits) -> Vec<RuleVerdict> {
    let ThreeWay {
        base,
        hotfix,
        planned,
    } = texts;
    let elsewhere = Elsewhere::new(base, hotfix, planned, limits);
    differing(base, hotfix)
        .into_iter()
        .map(|path| {
            rule::judge(
                path,
                base.get(path).copied(),
                hotfix.get(path).copied(),
                planned,
                &elsewhere,
                limits,
            )
        })
        .collect()
}

/// Paths under which two snapshots do not hold the same bytes, in order, in one walk over both.
fn differing<'a>(left: &Texts<'a>, right: &Texts<'a>) -> Vec<&'a str> {
    let mut rights = right.iter().peekable();
    let mut paths = Vec::new();
    for (path, text) in left {
        while let Some((added, _)) = rights.next_if(|(other, _)| *other < path) {
            paths.push(*added);
        }
        let there = rights.next_if(|(other, _)| *other == path);
        // Texts of unchanged rules are often in one place, and need not be read.
        if !there.is_some_and(|(_, there)| std::ptr::eq(*text, *there) || text == there) {
            paths.push(*path);
        }
    }
    paths.extend(rights.map(|(added, _)| *added));
    paths
}
