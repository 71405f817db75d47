//! Simulates two sites, their link and their people against the pure domain, seed by seed:
//!
//! ```sh
//! cargo run --release --example simulate -- --seeds 10000 --steps 2000
//! cargo run --release --example simulate -- --seed 17 --trace
//! cargo run --release --example simulate --features broken-checks -- --broken fingerprint --seeds 1000
//! ```
//!
//! Exit 0: every seed held and every rare state was met. Exit 1 otherwise; a failing seed is printed and plays
//! the same again. With `--broken` the run must be caught: exit 0 if some seed fails.

mod counts;
mod link;
mod oracle;
mod people;
mod random;
mod run;
mod shelf;
mod site;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use clap::Parser;
use counts::{Counts, Rare};
use run::{Options, Ran};

/// What the simulator is told.
#[derive(Parser)]
struct Args {
    /// How many seeds, from 0 on.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// Steps of each.
    #[arg(long, default_value_t = 2_000)]
    steps: usize,
    /// Only this seed.
    #[arg(long)]
    seed: Option<u64>,
    /// Print every wish.
    #[arg(long)]
    trace: bool,
    /// Threads; as many as there are cores unless given.
    #[arg(long)]
    threads: Option<usize>,
    /// Leave one check out, to see that it is missed: checkpoint, or with the feature broken-checks one of
    /// fingerprint, four-eyes, intent-pin, intent-gate, hotfix-answers, on-top-of-pin.
    #[arg(long)]
    broken: Option<String>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let options = Options {
        steps: args.steps,
        trace: args.trace,
        checkpoints: args.broken.as_deref() != Some("checkpoint"),
    };
    if let Some(check) = args
        .broken
        .as_deref()
        .filter(|check| *check != "checkpoint")
        && let Err(why) = leave_out(check)
    {
        eprintln!("{why}");
        return ExitCode::FAILURE;
    }
    let started = Instant::now();
    let seeds: Vec<u64> = match args.seed {
        Some(seed) => vec![seed],
        None => (0..args.seeds).collect(),
    };
    let threads = args.threads.unwrap_or_else(|| {
        std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
    });
    let next = AtomicU64::new(0);
    let total = Mutex::new(Ran::default());
    let failed: Mutex<Option<(u64, String)>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(seeds.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed) as usize;
                    let stop = lock(&failed).is_some();
                    let Some(seed) = seeds.get(at).copied().filter(|_| !stop) else {
                        return;
                    };
                    match run::run(seed, options) {
                        Ok(ran) => {
                            let mut total = lock(&total);
                            total.counts.add(&ran.counts);
                            total.entries += ran.entries;
                            total.acknowledged += ran.acknowledged;
                        }
                        Err(why) => {
                            let mut failed = lock(&failed);
                            if failed.as_ref().is_none_or(|(first, _)| seed < *first) {
                                *failed = Some((seed, why));
                            }
                        }
                    }
                }
            });
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(check) = &args.broken {
        return match failed {
            Some((seed, why)) => {
                println!(
                    "without the check {check}, seed {seed} is caught in {seconds:.1} s: {why}"
                );
                ExitCode::SUCCESS
            }
            None => {
                println!(
                    "without the check {check}, {} seeds were not caught",
                    seeds.len()
                );
                ExitCode::FAILURE
            }
        };
    }
    if let Some((seed, why)) = failed {
        println!("seed {seed} fails: {why}");
        println!("again: --seed {seed} --steps {} --trace", args.steps);
        return ExitCode::FAILURE;
    }
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    report(&total, seeds.len(), args.steps, seconds);
    let missing: Vec<&str> = Rare::ALL
        .iter()
        .filter(|(rare, _)| total.counts.of(*rare) == 0)
        .map(|(_, words)| *words)
        .collect();
    if !missing.is_empty() && args.seed.is_none() {
        println!("never met: {}", missing.join("; "));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn report(total: &Ran, seeds: usize, steps: usize, seconds: f64) {
    let all = seeds as f64 * steps as f64;
    println!(
        "{seeds} seeds of {steps} steps in {seconds:.1} s, {:.1} µs a step; {} commands done, {} entries",
        seconds * 1e6 / all.max(1.0),
        total.acknowledged,
        total.entries
    );
    let counts: &Counts = &total.counts;
    for (rare, words) in Rare::ALL {
        println!("{:>10}  {words}", counts.of(*rare));
    }
}

#[cfg(feature = "broken-checks")]
fn leave_out(check: &str) -> Result<(), String> {
    rulegate_domain::defect::leave_out(check)
}

#[cfg(not(feature = "broken-checks"))]
fn leave_out(check: &str) -> Result<(), String> {
    Err(format!(
        "leaving out {check} needs a build with --features broken-checks"
    ))
}
