//! Each kind of fact as its sentence.

use super::words::{
    drift_words, joined, pair_words, policy_words, quoted, size, subject_words, verdict_word,
    visible,
};
use super::{Describer, Piece, Summary, line, text};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::event::{Event, Mode, PairOutcome};
use rulegate_ledger::ids::{EntryRef, ReviewId};
use rulegate_ledger::review::Answer;
use rulegate_ledger::text::counted;
use rulegate_ledger::version::VersionName;

impl Describer<'_> {
    pub(super) fn describe(&self) -> Summary {
        match &self.entry.fact.event {
            Event::ReleaseCommitted(b) => {
                let mut detail = vec![counted(b.rules as usize, "rule", "rules")];
                detail.push(drift_words(&b.drift));
                let build = |stage: &str, build: &Option<String>| match build {
                    Some(build) => format!("{stage} {}", visible(build)),
                    None => String::new(),
                };
                detail.push(build("E1", &b.provenance.e1.build));
                detail.push(build("E2", &b.provenance.e2.build));
                detail.push(format!("checksum {}", b.checksum.short()));
                let pieces = vec![self.by(), text("·"), self.version(&b.version)];
                line("Release committed", "planned", pieces, joined(detail))
            }
            Event::ReleaseReceived(b) => {
                let title = match b.version.is_hotfix() {
                    true => "Hotfix received",
                    false => "Release received",
                };
                let pieces = vec![
                    text("·"),
                    self.version(&b.version),
                    text("from"),
                    Piece::Entry(b.origin.clone()),
                ];
                let detail = format!("bytes verified · checksum {}", b.checksum.short());
                line(title, "", pieces, detail)
            }
            Event::VersionRecalled(b) => {
                let pieces = vec![self.by(), text("·"), self.version(&b.version)];
                line("Version recalled", "bad", pieces, quoted(&b.reason))
            }
            Event::ValidationPassed(b) => {
                self.validation("Validation passed", "good", &b.version, &b.note, &b.links)
            }
            Event::ValidationFailed(b) => {
                self.validation("Validation failed", "bad", &b.version, &b.note, &b.links)
            }
            Event::ReviewOpened(b) => {
                let review = ReviewId {
                    site: self.entry.at_entry.site.clone(),
                    seq: self.entry.at_entry.seq,
                };
                let words = subject_words(&b.subject, self.entry.fact.ruleset.as_ref());
                let pieces = vec![self.by(), text("·"), Piece::Review { review, words }];
                line("Review opened", "", pieces, quoted(&b.reason))
            }
            Event::ReviewApproved(b) => {
                let note = match b.note.is_empty() {
                    true => String::new(),
                    false => quoted(&b.note),
                };
                let bound = format!("bound to fp {}", b.fingerprint.short());
                self.on_review("Review approved", "good", &b.review, joined([bound, note]))
            }
            Event::ReviewRejected(b) => {
                self.on_review("Review rejected", "bad", &b.review, quoted(&b.reason))
            }
            Event::ReviewCommented(b) => self.on_review("Comment", "", &b.review, quoted(&b.text)),
            Event::ReviewAnswered(b) => {
                let (words, class) = match &b.answer {
                    Answer::ContainedByHand { .. } => ("contained, checked by hand", "hotfix"),
                    Answer::LossAccepted { .. } => ("loss accepted", "hotfix"),
                    Answer::SentBack { .. } => ("sent back", "bad"),
                };
                let pieces = vec![
                    self.by(),
                    text(format!("· {words} ·")),
                    self.version(&b.hotfix),
                    text("in"),
                    Piece::Environment(b.environment.clone()),
                ];
                let detail = joined([
                    visible(&b.path),
                    format!("verdict {}", verdict_word(&b.verdict)),
                    quoted(b.answer.reason()),
                ]);
                line("Hotfix answered", class, pieces, detail)
            }
            Event::ReviewWithdrawn(b) => {
                self.on_review("Review withdrawn", "", &b.review, quoted(&b.reason))
            }
            Event::GlassBroken(b) => {
                let past = format!("past {}", b.blocked.join(", ").replace('_', " "));
                let detail = joined([past, quoted(&b.reason)]);
                self.on_review("Glass broken", "bad", &b.review, detail)
            }
            Event::GlassReviewed(b) => {
                self.on_review("After-review recorded", "", &b.review, quoted(&b.note))
            }
            Event::VersionActivated(b) => self.activated(b),
            Event::IntentRecorded(b) => {
                let pieces = vec![
                    self.by(),
                    text("·"),
                    self.version(&b.version),
                    text("for"),
                    Piece::Environment(b.environment.clone()),
                ];
                let detail = joined([
                    format!("decided here, waits at {}", b.environment.site),
                    match b.approved_by.is_empty() {
                        true => String::new(),
                        false => format!("approved by {}", self.people(&b.approved_by)),
                    },
                ]);
                line("Activation waits", "planned", pieces, detail)
            }
            Event::IntentCancelled(b) => {
                let pieces = vec![self.by(), text("·"), Piece::Entry(b.intent.clone())];
                line(
                    "Waiting activation cancelled",
                    "",
                    pieces,
                    quoted(&b.reason),
                )
            }
            Event::HotfixCommitted(b) => {
                let mut pieces = vec![
                    self.by(),
                    text("·"),
                    self.version(&b.version),
                    text("for"),
                    Piece::Environment(b.environment.clone()),
                ];
                if let Some(observation) = &b.adopts {
                    pieces.push(text("from drift observed at"));
                    pieces.push(Piece::Entry(observation.clone()));
                }
                let detail = joined([
                    size(b.changes.len(), b.lines_changed),
                    format!("{} {}", visible(&b.incident), quoted(&b.reason)),
                    format!("ends {}", b.ends_at.day()),
                ]);
                line("Hotfix made", "hotfix", pieces, detail)
            }
            Event::HotfixAbsorbed(b) => {
                let pieces = vec![
                    text("·"),
                    self.version(&b.hotfix),
                    text("in"),
                    Piece::Environment(b.environment.clone()),
                    text(": contained in"),
                    self.version(&b.by),
                ];
                line("Hotfix absorbed", "good", pieces, "")
            }
            Event::HotfixDiscarded(b) => {
                let pieces = vec![
                    self.by(),
                    text("·"),
                    self.version(&b.hotfix),
                    text("in"),
                    Piece::Environment(b.environment.clone()),
                ];
                line("Hotfix discarded", "hotfix", pieces, quoted(&b.reason))
            }
            Event::HotfixTransferred(b) => {
                let pieces = vec![
                    text("·"),
                    self.version(&b.hotfix),
                    text("from"),
                    Piece::Environment(b.from.clone()),
                    text("to"),
                    Piece::Environment(b.environment.clone()),
                ];
                let detail = match b.by == b.hotfix {
                    true => "as it is".to_owned(),
                    false => format!("with {}", b.by),
                };
                line("Hotfix transferred", "hotfix", pieces, detail)
            }
            Event::TransferDeclined(b) => {
                let pieces = vec![
                    self.by(),
                    text("·"),
                    self.version(&b.hotfix),
                    text("stays out of"),
                    Piece::Environment(b.environment.clone()),
                ];
                line("Transfer declined", "hotfix", pieces, quoted(&b.reason))
            }
            Event::PairClosed(b) => {
                let pieces = vec![
                    self.by(),
                    text("·"),
                    self.version(&b.first),
                    text("and"),
                    self.version(&b.second),
                ];
                let outcome = match &b.outcome {
                    PairOutcome::One => "one fix".to_owned(),
                    PairOutcome::Keep { hotfix } => format!("{hotfix} stays"),
                    PairOutcome::Both => "both are needed".to_owned(),
                };
                let found = pair_words(b.finding).to_owned();
                let detail = joined([found, outcome, quoted(&b.reason)]);
                line("Pair closed", "hotfix", pieces, detail)
            }
            Event::DifferenceAccepted(b) => {
                let pieces = vec![
                    self.by(),
                    text("·"),
                    Piece::Environment(b.environment.clone()),
                    text("stays on"),
                    self.version(&b.version),
                    text("while"),
                    Piece::Environment(b.live.clone()),
                    text("serves"),
                    self.version(&b.live_version),
                ];
                line("Difference accepted", "", pieces, quoted(&b.reason))
            }
            Event::ObservationRecorded(b) => self.observed(&b.pin, &b.checksum, b.changes.len()),
            Event::DriftAdopted(b) => {
                let pieces = vec![
                    self.by(),
                    text("·"),
                    Piece::Entry(b.observation.clone()),
                    text("as"),
                    self.version(&b.hotfix),
                ];
                line("Drift adopted", "hotfix", pieces, "")
            }
            Event::DriftDismissed(b) => {
                let pieces = vec![self.by(), text("·"), Piece::Entry(b.observation.clone())];
                let detail = joined([quoted(&b.reason), format!("until {}", b.ends_at.day())]);
                line("Drift dismissed", "", pieces, detail)
            }
            Event::HoldPlaced(b) => self.stop("Hold placed", "bad", None, quoted(&b.reason)),
            Event::HoldLifted(b) => self.stop("Hold lifted", "", Some(&b.hold), quoted(&b.reason)),
            Event::FreezeSet(b) => {
                let until = format!("until {}", b.until.minute());
                let detail = joined([until, quoted(&b.reason)]);
                self.stop("Freeze set", "bad", None, detail)
            }
            Event::FreezeLifted(b) => {
                self.stop("Freeze lifted", "", Some(&b.freeze), quoted(&b.reason))
            }
            Event::SiteDeclared(b) => {
                let pieces = vec![self.by(), text(format!("· the app is live at {}", b.live))];
                line("Live site declared", "planned", pieces, quoted(&b.reason))
            }
            Event::AccessGranted(b) => self.right("Right given", &b.grant, String::new()),
            Event::AccessRevoked(b) => self.right("Right taken back", &b.grant, quoted(&b.reason)),
            Event::PolicyChanged(b) => {
                let pieces = match &b.review {
                    Some(review) => vec![self.by(), text("·"), self.review(review)],
                    None => vec![self.by()],
                };
                line("Policy changed", "planned", pieces, policy_words(&b.policy))
            }
        }
    }

    fn validation(
        &self,
        title: &'static str,
        class: &'static str,
        version: &VersionName,
        note: &str,
        links: &[String],
    ) -> Summary {
        let mut pieces = vec![self.by(), text("·"), self.version(version)];
        if let Some(here) = self.here() {
            pieces.extend([text("in"), here]);
        }
        let links = match links.len() {
            0 => String::new(),
            count => counted(count, "link", "links"),
        };
        line(title, class, pieces, joined([quoted(note), links]))
    }

    fn activated(&self, b: &rulegate_ledger::event::VersionActivated) -> Summary {
        let approved = match b.approved_by.is_empty() {
            true => String::new(),
            false => format!(", approved by {}", self.people(&b.approved_by)),
        };
        let who = text(format!("by {}{approved}", (self.names)(&self.entry.actor)));
        let mut pieces = vec![self.version(&b.version)];
        if let Some(here) = self.here() {
            pieces.extend([text("in"), here]);
        }
        let from = match &b.from {
            Some(from) => format!("from {from}"),
            None => "the first activation there".to_owned(),
        };
        let review = b.review.as_ref().map(|review| format!("review {review}"));
        let (title, class, lead, detail) = match b.mode {
            Mode::Planned => ("Version activated", "good", vec![who, text("·")], from),
            Mode::Rollback => ("Rolled back", "bad", vec![who, text("· to")], from),
            Mode::Hotfix => {
                let detail = joined([from, self.hotfix_detail(&b.version)]);
                ("Hotfix activated", "hotfix", vec![who, text("·")], detail)
            }
            Mode::Transferred => {
                let detail = joined([from, self.hotfix_detail(&b.version)]);
                ("Transfer activated", "hotfix", vec![who, text("·")], detail)
            }
            Mode::Fulfilled => {
                let followed = match &b.fulfils {
                    Some(intent) => vec![Piece::Entry(intent.clone()), text("·")],
                    None => vec![text("·")],
                };
                let kept = "bytes verified here, nothing local lost".to_owned();
                ("Followed", "good", followed, joined([from, kept]))
            }
        };
        pieces.splice(0..0, lead);
        line(
            title,
            class,
            pieces,
            joined([detail, review.unwrap_or_default()]),
        )
    }

    fn observed(&self, pin: &VersionName, checksum: &Digest, changes: usize) -> Summary {
        let mut pieces = vec![self.by()];
        if let Some(here) = self.here() {
            pieces.extend([text("·"), here]);
        }
        let found = format!("checksum {}", checksum.short());
        if changes == 0 {
            pieces.extend([text("holds its pin"), self.version(pin)]);
            return line("Observed", "", pieces, found);
        }
        pieces.extend([text("differs from its pin"), self.version(pin)]);
        let detail = joined([
            counted(changes, "rule", "rules"),
            "author unknown".into(),
            found,
        ]);
        line("Drift observed", "bad", pieces, detail)
    }

    fn stop(
        &self,
        title: &'static str,
        class: &'static str,
        ends: Option<&EntryRef>,
        detail: String,
    ) -> Summary {
        let mut pieces = vec![self.by()];
        pieces.extend(self.covered());
        if let Some(set_at) = ends {
            pieces.extend([text("· set at"), Piece::Entry(set_at.clone())]);
        }
        line(title, class, pieces, detail)
    }

    fn right(
        &self,
        title: &'static str,
        grant: &rulegate_ledger::access::Grant,
        detail: String,
    ) -> Summary {
        let words = format!(
            "· {}: {}, {}",
            (self.names)(&grant.account),
            grant.role.name(),
            grant.scope.words()
        );
        line(title, "", vec![self.by(), text(words)], detail)
    }
}
