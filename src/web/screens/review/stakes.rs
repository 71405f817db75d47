//! "Hotfix X is live in prod. Does V contain it?": a table a hotfix, worst first, rules changed alike together.

use std::collections::BTreeMap;

use super::alike::{self, Group};
use super::{Query, ReviewContext, seen, stake_pages};
use crate::app::AppError;
use crate::web::environment_view::TimeView;
use crate::web::paging::PageOfList;
use crate::web::{address, format, review_words};
use rulegate_compare::verdict::{RuleVerdict, Verdict};
use rulegate_domain::judgement::Evidence;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::manifest::{Change, Manifest};
use rulegate_ledger::review::{Answer, ShownHotfix, ShownRule, Subject};
use rulegate_ledger::version::VersionName;

/// One open hotfix in one target.
#[allow(missing_docs)]
pub(super) struct Stake {
    pub id: String,
    pub environment: Environment,
    pub lane: String,
    pub hotfix: VersionName,
    pub hotfix_href: String,
    pub candidate: String,
    /// Who made it, when, for which incident.
    pub about: String,
    pub tag_kind: &'static str,
    pub tag: String,
    /// Rules that stand for themselves, worst first.
    pub rows: Vec<StakeRow>,
    /// Rules changed alike, the largest group first.
    pub groups: Vec<Group>,
    /// The question is still open: an answer counts.
    pub is_asking: bool,
    /// Rules that this person has marked as seen, and all.
    pub seen: usize,
    pub total: usize,
    /// Patch and draft for the author.
    pub send_back_href: String,
    /// The part of `rows`, then `groups`, that is on the page.
    pub paged: PageOfList,
}

impl Stake {
    /// `7 of 12 seen`.
    pub fn seen_words(&self) -> String {
        format!("{} of {} seen", self.seen, self.total)
    }
    /// Rules that wait for an answer and stand for themselves on this page.
    pub fn listed_open(&self) -> usize {
        self.listed_rows().iter().filter(|row| row.is_open).count()
    }
    /// Every rule in the order of the page.
    pub fn all(&self) -> impl Iterator<Item = &StakeRow> {
        self.rows
            .iter()
            .chain(self.groups.iter().flat_map(|group| &group.rows))
    }
}

/// One rule of a hotfix.
#[allow(missing_docs)]
pub(super) struct StakeRow {
    pub path: String,
    pub href: String,
    pub verdict: Verdict,
    pub kind: &'static str,
    pub words: &'static str,
    pub lines: String,
    pub answer: Option<AnswerView>,
    /// It waits for an answer.
    pub is_open: bool,
    /// It is the opened rule.
    pub is_here: bool,
    /// Which texts it shows.
    pub sight: Digest,
    /// This person has marked exactly these texts as seen.
    pub is_seen: bool,
    /// Present while the review is open.
    pub evidence: Option<RuleVerdict>,
    pub change: Option<Change>,
}

/// What a person said of a rule.
#[derive(Clone)]
#[allow(missing_docs)]
pub(super) struct AnswerView {
    pub kind: &'static str,
    pub words: &'static str,
    pub reason: String,
    pub by: String,
    pub at: Option<TimeView>,
}

pub(super) async fn of(context: &ReviewContext<'_>, query: &Query) -> Result<Vec<Stake>, AppError> {
    let mut stakes = Vec::new();
    let Some(shown) = context.shown() else {
        return Ok(stakes);
    };
    if !matches!(context.review.subject, Subject::Activation { .. }) {
        return Ok(stakes);
    }
    for target in &shown.targets {
        for hotfix in &target.hotfixes {
            let number = stakes.len() + 1;
            stakes.push(stake(context, query, &target.environment, hotfix, number).await?);
        }
    }
    open_one(&mut stakes, query, context.gate.is_some());
    for (index, stake) in stakes.iter_mut().enumerate() {
        stake_pages::turn(stake, context, query, index + 1);
    }
    Ok(stakes)
}

async fn stake(
    context: &ReviewContext<'_>,
    query: &Query,
    environment: &Environment,
    hotfix: &ShownHotfix,
    number: usize,
) -> Result<Stake, AppError> {
    let facts = Facts::of(context, environment, &hotfix.hotfix).await?;
    let mut rows: Vec<StakeRow> = hotfix
        .rules
        .iter()
        .map(|rule| row(context, query, &facts, rule))
        .collect();
    rows.sort_by_cached_key(StakeRow::key);
    let lost = rows
        .iter()
        .filter(|row| !row.verdict.is_contained())
        .count();
    let unanswered = rows.iter().filter(|row| row.is_open).count();
    let all = format::count(rows.len(), "rule", "rules");
    let (tag_kind, tag) = match (lost, unanswered) {
        (0, _) => ("ok", format!("all {all} included")),
        (_, 0) => ("ok", format!("answered: {lost} of {all}")),
        (_, _) if lost == unanswered => ("bad", format!("{lost} of {all} would be lost")),
        _ => ("bad", format!("{unanswered} of {all} wait for an answer")),
    };
    let (seen, total) = (rows.iter().filter(|row| row.is_seen).count(), rows.len());
    let (rows, mut groups) = alike::grouped(context, rows).await?;
    for (index, group) in groups.iter_mut().enumerate() {
        group.id = format!("alike-{number}-{}", index + 1);
        group.is_open = query.alike.as_deref() == Some(group.id.as_str());
        group.is_whole |= group.is_open;
    }
    let record = context
        .review
        .ruleset
        .as_ref()
        .and_then(|r| context.state().hotfix(r, &hotfix.hotfix));
    let about = record.map_or(String::new(), |h| {
        let who = if h.adopts.is_some() {
            "unknown author".to_owned()
        } else {
            context.name(&h.author)
        };
        format!(
            "{who}, {}, {}: {}",
            format::short_time(h.at),
            h.incident,
            h.reason
        )
    });
    Ok(Stake {
        id: format!("hotfix-{number}"),
        lane: environment.lane.to_string(),
        environment: environment.clone(),
        hotfix_href: context
            .review
            .ruleset
            .as_ref()
            .map(|ruleset| address::hotfix(ruleset, &hotfix.hotfix))
            .unwrap_or_default(),
        hotfix: hotfix.hotfix.clone(),
        candidate: context
            .review
            .subject
            .version()
            .map(ToString::to_string)
            .unwrap_or_default(),
        about,
        tag_kind,
        tag,
        rows,
        groups,
        is_asking: context.gate.is_some(),
        seen,
        total,
        send_back_href: match (&context.review.ruleset, context.review.subject.version()) {
            (Some(ruleset), Some(version)) => address::send_back(ruleset, &hotfix.hotfix, version),
            _ => String::new(),
        },
        paged: PageOfList::default(),
    })
}

/// What is known of the rules of one hotfix in one environment, by path.
struct Facts<'a> {
    environment: &'a Environment,
    hotfix: &'a VersionName,
    evidence: BTreeMap<&'a str, &'a RuleVerdict>,
    changes: BTreeMap<&'a str, &'a Change>,
    planned: Option<std::sync::Arc<Manifest>>,
}

impl<'a> Facts<'a> {
    async fn of(
        context: &'a ReviewContext<'_>,
        environment: &'a Environment,
        hotfix: &'a VersionName,
    ) -> Result<Facts<'a>, AppError> {
        let is_asked =
            |j: &&Evidence| j.question.environment == *environment && j.question.hotfix == *hotfix;
        let evidence = context
            .gate
            .and_then(|gate| gate.evidence.iter().find(is_asked));
        let made = context
            .review
            .ruleset
            .as_ref()
            .and_then(|ruleset| context.state().hotfix(ruleset, hotfix));
        let changes = evidence
            .map(|evidence| &evidence.question.changes)
            .or(made.map(|made| &made.changes));
        let planned = match context.review.subject.checksum() {
            Some(checksum) => Some(context.portal.app.manifest(&checksum).await?),
            None => None,
        };
        Ok(Facts {
            environment,
            hotfix,
            evidence: evidence.map_or(BTreeMap::new(), |evidence| seen::by_path(&evidence.rules)),
            changes: changes
                .into_iter()
                .flatten()
                .map(|change| (change.path.as_str(), change))
                .collect(),
            planned,
        })
    }
}

fn row(context: &ReviewContext, query: &Query, facts: &Facts, rule: &ShownRule) -> StakeRow {
    let (environment, hotfix) = (facts.environment, facts.hotfix);
    let path = rule.path.as_str();
    let evidence = facts.evidence.get(path).copied();
    let change = facts.changes.get(path).copied();
    let sight = change.map_or(Digest::ZERO, |change| {
        seen::sight(change, evidence, facts.planned.as_deref())
    });
    let (kind, words) = review_words::verdict(rule.verdict);
    let key = (environment.clone(), hotfix.clone(), rule.path.clone());
    let is_here = query.rule.as_deref() == Some(rule.path.as_str())
        && query
            .hotfix
            .as_deref()
            .is_none_or(|name| name == hotfix.as_str())
        && query
            .env
            .as_deref()
            .is_none_or(|name| name == environment.to_string());
    StakeRow {
        path: rule.path.clone(),
        href: href(context, environment, hotfix, &rule.path),
        verdict: rule.verdict,
        kind,
        words,
        lines: String::new(),
        answer: rule.answer.as_ref().map(|answer| {
            let given = context
                .review
                .answers
                .get(&key)
                .filter(|given| given.answer == *answer);
            let (kind, words) = review_words::answer(answer);
            AnswerView {
                kind,
                words,
                reason: answer.reason().to_owned(),
                by: given
                    .map(|given| context.name(&given.by))
                    .unwrap_or_default(),
                at: given.map(|given| TimeView::ago(given.at, context.user.now)),
            }
        }),
        is_open: context.gate.is_some() && !rule.is_settled() && !is_sent_back(rule),
        is_here,
        sight,
        is_seen: context.seen.contains(&sight),
        evidence: evidence.cloned(),
        change: change.cloned(),
    }
}

fn is_sent_back(rule: &ShownRule) -> bool {
    matches!(rule.answer, Some(Answer::SentBack { .. }))
}

fn href(
    context: &ReviewContext,
    environment: &Environment,
    hotfix: &VersionName,
    path: &str,
) -> String {
    format!(
        "{}?rule={}&hotfix={}&env={}#rule",
        address::review(&context.review.id),
        format::url_encode(path),
        format::url_encode(hotfix.as_str()),
        format::url_encode(&environment.to_string())
    )
}

/// Without a choice in the address the first rule is opened that waits and was not seen, else one that was not seen,
/// else one that waits.
fn open_one(stakes: &mut [Stake], query: &Query, is_open: bool) {
    if query.rule.is_some() || !is_open {
        return;
    }
    let wanted: [fn(&StakeRow) -> bool; 3] = [
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
