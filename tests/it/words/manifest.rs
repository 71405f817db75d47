//! Manifests: which paths come in, and that their text reads back.

use rulegate_ledger::digest::Digest;
use rulegate_ledger::manifest::{Manifest, ManifestError, check_path};

fn manifest(paths: &[&str]) -> Result<Manifest, ManifestError> {
    Manifest::new(
        paths
            .iter()
            .map(|p| (p.to_string(), Digest::of(p.as_bytes()))),
    )
}

#[test]
fn bad_paths_are_refused() {
    for bad in [
        "",
        "/etc/x",
        "../x",
        "a/../b",
        "a//b",
        "./a",
        "a\nb",
        "a\u{202e}b",
        "c:/x",
        &"x".repeat(513),
    ] {
        assert!(manifest(&[bad]).is_err(), "{bad:?}");
    }
    for pair in [
        ["a", "a"],
        ["a/B", "A/b"],
        ["caf\u{e9}", "cafe\u{301}"],
        ["a", "a/b"],
    ] {
        assert!(manifest(&pair).is_err(), "{pair:?}");
    }
    assert!(manifest(&[]).is_err());
    assert!(manifest(&["a b", "a.b", "a/b", "ü", "x\\y"]).is_ok());
}

#[test]
fn no_character_that_is_not_seen_comes_in_and_what_came_in_stays_readable() {
    for refused in ['\u{61c}', '\u{202e}', '\u{200b}', '\u{ad}', '\u{feff}'] {
        let path = format!("a{refused}b");
        assert!(check_path(&path).is_err(), "{path:?}");
        assert!(manifest(&[&path]).is_err(), "{path:?}");
    }
    for kept in [
        '\u{a0}',
        '\u{3000}',
        '\u{fe0f}',
        '\u{e000}',
        '\u{3164}',
        '\u{e0041}',
    ] {
        let path = format!("a{kept}b");
        assert!(check_path(&path).is_err(), "{path:?}");
        let before = manifest(&[&path]).unwrap();
        assert_eq!(Manifest::parse(&before.text()).unwrap(), before);
    }
}

#[test]
fn the_text_reads_back_and_any_change_is_noticed() {
    let m = manifest(&["b", "a/b", "a.b", "x\\y"]).unwrap();
    assert_eq!(Manifest::parse(&m.text()).unwrap(), m);
    let swapped: Vec<&str> = m.text().leak().lines().rev().collect();
    assert!(Manifest::parse(&format!("{}\n", swapped.join("\n"))).is_err());
    assert!(Manifest::parse(m.text().trim_end()).is_err());
}
