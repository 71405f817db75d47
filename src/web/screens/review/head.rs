//! The head of a review: who asks for what, when, why, and what it replaces.

use super::ReviewContext;
use crate::web::environment_view::{Place, TimeView};
use crate::web::review_words::{self, SubjectWords};
use crate::web::{address, format};
use rulegate_domain::state::ReviewStatus;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::review::Subject;

/// The head.
#[allow(missing_docs)]
pub(super) struct Head {
    pub words: SubjectWords,
    pub asked_by: String,
    pub asked: TimeView,
    pub reason: String,
    pub status_kind: &'static str,
    pub status: &'static str,
    /// Who closed it, when and why; empty while open.
    pub closed: String,
    pub replaces: Vec<Replaced>,
    /// Commit and builds; empty if unknown.
    pub built: String,
    pub checksum: String,
    pub version_href: String,
    /// Everything that differs; empty where nothing can.
    pub changes_href: String,
    pub changes_text: String,
}

/// A target with what runs there now.
#[allow(missing_docs)]
pub(super) struct Replaced {
    pub place: Place,
    /// Empty if nothing runs there.
    pub version: String,
}

pub(super) fn of(context: &ReviewContext) -> Head {
    let (review, state) = (context.review, context.state());
    let (status_kind, status) = review_words::status(review);
    let closed = |what: &str, by: &_, at, reason: &str| {
        let name = context.name(by);
        let reason = if reason.is_empty() {
            String::new()
        } else {
            format!(": {reason}")
        };
        format!("{what} by {name}, {}{reason}", format::short_time(at))
    };
    let closed = match &review.status {
        ReviewStatus::Open => String::new(),
        ReviewStatus::Executed { at, by, .. } => closed("executed", by, *at, ""),
        ReviewStatus::Rejected { at, by, reason } => closed("rejected", by, *at, reason),
        ReviewStatus::Withdrawn { at, by, reason } => closed("withdrawn", by, *at, reason),
    };
    let replaces = context
        .shown()
        .map(|shown| {
            let target = |target: &rulegate_ledger::review::ShownTarget| Replaced {
                place: Place::of(&target.environment),
                version: target
                    .pin
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            };
            shown.targets.iter().map(target).collect()
        })
        .unwrap_or_default();
    let (mut version_href, mut built, mut changes) = (String::new(), String::new(), None);
    if let (Some(ruleset), Some(version)) = (&review.ruleset, review.subject.version()) {
        version_href = address::version(ruleset, version);
        built = built_from(context);
        changes = match &review.subject {
            Subject::Activation { targets, .. } => targets
                .first()
                .map(|first| address::compare(ruleset, &first.to_string(), version.as_str())),
            Subject::Hotfix { .. } => state.hotfix(ruleset, version).map(|hotfix| {
                address::compare(ruleset, hotfix.on_top_of.as_str(), version.as_str())
            }),
            Subject::Recall { .. } | Subject::Policy { .. } => None,
        };
    }
    Head {
        words: review_words::subject(review),
        asked_by: context.name(&review.requester),
        asked: TimeView::ago(review.opened_at, context.user.now),
        reason: review.reason.clone(),
        status_kind,
        status,
        closed,
        replaces,
        built,
        checksum: review
            .subject
            .checksum()
            .map(|c: Digest| c.to_string())
            .unwrap_or_default(),
        version_href,
        changes_href: changes.unwrap_or_default(),
        changes_text: "All changes".to_owned(),
    }
}

fn built_from(context: &ReviewContext) -> String {
    let review = context.review;
    let facts = review
        .ruleset
        .as_ref()
        .zip(review.subject.version())
        .and_then(|(ruleset, version)| context.state().version(ruleset, version));
    let Some(release) = facts.and_then(|facts| facts.release.as_ref()) else {
        return String::new();
    };
    let from = &release.provenance;
    let commit = from
        .commit
        .as_ref()
        .map(|c| format!("commit {}", c.chars().take(7).collect::<String>()));
    let build =
        |stage: &str, build: &Option<String>| build.as_ref().map(|b| format!("{stage} build {b}"));
    let parts: Vec<String> = [
        commit,
        build("E1", &from.e1.build),
        build("E2", &from.e2.build),
    ]
    .into_iter()
    .flatten()
    .collect();
    parts.join(", ")
}
