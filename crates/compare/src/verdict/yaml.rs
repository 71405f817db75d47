//! YAML to [`Node`]s, one for each document, from the events of `granit_parser`. Aliases are
//! followed, within the budget.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::limits::Budget;
use super::tree::{Edges, Lines, Node, Value, quoted};

/// The documents in order; None when the text is no YAML, is nested deeper than `depth_max`, or
/// the budget is spent.
pub(super) fn parse(
    text: &str,
    depth_max: usize,
    edges: Edges,
    budget: &Budget,
) -> Option<Vec<Node>> {
    let mut builder = Builder {
        documents: Vec::new(),
        open: Vec::new(),
        anchors: HashMap::new(),
        depth_max,
        edges,
        budget,
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        if !budget.take(2) {
            return None;
        }
        builder.event(event, span)?;
    }
    Some(builder.documents)
}

/// Whether a text without aliases reads as YAML; false says nothing of one with aliases.
pub(super) fn reads(text: &str, depth_max: usize, budget: &Budget) -> bool {
    let mut depth = 0;
    for event in Parser::new_from_str(text) {
        match event {
            Err(_) | Ok((Event::Alias(_), _)) => return false,
            Ok((Event::SequenceStart(..) | Event::MappingStart(..), _)) => depth += 1,
            Ok((Event::SequenceEnd | Event::MappingEnd, _)) => depth -= 1,
            Ok(_) => {}
        }
        if depth > depth_max || !budget.take(2) {
            return false;
        }
    }
    true
}

struct Open {
    anchor: usize,
    tag: String,
    from: u32,
    items: Vec<Node>,
    is_map: bool,
}

struct Builder<'a> {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    depth_max: usize,
    edges: Edges,
    budget: &'a Budget,
}

impl Builder<'_> {
    fn event(&mut self, event: Event, span: Span) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let lines = lines_of(span);
                let text = match style {
                    ScalarStyle::Plain => text.into_owned(),
                    ScalarStyle::Literal | ScalarStyle::Folded if self.edges == Edges::Dropped => {
                        quoted(text.trim_end_matches('\n').to_owned())
                    }
                    _ => quoted(text.into_owned()),
                };
                let text = match tag {
                    Some(tag) => format!("{}{} {text}", tag.handle(), tag.suffix()),
                    None => text,
                };
                self.value(Node::scalar(text, lines), anchor)
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor)?;
                let size = node.size(self.budget);
                if !self.budget.take(4 * size) {
                    return None;
                }
                let mut node = node.clone();
                node.lines = lines_of(span);
                self.value(node, 0)
            }
            Event::SequenceStart(..) | Event::MappingStart(..)
                if self.open.len() >= self.depth_max =>
            {
                None
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.start(anchor, tag.map(|t| t.suffix().to_owned()), span, false)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.start(anchor, tag.map(|t| t.suffix().to_owned()), span, true)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => Some(()),
        }
    }

    fn start(
        &mut self,
        anchor: usize,
        tag: Option<String>,
        span: Span,
        is_map: bool,
    ) -> Option<()> {
        let from = span.start.line() as u32;
        self.open.push(Open {
            anchor,
            tag: tag.unwrap_or_default(),
            from,
            items: Vec::new(),
            is_map,
        });
        Some(())
    }

    fn end(&mut self) -> Option<()> {
        let Open {
            anchor,
            tag,
            from,
            items,
            is_map,
        } = self.open.pop()?;
        let to = items.last().map_or(from, |node| node.lines.1.max(from));
        let mut value = if is_map {
            let mut entries = Vec::with_capacity(items.len() / 2);
            let mut items = items.into_iter();
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                let lines = (key.lines.0, value.lines.1.max(key.lines.0));
                let key = match key.value {
                    Value::Scalar(text) => text,
                    other => format!("{other:?}"),
                };
                entries.push((
                    key,
                    Node {
                        lines,
                        value: value.value,
                    },
                ));
            }
            Value::Map(merged(entries))
        } else {
            Value::Seq(items)
        };
        if !tag.is_empty() {
            value = Value::Map(vec![(
                format!("!{tag}"),
                Node {
                    lines: (from, to),
                    value,
                },
            )]);
        }
        self.value(
            Node {
                lines: (from, to),
                value,
            },
            anchor,
        )
    }

    fn value(&mut self, node: Node, anchor: usize) -> Option<()> {
        if anchor != 0 {
            let size = node.size(self.budget);
            if !self.budget.take(4 * size) {
                return None;
            }
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            Some(open) => open.items.push(node),
            None => self.documents.push(node),
        }
        Some(())
    }
}

/// The key under which a map takes over the entries of others, as most readers of YAML understand it.
const MERGE: &str = "<<";

/// Entries with those of merged maps among them; what the map or an earlier merge has itself wins.
fn merged(entries: Vec<(String, Node)>) -> Vec<(String, Node)> {
    let maps = |node: &Node| match &node.value {
        Value::Map(_) => true,
        Value::Seq(items) => items.iter().all(|item| matches!(item.value, Value::Map(_))),
        Value::Scalar(_) => false,
    };
    if !entries
        .iter()
        .any(|(key, value)| key == MERGE && maps(value))
    {
        return entries;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|(key, value)| key == MERGE && maps(value));
    let mut known: HashSet<String> = own.iter().map(|(key, _)| key.clone()).collect();
    for (_, merge) in merges {
        let lines = merge.lines;
        let each = match merge.value {
            Value::Seq(items) => items.into_iter().map(|item| item.value).collect(),
            value => vec![value],
        };
        for value in each {
            let Value::Map(entries) = value else { continue };
            for (key, value) in entries {
                if known.insert(key.clone()) {
                    own.push((key, Node { lines, ..value }));
                }
            }
        }
    }
    own
}

fn lines_of(span: Span) -> Lines {
    let from = span.start.line() as u32;
    let to = span.end.line() as u32;
    // A block scalar ends at the start of the line after it.
    let to = if span.end.col() == 0 && to > from {
        to - 1
    } else {
        to
    };
    (from, to.max(from))
}
