//! Words that read as Latin and are not.

use unicode_normalization::UnicodeNormalization;
use unicode_script::{Script, UnicodeScript};
use unicode_security::skeleton;

/// Says why a word may be taken for another, or `None`. Two cases: the word mixes Latin letters with
/// look-alikes of another script (`pаypal` with a Cyrillic `а`), or it is made of look-alikes alone in a
/// line that has no other letter of their script (`line_is_latin`), so that it is hardly a word of that
/// language. `µs`, `Δt` or a comment in Russian are neither.
pub fn confusable(word: &str, line_is_latin: bool) -> Option<String> {
    if word.is_ascii() {
        return None;
    }
    let mut latin = false;
    let mut found = None;
    let mut only = true;
    let mut letters = 0;
    for c in word.chars() {
        match look_alike(c) {
            Some(_) if found.is_none() => (found, letters) = (Some(c), letters + 1),
            Some(_) => letters += 1,
            None if c.is_ascii_alphabetic() => (latin, only) = (true, false),
            None if c.is_alphabetic() => only = false,
            None => {}
        }
    }
    let c = found?;
    let as_latin = look_alike(c)?;
    (latin || (only && letters > 1 && line_is_latin)).then(|| {
        let reads: String = word.chars().map(|c| look_alike(c).unwrap_or(c)).collect();
        format!(
            "reads as {reads}, but {c} is U+{:04X}, {}, not {as_latin}",
            c as u32,
            script(c)
        )
    })
}

/// True when every letter of a line is Latin or looks it.
pub(super) fn is_latin_line(line: &str) -> bool {
    line.is_ascii()
        || line
            .chars()
            .all(|c| !c.is_alphabetic() || look_alike(c).is_some() || matches!(script(c), "Latin"))
}

/// The ASCII letter that a letter is taken for.
///
/// The table holds letters of the three scripts whose letters share their shapes with Latin in common
/// fonts, taken from Unicode's `confusables.txt` (UTS #39) and cut down to single letters that are
/// drawn alike upright; the full table also equates `rn` with `m` or `l` with `1`, which would flag
/// every rule. Letters of all other scripts (Cherokee, Lisu, Coptic, ...) come from that table as
/// `unicode-security` holds it, compatibility forms (full width, mathematical) from normalization NFKC.
fn look_alike(c: char) -> Option<char> {
    if c.is_ascii() {
        return None;
    }
    const PAIRS: [(&str, &str); 3] = [
        // Cyrillic
        (
            "аАВЕеѐЁёЗКМНОоРрСсТУуХхѕЅіІїЇјЈһԛԝԁӏҮ",
            "aABEeeEe3KMHOoPpCcTYyXxsSiIiIjJhqwdlY",
        ),
        // Greek
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυχϲϳ", "ABEZHIKMNOPTYXaiKvopuxcj"),
        // Armenian
        ("օսհոցՕՍ", "ouhngOU"),
    ];
    for (theirs, ours) in PAIRS {
        if let Some(at) = theirs.chars().position(|letter| letter == c) {
            return ours.chars().nth(at);
        }
    }
    let mut form = std::iter::once(c).nfkc();
    match (form.next(), form.next()) {
        (Some(plain), None) if plain.is_ascii_alphabetic() && c.is_alphabetic() => Some(plain),
        _ => of_another_script(c),
    }
}

fn of_another_script(c: char) -> Option<char> {
    let is_foreign = !matches!(
        c.script(),
        Script::Latin | Script::Common | Script::Inherited
    );
    if !is_foreign || !c.is_alphabetic() {
        return None;
    }
    let mut bytes = [0; 4];
    let text: &str = c.encode_utf8(&mut bytes);
    let mut plain = skeleton(text);
    match (plain.next(), plain.next()) {
        (Some(plain), None) if plain.is_ascii_alphabetic() => Some(plain),
        _ => None,
    }
}

fn script(c: char) -> &'static str {
    match c {
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => "Greek",
        '\u{400}'..='\u{52f}'
        | '\u{1c80}'..='\u{1c8f}'
        | '\u{2de0}'..='\u{2dff}'
        | '\u{a640}'..='\u{a69f}' => "Cyrillic",
        '\u{530}'..='\u{58f}' => "Armenian",
        '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => "Latin",
        '\u{ff21}'..='\u{ff5a}' => "full width",
        '\u{1d400}'..='\u{1d7ff}' => "mathematical",
        _ => match c.script() {
            Script::Common | Script::Inherited => "another form",
            other => other.full_name(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_in_step() {
        assert_eq!(look_alike('а'), Some('a'));
        assert_eq!(look_alike('Ү'), Some('Y'));
        assert_eq!(look_alike('ϳ'), Some('j'));
        assert_eq!(look_alike('Ս'), Some('U'));
        assert_eq!(look_alike('ｓ'), Some('s'));
        assert_eq!(look_alike('Ꭺ'), Some('A'), "Cherokee");
        assert_eq!(script('Ꭺ'), "Cherokee");
        assert_eq!(look_alike('ꓐ'), Some('B'), "Lisu");
        for plain in [
            'é', 'ı', 'ß', 'я', 'ж', 'λ', '中', 'あ', '가', 'क', '1', '_',
        ] {
            assert_eq!(look_alike(plain), None, "{plain}");
        }
    }
}
