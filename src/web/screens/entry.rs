//! One entry of the ledger: its sentence, its bytes, its neighbours.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;

use super::ledger::Row;
use crate::app::AppError;
use crate::app::ledger::Listed;
use crate::app::summary::Piece;
use crate::web::error::WebResult;
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, filters};
use rulegate_ledger::access::{Act, Scope};
use rulegate_ledger::ids::EntryRef;
use rulegate_ledger::ledger::StoredEntry;
use rulegate_ledger::manifest::is_direction_or_invisible;

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
    /// What the bytes say: they alone are evidence, not the columns.
    json: serde_json::Value,
    has_next: bool,
}

impl EntryPage {
    /// A field as the bytes have it; empty if they have none.
    fn field(&self, name: &str) -> String {
        match &self.json[name] {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Null => String::new(),
            other => other.to_string(),
        }
    }
    fn pretty(&self) -> Vec<Part> {
        parts(&pretty(&self.row.stored().bytes))
    }
    fn raw(&self) -> Vec<Part> {
        parts(&self.row.stored().bytes)
    }
    fn bytes_address(&self) -> String {
        format!("{}/bytes", address::entry(&self.id))
    }
    fn command(&self) -> String {
        format!("sha256sum {}", file_name(self.row.stored()))
    }
    fn one_line(&self) -> Option<String> {
        let bytes = &self.row.stored().bytes;
        (bytes.len() <= ONE_LINE_BYTES_MAX).then(|| one_line(bytes))
    }
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Path((site, seq)): Path<(String, u64)>,
) -> WebResult {
    user.require(Act::View, Scope::EVERYWHERE)?;
    let stored = find(&portal, &site, seq).await?;
    let truth = &user.snapshot.state;
    let id = EntryRef {
        site: stored.site.clone(),
        seq,
    };
    let view = EntryPage {
        page: Page::new(&portal, &user, "ledger", format!("Entry {id}")),
        crumbs: vec![
            Link::new("/ledger", "Ledger"),
            Link::new(format!("/ledger?site={site}"), site),
        ],
        has_next: truth.head(&stored.site).seq > seq,
        json: serde_json::from_str(&stored.bytes).unwrap_or_default(),
        row: Row::of(&portal, truth, Arc::new(Listed::of(stored))),
        id,
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
    let hides = |c: char| is_direction_or_invisible(c) || (c.is_control() && c != '\n');
    let characters: Vec<char> = text.chars().collect();
    let parts = characters.chunk_by(|a, b| !hides(*a) && !hides(*b));
    let part = |part: &[char]| match part {
        [c] if hides(*c) => Part {
            hidden: true,
            text: format!("U+{:04X}", *c as u32),
        },
        plain => Part {
            hidden: false,
            text: plain.iter().collect(),
        },
    };
    parts.map(part).collect()
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
