//! JSON to [`Node`]s, by the parser of `jsonc_parser`: one pass, however deep, and every value knows
//! its place. Comments and trailing commas are let pass, as many readers of rule files do.

use jsonc_parser::ast::{ObjectProp, Value as Parsed};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::limits::Budget;
use super::tree::{LineIndex, Node, Value, quoted};

/// What is JSON, but for comments and trailing commas.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// One document; None when the text is no JSON, is nested deeper than `depth_max`, or the budget
/// is spent.
pub(super) fn parse(text: &str, depth_max: usize, budget: &Budget) -> Option<Node> {
    if !budget.take(text.len() / 16) {
        return None;
    }
    let parsed = parse_to_ast(text, &CollectOptions::default(), &OPTIONS).ok()?;
    let reader = Reader {
        lines: LineIndex::new(text),
        budget,
    };
    reader.node(parsed.value?, depth_max)
}

struct Reader<'a> {
    lines: LineIndex,
    budget: &'a Budget,
}

impl Reader<'_> {
    fn node(&self, parsed: Parsed, depth: usize) -> Option<Node> {
        if depth == 0 || !self.budget.take(2) {
            return None;
        }
        let Range { start, end } = parsed.range();
        let lines = self.lines.lines(start, end);
        let value = match parsed {
            // In the order of the text; repeated keys are kept.
            Parsed::Object(object) => Value::Map(
                object
                    .properties
                    .into_iter()
                    .map(|property| self.entry(property, depth - 1))
                    .collect::<Option<_>>()?,
            ),
            Parsed::Array(array) => Value::Seq(
                array
                    .elements
                    .into_iter()
                    .map(|item| self.node(item, depth - 1))
                    .collect::<Option<_>>()?,
            ),
            Parsed::StringLit(text) => Value::Scalar(quoted(text.value.into_owned())),
            Parsed::NumberLit(number) => Value::Scalar(number.value.to_owned()),
            Parsed::BooleanLit(truth) => Value::Scalar(truth.value.to_string()),
            Parsed::NullKeyword(_) => Value::Scalar("null".to_owned()),
        };
        Some(Node { lines, value })
    }

    /// A key with its value, which starts where the key does.
    fn entry(&self, property: ObjectProp, depth: usize) -> Option<(String, Node)> {
        let from = self.lines.line(property.range.start);
        let mut node = self.node(property.value, depth)?;
        node.lines.0 = from.min(node.lines.0);
        Some((property.name.into_string(), node))
    }
}
