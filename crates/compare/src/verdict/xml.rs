//! XML to [`Node`]s, by the parser of `roxmltree`. A text with several roots, as rule files often
//! are, is read as the inside of one element.

use roxmltree::{Document, Node as Element, ParsingOptions};

use super::limits::Budget;
use super::tree::{Edges, LineIndex, Node, Value};

/// Everything in the text as one map; None when it is no XML, is nested deeper than `depth_max`,
/// or the budget is spent.
pub(super) fn parse(text: &str, depth_max: usize, edges: Edges, budget: &Budget) -> Option<Node> {
    // The parser recurses into elements: a text that opens more of them than are followed here is
    // not handed to it.
    if depth_of(text) > depth_max
        || !budget.take(text.len() / 8)
        || !budget.take(attribute_comparisons(text) / 4)
    {
        return None;
    }
    let (prolog, body) = match text.trim_start().starts_with("<?xml") {
        true => text.split_at(text.find("?>")? + 2),
        false => ("", text),
    };
    let prolog: String = prolog
        .chars()
        .map(|c| if c == '\n' { '\n' } else { ' ' })
        .collect();
    let wrapped = format!("{prolog}<r>{body}\n</r>");
    let options = ParsingOptions {
        nodes_limit: 1_000_000,
        ..ParsingOptions::default()
    };
    let lines = LineIndex::new(&wrapped);
    match Document::parse_with_options(&wrapped, options) {
        Ok(document) => Reader {
            lines: &lines,
            edges,
            budget,
        }
        .element(document.root_element(), depth_max),
        Err(_) => {
            let mended = mended(&wrapped);
            let lines = LineIndex::new(&mended);
            let document = Document::parse(&mended).ok()?;
            Reader {
                lines: &lines,
                edges,
                budget,
            }
            .element(document.root_element(), depth_max)
        }
    }
}

/// The text without what many readers of rule files let pass and XML forbids: `--` in comments,
/// and a bare `&`. Comments become white space; lines stay where they are.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("<!--") {
            let Some(end) = rest.find("-->") else { break };
            out.extend(rest[..end].chars().filter(|c| *c == '\n'));
            rest = &rest[end + 3..];
        } else if rest.starts_with("<![CDATA[") {
            let end = rest.find("]]>").map_or(rest.len(), |end| end + 3);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else {
            let is_entity = rest[1..]
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '#'))
                .is_some_and(|end| end > 0 && rest[1 + end..].starts_with(';'));
            out.push_str(if rest.starts_with('&') && !is_entity {
                "&amp;"
            } else {
                &rest[..1]
            });
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// An upper bound of how deep elements are nested, in one pass.
fn depth_of(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut deepest, mut at) = (0usize, 0usize, 0usize);
    while let Some(open) = memchr::memchr(b'<', &bytes[at..]).map(|found| at + found) {
        let rest = &bytes[open..];
        let end = if rest.starts_with(b"<!--") {
            &b"-->"[..]
        } else {
            &b">"[..]
        };
        // Without an end there is no well-formed element after this place either.
        let Some(close) = memchr::memmem::find(rest, end) else {
            return deepest + 1;
        };
        if rest.starts_with(b"</") {
            depth = depth.saturating_sub(1);
        } else if !rest.starts_with(b"<!") && !rest.starts_with(b"<?") && rest[close - 1] != b'/' {
            depth += 1;
            deepest = deepest.max(depth);
        }
        at = open + close + end.len();
    }
    deepest
}

/// How often the parser compares the names of two attributes: each with every other of its element,
/// and each name space of an element with those of the elements around it.
fn attribute_comparisons(text: &str) -> usize {
    let spaces = memchr::memmem::find_iter(text.as_bytes(), b"xmlns").count();
    let mut comparisons = spaces.saturating_mul(spaces) / 4;
    // No attribute holds a `<`, so what starts with one and has attributes ends before the next.
    for part in text.split('<').skip(1) {
        let mut attributes = 0usize;
        for at in memchr::memchr_iter(b'=', part.as_bytes()) {
            let value = part.as_bytes()[at + 1..]
                .iter()
                .find(|byte| !byte.is_ascii_whitespace());
            attributes += usize::from(matches!(value, Some(b'"' | b'\'')));
        }
        comparisons = comparisons.saturating_add(attributes * attributes / 2);
    }
    comparisons
}

struct Reader<'a> {
    lines: &'a LineIndex,
    edges: Edges,
    budget: &'a Budget,
}

impl Reader<'_> {
    /// Where edges count, so does the name space.
    fn name(&self, element: Element) -> String {
        let name = element.tag_name();
        match name.namespace().filter(|_| self.edges == Edges::Kept) {
            Some(space) => format!("{} of {space}", name.name()),
            None => name.name().to_owned(),
        }
    }

    /// A text without the white space at its ends; where edges count, without that of its layout,
    /// which is what reaches over a line's end.
    fn trimmed<'t>(&self, text: &'t str) -> &'t str {
        let trimmed = text.trim();
        if self.edges == Edges::Dropped || trimmed.is_empty() {
            return trimmed;
        }
        let start = &text[..text.len() - text.trim_start().len()];
        let end = &text[text.trim_end().len()..];
        let from = if start.contains('\n') { start.len() } else { 0 };
        let to = if end.contains('\n') { end.len() } else { 0 };
        &text[from..text.len() - to]
    }

    fn element(&self, element: Element, depth: usize) -> Option<Node> {
        if depth == 0 || !self.budget.take(2) {
            return None;
        }
        let range = element.range();
        let lines = self.lines.lines(range.start, range.end);
        let mut entries: Vec<(String, Node)> = element
            .attributes()
            .map(|a| {
                let range = a.range();
                (
                    format!("@{}", a.name()),
                    Node::scalar(a.value(), self.lines.lines(range.start, range.end)),
                )
            })
            .collect();
        let mut text = String::new();
        // Children of one name are one list; names stand in the order of their first element.
        let mut lists: Vec<(String, Vec<Node>)> = Vec::new();
        let mut place = std::collections::HashMap::new();
        for child in element.children() {
            if child.is_element() {
                let node = self.element(child, depth - 1)?;
                let name = self.name(child);
                let at = *place.entry(name.clone()).or_insert(lists.len());
                if at == lists.len() {
                    lists.push((name, Vec::new()));
                }
                lists[at].1.push(node);
            } else if child.is_text() {
                text.push_str(child.text().unwrap_or_default());
            }
        }
        let text = self.trimmed(&text);
        if entries.is_empty() && lists.is_empty() {
            return Some(Node::scalar(text, lines));
        }
        if !text.is_empty() {
            entries.push((TEXT.to_owned(), Node::scalar(text, lines)));
        }
        for (name, items) in lists {
            let from = items.first().map_or(lines.0, |node| node.lines.0);
            let to = items.last().map_or(lines.1, |node| node.lines.1);
            entries.push((
                name,
                Node {
                    lines: (from, to),
                    value: Value::Seq(items),
                },
            ));
        }
        Some(Node {
            lines,
            value: Value::Map(entries),
        })
    }
}

/// The key under which the text between the tags of an element is found.
pub(super) const TEXT: &str = "#text";
