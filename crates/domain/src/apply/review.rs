//! Reviews after a fact.

use std::sync::Arc;

use crate::state::*;
use rulegate_ledger::event::*;
use rulegate_ledger::ids::ReviewId;
use rulegate_ledger::ledger::Entry;

impl LedgerState {
    pub(super) fn open_review(&mut self, entry: &Entry, body: &ReviewOpened) {
        let id = ReviewId {
            site: entry.at_entry.site.clone(),
            seq: entry.at_entry.seq,
        };
        let review = Review {
            id,
            ruleset: entry.fact.ruleset.clone(),
            subject: body.subject.clone(),
            reason: body.reason.clone(),
            requester: entry.actor.clone(),
            opened_at: entry.at,
            status: ReviewStatus::Open,
            approvals: Default::default(),
            answers: Default::default(),
            comments: 0,
            glass: None,
        };
        self.reviews.insert(entry.at_entry.seq, Arc::new(review));
        self.waiting_reviews.insert(entry.at_entry.seq);
    }

    pub(super) fn change_review(&mut self, id: &ReviewId, change: impl FnOnce(&mut Review)) {
        let Some(review) = self.reviews.get_mut(&id.seq) else {
            return;
        };
        change(Arc::make_mut(review));
        if review.is_waiting() {
            self.waiting_reviews.insert(id.seq);
        } else {
            self.waiting_reviews.remove(&id.seq);
        }
    }

    pub(super) fn execute_review(&mut self, entry: &Entry, review: Option<&ReviewId>) {
        let Some(id) = review.filter(|id| id.site == entry.at_entry.site) else {
            return;
        };
        self.change_review(id, |review| {
            if review.status == ReviewStatus::Open {
                review.status = ReviewStatus::Executed {
                    at: entry.at,
                    by: entry.actor.clone(),
                    entry: entry.at_entry.clone(),
                };
            }
        });
    }
}
