//! Every fact as a sentence, the same on pages, in the CSV and in feeds.

use crate::domain::digest::Digest;
use crate::domain::environment::Environment;
use crate::domain::event::{DriftFinding, Event, Finding, Mode, PairFinding, PairOutcome};
use crate::domain::ids::{AccountId, EntryRef, ReviewId, RuleSetName, Timestamp};
use crate::domain::ledger::Entry;
use crate::domain::manifest::is_direction_or_invisible;
use crate::domain::policy::Policy;
use crate::domain::review::{Answer, Subject};
use crate::domain::state::State;
use crate::domain::version::VersionName;

/// Characters of a person's text that a list shows; the entry's own page shows all of it.
const QUOTE_LENGTH_MAX: usize = 200;

/// An entry told to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What happened, in two or three words: `Review approved`.
    pub title: &'static str,
    /// The rest of the sentence, in order; begins with who did it where a person did.
    pub pieces: Vec<Piece>,
    /// What else matters, parts joined by ` · `; may be empty.
    pub detail: String,
    /// How the row is marked: `good`, `hotfix`, `planned`, `bad`, or nothing.
    pub class: &'static str,
}

/// A part of a sentence, with what it names, so that a page can link it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Piece {
    Text(String),
    Version {
        ruleset: Option<RuleSetName>,
        version: VersionName,
    },
    /// What a review asks for, in words.
    Review {
        review: ReviewId,
        words: String,
    },
    Environment(Environment),
    Entry(EntryRef),
}

impl Piece {
    /// The part as plain text.
    pub fn text(&self) -> String {
        match self {
            Piece::Text(text) => text.clone(),
            Piece::Version { version, .. } => version.to_string(),
            Piece::Review { words, .. } => words.clone(),
            Piece::Environment(environment) => environment.to_string(),
            Piece::Entry(entry) => entry.to_string(),
        }
    }
}

impl Told {
    /// The whole as plain text: title, sentence, detail.
    pub fn sentence(&self) -> String {
        let mut text = self.title.to_owned();
        for piece in &self.pieces {
            let part = piece.text();
            if !part.starts_with([',', ' ', ':']) {
                text.push(' ');
            }
            text.push_str(part.trim());
        }
        if !self.detail.is_empty() {
            text.push_str(" · ");
            text.push_str(&self.detail);
        }
        text
    }
}

/// A text that somebody typed, on one line, with characters that hide or turn text made visible.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.push(' '),
            c if c.is_control() || is_direction_or_invisible(c) => {
                shown.push_str(&format!("‹U+{:04X}›", c as u32));
            }
            c => shown.push(c),
        }
    }
    shown
}

fn quoted(text: &str) -> String {
    let shown = visible(text.trim());
    let mut short: String = shown.chars().take(QUOTE_LENGTH_MAX).collect();
    if short.len() < shown.len() {
        short.push('…');
    }
    format!("“{short}”")
}

/// `1 rule`, `3 rules`.
pub(super) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn day(at: Timestamp) -> String {
    at.to_datetime().format("%-d %b %Y").to_string()
}

/// Parts that are not empty, joined.
fn joined(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

/// Builds sentences about one entry.
struct Teller<'a> {
    entry: &'a Entry,
    names: &'a dyn Fn(&AccountId) -> String,
    state: &'a State,
}

/// The entry as a sentence. `names` says what to call an account; `state` knows what reviews ask for
/// and what hotfixes are about (it may be older or newer than the entry).
pub fn told(entry: &Entry, names: &dyn Fn(&AccountId) -> String, state: &State) -> Told {
    let teller = Teller {
        entry,
        names,
        state,
    };
    teller.tell()
}

/// What stands in for an entry that this program cannot read.
pub fn unreadable(why: String) -> Told {
    Told {
        title: "Unknown fact",
        pieces: vec![Piece::Text("this program cannot tell what it says".into())],
        detail: why,
        class: "bad",
    }
}

fn text(text: impl Into<String>) -> Piece {
    Piece::Text(text.into())
}

fn line(
    title: &'static str,
    class: &'static str,
    pieces: Vec<Piece>,
    detail: impl Into<String>,
) -> Told {
    Told {
        title,
        pieces,
        detail: detail.into(),
        class,
    }
}

impl Teller<'_> {
    fn by(&self) -> Piece {
        text(format!("by {}", (self.names)(&self.entry.actor)))
    }

    fn version(&self, version: &VersionName) -> Piece {
        Piece::Version {
            ruleset: self.entry.fact.ruleset.clone(),
            version: version.clone(),
        }
    }

    /// The environment of a fact about one lane of the ledger's own site.
    fn here(&self) -> Option<Piece> {
        let lane = self.entry.fact.lane.as_ref()?;
        Some(Piece::Environment(Environment::new(
            &self.entry.at_entry.site,
            lane,
        )))
    }

    /// What a stop covers: `owasp-crs in ipc2/prod`, `every rule set in all of ipc2`.
    fn covered(&self) -> Vec<Piece> {
        let ruleset = self
            .entry
            .fact
            .ruleset
            .as_ref()
            .map_or("every rule set".to_owned(), |name| name.to_string());
        let place = self
            .here()
            .unwrap_or_else(|| text(format!("every lane of {}", self.entry.at_entry.site)));
        vec![text(format!("· {ruleset} in")), place]
    }

    fn people(&self, people: &[AccountId]) -> String {
        let names: Vec<String> = people.iter().map(self.names).collect();
        names.join(", ")
    }

    fn review(&self, review: &ReviewId) -> Piece {
        let words = self
            .state
            .review(review)
            .map_or(format!("review {review}"), |known| {
                subject_words(&known.subject, known.ruleset.as_ref())
            });
        Piece::Review {
            review: review.clone(),
            words,
        }
    }

    fn hotfix_detail(&self, hotfix: &VersionName) -> String {
        let known = self
            .entry
            .fact
            .ruleset
            .as_ref()
            .and_then(|name| self.state.hotfix(name, hotfix));
        known.map_or(String::new(), |hotfix| {
            joined([
                size(hotfix.changes.len(), hotfix.lines_changed),
                format!("{} {}", visible(&hotfix.incident), quoted(&hotfix.reason)),
                format!("ends {}", day(hotfix.ends_at)),
            ])
        })
    }

    fn on_review(
        &self,
        title: &'static str,
        class: &'static str,
        review: &ReviewId,
        detail: String,
    ) -> Told {
        let pieces = vec![self.by(), text("·"), self.review(review)];
        line(title, class, pieces, detail)
    }

    fn tell(&self) -> Told {
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
                self.on_review("Broken glass looked at", "", &b.review, quoted(&b.note))
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
                    format!("ends {}", day(b.ends_at)),
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
                line("Hotfix given up", "hotfix", pieces, quoted(&b.reason))
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
                let detail = joined([quoted(&b.reason), format!("until {}", day(b.ends_at))]);
                line("Drift dismissed", "", pieces, detail)
            }
            Event::HoldPlaced(b) => self.stop("Hold placed", "bad", None, quoted(&b.reason)),
            Event::HoldLifted(b) => self.stop("Hold lifted", "", Some(&b.hold), quoted(&b.reason)),
            Event::FreezeSet(b) => {
                let until = b.until.to_datetime().format("until %-d %b %Y %H:%M");
                let detail = joined([until.to_string(), quoted(&b.reason)]);
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
    ) -> Told {
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

    fn activated(&self, b: &crate::domain::event::VersionActivated) -> Told {
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

    fn observed(&self, pin: &VersionName, checksum: &Digest, changes: usize) -> Told {
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
    ) -> Told {
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
        grant: &crate::domain::access::Grant,
        detail: String,
    ) -> Told {
        let words = format!(
            "· {}: {}, {}",
            (self.names)(&grant.account),
            grant.role.name(),
            grant.scope.words()
        );
        line(title, "", vec![self.by(), text(words)], detail)
    }
}

fn size(rules: usize, lines: u32) -> String {
    format!(
        "{}, {}",
        counted(rules, "rule", "rules"),
        counted(lines as usize, "line", "lines")
    )
}

/// What a review asks for: `activate owasp-crs 4.18.0 in ipc2/prod, ipc1/prod`.
pub fn subject_words(subject: &Subject, ruleset: Option<&RuleSetName>) -> String {
    let ruleset = ruleset.map_or(String::new(), |name| format!("{name} "));
    match subject {
        Subject::Activation {
            version,
            targets,
            mode,
            ..
        } => {
            let verb = match mode {
                Mode::Rollback => "roll back to",
                _ => "activate",
            };
            let targets: Vec<String> = targets.iter().map(Environment::to_string).collect();
            format!("{verb} {ruleset}{version} in {}", targets.join(", "))
        }
        Subject::Hotfix {
            version,
            environment,
            ..
        } => match subject.is_transfer() {
            true => format!("bring hotfix {ruleset}{version} to {environment}"),
            false => format!("hotfix {ruleset}{version} in {environment}"),
        },
        Subject::Recall { version, .. } => format!("recall {ruleset}{version}"),
        Subject::Policy { .. } => "change the policy".to_owned(),
    }
}

/// What two hotfixes are to each other, in words.
pub fn pair_words(finding: PairFinding) -> &'static str {
    match finding {
        PairFinding::SameBytes => "same bytes",
        PairFinding::SameEffect => "same effect",
        PairFinding::Conflict => "conflict: each lacks something of the other",
    }
}

fn verdict_word(verdict: &crate::domain::verdict::Verdict) -> String {
    serde_json::to_value(verdict)
        .ok()
        .and_then(|value| value.as_str().map(|word| word.replace('-', " ")))
        .unwrap_or_default()
}

fn drift_words(drift: &[DriftFinding]) -> String {
    let mut at_risk = Vec::new();
    let mut contained = 0;
    for found in drift {
        match &found.finding {
            Finding::MayOverride {
                hotfixes,
                observations,
            } => {
                let mut what: Vec<String> = hotfixes.iter().map(|h| h.hotfix.to_string()).collect();
                if !observations.is_empty() {
                    what.push("observed drift".to_owned());
                }
                at_risk.push(format!("{} in {}", what.join(", "), found.environment));
            }
            Finding::HotfixesContained { hotfixes } => contained += hotfixes.len(),
            Finding::NoBaseline | Finding::NoInterimHotfix => {}
        }
    }
    match (at_risk.is_empty(), contained) {
        (false, _) => format!("may override {}", at_risk.join("; ")),
        (true, 0) => "no interim hotfix at release time".to_owned(),
        (true, count) => format!(
            "contains {}",
            counted(count, "open hotfix", "open hotfixes")
        ),
    }
}

fn policy_words(policy: &Policy) -> String {
    let numbers: Vec<String> = policy
        .approvals()
        .iter()
        .map(|(what, needed)| format!("{what} {needed}"))
        .collect();
    format!("approvals: {}", numbers.join(", "))
}
