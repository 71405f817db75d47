//! Units and verdicts in words a reviewer recognises. Every number in them is computed.

use super::doc::{HEADER, STEP};
use rulegate_ledger::invisible;

use super::{Span, Unit, Verdict};

/// How much of a value is quoted: two of them and their place fit on two lines of a screen. It decides nothing.
const QUOTED_CHARS: usize = 60;

/// What a container is called: `alert Watchdog`, `rule 1002`, `score FOO`; empty for a text.
pub(crate) fn label(at: &str, id: &str) -> String {
    let list = at.rsplit(STEP).next().unwrap_or(at);
    let Some((key, name)) = id.split_once(':') else {
        return match id.is_empty() {
            true => noun(list),
            false => under_headers(list, id),
        };
    };
    let key = key.trim_start_matches('@');
    let generic =
        ["id", "name", "uid", "key", "title"].contains(&key.to_ascii_lowercase().as_str());
    match noun(list) {
        noun if generic && !noun.is_empty() => format!("{noun} {name}"),
        _ if generic && key == "id" => format!("rule {name}"),
        _ => format!("{key} {name}"),
    }
}

/// A statement of a plain text with the headers it stands under: `rule Foo > meta > author`.
fn under_headers(headers: &str, id: &str) -> String {
    let headers = headers.split(HEADER).map(|header| {
        let end = |c: char| c.is_whitespace() || c == '{' || c == ':';
        clipped(header.trim_end_matches(end))
    });
    let mut steps: Vec<String> = headers.filter(|header| !header.is_empty()).collect();
    steps.push(id.to_owned());
    steps.join(" > ")
}

fn noun(list: &str) -> String {
    match list.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => list.strip_suffix('s').unwrap_or(list).to_owned(),
    }
}

/// One changed value: `rule 942361: t: replaceComments added`.
pub(super) fn change(label: &str, addr: &str, old: Option<&str>, new: Option<&str>) -> String {
    let addr = addr.trim_matches(STEP).replace(STEP, ".");
    let mut place = label.to_owned();
    let is_named = label == addr || label.ends_with(&format!(" > {addr}"));
    if !addr.is_empty() && !is_named {
        if !place.is_empty() {
            place.push_str(": ");
        }
        place.push_str(&clipped(&addr));
    }
    if !place.is_empty() {
        place.push_str(": ");
    }
    match (old, new) {
        (Some(old), Some(new)) => {
            let (old, new) = differing(old, new);
            format!("{place}{old} became {new}")
        }
        (None, Some(new)) => format!("{place}{} added", clipped(new)),
        (Some(old), None) => format!("{place}{} taken out", clipped(old)),
        (None, None) => place,
    }
}

/// The first characters of a value, control and direction characters made visible.
fn clipped(text: &str) -> String {
    let mut out: String = text.chars().take(QUOTED_CHARS).map(visible).collect();
    if text.chars().nth(QUOTED_CHARS).is_some() {
        out.push('…');
    }
    out
}

fn visible(c: char) -> char {
    match c {
        '\n' => c,
        c if invisible::hides_in_prose(c) => '\u{fffd}',
        c => c,
    }
}

/// Two values cut down to where they differ, with a little around it.
fn differing(old: &str, new: &str) -> (String, String) {
    // Two words or so; it decides nothing.
    const AROUND: usize = 12;
    let same_start = old
        .chars()
        .zip(new.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let skip = if old.chars().count().max(new.chars().count()) <= QUOTED_CHARS {
        0
    } else {
        same_start.saturating_sub(AROUND)
    };
    let cut = |text: &str| {
        let rest: String = text
            .chars()
            .skip(skip)
            .take(QUOTED_CHARS)
            .map(visible)
            .collect();
        let before = if skip > 0 { "…" } else { "" };
        let after = if text.chars().nth(skip + QUOTED_CHARS).is_some() {
            "…"
        } else {
            ""
        };
        format!("{before}{rest}{after}")
    };
    (cut(old), cut(new))
}

/// The lines from the first of two spans to the last.
pub(super) fn spanning(a: Span, b: Span) -> Span {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        _ => a.or(b),
    }
}

/// The evidence for a verdict on a rule, in one sentence.
pub(super) fn evidence(verdict: Verdict, units: &[Unit], moved: bool) -> String {
    let all = units.len();
    let count = |wanted: Verdict| units.iter().filter(|u| u.verdict == wanted).count();
    let included = count(Verdict::Included);
    let changes = |n: usize| {
        if n == 1 {
            "1 change".to_owned()
        } else {
            format!("{n} changes")
        }
    };
    let whence = if moved {
        ", which holds it under another path"
    } else {
        ""
    };
    match verdict {
        Verdict::Included if all == 1 => format!("the only change is in planned{whence}"),
        Verdict::Included => format!("all {all} changes are in planned{whence}"),
        _ => {
            let first = units
                .iter()
                .find(|u| u.verdict != Verdict::Included)
                .map_or("", |u| u.what.as_str());
            let mut parts = Vec::new();
            for (kind, words) in [
                (Verdict::Partial, "only in part there"),
                (Verdict::Overridden, "as before the hotfix there"),
                (Verdict::Conflicting, "changed another way there"),
                (Verdict::Removed, "gone with its place there"),
                (Verdict::CannotTell, "not decidable"),
            ] {
                let n = count(kind);
                if n > 0 && n < all {
                    parts.push(format!("{n} {words}"));
                } else if n > 0 {
                    parts.push(words.to_owned());
                }
            }
            format!(
                "{included} of {} in planned{whence} ({}); first: {first}",
                changes(all),
                parts.join(", ")
            )
        }
    }
}
