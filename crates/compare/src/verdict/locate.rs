//! Where in planned the content of a rule file lives when it is not, or not only, under its path.
//!
//! ```text
//! base         | hotfix       | planned
//! web.conf     | web.conf     | http/web.conf
//! limit api 10 | limit api 30 | limit api 30     included, in http/web.conf
//! limit img 5  | limit img 5  | limit img 5
//! ```

use std::cell::OnceCell;
use std::collections::HashSet;

use super::candidate::{Candidate, search_key};
use super::doc::{Doc, alike};
use super::format::Format;
use super::limits::{Budget, Limits};
use super::runs::run_in;
use super::switched_off::{SwitchedOff, may_switch_off, number_of};
use super::{Texts, differing};

/// A container in a planned file.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) path: &'a str,
    pub(super) doc: &'a Doc,
    pub(super) index: usize,
}

/// The changed part of planned, read when first asked for.
pub(super) struct Elsewhere<'a> {
    candidates: Vec<Candidate<'a>>,
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

impl<'a> Elsewhere<'a> {
    pub(super) fn new(
        base: &Texts<'a>,
        hotfix: &Texts<'a>,
        planned: &Texts<'a>,
        limits: &Limits,
    ) -> Elsewhere<'a> {
        let candidates = differing(hotfix, planned)
            .into_iter()
            .filter_map(|path| {
                let before = hotfix.get(path).or_else(|| base.get(path)).copied();
                Some(Candidate::new(path, planned.get(path)?, before, *limits))
            })
            .collect();
        Elsewhere {
            candidates,
            switched_off: OnceCell::new(),
        }
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
        let ((before, hotfix), (after, planned)) =
            (candidate.read_before()?, candidate.read_planned()?);
        (before == after).then_some((*before, hotfix, planned))
    }

    /// Whether planned switches the rule of this name off by its number, where the hotfix did not.
    pub(super) fn switches_off(&self, id: &str) -> bool {
        number_of(id).is_some_and(|number| self.switched_off().has(number))
    }

    fn switched_off(&self) -> &SwitchedOff {
        self.switched_off.get_or_init(|| {
            let mut out = SwitchedOff::default();
            for candidate in &self.candidates {
                if !may_switch_off(candidate.bytes) {
                    continue;
                }
                let Some(doc) = candidate.doc() else { continue };
                let before = candidate.read_before().map(|(_, doc)| doc.root());
                let before = before.into_iter().flat_map(|root| &root.facts);
                let before: HashSet<&str> = before.map(|fact| fact.value.as_str()).collect();
                for fact in &doc.root().facts {
                    if !before.contains(fact.value.as_str()) {
                        out.add(&fact.value);
                    }
                }
            }
            out
        })
    }

    /// Containers of this name in other planned files that came there after the hotfix was made,
    /// in files for the same use as `path`.
    pub(super) fn find(&self, path: &str, at: &str, id: &str) -> Vec<Found<'_>> {
        if id.is_empty() {
            return Vec::new();
        }
        let key = search_key(at, id);
        let run = run_in(id);
        self.candidates
            .iter()
            .filter(|other| other.path != path && other.may_hold(run))
            .flat_map(|other| other.named(&key).iter().map(move |index| (other, *index)))
            .filter(|(other, _)| same_use(path, other.path) && !other.held_before(&key))
            .take(16)
            .filter_map(|(other, index)| {
                Some(Found {
                    path: other.path,
                    doc: other.doc()?,
                    index,
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
        for candidate in &self.candidates {
            if candidate.before.is_some() || !same_use(path, candidate.path) {
                continue;
            }
            let Some(other) = candidate.doc() else {
                continue;
            };
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
            // Half alike, or less with the same name. Corpus and tests: .3 to .7 change nothing.
            if likeness >= 0.5 && best.is_none_or(|(most, _)| likeness > most) {
                best = Some((likeness, candidate.path));
            }
        }
        best.map(|(_, path)| path)
    }
}
