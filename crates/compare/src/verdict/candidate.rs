//! A planned file in which something may be found that the hotfix had elsewhere; read when first asked for.
//!
//! ```text
//! base           | hotfix         | planned
//! one.yaml: Disk | one.yaml: Disk | two.yaml: Disk    two.yaml is new: Disk may have moved there
//! ```

use std::cell::OnceCell;
use std::collections::HashMap;

use super::doc::{Doc, STEP};
use super::format::{self, Format};
use super::limits::{Budget, Limits};
use super::runs::{Run, Runs};

/// A planned file that is new or differs from the hotfix's: only there can something have moved to.
pub(super) struct Candidate<'a> {
    pub(super) path: &'a str,
    pub(super) bytes: &'a [u8],
    /// The file of this path in the hotfix, or else in the base, if there is one.
    pub(super) before: Option<&'a [u8]>,
    limits: Limits,
    runs: OnceCell<Runs>,
    planned: OnceCell<Option<(Format, Doc)>>,
    read_before: OnceCell<Option<(Format, Doc)>>,
    named: OnceCell<Named>,
    named_before: OnceCell<Named>,
}

/// Containers by what they are looked for by, in the order of the text.
type Named = HashMap<String, Vec<usize>>;

/// What a container is looked for by: its name and the last key on the way to it.
pub(super) fn search_key(at: &str, id: &str) -> String {
    format!("{}{STEP}{id}", at.rsplit(STEP).next().unwrap_or(at))
}

fn named(doc: &Doc) -> Named {
    let mut named = Named::new();
    for (index, container) in doc.containers.iter().enumerate() {
        if !container.id.is_empty() {
            let key = search_key(&container.at, &container.id);
            named.entry(key).or_default().push(index);
        }
    }
    named
}

impl<'a> Candidate<'a> {
    pub(super) fn new(
        path: &'a str,
        bytes: &'a [u8],
        before: Option<&'a [u8]>,
        limits: Limits,
    ) -> Candidate<'a> {
        Candidate {
            path,
            bytes,
            before,
            limits,
            runs: OnceCell::new(),
            planned: OnceCell::new(),
            read_before: OnceCell::new(),
            named: OnceCell::new(),
            named_before: OnceCell::new(),
        }
    }

    fn read(&self, bytes: &[u8], style_of: &[u8]) -> Option<(Format, Doc)> {
        if bytes.len() > self.limits.text_bytes_max {
            return None;
        }
        let [text, style_of] = format::decode([Some(bytes), Some(style_of)]);
        // As many steps as the bytes may need: one text must not use up those of the others.
        let budget = Budget::new(self.limits.steps_max.min(1000 + 40 * bytes.len() as u64));
        let (text, style_of) = (text?, style_of?);
        format::read_as_promised(self.path, &text, &style_of, &self.limits, &budget).or_else(|| {
            let texts = [Some((self.path, text.as_str()))];
            let alike = format::read_alike(texts, true, &self.limits, &budget)?;
            let [doc] = alike.docs;
            Some((alike.format, doc?))
        })
    }

    /// The planned text; None where it cannot be read within the limits.
    pub(super) fn read_planned(&self) -> Option<&(Format, Doc)> {
        self.planned
            .get_or_init(|| self.read(self.bytes, self.before.unwrap_or(self.bytes)))
            .as_ref()
    }

    pub(super) fn doc(&self) -> Option<&Doc> {
        Some(&self.read_planned()?.1)
    }

    /// The text of before; None where there is none, or where it cannot be read within the limits.
    pub(super) fn read_before(&self) -> Option<&(Format, Doc)> {
        let before = self.before?;
        self.read_before
            .get_or_init(|| self.read(before, before))
            .as_ref()
    }

    /// False only if the planned text has no such run of letters and digits; it need not be read then.
    pub(super) fn may_hold(&self, run: Option<Run<'_>>) -> bool {
        let Some(run) = run.filter(|_| self.planned.get().is_none()) else {
            return true;
        };
        let runs = self.runs.get_or_init(|| Runs::of(self.bytes));
        runs.may_hold(&run, self.bytes)
    }

    /// Containers that are looked for by this key.
    pub(super) fn named(&self, key: &str) -> &[usize] {
        let named = self
            .named
            .get_or_init(|| self.doc().map_or_else(Named::new, named));
        named.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether the file held such a container before; what cannot be read may have.
    pub(super) fn held_before(&self, key: &str) -> bool {
        if self.before.is_none() {
            return false;
        }
        let Some((_, doc)) = self.read_before() else {
            return true;
        };
        self.named_before
            .get_or_init(|| named(doc))
            .contains_key(key)
    }
}
