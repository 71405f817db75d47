//! How far rights reach.

use rulegate_ledger::access::{Act, Scope, roles_for};
use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::RuleSetName;

#[test]
fn a_right_reaches_no_further_than_its_scope() {
    let name: RuleSetName = "a".parse().unwrap();
    let here: Environment = "ipc2/prod".parse().unwrap();
    let there: Environment = "ipc1/prod".parse().unwrap();
    let held = Scope {
        ruleset: None,
        site: Some(here.site.clone()),
        lane: None,
    };
    assert!(held.reaches(&Scope::exactly(&name, &here)));
    assert!(!held.reaches(&Scope::exactly(&name, &there)));
    assert!(held.reaches(&Scope::ruleset(&name)));
    assert!(!held.covers(&Scope::ruleset(&name)));
    assert!(!Act::ManageAccounts.holds(&held, &Scope::EVERYWHERE));
    assert!(Act::View.holds(&held, &Scope::EVERYWHERE));
}

#[test]
fn no_service_role_judges() {
    for act in Act::ALL.into_iter().filter(|act| act.needs_a_person()) {
        assert!(
            roles_for(act).iter().all(|role| !role.is_service()),
            "{act:?}"
        );
    }
}
