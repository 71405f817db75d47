//! Every fact as a sentence, the same on pages, in the CSV and in feeds.

mod fact;
mod words;

use rulegate_domain::state::State;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{AccountId, EntryRef, ReviewId, RuleSetName};
use rulegate_ledger::ledger::Entry;
use rulegate_ledger::version::VersionName;

use words::{joined, quoted, size};
pub use words::{pair_words, subject_words, visible};

/// An entry described for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
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
    /// What stands before the part on a page: a space, unless it follows without one.
    pub fn lead(&self) -> &'static str {
        match self {
            Piece::Text(text) if text.starts_with([',', ':']) => "",
            _ => " ",
        }
    }

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

impl Summary {
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

/// Builds sentences about one entry.
struct Describer<'a> {
    entry: &'a Entry,
    names: &'a dyn Fn(&AccountId) -> String,
    state: &'a State,
}

/// The entry as a sentence. `names` says what to call an account; `state` knows what reviews ask for
/// and what hotfixes are about (it may be older or newer than the entry).
pub fn describe(entry: &Entry, names: &dyn Fn(&AccountId) -> String, state: &State) -> Summary {
    let teller = Describer {
        entry,
        names,
        state,
    };
    teller.describe()
}

/// What stands in for an entry that this program cannot read.
pub fn unreadable(why: String) -> Summary {
    Summary {
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
) -> Summary {
    Summary {
        title,
        pieces,
        detail: detail.into(),
        class,
    }
}

impl Describer<'_> {
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
                format!("ends {}", hotfix.ends_at.day()),
            ])
        })
    }

    fn on_review(
        &self,
        title: &'static str,
        class: &'static str,
        review: &ReviewId,
        detail: String,
    ) -> Summary {
        let pieces = vec![self.by(), text("·"), self.review(review)];
        line(title, class, pieces, detail)
    }
}
