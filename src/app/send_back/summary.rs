//! What became of each rule of a sent-back hotfix, in words: the same on the screen, in the interface and in the
//! text that travels with the archive.

use super::SendBack;
use rulegate_compare::merge::Conflict;
use rulegate_compare::merge_draft::{DraftRule, Outcome};
use rulegate_compare::verdict::Verdict;
use rulegate_domain::state::Hotfix;
use rulegate_ledger::text::counted;
use rulegate_ledger::version::VersionName;

/// Conflicts of one rule that are told with the lines of all three texts.
const CONFLICTS_IN_FULL: usize = 2;
/// Of more, those whose lines in planned are named.
const CONFLICTS_NAMED: usize = 6;

/// One rule of the hotfix in the draft, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSummary {
    /// What became of it.
    pub words: String,
    /// Places that need no work; may be empty.
    pub passed_over: String,
    /// What to do by hand.
    pub left: Vec<String>,
    /// What the verdict says of the draft, where it is not *included*.
    pub doubt: &'static str,
}

impl SendBack {
    /// One rule of the draft in words.
    pub fn describe_rule(&self, rule: &DraftRule) -> RuleSummary {
        let verdict = self.verdicts.get(&rule.path).copied();
        let is_put_in = matches!(rule.outcome, Outcome::Merged { .. });
        RuleSummary {
            words: outcome(rule),
            passed_over: match rule.passed_over {
                0 => String::new(),
                count => format!(
                    "{}: by the verdict nothing is missing there",
                    counted(
                        count,
                        "more place stays as planned has it",
                        "more places stay as planned has them"
                    )
                ),
            },
            left: left(rule),
            doubt: match verdict.unwrap_or(Verdict::CannotTell) {
                verdict if !is_put_in || verdict.is_contained() => "",
                Verdict::CannotTell => {
                    "the lines merge, the verdict cannot tell what it means: look closely"
                }
                _ => {
                    "the lines merge, but by the verdict something of the hotfix is still missing: look closely"
                }
            },
        }
    }

    /// `2 rules put in, 1 rule left to be done by hand`.
    pub fn tally(&self) -> String {
        let count = |is: fn(&Outcome) -> bool| self.rules.iter().filter(|r| is(&r.outcome)).count();
        let parts = [
            (count(|o| matches!(o, Outcome::Merged { .. })), "put in"),
            (
                count(|o| matches!(o, Outcome::Partly { .. })),
                "put in in part",
            ),
            (
                count(|o| matches!(o, Outcome::Left)),
                "left to be done by hand",
            ),
            (
                count(|o| matches!(o, Outcome::Contained)),
                "contained already",
            ),
        ];
        let told = parts
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, words)| format!("{} {words}", counted(number, "rule", "rules")));
        told.collect::<Vec<_>>().join(", ")
    }

    /// True if nothing is left to be done by hand.
    pub fn is_whole(&self) -> bool {
        self.rules.iter().all(|rule| left(rule).is_empty())
    }

    /// What stands beside the draft, for whoever finds the archive in a year.
    pub fn read_me(&self, hotfix: &Hotfix, planned: &VersionName) -> String {
        let mut text = format!(
            "A draft, not a release. Nothing applied it, and nothing will by itself.\n\n\
             rules/        {} {planned} with hotfix {} merged in where that is clean\n\
             hotfix.patch  what the hotfix did: git apply it to what the hotfix was made on ({})\n\
             draft.patch   from {planned} to this draft: git apply it to {planned}\n\n\
             {}\n\n",
            hotfix.ruleset,
            hotfix.version,
            hotfix.on_top_of,
            self.tally()
        );
        for rule in &self.rules {
            let told = self.describe_rule(rule);
            let moved = match &rule.moved_to {
                None => String::new(),
                Some(to) => format!(" (now {to})"),
            };
            text.push_str(&format!("{}{moved}: {}\n", rule.path, told.words));
            for line in told.left {
                text.push_str(&format!("  by hand: {line}\n"));
            }
            if !told.doubt.is_empty() {
                text.push_str(&format!("  {}\n", told.doubt));
            }
        }
        text
    }
}

/// What a draft's file is called: nobody takes it for a release.
pub fn draft_name(hotfix: &Hotfix, planned: &VersionName, ending: &str) -> String {
    let (ruleset, version) = (&hotfix.ruleset, &hotfix.version);
    format!("{ruleset}-{planned}-DRAFT-with-{version}.{ending}")
}

fn outcome(rule: &DraftRule) -> String {
    match &rule.outcome {
        Outcome::Contained => "contained already".to_owned(),
        Outcome::Merged { places: count } => format!("put in at {}", places(*count)),
        Outcome::Partly { places: count } => {
            let left = rule.conflicts.len();
            format!("put in at {}, {} left", places(*count), places(left))
        }
        Outcome::Left => "left as planned has it".to_owned(),
    }
}

fn left(rule: &DraftRule) -> Vec<String> {
    let mut left: Vec<String> = match rule.conflicts.len() {
        0..=CONFLICTS_IN_FULL => rule.conflicts.iter().map(conflict_words).collect(),
        _ => vec![conflicts_words(&rule.conflicts)],
    };
    if !rule.why.is_empty() {
        left.push(rule.why.to_owned());
    }
    left
}

fn places(count: usize) -> String {
    counted(count, "place", "places")
}

/// `both changed 61 places; in planned at lines 26, 68 to 70, 124 and 58 more`.
fn conflicts_words(conflicts: &[Conflict]) -> String {
    let at = |conflict: &Conflict| {
        let lines = &conflict.planned;
        match lines.len() {
            0 | 1 => (lines.start + 1).to_string(),
            _ => format!("{} to {}", lines.start + 1, lines.end),
        }
    };
    let named: Vec<String> = conflicts.iter().take(CONFLICTS_NAMED).map(at).collect();
    let more = match conflicts.len().saturating_sub(CONFLICTS_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "both changed {}; in planned at lines {}{more}",
        places(conflicts.len()),
        named.join(", ")
    )
}

/// `the hotfix has lines 12 to 14, planned lines 20 to 22; it was line 11`.
fn conflict_words(conflict: &Conflict) -> String {
    let lines = |range: &std::ops::Range<u32>| match range.len() {
        0 => format!("nothing after line {}", range.start),
        1 => format!("line {}", range.start + 1),
        _ => format!("lines {} to {}", range.start + 1, range.end),
    };
    format!(
        "the hotfix has {}, planned {}; it was {}",
        lines(&conflict.hotfix),
        lines(&conflict.planned),
        lines(&conflict.base)
    )
}
