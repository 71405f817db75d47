//! Reviews with their decisions, and which of them wait for somebody.

use std::sync::Arc;

use super::State;
use crate::answers::Answers;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{AccountId, EntryRef, ReviewId, RuleSetName, Timestamp};
use rulegate_ledger::review::{Shown, Subject};

/// A review with its decisions.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Review {
    pub id: ReviewId,
    pub ruleset: Option<RuleSetName>,
    pub subject: Subject,
    pub reason: String,
    pub requester: AccountId,
    pub opened_at: Timestamp,
    pub status: ReviewStatus,
    /// Every approval, oldest first; whether one still counts is decided against what is shown now.
    pub approvals: Vec<Approval>,
    /// The newest answer for each hotfix rule.
    pub answers: Answers,
    pub comments: u32,
    pub glass: Option<Box<Glass>>,
}

/// Where a review stands.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum ReviewStatus {
    Open,
    Executed {
        at: Timestamp,
        by: AccountId,
        entry: EntryRef,
    },
    Rejected {
        at: Timestamp,
        by: AccountId,
        reason: String,
    },
    Withdrawn {
        at: Timestamp,
        by: AccountId,
        reason: String,
    },
}

/// One person's yes.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Approval {
    pub by: AccountId,
    pub at: Timestamp,
    pub entry: EntryRef,
    pub fingerprint: Digest,
    pub shown: Arc<Shown>,
    pub note: String,
}

/// A review executed past a blocking check; red until two others looked.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Glass {
    pub by: AccountId,
    pub at: Timestamp,
    pub reason: String,
    pub blocked: Vec<String>,
    pub after_reviews: Vec<(AccountId, Timestamp, String)>,
}

impl Review {
    /// True if it waits for somebody: it is open, or others have not looked at its broken glass.
    pub fn is_waiting(&self) -> bool {
        self.status == ReviewStatus::Open
            || self.glass.as_ref().is_some_and(|glass| glass.is_open())
    }
}

impl Glass {
    /// How many others have to look.
    pub const AFTER_REVIEWS_NEEDED: usize = 2;

    /// True while fewer than two others have looked.
    pub fn is_open(&self) -> bool {
        self.after_reviews.len() < Glass::AFTER_REVIEWS_NEEDED
    }
}

impl State {
    /// A review of any site.
    pub fn review(&self, id: &ReviewId) -> Option<&Arc<Review>> {
        self.ledgers.get(&id.site)?.reviews.get(&id.seq)
    }

    /// Every review, newest first.
    pub fn reviews(&self) -> Vec<&Arc<Review>> {
        let mut reviews: Vec<_> = self
            .ledgers
            .values()
            .flat_map(|ledger| ledger.reviews.values())
            .collect();
        reviews.sort_by(|a, b| (b.opened_at, &b.id).cmp(&(a.opened_at, &a.id)));
        reviews
    }

    /// Reviews that wait for somebody, newest first: open ones, and broken glass without both after-reviews.
    pub fn waiting_reviews(&self) -> Vec<&Arc<Review>> {
        let mut reviews: Vec<_> = self
            .ledgers
            .values()
            .flat_map(|ledger| {
                ledger
                    .waiting_reviews
                    .iter()
                    .filter_map(|seq| ledger.reviews.get(seq))
            })
            .collect();
        reviews.sort_by(|a, b| (b.opened_at, &b.id).cmp(&(a.opened_at, &a.id)));
        reviews
    }
}
