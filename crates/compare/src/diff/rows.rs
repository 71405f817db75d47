//! A comparison as rows for a page, an API answer or a terminal.

use std::collections::HashMap;
use std::ops::Range;

use super::page::{Cell, Gap, Line, Options, Page, Row, SideRow};
use super::segment::{Segment, segments};
use super::steps::{Layout, Step, steps};
use super::text::{Text, split_end};
use super::text_diff::{Kind, TextDiff};
use super::unit::Units;
use super::words::{Marks, PAGE_WORK_MAX, word_marks_within};

impl TextDiff<'_> {
    /// The unified view: removed lines, then added lines, of one change after another.
    pub fn unified(&self, options: &Options<'_>) -> Page<Row> {
        let plan = steps(self, options, Layout::Unified);
        let mut painter = Painter::new(self, options);
        let mut rows = Vec::with_capacity(plan.steps.len());
        for step in plan.steps {
            rows.push(match step {
                Step::Gap {
                    old,
                    new,
                    hidden,
                    unit_at,
                } => Row::Gap(painter.gap(old, new, hidden, unit_at)),
                Step::Equal { old, new } => Row::Line(Line {
                    kind: Kind::Equal,
                    old: Some(old + 1),
                    new: Some(new + 1),
                    segments: painter.paint(self.new_text(), new, &[]),
                    hotfix: painter.is_old_hotfix(old) || painter.is_new_hotfix(new),
                }),
                Step::Changed {
                    old: Some(old),
                    new: None,
                    pair,
                } => Row::Line(Line {
                    kind: Kind::Removed,
                    old: Some(old + 1),
                    new: None,
                    segments: painter.old_line(old, pair),
                    hotfix: painter.is_old_hotfix(old),
                }),
                Step::Changed {
                    new: Some(new),
                    pair,
                    ..
                } => Row::Line(Line {
                    kind: Kind::Added,
                    old: None,
                    new: Some(new + 1),
                    segments: painter.new_line(pair, new),
                    hotfix: painter.is_new_hotfix(new),
                }),
                Step::Changed {
                    old: None,
                    new: None,
                    ..
                } => continue,
            });
        }
        Page {
            rows,
            before: plan.before,
            after: plan.after,
            coarse: self.is_coarse(),
        }
    }

    /// The side-by-side view: a removed line faces the added line that it became.
    pub fn side_by_side(&self, options: &Options<'_>) -> Page<SideRow> {
        let plan = steps(self, options, Layout::SideBySide);
        let mut painter = Painter::new(self, options);
        let mut rows = Vec::with_capacity(plan.steps.len());
        for step in plan.steps {
            rows.push(match step {
                Step::Gap {
                    old,
                    new,
                    hidden,
                    unit_at,
                } => SideRow::Gap(painter.gap(old, new, hidden, unit_at)),
                Step::Equal { old, new } => {
                    let segments = painter.paint(self.new_text(), new, &[]);
                    let kind = Kind::Equal;
                    let (left, right) = (painter.is_old_hotfix(old), painter.is_new_hotfix(new));
                    SideRow::Lines {
                        old: Some(Cell {
                            kind,
                            number: old + 1,
                            segments: segments.clone(),
                            hotfix: left,
                        }),
                        new: Some(Cell {
                            kind,
                            number: new + 1,
                            segments,
                            hotfix: right,
                        }),
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
            });
        }
        Page {
            rows,
            before: plan.before,
            after: plan.after,
            coarse: self.is_coarse(),
        }
    }

    /// Equal lines of a gap, shown on demand: `count` lines from the numbers (from 1) on that the gap
    /// gives. Lines beyond the end are left out.
    pub fn gap_lines(&self, old: u32, new: u32, count: u32, options: &Options<'_>) -> Vec<Row> {
        let painter = Painter::new(self, options);
        let (old, new) = (old.saturating_sub(1), new.saturating_sub(1));
        let count = count
            .min(self.old_text().len().saturating_sub(old))
            .min(self.new_text().len().saturating_sub(new));
        (0..count)
            .filter(|offset| {
                self.old_text().line(old + offset) == self.new_text().line(new + offset)
            })
            .map(|offset| {
                Row::Line(Line {
                    kind: Kind::Equal,
                    old: Some(old + offset + 1),
                    new: Some(new + offset + 1),
                    segments: painter.paint(self.new_text(), new + offset, &[]),
                    hotfix: painter.is_old_hotfix(old + offset)
                        || painter.is_new_hotfix(new + offset),
                })
            })
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
    let is_hotfix = |index: u32| {
        options
            .highlight
            .is_some_and(|lines| lines.new.contains(&(index + 1)))
    };
    let (mut rows, mut at) = (Vec::new(), 0);
    for range in wanted
        .into_iter()
        .chain(std::iter::once(text.len()..text.len()))
    {
        if range.start > at {
            let unit_at = if range.start < text.len() {
                range.start
            } else {
                at
            };
            let hidden = (range.start - at) as usize;
            rows.push(Row::Gap(Gap {
                hidden,
                unit: units.name_at(unit_at),
                old: at + 1,
                new: at + 1,
            }));
        }
        for index in at.max(range.start)..range.end {
            rows.push(Row::Line(Line {
                kind: Kind::Equal,
                old: Some(index + 1),
                new: Some(index + 1),
                segments: paint(text, index, &[], false, options),
                hotfix: is_hotfix(index),
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

    fn gap(&mut self, old: u32, new: u32, hidden: u32, unit_at: u32) -> Gap {
        let units = self
            .units
            .get_or_insert_with(|| Units::of(self.diff.new_text()));
        Gap {
            hidden: hidden as usize,
            unit: units.name_at(unit_at),
            old: old + 1,
            new: new + 1,
        }
    }

    fn old_line(&mut self, old: u32, pair: Option<u32>) -> Vec<Segment> {
        let Some(new) = pair else {
            return self.paint(self.diff.old_text(), old, &[]);
        };
        let (old_marks, new_marks) = self.marks(old, new);
        self.waiting.insert(new, new_marks);
        paint(
            self.diff.old_text(),
            old,
            &old_marks,
            self.ends_differ(old, new),
            self.options,
        )
    }

    fn new_line(&mut self, pair: Option<u32>, new: u32) -> Vec<Segment> {
        let Some(old) = pair else {
            return self.paint(self.diff.new_text(), new, &[]);
        };
        let marks = match self.waiting.remove(&new) {
            Some(marks) => marks,
            None => self.marks(old, new).1,
        };
        paint(
            self.diff.new_text(),
            new,
            &marks,
            self.ends_differ(old, new),
            self.options,
        )
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

    fn paint(&self, text: &Text<'_>, index: u32, marks: &[Range<usize>]) -> Vec<Segment> {
        paint(text, index, marks, false, self.options)
    }

    fn is_old_hotfix(&self, index: u32) -> bool {
        self.options
            .highlight
            .is_some_and(|lines| lines.old.contains(&(index + 1)))
    }

    fn is_new_hotfix(&self, index: u32) -> bool {
        self.options
            .highlight
            .is_some_and(|lines| lines.new.contains(&(index + 1)))
    }
}
