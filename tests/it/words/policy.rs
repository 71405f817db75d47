//! What a policy allows, and which cannot be satisfied.

use rulegate_ledger::policy::{Policy, PolicyError};

#[test]
fn a_policy_nobody_can_satisfy_is_refused() {
    assert_eq!(Policy::default().check(3), Ok(()));
    assert!(matches!(
        Policy::default().check(2),
        Err(PolicyError::Unsatisfiable { needed: 2, .. })
    ));
    let alone = Policy {
        production_approvals: 0,
        ..Policy::default()
    };
    assert!(matches!(
        alone.check(9),
        Err(PolicyError::NobodyApproves { .. })
    ));
    let bad = Policy {
        hotfix_paths: vec!["a[".into()],
        ..Policy::default()
    };
    assert!(matches!(bad.check(9), Err(PolicyError::Pattern { .. })));
}

#[test]
fn patterns_bound_what_a_hotfix_touches() {
    let policy = Policy {
        hotfix_paths: vec!["rules/*.conf".into()],
        ..Policy::default()
    };
    assert!(policy.may_touch("rules/a.conf"));
    assert!(!policy.may_touch("rules/deep/a.conf"));
    assert!(!policy.may_touch("crs-setup.conf.example"));
}
