//! Names and numbers that must not be mixed up, parsed once at the edge.

use std::fmt;
use std::str::FromStr;

use crate::text;
pub use crate::time::Timestamp;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {given:?} is not valid: {rule}")]
pub struct NameError {
    /// What was being named, e.g. `rule set`.
    pub what: &'static str,
    /// The rejected text, cut to 80 characters.
    pub given: String,
    /// What a valid name looks like.
    pub rule: &'static str,
}

fn name_error(what: &'static str, given: &str, rule: &'static str) -> NameError {
    NameError {
        what,
        given: given.chars().take(80).collect(),
        rule,
    }
}

const LOWER_RULE: &str = "1 to 63 of a-z, 0-9, '-', '_' and '.', starting with a letter or digit";

fn is_lower_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes[0].is_ascii_alphanumeric()
        && bytes.iter().all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.')
        })
}

const OPAQUE_RULE: &str = "1 to 120 printable ASCII characters without spaces";

fn is_opaque(text: &str) -> bool {
    (1..=120).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:ident, $rule:ident, $made:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                if $check(text) { Ok(Self($made(text))) } else { Err(name_error($what, text, $rule)) }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        text::as_text!($name);
    };
}

name_type!(
    /// A data centre that runs production, e.g. `ipc2`.
    SiteName, "site", is_lower_name, LOWER_RULE, text::shared);
name_type!(
    /// A lane inside a site, e.g. `sl` or `prod`.
    LaneName, "lane", is_lower_name, LOWER_RULE, text::shared);
name_type!(
    /// A named collection of rules released together.
    RuleSetName, "rule set", is_lower_name, LOWER_RULE, text::shared);
name_type!(
    /// An account's id; never a person's name, so that a name can be erased without touching the ledger.
    AccountId, "account id", is_opaque, OPAQUE_RULE, text::shared);
name_type!(
    /// One command's id: the caller's idempotency key, scoped by its account, or a fresh id.
    CommandId, "command id", is_opaque, OPAQUE_RULE, std::sync::Arc::from);

impl CommandId {
    /// The id of a command that came with an idempotency key. The key alone must be unique for its account;
    /// the request's digest behind `~` tells a repetition from another request under the same key.
    ///
    /// Errors: [`NameError`] if the key is not 1 to 64 printable ASCII characters.
    pub fn keyed(
        account: &AccountId,
        key: &str,
        request: &crate::digest::Digest,
    ) -> Result<CommandId, NameError> {
        if !(1..=64).contains(&key.len()) || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(name_error(
                "idempotency key",
                key,
                "1 to 64 printable ASCII characters without spaces",
            ));
        }
        format!("{account}:{key}~{}", &request.to_hex()[..16]).parse()
    }

    /// The part that the store keeps unique.
    pub fn key(&self) -> CommandId {
        CommandId(
            self.0
                .rsplit_once('~')
                .map_or(&*self.0, |(key, _)| key)
                .into(),
        )
    }
}

impl AccountId {
    /// The site itself, doing what is due (receiving releases, fulfilling intents).
    pub fn site_itself() -> AccountId {
        AccountId("site".into())
    }

    /// Whoever has the database at hand and uses the command line on it.
    pub fn operator_console() -> AccountId {
        AccountId("console".into())
    }
}

/// Where an entry stands: the ledger's site and its number there, written `ipc2#57`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryRef {
    /// The site whose ledger holds the entry.
    pub site: SiteName,
    /// Its number there, dense from 1.
    pub seq: u64,
}

impl fmt::Display for EntryRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.site, self.seq)
    }
}
impl FromStr for EntryRef {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || name_error("entry", text, "a site and a number, as in ipc2#57");
        let (site, seq) = text.split_once('#').ok_or_else(wrong)?;
        let seq = seq.parse().map_err(|_| wrong())?;
        Ok(EntryRef {
            site: site.parse()?,
            seq,
        })
    }
}
text::as_text!(EntryRef);

/// A review's id: the entry that opened it, written `ipc2-57` so that it fits a web address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReviewId {
    /// The site whose ledger holds the review.
    pub site: SiteName,
    /// The number of its opening entry there.
    pub seq: u64,
}

impl ReviewId {
    /// The entry that opened the review.
    pub fn opened_at(&self) -> EntryRef {
        EntryRef {
            site: self.site.clone(),
            seq: self.seq,
        }
    }
}
impl From<EntryRef> for ReviewId {
    /// The review that the entry opened.
    fn from(opened_at: EntryRef) -> ReviewId {
        let EntryRef { site, seq } = opened_at;
        ReviewId { site, seq }
    }
}
impl fmt::Display for ReviewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.site, self.seq)
    }
}
impl FromStr for ReviewId {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let wrong = || name_error("review", text, "a site and a number, as in ipc2-57");
        let (site, seq) = text.rsplit_once('-').ok_or_else(wrong)?;
        let seq = seq.parse().map_err(|_| wrong())?;
        Ok(ReviewId {
            site: site.parse()?,
            seq,
        })
    }
}
text::as_text!(ReviewId);
