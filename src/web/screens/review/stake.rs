//! One open hotfix in one target of a review: its rules, and where all of it stands.

use super::alike::Group;
use super::stake_row::StakeRow;
use crate::web::paging::PageOfList;
use crate::web::{address, format};
use rulegate_domain::state::Hotfix;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{ReviewId, RuleSetName};
use rulegate_ledger::version::VersionName;

/// One open hotfix in one target.
#[allow(missing_docs)]
pub(super) struct Stake<'a> {
    pub id: String,
    pub review: &'a ReviewId,
    pub ruleset: &'a RuleSetName,
    pub environment: &'a Environment,
    pub hotfix: &'a VersionName,
    /// The hotfix as it was made.
    pub made: Option<&'a Hotfix>,
    pub candidate: &'a VersionName,
    /// Rules that stand for themselves, worst first.
    pub rows: Vec<StakeRow<'a>>,
    /// Rules changed alike, the largest group first.
    pub groups: Vec<Group<'a>>,
    /// The part of `rows`, then `groups`, that is on the page.
    pub paged: PageOfList,
}

impl<'a> Stake<'a> {
    /// Every rule in the order of the page.
    pub fn all(&self) -> impl Iterator<Item = &StakeRow<'a>> {
        let alike = self.groups.iter().flat_map(|group| &group.rows);
        self.rows.iter().chain(alike)
    }
    /// Where all of it stands, as a tag's kind and words.
    pub fn tag(&self) -> (&'static str, String) {
        let lost = self.all().filter(|row| !row.rule.verdict.is_contained());
        let lost = lost.count();
        let open = self.all().filter(|row| row.is_open).count();
        let all = format::count(self.total(), "rule", "rules");
        match (lost, open) {
            (0, _) => ("ok", format!("all {all} included")),
            (_, 0) => ("ok", format!("answered: {lost} of {all}")),
            (_, _) if lost == open => ("bad", format!("{lost} of {all} would be lost")),
            _ => ("bad", format!("{open} of {all} wait for an answer")),
        }
    }
    /// Rules of the hotfix.
    pub fn total(&self) -> usize {
        self.all().count()
    }
    /// Rules that this person has marked as seen.
    pub fn seen(&self) -> usize {
        self.all().filter(|row| row.is_seen).count()
    }
    /// `7 of 12 seen`.
    pub fn seen_words(&self) -> String {
        format!("{} of {} seen", self.seen(), self.total())
    }
    /// Rules that wait for an answer and stand for themselves on this page.
    pub fn listed_open(&self) -> usize {
        self.listed_rows().iter().filter(|row| row.is_open).count()
    }
    /// Where one of its rules is opened.
    pub fn href(&self, row: &StakeRow) -> String {
        address::review_rule(self.review, self.environment, self.hotfix, &row.rule.path)
    }
}
