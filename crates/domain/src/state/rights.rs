//! Rights in force, and who may do what.

use super::State;
use rulegate_ledger::access::{self, Act, Actor, Grant, Scope};
use rulegate_ledger::ids::{AccountId, SiteName, Timestamp};

impl State {
    /// Rights in force, in order, each once.
    pub fn grants(&self) -> Vec<Grant> {
        let mut newest: std::collections::BTreeMap<&Grant, (Timestamp, &SiteName, bool)> =
            Default::default();
        for (site, ledger) in &self.ledgers {
            for (grant, (at, given)) in &ledger.grants {
                take_newer(&mut newest, grant, (*at, site, *given));
            }
        }
        newest
            .into_iter()
            .filter(|(_, (_, _, given))| *given)
            .map(|(grant, _)| grant.clone())
            .collect()
    }

    /// Rights of one account.
    pub fn grants_of(&self, account: &AccountId) -> Vec<Grant> {
        let first = Grant {
            account: account.clone(),
            role: access::Role::ALL[0],
            scope: Scope::EVERYWHERE,
        };
        let mut newest: std::collections::BTreeMap<&Grant, (Timestamp, &SiteName, bool)> =
            Default::default();
        for (site, ledger) in &self.ledgers {
            for (grant, (at, given)) in ledger
                .grants
                .range(first.clone()..)
                .take_while(|(g, _)| g.account == *account)
            {
                take_newer(&mut newest, grant, (*at, site, *given));
            }
        }
        newest
            .into_iter()
            .filter(|(_, (_, _, given))| *given)
            .map(|(grant, _)| grant.clone())
            .collect()
    }

    /// May this actor do this act there? The command line on the database may manage accounts; the site
    /// itself needs no right for what is due; a token never does what needs a person.
    pub fn may(&self, actor: &Actor, act: Act, scope: &Scope) -> bool {
        if actor.account == AccountId::operator_console() {
            return matches!(act, Act::ManageAccounts | Act::View | Act::ExportLedger);
        }
        let grants = self.grants_of(&actor.account);
        let held = |role: access::Role| {
            grants
                .iter()
                .any(|g| g.role == role && act.holds(&g.scope, scope))
        };
        match &actor.token {
            Some(token) => {
                !act.needs_a_person()
                    && access::allows(token.role, act)
                    && act.holds(&token.scope, scope)
                    && held(token.role)
            }
            None => access::roles_for(act).into_iter().any(held),
        }
    }

    /// Accounts that may do an act there, each once.
    pub fn people_who_may(&self, act: Act, scope: &Scope) -> Vec<AccountId> {
        let people: std::collections::BTreeSet<AccountId> = self
            .grants()
            .into_iter()
            .filter(|grant| access::allows(grant.role, act) && act.holds(&grant.scope, scope))
            .map(|grant| grant.account)
            .collect();
        people.into_iter().collect()
    }
}

/// Last writer wins, by time, then site.
fn take_newer<'a>(
    newest: &mut std::collections::BTreeMap<&'a Grant, (Timestamp, &'a SiteName, bool)>,
    grant: &'a Grant,
    word: (Timestamp, &'a SiteName, bool),
) {
    let known = newest.entry(grant).or_insert(word);
    if (word.0, word.1) > (known.0, known.1) {
        *known = word;
    }
}
