//! JSON to [`Node`]s, by the parser of `serde_json`. Every value is borrowed from the text, so its
//! place is where it was borrowed from.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::limits::Budget;
use super::tree::{LineIndex, Node, Value, quoted};

/// One document; None when the text is no JSON, is nested deeper than `depth_max`, or the budget
/// is spent.
pub(super) fn parse(text: &str, depth_max: usize, budget: &Budget) -> Option<Node> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    let lines = LineIndex::new(text);
    Reader {
        base: text.as_ptr() as usize,
        lines,
        budget,
    }
    .node(raw, depth_max)
}

struct Reader<'a> {
    base: usize,
    lines: LineIndex,
    budget: &'a Budget,
}

impl Reader<'_> {
    fn node(&self, raw: &RawValue, depth: usize) -> Option<Node> {
        let text = raw.get();
        // One step for every 16 bytes: a value is read once for each level above it.
        if depth == 0 || !self.budget.take(1 + text.len() / 16) {
            return None;
        }
        let from = text.as_ptr() as usize - self.base;
        let lines = self.lines.lines(from, from + text.len());
        let value = match text.as_bytes().first()? {
            b'{' => {
                let Entries(entries) = serde_json::Deserializer::from_str(text)
                    .deserialize_map(EntriesVisitor)
                    .ok()?;
                Value::Map(
                    entries
                        .into_iter()
                        .map(|(key, raw)| Some((key, self.node(raw, depth - 1)?)))
                        .collect::<Option<_>>()?,
                )
            }
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                Value::Seq(
                    items
                        .into_iter()
                        .map(|raw| self.node(raw, depth - 1))
                        .collect::<Option<_>>()?,
                )
            }
            b'"' => Value::Scalar(quoted(serde_json::from_str(text).ok()?)),
            _ => Value::Scalar(text.to_owned()),
        };
        Some(Node { lines, value })
    }
}

/// The entries of an object as written: order and repeated keys kept.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
