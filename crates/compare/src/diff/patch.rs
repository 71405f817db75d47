//! Changes as a patch that `git apply` accepts.

use std::ops::Range;

use super::text::Text;
use super::text_diff::{Kind, TextDiff};

/// One rule before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleChange<'a> {
    /// The path in the new snapshot; of a removed rule, in the old.
    pub path: &'a str,
    /// The path in the old snapshot when it was another.
    pub from: Option<&'a str>,
    /// The content before; `None` of an added rule.
    pub old: Option<&'a [u8]>,
    /// The content after; `None` of a removed rule.
    pub new: Option<&'a [u8]>,
}

impl<'a> RuleChange<'a> {
    /// The two texts compared; an absent one counts as empty.
    pub fn diff(&self) -> TextDiff<'a> {
        TextDiff::new(self.old.unwrap_or_default(), self.new.unwrap_or_default())
    }
}

/// The patch for a set of changes, in the order given, each path once. It is bytes because rules are:
/// every byte of a rule, NUL and invalid UTF-8 included, stands in it as it is. Unchanged rules add
/// nothing. Applied (`git apply`, `patch -p1`) to the old snapshot it gives the new one.
pub fn patch<'a>(changes: impl IntoIterator<Item = RuleChange<'a>>, context: u32) -> Vec<u8> {
    let mut out = Vec::new();
    for change in changes {
        one(&mut out, &change, context);
    }
    out
}

fn one(out: &mut Vec<u8>, change: &RuleChange<'_>, context: u32) {
    let from = change
        .from
        .filter(|&from| from != change.path && change.old.is_some() && change.new.is_some());
    if change.old == change.new && from.is_none() {
        return;
    }
    let (old_path, new_path) = (from.unwrap_or(change.path), change.path);
    let (a, b) = (quoted_path("a/", old_path), quoted_path("b/", new_path));
    text(out, &format!("diff --git {a} {b}\n"));
    match (change.old, change.new, from) {
        (None, _, _) => text(out, "new file mode 100644\n"),
        (_, None, _) => text(out, "deleted file mode 100644\n"),
        (_, _, Some(from)) => {
            let (from, to) = (quoted_path("", from), quoted_path("", new_path));
            text(out, &format!("rename from {from}\nrename to {to}\n"));
        }
        _ => {}
    }
    let diff = change.diff();
    if diff.changes().is_empty() {
        return;
    }
    // a name with a space ends with a tab, as git writes it, or readers take the rest for a date
    let tab = |name: &str| {
        if name.contains(' ') && !name.starts_with('"') {
            "\t"
        } else {
            ""
        }
    };
    match change.old {
        Some(_) => text(out, &format!("--- {a}{}\n", tab(&a))),
        None => text(out, "--- /dev/null\n"),
    }
    match change.new {
        Some(_) => text(out, &format!("+++ {b}{}\n", tab(&b))),
        None => text(out, "+++ /dev/null\n"),
    }
    hunks(out, &diff, context);
}

fn hunks(out: &mut Vec<u8>, diff: &TextDiff<'_>, context: u32) {
    for hunk in diff.hunks(context) {
        let range = |range: &Range<u32>| match range.len() {
            // an empty range names the line before it
            0 => format!("{},0", range.start),
            1 => format!("{}", range.start + 1),
            len => format!("{},{len}", range.start + 1),
        };
        text(
            out,
            &format!("@@ -{} +{} @@\n", range(&hunk.old), range(&hunk.new)),
        );
        let (old, new) = (diff.old_text(), diff.new_text());
        let mut at = hunk.old.start;
        for change in &diff.changes()[hunk.changes] {
            lines(out, Kind::Equal, old, at..change.old.start);
            lines(out, Kind::Removed, old, change.old.clone());
            lines(out, Kind::Added, new, change.new.clone());
            at = change.old.end;
        }
        lines(out, Kind::Equal, old, at..hunk.old.end);
    }
}

fn lines(out: &mut Vec<u8>, kind: Kind, of: &Text<'_>, numbers: Range<u32>) {
    for bytes in numbers.map(|index| of.line(index)) {
        out.push(kind.sign() as u8);
        out.extend_from_slice(bytes);
        if !bytes.ends_with(b"\n") {
            text(out, "\n\\ No newline at end of file\n");
        }
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// A path as git writes it in a patch: as it is, or in double quotes with C escapes when it holds a
/// control character, a quote, a backslash or a byte outside ASCII.
fn quoted_path(prefix: &str, path: &str) -> String {
    if path
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
    {
        return format!("{prefix}{path}");
    }
    let mut quoted = format!("\"{prefix}");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', byte as char]),
            b'\t' => quoted.push_str("\\t"),
            b'\n' => quoted.push_str("\\n"),
            b'\r' => quoted.push_str("\\r"),
            b' '..=b'~' => quoted.push(byte as char),
            byte => quoted.push_str(&format!("\\{byte:03o}")),
        }
    }
    quoted.push('"');
    quoted
}
