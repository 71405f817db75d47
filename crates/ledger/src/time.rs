//! An instant, and every way in which it is written: in entries, on screens, in answers and on the command line.

use std::fmt;
use std::str::FromStr;

use crate::text;

/// An instant in UTC, in whole microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

const DAY_S: i64 = 86_400;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl Timestamp {
    /// Microseconds in a day.
    pub const DAY_US: i64 = DAY_S * 1_000_000;

    /// As RFC 3339 with microseconds, `2026-11-21T10:20:30.000000Z`: how it stands in entries and answers.
    pub fn to_rfc3339(self) -> String {
        rfc3339(self.0).unwrap_or_else(|| {
            let at = chrono::DateTime::from_timestamp_micros(self.0).unwrap_or_default();
            at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
        })
    }

    /// From RFC 3339 text in any zone.
    pub fn parse(text: &str) -> Option<Timestamp> {
        if let Some(at_us) = parse_rfc3339(text) {
            return Some(Timestamp(at_us));
        }
        chrono::DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|at| Timestamp(at.timestamp_micros()))
    }

    /// The start of the UTC day named by `2026-11-21`.
    pub fn parse_day(text: &str) -> Option<Timestamp> {
        let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(Timestamp(
            day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros(),
        ))
    }

    /// `2026-11-21`, as a day is typed and stands in addresses; [`Timestamp::parse_day`] reads it.
    pub fn iso_day(self) -> String {
        let (year, month, day) = self.date();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// `21 Nov`.
    pub fn day_and_month(self) -> String {
        let (_, month, day) = self.date();
        format!("{day} {}", MONTHS[month as usize - 1])
    }

    /// `21 Nov 2026`.
    pub fn day(self) -> String {
        format!("{} {}", self.day_and_month(), self.date().0)
    }

    /// `21 Nov 2026 14:01`.
    pub fn minute(self) -> String {
        let minutes = self.0.div_euclid(60_000_000).rem_euclid(1_440);
        format!("{} {:02}:{:02}", self.day(), minutes / 60, minutes % 60)
    }

    /// `21 Nov 2026 14:01:09`.
    pub fn second(self) -> String {
        let second = self.0.div_euclid(1_000_000).rem_euclid(60);
        format!("{}:{second:02}", self.minute())
    }

    /// Year, month and day in UTC.
    fn date(self) -> (i64, i64, i64) {
        date_of(self.0.div_euclid(Timestamp::DAY_US))
    }
}
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}
impl FromStr for Timestamp {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Timestamp::parse(text).ok_or("not an RFC 3339 time")
    }
}
text::as_text!(Timestamp);

/// `2026-11-21T10:20:30.000000Z` as microseconds since 1970: exactly this form, in the years 1970 to 9999.
fn parse_rfc3339(text: &str) -> Option<i64> {
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
fn rfc3339(at_us: i64) -> Option<String> {
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
    fn a_time_is_written_as_every_reader_expects_it() {
        let at = Timestamp(1_763_720_430_123_456);
        assert_eq!(Timestamp::parse(&at.to_rfc3339()), Some(at));
        assert_eq!(at.to_rfc3339(), "2025-11-21T10:20:30.123456Z");
        let at = Timestamp::parse("2026-11-05T14:01:09.5Z").unwrap();
        assert_eq!(at.second(), "5 Nov 2026 14:01:09");
        assert_eq!(at.minute(), "5 Nov 2026 14:01");
        assert_eq!(at.day(), "5 Nov 2026");
        assert_eq!(at.day_and_month(), "5 Nov");
        assert_eq!(at.iso_day(), "2026-11-05");
        assert_eq!(Timestamp(-1).second(), "31 Dec 1969 23:59:59");
    }
}
