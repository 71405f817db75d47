//! The draft that a sent-back hotfix comes with: planned with the hotfix merged in where that is clean. It is a
//! starting point for the author. Nobody stores it, and nothing applies it by itself.

use super::merge::{Conflict, merge};

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
            rule.outcome = match (merged.taken, merged.conflicts.len()) {
                (0, 0) => Outcome::Contained,
                (0, _) => Outcome::Left,
                (places, 0) => Outcome::Merged { places },
                (places, _) => Outcome::Partly { places },
            };
            rule.draft = Some(merged.bytes);
            rule.conflicts = merged.conflicts;
        }
    }
    rule
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
}
