//! The rules of one hotfix in pages. A rule that is answered moves down the list, so pages are paged by key: what
//! waited for an answer on the next page is still there.

use super::alike::Group;
use super::stake::Stake;
use super::stake_row::StakeRow;
use super::{Query, ReviewContext};
use crate::web::paging::{PageQuery, one_page};
use crate::web::{address, review_words};

/// Rules that stand for themselves and groups of rules on one page.
const ITEMS_A_PAGE: usize = 40;

impl StakeRow<'_> {
    /// Where it stands among the rules of the hotfix: what waits first, the worst first, then by path.
    pub fn key(&self) -> String {
        let severity = review_words::severity(self.rule.verdict);
        let path = &self.rule.path;
        format!("0{}{severity}{path}", u8::from(!self.is_open))
    }
}

impl Group<'_> {
    /// Where it stands: after the rules that stand for themselves; the largest first among equals.
    pub fn key(&self) -> String {
        let (severity, path) = self.rows.first().map_or((9, ""), |row| {
            let rule = row.rule;
            (review_words::severity(rule.verdict), rule.path.as_str())
        });
        let fewer = 9_999_usize.saturating_sub(self.rows.len());
        format!("1{}{severity}{fewer:04}{path}", u8::from(self.open() == 0))
    }
}

impl<'a> Stake<'a> {
    /// The rows on this page.
    pub fn listed_rows(&self) -> &[StakeRow<'a>] {
        let end = self.paged.range.end.min(self.rows.len());
        &self.rows[self.paged.range.start.min(end)..end]
    }

    /// The groups on this page.
    pub fn listed_groups(&self) -> &[Group<'a>] {
        let [start, end] = [self.paged.range.start, self.paged.range.end]
            .map(|at| at.saturating_sub(self.rows.len()).min(self.groups.len()));
        &self.groups[start..end]
    }

    fn keys(&self) -> Vec<String> {
        let rows = self.rows.iter().map(StakeRow::key);
        rows.chain(self.groups.iter().map(Group::key)).collect()
    }

    /// The place of a rule among rows and groups.
    fn place(&self, is: impl Fn(&StakeRow<'a>) -> bool) -> Option<usize> {
        let row = self.rows.iter().position(&is);
        let holds = |group: &Group<'a>| group.rows.iter().any(&is);
        row.or_else(|| {
            let group = self.groups.iter().position(holds)?;
            Some(self.rows.len() + group)
        })
    }
}

/// Turns to the page that was asked for, else to that of the opened group or rule.
pub(super) fn turn(stake: &mut Stake, context: &ReviewContext, query: &Query, number: usize) {
    for group in &mut stake.groups {
        group.is_open |= group.rows.iter().any(|row| row.is_here);
    }
    let is_asked = query.of.unwrap_or(1) == number;
    let text = |key: &Option<String>| key.clone().filter(|_| is_asked).unwrap_or_default();
    let by_number = query.page.filter(|_| is_asked);
    let whole = query.alike.as_deref().and_then(|id| {
        let at = stake.groups.iter().position(|group| group.id == id)?;
        Some(stake.rows.len() + at)
    });
    let opened = whole.or_else(|| stake.place(|row| row.is_here));
    let keys = stake.keys();
    let paging = PageQuery {
        after: text(&query.after),
        before: text(&query.before),
        page: match by_number {
            Some(number) => number.saturating_sub(1),
            None => opened.unwrap_or(0) / ITEMS_A_PAGE,
        },
    };
    let base = format!("{}?of={number}", address::review(&context.review.id));
    let fragment = format!("#{}", stake.id);
    stake.paged = one_page(&keys, ITEMS_A_PAGE, &paging, |known, key| {
        known.as_str().cmp(key)
    })
    .linked(&keys, &base, &fragment, Clone::clone);
}
