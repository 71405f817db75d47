//! What every decision stands on: who asks for it, when and on what state, and what may come of it.

use crate::judgement::{Evidence, Question};
use crate::refusal::Refusal;
use crate::state::{State, VersionFacts};
use rulegate_ledger::access::{Act, Actor, Scope};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::Fact;
use rulegate_ledger::ids::{EntryRef, RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

/// What a permitted command comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Decided {
    /// These facts become true together; never empty.
    New(Vec<Fact>),
    /// It is true already, since this entry: nothing to append.
    Already(EntryRef),
}

impl From<Fact> for Decided {
    fn from(fact: Fact) -> Decided {
        Decided::New(vec![fact])
    }
}

/// A command's own decision, beside its kin in the files here.
pub(crate) trait Decide {
    /// May it be done in this context, and what becomes true?
    fn decide(&self, context: Context) -> Result<Decided, Refusal>;

    /// What has to be answered from bytes first, with the place for the answers.
    fn questions(&mut self, _: &State) -> Option<(Vec<Question>, &mut Vec<Evidence>)> {
        None
    }
}

/// Who asks, when, on what state.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub state: &'a State,
    pub actor: &'a Actor,
    pub now: Timestamp,
}

impl<'a> Context<'a> {
    pub fn require(self, act: Act, scope: Scope) -> Result<(), Refusal> {
        if self.state.may(self.actor, act, &scope) {
            Ok(())
        } else {
            Err(Refusal::NotAllowed { act, scope })
        }
    }

    /// The same for exactly one rule set in one environment.
    pub fn require_in(
        self,
        act: Act,
        ruleset: &RuleSetName,
        environment: &Environment,
    ) -> Result<(), Refusal> {
        self.require(act, Scope::exactly(ruleset, environment))
    }

    /// The site's own duties are nobody else's to do.
    pub fn require_site_itself(self) -> Result<(), Refusal> {
        if *self.actor == Actor::site_itself() {
            Ok(())
        } else {
            Err(Refusal::NotAllowed {
                act: Act::Activate,
                scope: Scope::EVERYWHERE,
            })
        }
    }

    pub fn known_environment(self, environment: &Environment) -> Result<(), Refusal> {
        if self.state.topology.has(environment) {
            Ok(())
        } else {
            Err(Refusal::UnknownEnvironment {
                environment: environment.clone(),
            })
        }
    }

    pub fn own_environment(self, environment: &Environment) -> Result<(), Refusal> {
        self.known_environment(environment)?;
        if environment.site == self.state.own {
            Ok(())
        } else {
            Err(Refusal::OtherSite {
                site: environment.site.clone(),
            })
        }
    }

    pub fn known_version(
        self,
        ruleset: &RuleSetName,
        version: &VersionName,
    ) -> Result<&'a VersionFacts, Refusal> {
        if !self.state.has_ruleset(ruleset) {
            return Err(Refusal::UnknownRuleSet {
                ruleset: ruleset.clone(),
            });
        }
        self.state
            .version(ruleset, version)
            .ok_or_else(|| Refusal::UnknownVersion {
                ruleset: ruleset.clone(),
                version: version.clone(),
            })
    }

    pub fn ends(self, ends_at: Timestamp) -> Result<(), Refusal> {
        let days_max = self.state.policy().hotfix_days_max;
        if ends_at <= self.now {
            return Err(Refusal::EndsTooSoon);
        }
        // A whole day of grace: an end date is a date, and the day is somebody's local one.
        if ends_at.0 > self.now.0 + (i64::from(days_max) + 1) * Timestamp::DAY_US {
            return Err(Refusal::EndsTooLate { days_max });
        }
        Ok(())
    }
}

/// The longest reason, note or incident reference, in characters.
pub const REASON_LENGTH_MAX: usize = 2_000;
/// The longest comment, in characters.
pub const COMMENT_LENGTH_MAX: usize = 10_000;

/// A text that somebody had to give: trimmed, present and not too long.
pub(super) fn required_text(what: &'static str, text: &str, max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::Missing { what });
    }
    if text.chars().count() > max {
        return Err(Refusal::TooLong { what, max });
    }
    Ok(text.to_owned())
}

/// A reason that somebody had to give.
pub(super) fn required_reason(text: &str) -> Result<String, Refusal> {
    required_text("reason", text, REASON_LENGTH_MAX)
}

/// A text that may be empty, but not too long.
pub(super) fn optional(what: &'static str, text: &str, max: usize) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        Ok(String::new())
    } else {
        required_text(what, text, max)
    }
}

/// Only http and https addresses may become links.
pub(super) fn link(text: &str) -> Result<String, Refusal> {
    let text = required_text("link", text, REASON_LENGTH_MAX)?;
    let plain = text.bytes().all(|b| b.is_ascii_graphic());
    if plain && (text.starts_with("https://") || text.starts_with("http://")) {
        Ok(text)
    } else {
        Err(Refusal::BadLink { link: text })
    }
}
