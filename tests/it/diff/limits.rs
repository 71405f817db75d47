//! Worst cases stay within their bounds, told by counting comparisons.

use std::cell::Cell;
use std::hash::{Hash, Hasher};

use rulegate_compare::diff::{Alignment, Options, Row, TextDiff, Window, align, word_marks};

thread_local!(static COMPARED: Cell<u64> = const { Cell::new(0) });

/// An item that counts how often it is compared.
#[derive(Clone, Copy, Eq, Debug)]
struct Counted(u32);

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        COMPARED.set(COMPARED.get() + 1);
        self.0 == other.0
    }
}

impl Hash for Counted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// Numbers that look random and are the same in every run.
fn mixed(seed: u64, below: u32) -> impl Iterator<Item = u32> {
    let mut state = seed;
    std::iter::from_fn(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Some((state >> 33) as u32 % below)
    })
}

fn shapes(items: usize) -> Vec<(&'static str, Vec<u32>, Vec<u32>)> {
    let take = |iter: &mut dyn Iterator<Item = u32>| iter.take(items).collect::<Vec<_>>();
    let ascending: Vec<u32> = (0..items as u32).collect();
    let mut turned = ascending.clone();
    turned.rotate_left(items / 2);
    vec![
        ("two values", take(&mut mixed(1, 2)), take(&mut mixed(2, 2))),
        (
            "many values",
            take(&mut mixed(3, 1000)),
            take(&mut mixed(4, 1000)),
        ),
        (
            "reversed",
            ascending.clone(),
            ascending.iter().rev().copied().collect(),
        ),
        ("turned", ascending.clone(), turned),
        (
            "nothing shared",
            ascending.clone(),
            ascending.iter().map(|n| n + items as u32).collect(),
        ),
        (
            "period against period",
            ascending.iter().map(|n| n % 7).collect(),
            ascending.iter().map(|n| n % 11).collect(),
        ),
        (
            "every other",
            ascending.iter().map(|n| n * 2).collect(),
            ascending.iter().map(|n| n * 3).collect(),
        ),
    ]
}

#[test]
fn comparisons_are_bounded() {
    for items in [3_000, 25_000, 120_000] {
        for (name, old, new) in shapes(items) {
            let (old, new): (Vec<_>, Vec<_>) = (
                old.into_iter().map(Counted).collect(),
                new.into_iter().map(Counted).collect(),
            );
            COMPARED.set(0);
            let alignment = align(&old, &new);
            let compared = COMPARED.get() as usize;
            assert!(alignment.work <= Alignment::WORK_MAX, "{name} {items}");
            // the estimate holds, up to a few linear passes that are not searches
            let bound = alignment.work + 200 * (old.len() + new.len());
            println!(
                "{name:24} {items:7} compared {compared:10} estimate {:10} coarse {}",
                alignment.work, alignment.coarse
            );
            assert!(compared <= bound, "{name} {items}: {compared} > {bound}");
        }
    }
}

#[test]
fn a_large_text_with_few_changes_is_not_coarse() {
    let old: String = (0..200_000)
        .map(|n| format!("rule {n} of many\n"))
        .collect();
    let new = old
        .replace("0000 of many", "0000 of more")
        .replace("rule 77 of", "rule 77\nof");
    let diff = TextDiff::new(old.as_bytes(), new.as_bytes());
    assert!(!diff.is_coarse());
    assert_eq!((diff.stat().removed, diff.stat().added), (20, 21));
}

#[test]
fn a_large_text_of_repeated_lines_is_not_coarse() {
    let old: String = mixed(5, 1_000)
        .take(120_000)
        .map(|n| format!("rule {n}\n"))
        .collect();
    let new = old.replacen("rule 9\n", "rule nine\n", 3);
    let diff = TextDiff::new(old.as_bytes(), new.as_bytes());
    assert!(!diff.is_coarse());
    assert_eq!((diff.stat().removed, diff.stat().added), (3, 3));
}

#[test]
fn a_page_of_a_huge_diff_is_small() {
    let old: String = (0..50_000).map(|n| format!("rule {n} is on\n")).collect();
    let new = old.replace(" is on", " is off");
    let diff = TextDiff::new(old.as_bytes(), new.as_bytes());
    let page = diff.unified(&Options {
        window: Window::first(200),
        ..Options::default()
    });
    assert_eq!(page.rows.len(), 200);
    assert!(page.rows.iter().all(|row| matches!(row, Row::Line(_))));
    assert_eq!(page.after.removed + page.after.added, 100_000 - 200);
}

#[test]
fn one_huge_line_is_marked_by_its_ends() {
    let old = format!("{}x{}", "a b ".repeat(100_000), " c d".repeat(100_000));
    let new = old.replace('x', "y");
    let word = 400_000..400_001;
    let (left, right) = word_marks(old.as_bytes(), new.as_bytes());
    assert_eq!((left, right), (vec![word.clone()], vec![word]));
}
