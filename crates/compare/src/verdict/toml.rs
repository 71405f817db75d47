//! TOML to [`Node`]s, by the parser of the `toml` crate.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::limits::Budget;
use super::tree::{LineIndex, Node, Value, quoted};

/// The document; None when the text is no TOML, is nested deeper than `depth_max`, or the budget
/// is spent.
pub(super) fn parse(text: &str, depth_max: usize, budget: &Budget) -> Option<Node> {
    let table = DeTable::parse(text).ok()?;
    let reader = Reader {
        lines: LineIndex::new(text),
        budget,
    };
    let last = reader.lines.line(text.len());
    Some(Node {
        lines: (1, last),
        value: reader.table(table.get_ref(), depth_max)?,
    })
}

struct Reader<'a> {
    lines: LineIndex,
    budget: &'a Budget,
}

impl Reader<'_> {
    fn table(&self, table: &DeTable, depth: usize) -> Option<Value> {
        let entries = table.iter().map(|(key, value)| {
            let mut node = self.node(value, depth)?;
            node.lines.0 = self.lines.line(key.span().start).min(node.lines.0);
            Some((key.get_ref().to_string(), node))
        });
        Some(Value::Map(entries.collect::<Option<_>>()?))
    }

    fn node(&self, value: &Spanned<DeValue>, depth: usize) -> Option<Node> {
        if depth == 0 || !self.budget.take(2) {
            return None;
        }
        let span = value.span();
        let lines = self.lines.lines(span.start, span.end);
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Scalar(quoted(text.to_string())),
            DeValue::Integer(number) => {
                let prefix = match number.radix() {
                    2 => "0b",
                    8 => "0o",
                    16 => "0x",
                    _ => "",
                };
                Value::Scalar(format!("{prefix}{}", number.as_str()))
            }
            DeValue::Float(number) => Value::Scalar(number.as_str().to_owned()),
            DeValue::Boolean(truth) => Value::Scalar(truth.to_string()),
            DeValue::Datetime(time) => Value::Scalar(time.to_string()),
            DeValue::Array(items) => Value::Seq(
                items
                    .iter()
                    .map(|item| self.node(item, depth - 1))
                    .collect::<Option<_>>()?,
            ),
            DeValue::Table(table) => self.table(table, depth - 1)?,
        };
        Some(Node { lines, value })
    }
}
