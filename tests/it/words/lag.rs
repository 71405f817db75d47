//! How far another site is known.

use rulegate_domain::lag::{Heard, Lag, SILENT_US};
use rulegate_ledger::ids::Timestamp;
use rulegate_ledger::ledger::Head;

fn copy(seq: u64) -> Head {
    Head {
        seq,
        at: Timestamp(1_000_000),
        ..Head::EMPTY
    }
}

#[test]
fn a_silent_site_is_unknown_and_the_bound_stays_below_the_truth() {
    let heard = Heard {
        at: Some(Timestamp(5_000_000)),
        entries: 12,
        is_cut: false,
    };
    let soon = Lag::of(copy(10), heard, Timestamp(6_000_000));
    assert_eq!((soon.at_least(), soon.is_level()), (2, false));
    assert!(matches!(soon, Lag::Known { seconds: 5, .. }));
    let late = Lag::of(copy(10), heard, Timestamp(5_000_000 + SILENT_US + 1));
    assert_eq!(
        late,
        Lag::Unknown {
            since: heard.at,
            last_seen: 10,
            at_least: 2
        }
    );
    let cut = Heard {
        is_cut: true,
        ..heard
    };
    assert!(!Lag::of(copy(12), cut, Timestamp(5_000_001)).is_level());
    let ahead = Lag::of(copy(14), heard, Timestamp(5_000_001));
    assert_eq!(
        ahead.at_least(),
        0,
        "our copy may have run ahead of the word"
    );
}
