//! "Hotfix X is live in prod. Does V contain it?": a table a hotfix, worst first, rules changed alike together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::stake::Stake;
use super::stake_row::StakeRow;
use super::{Query, ReviewContext, alike, seen, stake_pages};
use crate::app::AppError;
use crate::web::paging::PageOfList;
use rulegate_compare::verdict::RuleVerdict;
use rulegate_domain::judgement::Evidence;
use rulegate_domain::state::Hotfix;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::manifest::{Change, Manifest};
use rulegate_ledger::review::{Answer, ShownHotfix, ShownRule, Subject};
use rulegate_ledger::version::VersionName;

pub(super) async fn of<'a>(
    context: &ReviewContext<'a>,
    query: &Query,
) -> Result<Vec<Stake<'a>>, AppError> {
    let mut stakes = Vec::new();
    let review = context.review;
    let (Some(ruleset), Subject::Activation { .. }, Some(version), Some(shown)) = (
        &review.ruleset,
        &review.subject,
        review.subject.version(),
        context.shown(),
    ) else {
        return Ok(stakes);
    };
    for target in &shown.targets {
        for hotfix in &target.hotfixes {
            let number = stakes.len() + 1;
            let facts = Facts::of(context, ruleset, &target.environment, hotfix).await?;
            let mut rows: Vec<StakeRow> = hotfix
                .rules
                .iter()
                .map(|rule| facts.row(context, query, rule))
                .collect();
            rows.sort_by_cached_key(StakeRow::key);
            let (rows, mut groups) = alike::grouped(context, rows).await?;
            for (index, group) in groups.iter_mut().enumerate() {
                group.id = format!("alike-{number}-{}", index + 1);
                group.is_open = query.alike.as_deref() == Some(group.id.as_str());
                group.is_whole |= group.is_open;
            }
            stakes.push(Stake {
                id: format!("hotfix-{number}"),
                review: &review.id,
                ruleset,
                environment: &target.environment,
                hotfix: &hotfix.hotfix,
                made: facts.made,
                candidate: version,
                rows,
                groups,
                paged: PageOfList::default(),
            });
        }
    }
    open_one(&mut stakes, query, context.gate.is_some());
    for (index, stake) in stakes.iter_mut().enumerate() {
        stake_pages::turn(stake, context, query, index + 1);
    }
    Ok(stakes)
}

/// What is known of the rules of one hotfix in one environment, by path.
struct Facts<'a> {
    environment: &'a Environment,
    hotfix: &'a VersionName,
    made: Option<&'a Hotfix>,
    evidence: BTreeMap<&'a str, &'a RuleVerdict>,
    changes: BTreeMap<&'a str, &'a Change>,
    planned: Option<Arc<Manifest>>,
}

impl<'a> Facts<'a> {
    async fn of(
        context: &ReviewContext<'a>,
        ruleset: &RuleSetName,
        environment: &'a Environment,
        hotfix: &'a ShownHotfix,
    ) -> Result<Facts<'a>, AppError> {
        let hotfix = &hotfix.hotfix;
        let is_asked =
            |j: &&Evidence| j.question.environment == *environment && j.question.hotfix == *hotfix;
        let evidence = context.gate.map_or(&[][..], |gate| &gate.evidence);
        let evidence = evidence.iter().find(is_asked);
        let made = context.state().hotfix(ruleset, hotfix).map(Arc::as_ref);
        let changes = evidence
            .map(|evidence| &evidence.question.changes)
            .or(made.map(|made| &made.changes));
        let by_path = |change: &'a Change| (change.path.as_str(), change);
        Ok(Facts {
            environment,
            hotfix,
            made,
            evidence: evidence.map_or(BTreeMap::new(), |evidence| seen::by_path(&evidence.rules)),
            changes: changes.into_iter().flatten().map(by_path).collect(),
            planned: match context.review.subject.checksum() {
                Some(checksum) => Some(context.portal.app.manifest(&checksum).await?),
                None => None,
            },
        })
    }

    fn row(&self, context: &ReviewContext<'a>, query: &Query, rule: &'a ShownRule) -> StakeRow<'a> {
        let path = rule.path.as_str();
        let evidence = self.evidence.get(path).copied();
        let change = self.changes.get(path).copied();
        let sight = change.map_or(Digest::ZERO, |change| {
            seen::sight(change, evidence, self.planned.as_deref())
        });
        let key = (
            self.environment.clone(),
            self.hotfix.clone(),
            rule.path.clone(),
        );
        let given = context.review.answers.get(&key);
        let is_asked = |asked: &Option<String>, name: &str| {
            let asked = asked.as_deref();
            asked.is_none_or(|asked| asked == name)
        };
        let is_sent_back = matches!(rule.answer, Some(Answer::SentBack { .. }));
        StakeRow {
            rule,
            lines: String::new(),
            given: given.filter(|given| Some(&given.answer) == rule.answer.as_ref()),
            is_open: context.gate.is_some() && !rule.is_settled() && !is_sent_back,
            is_here: query.rule.as_deref() == Some(path)
                && is_asked(&query.hotfix, self.hotfix.as_str())
                && is_asked(&query.env, &self.environment.to_string()),
            sight,
            is_seen: context.seen.contains(&sight),
            evidence,
            change,
        }
    }
}

/// Without a choice in the address the first rule is opened that waits and was not seen, else one that was not seen,
/// else one that waits.
fn open_one(stakes: &mut [Stake<'_>], query: &Query, is_open: bool) {
    if query.rule.is_some() || !is_open {
        return;
    }
    let wanted: [fn(&StakeRow<'_>) -> bool; 3] = [
        |row| row.is_open && !row.is_seen,
        |row| !row.is_seen,
        |row| row.is_open,
    ];
    for is_wanted in wanted {
        for stake in stakes.iter_mut() {
            let groups = stake.groups.iter_mut();
            let alike = groups.flat_map(|group| &mut group.rows);
            if let Some(row) = stake
                .rows
                .iter_mut()
                .chain(alike)
                .find(|row| is_wanted(row))
            {
                row.is_here = true;
                return;
            }
        }
    }
}
