//! A snapshot's manifest and checksum, recomputable with coreutils.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use unicode_normalization::UnicodeNormalization as _;

use crate::digest::Digest;
use crate::invisible::{self, Kind};

/// The most rules a snapshot may hold. Ten thousand is what every screen and goal is measured with.
pub const RULES_MAX: usize = 10_000;
/// The most bytes one rule may hold: beyond 8 MiB no reviewer reads a diff.
pub const RULE_SIZE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// The most bytes all rules of a snapshot may hold together.
pub const SNAPSHOT_SIZE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The longest path, in bytes.
pub const PATH_LENGTH_MAX: usize = 512;

/// Why a set of rules is not a snapshot. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum ManifestError {
    #[error("there are no rules: a snapshot holds at least one file")]
    Empty,
    #[error("there are {count} rules or more; at most {RULES_MAX} fit into one rule set: split it")]
    TooMany { count: usize },
    #[error(
        "rule {path:?} has {size_bytes} bytes; at most {RULE_SIZE_BYTES_MAX} fit into one rule: split it"
    )]
    RuleTooLarge { path: String, size_bytes: u64 },
    #[error(
        "the rules have more than {SNAPSHOT_SIZE_BYTES_MAX} bytes together: split the rule set"
    )]
    SnapshotTooLarge,
    #[error("path {path:?} {problem}")]
    Path { path: String, problem: &'static str },
    #[error("path {path:?} stands there twice: give each rule once")]
    Repeated { path: String },
    #[error("paths {first:?} and {second:?} differ only in {how}: rename one of them")]
    Alike {
        first: String,
        second: String,
        how: &'static str,
    },
    #[error("path {path:?} is a rule and also the folder of {inside:?}: rename one of them")]
    FileAndFolder { path: String, inside: String },
    #[error("line {line} of the manifest is not '<sha256>  <path>' in bytewise order")]
    Line { line: usize },
}

/// Checks the path of a rule that is to be taken in: relative, with `/` between its parts, every character seen as
/// what it is.
///
/// Errors: [`ManifestError::Path`] with what is wrong with it.
pub fn check_path(path: &str) -> Result<(), ManifestError> {
    check_path_without(path, |_| true)
}

/// The same for a path that a ledger holds. Blanks other than the plain one, styles, private and rarer ignorable
/// characters were taken in once, and what was taken in stays readable.
fn check_kept_path(path: &str) -> Result<(), ManifestError> {
    check_path_without(path, |kind| {
        matches!(kind, Kind::Control | Kind::Direction | Kind::ZeroWidth)
    })
}

fn check_path_without(path: &str, refused: fn(Kind) -> bool) -> Result<(), ManifestError> {
    let wrong = |problem| {
        Err(ManifestError::Path {
            path: path.chars().take(200).collect(),
            problem,
        })
    };
    if path.is_empty() {
        return wrong("is empty: name the rule");
    }
    if path.len() > PATH_LENGTH_MAX {
        return wrong("is longer than 512 bytes: shorten it");
    }
    if path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        return wrong("is absolute: give it relative to the rule set's folder");
    }
    if path.chars().any(|c| c.is_control()) {
        return wrong("holds a control character: rename the rule");
    }
    if path.chars().filter_map(invisible::kind).any(refused) {
        return wrong("holds an invisible or direction-changing character: rename the rule");
    }
    for part in path.split('/') {
        match part {
            ".." => return wrong("climbs out of the rule set's folder: remove '..'"),
            "." | "" => return wrong("has an empty or '.' part: write it in its shortest form"),
            _ => {}
        }
    }
    Ok(())
}

/// A snapshot's rules by path, sorted bytewise, each with the digest of its bytes.
/// Never empty, no two paths alike, none that a ledger cannot hold; [`check_path`] is for those who take rules in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    rules: BTreeMap<String, Digest>,
}

impl Manifest {
    /// Errors: see [`ManifestError`]; the first problem in path order is reported.
    pub fn new(
        rules: impl IntoIterator<Item = (String, Digest)>,
    ) -> Result<Manifest, ManifestError> {
        let manifest = Manifest::unbounded(rules)?;
        match manifest.rules.len() {
            count if count > RULES_MAX => Err(ManifestError::TooMany { count }),
            _ => Ok(manifest),
        }
    }

    /// As [`Manifest::new`], however many rules there are: for computing a checksum only.
    pub fn unbounded(
        rules: impl IntoIterator<Item = (String, Digest)>,
    ) -> Result<Manifest, ManifestError> {
        let mut sorted = BTreeMap::new();
        for (path, digest) in rules {
            check_kept_path(&path)?;
            if sorted.insert(path.clone(), digest).is_some() {
                return Err(ManifestError::Repeated { path });
            }
        }
        if sorted.is_empty() {
            return Err(ManifestError::Empty);
        }
        check_alike(sorted.keys())?;
        Ok(Manifest { rules: sorted })
    }

    /// Rule paths with the digests of their bytes, sorted bytewise by path.
    pub fn rules(&self) -> &BTreeMap<String, Digest> {
        &self.rules
    }

    /// The manifest's text: a `<sha256 hex>  <path>` line a rule, sorted bytewise by path, each ended by
    /// a line feed. A backslash in a path is written twice and announced by one before the digest, as
    /// `sha256sum` does, so `sha256sum -c` accepts the text.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.rules.len() * 120);
        for (path, digest) in &self.rules {
            if path.contains('\\') {
                let _ = writeln!(text, "\\{digest}  {}", path.replace('\\', "\\\\"));
            } else {
                let _ = writeln!(text, "{digest}  {path}");
            }
        }
        text
    }

    /// The SHA-256 of [`Manifest::text`]: the snapshot's identity.
    pub fn checksum(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }

    /// Reads a manifest's text back, exactly.
    ///
    /// Errors: [`ManifestError::Line`] naming the first line that is not as [`Manifest::text`] writes it,
    /// and every error of [`Manifest::new`].
    pub fn parse(text: &str) -> Result<Manifest, ManifestError> {
        let mut rules = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let wrong = || ManifestError::Line { line: index + 1 };
            let (escaped, rest) = match line.strip_prefix('\\') {
                Some(rest) => (true, rest),
                None => (false, line),
            };
            let (digest, path) = rest.split_once("  ").ok_or_else(wrong)?;
            let digest = digest.parse().map_err(|_| wrong())?;
            let path = if escaped {
                path.replace("\\\\", "\\")
            } else {
                path.to_owned()
            };
            rules.push((path, digest));
        }
        let manifest = Manifest::new(rules)?;
        if manifest.text() != text {
            let line = manifest
                .text()
                .lines()
                .zip(text.lines())
                .take_while(|(a, b)| a == b)
                .count()
                + 1;
            return Err(ManifestError::Line { line });
        }
        Ok(manifest)
    }

    /// Paths whose digests differ between the two, with what each side holds, sorted by path.
    pub fn differences(&self, other: &Manifest) -> Vec<Change> {
        let mut changes = Vec::new();
        let (mut left, mut right) = (self.rules.iter().peekable(), other.rules.iter().peekable());
        loop {
            match (left.peek(), right.peek()) {
                (Some((a, from)), Some((b, to))) => match a.cmp(b) {
                    std::cmp::Ordering::Equal => {
                        if from != to {
                            changes.push(Change::new(a, Some(**from), Some(**to)));
                        }
                        left.next();
                        right.next();
                    }
                    std::cmp::Ordering::Less => {
                        changes.push(Change::new(a, Some(**from), None));
                        left.next();
                    }
                    std::cmp::Ordering::Greater => {
                        changes.push(Change::new(b, None, Some(**to)));
                        right.next();
                    }
                },
                (Some((a, from)), None) => {
                    changes.push(Change::new(a, Some(**from), None));
                    left.next();
                }
                (None, Some((b, to))) => {
                    changes.push(Change::new(b, None, Some(**to)));
                    right.next();
                }
                (None, None) => return changes,
            }
        }
    }
}

/// One rule that differs between two snapshots; `from` and `to` are never equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Change {
    /// The rule.
    pub path: String,
    /// Its bytes before; none if the rule is new.
    pub from: Option<Digest>,
    /// Its bytes after; none if the rule is gone.
    pub to: Option<Digest>,
}

impl Change {
    fn new(path: &str, from: Option<Digest>, to: Option<Digest>) -> Change {
        Change {
            path: path.to_owned(),
            from,
            to,
        }
    }
}

/// Paths that a case-insensitive or normalising file system would take for the same file.
fn check_alike<'a>(paths: impl Iterator<Item = &'a String> + Clone) -> Result<(), ManifestError> {
    let mut folded: HashMap<String, &String> = HashMap::new();
    for path in paths.clone() {
        let nfc: String = path.nfc().collect();
        let key = nfc.to_lowercase();
        if let Some(first) = folded.insert(key, path) {
            let same_letters = first.to_lowercase() == path.to_lowercase();
            let how = if same_letters { "case" } else { "Unicode form" };
            return Err(ManifestError::Alike {
                first: first.clone(),
                second: path.clone(),
                how,
            });
        }
    }
    for path in paths {
        for (slash, _) in path.match_indices('/') {
            let folder = path[..slash].nfc().collect::<String>().to_lowercase();
            if let Some(file) = folded.get(&folder) {
                return Err(ManifestError::FileAndFolder {
                    path: (*file).clone(),
                    inside: path.clone(),
                });
            }
        }
    }
    Ok(())
}
