//! Names of versions: planned ones from the pipeline, hotfixes made at a site.

use std::fmt;
use std::str::FromStr;

use crate::ids::{NameError, SiteName};
use crate::text;

/// A version's name inside its rule set. Planned: what the pipeline gave (`3`, `4.16.0`).
/// Hotfix: `4.16.0+ipc1.2`, the second hotfix made at ipc1 on top of planned 4.16.0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionName(std::sync::Arc<str>);

const RULE: &str = "1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-', starting with a letter or digit; \
                    a hotfix adds '+<site>.<number>'";

impl VersionName {
    /// The hotfix `number` made at `site` on top of the planned version `planned`.
    pub fn hotfix(planned: &VersionName, site: &SiteName, number: u32) -> VersionName {
        VersionName(format!("{}+{site}.{number}", planned.planned_part()).into())
    }

    /// The first name in the order of names; no version need be called so.
    pub fn lowest() -> VersionName {
        VersionName("0".into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The planned version's part, before `+`.
    pub fn planned_part(&self) -> &str {
        self.0.split('+').next().unwrap_or_default()
    }

    /// The hotfix suffix with its `+`, empty for a planned version.
    pub fn suffix(&self) -> &str {
        &self.0[self.planned_part().len()..]
    }

    /// True for `4.16.0+ipc1.2`.
    pub fn is_hotfix(&self) -> bool {
        self.0.contains('+')
    }

    /// Site and number of a hotfix.
    pub fn hotfix_origin(&self) -> Option<(SiteName, u32)> {
        let (site, number) = self.suffix().strip_prefix('+')?.rsplit_once('.')?;
        Some((site.parse().ok()?, number.parse().ok()?))
    }
}

impl FromStr for VersionName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || NameError {
            what: "version",
            given: text.chars().take(80).collect(),
            rule: RULE,
        };
        let (planned, suffix) = match text.split_once('+') {
            Some((planned, suffix)) => (planned, Some(suffix)),
            None => (text, None),
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let ok = (1..=64).contains(&planned.len())
            && planned.as_bytes()[0].is_ascii_alphanumeric()
            && planned.bytes().all(plain);
        let name = VersionName(text::shared(text));
        if !ok || (suffix.is_some() && name.hotfix_origin().is_none()) {
            return Err(wrong());
        }
        Ok(name)
    }
}
text::as_text!(VersionName);
impl fmt::Display for VersionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
