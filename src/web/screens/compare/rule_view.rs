//! One differing rule as the page shows it, with bounded work: so many changed lines of a rule, so many of
//! a page, so many rules in memory at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use super::{Comparison, PAGE};
use crate::app::AppError;
use crate::app::hotfix_lines::Verdicts;
use crate::domain::diff::{Difference, Gap, Options, TextDiff, Window};
use crate::domain::digest::Digest;
use crate::domain::ids::RuleSetName;
use crate::domain::same_edits::{self, Edit};
use crate::domain::structured::Bounds;
use crate::web::diff_view::{self, Cell, Row, Shown, Sided};
use crate::web::environment_view::Tag;
use crate::web::hotfix_lines::{self, Chain, chain};
use crate::web::structured_view::{AMONG_MANY, StructuredView, structured_view};
use crate::web::user::User;
use crate::web::{Portal, format};

/// Changed lines of one rule that a page of many shows.
const LINES_FIRST: usize = 200;
/// Changed lines on a page of one rule.
const LINES_ALONE: usize = 1_000;
/// Changed lines on a page of many rules; rules after that show their numbers and a link.
const LINES_PAGE: usize = 3_000;
/// Bytes of the rules of one page that are compared by value; rules after that are on their own page.
const VALUE_BYTES_PAGE: usize = 2 << 20;
/// Rules with more changed lines are not looked at for others that changed alike.
const ALIKE_LINES_MAX: usize = 200;
/// Hidden lines shown at once.
const GAP_LINES: u32 = 500;
/// Rules whose bytes are held at once: two texts of 8 MiB each at the very most.
const AT_ONCE: usize = 8;

/// What the address asks of every rule.
#[derive(Clone)]
pub(super) struct Asked {
    ruleset: RuleSetName,
    query: Comparison,
    /// Old line, new line and number of hidden lines to show.
    gap: Option<(u32, u32, u32)>,
    /// What the new side does to the hotfix that is the old side.
    verdicts: Option<Arc<Verdicts>>,
}

impl Asked {
    pub(super) fn new(
        ruleset: &RuleSetName,
        query: &Comparison,
        verdicts: Option<Verdicts>,
    ) -> Asked {
        let mut numbers = query.gap.split('-').map(|number| number.parse().ok());
        let gap = match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Some(old)), Some(Some(new)), Some(Some(count))) => Some((old, new, count)),
            _ => None,
        };
        Asked {
            ruleset: ruleset.clone(),
            query: query.clone(),
            gap,
            verdicts: verdicts.map(Arc::new),
        }
    }

    fn is_alone(&self) -> bool {
        !self.query.path.is_empty()
    }

    fn href(&self, path: &str) -> String {
        self.query.address(&self.ruleset, &self.query.view, path)
    }

    fn gap_href(&self, path: &str, skip: usize, gap: &Gap) -> String {
        let (old, new, hidden) = (gap.old, gap.new, gap.hidden);
        format!(
            "{}&skip={skip}&gap={old}-{new}-{hidden}#g{new}",
            self.href(path)
        )
    }
}

/// One differing rule.
pub(super) struct RuleView {
    pub id: String,
    pub path: String,
    /// Where it was before it was renamed.
    pub renamed_from: String,
    pub tag: Tag,
    pub added: usize,
    pub removed: usize,
    pub tags: Vec<Tag>,
    /// What differs by value, of a text with structure.
    pub values: Option<StructuredView>,
    /// Set if the lines are folded: why.
    pub folded: String,
    pub rows: Vec<Row>,
    pub sided: Vec<Sided>,
    /// Changed lines before what is shown, with their address.
    pub before: Option<(String, String)>,
    /// Changed lines after what is shown, with their address.
    pub after: Option<(String, String)>,
    /// Set if nothing is shown: why, and where it is.
    pub instead: Option<(String, String)>,
    pub href: String,
}

/// The texts of one rule, ready to be compared away from the async threads.
struct Texts {
    old_path: String,
    old_digest: Option<Digest>,
    old: Bytes,
    new: Bytes,
    old_chain: Chain,
    new_chain: Chain,
}

type Pair = (Option<Digest>, Option<Digest>);

/// Every rule of the page, in order.
pub(super) async fn all(
    portal: &Portal,
    user: &User,
    asked: &Asked,
    changes: &[(&Difference<'_, String>, Pair)],
) -> Result<Vec<RuleView>, AppError> {
    debug_assert!(changes.len() <= PAGE);
    let mut views = Vec::with_capacity(changes.len());
    let mut left = Left {
        lines: LINES_PAGE,
        value_bytes: VALUE_BYTES_PAGE,
    };
    let mut edits = Vec::with_capacity(changes.len());
    for (chunk_number, chunk) in changes.chunks(AT_ONCE).enumerate() {
        let mut texts = Vec::with_capacity(chunk.len());
        for (difference, digests) in chunk {
            texts.push(load(portal, user, &asked.ruleset, difference, *digests).await?);
        }
        for (index, ((difference, _), texts)) in chunk.iter().zip(texts).enumerate() {
            let number = chunk_number * AT_ONCE + index + 1;
            let mut view = head(asked, difference, number);
            let (asked, path) = (asked.clone(), view.path.clone());
            let drawn = tokio::task::spawn_blocking(move || draw(&texts, &asked, left, &path))
                .await
                .map_err(|e| AppError::Broken(e.to_string()))?;
            left.lines = left.lines.saturating_sub(drawn.taken);
            left.value_bytes = left.value_bytes.saturating_sub(drawn.value_bytes);
            edits.push(drawn.edits);
            view.values = drawn.values;
            view.added = drawn.added;
            view.removed = drawn.removed;
            view.tags = drawn.tags;
            view.rows = drawn.rows;
            view.sided = drawn.sided;
            view.before = drawn.before;
            view.after = drawn.after;
            view.instead = view.instead.or(drawn.instead);
            views.push(view);
        }
    }
    fold(&mut views, edits);
    Ok(views)
}

/// Folds the lines of what differs in form only, and of every rule but the first of those that changed alike.
fn fold(views: &mut [RuleView], edits: Vec<BTreeSet<Edit>>) {
    for view in views.iter_mut() {
        if view
            .values
            .as_ref()
            .is_some_and(|values| values.is_form_only)
        {
            view.folded = "The lines, which differ in form only".to_owned();
        }
    }
    let told: Vec<usize> = (0..edits.len())
        .filter(|&at| !edits[at].is_empty())
        .collect();
    let known: Vec<BTreeSet<Edit>> = told.iter().map(|&at| edits[at].clone()).collect();
    for group in same_edits::groups(&known)
        .into_iter()
        .filter(|group| group.len() > 1)
    {
        let first = views[told[group[0]]].path.clone();
        let all = format::count(group.len(), "rule", "rules");
        for &member in &group[1..] {
            let view = &mut views[told[member]];
            view.tags
                .push(Tag::new("mute", format!("one of {all} changed alike")));
            if view.folded.is_empty() {
                view.folded = format!("The lines, which changed as in {first}");
            }
        }
        let view = &mut views[told[group[0]]];
        view.tags.push(Tag::new(
            "mute",
            format!("the first of {all} changed alike"),
        ));
    }
}

/// What is left of what a page may hold and cost.
#[derive(Clone, Copy)]
struct Left {
    lines: usize,
    value_bytes: usize,
}

async fn load(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    difference: &Difference<'_, String>,
    (old_digest, new_digest): Pair,
) -> Result<Texts, AppError> {
    let old_path = match difference {
        Difference::Renamed { from, .. } => from.as_str(),
        other => other.path().as_str(),
    };
    let bytes = async |digest: Option<Digest>| match digest {
        Some(digest) => Ok(portal.app.contents(&[digest]).await?.remove(0)),
        None => Ok::<_, AppError>(Bytes::new()),
    };
    Ok(Texts {
        old_path: old_path.to_owned(),
        old_digest,
        old: bytes(old_digest).await?,
        new: bytes(new_digest).await?,
        old_chain: chain(portal, user, ruleset, old_path, old_digest).await?,
        new_chain: chain(portal, user, ruleset, difference.path(), new_digest).await?,
    })
}

fn head(asked: &Asked, difference: &Difference<'_, String>, number: usize) -> RuleView {
    let (tag, renamed_from) = match difference {
        Difference::Added { .. } => (Tag::new("ok", "added"), String::new()),
        Difference::Removed { .. } => (Tag::new("bad", "removed"), String::new()),
        Difference::Changed { .. } => (Tag::new("mute", "changed"), String::new()),
        Difference::Renamed { from, .. } => (Tag::new("plan", "renamed"), (*from).clone()),
    };
    let path = difference.path().clone();
    let instead = matches!(difference, Difference::Renamed { .. }).then(|| {
        (
            "The same text under another name.".to_owned(),
            String::new(),
        )
    });
    RuleView {
        id: format!("r{number}"),
        href: asked.href(&path),
        path,
        renamed_from,
        tag,
        added: 0,
        removed: 0,
        tags: Vec::new(),
        values: None,
        folded: String::new(),
        rows: Vec::new(),
        sided: Vec::new(),
        before: None,
        after: None,
        instead,
    }
}

/// What was drawn of one rule, and how many changed lines that took.
#[derive(Default)]
struct Drawn {
    taken: usize,
    added: usize,
    removed: usize,
    tags: Vec<Tag>,
    values: Option<StructuredView>,
    value_bytes: usize,
    edits: BTreeSet<Edit>,
    rows: Vec<Row>,
    sided: Vec<Sided>,
    before: Option<(String, String)>,
    after: Option<(String, String)>,
    instead: Option<(String, String)>,
}

fn draw(texts: &Texts, asked: &Asked, left: Left, path: &str) -> Drawn {
    let href = asked.href(path);
    let diff = TextDiff::new(&texts.old, &texts.new);
    let stat = diff.stat();
    let mut drawn = Drawn {
        added: stat.added,
        removed: stat.removed,
        tags: hotfix_tags(texts),
        ..Drawn::default()
    };
    if stat.changed() == 0 {
        return drawn;
    }
    let take = match (asked.is_alone(), left.lines) {
        (true, _) => LINES_ALONE,
        (false, 0) => {
            let text = "Not shown here: this page holds as many lines as it may.".to_owned();
            drawn.instead = Some((text, href));
            return drawn;
        }
        (false, left) => LINES_FIRST.min(left),
    };
    let skip = if asked.is_alone() {
        asked.query.skip
    } else {
        0
    };
    by_value(&mut drawn, texts, &diff, asked, left, path);
    let is_small = stat.changed() <= ALIKE_LINES_MAX && !asked.is_alone();
    if is_small && !texts.old.is_empty() && !texts.new.is_empty() {
        drawn.edits = same_edits::edits(&texts.old, &texts.new);
    }
    let chains = (&texts.old_chain, &texts.new_chain);
    let judged = asked.verdicts.as_deref().zip(Some(texts.old_path.as_str()));
    let both = (&texts.old[..], &texts.new[..]);
    let origins = hotfix_lines::origins(chains, texts.old_digest, both, judged);
    let highlight = origins.highlight();
    let options = Options {
        window: Window { skip, take },
        highlight: Some(&highlight),
        ..Options::default()
    };
    let gap_href = |gap: &Gap| asked.gap_href(path, skip, gap);
    drawn.taken = stat.changed().saturating_sub(skip).min(take);
    let coarse = if asked.query.is_sided() {
        let mut shown = diff_view::side_by_side_with(&diff, &options, &origins, &gap_href);
        open_gap_sided(&diff, &options, asked, path, skip, &mut shown);
        drawn.sided = shown.rows;
        shown.coarse
    } else {
        let mut shown = diff_view::unified_with(&diff, &options, &origins, &gap_href);
        open_gap(&diff, &options, asked, path, skip, &mut shown);
        drawn.rows = shown.rows;
        shown.coarse
    };
    if coarse {
        drawn.tags.push(Tag::new(
            "mute",
            "large and unlike: parts shown as replaced whole",
        ));
    }
    more(&mut drawn, &href, skip, take, stat.changed());
    drawn
}

fn by_value(
    drawn: &mut Drawn,
    texts: &Texts,
    diff: &TextDiff<'_>,
    asked: &Asked,
    left: Left,
    path: &str,
) {
    let bytes = texts.old.len() + texts.new.len();
    let bounds = match asked.is_alone() {
        true => Bounds::default(),
        false if bytes > left.value_bytes => Bounds {
            text_bytes_max: 0,
            ..AMONG_MANY
        },
        false => AMONG_MANY,
    };
    drawn.values = structured_view(path, diff, &bounds);
    if let Some(values) = &mut drawn.values {
        drawn.value_bytes = bytes;
        values.is_open = asked.query.is_by_value();
    }
}

/// Links to the changed lines before and after what is shown.
fn more(drawn: &mut Drawn, href: &str, skip: usize, take: usize, changed: usize) {
    if skip > 0 {
        let words = format::count(
            skip.min(changed),
            "changed line before",
            "changed lines before",
        );
        let to = skip.saturating_sub(LINES_ALONE);
        drawn.before = Some((words, format!("{href}&skip={to}")));
    }
    let end = skip.saturating_add(take);
    if end < changed {
        let words = format::count(changed - end, "changed line more", "changed lines more");
        drawn.after = Some((words, format!("{href}&skip={end}")));
    }
}

fn hotfix_tags(texts: &Texts) -> Vec<Tag> {
    let mut tags = Vec::new();
    if !texts.old_chain.is_empty() || !texts.new_chain.is_empty() {
        tags.push(Tag::new("hot", "touched by an open hotfix"));
    }
    tags
}

/// The lines asked for of a hidden stretch, and the rest of it as a shorter gap.
fn gap_lines(
    diff: &TextDiff<'_>,
    options: &Options<'_>,
    (old, new, hidden): (u32, u32, u32),
) -> (Vec<Row>, Option<Gap>) {
    let count = hidden.min(GAP_LINES);
    let mut rows: Vec<Row> = diff
        .gap_lines(old, new, count, options)
        .iter()
        .map(diff_view::row)
        .collect();
    if let Some(first) = rows.first_mut() {
        first.finding = format!("g{new}");
    }
    let rest = (hidden > count).then(|| Gap {
        hidden: (hidden - count) as usize,
        unit: None,
        old: old + count,
        new: new + count,
    });
    (rows, rest)
}

/// Puts the lines asked for in place of their gap. An address that names no gap of this page changes nothing.
fn open_gap(
    diff: &TextDiff<'_>,
    options: &Options<'_>,
    asked: &Asked,
    path: &str,
    skip: usize,
    shown: &mut Shown<Row>,
) {
    let Some((at, gap)) = find_gap(asked, path, skip, shown.rows.iter().map(|row| &row.href))
    else {
        return;
    };
    let (mut rows, rest) = gap_lines(diff, options, gap);
    rows.extend(rest.map(|rest| Row {
        kind: "gap",
        note: diff_view::gap_note(&rest),
        href: asked.gap_href(path, skip, &rest),
        ..Row::default()
    }));
    shown.rows.splice(at..=at, rows);
}

fn open_gap_sided(
    diff: &TextDiff<'_>,
    options: &Options<'_>,
    asked: &Asked,
    path: &str,
    skip: usize,
    shown: &mut Shown<Sided>,
) {
    let Some((at, gap)) = find_gap(asked, path, skip, shown.rows.iter().map(|row| &row.href))
    else {
        return;
    };
    let (rows, rest) = gap_lines(diff, options, gap);
    let sided = |row: Row| {
        let cell = |no| Cell {
            kind: row.kind,
            no,
            parts: row.parts.clone(),
        };
        Sided {
            kind: if row.kind == "same" { "same" } else { "change" },
            cells: vec![cell(row.old), cell(row.new)],
            finding: row.finding.clone(),
            ..Sided::default()
        }
    };
    let mut rows: Vec<Sided> = rows.into_iter().map(sided).collect();
    rows.extend(rest.map(|rest| Sided {
        kind: "gap",
        note: diff_view::gap_note(&rest),
        href: asked.gap_href(path, skip, &rest),
        ..Sided::default()
    }));
    shown.rows.splice(at..=at, rows);
}

/// The gap that the address names, if the page has it or a longer one from the same line on.
fn find_gap<'r>(
    asked: &Asked,
    path: &str,
    skip: usize,
    mut hrefs: impl Iterator<Item = &'r String>,
) -> Option<(usize, (u32, u32, u32))> {
    let (old, new, hidden) = asked.gap.filter(|_| asked.is_alone())?;
    let wanted = Gap {
        hidden: hidden as usize,
        unit: None,
        old,
        new,
    };
    let href = asked.gap_href(path, skip, &wanted);
    let at = hrefs.position(|known| *known == href)?;
    Some((at, (old, new, hidden)))
}
