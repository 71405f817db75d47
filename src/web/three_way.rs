//! Three texts side by side: what was planned before, what the hotfix made of it, what would go live.

mod align;
mod gaps;

use self::align::Aligner;
use self::gaps::with_gaps;
use super::diff_view::Sided;
use rulegate_compare::ThreeWay;
use rulegate_compare::diff::{TextDiff, Units};
use rulegate_compare::verdict::RuleVerdict;

/// Lines of three texts together that a page lays out; beyond this two comparisons are easier to read.
pub const LINES_MAX: usize = 60_000;

/// The rows, and what of the hotfix they show.
#[derive(Debug, Clone, Default)]
pub struct ThreeColumns {
    /// Rows of three cells: base, hotfix, planned.
    pub rows: Vec<Sided>,
    /// Lines of the hotfix that planned lacks.
    pub lost: usize,
}

/// Aligns hotfix and planned on base. Rows more than three away from what the hotfix did are hidden and counted,
/// unless `whole`. `verdict` may know that a change stands in planned in another form: then nothing is marked lost.
/// `None`: the texts are too large for one page.
pub fn three_way(
    texts: ThreeWay<&[u8]>,
    verdict: Option<&RuleVerdict>,
    whole: bool,
) -> Option<ThreeColumns> {
    let ours = TextDiff::new(texts.base, texts.hotfix);
    let theirs = TextDiff::new(texts.base, texts.planned);
    let total = ours.old_text().len() + ours.new_text().len() + theirs.new_text().len();
    if total as usize > LINES_MAX {
        return None;
    }
    let (lines, lost) = Aligner::new(&ours, &theirs, verdict).align();
    let units = Units::of(ours.old_text());
    let rows = with_gaps(lines, whole, &|number| units.name_at(number));
    Some(ThreeColumns { rows, lost })
}
