//! The newest answer for each hotfix rule of a review.

use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{AccountId, Timestamp};
use rulegate_ledger::review::Answer;
use rulegate_ledger::version::VersionName;

/// Which rule is answered for: where, of which hotfix, its path.
pub type AnswerKey = (Environment, VersionName, String);

/// An answer with who gave it.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Answered {
    pub answer: Answer,
    pub by: AccountId,
    pub at: Timestamp,
}

/// Answers in the order of what they are for, each once. A sorted list instead of a map: most reviews have one
/// or two, there are tens of thousands of reviews, and a map's first node has room for eleven.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers(Vec<(AnswerKey, Answered)>);

impl Answers {
    /// The answer for a rule.
    pub fn get(&self, asked: &AnswerKey) -> Option<&Answered> {
        let place = self.place(asked).ok()?;
        self.0.get(place).map(|(_, answered)| answered)
    }

    /// Takes a new answer in the place of an earlier one for the same rule.
    pub fn insert(&mut self, asked: AnswerKey, answered: Answered) {
        match self.place(&asked) {
            Ok(place) => self.0[place].1 = answered,
            Err(place) => {
                if self.0.len() < 4 {
                    self.0.reserve_exact(1);
                }
                self.0.insert(place, (asked, answered));
            }
        }
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&AnswerKey, &Answered)> {
        self.0.iter().map(|(asked, answered)| (asked, answered))
    }

    fn place(&self, asked: &AnswerKey) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(asked))
    }
}
