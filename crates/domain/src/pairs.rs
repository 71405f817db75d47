//! Two hotfixes made at two sites for one incident, while neither site knew of the other's.

use std::sync::Arc;

use crate::judgement::{Evidence, Question};
use crate::state::{ClosedPair, Hotfix, PairKey, State};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::PairFinding;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::manifest::Change;
use rulegate_ledger::version::VersionName;

/// Two independent hotfixes that touch the same rules or name the same incident; in the order of their names.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Pair<'a> {
    pub first: &'a Arc<Hotfix>,
    pub second: &'a Arc<Hotfix>,
}

/// Two names in their order.
pub fn pair_key(ruleset: &RuleSetName, a: &VersionName, b: &VersionName) -> PairKey {
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    (ruleset.clone(), first.clone(), second.clone())
}

impl Pair<'_> {
    /// Rules that both touch, by path.
    pub fn shared_paths(&self) -> Vec<&str> {
        let theirs = |path: &str| self.second.changes.iter().any(|change| change.path == path);
        let paths = self.first.changes.iter().map(|change| change.path.as_str());
        paths.filter(|path| theirs(path)).collect()
    }

    /// What has to be judged from bytes to say what they are to each other; none if they left the same bytes.
    pub fn questions(&self) -> Vec<Question> {
        if self.left_same_bytes() {
            return Vec::new();
        }
        let asks = |one: &Hotfix, other: &Hotfix| Question {
            environment: other.environment.clone(),
            hotfix: one.version.clone(),
            on_top_of: one.on_top_of_checksum,
            changes: one.changes.clone(),
            candidate: other.checksum,
        };
        vec![asks(self.first, self.second), asks(self.second, self.first)]
    }

    /// What they are to each other, from the answers to [`Pair::questions`]; `None` if one is missing.
    pub fn finding(&self, evidence: &[Evidence]) -> Option<PairFinding> {
        if self.left_same_bytes() {
            return Some(PairFinding::SameBytes);
        }
        let answers = State::match_evidence(&self.questions(), evidence)?;
        Some(
            match answers.iter().all(|evidence| evidence.at_risk().is_none()) {
                true => PairFinding::SameEffect,
                false => PairFinding::Conflict,
            },
        )
    }

    fn left_same_bytes(&self) -> bool {
        let left = |changes: &[Change]| -> Vec<(String, Option<rulegate_ledger::digest::Digest>)> {
            changes.iter().map(|c| (c.path.clone(), c.to)).collect()
        };
        left(&self.first.changes) == left(&self.second.changes)
    }
}

impl State {
    /// Pairs that nobody has closed: each open in production of its own site and not of the other's, touching a
    /// rule in common or naming the same incident.
    pub fn open_pairs(&self) -> Vec<Pair<'_>> {
        let sites = &self.topology.sites;
        let mut pairs = Vec::new();
        for ruleset in self.rulesets() {
            for (index, one) in sites.iter().enumerate() {
                for other in &sites[index + 1..] {
                    let at = |site| Environment::new(site, self.topology.production());
                    self.pairs_between(&ruleset, (&at(one), &at(other)), &mut pairs);
                }
            }
        }
        pairs
    }

    fn pairs_between<'a>(
        &'a self,
        ruleset: &RuleSetName,
        (one, other): (&Environment, &Environment),
        pairs: &mut Vec<Pair<'a>>,
    ) {
        for a in self.made_there(ruleset, one, other) {
            for b in self.made_there(ruleset, other, one) {
                let (first, second) = if a.version <= b.version {
                    (a, b)
                } else {
                    (b, a)
                };
                let pair = Pair { first, second };
                let brought = a.transfers.as_ref() == Some(&b.version)
                    || b.transfers.as_ref() == Some(&a.version);
                let related = !pair.shared_paths().is_empty() || a.incident == b.incident;
                let closed = self.closed_pair(ruleset, &a.version, &b.version).is_some();
                if related && !brought && !closed {
                    pairs.push(pair);
                }
            }
        }
    }

    /// Hotfixes made in `here` that are open there and not in `there`.
    fn made_there(
        &self,
        ruleset: &RuleSetName,
        here: &Environment,
        there: &Environment,
    ) -> Vec<&Arc<Hotfix>> {
        let elsewhere = self.track(ruleset, there);
        self.open_hotfixes(ruleset, here)
            .into_iter()
            .filter(|hotfix| hotfix.environment == *here)
            .filter(|hotfix| {
                elsewhere.is_none_or(|track| !track.open_hotfixes.contains(&hotfix.version))
            })
            .collect()
    }

    /// An open pair by its two names, in either order.
    pub fn open_pair(
        &self,
        ruleset: &RuleSetName,
        a: &VersionName,
        b: &VersionName,
    ) -> Option<Pair<'_>> {
        let key = pair_key(ruleset, a, b);
        self.open_pairs().into_iter().find(|pair| {
            (
                &pair.first.ruleset,
                &pair.first.version,
                &pair.second.version,
            ) == (&key.0, &key.1, &key.2)
        })
    }

    /// What was decided about a pair, by any site; the newest word counts, by time, then by site.
    pub fn closed_pair(
        &self,
        ruleset: &RuleSetName,
        a: &VersionName,
        b: &VersionName,
    ) -> Option<&ClosedPair> {
        let key = pair_key(ruleset, a, b);
        self.ledgers
            .values()
            .filter_map(|ledger| ledger.pairs.get(&key))
            .max_by(|x, y| (x.at, &x.entry).cmp(&(y.at, &y.entry)))
    }
}
