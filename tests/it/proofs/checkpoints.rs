//! Signed notes: what is written, what is believed.

use rulegate_ledger::checkpoint::{NoteError, Origin, VerifierKey, open, read_unverified};
use rulegate_ledger::digest::Digest;

use super::given::{key, site};

#[test]
fn a_note_is_three_lines_and_a_signature() {
    let key = key("ipc2", 7);
    let root = Digest::of(b"root");
    let note = key.sign(48, root);
    let lines: Vec<&str> = note.split('\n').collect();
    assert_eq!(lines[0], "example.org/rulegate/e3/ipc2");
    assert_eq!(lines[1], "48");
    assert_eq!(lines[3], "");
    assert!(lines[4].starts_with("— example.org/rulegate/e3/ipc2 "));
    assert_eq!((lines[5], lines.len()), ("", 6));
    let said = open(&note, &[key.verifier()]).unwrap();
    assert_eq!((said.size, said.root), (48, root));
    assert_eq!(said.origin.site(), site("ipc2"));
    assert_eq!(note, key.sign(48, root), "the same every time");
}

#[test]
fn a_verifier_key_is_read_as_it_is_written() {
    let written = key("ipc2", 7).verifier().to_string();
    let read: VerifierKey = written.parse().unwrap();
    assert_eq!(read.to_string(), written);
    for wrong in [
        "",
        "example.org/rulegate/e3/ipc2",
        &written.replace("ipc2", "ipc1"),
        &written[..written.len() - 4],
        &written.replacen('+', "-", 1),
    ] {
        assert!(wrong.parse::<VerifierKey>().is_err(), "{wrong}");
    }
}

#[test]
fn any_changed_byte_is_found() {
    let key = key("ipc2", 7);
    let note = key.sign(48, Digest::of(b"root"));
    let keys = [key.verifier()];
    for at in 0..note.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut changed = note.clone().into_bytes();
            changed[at] ^= flip;
            if let Ok(changed) = String::from_utf8(changed) {
                assert!(open(&changed, &keys).is_err(), "byte {at} by {flip}");
            }
        }
        if note.is_char_boundary(at) {
            assert!(open(&note[..at], &keys).is_err(), "cut at {at}");
        }
    }
}

#[test]
fn another_key_is_not_believed_and_witnesses_are_passed_over() {
    let (ours, theirs) = (key("ipc2", 7), key("ipc2", 8));
    let note = theirs.sign(5, Digest::of(b"root"));
    let refused = open(&note, &[ours.verifier()]).unwrap_err();
    assert!(matches!(refused, NoteError::OtherKey { .. }), "{refused}");
    let note = ours.sign(5, Digest::of(b"root"));
    let witness = theirs.sign(5, Digest::of(b"root"));
    let both = format!("{note}{}\n", witness.lines().last().unwrap());
    assert!(open(&both, &[ours.verifier()]).is_ok());
    // The right key's name and id with a signature over something else.
    let other = ours.sign(6, Digest::of(b"root"));
    let text = note.split("\n\n").next().unwrap();
    let mixed = format!("{text}\n\n{}\n", other.lines().last().unwrap());
    let refused = open(&mixed, &[ours.verifier()]).unwrap_err();
    assert!(matches!(refused, NoteError::FalseSignature { .. }));
}

#[test]
fn a_checkpoint_that_says_more_is_of_the_future() {
    let key = key("ipc2", 7);
    let note = key.sign(5, Digest::of(b"root"));
    let more = note.replacen("\n\n", "\nextension\n\n", 1);
    assert_eq!(read_unverified(&more), Err(NoteError::Newer));
    for (what, with) in [("\n5\n", "\n05\n"), ("\n5\n", "\n-5\n"), ("=\n\n", "\n\n")] {
        let wrong = note.replacen(what, with, 1);
        assert!(
            matches!(read_unverified(&wrong), Err(NoteError::Malformed(_))),
            "{wrong}"
        );
    }
}

#[test]
fn an_origin_names_organisation_installation_and_site() {
    let origin = Origin::of("example.org/e3", &site("ipc1")).unwrap();
    assert_eq!(origin.as_str(), "example.org/rulegate/e3/ipc1");
    for wrong in ["e3", "a/b/c", "a b/e3", "/e3", "a/", "a+b/e3"] {
        assert!(Origin::of(wrong, &site("ipc1")).is_err(), "{wrong}");
    }
    for wrong in ["a/other/b/ipc1", "a/rulegate/b/IPC1", "a/rulegate/b"] {
        assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
    }
}
