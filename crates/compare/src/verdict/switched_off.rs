//! Statements that switch rules off by their numbers, wherever those stand.
//!
//! ```text
//! base                        | hotfix                      | planned
//! SecRule ARGS "@rx a" "id:7" | SecRule ARGS "@rx b" "id:7" | SecRule ARGS "@rx b" "id:7"
//!                             |                             | SecRuleRemoveById 7            cannot tell
//! ```

/// Rules that statements new in planned switch off by number.
#[derive(Default)]
pub(super) struct SwitchedOff {
    ranges: Vec<(u64, u64)>,
}

/// Words in the name of a statement that takes rules out.
const SWITCHES: [&str; 5] = ["remove", "disable", "suppress", "delete", "unset"];

/// A quick look before a text is read.
pub(super) fn may_switch_off(bytes: &[u8]) -> bool {
    let lower = bytes.to_ascii_lowercase();
    SWITCHES
        .iter()
        .any(|word| memchr::memmem::find(&lower, word.as_bytes()).is_some())
}

impl SwitchedOff {
    /// Reads statements like `SecRuleRemoveById 942100 "942200-942299"`.
    pub(super) fn add(&mut self, statement: &str) {
        let Some((first, rest)) = statement.split_once(' ') else {
            return;
        };
        let first = first.to_ascii_lowercase();
        // What takes only a target from a rule leaves the rule.
        if !SWITCHES.iter().any(|word| first.contains(word)) || first.contains("target") {
            return;
        }
        for word in rest.split(|c: char| !(c.is_ascii_digit() || c == '-')) {
            let (from, to) = word.split_once('-').unwrap_or((word, word));
            if let (Ok(from), Ok(to)) = (from.parse(), to.parse()) {
                self.ranges.push((from, to));
            }
        }
    }

    /// Whether the rule of this number is among them.
    pub(super) fn has(&self, number: u64) -> bool {
        self.ranges
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&number))
    }
}

/// The number in the name of a rule, e.g. in `id:942100`.
pub(super) fn number_of(id: &str) -> Option<u64> {
    id.rsplit(':').next()?.parse().ok()
}
