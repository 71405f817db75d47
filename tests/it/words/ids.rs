//! Names and numbers, checked at the edge.

use rulegate_ledger::ids::{ReviewId, RuleSetName};

#[test]
fn names_are_checked_at_the_edge() {
    assert!("owasp-crs".parse::<RuleSetName>().is_ok());
    for bad in ["", "-x", "Über", "A", "a b", "a/b", "..", &"x".repeat(64)] {
        assert!(bad.parse::<RuleSetName>().is_err(), "{bad}");
    }
    let review: ReviewId = "my-site-57".parse().unwrap();
    assert_eq!((review.site.as_str(), review.seq), ("my-site", 57));
}
