//! A whole export from a reader, and what to tell of it: what `rulegate verify` and `rulegate-verify` share.

use std::io::{BufRead as _, BufReader, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::{Fault, Line, Verified, Verifier};
use crate::checkpoint::VerifierKey;

/// Lines are read side by side in batches of about this size.
const BATCH_SIZE_BYTES: usize = 512 * 1024;
/// Batches that may be under way for each worker.
const BATCHES: usize = 2;
/// More workers than this wait for the part that goes line by line.
const WORKERS_MAX: usize = 4;

/// Verifies an export under the keys that are given, or under the one that it names. The inner result is what to
/// tell: of a whole export its counts and who signed, else the first bad entry.
///
/// Errors: what the reader fails with.
pub fn report(
    input: impl Read + Send,
    keys: Vec<VerifierKey>,
) -> std::io::Result<Result<String, String>> {
    let is_key_given = !keys.is_empty();
    Ok(match verify(input, Verifier::new(keys))? {
        Ok(whole) => Ok(sentences(&whole, is_key_given).join("\n")),
        Err(fault) => Err(format!("not as it was written: {fault}")),
    })
}

fn sentences(whole: &Verified, is_key_given: bool) -> Vec<String> {
    let (entries, contents, site) = (whole.entries, whole.contents, &whole.site);
    let mut told = vec![
        format!(
            "{entries} entries and {contents} contents of {site} verified, head {}",
            whole.head
        ),
        format!("root {} of the tree over {entries} entries", whole.root),
    ];
    if whole.checkpoints == 0 {
        told.push("no checkpoint: nobody has signed for these entries".into());
        return told;
    }
    told.push(format!(
        "{} checkpoints agree with them, the newest at entry {}",
        whole.checkpoints, whole.covered
    ));
    if whole.covered < entries {
        told.push(format!(
            "entries {} to {entries} are under no checkpoint yet",
            whole.covered + 1
        ));
    }
    told.push(match &whole.key {
        Some(key) if is_key_given => format!("every checkpoint is signed by the given key {key}"),
        Some(key) => format!(
            "every checkpoint is signed by {key}, the key in the file: compare it with the one that the site told you, or give that one with --key"
        ),
        None => "signatures were not checked: give the site's key with --key".into(),
    });
    told
}

/// A batch of lines, then the same with what each line holds.
type Batch = Vec<u8>;
type ReadBatch = (Batch, Vec<Line>);

/// Reads lines on every core and puts them together in their order on this one.
fn verify(
    input: impl Read + Send,
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
fn deal(input: impl Read, workers: &[SyncSender<Batch>]) -> std::io::Result<()> {
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
