//! What a mark of "seen" stands for.

use rulegate_domain::shown_texts::ShownTexts;
use rulegate_ledger::digest::Digest;

#[test]
fn any_other_text_is_another_digest() {
    let digest = |text: &str| Digest::of(text.as_bytes());
    let shown = ShownTexts {
        path: "a.conf",
        baseline: Some(digest("one")),
        hotfix: Some(digest("two")),
        planned: vec![("a.conf", digest("three"))],
    };
    let others = [
        ShownTexts {
            path: "b.conf",
            ..shown.clone()
        },
        ShownTexts {
            baseline: None,
            ..shown.clone()
        },
        ShownTexts {
            hotfix: Some(digest("one")),
            ..shown.clone()
        },
        ShownTexts {
            planned: vec![("c.conf", digest("three"))],
            ..shown.clone()
        },
        ShownTexts {
            planned: vec![("a.conf", digest("four"))],
            ..shown.clone()
        },
    ];
    assert_eq!(shown.digest(), shown.clone().digest());
    assert!(others.iter().all(|other| other.digest() != shown.digest()));
}
