//! Real hotfixes with known answers.

use rulegate_compare::ThreeWay;
use rulegate_compare::verdict::{Verdict, verdict};

use super::{cases, texts};

/// Of what the labels say without version markers, at least this share is said too.
const ACCURACY_MIN: f64 = 0.90;

#[test]
fn included_is_never_said_wrongly_and_most_verdicts_are_right() {
    let (mut right, mut all) = (0, 0);
    let mut wrong = Vec::new();
    for case in cases() {
        let rules = verdict(&case.files.as_ref().map(texts));
        assert_eq!(
            rules.len(),
            case.labels.len(),
            "{}: a verdict for every label",
            case.name
        );
        for label in &case.labels {
            let rule = rules
                .iter()
                .find(|rule| rule.path == label.path)
                .expect("every label has a verdict");
            if rule.verdict == Verdict::Included && label.verdict != Verdict::Included {
                wrong.push(format!("{} {}: {}", case.name, rule.path, rule.why));
            }
            if !label.flags.iter().any(|flag| flag == "marker-only") {
                all += 1;
                right += usize::from(rule.verdict == label.verdict);
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "included said wrongly");
    assert!(
        right as f64 >= ACCURACY_MIN * all as f64,
        "{right} of {all} right"
    );
}

#[test]
fn the_hotfix_itself_includes_it_and_the_base_overrides_it() {
    for case in cases() {
        let sides = case.files.as_ref().map(texts);
        let itself = ThreeWay {
            planned: sides.hotfix.clone(),
            ..sides.clone()
        };
        for rule in verdict(&itself) {
            assert_eq!(
                rule.verdict,
                Verdict::Included,
                "{} {}: {}",
                case.name,
                rule.path,
                rule.why
            );
            assert!(
                rule.units
                    .iter()
                    .all(|unit| unit.verdict == Verdict::Included),
                "{} {}",
                case.name,
                rule.path
            );
        }
        let before = ThreeWay {
            planned: sides.base.clone(),
            ..sides
        };
        for rule in verdict(&before) {
            assert_eq!(
                rule.verdict,
                Verdict::Overridden,
                "{} {}: {}",
                case.name,
                rule.path,
                rule.why
            );
        }
    }
}

#[test]
fn units_stand_on_lines_that_the_texts_have() {
    for case in cases() {
        for rule in verdict(&case.files.as_ref().map(texts)) {
            let lines = |files: &std::collections::BTreeMap<String, Vec<u8>>| {
                files
                    .get(&rule.path)
                    .map_or(0, |bytes| bytes.split(|b| *b == b'\n').count() as u32)
            };
            for unit in &rule.units {
                for (span, most) in [
                    (unit.base, lines(&case.files.base)),
                    (unit.hotfix, lines(&case.files.hotfix)),
                ] {
                    let Some((from, to)) = span else { continue };
                    assert!(
                        1 <= from && from <= to && to <= most,
                        "{} {}: {unit:?} of {most}",
                        case.name,
                        rule.path
                    );
                }
            }
        }
    }
}
