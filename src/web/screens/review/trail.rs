//! The story of a review: approvals with what became of them, and every entry of it.

use super::ReviewContext;
use crate::web::environment_view::TimeView;
use crate::web::{address, review_words};
use rulegate_ledger::event::Event;
use rulegate_ledger::ledger::Entry;
use rulegate_ledger::review::ShownChange;

/// One approval.
#[allow(missing_docs)]
pub(super) struct ApprovalView {
    pub by: String,
    pub at: TimeView,
    pub note: String,
    pub fingerprint: String,
    pub entry: String,
    pub href: String,
    /// `ok` counts, `warn` went stale, `mute` says nothing now.
    pub kind: &'static str,
    pub words: &'static str,
    /// What changed since it was given.
    pub changes: Vec<String>,
}

pub(super) fn approvals(context: &ReviewContext) -> Vec<ApprovalView> {
    let last = context
        .review
        .approvals
        .iter()
        .next_back()
        .map(|approval| approval.fingerprint);
    context
        .review
        .approvals
        .iter()
        .rev()
        .map(|approval| {
            let stale = context
                .gate
                .and_then(|gate| gate.stale.iter().find(|(a, _)| a.entry == approval.entry));
            let counts = context.gate.is_some_and(|gate| {
                gate.fingerprint == approval.fingerprint && gate.counted.contains(&approval.by)
            });
            let (kind, words) = match (stale, counts, context.gate) {
                (Some(_), _, _) => ("warn", "stale"),
                (None, true, _) => ("ok", "counts"),
                (None, false, Some(gate)) if gate.fingerprint == approval.fingerprint => {
                    ("mute", "does not count")
                }
                (None, false, Some(_)) => ("mute", "replaced by a newer one"),
                // Of a closed review: whoever approved something else than the last did, approved what changed later.
                (None, false, None) if last.is_some_and(|last| last != approval.fingerprint) => {
                    ("warn", "stale")
                }
                (None, false, None) => ("mute", "given"),
            };
            ApprovalView {
                by: context.name(&approval.by),
                at: TimeView::ago(approval.at, context.user.now),
                note: approval.note.clone(),
                fingerprint: approval.fingerprint.to_string(),
                entry: approval.entry.to_string(),
                href: address::entry(&approval.entry),
                kind,
                words,
                changes: stale.map_or(Vec::new(), |(_, changes)| folded(changes)),
            }
        })
        .collect()
}

/// The changes in words; many answers are one line with their number.
pub(in crate::web::screens) fn folded(changes: &[ShownChange]) -> Vec<String> {
    let answers = changes
        .iter()
        .filter(|c| matches!(c, ShownChange::AnswerChanged { .. }))
        .count();
    let mut words: Vec<String> = changes
        .iter()
        .filter(|c| answers < 4 || !matches!(c, ShownChange::AnswerChanged { .. }))
        .map(ShownChange::words)
        .collect();
    if answers >= 4 {
        words.push(format!("the answers for {answers} rules changed"));
    }
    words
}

/// One entry of the review.
#[allow(missing_docs)]
pub(super) struct TrailRow {
    /// `good`, `bad`, `hotfix`, `planned`, `stale` or empty.
    pub class: &'static str,
    pub who: String,
    pub what: String,
    pub text: String,
    pub at: TimeView,
    pub entry: String,
    pub href: String,
    /// Entries of one act told as one.
    pub times: usize,
}

pub(super) fn trail(context: &ReviewContext, entries: &[Entry]) -> Vec<TrailRow> {
    let stale = |entry: &Entry| {
        context.gate.is_some_and(|gate| {
            gate.stale
                .iter()
                .any(|(approval, _)| approval.entry == entry.at_entry)
        })
    };
    let mut told: Vec<TrailRow> = Vec::new();
    for entry in entries {
        let (class, what, text) = words(&entry.fact.event);
        let who = context.name(&entry.actor);
        // Twenty-seven rules answered with one reason are one line of the story.
        let is_answer = matches!(entry.fact.event, Event::ReviewAnswered(_));
        if let Some(last) = told.last_mut()
            && is_answer
            && last.who == who
            && last.text == text
            && last.class == class
            && last.what.starts_with("answered")
        {
            last.times += 1;
            last.what = format!(
                "answered for {} rules: {}",
                last.times,
                what.rsplit(": ").next().unwrap_or("")
            );
            continue;
        }
        let class = if stale(entry) { "stale" } else { class };
        told.push(TrailRow {
            class,
            who,
            what: if class == "stale" {
                "approved; the approval went stale".to_owned()
            } else {
                what
            },
            text,
            at: TimeView::ago(entry.at, context.user.now),
            entry: entry.at_entry.to_string(),
            href: address::entry(&entry.at_entry),
            times: 1,
        });
    }
    told.reverse();
    told
}

fn words(event: &Event) -> (&'static str, String, String) {
    let plain = |class, what: &str, text: &str| (class, what.to_owned(), text.to_owned());
    match event {
        Event::ReviewOpened(b) => plain("", "asked for this", &b.reason),
        Event::ReviewApproved(b) => plain("good", "approved", &b.note),
        Event::ReviewRejected(b) => plain("bad", "rejected", &b.reason),
        Event::ReviewCommented(b) => plain("", "commented", &b.text),
        Event::ReviewAnswered(b) => {
            let what = format!(
                "answered for {}: {}",
                b.path,
                review_words::answer(&b.answer).1
            );
            ("hotfix", what, b.answer.reason().to_owned())
        }
        Event::ReviewWithdrawn(b) => plain("", "withdrew it", &b.reason),
        Event::GlassBroken(b) => plain("bad", "broke the glass", &b.reason),
        Event::GlassReviewed(b) => plain("good", "context at the broken glass", &b.note),
        Event::VersionActivated(b) => {
            ("planned", format!("activated {}", b.version), String::new())
        }
        Event::IntentRecorded(b) => (
            "planned",
            format!("left {} waiting for {}", b.version, b.environment),
            String::new(),
        ),
        Event::VersionRecalled(b) => ("bad", format!("recalled {}", b.version), b.reason.clone()),
        Event::PolicyChanged(_) => plain("planned", "put the policy in force", ""),
        Event::HotfixAbsorbed(b) => (
            "hotfix",
            format!("hotfix {} absorbed in {}", b.hotfix, b.environment),
            String::new(),
        ),
        Event::HotfixDiscarded(b) => (
            "hotfix",
            format!("hotfix {} discarded in {}", b.hotfix, b.environment),
            b.reason.clone(),
        ),
        Event::HotfixTransferred(b) => (
            "hotfix",
            format!("brought hotfix {} from {}", b.hotfix, b.from),
            String::new(),
        ),
        other => ("", other.kind().replace(['.', '_'], " "), String::new()),
    }
}
