//! One rule of a version: its text with every hidden character marked, and who runs it.

use askama::Template;
use axum::extract::{Path, Query, State};

use super::versions::{attachment, crumbs, known_version};
use crate::app::AppError;
use crate::web::diff_view::{self, Column, Sided};
use crate::web::environment_view::Tag;
use crate::web::error::WebResult;
use crate::web::hotfix_lines::{self, Chain};
use crate::web::notice::Link;
use crate::web::page::{self, Page};
use crate::web::routes::Routes;
use crate::web::user::User;
use crate::web::{Portal, address, filters, format};
use rulegate_compare::diff::{self, Encoding, Facts, LineEnds, Options, Text};
use rulegate_domain::state::Pin;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

/// Lines on one page: a page of this size renders at once, and most rules fit.
const LINES: u32 = 2_000;
/// Lines with hidden characters that are linked by number.
const MARKED_LINKS: usize = 20;

pub(super) fn routes() -> Routes {
    let version = "/rulesets/{ruleset}/versions/{version}";
    Routes::default()
        .page(&format!("{version}/rules/{{*path}}"), show)
        .page(&format!("{version}/raw/{{*path}}"), raw)
}

#[derive(Template)]
#[template(path = "versions/rule.html")]
struct RulePage<'s> {
    page: Page,
    crumbs: Vec<Link>,
    ruleset: &'s RuleSetName,
    version: &'s VersionName,
    path: &'s str,
    digest: Digest,
    tags: Vec<Tag>,
    columns: Vec<Column>,
    text: TextView,
    runs: Vec<RunsRow<'s>>,
}

impl RulePage<'_> {
    /// The rule as a file.
    fn raw(&self) -> String {
        address::rule(self.ruleset, self.version, self.path).replacen("/rules/", "/raw/", 1)
    }

    /// The first line of the page before.
    fn before(&self) -> Option<u32> {
        (self.text.first > 1).then(|| self.text.first.saturating_sub(LINES).max(1))
    }

    /// The first line of the page after.
    fn after(&self) -> Option<u32> {
        (self.text.last < self.text.facts.lines).then(|| self.text.last + 1)
    }
}

/// What was read off the text, away from the async threads.
struct TextView {
    facts: Facts,
    rows: Vec<Sided>,
    /// Lines with a hidden character or a look-alike, counted over the whole text.
    marked: usize,
    /// The first of them, with the addresses of their lines.
    marked_links: Vec<Link>,
    first: u32,
    last: u32,
}

struct RunsRow<'s> {
    environment: Environment,
    pin: &'s Pin,
    tag: Tag,
    differs: bool,
}

#[derive(serde::Deserialize)]
struct Shown {
    /// The line to start near; from 1.
    #[serde(default)]
    line: u32,
}

async fn show(
    State(portal): State<Portal>,
    user: User,
    Path((ruleset, version, path)): Path<(String, String, String)>,
    Query(shown): Query<Shown>,
) -> WebResult {
    let (ruleset, version, facts) = known_version(&user, &ruleset, &version)?;
    let digest = digest_of(&portal, &facts.checksum, &path).await?;
    let bytes = portal.app.contents(&[digest]).await?.remove(0);
    let chain = hotfix_lines::chain(&portal, &user, &ruleset, &path, Some(digest)).await?;
    let href = address::rule(&ruleset, &version, &path);
    let text = tokio::task::spawn_blocking(move || read(&bytes, &chain, shown.line.max(1), &href))
        .await
        .map_err(AppError::broken)?;
    Ok(page::html(&RulePage {
        page: Page::new(&portal, &user, "rulesets", path.clone()),
        crumbs: crumbs(&ruleset, Some(&version)),
        tags: tags(&text),
        columns: vec![Column {
            tag: if version.is_hotfix() { "hot" } else { "plan" },
            name: version.to_string(),
            text: path.clone(),
        }],
        runs: runs(&portal, &user, &ruleset, &path, digest).await?,
        ruleset: &ruleset,
        version: &version,
        path: &path,
        digest,
        text,
    }))
}

/// `GET .../raw/{path}`: the bytes as a file to keep.
async fn raw(
    State(portal): State<Portal>,
    user: User,
    Path((ruleset, version, path)): Path<(String, String, String)>,
) -> WebResult {
    let (_, _, facts) = known_version(&user, &ruleset, &version)?;
    let digest = digest_of(&portal, &facts.checksum, &path).await?;
    let bytes = portal.app.contents(&[digest]).await?.remove(0);
    let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
    Ok(attachment(name, "text/plain; charset=utf-8", bytes))
}

async fn digest_of(portal: &Portal, checksum: &Digest, path: &str) -> Result<Digest, AppError> {
    let manifest = portal.app.manifest(checksum).await?;
    let found = manifest.rules().get(path).copied();
    found.ok_or_else(|| AppError::NotFound {
        what: "rule",
        name: path.chars().take(200).collect(),
    })
}

/// The page's lines, and what holds for the whole text.
fn read(bytes: &[u8], chain: &Chain, line: u32, href: &str) -> TextView {
    let text = Text::new(bytes);
    let first = line.min(text.len().max(1));
    let last = (first.saturating_add(LINES - 1)).min(text.len());
    let origins = diff_view::Origins {
        new: chain.origins(bytes),
        ..Default::default()
    };
    let highlight = origins.highlight();
    let options = Options {
        context: 0,
        highlight: Some(&highlight),
        ..Options::default()
    };
    let rows = diff_view::excerpt_with(&text, &[(first, last)], &options, &origins);
    let hidden: Vec<u32> = (0..text.len())
        .filter(|&index| has_marks(text.line_and_end(index).0))
        .map(|index| index + 1)
        .collect();
    let marked_links = hidden
        .iter()
        .take(MARKED_LINKS)
        .map(|line| {
            let near = line.saturating_sub(5).max(1);
            Link::new(format!("{href}?line={near}"), line.to_string())
        })
        .collect();
    TextView {
        facts: Facts::of(&text),
        rows,
        marked: hidden.len(),
        marked_links,
        first,
        last,
    }
}

/// True if the line holds something that a screen would hide or show as something else.
fn has_marks(line: &[u8]) -> bool {
    let is_plain = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
    if line.iter().all(is_plain) {
        return false;
    }
    let segments = diff::segments(line, &[], Options::default().line_bytes_max);
    diff_view::parts(&segments)
        .iter()
        .any(|part| matches!(part.mark, "ctl" | "odd"))
}

fn tags(text: &TextView) -> Vec<Tag> {
    let facts = &text.facts;
    let mut tags = vec![Tag::new(
        "line",
        format!(
            "{}, {}",
            format::count(facts.lines as usize, "line", "lines"),
            format::count(facts.size_bytes, "byte", "bytes")
        ),
    )];
    match facts.encoding {
        Encoding::Utf8 => {}
        Encoding::Bytes => tags.push(Tag::new("warn", "not UTF-8")),
        Encoding::Binary => tags.push(Tag::new("warn", "binary: holds NUL")),
    }
    match facts.ends {
        LineEnds::CrLf => tags.push(Tag::new("mute", "lines end with CR LF")),
        LineEnds::Mixed => tags.push(Tag::new("warn", "lines end in two ways")),
        LineEnds::Lf | LineEnds::None => {}
    }
    if !facts.final_newline {
        tags.push(Tag::new("mute", "no newline at the end"));
    }
    tags
}

/// What each environment holds under this path.
async fn runs<'s>(
    portal: &Portal,
    user: &'s User,
    ruleset: &RuleSetName,
    path: &str,
    digest: Digest,
) -> Result<Vec<RunsRow<'s>>, AppError> {
    let state = &user.snapshot.state;
    let mut rows = Vec::new();
    for environment in state.topology.environments() {
        let Some(pin) = state.pin(ruleset, &environment) else {
            continue;
        };
        let manifest = portal.app.manifest(&pin.checksum).await?;
        let there = manifest.rules().get(path);
        rows.push(RunsRow {
            environment,
            pin,
            tag: match there {
                None => Tag::new("mute", "has no such rule"),
                Some(there) if *there == digest => Tag::new("ok", "runs this text"),
                Some(_) => Tag::new("warn", "runs another text"),
            },
            differs: there != Some(&digest),
        });
    }
    Ok(rows)
}
