//! What can be said of a content as a whole, beside its lines.

use super::text::{LineEnd, Text};

/// How the bytes can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Valid UTF-8 without NUL.
    Utf8,
    /// Not valid UTF-8, no NUL: text in another encoding; its odd bytes are shown as `\xE9`.
    Bytes,
    /// Holds NUL: not text. It is shown all the same, with escapes.
    Binary,
}

/// How the lines of a text end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnds {
    /// No line has an end.
    None,
    /// All `\n`.
    Lf,
    /// All `\r\n`.
    CrLf,
    /// Some of each.
    Mixed,
}

/// What the lines do not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Size in bytes.
    pub size_bytes: usize,
    /// Number of lines.
    pub lines: u32,
    /// How to read the bytes.
    pub encoding: Encoding,
    /// How the lines end.
    pub ends: LineEnds,
    /// The last line has an end (true of the empty text, which lacks none).
    pub final_newline: bool,
}

impl Facts {
    /// Reads the facts off a content: one pass.
    pub fn of(text: &Text<'_>) -> Self {
        let bytes = text.bytes();
        let encoding = if memchr::memchr(0, bytes).is_some() {
            Encoding::Binary
        } else if std::str::from_utf8(bytes).is_ok() {
            Encoding::Utf8
        } else {
            Encoding::Bytes
        };
        let (mut lf, mut crlf) = (false, false);
        for index in 0..text.len() {
            match text.line_and_end(index).1 {
                LineEnd::Lf => lf = true,
                LineEnd::CrLf => crlf = true,
                LineEnd::Missing => {}
            }
        }
        let ends = match (lf, crlf) {
            (false, false) => LineEnds::None,
            (true, false) => LineEnds::Lf,
            (false, true) => LineEnds::CrLf,
            (true, true) => LineEnds::Mixed,
        };
        let final_newline = bytes.is_empty() || bytes.ends_with(b"\n");
        Facts {
            size_bytes: bytes.len(),
            lines: text.len(),
            encoding,
            ends,
            final_newline,
        }
    }
}
