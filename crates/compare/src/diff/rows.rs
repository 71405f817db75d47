//! A comparison as rows for a page, an API answer or a terminal.

use std::collections::HashMap;
use std::ops::Range;

use super::page::{Cell, Gap, Line, Options, Page, Row, SideRow};
use super::segment::{Segment, segments};
use super::steps::{Hidden, Layout, Step, steps};
use super::text::{Text, split_end};
use super::text_diff::{Kind, TextDiff};
use super::unit::Units;
use super::words::{Marks, PAGE_WORK_MAX, word_marks_within};

impl TextDiff<'_> {
    /// The unified view: removed lines, then added lines, of one change after another.
    pub fn unified(&self, options: &Options<'_>) -> Page<Row> {
        self.page(options, Layout::Unified, |painter, step| match step {
            Step::Gap(gap) => Row::Gap(painter.gap(gap)),
            Step::Equal { old, new } => Row::Line(painter.equal(old, new)),
            Step::Changed { old, new, pair } => Row::Line(match new {
                None => Line {
                    kind: Kind::Removed,
                    old: old.map(|old| old + 1),
                    new,
                    segments: old.map_or_else(Vec::new, |old| painter.old_line(old, pair)),
                    hotfix: old.is_some_and(|old| painter.is_old_hotfix(old)),
                },
                Some(new) => Line {
                    kind: Kind::Added,
                    old: None,
                    new: Some(new + 1),
                    segments: painter.new_line(pair, new),
                    hotfix: painter.is_new_hotfix(new),
                },
            }),
        })
    }

    /// The side-by-side view: a removed line faces the added line that it became.
    pub fn side_by_side(&self, options: &Options<'_>) -> Page<SideRow> {
        self.page(options, Layout::SideBySide, |painter, step| match step {
            Step::Gap(gap) => SideRow::Gap(painter.gap(gap)),
            Step::Equal { old, new } => {
                let segments = painter.paint(self.new_text(), new, &[], false);
                let cell = |index: u32, hotfix, segments| Cell {
                    kind: Kind::Equal,
                    number: index + 1,
                    segments,
                    hotfix,
                };
                SideRow::Lines {
                    old: Some(cell(old, painter.is_old_hotfix(old), segments.clone())),
                    new: Some(cell(new, painter.is_new_hotfix(new), segments)),
                }
            }
            Step::Changed { old, new, pair } => {
                // facing lines that are no pair have no words in common worth marking
                let paired = pair.is_some();
                SideRow::Lines {
                    old: old.map(|old| Cell {
                        kind: Kind::Removed,
                        number: old + 1,
                        segments: painter.old_line(old, new.filter(|_| paired)),
                        hotfix: painter.is_old_hotfix(old),
                    }),
                    new: new.map(|new| Cell {
                        kind: Kind::Added,
                        number: new + 1,
                        segments: painter.new_line(old.filter(|_| paired), new),
                        hotfix: painter.is_new_hotfix(new),
                    }),
                }
            }
        })
    }

    fn page<R>(
        &self,
        options: &Options<'_>,
        layout: Layout,
        mut row: impl FnMut(&mut Painter<'_, '_>, Step) -> R,
    ) -> Page<R> {
        let plan = steps(self, options, layout);
        let mut painter = Painter::new(self, options);
        let rows = plan.steps.into_iter().map(|step| row(&mut painter, step));
        Page {
            rows: rows.collect(),
            before: plan.before,
            after: plan.after,
            coarse: self.is_coarse(),
        }
    }

    /// Equal lines of a gap, shown on demand: `count` lines from the numbers (from 1) on that the gap
    /// gives. Lines beyond the end are left out.
    pub fn gap_lines(&self, old: u32, new: u32, count: u32, options: &Options<'_>) -> Vec<Line> {
        let painter = Painter::new(self, options);
        let (old, new) = (old.saturating_sub(1), new.saturating_sub(1));
        let count = count
            .min(self.old_text().len().saturating_sub(old))
            .min(self.new_text().len().saturating_sub(new));
        (0..count)
            .map(|offset| (old + offset, new + offset))
            .filter(|&(old, new)| self.old_text().line(old) == self.new_text().line(new))
            .map(|(old, new)| painter.equal(old, new))
            .collect()
    }
}

/// Parts of one text, with gaps between: the columns of a three-way view. `spans` are first and last
/// line, from 1, in any order; `options.context` lines are shown around each, and `options.highlight.new`
/// points lines out. Kinds are all equal; numbers are on both sides the text's own.
pub fn excerpt(text: &Text<'_>, spans: &[(u32, u32)], options: &Options<'_>) -> Vec<Row> {
    let mut wanted: Vec<Range<u32>> = spans
        .iter()
        .map(|&(first, last)| {
            let from = first
                .saturating_sub(1)
                .saturating_sub(options.context)
                .min(text.len());
            from..last.saturating_add(options.context).min(text.len())
        })
        .filter(|range| !range.is_empty())
        .collect();
    wanted.sort_by_key(|range| range.start);
    let units = Units::of(text);
    let (mut rows, mut at) = (Vec::new(), 0);
    let end = text.len()..text.len();
    for range in wanted.into_iter().chain(std::iter::once(end)) {
        if range.start > at {
            let is_end = range.start == text.len();
            rows.push(Row::Gap(Gap {
                hidden: (range.start - at) as usize,
                unit: units.name_at(if is_end { at } else { range.start }),
                old: at + 1,
                new: at + 1,
            }));
        }
        for index in at.max(range.start)..range.end {
            let highlight = options.highlight;
            rows.push(Row::Line(Line {
                kind: Kind::Equal,
                old: Some(index + 1),
                new: Some(index + 1),
                segments: paint(text, index, &[], false, options),
                hotfix: highlight.is_some_and(|lines| lines.new.contains(&(index + 1))),
            }));
        }
        at = at.max(range.end);
    }
    rows
}

fn paint(
    text: &Text<'_>,
    index: u32,
    marks: &[Range<usize>],
    end_mark: bool,
    options: &Options<'_>,
) -> Vec<Segment> {
    let (line, end) = text.line_and_end(index);
    let mut segments = segments(line, marks, options.line_bytes_max);
    segments.extend(Segment::of_end(end, end_mark));
    segments
}

/// Turns lines into segments, the marks of a pair computed once.
struct Painter<'p, 'a> {
    diff: &'p TextDiff<'a>,
    options: &'p Options<'p>,
    units: Option<Units<'p, 'a>>,
    /// Marks of new lines whose old line was painted already.
    waiting: HashMap<u32, Marks>,
    /// Comparisons of words left to this page.
    left_work: usize,
}

impl<'p, 'a> Painter<'p, 'a> {
    fn new(diff: &'p TextDiff<'a>, options: &'p Options<'p>) -> Self {
        Painter {
            diff,
            options,
            units: None,
            waiting: HashMap::new(),
            left_work: PAGE_WORK_MAX,
        }
    }

    fn gap(&mut self, gap: Hidden) -> Gap {
        let units = self
            .units
            .get_or_insert_with(|| Units::of(self.diff.new_text()));
        Gap {
            hidden: gap.lines as usize,
            unit: units.name_at(gap.unit_at),
            old: gap.old + 1,
            new: gap.new + 1,
        }
    }

    fn equal(&self, old: u32, new: u32) -> Line {
        Line {
            kind: Kind::Equal,
            old: Some(old + 1),
            new: Some(new + 1),
            segments: self.paint(self.diff.new_text(), new, &[], false),
            hotfix: self.is_old_hotfix(old) || self.is_new_hotfix(new),
        }
    }

    fn old_line(&mut self, old: u32, pair: Option<u32>) -> Vec<Segment> {
        let text = self.diff.old_text();
        let Some(new) = pair else {
            return self.paint(text, old, &[], false);
        };
        let (old_marks, new_marks) = self.marks(old, new);
        self.waiting.insert(new, new_marks);
        self.paint(text, old, &old_marks, self.ends_differ(old, new))
    }

    fn new_line(&mut self, pair: Option<u32>, new: u32) -> Vec<Segment> {
        let text = self.diff.new_text();
        let Some(old) = pair else {
            return self.paint(text, new, &[], false);
        };
        let marks = match self.waiting.remove(&new) {
            Some(marks) => marks,
            None => self.marks(old, new).1,
        };
        self.paint(text, new, &marks, self.ends_differ(old, new))
    }

    fn marks(&mut self, old: u32, new: u32) -> (Marks, Marks) {
        word_marks_within(
            split_end(self.diff.old_text().line(old)).0,
            split_end(self.diff.new_text().line(new)).0,
            &mut self.left_work,
        )
    }

    fn ends_differ(&self, old: u32, new: u32) -> bool {
        self.diff.old_text().line_and_end(old).1 != self.diff.new_text().line_and_end(new).1
    }

    fn paint(
        &self,
        text: &Text<'_>,
        index: u32,
        marks: &[Range<usize>],
        end_mark: bool,
    ) -> Vec<Segment> {
        paint(text, index, marks, end_mark, self.options)
    }

    fn is_old_hotfix(&self, index: u32) -> bool {
        let highlight = self.options.highlight;
        highlight.is_some_and(|lines| lines.old.contains(&(index + 1)))
    }

    fn is_new_hotfix(&self, index: u32) -> bool {
        let highlight = self.options.highlight;
        highlight.is_some_and(|lines| lines.new.contains(&(index + 1)))
    }
}
