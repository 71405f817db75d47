//! Characters that a reader does not see as what they are: one table for paths, texts, diffs and verdicts.
//!
//! A rule that reads as one thing and does another is the oldest trick on a reviewer. So a path holds none of these, a
//! diff shows each by its number, and a verdict does not say *included* of a value that has more of them. Source:
//! Unicode 16, `DerivedCoreProperties.txt` (Default_Ignorable_Code_Point), `PropList.txt` (Bidi_Control, White_Space),
//! general categories Cc, Co and those of Cf that draw nothing. Signs of Cf that are drawn, such as the Arabic number
//! sign U+0600, are seen and not here.

/// What a character does to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It commands a terminal or a parser and draws nothing.
    Control,
    /// It turns the text around it, so that it reads in another order than it is read by a machine.
    Direction,
    /// It has no width: two names that differ in it look the same.
    ZeroWidth,
    /// A screen may leave it out: fillers, joiners and tags that few texts have a use for.
    Ignorable,
    /// It says how the sign before it is drawn, and every keyboard with emoji puts it in.
    Style,
    /// Blank as the plain space is, and another character.
    Blank,
    /// Every font draws it as it likes, or not at all.
    Private,
}

/// What a character does to a reader who sees it as something else or not at all; none for one that shows itself.
pub fn kind(c: char) -> Option<Kind> {
    Some(match c {
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Kind::Control,
        // Bidi_Control: the marks, the embeddings and overrides, the isolates.
        '\u{61c}' | '\u{200e}'..='\u{200f}' => Kind::Direction,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Kind::Direction,
        // Soft hyphen, zero width space and joiners, word joiner and unseen operators, byte order mark.
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{feff}' => {
            Kind::ZeroWidth
        }
        // Text and emoji style; the other selectors choose among forms of a letter.
        '\u{fe0e}'..='\u{fe0f}' => Kind::Style,
        // Combining joiner, fillers of Hangul, inherent vowels of Khmer, selectors of Mongolian.
        '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{3164}' | '\u{ffa0}' => Kind::Ignorable,
        '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' => Kind::Ignorable,
        // Deprecated format characters, variation selectors, annotation marks.
        '\u{206a}'..='\u{206f}' | '\u{fe00}'..='\u{fe0d}' | '\u{fff0}'..='\u{fffb}' => {
            Kind::Ignorable
        }
        // Shorthand and musical format controls; tags, which spell whole sentences unseen.
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => Kind::Ignorable,
        '\u{e0000}'..='\u{e0fff}' => Kind::Ignorable,
        // White_Space beyond ASCII, and a pattern of Braille without dots.
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}'..='\u{2029}' => Kind::Blank,
        '\u{202f}' | '\u{205f}' | '\u{2800}' | '\u{3000}' => Kind::Blank,
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => Kind::Private,
        _ => return None,
    })
}

/// True of what hides something in a sentence that a person wrote: all of the table but [`Kind::Blank`], which some
/// languages write before a colon, and [`Kind::Style`] of an emoji. Line ends and tabs are controls; whoever shows
/// text that may hold them asks about those first.
pub fn hides_in_prose(c: char) -> bool {
    kind(c).is_some_and(|kind| !matches!(kind, Kind::Blank | Kind::Style))
}
