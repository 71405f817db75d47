//! A short run of the simulator, so that every run of the tests meets most of what it looks for. The long run is
//! `cargo run --release --example simulate`.

#[path = "../../examples/simulate/counts.rs"]
mod counts;
#[path = "../../examples/simulate/link.rs"]
mod link;
#[path = "../../examples/simulate/oracle.rs"]
mod oracle;
#[path = "../../examples/simulate/people.rs"]
mod people;
#[path = "../../examples/simulate/random.rs"]
mod random;
#[path = "../../examples/simulate/run.rs"]
mod run;
#[path = "../../examples/simulate/shelf.rs"]
mod shelf;
#[path = "../../examples/simulate/site.rs"]
mod site;

use counts::{Counts, Rare};
use run::Options;

const SEEDS: u64 = 40;
const STEPS: usize = 600;

#[test]
fn two_sites_hold_what_they_promise() {
    let options = Options {
        steps: STEPS,
        trace: false,
        checkpoints: true,
    };
    let mut counts = Counts::default();
    for seed in 0..SEEDS {
        match run::run(seed, options) {
            Ok(ran) => counts.add(&ran.counts),
            Err(why) => panic!("seed {seed} of {STEPS} steps fails: {why}"),
        }
    }
    for rare in [
        Rare::StaleInCut,
        Rare::Rollback,
        Rare::IntentFulfilled,
        Rare::CrashAfter,
        Rare::RetryKnown,
        Rare::PageForged,
        Rare::LagUnknown,
    ] {
        assert!(counts.of(rare) > 0, "{rare:?} was never met");
    }
}

#[test]
fn a_seed_plays_the_same_again() {
    let options = Options {
        steps: STEPS,
        trace: false,
        checkpoints: true,
    };
    let play = || run::run(7, options).map(|ran| (ran.entries, ran.acknowledged));
    assert_eq!(play().unwrap(), play().unwrap());
}

/// Pages believed without a checkpoint: the run must notice the forged entry.
#[test]
fn without_checkpoints_a_forged_entry_gets_in_and_is_noticed() {
    let options = Options {
        steps: STEPS,
        trace: false,
        checkpoints: false,
    };
    let caught = (0..SEEDS).find_map(|seed| run::run(seed, options).err());
    let why = caught.expect("a forged entry is noticed");
    assert!(why.contains("never made"), "{why}");
}
