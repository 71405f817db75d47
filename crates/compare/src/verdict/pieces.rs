//! Pieces of a statement that carries an id: its arguments, and the items of its lists.
//!
//! ```text
//! base          | hotfix                | planned
//! "id:7,t:none" | "id:7,t:none,t:lower" | "id:7,log,t:none,t:lower"    included: `t:lower` is a piece
//! ```

/// A piece with its address in the statement: the key before `:`, or its place.
#[derive(Debug, PartialEq)]
pub(super) struct Piece<'a> {
    pub(super) addr: String,
    pub(super) value: &'a str,
    pub(super) in_list: bool,
}

/// The id that a statement carries among its arguments, e.g. `id:942100` or `sid:2019401`.
pub(super) fn id_in(statement: &str) -> Option<String> {
    if !statement.contains(' ') {
        return None;
    }
    for key in ["id", "sid", "rule_id", "ruleid"] {
        for (at, _) in statement.match_indices(key) {
            let before = statement[..at].chars().next_back();
            if !before.is_some_and(|c| " ,\"'(;".contains(c)) {
                continue;
            }
            let rest = statement[at + key.len()..].trim_start();
            let Some(rest) = rest.strip_prefix(':').or_else(|| rest.strip_prefix('=')) else {
                continue;
            };
            let rest = rest.trim_start().trim_start_matches(['"', '\'']);
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || "_.-".contains(c)))
                .unwrap_or(rest.len());
            let id = &rest[..end];
            if id.bytes().any(|b| b.is_ascii_digit()) {
                return Some(format!("{key}:{id}"));
            }
        }
    }
    None
}

/// Cuts a statement into arguments and those into items: a list in quotes or brackets at `,` or
/// `;`, an argument without quotes at `|`.
pub(super) fn pieces(statement: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    for (index, word) in arguments(statement).into_iter().enumerate() {
        let inner = unquoted(word);
        if word.len() > inner.len() && is_list_of_actions(inner) {
            let separator = if word.starts_with('(') { ';' } else { ',' };
            for item in split_outside_quotes(inner, separator) {
                let (key, value) = item.split_once(':').unwrap_or((item, ""));
                let key = key.trim();
                out.push(Piece {
                    addr: key.to_owned(),
                    value: value.trim(),
                    in_list: true,
                });
            }
        } else if word.len() == inner.len() && word.contains('|') {
            for item in word.split('|').filter(|item| !item.is_empty()) {
                out.push(Piece {
                    addr: format!("argument {index}"),
                    value: item,
                    in_list: true,
                });
            }
        } else {
            out.push(Piece {
                addr: format!("argument {index}"),
                value: word,
                in_list: false,
            });
        }
    }
    out
}

/// Words at spaces outside quotes; a bracket that holds `;` is one word to its end.
fn arguments(statement: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut from = 0;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    let last_semicolon = statement.rfind(';');
    for (at, c) in statement.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match (c, quote) {
            ('\\', _) => escaped = true,
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) if at == from => quote = Some(c),
            ('(', None) if at == from && last_semicolon > Some(at) => {
                out.push(statement[from..].trim());
                return out;
            }
            (' ', None) => {
                if at > from {
                    out.push(&statement[from..at]);
                }
                from = at + 1;
            }
            _ => {}
        }
    }
    if from < statement.len() {
        out.push(&statement[from..]);
    }
    out
}

fn unquoted(word: &str) -> &str {
    for (open, close) in [('"', '"'), ('\'', '\''), ('(', ')')] {
        if let Some(inner) = word.strip_prefix(open).and_then(|w| w.strip_suffix(close)) {
            return inner;
        }
    }
    word
}

/// Reads as `name, name:value, ...`: every item starts with a plain name.
fn is_list_of_actions(text: &str) -> bool {
    let separator = if text.contains(';') && !text.contains(',') || text.trim_end().ends_with(';') {
        ';'
    } else {
        ','
    };
    let items = split_outside_quotes(text, separator);
    !items.is_empty()
        && items.iter().all(|item| {
            let name = item.split(':').next().unwrap_or("").trim();
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || "_-.".contains(c))
        })
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut from, mut quote, mut escaped) = (0, None, false);
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match (c, quote) {
            ('\\', _) => escaped = true,
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c == separator => {
                out.push(text[from..at].trim());
                from = at + c.len_utf8();
            }
            _ => {}
        }
    }
    out.push(text[from..].trim());
    out.retain(|item| !item.is_empty());
    out
}
