//! A line cut into the pieces that a page shows.

use std::ops::Range;

use rulegate_ledger::invisible::{self, Kind};
use serde::Serialize;

use super::confusable::{confusable, is_latin_line};
use super::marks::{byte_notation, notation};
use super::text::LineEnd;
use super::words::words;

/// What a piece is, so that a template can style it and a screen reader can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Text as it is.
    Plain,
    /// Notation of a control character.
    Control,
    /// Notation of a bidirectional control.
    Bidi,
    /// Notation of a character that shows nothing, or a space that is not a plain one.
    Invisible,
    /// Escape of bytes that are not UTF-8.
    Byte,
    /// White space at the line's end, as `·` and `→`.
    Trailing,
    /// A word that reads as another; the text itself is plain.
    Confusable,
    /// Notation of a carriage return before the newline, or of a missing newline.
    End,
    /// Count of bytes of an overlong line that are not shown.
    Cut,
}

/// A piece of a line. The text is never markup and still has to be escaped by the template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// What to show. A notation when `class` is neither plain nor confusable.
    pub text: String,
    /// The words differ here from the paired line.
    pub mark: bool,
    /// What it is.
    pub class: Class,
    /// A sentence on why it is flagged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Segment {
    /// The notation of a line's end; none for the usual `\n`.
    pub(super) fn of_end(end: LineEnd, mark: bool) -> Option<Segment> {
        let text = match end {
            LineEnd::Lf => return None,
            LineEnd::CrLf => "␍",
            LineEnd::Missing => "‹no newline at end of file›",
        };
        Some(Segment {
            text: text.to_owned(),
            mark,
            class: Class::End,
            note: None,
        })
    }
}

/// Bytes shown around each mark of an overlong line: some three lines of a screen, enough to find the place. Tests hold
/// from 20 to 400.
const AROUND_BYTES: usize = 200;

/// Cuts a line (without its end) into segments, none empty; neighbours of equal class and mark are
/// joined. `marks` are ascending byte ranges. A line longer than `bytes_max` shows its start and what
/// surrounds the marks, and counts the rest; at most `bytes_max` bytes are shown.
pub fn segments(line: &[u8], marks: &[Range<usize>], bytes_max: usize) -> Vec<Segment> {
    let mut out = Pieces {
        segments: Vec::new(),
    };
    let mut at = 0;
    for part in shown(line, marks, bytes_max) {
        out.cut(part.start - at);
        out.part(line, part.clone(), marks);
        at = part.end;
    }
    out.cut(line.len() - at);
    out.segments
}

/// The parts of a line to show, ascending and apart.
fn shown(line: &[u8], marks: &[Range<usize>], bytes_max: usize) -> Vec<Range<usize>> {
    if line.len() <= bytes_max {
        return std::iter::once(0..line.len()).collect();
    }
    // characters have at most 4 bytes: step back to where one starts
    let border = |at: usize| {
        (at.saturating_sub(3)..=at)
            .rev()
            .find(|&i| starts_character(line, i))
            .unwrap_or(at)
    };
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut left = bytes_max;
    let start = std::iter::once(0..AROUND_BYTES.min(bytes_max));
    let around = marks
        .iter()
        .map(|mark| mark.start.saturating_sub(AROUND_BYTES)..mark.end + AROUND_BYTES);
    for want in start.chain(around) {
        let from = border(
            want.start
                .max(parts.last().map_or(0, |part| part.end))
                .min(line.len()),
        );
        let to = border(want.end.min(from + left).min(line.len()));
        if to <= from {
            continue;
        }
        left -= to - from;
        match parts.last_mut() {
            Some(last) if last.end == from => last.end = to,
            _ => parts.push(from..to),
        }
    }
    parts
}

fn starts_character(line: &[u8], at: usize) -> bool {
    line.get(at).is_none_or(|byte| byte & 0xC0 != 0x80)
}

struct Pieces {
    segments: Vec<Segment>,
}

impl Pieces {
    fn push(&mut self, text: &str, mark: bool, class: Class, note: Option<String>) {
        match self.segments.last_mut() {
            Some(last) if last.class == class && last.mark == mark && last.note == note => {
                last.text.push_str(text)
            }
            _ => self.segments.push(Segment {
                text: text.to_owned(),
                mark,
                class,
                note,
            }),
        }
    }

    fn cut(&mut self, bytes: usize) {
        if bytes > 0 {
            self.push(&format!("‹{bytes} bytes›"), false, Class::Cut, None);
        }
    }

    fn part(&mut self, line: &[u8], part: Range<usize>, marks: &[Range<usize>]) {
        let blanks = line
            .iter()
            .rev()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        let trailing = line.len() - blanks;
        let bytes = &line[part.clone()];
        let latin = bytes.is_ascii() || is_latin_line(&String::from_utf8_lossy(bytes));
        let mut marks = marks.iter().peekable();
        let mut at = part.start;
        let mut marked = |at: usize| {
            while marks.next_if(|mark| mark.end <= at).is_some() {}
            marks.peek().is_some_and(|mark| mark.start <= at)
        };
        for word in words(bytes) {
            let mark = marked(at);
            let word = &bytes[word];
            let from = at;
            at += word.len();
            match std::str::from_utf8(word) {
                Err(_) => word
                    .iter()
                    .for_each(|&byte| self.push(&byte_notation(byte), mark, Class::Byte, None)),
                Ok(text) if text.is_ascii() && text.bytes().all(|b| b.is_ascii_graphic()) => {
                    self.push(text, mark, Class::Plain, None);
                }
                Ok(text) => match confusable(text, latin) {
                    Some(note) => self.push(text, mark, Class::Confusable, Some(note)),
                    None => self.characters(text, mark, from, trailing),
                },
            }
        }
    }

    fn characters(&mut self, text: &str, mark: bool, from: usize, trailing: usize) {
        for (offset, c) in text.char_indices() {
            let mut buffer = [0; 4];
            match (c, notation(c)) {
                (' ', _) if from + offset >= trailing => {
                    self.push("·", mark, Class::Trailing, None)
                }
                ('\t', _) if from + offset >= trailing => {
                    self.push("→", mark, Class::Trailing, None)
                }
                (c, None) => self.push(c.encode_utf8(&mut buffer), mark, Class::Plain, None),
                (c, Some(notation)) => self.push(&notation, mark, class(c), None),
            }
        }
    }
}

fn class(c: char) -> Class {
    match invisible::kind(c) {
        Some(Kind::Direction) => Class::Bidi,
        Some(Kind::Control) => Class::Control,
        _ => Class::Invisible,
    }
}
