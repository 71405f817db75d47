//! In which of several blocks with one header a statement of a plain text stands: two `server {` have no name, and a line
//! of one has no effect in the other.
//!
//! ```text
//! base         | hotfix       | planned
//! server {     | server {     | server {
//!   listen 80; |   listen 80; |   listen 80;
//!   limit 10;  |   limit 20;  |   limit 10;
//! }            | }            | }
//! server {     | server {     | server {
//!   listen 81; |   listen 81; |   listen 81;
//!   limit 10;  |   limit 10;  |   limit 20;     cannot tell: it stands in the other block
//! }            | }            | }
//! ```

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use super::doc::{Doc, shared};
use super::facts::Draft;
use super::limits::Budget;
use super::tree::Lines;

/// A block of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Block {
    /// Those in the braces of, or indented under, the statement of this number.
    Header(usize),
    /// Those of the section of this number that nothing else heads.
    Section(usize),
}

/// A statement of a plain text and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) lines: Lines,
    /// Hash of the statement.
    pub(super) text: u64,
    /// Hash of the headers that it stands under.
    pub(super) under: u64,
    pub(super) block: Option<Block>,
    /// It stands in braces.
    pub(super) is_in_braces: bool,
    /// Whether it lets something through or refuses it.
    pub(super) permits: Option<bool>,
}

/// The statement that stands on a line.
pub(super) fn at_line(doc: &Doc, line: u32) -> Option<&Place> {
    let after = doc.places.partition_point(|place| place.lines.0 <= line);
    let place = doc.places.get(after.checked_sub(1)?)?;
    (line <= place.lines.1).then_some(place)
}

/// The blocks of a text with what stands in them.
struct Blocks<'d> {
    doc: &'d Doc,
    /// By the headers that their statements stand under.
    under: HashMap<u64, BTreeSet<Block>>,
    /// By the headers and a statement that stands in them.
    holding: HashMap<(u64, u64), BTreeSet<Block>>,
    /// Hashes of the statements in a block, not those of blocks within.
    own: HashMap<Block, Vec<u64>>,
}

impl<'d> Blocks<'d> {
    fn of(doc: &'d Doc) -> Blocks<'d> {
        let mut blocks = Blocks {
            doc,
            under: HashMap::new(),
            holding: HashMap::new(),
            own: HashMap::new(),
        };
        for place in &doc.places {
            if let Some(block) = place.block {
                blocks.under.entry(place.under).or_default().insert(block);
                let key = (place.under, place.text);
                blocks.holding.entry(key).or_default().insert(block);
                blocks.own.entry(block).or_default().push(place.text);
            }
        }
        blocks
    }

    fn has_several(&self, under: u64) -> bool {
        self.under
            .get(&under)
            .is_some_and(|blocks| blocks.len() > 1)
    }

    /// The blocks under these headers that a statement stands in.
    fn holding(&self, under: u64, text: u64) -> impl Iterator<Item = &Block> {
        self.holding.get(&(under, text)).into_iter().flatten()
    }

    fn holds(&self, block: Block, (under, text): (u64, u64)) -> bool {
        let holding = self.holding.get(&(under, text));
        holding.is_some_and(|blocks| blocks.contains(&block))
    }

    /// What stands in a block and, one after the other, in those around it, sorted; without a statement.
    fn content(&self, block: Block, without: u64) -> Vec<u64> {
        let mut out = Vec::new();
        let mut next = Some(block);
        while let Some(block) = next {
            out.extend(self.own.get(&block).into_iter().flatten());
            next = match block {
                Block::Header(at) => self.doc.places.get(at).and_then(|header| header.block),
                Block::Section(_) => None,
            };
        }
        out.retain(|text| *text != without);
        out.sort_unstable();
        out
    }

    /// Of the blocks under these headers, those that `content` is likest to; none if it is like none of them.
    fn likest(&self, under: u64, content: &[u64], without: u64, budget: &Budget) -> Vec<Block> {
        let mut best = (0, usize::MAX);
        let mut out = Vec::new();
        for block in self.under.get(&under).into_iter().flatten() {
            let theirs = self.content(*block, without);
            if !budget.take(4 + (content.len() + theirs.len()) / 2) {
                return Vec::new();
            }
            let same = shared(content, &theirs);
            if same == 0 && !(content.is_empty() && theirs.is_empty()) {
                continue;
            }
            let likeness = (same, theirs.len() - same);
            if likeness.0 > best.0 || likeness.0 == best.0 && likeness.1 < best.1 {
                best = likeness;
                out.clear();
            }
            if likeness == best {
                out.push(*block);
            }
        }
        out
    }
}

/// What planned has in another of several blocks with one header than the hotfix is not included.
pub(super) fn doubt(
    drafts: &mut [Draft],
    base: Option<&Doc>,
    hotfix: &Doc,
    (path, planned): (&str, &Doc),
    budget: &Budget,
) {
    let blocks = OnceCell::new();
    for draft in drafts {
        let Some(((line, _), (there, _))) = draft.included_in(path) else {
            continue;
        };
        let (Some(new), Some(there)) = (at_line(hotfix, line), at_line(planned, there)) else {
            continue;
        };
        if new.block.is_none() || new.under != there.under {
            continue;
        }
        let (olds, news, theirs) = blocks.get_or_init(|| {
            (
                base.map(Blocks::of),
                Blocks::of(hotfix),
                Blocks::of(planned),
            )
        });
        if !news.has_several(new.under) && !theirs.has_several(new.under) {
            continue;
        }
        let (was, is) = ((new.under, new.text), (new.under, there.text));
        let is_elsewhere = news.holding(new.under, new.text).any(|block| {
            let content = news.content(*block, new.text);
            let had_it = olds.as_ref().is_some_and(|olds| {
                let before = olds.likest(new.under, &content, new.text, budget);
                before.iter().any(|block| olds.holds(*block, was))
            });
            let now = theirs.likest(new.under, &content, there.text, budget);
            !had_it && !now.iter().any(|block| theirs.holds(*block, is))
        });
        if is_elsewhere {
            draft.doubt("planned has it in another block");
        }
    }
}
