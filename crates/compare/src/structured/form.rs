//! What differs in form only: the changed lines in which no value differs, and in what
//! way they differ.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::{Format, Lines};
use crate::diff::{LineEnd, TextDiff};

/// A way in which texts of the same values differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormKind {
    /// Keys, attributes or differently named elements in another order.
    KeyOrder,
    /// How lines end, and whether the last one does.
    LineEnds,
    /// White space in a line, and empty lines.
    WhiteSpace,
    /// Quotes around values.
    Quotes,
    /// Remarks.
    Comments,
    /// A byte order mark at the start.
    ByteOrderMark,
    /// Declarations and instructions to the parser.
    Declarations,
    /// The same values written otherwise: flow or block, an anchor or what it stands for, a number in an
    /// escape.
    Layout,
}

impl FormKind {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            FormKind::KeyOrder => "order of keys",
            FormKind::LineEnds => "line ends",
            FormKind::WhiteSpace => "white space",
            FormKind::Quotes => "quotes",
            FormKind::Comments => "comments",
            FormKind::ByteOrderMark => "byte order mark",
            FormKind::Declarations => "declarations",
            FormKind::Layout => "layout",
        }
    }
}

/// Differences in form only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Form {
    /// In what ways, each once.
    pub kinds: BTreeSet<FormKind>,
    /// Lines removed in which no value differs.
    pub removed: usize,
    /// Lines added, likewise.
    pub added: usize,
}

/// Tells what of the changed lines is form. `old_lines` and `new_lines` are those of values that differ.
pub(super) fn of(
    format: Format,
    diff: &TextDiff<'_>,
    old_lines: &[Lines],
    new_lines: &[Lines],
    is_reordered: bool,
) -> Form {
    let old_remarks = remarks(format, diff.old_text().bytes());
    let new_remarks = remarks(format, diff.new_text().bytes());
    let old_covered = covered(old_lines, diff.old_text().len());
    let new_covered = covered(new_lines, diff.new_text().len());
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for change in diff.changes() {
        let free = |covered: &[bool], index: &u32| !covered[*index as usize];
        for index in change.old.clone().filter(|index| free(&old_covered, index)) {
            old.push(Line::of(
                diff.old_text().line_and_end(index),
                is_within(&old_remarks, index),
            ));
        }
        for index in change.new.clone().filter(|index| free(&new_covered, index)) {
            new.push(Line::of(
                diff.new_text().line_and_end(index),
                is_within(&new_remarks, index),
            ));
        }
    }
    let mut form = Form {
        removed: old.len(),
        added: new.len(),
        ..Form::default()
    };
    if is_reordered {
        form.kinds.insert(FormKind::KeyOrder);
    }
    let has_mark = |bytes: &[u8]| bytes.starts_with("\u{feff}".as_bytes());
    if has_mark(diff.old_text().bytes()) != has_mark(diff.new_text().bytes()) {
        form.kinds.insert(FormKind::ByteOrderMark);
        // The first lines, if they differ in nothing else, are told by that.
        let is_same = |(a, b): (&Line, &Line)| a.text == b.text && a.end == b.end;
        if old.first().zip(new.first()).is_some_and(is_same) {
            old.remove(0);
            new.remove(0);
        }
    }
    tell_apart(format, old, new, &mut form.kinds);
    form
}

/// Which lines, counted from 0, lie in one of these spans, counted from 1.
fn covered(spans: &[Lines], lines: u32) -> Vec<bool> {
    let mut starts = vec![0i64; lines as usize + 2];
    for (from, to) in spans {
        let from = from.saturating_sub(1).min(lines);
        starts[from as usize] += 1;
        starts[(*to).clamp(from, lines) as usize] -= 1;
    }
    let mut open = 0;
    let count = |start: &i64| {
        open += start;
        open > 0
    };
    starts.iter().take(lines as usize).map(count).collect()
}

struct Line<'t> {
    text: &'t [u8],
    end: LineEnd,
    is_remark: bool,
}

impl<'t> Line<'t> {
    fn of((text, end): (&'t [u8], LineEnd), is_remark: bool) -> Line<'t> {
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        Line {
            text,
            end,
            is_remark,
        }
    }
}

/// Cancels lines of both sides that become equal the more of their form is left out, and notes what
/// was left out.
fn tell_apart(format: Format, old: Vec<Line>, new: Vec<Line>, kinds: &mut BTreeSet<FormKind>) {
    let is_reordered = kinds.contains(&FormKind::KeyOrder);
    let has_returns = |lines: &[Line]| lines.iter().any(|line| line.end == LineEnd::CrLf);
    if has_returns(&old) != has_returns(&new) && !old.is_empty() && !new.is_empty() {
        kinds.insert(FormKind::LineEnds);
    }
    // The parser of TOML gives keys in an order of its own.
    let place = match is_reordered || format == Format::Toml {
        true => FormKind::KeyOrder,
        false => FormKind::Layout,
    };
    let (old, new) = cancel(
        old,
        new,
        |line| (line.text.to_vec(), line.end),
        || {
            kinds.insert(place);
        },
    );
    let (old, new) = cancel(
        old,
        new,
        |line| line.text.to_vec(),
        || {
            kinds.insert(FormKind::LineEnds);
        },
    );
    // Remarks have no content: they are not compared with what has.
    let (old_remarks, old): (Vec<Line>, Vec<Line>) =
        old.into_iter().partition(|line| line.is_remark);
    let (new_remarks, new): (Vec<Line>, Vec<Line>) =
        new.into_iter().partition(|line| line.is_remark);
    if old_remarks.len() + new_remarks.len() > 0 {
        kinds.insert(FormKind::Comments);
    }
    let (old, new) = cancel(
        old,
        new,
        |line| without(line.text, |_| false),
        || {
            kinds.insert(FormKind::WhiteSpace);
        },
    );
    let is_quote = |byte: u8| matches!(byte, b'"' | b'\'');
    let (old, new) = cancel(
        old,
        new,
        |line| without(line.text, is_quote),
        || {
            kinds.insert(FormKind::Quotes);
        },
    );
    let is_separator = |byte: u8| is_quote(byte) || byte == b',';
    let (old, new) = cancel(
        old,
        new,
        |line| without(line.text, is_separator),
        || {
            kinds.insert(place);
        },
    );
    let (old, new) = cancel(
        old,
        new,
        |line| without(uncommented(format, line.text), is_separator),
        || {
            kinds.insert(FormKind::Comments);
        },
    );
    for line in old.iter().chain(&new) {
        let text = line.text.trim_ascii();
        kinds.insert(match text {
            [] => FormKind::WhiteSpace,
            [b'<', b'?' | b'!', ..] if format == Format::Xml => FormKind::Declarations,
            [b'%', ..] if format == Format::Yaml => FormKind::Declarations,
            _ if is_reordered => continue,
            _ => FormKind::Layout,
        });
    }
}

/// Takes out pairs of lines with one key; calls `hit` if there was any.
fn cancel<'t, K: Eq + std::hash::Hash>(
    old: Vec<Line<'t>>,
    new: Vec<Line<'t>>,
    key: impl Fn(&Line) -> K,
    hit: impl FnOnce(),
) -> (Vec<Line<'t>>, Vec<Line<'t>>) {
    let mut counts: HashMap<K, i64> = HashMap::new();
    for line in &old {
        *counts.entry(key(line)).or_default() += 1;
    }
    let mut gone: HashMap<K, i64> = HashMap::new();
    let before = new.len();
    let new: Vec<Line> = new
        .into_iter()
        .filter(|line| {
            let key = key(line);
            match counts.get_mut(&key).filter(|left| **left > 0) {
                Some(left) => {
                    *left -= 1;
                    *gone.entry(key).or_default() += 1;
                    false
                }
                None => true,
            }
        })
        .collect();
    if new.len() < before {
        hit();
    }
    let is_left = |line: &Line| match gone.get_mut(&key(line)).filter(|left| **left > 0) {
        Some(left) => {
            *left -= 1;
            false
        }
        None => true,
    };
    (old.into_iter().filter(is_left).collect(), new)
}

/// A line without white space and without some other bytes.
fn without(line: &[u8], is_dropped: impl Fn(u8) -> bool) -> Vec<u8> {
    let kept = |byte: &u8| !byte.is_ascii_whitespace() && !is_dropped(*byte);
    line.iter().copied().filter(kept).collect()
}

/// A line up to a remark at its end.
fn uncommented(format: Format, line: &[u8]) -> &[u8] {
    let starts: &[&[u8]] = match format {
        Format::Yaml | Format::Toml => &[b" #", b"\t#"],
        Format::Json => &[b"//", b"/*"],
        Format::Xml => &[b"<!--"],
        Format::Csv => &[],
    };
    let at = starts
        .iter()
        .filter_map(|start| memchr::memmem::find(line, start))
        .min();
    &line[..at.unwrap_or(line.len())]
}

/// Lines, counted from 0, that hold nothing but a remark: spans of first and last.
fn remarks(format: Format, text: &[u8]) -> Vec<(u32, u32)> {
    let (open, close): (&[u8], &[u8]) = match format {
        Format::Xml => (b"<!--", b"-->"),
        Format::Json => (b"/*", b"*/"),
        Format::Yaml | Format::Toml => return lines_that_start(text, b"#"),
        Format::Csv => return Vec::new(),
    };
    let mut out = match format {
        Format::Json => lines_that_start(text, b"//"),
        _ => Vec::new(),
    };
    let (mut at, mut line) = (0, 0);
    let newlines = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count() as u32;
    while let Some(from) = memchr::memmem::find(&text[at..], open).map(|found| at + found) {
        let to = memchr::memmem::find(&text[from..], close)
            .map_or(text.len(), |found| from + found + close.len());
        line += newlines(&text[at..from]);
        let last = line + newlines(&text[from..to]);
        // What stands before or after it on its lines is not a remark.
        let before = text[..from]
            .rsplit(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let after = text[to..]
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let first = line + u32::from(!before.trim_ascii().is_empty());
        let end = (last + 1).saturating_sub(u32::from(!after.trim_ascii().is_empty()));
        if first < end {
            out.push((first, end - 1));
        }
        (at, line) = (to, last);
    }
    out.sort_unstable();
    out
}

fn lines_that_start(text: &[u8], sign: &[u8]) -> Vec<(u32, u32)> {
    let lines = text.split(|byte| *byte == b'\n').zip(0u32..);
    lines
        .filter(|(line, _)| line.trim_ascii_start().starts_with(sign))
        .map(|(_, at)| (at, at))
        .collect()
}

fn is_within(spans: &[(u32, u32)], line: u32) -> bool {
    let after = spans.partition_point(|(from, _)| *from <= line);
    after.checked_sub(1).is_some_and(|at| spans[at].1 >= line)
}
