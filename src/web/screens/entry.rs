//! One entry of the ledger: its sentence, its bytes, its neighbours.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;

use super::ledger::{Row, rows};
use crate::app::AppError;
use crate::app::ledger::Listed;
use crate::web::error::WebResult;
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, format};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::EntryRef;
use rulegate_ledger::invisible::hides_in_prose;
use rulegate_ledger::ledger::StoredEntry;

/// Longer entries than this do not fit into a line of a shell that anybody would read.
const ONE_LINE_BYTES_MAX: usize = 1_500;

pub(super) fn routes() -> Routes {
    Routes::default()
        .page("/ledger/{site}/{seq}", show)
        .page("/ledger/{site}/{seq}/bytes", bytes)
}

/// A piece of text; `hidden` ones stand for a character that would not show itself.
struct Part {
    hidden: bool,
    text: String,
}

#[derive(Template)]
#[template(path = "ledger/entry.html")]
struct EntryPage {
    page: Page,
    crumbs: Vec<Link>,
    id: EntryRef,
    row: Row,
    site: String,
    seq: u64,
    previous: Option<u64>,
    next: Option<u64>,
    person: String,
    actor: String,
    kind: String,
    format_number: String,
    ruleset: String,
    review: Link,
    command_id: String,
    prev: String,
    pretty: Vec<Part>,
    raw: Vec<Part>,
    size: String,
    bytes_address: String,
    file_name: String,
    command: String,
    short_enough: bool,
    one_line: String,
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Path((site, seq)): Path<(String, u64)>,
) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let listed = Arc::new(Listed::of(find(&portal, &site, seq).await?));
    let stored = &listed.stored;
    let truth = &user.snapshot.state;
    let row = rows(&portal, truth, std::slice::from_ref(&listed)).remove(0);
    let id = EntryRef {
        site: stored.site.clone(),
        seq,
    };
    // Told from the bytes, not from the columns: the bytes alone are evidence.
    let json: serde_json::Value = serde_json::from_str(&stored.bytes).unwrap_or_default();
    let field = |name: &str| match &json[name] {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    let review = match &stored.review {
        Some(review) => Link {
            href: address::review(review),
            text: review.to_string(),
        },
        None => Link {
            href: String::new(),
            text: String::new(),
        },
    };
    let file_name = file_name(stored);
    let view = EntryPage {
        page: Page::new(&portal, &user, "ledger", format!("Entry {id}")),
        crumbs: vec![
            crumb("/ledger", "Ledger"),
            crumb(&format!("/ledger?site={site}"), &site),
        ],
        bytes_address: format!("{}/bytes", address::entry(&id)),
        id,
        site,
        seq,
        previous: (seq > 1).then(|| seq - 1),
        next: (truth.head(&stored.site).seq > seq).then_some(seq + 1),
        person: portal.auth.directory.name(&stored.actor),
        actor: stored.actor.to_string(),
        kind: field("kind"),
        format_number: field("format"),
        ruleset: field("ruleset"),
        review,
        command_id: field("command"),
        prev: field("prev"),
        pretty: parts(&pretty(&stored.bytes)),
        raw: parts(&stored.bytes),
        size: format::count(stored.bytes.len(), "byte", "bytes"),
        command: format!("sha256sum {file_name}"),
        file_name,
        short_enough: stored.bytes.len() <= ONE_LINE_BYTES_MAX,
        one_line: one_line(&stored.bytes),
        row,
    };
    Ok(page::html(&view))
}

async fn bytes(
    State(portal): State<Portal>,
    user: User,
    Path((site, seq)): Path<(String, u64)>,
) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let stored = find(&portal, &site, seq).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", file_name(&stored)),
        ),
    ];
    Ok((headers, stored.bytes.to_string()).into_response())
}

async fn find(portal: &Portal, site: &str, seq: u64) -> Result<StoredEntry, AppError> {
    let missing = || AppError::NotFound {
        what: "entry",
        name: format!("{}#{seq}", site.chars().take(80).collect::<String>()),
    };
    let site = site.parse().map_err(|_| missing())?;
    let found = portal.app.entry(&EntryRef { site, seq }).await?;
    found.ok_or_else(missing)
}

fn file_name(stored: &StoredEntry) -> String {
    format!("{}-{}.json", stored.site, stored.seq)
}

fn crumb(href: &str, text: &str) -> Link {
    Link {
        href: href.to_owned(),
        text: text.to_owned(),
    }
}

/// The command that hashes the bytes, in single quotes as every shell takes them.
fn one_line(bytes: &str) -> String {
    format!("printf %s '{}' | sha256sum", bytes.replace('\'', "'\\''"))
}

/// Lays JSON out without touching its tokens, their order or their escapes.
fn pretty(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    let mut characters = json.chars().peekable();
    while let Some(c) = characters.next() {
        if quoted {
            text.push(c);
            (quoted, escaped) = match (c, escaped) {
                (_, true) => (true, false),
                ('\\', false) => (true, true),
                ('"', false) => (false, false),
                _ => (true, false),
            };
            continue;
        }
        match c {
            '{' | '[' => {
                text.push(c);
                if matches!(characters.peek(), Some('}' | ']')) {
                    continue;
                }
                depth += 1;
                line(&mut text, depth);
            }
            '}' | ']' => {
                if !text.ends_with(['{', '[']) {
                    depth = depth.saturating_sub(1);
                    line(&mut text, depth);
                }
                text.push(c);
            }
            ',' => {
                text.push(c);
                line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            c => {
                quoted = c == '"';
                text.push(c);
            }
        }
    }
    text
}

/// Text in parts, so that characters that hide or turn text are shown as marks.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    for c in text.chars() {
        if c == '\n' || !hides_in_prose(c) {
            plain.push(c);
            continue;
        }
        if !plain.is_empty() {
            let text = std::mem::take(&mut plain);
            parts.push(Part {
                hidden: false,
                text,
            });
        }
        parts.push(Part {
            hidden: true,
            text: format!("U+{:04X}", c as u32),
        });
    }
    if !plain.is_empty() {
        parts.push(Part {
            hidden: false,
            text: plain,
        });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laying_out_touches_no_token() {
        let json = r#"{"a":{},"b":[1,{"c":"x,\"{}: \\"}],"d":[]}"#;
        let expected = "{\n  \"a\": {},\n  \"b\": [\n    1,\n    {\n      \"c\": \"x,\\\"{}: \\\\\"\n    }\n  ],\n  \"d\": []\n}";
        assert_eq!(pretty(json), expected);
    }

    #[test]
    fn the_line_for_the_shell_survives_quotes() {
        assert_eq!(one_line("it's"), "printf %s 'it'\\''s' | sha256sum");
    }
}
