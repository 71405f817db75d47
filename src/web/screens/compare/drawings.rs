//! Rules that were drawn before, by their pair of digests: the same comparison is looked at many times, paged
//! forth and back, and by several people.

use std::sync::Arc;

use super::Pair;
use super::draw::Drawn;
use crate::web::diff_view::Part;

/// Bytes of drawings that are kept.
const CACHE_SIZE_BYTES: u64 = 16 * 1024 * 1024;

/// What a drawing depends on: both texts, and the address, from which its links are made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub address: String,
    pub digests: Pair,
}

#[derive(Clone)]
struct Weigh;

impl quick_cache::Weighter<Key, Arc<Drawn>> for Weigh {
    fn weight(&self, key: &Key, drawn: &Arc<Drawn>) -> u64 {
        let parts = |parts: &[Part]| parts.iter().map(|part| part.text.len() + 80).sum::<usize>();
        let rows = drawn.rows.iter().map(|row| parts(&row.parts) + 160);
        let cells = drawn.sided.iter().flat_map(|row| &row.cells);
        let cells = cells.map(|cell| parts(&cell.parts) + 120);
        let values = drawn.values.iter().flat_map(|values| &values.rows);
        let values = values.map(|row| {
            let sides = [Some(&row.place), row.before.as_ref(), row.after.as_ref()];
            sides
                .into_iter()
                .flatten()
                .map(|side| parts(side))
                .sum::<usize>()
                + 160
        });
        let edits = drawn.edits.iter().map(|edit| edit.size_bytes() + 64);
        let all: usize = rows.chain(cells).chain(values).chain(edits).sum();
        (key.address.len() + all + 512) as u64
    }
}

/// Drawings of rules that no hotfix has touched.
pub struct Drawings(quick_cache::sync::Cache<Key, Arc<Drawn>, Weigh>);

impl Default for Drawings {
    fn default() -> Drawings {
        Drawings(quick_cache::sync::Cache::with_weighter(
            2_000,
            CACHE_SIZE_BYTES,
            Weigh,
        ))
    }
}

impl Drawings {
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Drawn>> {
        self.0.get(key)
    }

    pub(super) fn keep(&self, key: Key, drawn: Arc<Drawn>) {
        self.0.insert(key, drawn);
    }
}
