//! `rulegate verify`: is this export whole, unchanged and signed for? Needs no server and no database.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::{CliResult, say};
use rulegate_ledger::checkpoint::VerifierKey;
use rulegate_ledger::verify::{Fault, Line, Verified, Verifier};

/// Lines are read side by side in batches of about this size.
const BATCH_SIZE_BYTES: usize = 512 * 1024;
/// Batches that may be under way for each worker.
const BATCHES: usize = 2;
/// More workers than this wait for the part that goes line by line.
const WORKERS_MAX: usize = 4;

/// What `verify` is told.
#[derive(clap::Args)]
pub struct VerifyArgs {
    /// The export; `-` for standard input.
    #[arg(default_value = "-")]
    file: PathBuf,
    /// The site's key as you know it from elsewhere; more than one if it was replaced. Without it the key in the
    /// file counts, which proves only that one key signed everything.
    #[arg(long = "key", value_delimiter = ',')]
    keys: Vec<VerifierKey>,
}

/// Prints the counts, or names the first bad entry and exits with 1.
pub fn run(args: VerifyArgs) -> CliResult {
    let input: Box<dyn Read + Send> = if args.file.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        let file = std::fs::File::open(&args.file)
            .map_err(|e| format!("cannot open {}: {e}", args.file.display()))?;
        Box::new(file)
    };
    let is_key_given = !args.keys.is_empty();
    match verify(input, Verifier::new(args.keys))? {
        Ok(whole) => {
            report(&whole, is_key_given);
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            say!("not as it was written: {fault}");
            Ok(ExitCode::from(1))
        }
    }
}

fn report(whole: &Verified, is_key_given: bool) {
    let (entries, contents, site) = (whole.entries, whole.contents, &whole.site);
    say!(
        "{entries} entries and {contents} contents of {site} verified, head {}",
        whole.head
    );
    say!("root {} of the tree over {entries} entries", whole.root);
    if whole.checkpoints == 0 {
        say!("no checkpoint: nobody has signed for these entries");
        return;
    }
    say!(
        "{} checkpoints agree with them, the newest at entry {}",
        whole.checkpoints,
        whole.covered
    );
    if whole.covered < entries {
        say!(
            "entries {} to {entries} are under no checkpoint yet",
            whole.covered + 1
        );
    }
    match &whole.key {
        Some(key) if is_key_given => say!("every checkpoint is signed by the given key {key}"),
        Some(key) => say!(
            "every checkpoint is signed by {key}, the key in the file: compare it with the one that the site told you, or give that one with --key"
        ),
        None => say!("signatures were not checked: give the site's key with --key"),
    }
}

/// A batch of lines, then the same with what each line holds.
type Batch = Vec<u8>;
type ReadBatch = (Batch, Vec<Line>);

/// Reads lines on every core and puts them together in their order on this one.
fn verify(
    input: Box<dyn Read + Send>,
    mut verifier: Verifier,
) -> std::io::Result<Result<Verified, Fault>> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = workers.min(WORKERS_MAX);
    std::thread::scope(|scope| {
        let mut todo = Vec::new();
        let mut done = Vec::new();
        for _ in 0..workers {
            let (to_worker, batches) = sync_channel(BATCHES);
            let (to_main, read) = sync_channel(BATCHES);
            scope.spawn(move || read_batches(&batches, &to_main));
            todo.push(to_worker);
            done.push(read);
        }
        let reading = scope.spawn(move || deal(input, &todo));
        // Batches come back in the order in which they were dealt.
        for number in 0.. {
            let Ok((batch, lines)) = done[number % workers].recv() else {
                break;
            };
            for (line, read) in batch.split_inclusive(|byte| *byte == b'\n').zip(lines) {
                if let Err(fault) = verifier.take_read(line, read) {
                    return Ok(Err(fault));
                }
            }
        }
        drop(done);
        reading.join().expect("reading does not panic")?;
        Ok(verifier.finish())
    })
}

/// Cuts the input into batches of whole lines and deals them to the workers in turn.
fn deal(input: Box<dyn Read + Send>, workers: &[SyncSender<Batch>]) -> std::io::Result<()> {
    let mut input = BufReader::with_capacity(1 << 20, input);
    for worker in workers.iter().cycle() {
        let mut batch = Vec::with_capacity(BATCH_SIZE_BYTES + 4_096);
        while batch.len() < BATCH_SIZE_BYTES {
            if input.read_until(b'\n', &mut batch)? == 0 {
                break;
            }
        }
        // Nobody waits for more once a fault was found.
        if batch.is_empty() || worker.send(batch).is_err() {
            break;
        }
    }
    Ok(())
}

fn read_batches(batches: &Receiver<Batch>, done: &SyncSender<ReadBatch>) {
    for batch in batches {
        let lines = batch.split_inclusive(|byte| *byte == b'\n');
        let lines = lines.map(Line::read).collect();
        if done.send((batch, lines)).is_err() {
            return;
        }
    }
}
