//! The lines of a text, as bytes.

use std::ops::Range;

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineEnd {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// Nothing: the last line of a text without a final newline.
    Missing,
}

/// A text and where its lines start. Only `\n` ends a line. A final newline ends the last line and
/// starts none, so the empty text has no line.
#[derive(Debug, Clone)]
pub struct Text<'a> {
    bytes: &'a [u8],
    /// Start of each line. 32 bits halve the memory of a text of very short lines; what lies beyond
    /// 4 GiB counts as part of the last line, so nothing is lost.
    starts: Vec<u32>,
}

impl<'a> Text<'a> {
    /// Finds the lines: one pass, 4 bytes of memory a line.
    pub fn new(bytes: &'a [u8]) -> Self {
        let within = &bytes[..bytes.len().min(u32::MAX as usize)];
        let mut starts = Vec::with_capacity(bytes.len() / 32 + 1);
        if !bytes.is_empty() {
            starts.push(0);
        }
        starts.extend(memchr::memchr_iter(b'\n', within).map(|at| at as u32 + 1));
        if starts
            .last()
            .is_some_and(|&start| start as usize == bytes.len())
        {
            starts.pop();
        }
        Text { bytes, starts }
    }

    /// The whole text.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many lines there are.
    pub fn len(&self) -> u32 {
        self.starts.len() as u32
    }

    /// True for the empty text.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The line with its end, counted from 0; empty when there is no such line.
    pub fn line(&self, index: u32) -> &'a [u8] {
        self.span(index..index.saturating_add(1))
    }

    /// The bytes of a run of lines, counted from 0.
    pub fn span(&self, lines: Range<u32>) -> &'a [u8] {
        let at = |index: u32| {
            self.starts
                .get(index as usize)
                .map_or(self.bytes.len(), |&start| start as usize)
        };
        &self.bytes[at(lines.start)..at(lines.end)]
    }

    /// The line without its end, and the end.
    pub fn line_and_end(&self, index: u32) -> (&'a [u8], LineEnd) {
        split_end(self.line(index))
    }

    /// The line in which the byte at `offset` lies; for an offset at a line's start, that line.
    pub(super) fn line_at(&self, offset: usize) -> u32 {
        self.starts
            .partition_point(|&start| (start as usize) < offset) as u32
    }
}

/// Splits a line's end off.
pub(super) fn split_end(line: &[u8]) -> (&[u8], LineEnd) {
    match line {
        [content @ .., b'\r', b'\n'] => (content, LineEnd::CrLf),
        [content @ .., b'\n'] => (content, LineEnd::Lf),
        content => (content, LineEnd::Missing),
    }
}
