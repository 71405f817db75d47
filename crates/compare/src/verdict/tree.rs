//! One shape for every structured text: what YAML, JSON, TOML and XML have in common.

use super::limits::Budget;

/// First and last line, counted from 1.
pub(crate) type Lines = (u32, u32);

/// A value with the lines it stands on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) lines: Lines,
    pub(crate) value: Value,
}

/// Parsed content. Quoting, indentation and comments are gone; what tells `"1"` from `1` is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Scalar(String),
    Seq(Vec<Node>),
    /// In the order of the text; a key may come twice, and that matters.
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn scalar(text: impl Into<String>, lines: Lines) -> Node {
        Node {
            lines,
            value: Value::Scalar(text.into()),
        }
    }

    /// Nodes in this one, itself included; stops counting when the budget is spent.
    pub(super) fn size(&self, budget: &Budget) -> usize {
        if !budget.take(1) {
            return 1;
        }
        1 + match &self.value {
            Value::Scalar(_) => 0,
            Value::Seq(items) => items.iter().map(|item| item.size(budget)).sum(),
            Value::Map(entries) => entries.iter().map(|(_, item)| item.size(budget)).sum(),
        }
    }

    /// The scalar under `key` of a map.
    pub(super) fn scalar_at(&self, key: &str) -> Option<&str> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        entries
            .iter()
            .find(|(k, _)| k == key)
            .and_then(|(_, node)| match &node.value {
                Value::Scalar(text) => Some(text.as_str()),
                _ => None,
            })
    }

    /// The map or other value under `key` of a map.
    pub(super) fn at(&self, key: &str) -> Option<&Node> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        entries.iter().find(|(k, _)| k == key).map(|(_, node)| node)
    }
}

/// What becomes of white space at the ends of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edges {
    /// Left out: hardly any reader of rules takes it for content.
    Dropped,
    /// Kept, where it is more than the layout of the text around the value.
    Kept,
}

/// Finds the line of a byte offset.
pub(super) struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    pub(super) fn new(text: &str) -> LineIndex {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        LineIndex { starts }
    }

    pub(super) fn line(&self, offset: usize) -> u32 {
        self.starts.partition_point(|start| *start <= offset) as u32
    }

    /// Lines of the bytes `from..to`.
    pub(super) fn lines(&self, from: usize, to: usize) -> Lines {
        (self.line(from), self.line(to.saturating_sub(1).max(from)))
    }
}

/// A scalar as written without quotes means something else than the same text in quotes when it
/// reads as a number, a truth value or nothing. Such texts keep a quote when they were quoted.
pub(super) fn quoted(text: String) -> String {
    if reads_as_other_than_text(&text) {
        format!("\"{text}\"")
    } else {
        text
    }
}

fn reads_as_other_than_text(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".nan",
    ];
    // Most texts are told by their first letter.
    let may_be = |first: &u8| first.is_ascii_digit() || b"~+-.nNtTfFyYoO".contains(first);
    if text.len() > 40 || text.as_bytes().first().is_some_and(|first| !may_be(first)) {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    WORDS.contains(&lower.as_str())
        || (lower.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
            && (lower.replace('_', "").parse::<f64>().is_ok()
                || lower.starts_with("0x")
                || lower.starts_with("0o")
                || lower.ends_with(".inf")))
}
