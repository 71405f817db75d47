//! Contents, as far as a decision needs them: which rule of which snapshot has which bytes, and a verdict on
//! whole rules. The real verdict is tested elsewhere; here it only has to be a function of the bytes.

use std::collections::{BTreeMap, HashMap};

use rulegate_compare::verdict::{RuleVerdict, Verdict};
use rulegate_domain::command::SnapshotFacts;
use rulegate_domain::judgement::{Evidence, Question};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::manifest::Change;

use super::random::Random;

pub const PATHS: [&str; 3] = ["a.conf", "b.conf", "c.conf"];
/// Different texts of a rule: few, so that two people write the same by chance.
const TEXTS: u64 = 4;

pub type Texts = BTreeMap<String, Digest>;

#[derive(Default)]
pub struct Shelf {
    snapshots: HashMap<Digest, Texts>,
}

impl Shelf {
    pub fn put(&mut self, texts: Texts) -> SnapshotFacts {
        let mut manifest = String::new();
        for (path, digest) in &texts {
            manifest.push_str(&format!("{}  {path}\n", digest.to_hex()));
        }
        let checksum = Digest::of(manifest.as_bytes());
        let rules = texts.len() as u32;
        self.snapshots.insert(checksum, texts);
        SnapshotFacts {
            checksum,
            rules,
            size_bytes: u64::from(rules),
        }
    }

    pub fn texts(&self, checksum: &Digest) -> &Texts {
        &self.snapshots[checksum]
    }

    pub fn fresh(&self, random: &mut Random) -> Texts {
        let text = |random: &mut Random| Digest::of(&[random.below(TEXTS as usize) as u8]);
        PATHS
            .iter()
            .map(|path| (path.to_string(), text(random)))
            .collect()
    }

    /// The snapshot with some of its rules rewritten, added or taken out.
    pub fn edited(&self, base: &Digest, random: &mut Random) -> Texts {
        let mut texts = self.texts(base).clone();
        for _ in 0..=random.below(2) {
            let path = PATHS[random.below(PATHS.len())].to_owned();
            if random.percent(10) {
                texts.remove(&path);
            } else {
                let text = Digest::of(&[random.below(TEXTS as usize) as u8]);
                texts.insert(path, text);
            }
        }
        texts
    }

    pub fn changes(&self, from: &Digest, to: &Digest) -> Vec<Change> {
        let (from, to) = (self.texts(from), self.texts(to));
        PATHS
            .iter()
            .map(|path| Change {
                path: path.to_string(),
                from: from.get(*path).copied(),
                to: to.get(*path).copied(),
            })
            .filter(|change| change.from != change.to)
            .collect()
    }

    pub fn judge(&self, questions: &[Question]) -> Vec<Evidence> {
        let judge = |question: &Question| Evidence {
            question: question.clone(),
            rules: question
                .changes
                .iter()
                .filter(|change| change.from != change.to)
                .map(|change| self.verdict(change, &question.candidate))
                .collect(),
        };
        questions.iter().map(judge).collect()
    }

    fn verdict(&self, change: &Change, candidate: &Digest) -> RuleVerdict {
        let there = self.texts(candidate).get(&change.path).copied();
        let verdict = match there {
            there if there == change.to => Verdict::Included,
            there if there == change.from => Verdict::Overridden,
            None => Verdict::Removed,
            Some(_) => Verdict::Conflicting,
        };
        RuleVerdict {
            path: change.path.clone(),
            verdict,
            planned_paths: Vec::new(),
            units: Vec::new(),
            why: String::new(),
        }
    }
}
