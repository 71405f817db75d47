//! What part of a rule file a line belongs to: the rule, the alert, the section, the element.
//!
//! One pass finds the lines that open a unit, by their shape and not by the file's name, so that a
//! format nobody listed still gets its nearest heading. This only names what a page hides; no decision
//! rests on it.

use super::text::{Text, split_end};

/// Lines of one statement continued by backslashes that are searched for its id. 100 names the same gaps of the corpus,
/// 20 loses 7 of 6,658 names.
const CONTINUED_LINES_MAX: u32 = 200;
/// Bytes of a line that are looked at: a heading stands at its start. 100 to 800 name the same gaps of the corpus.
const LINE_BYTES_MAX: usize = 400;
/// Headings looked at behind a line for one that encloses it. 10 to 4,000 name the same gaps of the corpus; it bounds a
/// text of 100,000 headings none of which encloses anything.
const HEADINGS_BEHIND_MAX: usize = 1_000;
/// Characters of a name; longer ones are cut: a gap is one line on the page.
const NAME_CHARS_MAX: usize = 80;

/// How far a heading reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Up to the end of its statement, exclusive.
    To(u32),
    /// Lines indented deeper, up to the next heading that is not.
    Deeper(usize),
    /// Lines indented as far or deeper.
    Indented(usize),
    /// Up to the next heading.
    Flat,
}

/// The headings of a text.
#[derive(Debug, Clone)]
pub struct Units<'t, 'a> {
    text: &'t Text<'a>,
    /// Line, reach and name's place; ascending by line.
    headings: Vec<(u32, Reach)>,
}

impl<'t, 'a> Units<'t, 'a> {
    /// Finds every heading: one pass, a few bytes of memory each.
    pub fn of(text: &'t Text<'a>) -> Self {
        let mut headings = Vec::new();
        let mut index = 0;
        while index < text.len() {
            let end = statement_end(text, index);
            if let Some((reach, _)) = heading(text, index, end) {
                headings.push((index, reach));
            }
            index = end;
        }
        Units { text, headings }
    }

    /// The name of the unit that encloses a line (counted from 0), e.g. `rule 942361`, `alert HighLoad`,
    /// `[section]`. A comment or blank line belongs to what follows it. `None` before the first unit.
    pub fn name_at(&self, line: u32) -> Option<String> {
        let line = (line..self.text.len().min(line.saturating_add(100)))
            .find(|&index| !is_remark(self.line(index)))
            .unwrap_or(line);
        let indent = indent_of(self.line(line));
        let behind = self.headings.partition_point(|heading| heading.0 <= line);
        let encloses = |&&(at, reach): &&(u32, Reach)| {
            at == line
                || match reach {
                    Reach::To(end) => line < end,
                    Reach::Deeper(own) => indent > own,
                    Reach::Indented(own) => indent >= own,
                    Reach::Flat => true,
                }
        };
        let &(at, _) = self.headings[..behind]
            .iter()
            .rev()
            .take(HEADINGS_BEHIND_MAX)
            .find(encloses)?;
        heading(self.text, at, statement_end(self.text, at)).map(|(_, name)| name)
    }

    fn line(&self, index: u32) -> &'a [u8] {
        line_start(self.text, index)
    }
}

fn line_start<'a>(text: &Text<'a>, index: u32) -> &'a [u8] {
    let line = split_end(text.line(index)).0;
    &line[..line.len().min(LINE_BYTES_MAX)]
}

fn indent_of(line: &[u8]) -> usize {
    line.iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}

fn is_remark(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.is_empty()
        || [&b"#"[..], b"//", b";", b"<!--"]
            .iter()
            .any(|sign| line.starts_with(sign))
}

/// The line after the statement that starts here: further lines belong to it while a backslash ends them.
fn statement_end(text: &Text<'_>, index: u32) -> u32 {
    let limit = text.len().min(index.saturating_add(CONTINUED_LINES_MAX));
    let mut at = index;
    while at + 1 < limit && split_end(text.line(at)).0.ends_with(b"\\") {
        at += 1;
    }
    at + 1
}

/// Reach and name of the unit that a statement opens.
fn heading(text: &Text<'_>, index: u32, end: u32) -> Option<(Reach, String)> {
    let line = line_start(text, index);
    if is_remark(line) {
        return None;
    }
    let indent = indent_of(line);
    let shown = String::from_utf8_lossy(line);
    let trimmed = shown.trim();
    by_id(text, index, end)
        .map(|name| (Reach::To(end), name))
        .or_else(|| {
            section(trimmed)
                .filter(|_| indent == 0)
                .map(|name| (Reach::Flat, name))
        })
        .or_else(|| element(trimmed).map(|name| (Reach::Indented(indent), name)))
        .or_else(|| list_entry(trimmed).map(|name| (Reach::Deeper(indent), name)))
        .or_else(|| declaration(trimmed).map(|name| (Reach::Flat, name)))
        .or_else(|| {
            key(trimmed)
                .filter(|_| indent == 0)
                .map(|name| (Reach::Indented(0), name))
        })
        .map(|(reach, name)| (reach, short(&name)))
}

fn short(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.to_owned(),
    }
}

/// A statement of directive and arguments that has an action `id:942361` or option `sid:2001`.
fn by_id(text: &Text<'_>, index: u32, end: u32) -> Option<String> {
    let first = line_start(text, index).trim_ascii_start();
    if !first.first()?.is_ascii_alphabetic() || (end == index + 1 && !first.contains(&b'"')) {
        return None;
    }
    (index..end).find_map(|at| {
        let line = line_start(text, at);
        memchr::memmem::find_iter(line, b"id:").find_map(|found| {
            let before = line[..found].strip_suffix(b"s").unwrap_or(&line[..found]);
            let free = before
                .last()
                .is_none_or(|byte| !byte.is_ascii_alphanumeric() && !b"_-.:".contains(byte));
            let rest = line[found + 3..].trim_ascii_start();
            let rest = rest.strip_prefix(b"'").unwrap_or(rest);
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (free && digits > 0)
                .then(|| format!("rule {}", String::from_utf8_lossy(&rest[..digits])))
        })
    })
}

/// `[name]` or `[[name]]` alone on its line.
fn section(line: &str) -> Option<String> {
    let line = line.split(" #").next()?.trim_end();
    let name = line
        .strip_prefix('[')?
        .strip_suffix(']')?
        .trim_matches(['[', ']']);
    let plain = |c: char| c.is_alphanumeric() || "_-.\"' :/".contains(c);
    (!name.is_empty() && !name.starts_with('"') && name.chars().all(plain))
        .then(|| format!("[{name}]"))
}

/// An XML start tag with an `id` or `name`.
fn element(line: &str) -> Option<String> {
    let rest = line.strip_prefix('<')?;
    let tag: String = rest
        .chars()
        .take_while(|c| c.is_alphanumeric() || "_-:.".contains(*c))
        .collect();
    let value = ["id", "name"].iter().find_map(|attribute| {
        rest.match_indices(attribute).find_map(|(at, _)| {
            let before = rest[..at].chars().next_back()?;
            let value = rest[at + attribute.len()..]
                .trim_start()
                .strip_prefix('=')?
                .trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let value = value[1..].split(quote).next()?;
            before.is_whitespace().then(|| value.to_owned())
        })
    })?;
    (!tag.is_empty()).then(|| format!("{tag} {value}"))
}

/// A YAML list entry whose first key names it: `- rule: X`, `- alert: X`, `- name: X`.
fn list_entry(line: &str) -> Option<String> {
    let (key, value) = line.strip_prefix("- ")?.trim_start().split_once(':')?;
    let value = value.trim().trim_matches(['"', '\'']);
    let known = matches!(
        key,
        "rule"
            | "alert"
            | "record"
            | "macro"
            | "list"
            | "name"
            | "id"
            | "title"
            | "group"
            | "job_name"
    );
    (known && !value.is_empty()).then(|| match key {
        "name" | "id" | "title" => value.to_owned(),
        _ => format!("{key} {value}"),
    })
}

/// A line that opens a named thing in a rule or programming language: `rule "X"`, `function f(`,
/// `header FOO Subject =~ /x/`.
fn declaration(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let mut keyword = words.next()?;
    while matches!(
        keyword,
        "pub" | "async" | "private" | "global" | "export" | "static" | "public"
    ) {
        keyword = words.next()?;
    }
    let name = words.next()?;
    let plain = |name: &str| {
        let end = name.find(['(', '{', ':', '<']).unwrap_or(name.len());
        let name = &name[..end];
        let mut letters = name.chars();
        (letters
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_')
            && letters.all(|c| c.is_alphanumeric() || "_-.$".contains(c)))
        .then(|| name.to_owned())
    };
    match keyword {
        "rule" | "query" if name.starts_with('"') => {
            let quoted = line[line.find('"')? + 1..].split('"').next()?;
            Some(format!("{keyword} {quoted}"))
        }
        "fn" | "def" | "function" | "func" | "class" | "struct" | "rule" | "policy" | "module"
        | "package" | "table" | "chain" | "resource" => {
            Some(format!("{keyword} {}", plain(name.trim_matches('"'))?))
        }
        "header" | "body" | "rawbody" | "uri" | "full" | "meta" | "mimeheader" => {
            let name = plain(name)?;
            (name.chars().any(|c| c.is_uppercase()) && !name.chars().any(|c| c.is_lowercase()))
                .then_some(name)
        }
        _ => None,
    }
}

/// A key at the left margin: `detection:`, `"rules": [`.
fn key(line: &str) -> Option<String> {
    let (key, rest) = line.split_once(':')?;
    let key = key.trim_matches('"');
    let plain = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    (!key.is_empty()
        && key.len() <= 60
        && key.chars().all(plain)
        && (rest.is_empty() || rest.starts_with(' ')))
    .then(|| key.to_owned())
}
