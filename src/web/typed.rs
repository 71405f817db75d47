//! Rule text on its way through a browser, which sends every line end as CRLF, whatever the rule has.

use rulegate_compare::diff::{LineEnd, Text, align};

/// The longest rule that is offered in a text field: beyond it a browser is no editor.
pub const EDITABLE_BYTES_MAX: usize = 1024 * 1024;

/// Why a browser's text field would not give these bytes back as they are; `None` if it would.
pub fn obstacle(bytes: &[u8]) -> Option<&'static str> {
    if bytes.len() > EDITABLE_BYTES_MAX {
        return Some("larger than 1 MiB: upload it instead");
    }
    if std::str::from_utf8(bytes).is_err() {
        return Some("not UTF-8: a browser would change its bytes; upload it instead");
    }
    if bytes.contains(&0) {
        return Some("holds a NUL: a browser would change it; upload it instead");
    }
    let lone = |pair: &[u8]| pair[0] == b'\r' && pair[1] != b'\n';
    if bytes.windows(2).any(lone) || bytes.ends_with(b"\r") {
        return Some(
            "holds a carriage return inside a line: a browser would change it; upload it instead",
        );
    }
    None
}

/// What was typed, with the line ends and the final newline of the rule as it was. Untouched text gives exactly the
/// bytes of before; a new rule gets plain newlines and a final one.
pub fn as_before(typed: &str, before: Option<&[u8]>) -> Vec<u8> {
    let typed = typed.replace("\r\n", "\n").replace('\r', "\n");
    if typed.is_empty() {
        return Vec::new();
    }
    let new: Vec<&[u8]> = typed
        .strip_suffix('\n')
        .unwrap_or(&typed)
        .split('\n')
        .map(str::as_bytes)
        .collect();
    let before = Text::new(before.unwrap_or_default());
    let (old, ends): (Vec<&[u8]>, Vec<LineEnd>) = (0..before.len())
        .map(|index| before.line_and_end(index))
        .unzip();
    let crlf = ends.iter().filter(|end| **end == LineEnd::CrLf).count();
    let usual = if crlf * 2 > ends.len() {
        LineEnd::CrLf
    } else {
        LineEnd::Lf
    };
    let mut new_ends = vec![usual; new.len()];
    let mut keep = |new_at: usize, old_at: usize| {
        if let (Some(slot), Some(end)) = (new_ends.get_mut(new_at), ends.get(old_at))
            && *end != LineEnd::Missing
        {
            *slot = *end;
        }
    };
    let (mut old_at, mut new_at) = (0, 0);
    for change in align(&old, &new).changes {
        // Equal lines up to the change, then the changed ones pair by pair.
        let (from, to) = (change.old.start as usize, change.new.start as usize);
        while old_at < from && new_at < to {
            keep(new_at, old_at);
            (old_at, new_at) = (old_at + 1, new_at + 1);
        }
        for (o, n) in change.old.clone().zip(change.new.clone()) {
            keep(n as usize, o as usize);
        }
        (old_at, new_at) = (change.old.end as usize, change.new.end as usize);
    }
    while old_at < old.len() && new_at < new.len() {
        keep(new_at, old_at);
        (old_at, new_at) = (old_at + 1, new_at + 1);
    }
    if ends.last() == Some(&LineEnd::Missing)
        && let Some(last) = new_ends.last_mut()
    {
        *last = LineEnd::Missing;
    }
    let mut bytes = Vec::with_capacity(typed.len() + new.len());
    for (line, end) in new.into_iter().zip(new_ends) {
        bytes.extend_from_slice(line);
        bytes.extend_from_slice(match end {
            LineEnd::Lf => b"\n",
            LineEnd::CrLf => b"\r\n",
            LineEnd::Missing => b"",
        });
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a browser sends a text field's value.
    fn sent(text: &str) -> String {
        text.replace("\r\n", "\n").replace('\n', "\r\n")
    }

    #[test]
    fn untouched_text_comes_back_byte_for_byte() {
        for rule in [
            "a\nb\n",
            "a\nb",
            "a\r\nb\r\n",
            "a\r\nb\nc\r\n",
            "\n\na\n\n",
            "a\r\nb",
            "\u{feff}ü\n",
            "\n",
        ] {
            assert_eq!(
                as_before(&sent(rule), Some(rule.as_bytes())),
                rule.as_bytes(),
                "{rule:?}"
            );
        }
    }

    #[test]
    fn edited_text_keeps_the_style_of_the_rule() {
        let check = |typed: &str, before: &str, expected: &str| {
            let bytes = as_before(&sent(typed), Some(before.as_bytes()));
            assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        };
        check("a\nx\nb", "a\r\nb\r\n", "a\r\nx\r\nb\r\n");
        check("a\nx\n", "a\nb", "a\nx");
        check("a\nB\nc\n", "a\r\nb\nc\r\n", "a\r\nB\nc\r\n");
        assert_eq!(as_before("a\r\nb", None), b"a\nb\n");
    }

    #[test]
    fn what_a_browser_would_change_is_not_offered() {
        assert_eq!(obstacle("ü\r\nb\n".as_bytes()), None);
        for bad in [&b"\xff"[..], b"a\0", b"a\rb\n", b"a\r"] {
            assert!(obstacle(bad).is_some(), "{bad:?}");
        }
    }
}
