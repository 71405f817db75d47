//! One differing rule drawn, with bounded work: so many changed lines of a rule, so many of a page.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::gaps::{open_gap, open_gap_sided};
use super::params::Params;
use crate::web::diff_view::{self, Row, Sided};
use crate::web::environment_view::Tag;
use crate::web::format;
use crate::web::hotfix_lines::{self, Chain};
use crate::web::structured_view::{AMONG_MANY, StructuredView, structured_view};
use rulegate_compare::diff::{Gap, Options, TextDiff, Window};
use rulegate_compare::same_edits::{self, Edit};
use rulegate_compare::structured::{self, Bounds};
use rulegate_ledger::digest::Digest;

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

/// The texts of one rule, ready to be compared away from the async threads.
pub(super) struct Texts {
    pub old_path: String,
    pub old_digest: Option<Digest>,
    pub old: Bytes,
    pub new: Bytes,
    pub old_chain: Chain,
    pub new_chain: Chain,
}

impl Texts {
    pub fn size_bytes(&self) -> usize {
        self.old.len() + self.new.len()
    }
}

/// What is left of what a page may hold and cost.
#[derive(Clone, Copy)]
pub(super) struct Remaining {
    lines: usize,
    value_bytes: usize,
}

impl Remaining {
    /// A page's whole allowance.
    pub fn of_page() -> Remaining {
        Remaining {
            lines: LINES_PAGE,
            value_bytes: VALUE_BYTES_PAGE,
        }
    }

    pub fn take(&mut self, drawn: &Drawn) {
        self.lines = self.lines.saturating_sub(drawn.taken);
        self.value_bytes = self.value_bytes.saturating_sub(drawn.value_bytes);
    }

    /// True if a rule of so many bytes is drawn no shorter than on a page of its own beginning.
    pub fn is_enough_for(&self, value_bytes: usize) -> bool {
        self.lines >= LINES_FIRST && self.value_bytes >= value_bytes
    }
}

/// What was drawn of one rule, and how many changed lines that took.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    taken: usize,
    /// Bytes that were compared by value.
    pub value_bytes: usize,
    pub added: usize,
    pub removed: usize,
    pub tags: Vec<Tag>,
    /// What differs by value, of a text with structure.
    pub values: Option<StructuredView>,
    /// What was done to it, if it is small enough to look for others that were changed alike.
    pub edits: BTreeSet<Edit>,
    pub rows: Vec<Row>,
    pub sided: Vec<Sided>,
    /// Changed lines before what is shown, with their address.
    pub before: Option<(String, String)>,
    /// Changed lines after what is shown, with their address.
    pub after: Option<(String, String)>,
    /// Set if nothing is shown: why, and where it is.
    pub instead: Option<(String, String)>,
}

/// Draws one rule within what the page has left.
pub(super) fn draw(texts: &Texts, asked: &Params, left: Remaining, path: &str) -> Drawn {
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
        if texts.old_path != path {
            let text = "The same text under another name.".to_owned();
            drawn.instead = Some((text, String::new()));
        }
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
        drawn.edits = same_edits::edits(&diff);
    }
    let chains = (&texts.old_chain, &texts.new_chain);
    let evidence = asked.verdicts.as_deref().zip(Some(texts.old_path.as_str()));
    let both = (&texts.old[..], &texts.new[..]);
    let origins = hotfix_lines::origins(chains, texts.old_digest, both, evidence);
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
    asked: &Params,
    left: Remaining,
    path: &str,
) {
    let bytes = texts.size_bytes();
    let bounds = match asked.is_alone() {
        true => Bounds::default(),
        false if bytes > left.value_bytes => Bounds {
            text_bytes_max: 0,
            ..AMONG_MANY
        },
        false => AMONG_MANY,
    };
    // Among many the values are listed where they are asked for; what differs in form only is folded everywhere.
    let is_asked = asked.is_alone() || asked.query.is_by_value();
    if !is_asked && structured::surely_differ(path, diff, &bounds) {
        return;
    }
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
