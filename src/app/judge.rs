//! Answers questions of containment from bytes, off the async threads, and remembers the answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::intake::Intake;
use super::{App, AppError};
use rulegate_compare::ThreeWay;
use rulegate_compare::verdict::{self, RuleVerdict, Texts};
use rulegate_domain::gate::{self, Gate};
use rulegate_domain::judgement::{Evidence, Question};
use rulegate_domain::state::{Review, State};
use rulegate_ledger::digest::Digest;

/// How many answers are remembered: a few per open review.
const REMEMBERED: usize = 512;

/// The digest of everything an answer depends on, with the answer.
pub(super) struct Cache(quick_cache::sync::Cache<Digest, Arc<Vec<RuleVerdict>>>);

impl Default for Cache {
    fn default() -> Self {
        Cache(quick_cache::sync::Cache::new(REMEMBERED))
    }
}

impl App {
    /// Judges each question from the bytes it names, in order.
    ///
    /// Errors: [`AppError::NotFound`] if bytes are missing here.
    pub async fn judge(&self, questions: &[Question]) -> Result<Vec<Evidence>, AppError> {
        let mut evidence = Vec::with_capacity(questions.len());
        for question in questions {
            let rules = self.judge_one(question, None).await?;
            evidence.push(Evidence {
                question: question.clone(),
                rules: rules.as_ref().clone(),
            });
        }
        Ok(evidence)
    }

    /// The same for a candidate that is in memory only: nothing of it is stored. Every question must name its
    /// checksum.
    pub async fn judge_candidate(
        &self,
        questions: &[Question],
        candidate: &Intake,
    ) -> Result<Vec<Evidence>, AppError> {
        let mut evidence = Vec::with_capacity(questions.len());
        for question in questions {
            let rules = self.judge_one(question, Some(&candidate.texts)).await?;
            evidence.push(Evidence {
                question: question.clone(),
                rules: rules.as_ref().clone(),
            });
        }
        Ok(evidence)
    }

    /// `candidate` holds the candidate's texts if they are at hand, else they are read by its checksum.
    async fn judge_one(
        &self,
        question: &Question,
        candidate: Option<&BTreeMap<String, Bytes>>,
    ) -> Result<Arc<Vec<RuleVerdict>>, AppError> {
        let key = Digest::of(
            serde_json::to_string(&(&question.on_top_of, &question.changes, &question.candidate))
                .expect("digests and paths are JSON")
                .as_bytes(),
        );
        if let Some(known) = self.evidence.0.get(&key) {
            return Ok(known);
        }
        let base = self.rules(&question.on_top_of).await?.texts;
        let planned = match candidate {
            Some(texts) => texts.clone(),
            None => self.rules(&question.candidate).await?.texts,
        };
        let mut texts = ThreeWay {
            hotfix: base.clone(),
            base,
            planned,
        };
        for change in &question.changes {
            let sides = [
                (&mut texts.base, change.from),
                (&mut texts.hotfix, change.to),
            ];
            for (side, digest) in sides {
                match digest {
                    Some(digest) => {
                        let bytes = self.contents(&[digest]).await?.remove(0);
                        side.insert(change.path.clone(), bytes);
                    }
                    None => {
                        side.remove(&change.path);
                    }
                }
            }
        }
        let work = move || verdict::verdict(&texts.as_ref().map(view));
        let rules = tokio::task::spawn_blocking(work)
            .await
            .map_err(AppError::broken)?;
        let rules = Arc::new(rules);
        self.evidence.0.insert(key, rules.clone());
        Ok(rules)
    }
}

fn view(texts: &BTreeMap<String, Bytes>) -> Texts<'_> {
    texts
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_ref()))
        .collect()
}

impl App {
    /// A review's gate as it stands in `state`, with the evidence gathered.
    pub async fn gate(&self, state: &State, review: &Review) -> Result<Gate, AppError> {
        let evidence = self.judge(&gate::questions(state, review)).await?;
        Ok(gate::gate(state, review, &evidence, self.clock.now())?)
    }
}
