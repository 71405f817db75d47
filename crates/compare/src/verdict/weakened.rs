//! Signs that a value of planned's, though the words of the hotfix are in it, need not do what the hotfix's does.
//!
//! ```text
//! base     | hotfix   | planned
//! load > 5 | load > 8 | load > 8 and false    cannot tell: there, and never true
//! ```

use std::collections::HashSet;

use rulegate_ledger::invisible;

use super::words::words;

/// Whether planned turned, muted, hid or calculates away what the hotfix put into a value.
pub(super) fn is_weakened(old: &str, new: &str, planned: &str) -> bool {
    is_negated(new) != is_negated(planned)
        || has_more_closed_remarks(new, planned)
        || hidden(planned) > hidden(new)
        || edges(new) != edges(planned)
        || constants(planned) > constants(new)
        || is_scaled(old, new, planned)
}

/// What starts a remark that ends with its line.
const REMARKS: [&str; 4] = ["#", "//", "--", ";"];

fn starts_remark(word: &str) -> bool {
    REMARKS.iter().any(|start| word.starts_with(start))
}

/// Places in a value where a remark may start, after which nothing on the line has an effect.
pub(super) fn remarks(value: &str) -> usize {
    let all = value.split_ascii_whitespace();
    all.filter(|word| starts_remark(word)).count()
}

/// Every line up to its first remark.
pub(super) fn without_remarks(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for line in value.lines() {
        let words = line.split_ascii_whitespace();
        for word in words.take_while(|word| !starts_remark(word)) {
            out.push_str(word);
            out.push(' ');
        }
    }
    out
}

/// Whether planned has more remarks that go on to where they are closed.
fn has_more_closed_remarks(new: &str, planned: &str) -> bool {
    let count = |value: &str| {
        let all = value.split_ascii_whitespace();
        all.filter(|word| word.starts_with("/*") || word.starts_with("<!--"))
            .count()
    };
    count(planned) > count(new)
}

/// Words that make what they are joined to always or never so: `and false`, `true ||`.
fn constants(value: &str) -> usize {
    let all: Vec<String> = words(value).map(str::to_ascii_lowercase).collect();
    let is_constant = |at: usize| matches!(all[at].as_str(), "true" | "false");
    let joins = |at: usize| {
        let word = all.get(at).map(String::as_str);
        matches!(word, Some("and" | "or" | "&" | "|"))
    };
    (0..all.len())
        .filter(|&at| is_constant(at) && (joins(at + 1) || at > 0 && joins(at - 1)))
        .count()
}

/// Whether planned calculates with a number that the hotfix put in, and the hotfix does not.
fn is_scaled(old: &str, new: &str, other: &str) -> bool {
    fn calculated(value: &str) -> HashSet<&str> {
        let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
        let is_sign = |word: &str| matches!(word, "+" | "-" | "*" | "/" | "%" | "^");
        let all: Vec<&str> = words(value).collect();
        let pairs = all.windows(2).filter_map(|pair| match pair {
            [number, sign] | [sign, number] if is_number(number) && is_sign(sign) => Some(*number),
            _ => None,
        });
        pairs.collect()
    }
    let here = calculated(new);
    let mut scaled = calculated(other);
    scaled.retain(|number| !here.contains(number));
    !scaled.is_empty()
        && words(new).any(|word| scaled.contains(word) && !words(old).any(|before| before == word))
}

/// Whether a value starts and ends with white space, which in quotes is part of it.
fn edges(value: &str) -> (bool, bool) {
    (
        value.starts_with(char::is_whitespace),
        value.ends_with(char::is_whitespace),
    )
}

/// Characters that a reader does not see, or takes for plain space; an end of a line is seen.
fn hidden(value: &str) -> usize {
    let is_hidden = |c: &char| *c != '\n' && invisible::kind(*c).is_some();
    value.chars().filter(is_hidden).count()
}

fn is_negated(value: &str) -> bool {
    let start = value.trim_start_matches(['"', '\'', '(', ' ']);
    start.starts_with('!') || start.to_ascii_lowercase().starts_with("not ")
}
