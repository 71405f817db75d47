//! Conditions around the statements of a plain text: where they begin and end, and which say that nothing is done.
//!
//! ```text
//! base        | hotfix      | planned
//! score FOO 1 | score FOO 3 | if (version < 4)
//!             |             | score FOO 3         cannot tell: planned has it under a condition
//!             |             | endif
//! ```

use std::rc::Rc;

/// Whether a line ends what a condition governs.
pub(super) fn is_end_of_condition(line: &str) -> bool {
    // Most lines are told by their first byte.
    if !line.starts_with(['e', 'E', '<', '#', '%', '{']) {
        return false;
    }
    let lower: String = line.chars().take(12).flat_map(char::to_lowercase).collect();
    let lower = lower.trim_start_matches(['#', '%', '{', '-', ' ']);
    lower.starts_with("endif")
        || lower.starts_with("</if")
        || line.starts_with("{{") && lower.starts_with("end")
}

/// Longest condition that an alternative is added to. Without a bound 2,000 `else` after one `if` make a condition grow
/// with the square of the text (`what_parsers_are_slow_on`). Corpus and tests: 100 to 800 change nothing.
const CONDITION_BYTES_MAX: usize = 400;

/// Follows `if ... else ... endif`; true when the statement was part of that.
pub(super) fn step_condition(statement: &str, conditions: &mut Vec<Rc<str>>) -> bool {
    let word = statement
        .trim_start_matches(['<', '#', '%', '{', '-', ' '])
        .split([' ', '('])
        .next()
        .unwrap_or("")
        .to_ascii_lowercase();
    if is_end_of_condition(statement) {
        conditions.pop();
        return true;
    }
    match word.as_str() {
        "if" | "ifplugin" | "ifdef" | "ifndef" | "ifmodule" | "ifversion" | "ifdefine"
        | "unless" => {
            if conditions.len() < 60 {
                conditions.push(statement.into());
            }
            true
        }
        "else" | "elif" | "elsif" | "elseif" => {
            if let Some(last) = conditions.last_mut() {
                let rest = if word == "else" { "" } else { statement };
                // One `else` after the other says no more than the first few.
                if last.len() + rest.len() > CONDITION_BYTES_MAX {
                    return true;
                }
                *last = format!("else of {last} {rest}").into();
            }
            true
        }
        _ => false,
    }
}

/// A condition that no evaluation makes true.
pub(super) fn is_never(condition: &str) -> bool {
    let condition = condition.trim_start_matches(['{', '%', '-', ' ']);
    let test = condition
        .split_once([' ', '('])
        .map_or("", |(_, test)| test);
    let test = test
        .trim_matches(|c: char| c.is_whitespace() || "()<>\"{}%-".contains(c))
        .to_ascii_lowercase();
    !condition.starts_with("else of")
        && ["0", "false", "no", "off", "never"].contains(&test.as_str())
}

/// Whether a condition that planned puts around a statement may keep it from having an effect.
/// Not doubtful is one that asks for a part of the engine or for a newer version of it, which
/// planned will find; a negation, an alternative, or anything else is.
pub(super) fn is_doubtful(condition: &str) -> bool {
    let lower = condition.to_ascii_lowercase();
    let is_condition = ["if", "<if", "else of", "unless", "#if", "%if", "{"]
        .iter()
        .any(|start| lower.starts_with(start));
    let asks_for_part = [
        "ifplugin",
        "<ifmodule",
        "version >",
        "can(",
        "can (",
        "has(",
        "plugin(",
    ]
    .iter()
    .any(|part| lower.contains(part));
    let is_turned = lower.starts_with("else of")
        || lower.contains('!')
        || lower.contains('<') && !lower.starts_with("<ifmodule ")
        || lower.contains("not ");
    is_condition && (!asks_for_part || is_turned)
}
