//! Which lines of a rule an open hotfix wrote.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::diff_view::{Origin, Origins, written};
use crate::app::AppError;
use crate::domain::digest::Digest;
use crate::domain::ids::RuleSetName;
use crate::domain::state::Hotfix;
use crate::web::user::User;
use crate::web::{Portal, address, format};

/// Hotfixes on top of each other that are followed for one rule: more have never been useful to tell apart.
const DEPTH_MAX: usize = 16;

/// The open hotfixes that led to one text of a rule, the last first.
#[derive(Clone, Default)]
pub struct Chain(Vec<Step>);

#[derive(Clone)]
struct Step {
    note: String,
    href: String,
    /// The text it was made on, with its digest; empty and none for a rule that it added.
    before: Bytes,
    before_digest: Option<Digest>,
}

/// Follows the open hotfixes of a rule set back from the text with this digest; empty if none wrote it.
pub async fn chain(
    portal: &Portal,
    user: &User,
    ruleset: &RuleSetName,
    path: &str,
    digest: Option<Digest>,
) -> Result<Chain, AppError> {
    let state = &user.snapshot.state;
    let mut open: Vec<_> = state
        .topology
        .environments()
        .iter()
        .flat_map(|environment| state.open_hotfixes(ruleset, environment))
        .collect();
    open.sort_by(|a, b| (b.at, &b.version).cmp(&(a.at, &a.version)));
    let mut steps: Vec<Step> = Vec::new();
    let mut at = digest;
    for hotfix in open {
        let change = hotfix.changes.iter().find(|change| change.path == path);
        let Some(change) = change.filter(|change| change.to.is_some() && change.to == at) else {
            continue;
        };
        let before = match change.from {
            Some(digest) => portal.app.contents(&[digest]).await?.remove(0),
            None => Bytes::new(),
        };
        steps.push(Step {
            note: note(portal, hotfix),
            href: address::hotfix(ruleset, &hotfix.version),
            before,
            before_digest: change.from,
        });
        at = change.from;
        if steps.len() >= DEPTH_MAX {
            break;
        }
    }
    Ok(Chain(steps))
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
        format::short_time(hotfix.at),
        hotfix.incident
    )
}

impl Chain {
    /// The lines of `text`, which the chain led to, with the hotfix that wrote each: the last that did.
    pub fn origins(&self, text: &[u8]) -> Vec<Origin> {
        let mut told: BTreeSet<u32> = BTreeSet::new();
        self.0
            .iter()
            .map(|step| {
                let mut lines = written(&step.before, text).0;
                lines.retain(|line| !told.contains(line));
                told.extend(&lines);
                Origin {
                    lines,
                    note: step.note.clone(),
                    href: step.href.clone(),
                }
            })
            .collect()
    }

    fn starts_at(&self, digest: Option<Digest>) -> bool {
        self.0.iter().any(|step| step.before_digest == digest)
    }

    /// Who is in the chain, for a tag.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What hotfixes have to do with both texts of a comparison.
pub fn origins(
    (old_chain, new_chain): (&Chain, &Chain),
    old_digest: Option<Digest>,
    (old, new): (&[u8], &[u8]),
) -> Origins {
    let replaced = if !new_chain.is_empty() && new_chain.starts_at(old_digest) {
        written(old, new).1
    } else {
        BTreeSet::new()
    };
    Origins {
        old: old_chain.origins(old),
        new: new_chain.origins(new),
        replaced,
    }
}
