//! Where in planned the content of a rule file lives when it is not, or not only, under its path.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::Texts;
use super::doc::{Doc, STEP, alike};
use super::format::{self, Format};
use super::limits::{Budget, Limits};

/// A container in a planned file.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) path: &'a str,
    pub(super) doc: &'a Doc,
    pub(super) index: usize,
}

/// A planned file that is new or differs from the hotfix's: only there can something have moved to.
struct Candidate<'a> {
    path: &'a str,
    bytes: &'a [u8],
    /// The file of this path in the hotfix, or else in the base, if there is one.
    before: Option<&'a [u8]>,
    doc: OnceCell<Option<(Format, Doc)>>,
    before_doc: OnceCell<Option<(Format, Doc)>>,
    /// What the file held before, by search key.
    held_before: OnceCell<HashSet<String>>,
}

/// The changed part of planned, read when first asked for.
pub(super) struct Elsewhere<'a> {
    candidates: Vec<Candidate<'a>>,
    limits: Limits,
    index: OnceCell<HashMap<String, Vec<(usize, usize)>>>,
    switched_off: OnceCell<SwitchedOff>,
}

/// Words in a path that say for which environment, or for what other use, a file is.
const USES: [&str; 53] = [
    "prod",
    "production",
    "prd",
    "live",
    "staging",
    "stage",
    "stg",
    "dev",
    "devel",
    "development",
    "test",
    "tests",
    "testing",
    "qa",
    "uat",
    "preprod",
    "canary",
    "local",
    "demo",
    "lab",
    "integration",
    "example",
    "examples",
    "sample",
    "samples",
    "template",
    "templates",
    "deprecated",
    "unsupported",
    "disabled",
    "archive",
    "archived",
    "old",
    "backup",
    "bak",
    "draft",
    "drafts",
    "orig",
    "rej",
    "tmp",
    "off",
    "inactive",
    "obsolete",
    "legacy",
    "retired",
    "removed",
    "attic",
    "save",
    "doc",
    "docs",
    "readme",
    "md",
    "changelog",
];

fn uses(path: &str) -> HashSet<String> {
    path.split(|c: char| !c.is_alphanumeric())
        .map(str::to_ascii_lowercase)
        .filter(|w| USES.contains(&w.as_str()))
        .collect()
}

/// Whether two paths are for the same use, as far as their words say.
pub(super) fn same_use(a: &str, b: &str) -> bool {
    uses(a) == uses(b)
}

/// What a container is looked for by: its name and the last key on the way to it.
fn search_key(at: &str, id: &str) -> String {
    format!("{}{STEP}{id}", at.rsplit(STEP).next().unwrap_or(at))
}

/// Rules that statements new in planned switch off by number.
#[derive(Default)]
pub(super) struct SwitchedOff {
    ranges: Vec<(u64, u64)>,
}

/// Words in the name of a statement that takes rules out.
const SWITCHES: [&str; 5] = ["remove", "disable", "suppress", "delete", "unset"];

/// A quick look before a text is read.
fn may_switch_off(bytes: &[u8]) -> bool {
    let lower = bytes.to_ascii_lowercase();
    SWITCHES
        .iter()
        .any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}

impl SwitchedOff {
    /// Reads statements like `SecRuleRemoveById 942100 "942200-942299"`.
    fn add(&mut self, statement: &str) {
        let Some((first, rest)) = statement.split_once(' ') else {
            return;
        };
        let first = first.to_ascii_lowercase();
        // What takes only a target from a rule leaves the rule.
        if !SWITCHES.iter().any(|word| first.contains(word)) || first.contains("target") {
            return;
        }
        for word in rest.split(|c: char| !(c.is_ascii_digit() || c == '-')) {
            let (from, to) = word.split_once('-').unwrap_or((word, word));
            if let (Ok(from), Ok(to)) = (from.parse(), to.parse()) {
                self.ranges.push((from, to));
            }
        }
    }

    /// Whether the rule of this name, e.g. `id:942100`, is among them.
    pub(super) fn has(&self, id: &str) -> bool {
        let number = id.rsplit(':').next().and_then(|number| number.parse().ok());
        number.is_some_and(|number: u64| {
            self.ranges
                .iter()
                .any(|(from, to)| (*from..=*to).contains(&number))
        })
    }
}

impl<'a> Elsewhere<'a> {
    pub(super) fn new(
        base: &Texts<'a>,
        hotfix: &Texts<'a>,
        planned: &Texts<'a>,
        limits: &Limits,
    ) -> Elsewhere<'a> {
        let candidates = planned
            .iter()
            .filter(|(path, bytes)| hotfix.get(*path) != Some(bytes))
            .map(|(path, bytes)| Candidate {
                path,
                bytes,
                before: hotfix.get(path).or_else(|| base.get(path)).copied(),
                doc: OnceCell::new(),
                before_doc: OnceCell::new(),
                held_before: OnceCell::new(),
            })
            .collect();
        Elsewhere {
            candidates,
            limits: *limits,
            index: OnceCell::new(),
            switched_off: OnceCell::new(),
        }
    }

    fn read(&self, path: &str, bytes: &[u8], style_of: &[u8]) -> Option<(Format, Doc)> {
        if bytes.len() > self.limits.text_bytes_max {
            return None;
        }
        let [text, style_of] = format::decode([Some(bytes), Some(style_of)]);
        // As many steps as the bytes may need: one text must not use up those of the others.
        let budget = Budget::new(self.limits.steps_max.min(1000 + 40 * bytes.len() as u64));
        let (text, style_of) = (text?, style_of?);
        format::read_as_promised(path, &text, &style_of, &self.limits, &budget).or_else(|| {
            let texts = [Some((path, text.as_str()))];
            let alike = format::read_alike(texts, true, &self.limits, &budget)?;
            let [doc] = alike.docs;
            Some((alike.format, doc?))
        })
    }

    fn doc(&self, at: usize) -> Option<&Doc> {
        Some(&self.read_planned(at)?.1)
    }

    fn read_planned(&self, at: usize) -> Option<&(Format, Doc)> {
        let candidate = &self.candidates[at];
        let style_of = candidate.before.unwrap_or(candidate.bytes);
        candidate
            .doc
            .get_or_init(|| self.read(candidate.path, candidate.bytes, style_of))
            .as_ref()
    }

    fn read_before(&self, at: usize) -> Option<&(Format, Doc)> {
        let candidate = &self.candidates[at];
        let before = candidate.before?;
        candidate
            .before_doc
            .get_or_init(|| self.read(candidate.path, before, before))
            .as_ref()
    }

    /// What hotfix and planned have under one path, where both are UTF-8 and read as one format;
    /// so that no text is read twice.
    pub(super) fn both(&self, path: &str, hotfix: &[u8]) -> Option<(Format, &Doc, &Doc)> {
        let at = self
            .candidates
            .binary_search_by(|candidate| candidate.path.cmp(path))
            .ok()?;
        let candidate = &self.candidates[at];
        let is_utf8 = |bytes| std::str::from_utf8(bytes).is_ok();
        if candidate.before != Some(hotfix) || !is_utf8(hotfix) || !is_utf8(candidate.bytes) {
            return None;
        }
        let ((before, hotfix), (after, planned)) = (self.read_before(at)?, self.read_planned(at)?);
        (before == after).then_some((*before, hotfix, planned))
    }

    fn held_before(&self, at: usize, key: &str) -> bool {
        let candidate = &self.candidates[at];
        if candidate.before.is_none() {
            return false;
        }
        // What cannot be read may have held it.
        let Some((_, doc)) = self.read_before(at) else {
            return true;
        };
        let keys = candidate
            .held_before
            .get_or_init(|| doc.names().map(|(at, id)| search_key(at, id)).collect());
        keys.contains(key)
    }

    /// Rules that planned switches off where the hotfix did not.
    pub(super) fn switched_off(&self) -> &SwitchedOff {
        self.switched_off.get_or_init(|| {
            let mut out = SwitchedOff::default();
            for at in 0..self.candidates.len() {
                if !may_switch_off(self.candidates[at].bytes) {
                    continue;
                }
                let Some(doc) = self.doc(at) else { continue };
                let before: HashSet<&str> =
                    self.read_before(at).map_or_else(HashSet::new, |(_, doc)| {
                        doc.root().facts.iter().map(|f| f.value.as_str()).collect()
                    });
                for fact in doc
                    .root()
                    .facts
                    .iter()
                    .filter(|f| !before.contains(f.value.as_str()))
                {
                    out.add(&fact.value);
                }
            }
            out
        })
    }

    fn index(&self) -> &HashMap<String, Vec<(usize, usize)>> {
        self.index.get_or_init(|| {
            let mut index: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
            for at in 0..self.candidates.len() {
                let Some(doc) = self.doc(at) else { continue };
                for (container, entry) in doc.containers.iter().enumerate() {
                    if !entry.id.is_empty() {
                        index
                            .entry(search_key(&entry.at, &entry.id))
                            .or_default()
                            .push((at, container));
                    }
                }
            }
            index
        })
    }

    /// Containers of this name in other planned files that came there after the hotfix was made,
    /// in files for the same use as `path`.
    pub(super) fn find(&self, path: &str, at: &str, id: &str) -> Vec<Found<'_>> {
        if id.is_empty()
            || self
                .candidates
                .iter()
                .all(|candidate| candidate.path == path)
        {
            return Vec::new();
        }
        let key = search_key(at, id);
        let Some(places) = self.index().get(&key) else {
            return Vec::new();
        };
        places
            .iter()
            .filter(|(at, _)| {
                let other = self.candidates[*at].path;
                other != path && same_use(path, other) && !self.held_before(*at, &key)
            })
            .take(16)
            .filter_map(|(at, index)| {
                Some(Found {
                    path: self.candidates[*at].path,
                    doc: self.doc(*at)?,
                    index: *index,
                })
            })
            .collect()
    }

    /// The new planned file that holds most of `doc`, when planned has nothing under `path`.
    pub(super) fn moved_to(&self, path: &str, doc: &Doc, budget: &Budget) -> Option<&'a str> {
        let wanted = doc.signature(0, budget);
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let stem = |path: &str| name(path).split('.').next().unwrap_or_default().to_owned();
        let mut best: Option<(f64, &'a str)> = None;
        let ids: HashSet<&str> = doc
            .root()
            .children
            .iter()
            .map(|c| doc.containers[*c].id.as_str())
            .collect();
        for at in 0..self.candidates.len() {
            let candidate = &self.candidates[at];
            if candidate.before.is_some() || !same_use(path, candidate.path) {
                continue;
            }
            let Some(other) = self.doc(at) else { continue };
            let mut likeness = alike(&wanted, &other.signature(0, budget));
            if name(path) == name(candidate.path) {
                likeness += 0.3;
            } else if stem(path) == stem(candidate.path) {
                likeness += 0.2;
            }
            let children = &other.root().children;
            if ids.len() == 1
                && children.len() == 1
                && ids.contains(other.containers[children[0]].id.as_str())
            {
                likeness += 0.1;
            }
            if likeness >= 0.5 && best.is_none_or(|(most, _)| likeness > most) {
                best = Some((likeness, candidate.path));
            }
        }
        best.map(|(_, path)| path)
    }
}
