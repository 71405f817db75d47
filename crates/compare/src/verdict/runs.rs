//! Which words a text may hold, without reading it: a filter that is never wrong when it says no.

/// The runs of ASCII letters and digits in some bytes, as a Bloom filter of two bits each.
pub(super) struct Runs {
    bits: Vec<u64>,
    /// The text may hold letters in the ways that YAML, JSON, TOML and XML have to write them otherwise, or a word in two
    /// pieces.
    has_escapes: bool,
}

impl Runs {
    pub(super) fn of(bytes: &[u8]) -> Runs {
        // Four bits a byte, a run every six bytes: one bit in twelve is set.
        let words = (bytes.len() / 16).next_power_of_two();
        let mut runs = Runs {
            bits: vec![0; words],
            has_escapes: false,
        };
        let mut run = 0;
        for (at, byte) in bytes.iter().enumerate() {
            if byte.is_ascii_alphanumeric() {
                continue;
            }
            runs.add(&bytes[run..at]);
            run = at + 1;
            runs.has_escapes |= match byte {
                b'\\' => is_escape(&bytes[run..]),
                // A comment or a marked section may stand within a word, as may an instruction past the first line.
                b'<' => {
                    matches!(bytes.get(run), Some(b'!'))
                        || matches!(bytes.get(run), Some(b'?')) && at > 3
                }
                b'&' => bytes.get(run) == Some(&b'#'),
                _ => false,
            };
        }
        runs.add(&bytes[run..]);
        runs
    }

    fn add(&mut self, run: &[u8]) {
        if !run.is_empty() {
            for (word, bit) in self.places(hash(run)) {
                self.bits[word] |= bit;
            }
        }
    }

    /// False only if a text of these bytes has no such run.
    pub(super) fn may_hold(&self, run: &Run, bytes: &[u8]) -> bool {
        let has = |(word, bit): (usize, u64)| self.bits[word] & bit != 0;
        self.has_escapes
            || self.places(run.hash).into_iter().all(has)
                && memchr::memmem::find(bytes, run.text.as_bytes()).is_some()
    }

    fn places(&self, hash: u64) -> [(usize, u64); 2] {
        [hash, hash >> 32].map(|half| {
            let word = (half >> 6) as usize & (self.bits.len() - 1);
            (word, 1 << (half & 63))
        })
    }
}

/// A run of letters and digits to look for.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    text: &'a str,
    hash: u64,
}

/// A run that every text with a container of this id holds: the longest in the last word, where neither a key nor a tag
/// stands. None when there is none to tell by.
pub(super) fn run_in(id: &str) -> Option<Run<'_>> {
    // Of an empty text with a tag only the tag is left, spelled out.
    if id.ends_with(char::is_whitespace) {
        return None;
    }
    let last = id.split_whitespace().next_back()?;
    // In front of the first colon stands the key, which may be written in ways of its own.
    let value = last.split_once(':').map_or(last, |(_, value)| value);
    value
        .split(|c: char| !c.is_ascii_alphanumeric())
        .max_by_key(|run| run.len())
        .filter(|run| !run.is_empty())
        .map(|text| Run {
            text,
            hash: hash(text.as_bytes()),
        })
}

/// Of the first and the last eight bytes and the length. Nobody gains by making two runs meet: that costs time and
/// changes no answer.
fn hash(run: &[u8]) -> u64 {
    let word = |bytes: &[u8]| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    };
    let length = run.len().min(8);
    let (first, last) = (word(&run[..length]), word(&run[run.len() - length..]));
    let mixed =
        (first ^ last.rotate_left(29) ^ run.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 32).wrapping_mul(0xff51_afd7_ed55_8ccd)
}

/// Whether what follows a backslash makes a letter of it, or takes a line's end away.
fn is_escape(rest: &[u8]) -> bool {
    let digits = match rest.first() {
        Some(b'x') => 2,
        Some(b'u') => 4,
        Some(b'U') => 8,
        _ => {
            let next = rest.iter().find(|byte| !matches!(byte, b' ' | b'\t'));
            return matches!(next, Some(b'\n' | b'\r'));
        }
    };
    rest.get(1..=digits)
        .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}
