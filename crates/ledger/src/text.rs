//! Values that travel as text: read and written without a detour, names that recur kept once.

use std::cell::RefCell;
use std::sync::Arc;

/// Names that a thread remembers: those of one ledger page by far.
const REMEMBERED: usize = 4_096;

thread_local! {
    static RECENT: RefCell<Vec<Option<Arc<str>>>> = RefCell::new(vec![None; REMEMBERED]);
}

/// The text as a shared value. The same few accounts, sites and rule sets stand in entry after entry: whoever
/// keeps many of them keeps each once. Which of two equal values is returned makes no difference to anybody.
pub(super) fn shared(text: &str) -> Arc<str> {
    RECENT.with_borrow_mut(|recent| {
        let slot = &mut recent[place(text)];
        match slot {
            Some(known) if **known == *text => known.clone(),
            _ => slot.insert(text.into()).clone(),
        }
    })
}

/// `1 rule`, `3 rules`.
pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// FNV-1a over the text.
fn place(text: &str) -> usize {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    ((hash ^ (hash >> 32)) % REMEMBERED as u64) as usize
}

/// Reads and writes a type as its text, by its `FromStr` and `Display`.
macro_rules! as_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Reader;
                impl serde::de::Visitor<'_> for Reader {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("text")
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Reader)
            }
        }
    };
}
pub(super) use as_text;

const DAY_S: i64 = 86_400;

/// `2026-11-21T10:20:30.000000Z` as microseconds since 1970: exactly this form, in the years 1970 to 9999.
pub(super) fn parse_rfc3339(text: &str) -> Option<i64> {
    let bytes: &[u8; 27] = text.as_bytes().try_into().ok()?;
    for (at, mark) in [
        (4, b'-'),
        (7, b'-'),
        (10, b'T'),
        (13, b':'),
        (16, b':'),
        (19, b'.'),
        (26, b'Z'),
    ] {
        if bytes[at] != mark {
            return None;
        }
    }
    let number = |from: usize, to: usize| {
        bytes[from..to].iter().try_fold(0_i64, |number, byte| {
            byte.is_ascii_digit()
                .then(|| number * 10 + i64::from(byte - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let days = days_of(year, month, day);
    if year < 1970 || date_of(days) != (year, month, day) || hour > 23 || minute > 59 || second > 59
    {
        return None;
    }
    let seconds = days * DAY_S + hour * 3_600 + minute * 60 + second;
    Some(seconds * 1_000_000 + number(20, 26)?)
}

/// The same the other way; `None` outside those years.
pub(super) fn rfc3339(at_us: i64) -> Option<String> {
    let (seconds, us) = (at_us.div_euclid(1_000_000), at_us.rem_euclid(1_000_000));
    let (year, month, day) = date_of(seconds.div_euclid(DAY_S));
    if at_us < 0 || year > 9_999 {
        return None;
    }
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let mut put = |from: usize, to: usize, mut number: i64| {
        for byte in text[from..to].iter_mut().rev() {
            *byte = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    let of_day = seconds.rem_euclid(DAY_S);
    put(0, 4, year);
    put(5, 7, month);
    put(8, 10, day);
    put(11, 13, of_day / 3_600);
    put(14, 16, of_day / 60 % 60);
    put(17, 19, of_day % 60);
    put(20, 26, us);
    String::from_utf8(text.to_vec()).ok()
}

/// Days since 1970 of a date in the Gregorian calendar; years begin in March, so that leap days end them.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a number of days since 1970.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_and_write_as_the_calendar_says() {
        let mut at_us = 0;
        while at_us < 253_402_300_800_000_000 {
            let text = rfc3339(at_us).unwrap();
            let known = chrono::DateTime::from_timestamp_micros(at_us).unwrap();
            assert_eq!(text, known.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
            assert_eq!(parse_rfc3339(&text), Some(at_us));
            at_us += 3_333_333_333_333 + at_us / 5_000;
        }
        assert_eq!(rfc3339(-1), None);
        for bad in [
            "2026-02-29T10:20:30.000000Z",
            "2026-13-01T10:20:30.000000Z",
            "2026-01-01T24:00:00.000000Z",
            "2026-01-01 10:20:30.000000Z",
            "2026-01-01T10:20:30Z",
            "1969-12-31T23:59:59.000000Z",
        ] {
            assert_eq!(parse_rfc3339(bad), None, "{bad}");
        }
    }

    #[test]
    fn equal_names_share_their_text() {
        assert!(Arc::ptr_eq(&shared("ipc2"), &shared("ipc2")));
        assert_eq!(&*shared("ipc1"), "ipc1");
    }
}
