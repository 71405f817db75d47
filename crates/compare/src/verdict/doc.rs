//! What every text becomes before it is compared: containers (rules, documents, statements) that
//! hold facts (an address and a value).
//!
//! ```text
//! base           | hotfix            | planned
//! - id: 7        | - id: 7           | - tags: [c, a, b, d]
//!   tags: [a, b] |   tags: [a, b, c] |   id: 7                 included: one container, order does not count
//! ```

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::limits::Budget;
use super::marker;
use super::places::Place;
use super::tree::{Lines, Node, Value};
use super::words::squeezed;

/// Joins the steps of an address; no text contains it by accident.
pub(super) const STEP: char = '\u{1f}';

/// Joins the headers that a statement of a plain text stands under: together they are one step, since `meta:` alone
/// says little of where something is.
pub(super) const HEADER: char = '\u{1e}';

/// How much of a line says which header it is. Corpus: 40 and 160 change nothing; with 20 an *included* is lost.
pub(super) const HEADER_CHARS: usize = 80;

/// One value at one address of a container.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    /// Keys from the container down, joined by [`STEP`].
    pub(super) addr: String,
    pub(super) value: String,
    /// The value with its lines, if it has several.
    pub(super) text: Option<Box<str>>,
    pub(super) lines: Lines,
    /// One of several values of a list; the order of those does not count.
    pub(super) in_list: bool,
    /// A version, date or year of the whole file or rule, which does not count beside others.
    pub(super) is_marker: bool,
}

/// A rule, document, element or statement.
#[derive(Debug, Clone)]
pub(super) struct Container {
    /// Where it stands in its parent: the address of the list.
    pub(super) at: String,
    /// What names it there, e.g. `alert:Watchdog`; empty when nothing does.
    pub(super) id: String,
    pub(super) parent: Option<usize>,
    pub(super) children: Vec<usize>,
    pub(super) facts: Vec<Fact>,
    pub(super) lines: Lines,
    /// Conditions around it, as written; an alternative branch starts with `else of`.
    pub(super) conditions: Vec<Rc<str>>,
    /// Hash of `at` and `id`.
    pub(super) name: u128,
    /// A whole document, which its file's path names too.
    pub(super) is_document: bool,
    /// Hash of all it contains, order left out.
    pub(super) content: u128,
    /// Facts in it and below.
    pub(super) weight: usize,
}

/// A text as containers; the first is the text itself.
#[derive(Debug, Clone)]
pub(super) struct Doc {
    pub(super) containers: Vec<Container>,
    /// Statements of a plain text in order; empty for others.
    pub(super) places: Vec<Place>,
    /// By the address of the list, then by id.
    by_id: HashMap<String, HashMap<String, Vec<usize>>>,
}

impl Doc {
    pub(super) fn new(last_line: u32) -> Doc {
        let mut doc = Doc {
            containers: Vec::new(),
            places: Vec::new(),
            by_id: HashMap::new(),
        };
        doc.open(None, "", "", (1, last_line));
        doc
    }

    /// Adds an empty container.
    pub(super) fn open(
        &mut self,
        parent: Option<usize>,
        at: &str,
        id: &str,
        lines: Lines,
    ) -> usize {
        let index = self.containers.len();
        self.containers.push(Container {
            at: at.to_owned(),
            id: id.to_owned(),
            parent,
            children: Vec::new(),
            facts: Vec::new(),
            lines,
            conditions: Vec::new(),
            name: hash(&(at, id)),
            is_document: false,
            content: 0,
            weight: 0,
        });
        if let Some(parent) = parent {
            self.containers[parent].children.push(index);
        }
        index
    }

    pub(super) fn fact(
        &mut self,
        container: usize,
        addr: impl Into<String>,
        value: impl Into<String>,
        lines: Lines,
        in_list: bool,
    ) {
        let (addr, value) = (addr.into(), value.into());
        let is_marker = marker::is_marker(&addr, &value, || {
            self.above(&self.containers[container]).count()
        });
        // A text of several lines may be folded otherwise and still say the same.
        let (value, text) = match memchr::memchr(b'\n', value.as_bytes()) {
            Some(_) => (squeezed(&value), Some(value.into_boxed_str())),
            None => (value, None),
        };
        self.containers[container].facts.push(Fact {
            addr,
            value,
            text,
            lines,
            in_list,
            is_marker,
        });
    }

    /// The containers around one, from the nearest up to the text.
    pub(super) fn above(&self, container: &Container) -> impl Iterator<Item = &Container> {
        let up = |index: Option<usize>| index.map(|index| &self.containers[index]);
        std::iter::successors(up(container.parent), move |above| up(above.parent))
    }

    /// Computes what is derived: hashes, weights and the index by id. Call once, at the end.
    pub(super) fn seal(mut self) -> Doc {
        for index in (0..self.containers.len()).rev() {
            let container = &self.containers[index];
            let mut content = container.name;
            let mut weight = container.facts.len();
            for fact in &container.facts {
                content = content.wrapping_add(hash(&(&fact.addr, &fact.value, fact.in_list)));
            }
            for condition in &container.conditions {
                content = content.wrapping_add(hash(&("condition", condition)));
            }
            for child in &container.children {
                let child = &self.containers[*child];
                // Hashed again, or two children could swap their facts unseen.
                content = content.wrapping_add(hash(&child.content));
                weight += child.weight;
            }
            self.containers[index].content = content;
            self.containers[index].weight = weight;
        }
        for (index, container) in self.containers.iter().enumerate() {
            if container.id.is_empty() {
                continue;
            }
            if !self.by_id.contains_key(&container.at) {
                self.by_id.insert(container.at.clone(), HashMap::new());
            }
            if let Some(by_id) = self.by_id.get_mut(&container.at) {
                by_id.entry(container.id.clone()).or_default().push(index);
            }
        }
        self
    }

    pub(super) fn root(&self) -> &Container {
        &self.containers[0]
    }

    /// Containers of this name at lists of this address, anywhere in the text.
    pub(super) fn named(&self, at: &str, id: &str) -> &[usize] {
        if id.is_empty() {
            return &[];
        }
        self.by_id
            .get(at)
            .and_then(|by_id| by_id.get(id))
            .map_or(&[], Vec::as_slice)
    }

    /// Hashes of the facts in a container and below, sorted; for telling how alike two are.
    pub(super) fn signature(&self, container: usize, budget: &Budget) -> Vec<u64> {
        let mut out = Vec::new();
        let mut todo = vec![container];
        while let Some(index) = todo.pop() {
            let container = &self.containers[index];
            if !budget.take(1 + container.facts.len()) {
                break;
            }
            out.extend(
                container
                    .facts
                    .iter()
                    .filter(|f| !f.is_marker)
                    .map(|f| hash(&(&f.addr, &f.value)) as u64),
            );
            todo.extend(&container.children);
        }
        out.sort_unstable();
        out
    }
}

/// 128 bits, so that two different contents do not meet by chance: one half is the standard
/// library's keyed hash, the other a multiply-and-rotate of the same bytes.
pub(crate) fn hash(value: &impl Hash) -> u128 {
    let mut both = Both(DefaultHasher::new(), 0x9e37_79b9_7f4a_7c15);
    value.hash(&mut both);
    (u128::from(both.0.finish()) << 64) | u128::from(both.1)
}

struct Both(DefaultHasher, u64);

impl Hasher for Both {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.1 = (self.1.rotate_left(23) ^ u64::from_le_bytes(word))
                .wrapping_mul(0xff51_afd7_ed55_8ccd);
        }
        self.1 ^= self.1 >> 32 ^ bytes.len() as u64;
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }
}

/// How many entries two sorted lists have in common.
pub(super) fn shared(a: &[u64], b: &[u64]) -> usize {
    let (mut i, mut j, mut same) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                same += 1;
                i += 1;
                j += 1;
            }
        }
    }
    same
}

/// Share of what two signatures hold that is in both, from 0 to 1.
pub(super) fn alike(a: &[u64], b: &[u64]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    2.0 * shared(a, b) as f64 / (a.len() + b.len()) as f64
}

/// Keys whose value names the map that holds it, best first. Compared without case, `_` and `-`;
/// an attribute's `@` does not count.
const NAMING_KEYS: [&str; 22] = [
    "id", "ruleid", "checkid", "sid", "uid", "uuid", "rule", "macro", "alert", "record", "name",
    "key", "title", "policyid", "policy", "check", "list", "slug", "code", "path", "ref", "label",
];

fn naming_rank(key: &str) -> Option<usize> {
    let plain: String = key
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    NAMING_KEYS.iter().position(|k| *k == plain)
}

/// Names a map by its best naming key, e.g. `alert:Watchdog`.
pub(crate) fn name_of(node: &Node) -> String {
    let Value::Map(entries) = &node.value else {
        return String::new();
    };
    entries
        .iter()
        .filter_map(|(key, value)| match &value.value {
            Value::Scalar(text) if !text.is_empty() && text.len() <= 300 => {
                Some((naming_rank(key)?, key, text))
            }
            _ => None,
        })
        .min_by_key(|(rank, _, _)| *rank)
        .map_or(String::new(), |(_, key, text)| format!("{key}:{text}"))
}

/// Names a whole document: by kind and name where objects carry metadata, else as any map.
pub(crate) fn name_of_document(node: &Node) -> String {
    let metadata_name = node.at("metadata").and_then(|metadata| {
        let name = metadata.scalar_at("name")?;
        let space = metadata.scalar_at("namespace").unwrap_or("");
        Some(format!(
            "{} {space}{}{name}",
            node.scalar_at("kind").unwrap_or(""),
            if space.is_empty() { "" } else { "/" }
        ))
    });
    metadata_name
        .map(|name| name.trim().to_owned())
        .unwrap_or_else(|| name_of(node))
}

/// Turns parsed documents into containers and facts; None when the budget is spent.
pub(super) fn from_nodes(documents: &[Node], budget: &Budget) -> Option<Doc> {
    let last = documents.last().map_or(1, |node| node.lines.1);
    let mut doc = Doc::new(last);
    for node in documents {
        match &node.value {
            Value::Map(_) => {
                let child = doc.open(Some(0), "", &name_of_document(node), node.lines);
                doc.containers[child].is_document = true;
                flatten(&mut doc, child, "", node, budget)?;
            }
            _ => flatten(&mut doc, 0, "", node, budget)?,
        }
    }
    Some(doc.seal())
}

fn add_scalar(
    doc: &mut Doc,
    container: usize,
    addr: &str,
    text: &str,
    lines: Lines,
    in_list: bool,
) {
    if is_list_of_words(text) {
        for word in text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            doc.fact(container, addr, word, lines, true);
        }
    } else {
        doc.fact(container, addr, text, lines, in_list);
    }
}

/// Names joined by commas in one text, such as tags: a list, whatever the format calls it.
fn is_list_of_words(text: &str) -> bool {
    let mut words = text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    text.contains(',')
        && words.clone().count() > 1
        && words.all(|word| {
            word.starts_with(char::is_alphabetic)
                && word
                    .chars()
                    .all(|c| c.is_alphanumeric() || "_-.:/".contains(c))
        })
}

fn flatten(
    doc: &mut Doc,
    container: usize,
    addr: &str,
    node: &Node,
    budget: &Budget,
) -> Option<()> {
    if !budget.take(1 + addr.len() / 16) {
        return None;
    }
    match &node.value {
        Value::Scalar(text) => {
            budget.take(text.len() / 16);
            add_scalar(doc, container, addr, text, node.lines, false);
        }
        Value::Map(entries) if entries.is_empty() => {
            doc.fact(container, addr, "{}", node.lines, false)
        }
        Value::Seq(items) if items.is_empty() => doc.fact(container, addr, "[]", node.lines, false),
        Value::Map(entries) => {
            for (key, value) in entries {
                let addr = if addr.is_empty() {
                    key.clone()
                } else {
                    format!("{addr}{STEP}{key}")
                };
                flatten(doc, container, &addr, value, budget)?;
            }
        }
        Value::Seq(items) => {
            for item in items {
                match &item.value {
                    Value::Scalar(text) => {
                        budget.take(1 + text.len() / 16);
                        add_scalar(doc, container, addr, text, item.lines, true);
                    }
                    Value::Map(_) => {
                        let child = doc.open(Some(container), addr, &name_of(item), item.lines);
                        flatten(doc, child, "", item, budget)?;
                    }
                    Value::Seq(_) => {
                        let child = doc.open(Some(container), addr, "", item.lines);
                        flatten(doc, child, "", item, budget)?;
                    }
                }
            }
        }
    }
    Some(())
}
