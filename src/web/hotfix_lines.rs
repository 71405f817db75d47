//! Which lines of a rule a hotfix wrote, in the words that stand above them.

use std::sync::Arc;

use super::diff_view::{Origin, Origins};
use crate::app::AppError;
use crate::app::hotfix_lines::{self, HotfixLines, Verdicts, WrittenLines};
use crate::web::user::User;
use crate::web::{Portal, address};
use rulegate_domain::state::Hotfix;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::RuleSetName;

/// The hotfixes that led to one text of a rule, the last first, with a note on each.
#[derive(Clone, Default)]
pub struct Chain {
    chain: hotfix_lines::Chain,
    portal: Option<Portal>,
}

/// Follows the open hotfixes of a rule set back from the text with this digest; empty if none wrote it.
pub async fn chain(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    path: &str,
    digest: Option<Digest>,
) -> Result<Chain, AppError> {
    let open = hotfix_lines::open(&user.snapshot.state, ruleset);
    chain_of(portal, open, path, digest).await
}

/// The same of hotfixes that need not be open any more: those that a closed review was about.
pub async fn chain_of(
    portal: &Portal,
    hotfixes: Vec<Arc<Hotfix>>,
    path: &str,
    digest: Option<Digest>,
) -> Result<Chain, AppError> {
    Ok(Chain {
        chain: portal.app.hotfix_chain(hotfixes, path, digest).await?,
        portal: Some(portal.clone()),
    })
}

/// Whose hotfix, when, for which incident: what stands above its lines in every diff.
pub fn note(portal: &Portal, hotfix: &Hotfix) -> String {
    let who = match &hotfix.adopts {
        Some(_) => "author unknown, adopted by ",
        None => "",
    };
    format!(
        "hotfix {} by {who}{}, {}, {} ",
        hotfix.version,
        portal.auth.directory.name(&hotfix.author),
        hotfix.at.minute(),
        hotfix.incident
    )
}

impl Chain {
    /// The lines of `text`, which the chain led to, with the hotfix that wrote each: the last that did.
    pub fn origins(&self, text: &[u8]) -> Vec<Origin> {
        self.with_notes(self.chain.lines(text))
    }

    /// True if no hotfix wrote the text.
    pub fn is_empty(&self) -> bool {
        self.chain.is_empty()
    }

    fn with_notes(&self, written: Vec<WrittenLines>) -> Vec<Origin> {
        let Some(portal) = &self.portal else {
            return Vec::new();
        };
        let origin = |written: WrittenLines| Origin {
            lines: written.lines,
            note: note(portal, &written.hotfix),
            href: address::hotfix(&written.hotfix.ruleset, &written.hotfix.version),
        };
        written.into_iter().map(origin).collect()
    }
}

/// What hotfixes have to do with both texts of a comparison.
pub fn origins(
    (old_chain, new_chain): (&Chain, &Chain),
    old_digest: Option<Digest>,
    texts: (&[u8], &[u8]),
    evidence: Option<(&Verdicts, &str)>,
) -> Origins {
    let found = HotfixLines::of(
        (&old_chain.chain, &new_chain.chain),
        old_digest,
        texts,
        evidence,
    );
    Origins {
        old: old_chain.with_notes(found.old),
        new: new_chain.with_notes(found.new),
        replaced: found.replaced,
        not_lost: found.not_lost,
    }
}
