//! The story of a review: approvals with what became of them, and every entry of it.

use super::ReviewContext;
use crate::web::review_words;
use rulegate_domain::state::Approval;
use rulegate_ledger::event::Event;
use rulegate_ledger::ledger::Entry;
use rulegate_ledger::review::ShownChange;

impl<'a> ReviewContext<'a> {
    /// What became of an approval: a tag's kind and its words. `ok` counts, `warn` went stale, `mute` says nothing now.
    pub(super) fn standing(&self, approval: &Approval) -> (&'static str, &'static str) {
        let last = self.review.approvals.last();
        let is_of = |fingerprint| approval.fingerprint == fingerprint;
        match self.gate {
            Some(_) if self.stale(approval).is_some() => ("warn", "stale"),
            Some(gate) if is_of(gate.fingerprint) => match gate.counted.contains(&approval.by) {
                true => ("ok", "counts"),
                false => ("mute", "does not count"),
            },
            Some(_) => ("mute", "replaced by a newer one"),
            // Of a closed review: whoever approved something else than the last did, approved what changed later.
            None if last.is_some_and(|last| !is_of(last.fingerprint)) => ("warn", "stale"),
            None => ("mute", "given"),
        }
    }

    /// What changed since an approval was given, if it went stale.
    pub(super) fn stale(&self, approval: &Approval) -> Option<&'a [ShownChange]> {
        let stale = self.gate?.stale.iter();
        let mut stale = stale.filter(|(known, _)| known.entry == approval.entry);
        stale.next().map(|(_, changes)| changes.as_slice())
    }
}

/// One entry of the review, or several of one act told as one.
#[allow(missing_docs)]
pub(super) struct TrailRow<'e> {
    /// `good`, `bad`, `hotfix`, `planned`, `stale` or empty.
    pub class: &'static str,
    pub entry: &'e Entry,
    pub what: String,
    pub text: &'e str,
    pub times: usize,
}

/// The entries, newest first.
pub(super) fn trail<'e>(context: &ReviewContext, entries: &'e [Entry]) -> Vec<TrailRow<'e>> {
    let is_stale = |entry: &Entry| {
        let stale = context.gate.map_or(&[][..], |gate| &gate.stale);
        let mut stale = stale.iter();
        stale.any(|(approval, _)| approval.entry == entry.at_entry)
    };
    let mut rows: Vec<TrailRow> = Vec::new();
    for entry in entries {
        let (mut class, mut what, text) = words(&entry.fact.event);
        // Twenty-seven rules answered with one reason are one line of the story.
        if let Event::ReviewAnswered(body) = &entry.fact.event
            && let Some(last) = rows.last_mut()
            && let Event::ReviewAnswered(_) = &last.entry.fact.event
            && (&last.entry.actor, last.text) == (&entry.actor, text)
        {
            last.times += 1;
            let answer = review_words::answer(&body.answer).1;
            last.what = format!("answered for {} rules: {answer}", last.times);
            continue;
        }
        if is_stale(entry) {
            (class, what) = ("stale", "approved; the approval went stale".to_owned());
        }
        rows.push(TrailRow {
            class,
            entry,
            what,
            text,
            times: 1,
        });
    }
    rows.reverse();
    rows
}

fn words(event: &Event) -> (&'static str, String, &str) {
    let (class, what, text) = match event {
        Event::ReviewOpened(b) => ("", "asked for this", b.reason.as_str()),
        Event::ReviewApproved(b) => ("good", "approved", b.note.as_str()),
        Event::ReviewRejected(b) => ("bad", "rejected", b.reason.as_str()),
        Event::ReviewCommented(b) => ("", "commented", b.text.as_str()),
        Event::ReviewWithdrawn(b) => ("", "withdrew it", b.reason.as_str()),
        Event::GlassBroken(b) => ("bad", "broke the glass", b.reason.as_str()),
        Event::GlassReviewed(b) => (
            "good",
            "reviewed the broken glass afterwards",
            b.note.as_str(),
        ),
        Event::PolicyChanged(_) => ("planned", "put the policy in force", ""),
        Event::ReviewAnswered(b) => {
            let answer = review_words::answer(&b.answer).1;
            let what = format!("answered for {}: {answer}", b.path);
            return ("hotfix", what, b.answer.reason());
        }
        Event::VersionActivated(b) => return ("planned", format!("activated {}", b.version), ""),
        Event::IntentRecorded(b) => {
            let what = format!("left {} waiting for {}", b.version, b.environment);
            return ("planned", what, "");
        }
        Event::VersionRecalled(b) => return ("bad", format!("recalled {}", b.version), &b.reason),
        Event::HotfixAbsorbed(b) => {
            let what = format!("hotfix {} absorbed in {}", b.hotfix, b.environment);
            return ("hotfix", what, "");
        }
        Event::HotfixDiscarded(b) => {
            let what = format!("hotfix {} discarded in {}", b.hotfix, b.environment);
            return ("hotfix", what, &b.reason);
        }
        Event::HotfixTransferred(b) => {
            let what = format!("brought hotfix {} from {}", b.hotfix, b.from);
            return ("hotfix", what, "");
        }
        other => return ("", other.kind().replace(['.', '_'], " "), ""),
    };
    (class, what.to_owned(), text)
}
