//! How values look on screens.

use rulegate_ledger::access::Grant;
use rulegate_ledger::ids::Timestamp;

/// How long ago, in the largest whole unit: `40 s`, `5 min`, `3 h`, `2 d`.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = ((now.0 - at.0) / 1_000_000).max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// `1 rule`, `1,904 rules`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 {
        format!("1 {one}")
    } else {
        format!("{} {many}", thousands(number))
    }
}

/// `reviewer everywhere`, `author for owasp-crs at ipc2/prod`.
pub fn right(grant: &Grant) -> String {
    match grant.scope.words().as_str() {
        "everywhere" => format!("{} everywhere", grant.role.name()),
        scope => format!("{} for {scope}", grant.role.name()),
    }
}

/// `1,904`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Percent-encodes everything but unreserved characters, for a value inside an address.
pub fn url_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(byte as char);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_read_well() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(count(1, "rule", "rules"), "1 rule");
        assert_eq!(ago(Timestamp(0), Timestamp(7_300 * 1_000_000)), "2 h");
        assert_eq!(url_encode("/a?b=+c"), "%2Fa%3Fb%3D%2Bc");
    }
}
