//! The rule by which another site's entries are believed.

use rulegate_ledger::trust::{Alarm, Copy, Trust};

use super::given::{Ledger, key, site};

fn nothing_known() -> Trust {
    Trust::new(
        site("ipc1"),
        vec![key("ipc1", 1).verifier()],
        None,
        Copy::default(),
    )
}

/// `trust` after the ledger's checkpoint at `size` was seen.
fn seen(trust: &Trust, ledger: &Ledger, size: usize) -> Result<Trust, Alarm> {
    let note = key("ipc1", 1).sign(size as u64, ledger.root(size));
    let offered = trust.open(&note)?;
    let from = trust.seen_size().min(size as u64);
    trust.see(&offered, &ledger.proof(from, size as u64))
}

/// `trust` after it took `count` more entries.
fn took(trust: &Trust, ledger: &Ledger, count: usize) -> Result<Trust, Alarm> {
    let after = trust.head().seq as usize;
    let to = (after + count).min(trust.seen_size() as usize);
    let proof = ledger.proof(to as u64, trust.seen_size());
    Ok(trust.take(ledger.page(after, count), &proof)?.next)
}

#[test]
fn pages_are_taken_under_the_checkpoint_they_lead_to() {
    let ledger = Ledger::with("ipc1", 700);
    let mut trust = seen(&nothing_known(), &ledger, 650).unwrap();
    let mut pages = 0;
    while trust.head().seq < trust.seen_size() {
        trust = took(&trust, &ledger, 200).unwrap();
        pages += 1;
    }
    assert_eq!(
        (pages, trust.head().seq),
        (4, 650),
        "nothing beyond the checkpoint"
    );
    assert_eq!(trust.head().hash, ledger.entries[649].hash);
    let trust = seen(&trust, &ledger, 700).unwrap();
    let trust = took(&trust, &ledger, 200).unwrap();
    assert_eq!(trust.head().seq, 700);
}

#[test]
fn nothing_is_taken_without_a_checkpoint() {
    let ledger = Ledger::with("ipc1", 3);
    let taken = nothing_known().take(ledger.page(0, 3), &[]).unwrap();
    assert!(taken.entries.is_empty());
    assert_eq!(taken.next.head().seq, 0);
}

#[test]
fn what_is_here_already_is_passed_over() {
    let ledger = Ledger::with("ipc1", 30);
    let trust = seen(&nothing_known(), &ledger, 20).unwrap();
    let trust = took(&trust, &ledger, 20).unwrap();
    let again = trust.take(ledger.page(0, 20), &[]).unwrap();
    assert!(again.entries.is_empty());
    let trust = seen(&trust, &ledger, 30).unwrap();
    let overlapping = trust.take(ledger.page(10, 20), &[]).unwrap();
    assert_eq!(overlapping.entries.len(), 10);
}

#[test]
fn a_forged_entry_is_not_covered() {
    let ledger = Ledger::with("ipc1", 40);
    let trust = seen(&nothing_known(), &ledger, 40).unwrap();
    // A whole other history that chains perfectly.
    let mut forged = Ledger::with("ipc1", 20);
    forged.say("forged");
    let proof = ledger.proof(21, 40);
    let refused = trust.take(forged.page(0, 21), &proof).unwrap_err();
    assert_eq!(refused.code(), "not_covered");
    assert!(refused.is_fork());
    // One changed entry breaks the chain before it comes to that.
    let mut page = ledger.page(0, 40);
    let other = Ledger::with("ipc1", 1);
    let changed = other.entries[0].bytes.replace("entry 0", "entry X");
    page[0].1 = &changed;
    assert_eq!(trust.take(page, &[]).unwrap_err().code(), "bad_entry");
    let gap = trust.take(ledger.page(1, 39), &[]).unwrap_err();
    assert_eq!(gap.code(), "bad_entry");
}

#[test]
fn two_histories_are_a_fork() {
    let ledger = Ledger::with("ipc1", 10);
    let trust = seen(&nothing_known(), &ledger, 10).unwrap();
    let mut other = Ledger::with("ipc1", 9);
    other.say("another tenth");
    other.say("eleventh");
    assert_eq!(seen(&trust, &other, 10).unwrap_err().code(), "fork");
    assert_eq!(seen(&trust, &other, 11).unwrap_err().code(), "fork");
    let trust = took(&trust, &ledger, 10).unwrap();
    let refused = trust.take(other.page(9, 1), &[]).unwrap_err();
    assert_eq!(refused.code(), "fork");
}

#[test]
fn a_shorter_ledger_is_rolled_back() {
    let ledger = Ledger::with("ipc1", 10);
    let trust = seen(&nothing_known(), &ledger, 10).unwrap();
    let refused = seen(&trust, &ledger, 8).unwrap_err();
    assert_eq!(refused.code(), "rolled_back");
    assert!(
        refused.to_string().contains("lost entries 9 to 10"),
        "{refused}"
    );
}

#[test]
fn another_key_another_site_and_a_newer_format_are_named() {
    let ledger = Ledger::with("ipc1", 3);
    let trust = nothing_known();
    let by_other = key("ipc1", 2).sign(3, ledger.root(3));
    assert_eq!(trust.open(&by_other).unwrap_err().code(), "other_key");
    let keys = vec![key("ipc2", 1).verifier()];
    let confused = Trust::new(site("ipc1"), keys, None, Copy::default());
    let of_other = key("ipc2", 1).sign(3, ledger.root(3));
    assert_eq!(confused.open(&of_other).unwrap_err().code(), "other_ledger");
    let trust = seen(&trust, &ledger, 3).unwrap();
    let newer = ledger.entries[0]
        .bytes
        .replace("\"format\":1", "\"format\":2");
    let refused = trust.take([(1, &*newer)], &[]).unwrap_err();
    assert_eq!(refused.code(), "newer_format");
    assert!(!refused.is_fork());
    let kind = ledger.entries[0]
        .bytes
        .replace("site.declared", "site.invented");
    let refused = trust.take([(1, &*kind)], &[]).unwrap_err();
    assert_eq!(refused.code(), "newer_format");
}

#[test]
fn a_changed_copy_is_noticed() {
    let ledger = Ledger::with("ipc1", 10);
    let mut copy = Copy::default();
    let mut forged = Ledger::with("ipc1", 10);
    forged.say("written into our copy");
    for (_, bytes) in forged.page(0, 11) {
        copy.push(&site("ipc1"), bytes).unwrap();
    }
    let keys = vec![key("ipc1", 1).verifier()];
    let trust = Trust::new(site("ipc1"), keys, None, copy);
    assert_eq!(
        seen(&trust, &ledger, 10).unwrap_err().code(),
        "copy_changed"
    );
    let mut longer = ledger.clone();
    longer.say("eleventh");
    assert_eq!(
        seen(&trust, &longer, 11).unwrap_err().code(),
        "copy_changed"
    );
    longer.say("twelfth");
    let trust = seen(&trust, &longer, 12).unwrap();
    let refused = took(&trust, &longer, 1).unwrap_err();
    assert_eq!(refused.code(), "bad_entry", "{refused}");
}
