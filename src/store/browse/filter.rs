//! What a reader of the ledger wants to see.

use rulegate_ledger::environment::Environment;
use rulegate_ledger::ids::{AccountId, LaneName, ReviewId, RuleSetName, SiteName, Timestamp};
use rulegate_ledger::ledger::StoredEntry;
use rulegate_ledger::version::VersionName;

/// What a reader of the ledger wants to see; the default is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LedgerFilter {
    /// Only this site's ledger.
    pub site: Option<SiteName>,
    /// Only facts about this environment (its site and lane).
    pub environment: Option<Environment>,
    /// Only facts about this rule set.
    pub ruleset: Option<RuleSetName>,
    /// Only these kinds.
    pub kind: Option<KindFilter>,
    /// Only what this account did.
    pub actor: Option<AccountId>,
    /// Only facts mainly about this version.
    pub version: Option<VersionName>,
    /// Only facts of this review.
    pub review: Option<ReviewId>,
    /// From this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// Only entries whose bytes contain this text, in whatever case. Text in JSON strings is escaped.
    pub words: Option<String>,
}

/// One kind of entry or a family of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KindFilter {
    /// This kind, e.g. `version.activated`.
    Exact(String),
    /// All kinds that begin so, e.g. `review.`.
    Prefix(String),
}

impl KindFilter {
    /// A text that ends in a dot is a family.
    pub fn parse(text: &str) -> KindFilter {
        if text.ends_with('.') {
            KindFilter::Prefix(text.to_owned())
        } else {
            KindFilter::Exact(text.to_owned())
        }
    }

    fn matches(&self, kind: &str) -> bool {
        match self {
            KindFilter::Exact(exact) => kind == exact,
            KindFilter::Prefix(prefix) => kind.starts_with(prefix.as_str()),
        }
    }

    /// The kind, or the bytewise bounds of the family, the upper one exclusive.
    pub(super) fn bounds(&self) -> (String, Option<String>) {
        match self {
            KindFilter::Exact(exact) => (exact.clone(), None),
            KindFilter::Prefix(prefix) => (prefix.clone(), Some(format!("{prefix}\u{10ffff}"))),
        }
    }
}

impl LedgerFilter {
    /// Whether the entry is wanted.
    pub fn matches(&self, entry: &StoredEntry) -> bool {
        fn agrees<T: PartialEq>(wanted: &Option<T>, found: Option<&T>) -> bool {
            wanted.as_ref().is_none_or(|wanted| Some(wanted) == found)
        }
        agrees(&self.site, Some(&entry.site))
            && self
                .environment
                .as_ref()
                .is_none_or(|env| env.site == entry.site && Some(&env.lane) == entry.lane.as_ref())
            && agrees(&self.ruleset, entry.ruleset.as_ref())
            && self.kind.as_ref().is_none_or(|k| k.matches(&entry.kind))
            && agrees(&self.actor, Some(&entry.actor))
            && agrees(&self.version, entry.version.as_ref())
            && agrees(&self.review, entry.review.as_ref())
            && self.from.is_none_or(|from| entry.at >= from)
            && self.until.is_none_or(|until| entry.at < until)
            && self
                .words
                .as_ref()
                .is_none_or(|words| contains(&entry.bytes, &words.to_lowercase()))
    }

    pub(super) fn lane(&self) -> Option<&LaneName> {
        self.environment.as_ref().map(|env| &env.lane)
    }

    /// The one site that can match; `Err` if none can.
    pub(super) fn only_site(&self) -> Result<Option<&SiteName>, ()> {
        match (&self.site, &self.environment) {
            (Some(site), Some(env)) if *site != env.site => Err(()),
            (Some(site), _) => Ok(Some(site)),
            (None, env) => Ok(env.as_ref().map(|env| &env.site)),
        }
    }
}

pub(super) fn contains(bytes: &str, lower_words: &str) -> bool {
    bytes.to_lowercase().contains(lower_words)
}
