//! Three texts side by side: what was planned before, what the hotfix made of it, what would go live.

mod align;
mod gaps;

use self::align::Aligner;
use self::gaps::with_gaps;
use super::diff_view::Sided;
use rulegate_compare::diff::{TextDiff, Units};
use rulegate_compare::verdict::RuleVerdict;

/// Lines of three texts together that a page lays out; beyond this two comparisons are easier to read.
pub const LINES_MAX: usize = 60_000;

/// The rows, and what of the hotfix they show.
#[derive(Debug, Clone, Default)]
pub struct ThreeWay {
    /// Rows of three cells: base, hotfix, planned.
    pub rows: Vec<Sided>,
    /// Lines of the hotfix that planned lacks.
    pub lost: usize,
}

/// Aligns hotfix and planned on base. Rows more than three away from what the hotfix did are hidden and counted,
/// unless `whole`. `verdict` may know that a change stands in planned in another form: then nothing is marked lost.
/// `None`: the texts are too large for one page.
pub fn three_way(
    base: &[u8],
    hotfix: &[u8],
    planned: &[u8],
    verdict: Option<&RuleVerdict>,
    whole: bool,
) -> Option<ThreeWay> {
    let (ours, theirs) = (TextDiff::new(base, hotfix), TextDiff::new(base, planned));
    let total = ours.old_text().len() + ours.new_text().len() + theirs.new_text().len();
    if total as usize > LINES_MAX {
        return None;
    }
    let (lines, lost) = Aligner::new(&ours, &theirs, verdict).align();
    let units = Units::of(ours.old_text());
    let rows = with_gaps(lines, whole, &|number| units.name_at(number));
    Some(ThreeWay { rows, lost })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulegate_compare::at_stake::not_lost;
    use rulegate_compare::verdict::{Unit, Verdict};

    fn check(base: &str, hotfix: &str, planned: &str, expected: &[&str]) {
        let view = three_way(
            base.as_bytes(),
            hotfix.as_bytes(),
            planned.as_bytes(),
            None,
            false,
        )
        .unwrap();
        let rows: Vec<String> = view
            .rows
            .iter()
            .map(|row| match row.kind {
                "gap" => row.note.clone(),
                _ => row
                    .cells
                    .iter()
                    .map(|cell| cell.kind)
                    .collect::<Vec<_>>()
                    .join(" "),
            })
            .collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_hotfix_line_is_kept_or_gone() {
        check(
            "a\nb\n",
            "a\nB\n",
            "a\nb\n",
            &["same same same", "hotdel hot gone"],
        );
        check(
            "a\nb\n",
            "a\nB\n",
            "a\nB\n",
            &["same same same", "hotdel hot kept"],
        );
        check(
            "a\nb\n",
            "a\nb\nc\n",
            "a\nb\nc\n",
            &["same same same", "same same same", "void hot kept"],
        );
        check(
            "a\nb\n",
            "a\nb\nc\n",
            "a\nb\n",
            &["same same same", "same same same", "void hot gone"],
        );
        check(
            "a\nb\n",
            "a\n",
            "a\nb\n",
            &["same same same", "hotdel void gone"],
        );
        check(
            "a\nb\n",
            "a\n",
            "a\n",
            &["same same same", "hotdel void void"],
        );
    }

    #[test]
    fn what_planned_alone_did_far_away_is_hidden_and_counted() {
        let base = "1\n2\n3\n4\n5\n6\n7\n8\n9\nx\n";
        check(
            base,
            &base.replace("x", "X"),
            &base.replace("1", "one"),
            &[
                "6 lines that the hotfix left alone, 1 changed by the planned version",
                "same same same",
                "same same same",
                "same same same",
                "hotdel hot gone",
            ],
        );
    }

    #[test]
    fn a_version_mark_in_a_rule_at_stake_is_not_painted_as_lost() {
        let base = "# ver 4.0\nrule\n  ver 4.0\n  limit=1\n";
        let hotfix = "# ver 4.1\nrule\n  ver 4.1\n  limit=2\n";
        let planned = "# ver 5.0\nrule\n  ver 5.0\n  limit=3\n";
        let verdict = |what: &str| RuleVerdict {
            path: "a.conf".into(),
            verdict: Verdict::Conflicting,
            planned_paths: Vec::new(),
            units: vec![Unit {
                what: what.into(),
                verdict: Verdict::Conflicting,
                base: Some((2, 4)),
                hotfix: Some((2, 4)),
                planned: Some((2, 4)),
            }],
            why: String::new(),
        };
        let kinds = |what: &str| -> (Vec<&'static str>, usize) {
            let [a, b, c] = [base, hotfix, planned].map(str::as_bytes);
            let view = three_way(a, b, c, Some(&verdict(what)), true).unwrap();
            let kinds = view.rows.iter().map(|row| row.cells[2].kind).collect();
            (kinds, view.lost)
        };
        let limit_alone = kinds("limit=1 became limit=2");
        assert_eq!(limit_alone, (vec!["add", "same", "add", "gone"], 1));
        // A change that speaks of the mark itself is about the mark.
        let both = kinds("ver 4.0 became 4.1, limit=1 became limit=2");
        assert_eq!(both, (vec!["add", "same", "gone", "gone"], 2));
        let [a, b] = [base, hotfix].map(str::as_bytes);
        assert_eq!(
            not_lost(a, b, &verdict("limit=1 became limit=2")),
            [1, 3].into()
        );
        // Nor is it painted as contained where the rule is: the numbers are not the hotfix's.
        let mut contained = verdict("limit=1 became limit=2");
        contained.verdict = Verdict::Included;
        contained.units[0].verdict = Verdict::Included;
        let planned = planned.replace("limit=3", "limit=2");
        let view = three_way(a, b, planned.as_bytes(), Some(&contained), true).unwrap();
        let kinds: Vec<_> = view.rows.iter().map(|row| row.cells[2].kind).collect();
        assert_eq!(kinds, ["add", "same", "add", "kept"]);
        let included = RuleVerdict {
            verdict: Verdict::Included,
            units: Vec::new(),
            ..verdict("")
        };
        assert_eq!(not_lost(a, b, &included), [1, 3, 4].into());
    }
}
