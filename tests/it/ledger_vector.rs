//! The test vector of `docs/ledger-format.md`: a small export made by another program from that page alone.

use std::collections::BTreeSet;

use rulegate_domain::state::State;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::environment::Topology;
use rulegate_ledger::event::Event;
use rulegate_ledger::ledger::Entry;
use rulegate_ledger::verify::{Fault, Verified, Verifier};
use sha2::Digest as _;

const VECTOR: &[u8] = include_bytes!("../fixtures/ledger/vector.ndjson");
/// Entries of the other site, of the kinds about what lies between the two.
const BETWEEN: &[u8] = include_bytes!("../fixtures/ledger/between-sites.ndjson");
/// As printed in `docs/ledger-format.md`.
const HEAD: &str = "76c7a865e8ef88e972762a48558928261e3566c05e97ab07b88d79ae4c6632f1";
const ROOT: &str = "1dd881379a32a05e073e451d3368bbd832fed92f10e8c90074db47a6e200e61d";
const KEY: &str =
    "example.org/rulegate/e3/ipc2+c6dbe487+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
/// What is flipped in a byte: its lowest bit, the bit between the cases of a letter, its highest bit.
const FLIPS: [u8; 3] = [0x01, 0x20, 0x80];

fn lines(export: &[u8]) -> Vec<&[u8]> {
    export.split_inclusive(|byte| *byte == b'\n').collect()
}

fn verify_from(mut verifier: Verifier, lines: &[&[u8]]) -> Result<Verified, Fault> {
    for line in lines {
        verifier.take(line)?;
    }
    verifier.finish()
}

fn verify(lines: &[&[u8]]) -> Result<Verified, Fault> {
    verify_from(Verifier::default(), lines)
}

/// The entries' lines, each with its hash and its bytes.
fn entries() -> Vec<(Digest, &'static str)> {
    entries_of(VECTOR)
}

fn entries_of(export: &'static [u8]) -> Vec<(Digest, &'static str)> {
    let mut entries = Vec::new();
    for line in lines(export) {
        let line = std::str::from_utf8(line).unwrap().trim_end();
        if let Some(rest) = line.strip_prefix("{\"hash\":\"") {
            let (hash, rest) = rest.split_at(64);
            let bytes = rest.strip_prefix("\",\"entry\":").unwrap();
            entries.push((hash.parse().unwrap(), bytes.strip_suffix('}').unwrap()));
        }
    }
    entries
}

#[test]
fn the_vector_is_whole() {
    let whole = verify(&lines(VECTOR)).unwrap();
    assert_eq!(whole.site.as_str(), "ipc2");
    assert_eq!((whole.entries, whole.contents), (48, 9));
    assert_eq!(whole.head.to_hex(), HEAD);
    assert_eq!((whole.checkpoints, whole.covered), (3, 48));
    assert_eq!(whole.root.to_hex(), ROOT);
    assert_eq!(whole.key.unwrap().to_string(), KEY);
    assert!(whole.key_is_from_the_file);
}

#[test]
fn a_given_key_counts_and_not_the_one_in_the_file() {
    let verify = |key: &str| verify_from(Verifier::new(vec![key.parse().unwrap()]), &lines(VECTOR));
    assert_eq!(verify(KEY).unwrap().checkpoints, 3);
    let other = crate::proofs::given::key("ipc2", 1).verifier().to_string();
    let fault = verify(&other).unwrap_err();
    assert!(fault.problem.contains("none of the keys"), "{fault}");
    assert_eq!(fault.line, 3, "the first checkpoint");
    let of_ipc1 = crate::proofs::given::key("ipc1", 1).verifier().to_string();
    assert!(
        verify(&of_ipc1)
            .unwrap_err()
            .problem
            .contains("another site")
    );
}

/// Somebody who holds no key cannot make a ledger anew: its entries chain, the checkpoints do not fit.
#[test]
fn a_history_made_anew_is_found_by_its_checkpoints() {
    let mut anew = Vec::new();
    let (mut prev, mut sum) = ("0".repeat(64), sha2::Sha256::new());
    for line in lines(VECTOR) {
        let mut text = String::from_utf8(line.to_vec()).unwrap();
        if let Some(bytes) = text.strip_prefix("{\"hash\":\"") {
            let bytes = bytes[74..].trim_end().strip_suffix('}').unwrap();
            let mut bytes = bytes.replace("try it", "try me");
            bytes.replace_range(bytes.len() - 66..bytes.len() - 2, &prev);
            prev = Digest::of(bytes.as_bytes()).to_hex();
            text = format!("{{\"hash\":\"{prev}\",\"entry\":{bytes}}}\n");
        } else if text.starts_with("{\"end\"") {
            let digest: [u8; 32] = sum.clone().finalize().into();
            let counts = (48, 9, 3);
            let head = prev.parse().unwrap();
            text = rulegate_ledger::verify::end_line(counts, head, Digest(digest)) + "\n";
        }
        sha2::Digest::update(&mut sum, text.as_bytes());
        anew.push(text.into_bytes());
    }
    let anew: Vec<&[u8]> = anew.iter().map(Vec::as_slice).collect();
    let fault = verify(&anew).unwrap_err();
    assert!(
        fault
            .problem
            .contains("are not those under the checkpoint at 20"),
        "{fault}"
    );
    // Without its checkpoints nothing else would tell.
    let is_other = |line: &&&[u8]| !line.starts_with(b"{\"checkpoint\"");
    let bare: Vec<&[u8]> = anew.iter().filter(is_other).copied().collect();
    let fault = verify(&bare).unwrap_err();
    assert!(
        fault.problem.contains("3 checkpoints were written"),
        "{fault}"
    );
}

#[test]
fn it_has_every_kind() {
    let have: BTreeSet<&str> = entries()
        .iter()
        .chain(&entries_of(BETWEEN))
        .map(|(_, bytes)| Entry::read(bytes).unwrap().fact.event.kind())
        .collect();
    assert_eq!(have, BTreeSet::from_iter(Event::KINDS.iter().copied()));
}

#[test]
fn its_entries_seal_to_the_same_bytes_and_fold() {
    let topology = Topology::default();
    let own = topology.sites[0].clone();
    let mut state = State::new(topology, own.clone());
    for (hash, bytes) in entries().into_iter().chain(entries_of(BETWEEN)) {
        let entry = Entry::read(bytes).unwrap();
        let sealed = entry.seal(true);
        assert_eq!((&*sealed.bytes, sealed.hash), (bytes, hash));
        state.apply(&entry, hash).unwrap();
    }
    assert_eq!(state.head(&own).hash.to_hex(), HEAD);
}

#[test]
fn its_fingerprints_are_those_of_what_was_shown() {
    let mut approvals = 0;
    for (_, bytes) in entries() {
        if let Event::ReviewApproved(body) = Entry::read(bytes).unwrap().fact.event {
            assert_eq!(
                body.shown.fingerprint(),
                body.fingerprint,
                "{}",
                body.review
            );
            approvals += 1;
        }
    }
    assert!(approvals > 0);
}

#[test]
fn any_changed_byte_is_found() {
    let lines = lines(VECTOR);
    let mut verifier = Verifier::default();
    let mut unnoticed = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        for at in 0..line.len() {
            for flip in FLIPS {
                let mut changed = line.to_vec();
                changed[at] ^= flip;
                // A flipped line feed may make two lines of one or one of two.
                let mut rest: Vec<&[u8]> = changed.split_inclusive(|byte| *byte == b'\n').collect();
                let joined;
                if !changed.ends_with(b"\n") && index + 1 < lines.len() {
                    let last = rest.pop().unwrap_or_default();
                    joined = [last, lines[index + 1]].concat();
                    rest.push(&joined);
                    rest.extend(&lines[index + 2..]);
                } else {
                    rest.extend(&lines[index + 1..]);
                }
                if verify_from(verifier.clone(), &rest).is_ok() {
                    unnoticed.push((index + 1, at, flip));
                }
            }
        }
        verifier.take(line).unwrap();
    }
    assert_eq!(unnoticed, []);
}

#[test]
fn any_line_removed_repeated_or_moved_is_found() {
    let whole = lines(VECTOR);
    let mut verifier = Verifier::default();
    for at in 0..whole.len() {
        let is_found = |rest: &[&[u8]]| verify_from(verifier.clone(), rest).is_err();
        let rest = &whole[at..];
        assert!(is_found(&rest[1..]), "line {} removed", at + 1);
        let repeated = [&rest[..1], rest].concat();
        assert!(is_found(&repeated), "line {} repeated", at + 1);
        for other in 1..rest.len() {
            let mut swapped = rest.to_vec();
            swapped.swap(0, other);
            let (at, other) = (at + 1, at + other + 1);
            assert!(is_found(&swapped), "lines {at} and {other} swapped");
        }
        verifier.take(whole[at]).unwrap();
    }
}

#[test]
fn a_file_that_was_cut_is_found() {
    let mut verifier = Verifier::default();
    for (index, line) in lines(VECTOR).into_iter().enumerate() {
        for end in 0..line.len() {
            let last = [&line[..end]];
            let rest = if end == 0 { &last[..0] } else { &last[..] };
            let cut = verify_from(verifier.clone(), rest);
            assert!(cut.is_err(), "cut after byte {end} of line {}", index + 1);
        }
        verifier.take(line).unwrap();
    }
}

#[test]
fn a_fault_names_the_entry() {
    let mut changed = lines(VECTOR);
    let entry_5 = changed
        .iter()
        .position(|line| line.windows(8).any(|part| part == b"\"seq\":5,"))
        .unwrap();
    let line = String::from_utf8(changed[entry_5].to_vec()).unwrap();
    let line = line.replace("try it", "try me");
    changed[entry_5] = line.as_bytes();
    let fault = verify(&changed).unwrap_err();
    assert_eq!(fault.line, entry_5 as u64 + 1);
    assert_eq!(fault.entry.unwrap().to_string(), "ipc2#5");
}
