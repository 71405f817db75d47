//! One comparison with base, by base line.

use std::collections::BTreeMap;

use crate::diff::{self, Options, SideRow, TextDiff, Window};

/// One comparison with base, by base line.
pub struct Side {
    /// What faces each base line: nothing, or a line with its kind.
    pub facing: Vec<Option<diff::Cell>>,
    /// How base itself is painted against this side.
    pub base: Vec<Option<diff::Cell>>,
    /// Lines without a base line, by the base line before which they stand.
    pub between: BTreeMap<usize, Vec<diff::Cell>>,
}

impl Side {
    /// Lays a comparison with base out by base line.
    pub fn of(diff: &TextDiff<'_>) -> Side {
        let options = Options {
            context: u32::MAX,
            window: Window::ALL,
            ..Options::default()
        };
        let count = diff.old_text().len() as usize;
        let mut side = Side {
            facing: vec![None; count],
            base: vec![None; count],
            between: BTreeMap::new(),
        };
        let mut next = 0;
        for row in diff.side_by_side(&options).rows {
            match row {
                SideRow::Lines {
                    old: Some(old),
                    new,
                } => {
                    let index = old.number as usize - 1;
                    side.facing[index] = new;
                    side.base[index] = Some(old);
                    next = index + 1;
                }
                SideRow::Lines {
                    old: None,
                    new: Some(new),
                } => {
                    side.between.entry(next).or_default().push(new);
                }
                // With nothing changed at all there is one gap, whatever the context.
                SideRow::Gap(gap) => {
                    let hidden = u32::try_from(gap.hidden).unwrap_or(u32::MAX);
                    for line in diff.gap_lines(gap.old, gap.new, hidden, &options) {
                        let (Some(old), Some(new)) = (line.old, line.new) else {
                            continue;
                        };
                        let cell = |number| diff::Cell {
                            kind: line.kind,
                            number,
                            segments: line.segments.clone(),
                            hotfix: line.hotfix,
                        };
                        let index = old as usize - 1;
                        side.facing[index] = Some(cell(new));
                        side.base[index] = Some(cell(old));
                        next = index + 1;
                    }
                }
                SideRow::Lines { .. } => {}
            }
        }
        side
    }
}
