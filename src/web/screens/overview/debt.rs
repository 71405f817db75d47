//! Open hotfixes: how old, when they end, what the next planned version would lose of them.

use crate::web::Portal;
use crate::web::error::WebError;
use crate::web::hotfix_words;
use crate::web::user::User;
use rulegate_domain::state::{Hotfix, State};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{RuleSetName, Timestamp};
use rulegate_ledger::version::VersionName;

/// One open hotfix in one environment.
pub(super) struct Debt<'s> {
    pub hotfix: &'s Hotfix,
    pub environment: Environment,
    /// What may go live there next.
    pub next: Option<Next>,
    /// Rules of the hotfix that the next version would lose.
    pub lost: usize,
}

impl Debt<'_> {
    pub(super) fn is_overdue(&self, now: &Timestamp) -> bool {
        self.hotfix.ends_at <= *now
    }
}

/// A version that may go live, with the word that says why it is thought so.
#[derive(Clone)]
pub(super) struct Next {
    pub version: VersionName,
    checksum: Digest,
    pub how: &'static str,
}

/// Every open hotfix, the one that ends first on top.
pub(super) async fn open<'s>(portal: &Portal, user: &'s User) -> Result<Vec<Debt<'s>>, WebError> {
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
                Some(next) => {
                    let questions = state.questions(&ruleset, &environment, next.checksum);
                    portal.app.judge(&questions).await?
                }
                None => Vec::new(),
            };
            debts.extend(open.into_iter().map(|hotfix| {
                let mut answers = evidence.iter();
                let answer = answers.find(|answer| answer.question.hotfix == hotfix.version);
                let at_risk = answer.and_then(|answer| answer.at_risk());
                Debt {
                    hotfix,
                    environment: environment.clone(),
                    next: next.clone(),
                    lost: at_risk.map_or(0, |risk| risk.rules.len()),
                }
            }));
        }
    }
    debts.sort_by_key(|debt| debt.hotfix.ends_at);
    Ok(debts)
}

/// What may go live there next: the version of an open review of the environment, else the newest planned
/// version that came after the baseline.
fn next_version(state: &State, ruleset: &RuleSetName, environment: &Environment) -> Option<Next> {
    let next = |version: &VersionName, checksum, how| Next {
        version: version.clone(),
        checksum,
        how,
    };
    let asked = hotfix_words::activations(state, ruleset, environment).next();
    if let Some((_, version, checksum)) = asked {
        return Some(next(version, checksum, "asked for"));
    }
    let (version, facts) = state
        .versions(ruleset)
        .into_iter()
        .find(|(version, _)| !version.is_hotfix())?;
    let baseline = state.track(ruleset, environment)?.baseline.as_ref();
    let since = baseline
        .and_then(|baseline| state.version(ruleset, &baseline.version))
        .map(|facts| facts.at);
    let is_newer = since.is_none_or(|since| facts.at > since);
    is_newer.then(|| next(&version, facts.checksum, "planned"))
}
