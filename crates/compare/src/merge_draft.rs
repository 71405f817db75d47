//! The draft that a sent-back hotfix comes with: planned with the hotfix merged in where that is clean. It is a
//! starting point for the author. Nobody stores it, and nothing applies it by itself.

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
#[allow(missing_docs)]
pub struct Sources<'a> {
    pub path: &'a str,
    pub baseline: Option<&'a [u8]>,
    pub hotfix: Option<&'a [u8]>,
    pub planned: Planned<'a>,
    /// The verdict said that planned contains the change.
    pub is_contained: bool,
    /// The single changes that the verdict tells apart; may be empty.
    pub units: &'a [Unit],
}

/// Where planned has the rule's content.
#[derive(Debug, Clone, Copy)]
pub enum Planned<'a> {
    /// Under this path.
    At(&'a str, &'a [u8]),
    /// Nowhere.
    Nowhere,
    /// In several other rules.
    Spread,
}

impl DraftRule {
    /// Where the rule stands in the draft.
    pub fn at(&self) -> &str {
        self.moved_to.as_deref().unwrap_or(&self.path)
    }
}

/// Merges one rule of the hotfix into planned.
pub fn draft_rule(sources: &Sources<'_>) -> DraftRule {
    let (moved_to, planned) = match sources.planned {
        Planned::At(path, bytes) => ((path != sources.path).then(|| path.to_owned()), Some(bytes)),
        Planned::Nowhere | Planned::Spread => (None, None),
    };
    let mut rule = DraftRule {
        path: sources.path.to_owned(),
        moved_to,
        outcome: Outcome::Left,
        planned: planned.map(<[u8]>::to_vec),
        draft: planned.map(<[u8]>::to_vec),
        conflicts: Vec::new(),
        passed_over: 0,
        why: "",
    };
    if sources.is_contained || planned == sources.hotfix && !sources.is_spread() {
        rule.outcome = Outcome::Contained;
        return rule;
    }
    match (sources.baseline, sources.hotfix, planned) {
        _ if sources.is_spread() => rule.why = "its content stands in several rules of planned",
        (None, Some(hotfix), None) => {
            rule.draft = Some(hotfix.to_vec());
            rule.outcome = Outcome::Merged { places: 1 };
        }
        (None, Some(_), Some(_)) => {
            rule.why = "the hotfix added it, and planned has another text there";
        }
        (Some(baseline), None, Some(planned)) if baseline == planned => {
            rule.draft = None;
            rule.outcome = Outcome::Merged { places: 1 };
        }
        (_, None, _) => rule.why = "the hotfix took it out, and planned changed it",
        (Some(_), Some(_), None) => rule.why = "planned has no such rule any more",
        (Some(baseline), Some(hotfix), Some(planned)) => {
            let merged = merge(baseline, hotfix, planned);
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

impl Sources<'_> {
    fn is_spread(&self) -> bool {
        matches!(self.planned, Planned::Spread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(baseline: Option<&str>, hotfix: Option<&str>, planned: Option<&str>) -> DraftRule {
        draft_rule(&Sources {
            path: "a.conf",
            baseline: baseline.map(str::as_bytes),
            hotfix: hotfix.map(str::as_bytes),
            planned: planned.map_or(Planned::Nowhere, |text| {
                Planned::At("a.conf", text.as_bytes())
            }),
            is_contained: false,
            units: &[],
        })
    }

    #[test]
    fn what_is_clean_is_put_in_and_the_rest_stays() {
        let added = rule(None, Some("x\n"), None);
        assert_eq!(added.draft.as_deref(), Some(&b"x\n"[..]));
        let removed = rule(Some("x\n"), None, Some("x\n"));
        assert_eq!(
            (removed.draft, removed.outcome),
            (None, Outcome::Merged { places: 1 })
        );
        let merged = rule(Some("a\nb\nc\n"), Some("A\nb\nc\n"), Some("a\nb\nC\n"));
        assert_eq!(merged.draft.as_deref(), Some(&b"A\nb\nC\n"[..]));
        for (baseline, hotfix, planned) in [
            (None, Some("x\n"), Some("y\n")),
            (Some("x\n"), None, Some("y\n")),
            (Some("x\n"), Some("y\n"), None),
            (Some("x\n"), Some("y\n"), Some("z\n")),
        ] {
            let left = rule(baseline, hotfix, planned);
            assert_eq!(left.outcome, Outcome::Left);
            assert_eq!(left.draft, left.planned, "planned stays");
            assert!(!left.why.is_empty() || left.conflicts.len() == 1);
        }
        let gone = rule(Some("x\n"), None, None);
        assert_eq!(gone.outcome, Outcome::Contained);
    }

    #[test]
    fn a_version_mark_that_both_sides_changed_is_nobodys_work() {
        let unit = |lines| Unit {
            what: "limit".into(),
            verdict: super::super::verdict::Verdict::Overridden,
            base: Some(lines),
            hotfix: Some(lines),
            planned: None,
        };
        let check = |lines: (u32, u32), conflicts, passed_over| {
            let rule = draft_rule(&Sources {
                path: "a.conf",
                baseline: Some(b"ver 1\na\nlimit 1\n"),
                hotfix: Some(b"ver 2\na\nlimit 2\n"),
                planned: Planned::At("a.conf", b"ver 3\na\nlimit 3\n"),
                is_contained: false,
                units: &[unit(lines)],
            });
            assert_eq!(
                (rule.conflicts.len(), rule.passed_over),
                (conflicts, passed_over)
            );
        };
        check((3, 3), 1, 1);
        check((1, 3), 2, 0);
    }
}
