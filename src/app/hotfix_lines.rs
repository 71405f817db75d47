//! Which lines of a rule a hotfix wrote: found once, told by screens and interface alike.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;

use super::send_back::question;
use super::{App, AppError};
use rulegate_compare::at_stake::not_lost;
use rulegate_compare::diff::{Highlight, HotfixMark, Line, written};
use rulegate_compare::verdict::RuleVerdict;
use rulegate_domain::state::{Hotfix, State};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::RuleSetName;

/// Hotfixes on top of each other that are followed for one rule: more have never been useful to tell apart.
const DEPTH_MAX: usize = 16;

/// The hotfixes that led to one text of a rule, the last first.
#[derive(Debug, Clone, Default)]
pub struct Chain(Vec<Step>);

#[derive(Debug, Clone)]
struct Step {
    hotfix: Arc<Hotfix>,
    /// The text it was made on, with its digest; empty and none for a rule that it added.
    before: Bytes,
    before_digest: Option<Digest>,
}

/// Lines of one text that a hotfix wrote.
#[derive(Debug, Clone)]
pub struct WrittenLines {
    /// Whose they are.
    pub hotfix: Arc<Hotfix>,
    /// Their numbers, from 1.
    pub lines: BTreeSet<u32>,
}

/// What hotfixes have to do with both texts of a comparison.
#[derive(Debug, Clone, Default)]
pub struct HotfixLines {
    /// Lines of the old text that hotfixes wrote.
    pub old: Vec<WrittenLines>,
    /// Lines of the new text that hotfixes wrote.
    pub new: Vec<WrittenLines>,
    /// Lines of the old text that the new text's hotfix took out.
    pub replaced: BTreeSet<u32>,
    /// Lines of the old text that a hotfix wrote and of which, by the verdict, nothing is lost.
    pub not_lost: BTreeSet<u32>,
}

/// What the new side of a comparison does to the hotfix that is its old side.
#[derive(Debug, Clone)]
pub struct Verdicts {
    hotfix: Arc<Hotfix>,
    rules: BTreeMap<String, RuleVerdict>,
}

/// The hotfixes of a rule set that are open somewhere.
pub fn open(state: &State, ruleset: &RuleSetName) -> Vec<Arc<Hotfix>> {
    let environments = state.topology.environments();
    let open = environments
        .iter()
        .flat_map(|environment| state.open_hotfixes(ruleset, environment));
    open.cloned().collect()
}

impl App {
    /// Follows hotfixes back from the text of a rule with this digest; empty if none of them wrote it.
    ///
    /// Errors: [`AppError::NotFound`] if bytes are missing here.
    pub async fn hotfix_chain(
        &self,
        mut hotfixes: Vec<Arc<Hotfix>>,
        path: &str,
        digest: Option<Digest>,
    ) -> Result<Chain, AppError> {
        hotfixes.sort_by(|a, b| (b.at, &b.version).cmp(&(a.at, &a.version)));
        let mut steps: Vec<Step> = Vec::new();
        let mut at = digest;
        for hotfix in hotfixes {
            let change = hotfix.changes.iter().find(|change| change.path == path);
            let Some(change) = change.filter(|change| change.to.is_some() && change.to == at)
            else {
                continue;
            };
            let before = match change.from {
                Some(digest) => self.contents(&[digest]).await?.remove(0),
                None => Bytes::new(),
            };
            at = change.from;
            steps.push(Step {
                before,
                before_digest: at,
                hotfix,
            });
            if steps.len() >= DEPTH_MAX {
                break;
            }
        }
        Ok(Chain(steps))
    }
}

impl App {
    /// The verdicts that a comparison from one snapshot to another stands on; none where the old side is not exactly
    /// an open hotfix.
    ///
    /// Errors: [`AppError::NotFound`] if bytes are missing here.
    pub async fn verdicts_between(
        &self,
        state: &State,
        ruleset: &RuleSetName,
        (from, to): (Digest, Digest),
    ) -> Result<Option<Verdicts>, AppError> {
        let mut open = open(state, ruleset).into_iter();
        let Some(hotfix) = open.find(|hotfix| hotfix.checksum == from && from != to) else {
            return Ok(None);
        };
        let evidence = self.judge(&[question(state, &hotfix, to)]).await?;
        let rules = evidence.into_iter().flat_map(|evidence| evidence.rules);
        Ok(Some(Verdicts {
            rules: rules.map(|rule| (rule.path.clone(), rule)).collect(),
            hotfix,
        }))
    }
}

impl Verdicts {
    fn not_lost(&self, chain: &Chain, path: &str, text: &[u8]) -> BTreeSet<u32> {
        let mut steps = chain.0.iter();
        let step = steps.find(|step| step.hotfix.version == self.hotfix.version);
        let both = step.zip(self.rules.get(path));
        both.map_or_else(BTreeSet::new, |(step, rule)| {
            not_lost(&step.before, text, rule)
        })
    }
}

impl Chain {
    /// The lines of `text`, which the chain led to, with the hotfix that wrote each: the last that did.
    pub fn lines(&self, text: &[u8]) -> Vec<WrittenLines> {
        let mut told: BTreeSet<u32> = BTreeSet::new();
        let written_by = |step: &Step| {
            let mut lines = written(&step.before, text).0;
            lines.retain(|line| told.insert(*line));
            WrittenLines {
                hotfix: step.hotfix.clone(),
                lines,
            }
        };
        self.0.iter().map(written_by).collect()
    }

    /// True if no hotfix wrote the text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn starts_at(&self, digest: Option<Digest>) -> bool {
        self.0.iter().any(|step| step.before_digest == digest)
    }
}

impl HotfixLines {
    /// What the chains of both texts have to do with their comparison.
    pub fn of(
        (old_chain, new_chain): (&Chain, &Chain),
        old_digest: Option<Digest>,
        (old, new): (&[u8], &[u8]),
        evidence: Option<(&Verdicts, &str)>,
    ) -> HotfixLines {
        let replaced = if !new_chain.is_empty() && new_chain.starts_at(old_digest) {
            written(old, new).1
        } else {
            BTreeSet::new()
        };
        HotfixLines {
            old: old_chain.lines(old),
            new: new_chain.lines(new),
            replaced,
            not_lost: evidence.map_or_else(BTreeSet::new, |(verdicts, path)| {
                verdicts.not_lost(old_chain, path, old)
            }),
        }
    }

    /// The lines to point out.
    pub fn highlight(&self) -> Highlight {
        let lines = |sides: &[WrittenLines]| sides.iter().flat_map(|s| s.lines.clone()).collect();
        let mut old: BTreeSet<u32> = lines(&self.old);
        old.extend(&self.replaced);
        Highlight {
            old,
            new: lines(&self.new),
        }
    }

    /// What a hotfix has to do with a line of a unified view, and which.
    pub fn mark(&self, line: &Line) -> Option<(HotfixMark, &Arc<Hotfix>)> {
        let is_replaced = line.old.is_some_and(|old| self.replaced.contains(&old));
        let is_not_lost = line.old.is_some_and(|old| self.not_lost.contains(&old));
        let mark = HotfixMark::of(line.kind, is_replaced, is_not_lost).filter(|_| line.hotfix)?;
        let within = |sides: &'_ [WrittenLines], number: Option<u32>| {
            let holds = |side: &WrittenLines| number.is_some_and(|n| side.lines.contains(&n));
            sides.iter().position(holds)
        };
        let found = match within(&self.new, line.new) {
            Some(at) => self.new.get(at),
            None => match within(&self.old, line.old) {
                Some(at) => self.old.get(at),
                // What the new text's hotfix took out stands just above what it wrote.
                None => self.new.first(),
            },
        };
        found.map(|written| (mark, &written.hotfix))
    }
}
