//! Lists in pages, paged by key: the next page begins after the last item of this one, wherever that stands by
//! then, so that a change between two pages neither repeats an item nor skips one.

use std::cmp::Ordering;
use std::ops::Range;

use serde::Deserialize;

use super::format;

/// Which page of a list an address asks for. Without anything it is the first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PageQuery {
    /// The key of the last item of the page before; may be empty.
    pub after: String,
    /// The key of the first item of the page after; may be empty.
    pub before: String,
    /// The number of a page, from 0: what links said before pages were paged by key.
    pub page: usize,
}

/// One page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageOfList {
    /// The items of the page.
    pub range: Range<usize>,
    /// Items of the whole list.
    pub total: usize,
    /// The address of the page before; empty if there is none.
    pub newer: String,
    /// The address of the page after; empty if there is none.
    pub older: String,
}

/// Finds a page. `order` tells how an item stands to a key in the order of the list.
pub fn one_page<T>(
    all: &[T],
    size: usize,
    query: &PageQuery,
    order: impl Fn(&T, &str) -> Ordering,
) -> PageOfList {
    let total = all.len();
    let last = total.saturating_sub(1) / size * size;
    let range = if !query.before.is_empty() {
        let end = all.partition_point(|item| order(item, &query.before) == Ordering::Less);
        end.saturating_sub(size)..end
    } else {
        let start = match query.after.as_str() {
            "" => query.page.saturating_mul(size).min(last),
            key => all.partition_point(|item| order(item, key) != Ordering::Greater),
        };
        start..start.saturating_add(size).min(total)
    };
    // Where all that was wanted is gone by now, the nearest page stands in.
    let range = match (range.is_empty(), query.before.is_empty()) {
        (false, _) => range,
        (true, true) => last..total,
        (true, false) => 0..size.min(total),
    };
    PageOfList {
        range,
        total,
        ..PageOfList::default()
    }
}

impl PageOfList {
    /// With the addresses of the pages before and after. `key` names an item; `base` is the list's address with all
    /// that stays, `fragment` where on the page the list is.
    pub fn linked<T>(
        self,
        all: &[T],
        base: &str,
        fragment: &str,
        key: impl Fn(&T) -> String,
    ) -> PageOfList {
        let joint = if base.contains('?') { '&' } else { '?' };
        let href = |word: &str, item: &T| {
            let key = format::url_encode(&key(item));
            format!("{base}{joint}{word}={key}{fragment}")
        };
        let before = all.get(self.range.start).filter(|_| self.range.start > 0);
        let after = all.get(self.range.end.wrapping_sub(1));
        let after = after.filter(|_| self.range.end < self.total);
        PageOfList {
            newer: before.map_or_else(String::new, |item| href("before", item)),
            older: after.map_or_else(String::new, |item| href("after", item)),
            ..self
        }
    }

    /// `101 to 200 of 3,000`.
    pub fn words(&self) -> String {
        format!(
            "{} to {} of {}",
            format::thousands((self.range.start + 1).min(self.total)),
            format::thousands(self.range.end),
            format::thousands(self.total)
        )
    }

    /// True if the list has no other page.
    pub fn is_all(&self) -> bool {
        self.range.len() == self.total
    }
}
