//! Characters that a screen would not show, or would show as something else, and their notations.

use std::borrow::Cow;

use rulegate_ledger::invisible;

/// The notation of a character that must not be shown as it is; `None` for one that shows itself.
/// Control characters have pictures (U+2400 and on); the rest are named by number and, where a reader
/// may know it, by name.
pub(super) fn notation(c: char) -> Option<Cow<'static, str>> {
    let name = match c {
        // tabs are everywhere and show as space of the right width
        '\t' | ' '..='~' => return None,
        '\0'..='\u{1f}' => {
            return char::from_u32(0x2400 + c as u32).map(|picture| picture.to_string().into());
        }
        '\u{7f}' => return Some("␡".into()),
        _ if invisible::kind(c).is_none() => return None,
        _ => name(c),
    };
    Some(match name {
        "" => format!("‹U+{:04X}›", c as u32).into(),
        name => format!("‹U+{:04X} {name}›", c as u32).into(),
    })
}

/// The notation of a byte that is not part of valid UTF-8.
pub(super) fn byte_notation(byte: u8) -> String {
    format!("\\x{byte:02X}")
}

fn name(c: char) -> &'static str {
    match c {
        '\u{85}' => "NEXT LINE",
        '\u{a0}' => "NO-BREAK SPACE",
        '\u{ad}' => "SOFT HYPHEN",
        '\u{34f}' => "COMBINING GRAPHEME JOINER",
        '\u{61c}' => "ARABIC LETTER MARK",
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => "HANGUL FILLER",
        '\u{180e}' => "MONGOLIAN VOWEL SEPARATOR",
        '\u{200b}' => "ZERO WIDTH SPACE",
        '\u{200c}' => "ZERO WIDTH NON-JOINER",
        '\u{200d}' => "ZERO WIDTH JOINER",
        '\u{200e}' => "LEFT-TO-RIGHT MARK",
        '\u{200f}' => "RIGHT-TO-LEFT MARK",
        '\u{2028}' => "LINE SEPARATOR",
        '\u{2029}' => "PARAGRAPH SEPARATOR",
        '\u{202a}' => "LEFT-TO-RIGHT EMBEDDING",
        '\u{202b}' => "RIGHT-TO-LEFT EMBEDDING",
        '\u{202c}' => "POP DIRECTIONAL FORMATTING",
        '\u{202d}' => "LEFT-TO-RIGHT OVERRIDE",
        '\u{202e}' => "RIGHT-TO-LEFT OVERRIDE",
        '\u{202f}' => "NARROW NO-BREAK SPACE",
        '\u{2060}' => "WORD JOINER",
        '\u{2061}'..='\u{2064}' => "INVISIBLE OPERATOR",
        '\u{2066}' => "LEFT-TO-RIGHT ISOLATE",
        '\u{2067}' => "RIGHT-TO-LEFT ISOLATE",
        '\u{2068}' => "FIRST STRONG ISOLATE",
        '\u{2069}' => "POP DIRECTIONAL ISOLATE",
        '\u{2800}' => "BRAILLE PATTERN BLANK",
        '\u{feff}' => "BYTE ORDER MARK",
        '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' | '\u{3000}' => "OTHER SPACE",
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => "VARIATION SELECTOR",
        '\u{e0000}'..='\u{e007f}' => "TAG CHARACTER",
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => "PRIVATE USE",
        _ => "",
    }
}
