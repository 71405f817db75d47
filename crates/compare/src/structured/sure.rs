//! Telling without comparing by value that two texts differ in more than form.

use super::{Bounds, Format, as_read, promised};
use crate::diff::TextDiff;
use crate::verdict::reading::{self, Budget};

/// True only if the values of two structured texts differ, by the words on the lines that differ, and the new text reads
/// as its name promises. False says nothing: [`super::compare`] knows.
pub fn surely_differ(path: &str, diff: &TextDiff<'_>, bounds: &Bounds) -> bool {
    let (old, new) = (diff.old_text(), diff.new_text());
    let format = match promised(path, old.bytes(), new.bytes()) {
        Some(format @ (Format::Yaml | Format::Json | Format::Toml)) => format,
        Some(Format::Xml | Format::Csv) | None => return false,
    };
    if old.bytes().len().max(new.bytes().len()) > bounds.text_bytes_max {
        return false;
    }
    // The lines of a comment of several lines have no sign of their own; a mark at the start is no word.
    let is_special = |bytes: &[u8]| {
        bytes.starts_with(b"\xef\xbb\xbf")
            || format == Format::Json && memchr::memmem::find(bytes, b"/*").is_some()
    };
    if is_special(old.bytes()) || is_special(new.bytes()) {
        return false;
    }
    let changes = diff.changes();
    let olds = changes.iter().map(|change| old.span(change.old.clone()));
    let news = changes.iter().map(|change| new.span(change.new.clone()));
    let (olds, news) = (words_of(format, olds), words_of(format, news));
    olds.zip(news).is_some_and(|(olds, news)| olds != news)
        && std::str::from_utf8(new.bytes())
            .is_ok_and(|text| reading::reads(as_read(format), text, &Budget::new(bounds.steps_max)))
}

/// Every word of some runs of lines once, sorted; none if words are not all they say.
fn words_of<'l>(format: Format, runs: impl Iterator<Item = &'l [u8]>) -> Option<Vec<&'l [u8]>> {
    let mut words = Vec::new();
    for line in runs.flat_map(|run| run.split(|byte| *byte == b'\n')) {
        if says_more_than_words(format, line) {
            return None;
        }
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
        let all = line.split(|byte| !is_word(byte));
        // In the others a number may be written in several ways.
        words.extend(all.filter(|word| match word.first() {
            Some(first) => format == Format::Yaml || !first.is_ascii_digit(),
            None => false,
        }));
    }
    words.sort_unstable();
    words.dedup();
    Some(words)
}

/// Whether a line may hold a comment, an anchor, a merge, a tag, letters spelled otherwise, or how a block is written.
fn says_more_than_words(format: Format, line: &[u8]) -> bool {
    let is_spelled = || line.contains(&b'\\') && (line.contains(&b'"') || line.ends_with(b"\\"));
    let is_yaml = format == Format::Yaml;
    let sign = |at: usize| {
        let before = || line[..at].iter().rfind(|byte| !byte.is_ascii_whitespace());
        match line[at] {
            b'#' if is_yaml => at == 0 || line[at - 1].is_ascii_whitespace(),
            b'#' => format == Format::Toml,
            // Where a value starts.
            b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'<' => {
                is_yaml && before().is_none_or(|byte| b":-?[{,".contains(byte))
            }
            // Not as in `https://`.
            b'/' if format == Format::Json => {
                line[at..].starts_with(b"//") && before() != Some(&b':')
            }
            _ => false,
        }
    };
    is_spelled() || (0..line.len()).any(sign)
}
