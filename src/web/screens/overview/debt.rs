//! Open hotfixes: how old, when they end, what the next planned version would lose of them.

use crate::web::environment_view::{Place, TimeView};
use crate::web::error::WebError;
use crate::web::user::User;
use crate::web::{Portal, address, format, hotfix_words};
use rulegate_domain::state::State;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;
use rulegate_ledger::version::VersionName;

/// One open hotfix in one environment.
pub(super) struct Debt {
    pub href: String,
    pub version: String,
    pub ruleset: String,
    pub place: Place,
    pub age: TimeView,
    pub ends: TimeView,
    pub is_overdue: bool,
    /// What the next version would do to it.
    pub next: String,
    pub next_href: String,
    /// The next version would lose a part of it.
    pub is_at_risk: bool,
}

/// Every open hotfix, the one that ends first on top.
pub(super) async fn open(portal: &Portal, user: &User) -> Result<Vec<Debt>, WebError> {
    let state = &user.snapshot.state;
    let mut debts = Vec::new();
    for ruleset in state.rulesets() {
        for environment in state.topology.environments() {
            let open = state.open_hotfixes(&ruleset, &environment);
            if open.is_empty() {
                continue;
            }
            let next = next_version(state, &ruleset, &environment);
            let evidence = match &next {
                Some((_, checksum, _)) => {
                    let questions = state.questions(&ruleset, &environment, *checksum);
                    portal.app.judge(&questions).await?
                }
                None => Vec::new(),
            };
            for hotfix in open {
                let answer = evidence
                    .iter()
                    .find(|j| j.question.hotfix == hotfix.version);
                let lost = answer.map_or(0, |j| {
                    j.rules.iter().filter(|r| !r.verdict.is_contained()).count()
                });
                let rules = format::count(hotfix.changes.len(), "rule", "rules");
                let words = match (&next, lost) {
                    (None, _) => "no newer planned version".to_owned(),
                    (Some((version, _, how)), 0) => format!("{version}, {how}, contains all of it"),
                    (Some((version, _, how)), lost) => {
                        format!("{version}, {how}, would lose {lost} of {rules}")
                    }
                };
                let next_href = next.as_ref().map_or(String::new(), |(version, _, _)| {
                    address::compare(&ruleset, &environment.to_string(), version.as_str())
                });
                debts.push((
                    hotfix.ends_at,
                    Debt {
                        href: address::hotfix(&ruleset, &hotfix.version),
                        version: hotfix.version.to_string(),
                        ruleset: ruleset.to_string(),
                        place: Place::of(&environment),
                        age: TimeView::ago(hotfix.at, user.now),
                        ends: TimeView::day(hotfix.ends_at),
                        is_overdue: hotfix.ends_at <= user.now,
                        next: words,
                        next_href,
                        is_at_risk: lost > 0,
                    },
                ));
            }
        }
    }
    debts.sort_by_key(|(ends_at, _)| *ends_at);
    Ok(debts.into_iter().map(|(_, debt)| debt).collect())
}

/// What may go live there next: the version of an open review of the environment, else the newest planned
/// version that came after the baseline; with the word that says which.
fn next_version(
    state: &State,
    ruleset: &RuleSetName,
    environment: &Environment,
) -> Option<(VersionName, Digest, &'static str)> {
    let asked = hotfix_words::activations(state, ruleset, environment).next();
    if let Some((_, version, checksum)) = asked {
        return Some((version.clone(), checksum, "asked for"));
    }
    let (version, facts) = state
        .versions(ruleset)
        .into_iter()
        .find(|(version, _)| !version.is_hotfix())?;
    let baseline = state.track(ruleset, environment)?.baseline.as_ref();
    let since = baseline
        .and_then(|baseline| state.version(ruleset, &baseline.version))
        .map(|facts| facts.at);
    (since.is_none_or(|since| facts.at > since)).then_some((version, facts.checksum, "planned"))
}
