//! The draft that a sent-back hotfix comes with: planned with the hotfix merged in where that is clean. It is a
//! starting point for the author. Nobody stores it, and nothing applies it by itself.
//!
//! ```text
//! base     | hotfix   | planned
//! limit 10 | limit 20 | limit 10    draft: limit 20
//! deny any | deny any | deny any
//! log off  | log off  | log on      draft: log on
//! ```

use crate::ThreeWay;
use crate::merge::{Conflict, merge};
use crate::verdict::Unit;

/// What became of one rule of the hotfix in the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Planned contains the change already: left as planned has it.
    Contained,
    /// Put in, whole or at this many places.
    Merged {
        /// Places, from the baseline's view.
        places: usize,
    },
    /// Put in at some places; at the others planned changed the same lines and stays.
    Partly {
        /// Places put in.
        places: usize,
    },
    /// Nothing could be put in: left as planned has it.
    Left,
}

/// One rule of the hotfix in the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRule {
    /// The rule as the hotfix names it.
    pub path: String,
    /// Where it stands in planned and in the draft, if that is another path.
    pub moved_to: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Its bytes in planned; none if planned has no such rule.
    pub planned: Option<Vec<u8>>,
    /// Its bytes in the draft; none if the draft has no such rule.
    pub draft: Option<Vec<u8>>,
    /// Places where planned changed the same lines another way.
    pub conflicts: Vec<Conflict>,
    /// More such places, where by the verdict nothing of the hotfix is missing: version marks, mostly.
    pub passed_over: usize,
    /// Why nothing could be put in, where no single place is to blame; else empty.
    pub why: &'static str,
}

/// One rule of the hotfix with its texts.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The rule as the hotfix names it.
    pub path: &'a str,
    /// Where planned has, or would have, its content; none if several rules of planned have it.
    pub place: Option<&'a str>,
    /// Its texts, planned's from that place; none where there is no such rule.
    pub texts: ThreeWay<Option<&'a [u8]>>,
    /// The verdict said that planned contains the change.
    pub is_contained: bool,
    /// The single changes that the verdict tells apart; may be empty.
    pub units: &'a [Unit],
}

impl DraftRule {
    /// Where the rule stands in the draft.
    pub fn at(&self) -> &str {
        self.moved_to.as_deref().unwrap_or(&self.path)
    }
}

/// Merges one rule of the hotfix into planned.
pub fn draft_rule(sources: &Sources<'_>) -> DraftRule {
    let texts = sources.texts;
    let moved_to = sources.place.filter(|place| *place != sources.path);
    let mut rule = DraftRule {
        path: sources.path.to_owned(),
        moved_to: moved_to
            .filter(|_| texts.planned.is_some())
            .map(str::to_owned),
        outcome: Outcome::Left,
        planned: texts.planned.map(<[u8]>::to_vec),
        draft: texts.planned.map(<[u8]>::to_vec),
        conflicts: Vec::new(),
        passed_over: 0,
        why: "",
    };
    let is_spread = sources.place.is_none();
    if sources.is_contained || texts.planned == texts.hotfix && !is_spread {
        rule.outcome = Outcome::Contained;
        return rule;
    }
    match (texts.base, texts.hotfix, texts.planned) {
        _ if is_spread => rule.why = "its content stands in several rules of planned",
        (None, Some(hotfix), None) => {
            rule.draft = Some(hotfix.to_vec());
            rule.outcome = Outcome::Merged { places: 1 };
        }
        (None, Some(_), Some(_)) => {
            rule.why = "the hotfix added it, and planned has another text there";
        }
        (Some(base), None, Some(planned)) if base == planned => {
            rule.draft = None;
            rule.outcome = Outcome::Merged { places: 1 };
        }
        (_, None, _) => rule.why = "the hotfix took it out, and planned changed it",
        (Some(_), Some(_), None) => rule.why = "planned has no such rule any more",
        (Some(base), Some(hotfix), Some(planned)) => {
            let merged = merge(ThreeWay {
                base,
                hotfix,
                planned,
            });
            let all = merged.conflicts.len();
            rule.conflicts = missing(merged.conflicts, sources.units);
            rule.passed_over = all - rule.conflicts.len();
            rule.outcome = match (merged.taken, rule.conflicts.len()) {
                (0, 0) => Outcome::Contained,
                (0, _) => Outcome::Left,
                (places, 0) => Outcome::Merged { places },
                (places, _) => Outcome::Partly { places },
            };
            rule.draft = Some(merged.bytes);
        }
    }
    rule
}

/// The conflicts at single changes that planned does not contain; all of them if the verdict names no lines.
fn missing(conflicts: Vec<Conflict>, units: &[Unit]) -> Vec<Conflict> {
    let lost: Vec<&Unit> = units
        .iter()
        .filter(|unit| !unit.verdict.is_contained())
        .filter(|unit| unit.base.is_some() || unit.hotfix.is_some())
        .collect();
    if lost.is_empty() {
        return conflicts;
    }
    // A unit's lines count from 1, a conflict's from 0.
    let meets = |span: Option<(u32, u32)>, lines: &std::ops::Range<u32>| {
        span.is_some_and(|(first, last)| first <= lines.end && last > lines.start)
    };
    let is_missing = |conflict: &Conflict| {
        lost.iter()
            .any(|unit| meets(unit.base, &conflict.base) || meets(unit.hotfix, &conflict.hotfix))
    };
    conflicts.into_iter().filter(is_missing).collect()
}
