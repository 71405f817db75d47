//! Characters that hide, and where they may stand.

use rulegate_ledger::invisible::{Kind, hides_in_prose, kind};

#[test]
fn every_kind_is_known_at_the_borders_of_its_ranges() {
    for (kind_wanted, characters) in [
        (Kind::Control, "\0\n\u{1f}\u{7f}\u{85}\u{9f}"),
        (
            Kind::Direction,
            "\u{61c}\u{200e}\u{202a}\u{202e}\u{2066}\u{2069}",
        ),
        (
            Kind::ZeroWidth,
            "\u{ad}\u{200b}\u{200d}\u{2060}\u{2065}\u{feff}",
        ),
        (Kind::Style, "\u{fe0e}\u{fe0f}"),
        (
            Kind::Ignorable,
            "\u{34f}\u{3164}\u{180e}\u{206a}\u{fe00}\u{e0001}\u{e0fff}",
        ),
        (
            Kind::Blank,
            "\u{a0}\u{1680}\u{2000}\u{200a}\u{2028}\u{202f}\u{2800}\u{3000}",
        ),
        (Kind::Private, "\u{e000}\u{f8ff}\u{f0000}\u{10ffff}"),
    ] {
        for c in characters.chars() {
            assert_eq!(kind(c), Some(kind_wanted), "U+{:04X}", c as u32);
        }
    }
    for c in " ~aé中‐\u{600}\u{300}\u{fffd}\u{1f600}".chars() {
        assert_eq!(kind(c), None, "U+{:04X}", c as u32);
    }
}

#[test]
fn white_space_and_controls_are_all_known() {
    for c in '\0'..=char::MAX {
        if c != ' ' && (c.is_whitespace() || c.is_control()) {
            assert!(kind(c).is_some(), "U+{:04X}", c as u32);
        }
    }
}

#[test]
fn prose_keeps_its_spaces_and_its_emoji() {
    assert!(!"Refusé\u{a0}: ☠\u{fe0f}".chars().any(hides_in_prose));
    assert!(
        "\u{61c}\u{200d}\u{202e}\u{e0041}\u{7}"
            .chars()
            .all(hides_in_prose)
    );
}
