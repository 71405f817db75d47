//! Which lines of a hotfix are at stake: what the verdict says of single changes, brought down to lines, so that no
//! diff paints as lost what the verdict found.
//!
//! ```text
//! base     | hotfix   | planned
//! ver:1    | ver:2    | ver:9       not lost: a mark that the verdict passes over
//! limit:10 | limit:20 | limit:20    not lost: planned has it
//! ttl:60   | ttl:30   | ttl:60      lost
//! ```

mod contained;
mod side;

use std::collections::BTreeSet;

pub use contained::Contained;
pub use side::Side;

use crate::diff::{Kind, TextDiff};
use crate::verdict::RuleVerdict;

/// Lines that the hotfix wrote and of which, by the verdict, nothing is lost: planned has them in some form, or they
/// hold a mark (a version number, a date) that the verdict passes over.
pub fn not_lost(base: &[u8], hotfix: &[u8], verdict: &RuleVerdict) -> BTreeSet<u32> {
    let ours = TextDiff::new(base, hotfix);
    let side = Side::of(&ours);
    let mut contained = Contained::of(Some(verdict));
    contained.learn(&ours, &side);
    let mut kept = BTreeSet::new();
    for (index, cell) in side.facing.iter().enumerate() {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let changed = cell.as_ref().filter(|cell| cell.kind != Kind::Equal);
        let Some(cell) = changed else { continue };
        let has = contained.has(Some(number), Some(cell.number));
        if has || contained.passes_over(&ours, number, cell) {
            kept.insert(cell.number);
        }
    }
    let added = side.between.values().flatten().map(|cell| cell.number);
    kept.extend(added.filter(|&number| contained.has(None, Some(number))));
    kept
}
