//! Texts of no structured format: configuration, rule languages, word lists, code. They are cut
//! into statements; a statement is named by an id inside it, by what stands left of `=` or `:`,
//! or by its first two words.
//!
//! ```text
//! base       | hotfix     | planned
//! [web]      | [web]      | [web]
//! limit = 10 | limit = 20 | limit = 10
//! [api]      | [api]      | [api]
//! limit = 10 | limit = 10 | limit = 20    overridden: under another header
//! ```

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::rc::Rc;

use super::conditions::{is_end_of_condition, is_never, step_condition};
use super::doc::{Doc, HEADER, HEADER_CHARS, STEP};
use super::limits::Budget;
use super::pieces;
use super::places::{Block, Place};
use super::precedence::permits;
use super::syntax::{block_comments, syntax_of};
use super::tree::Lines;
use super::words::squeezed;

/// Names that are given once and shared by the texts compared, so that all are cut alike.
#[derive(Debug, Default, Clone)]
pub(super) struct Style {
    /// First words whose other words are peers: `domains a.example b.example`.
    lists: HashSet<String>,
}

impl Style {
    pub(super) fn of(text: &str, extension: &str, budget: &Budget) -> Style {
        let Some(statements) = statements(text, extension, budget) else {
            return Style::default();
        };
        let mut words: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for statement in &statements {
            let mut parts = statement.text.split(' ');
            let Some(first) = parts.next() else { continue };
            words.entry(first).or_default().extend(parts);
            *counts.entry(first).or_default() += 1;
        }
        let lists = words
            .into_iter()
            .filter(|(first, rest)| {
                counts[first] >= 2 && rest.len() >= 3 * counts[first] && is_list_of_names(rest)
            })
            .map(|(first, _)| first.to_owned())
            .collect();
        Style { lists }
    }
}

/// Plain names, hardly any twice, most of them no dictionary words.
fn is_list_of_names(words: &[&str]) -> bool {
    let plain = |w: &&&str| {
        w.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c)) && w.parse::<f64>().is_err()
    };
    let joined = |w: &&&str| w.contains(['.', '-', '_']) || w.bytes().any(|b| b.is_ascii_digit());
    let distinct: HashSet<_> = words.iter().collect();
    words.iter().all(|w| plain(&w))
        && distinct.len() * 100 >= words.len() * 95
        && words.iter().filter(joined).count() * 2 >= words.len()
}

struct Statement {
    text: String,
    lines: Lines,
    conditions: Vec<Rc<str>>,
    /// Headers that it stands under, by section and indentation.
    under: String,
    /// Which of the blocks with these headers it stands in.
    block: Option<Block>,
    is_in_braces: bool,
}

/// Turns a text into containers and facts; None when the budget is spent.
pub(super) fn parse(text: &str, extension: &str, style: &Style, budget: &Budget) -> Option<Doc> {
    let statements = statements(text, extension, budget)?;
    let mut doc = Doc::new(text.lines().count().max(1) as u32);
    doc.places = places(&statements);
    // The last statement with an id, its first word, and how many followed it without one.
    let mut block: Option<(usize, String, usize)> = None;
    for statement in statements {
        if !budget.take(8 + statement.text.len() / 4) {
            return None;
        }
        let text = statement.text.as_str();
        let first = text.split(' ').next().unwrap_or("");
        // What starts with a sign may be a comment of a kind that is not known here: it is a line
        // like any, and names nothing.
        let may_name = text.starts_with(|c: char| c.is_alphanumeric() || "_$@\"'.<([".contains(c));
        if let Some(id) = pieces::id_in(text).filter(|_| may_name) {
            let container = doc.open(Some(0), "", &id, statement.lines);
            doc.containers[container]
                .conditions
                .clone_from(&statement.conditions);
            add_pieces(&mut doc, container, "", text, statement.lines);
            block = Some((container, first.to_owned(), 0));
            continue;
        }
        if let Some((container, start, followers)) = &mut block
            && start == first
        {
            *followers += 1;
            let prefix = format!("chain {followers}{STEP}");
            add_pieces(&mut doc, *container, &prefix, text, statement.lines);
            doc.containers[*container].lines.1 = statement.lines.1;
            continue;
        }
        block = None;
        if style.lists.contains(first) {
            for word in text.split(' ').skip(1) {
                doc.fact(0, first, word, statement.lines, true);
            }
        } else if let Some((name, value)) = assignment(text).filter(|_| may_name) {
            let at = as_one_step(statement.under.split(STEP));
            let container = doc.open(Some(0), &at, name, statement.lines);
            doc.containers[container]
                .conditions
                .clone_from(&statement.conditions);
            doc.fact(container, name, value, statement.lines, false);
        } else if let Some((name, value)) = directive(text) {
            // One directive does not head another, however it is indented.
            let headers = statement.under.split(STEP);
            let at = as_one_step(headers.filter(|header| directive(header).is_none()));
            let container = doc.open(Some(0), &at, name, statement.lines);
            doc.containers[container]
                .conditions
                .clone_from(&statement.conditions);
            doc.fact(container, "", value, statement.lines, false);
        } else if text.chars().any(|c| !"{}()[];,".contains(c)) {
            let mut addr = String::new();
            for condition in statement.conditions.iter().rev() {
                addr.push_str(condition);
                addr.push(STEP);
            }
            addr.push_str(&statement.under);
            budget.take(addr.len() / 8);
            doc.fact(0, addr, statement.text, statement.lines, true);
        }
    }
    Some(doc.seal())
}

fn places(statements: &[Statement]) -> Vec<Place> {
    let hash = |text: &str| BuildHasherDefault::<DefaultHasher>::default().hash_one(text);
    // Statements in a row mostly stand under the same headers.
    let mut last = ("", hash(""));
    let mut places = Vec::with_capacity(statements.len());
    for statement in statements {
        if statement.under != last.0 {
            last = (&statement.under, hash(&statement.under));
        }
        places.push(Place {
            lines: statement.lines,
            text: hash(&statement.text),
            under: last.1,
            block: statement.block,
            is_in_braces: statement.is_in_braces,
            permits: permits(&statement.text),
        });
    }
    places
}

/// Headers as where a container stands.
fn as_one_step<'h>(headers: impl Iterator<Item = &'h str>) -> String {
    let headers: Vec<&str> = headers.collect();
    headers.join(HEADER.encode_utf8(&mut [0; 4]))
}

fn add_pieces(doc: &mut Doc, container: usize, prefix: &str, text: &str, lines: Lines) {
    for piece in pieces::pieces(text) {
        doc.fact(
            container,
            format!("{prefix}{}", piece.addr),
            piece.value,
            lines,
            piece.in_list,
        );
    }
}

/// Every line of a text as a fact, comments and all; for hotfixes that change nothing else.
pub(super) fn parse_raw(text: &str, budget: &Budget) -> Option<Doc> {
    let mut doc = Doc::new(text.lines().count().max(1) as u32);
    for (index, line) in text.lines().enumerate() {
        if !budget.take(4 + line.len() / 8) {
            return None;
        }
        if line.chars().any(char::is_alphanumeric) {
            let number = index as u32 + 1;
            doc.fact(0, "", squeezed(line), (number, number), true);
        }
    }
    Some(doc.seal())
}

/// `name = value`, `name: value` or `name := value`.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let at = text.find(['=', ':'])?;
    let name = text[..at].trim_end();
    let mut rest = &text[at..];
    rest = rest
        .strip_prefix(":=")
        .or_else(|| rest.strip_prefix('='))
        .or_else(|| rest.strip_prefix(':'))?;
    let is_name = !name.is_empty()
        && name.len() <= 80
        && name.split(' ').count() <= 2
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || "_-./$@[]\"' *".contains(c));
    // Not a comparison, a path, a label with nothing after it.
    (is_name && !rest.starts_with(['=', ':', '/', '~']) && !rest.trim().is_empty())
        .then(|| (name, rest.trim()))
}

/// `directive name value...`: named by its first two words.
fn directive(text: &str) -> Option<(&str, &str)> {
    let mut spaces = text.match_indices(' ').map(|(at, _)| at);
    let first = spaces.next()?;
    let second = spaces.next()?;
    let is_word = |w: &str| {
        w.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '*')
            && w.chars()
                .all(|c| c.is_alphanumeric() || "_-.:*@".contains(c))
    };
    (is_word(&text[..first]) && is_word(&text[first + 1..second]))
        .then(|| (&text[..second], &text[second + 1..]))
}

fn statements(text: &str, extension: &str, budget: &Budget) -> Option<Vec<Statement>> {
    let syntax = syntax_of(extension);
    // Most lines are told by their first byte.
    let mut may_be_comment = [false; 256];
    for start in syntax.comments.iter().chain(&["#"]) {
        may_be_comment[usize::from(start.as_bytes()[0])] = true;
    }
    let is_comment = |line: &str| {
        line.bytes()
            .next()
            .is_some_and(|first| may_be_comment[usize::from(first)])
            && (line == "#"
                || syntax.comments.iter().any(|start| {
                    line.strip_prefix(start)
                        .is_some_and(|rest| !rest.starts_with(syntax.but_not_before))
                }))
    };
    let mut out: Vec<Statement> = Vec::new();
    let mut section = String::new();
    let mut sections = 0;
    // Statements that others may stand under: their indentation and their place in `out`.
    let mut headers: Vec<(usize, usize)> = Vec::new();
    // Statements in whose braces others stand: their places in `out`.
    let mut blocks: Vec<usize> = Vec::new();
    let has_blocks = are_balanced(text);
    let mut conditions: Vec<Rc<str>> = Vec::new();
    let has_conditions = text.lines().any(|line| is_end_of_condition(line.trim()));
    let mut block_end: Option<&str> = None;
    let mut lines = text.lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        if !budget.take(4 + line.len() / 8) {
            return None;
        }
        let from = index as u32 + 1;
        let indent = line.len() - line.trim_start().len();
        let trimmed = line.trim();
        if let Some(end) = block_end {
            if trimmed.contains(end) {
                block_end = None;
            }
            continue;
        }
        if let Some((start, end)) = block_comments(extension)
            .iter()
            .find(|(start, _)| trimmed.starts_with(start))
        {
            if !trimmed[start.len()..].contains(end) {
                block_end = Some(end);
                continue;
            }
            if trimmed.ends_with(end) {
                continue;
            }
        }
        if trimmed.is_empty() || is_comment(trimmed) {
            continue;
        }
        let mut to = from;
        let statement = if ends_in_continuation(trimmed) {
            let mut joined = trimmed.to_owned();
            while ends_in_continuation(&joined) {
                joined.pop();
                let Some((index, next)) = lines.next() else {
                    break;
                };
                budget.take(1 + next.len() / 8);
                to = index as u32 + 1;
                let next = next.trim();
                joined.push(' ');
                joined.push_str(next);
            }
            squeezed(&joined)
        } else {
            squeezed(trimmed)
        };
        if statement.starts_with('[')
            && statement.ends_with(']')
            && statement.len() > 2
            && !statement.contains(',')
        {
            section = statement;
            sections += 1;
            headers.clear();
            continue;
        }
        if has_conditions && step_condition(&statement, &mut conditions) {
            continue;
        }
        if conditions.iter().any(|c| is_never(c)) {
            continue;
        }
        while headers.last().is_some_and(|(at, _)| *at >= indent) {
            headers.pop();
        }
        if has_blocks && statement.starts_with('}') {
            blocks.pop();
        }
        let indented = headers.iter().map(|(_, header)| *header);
        let indented = indented.filter(|header| !blocks.contains(header));
        let mut around: Vec<usize> = indented.chain(blocks.iter().copied()).collect();
        around.sort_unstable();
        let mut under = section.clone();
        let is_in_braces = !blocks.is_empty();
        for header in around.iter().rev().take(4).rev() {
            under.push(STEP);
            under.extend(out[*header].text.chars().take(HEADER_CHARS));
        }
        budget.take(under.len() / 8 + conditions.len() / 4);
        if has_blocks && statement.ends_with('{') && blocks.len() < 60 {
            // An opening brace on a line of its own belongs to the statement before.
            match statement.len() {
                1 => blocks.extend(out.len().checked_sub(1)),
                _ => blocks.push(out.len()),
            }
        }
        if headers.len() < 60 && statement.contains(char::is_alphanumeric) {
            headers.push((indent, out.len()));
        }
        out.push(Statement {
            text: statement,
            lines: (from, to),
            conditions: conditions.clone(),
            under,
            block: match around.last() {
                Some(header) => Some(Block::Header(*header)),
                None => (sections > 0).then_some(Block::Section(sections)),
            },
            is_in_braces,
        });
    }
    Some(out)
}

/// Whether as many lines open a block with a brace as close one; else braces say nothing here.
fn are_balanced(text: &str) -> bool {
    let lines = || text.lines().map(str::trim);
    let opened = lines().filter(|line| line.ends_with('{')).count();
    opened > 0 && opened == lines().filter(|line| line.starts_with('}')).count()
}

fn ends_in_continuation(line: &str) -> bool {
    (line.len() - line.trim_end_matches('\\').len()) % 2 == 1
}
