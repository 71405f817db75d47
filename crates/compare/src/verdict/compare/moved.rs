//! Containers that stand elsewhere: moved by the hotfix, within planned, or into its other files.
//!
//! ```text
//! base          | hotfix        | planned
//! one.yaml      | one.yaml      | two.yaml
//! - alert: Disk | - alert: Disk | - alert: Disk
//!   for: 1m     |   for: 5m     |   for: 5m        included, in two.yaml
//! ```

use super::Comparison;
use crate::verdict::doc::{Container, Doc, STEP};
use crate::verdict::locate::{Found, same_use};
use crate::verdict::pairing::Pairs;

/// Keys whose names hold over a whole rule set and not only inside their list.
const STRONG: [&str; 9] = [
    "id", "@id", "uid", "sid", "alert", "record", "rule", "macro", "uuid",
];

impl<'a> Comparison<'a> {
    /// The one container of this entry's name in a text.
    pub(super) fn only(&self, doc: &Doc, entry: &Container) -> Option<usize> {
        match doc.named(&entry.at, &entry.id) {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// The base container that the hotfix put to another place in the text.
    pub(super) fn moved_by_hotfix(&self, new: usize) -> Option<usize> {
        let entry = &self.hotfix.containers[new];
        self.only(self.hotfix, entry)?;
        self.only(self.base, entry)
    }

    /// The one container of this name that stands elsewhere in the same planned text.
    pub(super) fn moved_within(
        &self,
        entry: &Container,
        planned: Option<Found<'a>>,
    ) -> Vec<Found<'a>> {
        let Some(there) = planned else {
            return Vec::new();
        };
        let ours = self.hotfix.named(&entry.at, &entry.id).len();
        match there.doc.named(&entry.at, &entry.id) {
            // In a group for another use it is not the same rule any more.
            [only]
                if ours == 1
                    && same_use(
                        &names_above(self.hotfix, entry),
                        &names_above(there.doc, &there.doc.containers[*only]),
                    ) =>
            {
                vec![Found {
                    index: *only,
                    ..there
                }]
            }
            _ => Vec::new(),
        }
    }

    /// What planned has put around a container and not around those that stand beside it, if nothing in the hotfix's
    /// text or the base's is called so: nobody knows what is done with what stands in it.
    pub(super) fn wrapped_in(
        &self,
        entry: &'a Container,
        beside: &Option<Pairs>,
        found: Found<'a>,
    ) -> Option<&'a str> {
        let stayed = beside
            .as_ref()
            .is_some_and(|pairs| !pairs.by_first.is_empty());
        if !stayed || Some(found.path) != self.planned_path {
            return None;
        }
        let step = |container: &'a Container| container.at.rsplit(STEP).next().unwrap_or("");
        let ways = |doc: &'a Doc, container| doc.above(container).map(step).collect::<Vec<_>>();
        let (here, there) = (ways(self.hotfix, entry), ways(found.doc, found.container()));
        if there.len() <= here.len() {
            return None;
        }
        let is_known = |way: &str| {
            let all = self.hotfix.containers.iter().chain(&self.base.containers);
            all.into_iter().any(|container| step(container) == way)
        };
        there.into_iter().find(|way| !is_known(way))
    }

    /// Containers of this name beside the one that was paired: more than the hotfix has.
    pub(super) fn copies(
        &self,
        entry: &Container,
        planned: Option<Found<'a>>,
        to_planned: &Option<Pairs>,
        from_base: &Option<Pairs>,
    ) -> Vec<Found<'a>> {
        let Some(there) = planned else {
            return Vec::new();
        };
        let is_free = |at: &&usize| {
            [to_planned, from_base]
                .iter()
                .all(|p| p.as_ref().is_none_or(|p| !p.by_second.contains_key(at)))
        };
        there
            .doc
            .named(&entry.at, &entry.id)
            .iter()
            .filter(|at| there.doc.containers[**at].parent == Some(there.index))
            .filter(is_free)
            .map(|index| Found {
                index: *index,
                ..there
            })
            .take(8)
            .collect()
    }

    /// Containers of this name in other planned files.
    pub(super) fn find(&self, at: &str, id: &str, of_hotfix: bool) -> Vec<Found<'a>> {
        let Some(elsewhere) = self.elsewhere else {
            return Vec::new();
        };
        let key = id.split_once(':').map_or("", |(key, _)| key);
        let doc = if of_hotfix { self.hotfix } else { self.base };
        let named = doc.named(at, id);
        let is_top = named
            .first()
            .is_some_and(|index| doc.above(&doc.containers[*index]).count() <= 2);
        if named.len() != 1 || !(is_top || STRONG.contains(&key.to_ascii_lowercase().as_str())) {
            return Vec::new();
        }
        let here = names_above(doc, &doc.containers[named[0]]);
        let own = self.planned_path.unwrap_or(self.path);
        elsewhere
            .find(self.path, at, id)
            .into_iter()
            .filter(|found| found.path != own)
            // In a group for another use it is not the same rule any more.
            .filter(|found| same_use(&here, &names_above(found.doc, found.container())))
            .collect()
    }
}

/// Where a container stands: its list and those around it, with their names.
fn names_above(doc: &Doc, container: &Container) -> String {
    let mut out = format!("{}/", container.at);
    for above in doc.above(container) {
        out.push_str(&above.at);
        out.push('/');
        out.push_str(&above.id);
        out.push('/');
    }
    out
}
