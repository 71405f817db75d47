//! What lies between the sites, from bytes: a hotfix of the other site merged into what runs here, what two
//! hotfixes are to each other, and how far the other site is known.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::hotfixing::Edits;
use super::{App, AppError};
use rulegate_compare::ThreeWay;
use rulegate_compare::merge_draft::{DraftRule, Outcome, Sources, draft_rule};
use rulegate_compare::verdict::RuleVerdict;
use rulegate_domain::judgement::Question;
use rulegate_domain::lag::{Heard, Lag};
use rulegate_domain::pairs::Pair;
use rulegate_domain::refusal::Refusal;
use rulegate_domain::state::{Hotfix, State};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::event::PairFinding;
use rulegate_ledger::ids::{SiteName, Timestamp};
use rulegate_ledger::manifest::Change;
use rulegate_ledger::version::VersionName;

/// A hotfix of the other site as it could be merged into what runs here. Nothing is stored, nothing applies it.
#[derive(Debug, Clone)]
pub struct MergeOffer {
    /// The hotfixes it brings, oldest first.
    pub brings: Vec<VersionName>,
    /// One a rule that they changed, by path.
    pub rules: Vec<DraftRule>,
    /// What became of each rule of the hotfix in what runs here, by path.
    pub verdicts: Vec<RuleVerdict>,
}

impl MergeOffer {
    /// True if every rule could be merged without a person's help.
    pub fn is_clean(&self) -> bool {
        self.rules
            .iter()
            .all(|rule| matches!(rule.outcome, Outcome::Contained | Outcome::Merged { .. }))
    }

    /// True if what runs here contains everything already.
    pub fn is_contained(&self) -> bool {
        self.rules
            .iter()
            .all(|rule| rule.outcome == Outcome::Contained)
    }

    /// What the merge changes of what runs here: rules with conflicts keep the lines that run here.
    pub fn edits(&self) -> Edits {
        let changed = self.rules.iter().filter(|rule| rule.draft != rule.planned);
        changed
            .map(|rule| (rule.at().to_owned(), rule.draft.clone().map(Bytes::from)))
            .collect()
    }
}

impl App {
    /// What merging a hotfix of another site, with those below it that are missing, would do to `to`.
    ///
    /// Errors: [`Refusal::NothingPinned`]; [`AppError::NotFound`] if bytes are missing here.
    pub async fn merge_offer(
        &self,
        state: &State,
        hotfix: &Hotfix,
        to: &Environment,
    ) -> Result<MergeOffer, AppError> {
        let pin = state
            .pin(&hotfix.ruleset, to)
            .ok_or_else(|| Refusal::NothingPinned {
                environment: to.clone(),
            })?;
        let chain = state.missing_chain(hotfix, to);
        let lowest = chain.first().map_or(hotfix, |below| below.as_ref());
        let sides = ThreeWay {
            base: self.rules(&lowest.on_top_of_checksum).await?,
            hotfix: self.rules(&hotfix.checksum).await?,
            planned: self.rules(&pin.checksum).await?,
        };
        let changes: Vec<Change> = sides.base.manifest.differences(&sides.hotfix.manifest);
        let question = Question {
            environment: to.clone(),
            hotfix: hotfix.version.clone(),
            on_top_of: lowest.on_top_of_checksum,
            changes: changes.clone(),
            candidate: pin.checksum,
        };
        let verdicts = self.judge(&[question]).await?.remove(0).rules;
        let brings = chain.iter().map(|below| below.version.clone()).collect();
        let evidence = verdicts.clone();
        let work = move || {
            changes
                .iter()
                .map(|change| {
                    let verdict = evidence.iter().find(|rule| rule.path == change.path);
                    merged_rule(
                        &change.path,
                        verdict,
                        sides.as_ref().map(|side| &side.texts),
                    )
                })
                .collect()
        };
        let rules = tokio::task::spawn_blocking(work)
            .await
            .map_err(AppError::broken)?;
        Ok(MergeOffer {
            brings,
            rules,
            verdicts,
        })
    }

    /// What two hotfixes are to each other, judged from their bytes.
    pub async fn pair_finding(&self, pair: &Pair<'_>) -> Result<PairFinding, AppError> {
        let evidence = self.judge(&pair.questions()).await?;
        Ok(pair.finding(&evidence).ok_or(Refusal::EvidenceOutdated)?)
    }

    /// How far the other site's ledger is known here.
    pub fn lag(&self, state: &State, site: &SiteName, now: Timestamp) -> Lag {
        let peer = self.peer.load();
        let heard = Heard {
            at: peer.heard_at,
            entries: peer.head_seq,
            is_cut: !self.is_linked(),
        };
        Lag::of(state.head(site), heard, now)
    }
}

/// One rule of the hotfix, where what runs here has its content.
fn merged_rule(
    path: &str,
    verdict: Option<&RuleVerdict>,
    sides: ThreeWay<&BTreeMap<String, Bytes>>,
) -> DraftRule {
    let place = match verdict.map(|verdict| verdict.planned_paths.as_slice()) {
        Some([one]) => Some(one.as_str()),
        Some([]) | None => Some(path),
        Some(_) => None,
    };
    draft_rule(&Sources {
        path,
        place,
        texts: ThreeWay {
            base: sides.base.get(path),
            hotfix: sides.hotfix.get(path),
            planned: place.and_then(|place| sides.planned.get(place)),
        }
        .map(|text| text.map(|bytes| &bytes[..])),
        is_contained: verdict.is_none_or(|verdict| verdict.verdict.is_contained()),
        // Every conflict stays with the person who merges: here the verdict excuses none.
        units: &[],
    })
}
