//! Version markers: values that only say which edition of a file or rule this is.
//!
//! ```text
//! base       | hotfix     | planned
//! version: 1 | version: 2 | version: 9    nobody asks which number this is
//! limit: 10  | limit: 20  | limit: 20     included
//! ```

use super::doc::STEP;

/// Words that are a marker wherever they stand as a key with a short value that holds a number.
const ALWAYS: [&str; 14] = [
    "ver",
    "rev",
    "revision",
    "modified",
    "lastmodified",
    "updated",
    "lastupdated",
    "updateddate",
    "modifieddate",
    "updatedat",
    "copyright",
    "date",
    "generated",
    "lastupdate",
];

/// Words that are a marker only for the whole document: deeper down, `version` may well be what
/// a rule demands.
const OF_DOCUMENT: [&str; 2] = ["version", "release"];

/// Keys under which `version` still speaks of the whole document.
const ABOUT: [&str; 4] = ["metadata", "info", "labels", "annotations"];

/// Whether a fact at `addr`, in a container `depth` levels below the text, is a version marker.
pub(super) fn is_marker(addr: &str, value: &str, depth: impl FnOnce() -> usize) -> bool {
    // The longest word of the lists, with signs between its letters; it saves looking at long keys letter by letter.
    // Corpus and tests: 15 and 60 change nothing.
    const KEY_BYTES_MAX: usize = 30;
    if value.len() > 60
        || addr.is_empty()
        || !value.bytes().any(|b| b.is_ascii_digit())
        || value.split_whitespace().count() > 3
    {
        return false;
    }
    let mut steps: Vec<&str> = addr.split(STEP).collect();
    let Some(last) = steps.pop() else {
        return false;
    };
    let last = last.rsplit('/').next().unwrap_or(last);
    if last.len() > KEY_BYTES_MAX {
        return false;
    }
    let plain: String = last
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    if ALWAYS.contains(&plain.as_str()) {
        return true;
    }
    OF_DOCUMENT.contains(&plain.as_str())
        && steps.iter().all(|step| ABOUT.contains(step))
        && depth() <= 1
}
